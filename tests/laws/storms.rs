//! The invariants in storms: thousands of them, after every step that could break one.

use super::invariants::Watcher;
use super::storm::storm;
use ackscope::model::board::Board;
use ackscope::model::config::TopicConfig;
use ackscope::model::ids::RecordId;
use ackscope::model::observation::Observation;
use ackscope::model::scenario::{Act, Scenario};
use ackscope::model::trace::{End, Limits, Trace};
use ackscope::verdict::{Fate, Ledger};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Storms in the gate. Tried by hand with many more.
const SEEDS: u64 = 20_000;

#[test]
fn no_even_storm_breaks_an_invariant() {
    half(0);
}

#[test]
fn no_odd_storm_breaks_an_invariant() {
    half(1);
}

/// Every other storm: two tests, so that two cores share them.
fn half(first: u64) {
    let seen = weather((first..SEEDS).step_by(2));
    // The storms reach what the invariants are about.
    for what in [
        "elections",
        "unclean elections",
        "truncations",
        "duplicates",
        "power cuts",
        "changes of the ISR",
        "records that were acknowledged and lost",
    ] {
        let count = seen.get(what).copied().unwrap_or(0);
        assert!(
            count > 50,
            "{count} {what} in half of {SEEDS} storms are too few: {seen:?}"
        );
    }
}

fn weather(seeds: impl Iterator<Item = u64>) -> BTreeMap<&'static str, u64> {
    let mut seen = BTreeMap::new();
    for seed in seeds {
        let last_words = LastWords(seed);
        for (what, count) in endure(&storm(seed)) {
            *seen.entry(what).or_default() += count;
        }
        drop(last_words);
    }
    seen
}

/// Names the seed if the storm breaks something.
struct LastWords(u64);

impl Drop for LastWords {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("storm {}", self.0);
        }
    }
}

/// Plays a storm under the eyes of the watcher, then compares what is left with the verdict.
fn endure(scenario: &Scenario) -> BTreeMap<&'static str, u64> {
    let mut watcher = watcher(scenario);
    let trace = Trace::watched(scenario, Limits::default(), &mut |world, step| {
        watcher.after(world, step);
        ControlFlow::Continue(())
    });
    assert_eq!(trace.end(), &End::Quiescent);
    let board = trace.last_board();
    everybody_agrees(&board);
    let lost = judged(&trace, &board, &watcher);
    let mut seen = watcher.seen;
    seen.insert("records that were acknowledged and lost", lost);
    seen
}

fn watcher(scenario: &Scenario) -> Watcher {
    let brokers = ackscope::model::config::BrokerConfig::resolve(&scenario.brokers).config;
    let topic = scenario.topic("t").cloned().unwrap_or_default();
    let topic = TopicConfig::resolve(&topic, &brokers).config;
    let mut acks_all = BTreeSet::new();
    let mut next = 0;
    for act in &scenario.steps {
        if let Act::Send { by, values, .. } = act {
            let config = scenario.producer(&by.0);
            let all = config.and_then(|config| config.get("acks")) == Some("all");
            let records = (next..).map(RecordId).take(values.len());
            acks_all.extend(records.filter(|_| all));
            next += u32::try_from(values.len()).unwrap_or(0);
        }
    }
    Watcher::new(
        topic.min_insync_replicas as usize,
        brokers.eligible_leader_replicas,
        acks_all,
    )
}

/// After the storm there is a leader, everybody is in sync, and all logs are one.
fn everybody_agrees(board: &Board) {
    for (id, partition) in &board.partitions {
        let leader = partition
            .leader
            .unwrap_or_else(|| panic!("nobody leads {id:?}"));
        assert_eq!(
            partition.isr.len(),
            partition.replicas.len(),
            "not in sync again"
        );
        let log = &board.brokers[&leader].replicas[id].cells;
        for broker in board.brokers.values() {
            assert_eq!(
                &broker.replicas[id].cells, log,
                "two logs of {id:?} differ for ever"
            );
        }
    }
}

/// What was acknowledged by all is lost only where that is allowed, and then the verdict says so; what an idempotent producer
/// sent is there once, and in order, while its epoch is the same. The answer is how many acknowledged records are lost.
fn judged(trace: &Trace, board: &Board, watcher: &Watcher) -> u64 {
    let ledger = Ledger::of(trace);
    let mut lost = 0;
    let mut written: BTreeSet<RecordId> = BTreeSet::new();
    for (id, partition) in &board.partitions {
        let leader = partition.leader.expect("somebody leads");
        written.extend(
            board.brokers[&leader].replicas[id]
                .cells
                .iter()
                .filter_map(|cell| cell.record()),
        );
    }
    for fact in trace.steps().facts() {
        let Observation::RecordAcknowledged {
            record,
            offset: Some(_),
        } = fact
        else {
            continue;
        };
        if written.contains(record) {
            continue;
        }
        lost += 1;
        let fate = ledger.rows[record.0 as usize].fate();
        assert_eq!(
            fate,
            Fate::LostAfterAck,
            "{record} is lost, and the verdict says {fate:?}"
        );
        if watcher.acks_all.contains(record) {
            assert!(
                watcher.may_have_lost_record(*record),
                "{record}: acks=all, and lost"
            );
        }
    }
    lost
}
