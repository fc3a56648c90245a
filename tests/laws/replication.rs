//! The invariants of `kafka-facts.md` 9.0 that hold while no disk is lost and no election is unclean, after every step.

use super::schedule::{scenario, troubled};
use ackscope::model::board::{Board, Liveness, ReplicaBoard};
use ackscope::model::history::Step;
use ackscope::model::ids::{LeaderEpoch, Offset, TopicId, TopicPartition};
use ackscope::model::observation::Observation;
use ackscope::model::record::Content;
use ackscope::model::scenario::Scenario;
use ackscope::model::trace::{End, Limits, Trace};
use ackscope::verdict::{Fate, Ledger};
use std::ops::ControlFlow;

const SEEDS: u64 = 1000;
const TROUBLED: u64 = 3000;
const PARTITION: TopicPartition = TopicPartition {
    topic: TopicId(0),
    partition: 0,
};

/// What has been committed so far: the log of legitimate leaders below the highest high watermark of any of them.
#[derive(Default)]
struct Committed(Vec<(Content, LeaderEpoch)>);

impl Committed {
    fn learn(&mut self, board: &Board) {
        let Some(partition) = board.partitions.get(&PARTITION) else {
            return;
        };
        let Some(leader) = partition.leader.and_then(|id| board.brokers.get(&id)) else {
            return;
        };
        let Some(replica) = leader.replicas.get(&PARTITION) else {
            return;
        };
        if !replica.leads || replica.leader_epoch != partition.leader_epoch {
            return;
        }
        let below = prefix(replica, replica.high_watermark);
        assert!(
            self.0.starts_with(&below) || below.starts_with(&self.0),
            "what was committed has changed: {:?}, then {below:?}",
            self.0
        );
        if below.len() > self.0.len() {
            self.0 = below;
        }
    }

    fn end(&self) -> Offset {
        Offset(self.0.len() as u64)
    }
}

fn prefix(replica: &ReplicaBoard, end: Offset) -> Vec<(Content, LeaderEpoch)> {
    let below = replica.cells.iter().filter(|cell| cell.offset < end);
    below
        .map(|cell| (cell.content, cell.leader_epoch))
        .collect()
}

/// I1: whoever may be elected and runs has everything that is committed. I2 follows for the leader.
fn candidates_are_complete(board: &Board, committed: &Committed) {
    let Some(partition) = board.partitions.get(&PARTITION) else {
        return;
    };
    for id in partition.isr.union(&partition.elr) {
        let Some(broker) = board
            .brokers
            .get(id)
            .filter(|broker| broker.liveness == Liveness::Running)
        else {
            continue;
        };
        let Some(replica) = broker.replicas.get(&PARTITION) else {
            continue;
        };
        // A replica that has not yet truncated what parts from the leader is longer, never shorter.
        assert!(
            replica.log_end() >= committed.end(),
            "broker {id} lacks committed records"
        );
        assert_eq!(
            prefix(replica, committed.end()),
            committed.0,
            "broker {id} has other records"
        );
    }
}

/// I3: two logs agree below both high watermarks.
fn logs_match(board: &Board) {
    let replicas: Vec<_> = board
        .brokers
        .values()
        .filter_map(|broker| broker.replicas.get(&PARTITION))
        .collect();
    for one in &replicas {
        for other in &replicas {
            let end = one.high_watermark.min(other.high_watermark);
            assert_eq!(prefix(one, end), prefix(other, end));
        }
    }
}

/// I4: what is acknowledged with acks=all is committed.
fn acknowledged_is_committed(step: &Step, scenario: &Scenario, committed: &Committed) {
    if scenario
        .producer("p1")
        .and_then(|config| config.get("acks"))
        != Some("all")
    {
        return;
    }
    for observation in step.observations {
        if let Observation::RecordAcknowledged {
            record,
            offset: Some(offset),
        } = observation
        {
            let there = committed
                .0
                .get(usize::try_from(offset.0).unwrap_or(usize::MAX));
            assert_eq!(
                there.map(|(content, _)| *content),
                Some(Content::Record(*record)),
                "acknowledged and not committed"
            );
        }
    }
}

