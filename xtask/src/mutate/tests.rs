//! Each mutation still applies, and every fate and every anomaly has one.

use super::table::{self, TABLE};
use super::{failed_in, place};
use ackscope::verdict::Fate;
use std::collections::BTreeSet;

/// What clients can see go wrong, by Jepsen's names.
const ANOMALIES: [&str; 12] = [
    "inconsistent-offsets",
    "duplicate",
    "lost-write",
    "unseen",
    "G1a",
    "precommitted-read",
    "poll-skip",
    "nonmonotonic-poll",
    "int-poll-skip",
    "int-nonmonotonic-poll",
    "nonmonotonic-send",
    "int-nonmonotonic-send",
];

fn text() -> String {
    std::fs::read_to_string(place::project().join(TABLE)).expect("the table")
}

#[test]
fn each_mutation_applies_and_something_must_fail_of_it() {
    let (head, all) = table::read(&text());
    assert_eq!(table::write(&head, &all), text(), "read and written");
    for mutation in &all {
        let broken = mutation
            .applied(&place::project())
            .unwrap_or_else(|says| panic!("{says}"));
        for (file, text) in &broken {
            let sound = std::fs::read_to_string(place::project().join(file)).expect("a file");
            assert_ne!(*text, sound, "{}", mutation.name);
        }
        assert!(
            !mutation.says.is_empty() && !mutation.fails.is_empty(),
            "{}",
            mutation.name
        );
    }
}

#[test]
fn every_fate_and_every_anomaly_has_one() {
    let (_, all) = table::read(&text());
    let fates: BTreeSet<&str> = all
        .iter()
        .flat_map(|one| &one.fates)
        .map(String::as_str)
        .collect();
    assert_eq!(fates, Fate::ALL.map(Fate::word).into_iter().collect());
    let anomalies: BTreeSet<&str> = all
        .iter()
        .flat_map(|one| &one.anomalies)
        .map(String::as_str)
        .collect();
    assert_eq!(anomalies, BTreeSet::from(ANOMALIES));
}

#[test]
fn a_mutation_that_does_not_fit_any_more_is_told() {
    let (_, all) = table::read(&text());
    let mut one = all[0].clone();
    one.changes[0].from = "no such line".to_owned();
    assert!(one.applied(&place::project()).is_err());
    one.changes[0].file = "src/nowhere.rs".to_owned();
    assert!(one.applied(&place::project()).is_err());
}

#[test]
fn what_fails_is_read_from_what_cargo_prints() {
    let err = "     Running tests/laws/main.rs (x)\n     Running tests/scenarios.rs (y)\n";
    let out = "running 2 tests\ntest a::b ... FAILED\ntest a::c ... ok\nrunning 1 test\ntest d ... FAILED\n\
        producer/acks_0/request_lost\n  wanted\n/p/tests/scenarios/eras/committed_isr_only.yaml, seed 0\n\
        S7 unclean election: replication/unclean/read-then-gone\n";
    let wanted = [
        "laws a::b",
        "scenarios d",
        "text eras/committed_isr_only",
        "text producer/acks_0/request_lost",
        "text replication/unclean/read-then-gone",
    ];
    assert_eq!(failed_in(out, err), wanted.map(str::to_owned).into());
}
