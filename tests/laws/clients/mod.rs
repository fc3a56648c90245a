//! The law of the two judges: on random runs the judge that knows everything (`Ledger`) and the one that has only what clients
//! saw (`tests/jepsen`) never contradict each other. `docs/judging.md` says what each may know, and what follows.

mod history;
mod runs;
mod settled;

use crate::jepsen::compare::{Compared, laws};
use crate::jepsen::judge::Kind;
use ackscope::model::cast::Cast;
use ackscope::model::trace::Trace;
use ackscope::verdict::{Fate, Ledger, Row};
use std::collections::BTreeMap;

/// Runs in the gate. Tried by hand with many more.
const SEEDS: u64 = 20_000;

/// What clients cannot see here: producers of transactions are idempotent, and keep the order of what they send.
const NEVER: [Kind; 1] = [Kind::IntNonmonotonicSend];

/// What came of many runs.
#[derive(Default)]
struct Tally {
    /// How often each thing was found, at each isolation level, and whether it is an anomaly.
    found: BTreeMap<(Kind, &'static str, bool), u64>,
    /// How often each law spoke.
    tried: BTreeMap<&'static str, u64>,
    unsettled: u64,
    /// How often each law was broken, and how first.
    wrong: BTreeMap<&'static str, (u64, String)>,
}

/// Both judges look at a run. What the one says may be changed before the other is heard.
fn look(seed: u64, tally: &mut Tally, change: impl Fn(&mut Ledger)) {
    let scenario = runs::run(seed);
    let cast = Cast::of(&scenario);
    let trace = Trace::of(&scenario);
    let mut ledger = Ledger::of(&trace);
    change(&mut ledger);
    let clients = history::seen(&trace, &cast);
    let board = trace.last_board();
    let settled = settled::settled(&trace, &board, &cast);
    tally.unsettled += u64::try_from(board.partitions.len() - settled.len()).unwrap_or(0);
    let mut compared = Compared::new(&cast, &ledger, &clients, settled);
    compared.compare();
    for (level, all) in ["uncommitted", "committed"]
        .into_iter()
        .zip(&compared.found)
    {
        for finding in all {
            *tally
                .found
                .entry((finding.kind, level, finding.is_bad))
                .or_default() += 1;
        }
    }
    for (law, times) in compared.tried {
        *tally.tried.entry(law).or_default() += times;
    }
    for (law, says) in compared.wrong {
        let first = (0, format!("run {seed}: {says}"));
        tally.wrong.entry(law).or_insert(first).0 += 1;
    }
}

fn all(seeds: impl Iterator<Item = u64>) {
    let mut tally = Tally::default();
    seeds.for_each(|seed| look(seed, &mut tally, |_| {}));
    let broken: Vec<String> = tally
        .wrong
        .iter()
        .map(|(law, (times, first))| format!("{law}\n  broken {times} times, first by {first}"))
        .collect();
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
    assert!(
        tally.unsettled < SEEDS / 20,
        "{} partitions are undecided",
        tally.unsettled
    );
    let never: Vec<&str> = laws::ALL
        .into_iter()
        .filter(|law| !tally.tried.contains_key(law))
        .collect();
    assert!(never.is_empty(), "laws that never spoke: {never:?}");
    let times = |kind: Kind| tally.found.iter().filter(move |((of, ..), _)| *of == kind);
    for kind in Kind::ALL {
        let there = times(kind).next().is_some();
        assert_eq!(there, !NEVER.contains(&kind), "{}", kind.word());
    }
}

/// The judges of some runs, one of whom says something else; true if he is contradicted.
fn is_caught(change: impl Fn(&mut Row)) -> bool {
    (0..6_000).any(|seed| {
        let mut tally = Tally::default();
        look(seed, &mut tally, |ledger| {
            ledger.rows.iter_mut().for_each(&change)
        });
        !tally.wrong.is_empty()
    })
}

#[test]
fn a_judge_who_keeps_a_fate_to_himself_is_contradicted() {
    for fate in Fate::ALL
        .into_iter()
        .filter(|fate| *fate != Fate::DeliveredOnce)
    {
        let silence = |row: &mut Row| {
            row.fates.retain(|known| *known != fate);
            if row.fates.is_empty() {
                row.fates.push(Fate::DeliveredOnce);
            }
        };
        assert!(is_caught(silence), "{}", fate.word());
    }
}

#[test]
fn a_judge_who_makes_a_fate_up_is_contradicted() {
    for fate in Fate::ALL {
        let instead = match fate {
            Fate::DeliveredOnce => Fate::Refused,
            _ => Fate::DeliveredOnce,
        };
        let gossip = |row: &mut Row| {
            if row.fates.as_slice() == [instead] {
                row.fates = vec![fate].into();
            }
        };
        assert!(is_caught(gossip), "{}", fate.word());
    }
}

#[test]
fn the_judges_of_even_runs_do_not_contradict_each_other() {
    all((0..SEEDS).step_by(2));
}

#[test]
fn the_judges_of_odd_runs_do_not_contradict_each_other() {
    all((1..SEEDS).step_by(2));
}