#[test]
fn the_invariants_hold_after_every_step() {
    let (mut elections, mut truncations, mut duplicates, mut losses) = (0, 0, 0, 0);
    for seed in 0..SEEDS {
        let scenario = scenario(seed);
        let mut committed = Committed::default();
        let trace = Trace::watched(&scenario, Limits::default(), &mut |world, step| {
            let board = world.board();
            committed.learn(&board);
            candidates_are_complete(&board, &committed);
            logs_match(&board);
            acknowledged_is_committed(step, &scenario, &committed);
            for observation in step.observations {
                match observation {
                    Observation::LeaderElected { .. } => elections += 1,
                    Observation::LogTruncated { .. } => truncations += 1,
                    Observation::DuplicateRecognised { .. } => duplicates += 1,
                    _ => {}
                }
            }
            ControlFlow::Continue(())
        });
        assert_eq!(trace.end(), &End::Quiescent, "seed {seed}");
        losses += judged(seed, &scenario, &trace);
    }
    // The schedules reach what the invariants are about.
    for (what, count) in [
        ("elections", elections),
        ("truncations", truncations),
        ("duplicates", duplicates),
        ("losses", losses),
    ] {
        assert!(
            count > 5,
            "{count} {what} in {SEEDS} schedules are too few to prove anything"
        );
    }
}

/// The same with clean stops, pauses and cuts. A clean stop leaves one batch of each producer in memory, so an idempotent
/// producer may write twice here; nothing that is committed may go. A leader that does not know yet that it leads no more may
/// still commit what all have, so what is acknowledged is looked for at the end.
#[test]
fn the_invariants_hold_through_stops_pauses_and_cuts() {
    let (mut stops, mut pauses, mut elections, mut truncations) = (0, 0, 0, 0);
    for seed in 0..TROUBLED {
        let scenario = troubled(seed);
        let mut committed = Committed::default();
        let trace = Trace::watched(&scenario, Limits::default(), &mut |world, step| {
            let board = world.board();
            committed.learn(&board);
            candidates_are_complete(&board, &committed);
            logs_match(&board);
            for observation in step.observations {
                match observation {
                    Observation::BrokerStopped { .. } => stops += 1,
                    Observation::BrokerPaused { .. } => pauses += 1,
                    Observation::LeaderElected { .. } => elections += 1,
                    Observation::LogTruncated { .. } => truncations += 1,
                    _ => {}
                }
            }
            ControlFlow::Continue(())
        });
        assert_eq!(trace.end(), &End::Quiescent, "seed {seed}");
        if scenario
            .producer("p1")
            .and_then(|config| config.get("acks"))
            == Some("all")
        {
            let lost = Ledger::of(&trace).with(Fate::LostAfterAck).count();
            assert_eq!(lost, 0, "seed {seed}: acks=all lost something");
        }
    }
    for (what, count) in [
        ("stops", stops),
        ("pauses", pauses),
        ("elections", elections),
        ("truncations", truncations),
    ] {
        assert!(count > 5, "{count} {what} are too few to prove anything");
    }
}

/// No loss of what was acknowledged by all, no second copy with idempotence; the number of losses that were allowed.
fn judged(seed: u64, scenario: &Scenario, trace: &Trace) -> usize {
    let ledger = Ledger::of(trace);
    let written = scenario.producer("p1").cloned().unwrap_or_default();
    let lost = ledger
        .rows
        .iter()
        .filter(|row| matches!(row.fate(), Fate::LostAfterAck | Fate::LostSilently))
        .count();
    if written.get("acks") == Some("all") {
        assert_eq!(lost, 0, "seed {seed}: acks=all lost something");
    }
    let idempotent =
        written.get("acks") == Some("all") && written.get("enable.idempotence").is_none();
    if idempotent {
        for row in &ledger.rows {
            assert!(
                !row.fates.contains(&Fate::Duplicated),
                "seed {seed}: {row:?}"
            );
        }
    }
    if written.get("acks") == Some("0") {
        assert!(
            ledger.rows.iter().all(|row| row.offsets.len() <= 1),
            "seed {seed}: acks=0 wrote twice"
        );
    }
    lost
}
