//! What the judge answers: why, what decided it, what would have saved a record, what did nothing, where two runs part. Asked
//! of every scenario text; the sentences themselves are in `tests/golden/answers.txt` and `tests/golden/sentences.txt`.

mod sentences;
mod texts;

use ackscope::model::cast::Cast;
use ackscope::model::observation::Observation;
use ackscope::model::scenario::{Act, Scenario};
use ackscope::model::trace::Trace;
use ackscope::verdict::divergence::divergence;
use ackscope::verdict::terms::Terms;
use ackscope::verdict::what_if::{decisive, idle, saved};
use ackscope::verdict::why::why;
use ackscope::verdict::words::{self, Speaker};
use ackscope::verdict::{Fate, Ledger, Row};
use std::collections::BTreeSet;
use std::fmt::Write;
use texts::{Played, all, golden, one};

/// The sentences of an answer, with their instants.
fn chain(played: &Played, row: &Row, fate: Fate) -> Vec<String> {
    let cast = Cast::of(played.trace.scenario());
    let terms = Terms::of(played.trace.scenario(), &cast);
    let speaker = Speaker {
        trace: &played.trace,
        cast: &cast,
        terms: &terms,
        record: row.record,
    };
    let chain = why(&played.trace, &terms, row, fate).chain;
    assert!(chain.is_sorted_by_key(|link| (link.step, link.fact)));
    chain.iter().map(|link| speaker.says(link)).collect()
}

#[test]
fn an_answer_is_three_to_seven_sentences() {
    let mut asked = 0;
    for played in all() {
        let rows = played.ledger.rows.iter();
        let asked_for = rows.flat_map(|row| row.fates.iter().map(move |fate| (row, *fate)));
        for (row, fate) in asked_for {
            let said = chain(&played, row, fate);
            let name = format!("{}, {} {}: {said:#?}", played.name, row.record, fate.word());
            assert!(said.len() <= 7, "{name}");
            let sentence = |text: &String| text.ends_with('.') && text.len() > 6;
            assert!(said.iter().all(sentence), "{name}");
            let distinct: BTreeSet<_> = said.iter().collect();
            assert!(
                distinct.len() + 2 >= said.len(),
                "it repeats itself: {name}"
            );
            if fate.is_trouble() {
                asked += 1;
                assert!(said.len() >= 3, "{name}");
            }
        }
    }
    assert!(asked > 100, "{asked} troubled records");
}

/// What the judge calls the decisive step is done without, by hand.
fn without(scenario: &Scenario, place: ackscope::verdict::what_if::Removed) -> Option<Scenario> {
    use ackscope::verdict::what_if::Removed;
    let mut without = scenario.clone();
    match place {
        Removed::Fault(fault) => _ = without.faults.remove(fault as usize),
        Removed::Act(act) => without.steps[act as usize] = Act::Sleep { ms: 0 },
        Removed::Trouble(_) => return None,
    }
    Some(without)
}

#[test]
fn without_the_decisive_step_the_fate_is_another() {
    let (mut decided, mut undecided) = (0, 0);
    for played in all() {
        let Some(row) = played.troubled() else {
            continue;
        };
        let Some(step) = decisive(&played.trace, row) else {
            undecided += 1;
            continue;
        };
        decided += 1;
        assert_ne!(step.fate, row.fate(), "{}", played.name);
        let Some(scenario) = without(played.trace.scenario(), step.removed) else {
            continue;
        };
        let ledger = Ledger::of(&Trace::of(&scenario));
        let fate = ledger.rows[row.record.0 as usize].fate();
        assert_eq!(fate, step.fate, "{}", played.name);
    }
    assert!(decided > 40 && undecided > 0, "{decided} and {undecided}");
}

fn refused(trace: &Trace) -> usize {
    let refused = |fact: &&Observation| matches!(fact, Observation::ClientRefused { .. });
    trace.steps().facts().iter().filter(refused).count()
}

#[test]
fn what_would_have_saved_a_record_does_and_kafka_takes_it() {
    let mut savings = 0;
    for played in all() {
        let Some(row) = played.troubled() else {
            continue;
        };
        let all = saved(&played.trace, &played.ledger, row);
        for saving in &all {
            savings += 1;
            let changed = saving
                .changes
                .iter()
                .fold(played.trace.scenario().clone(), |scenario, change| {
                    change.apply(&scenario).expect("a change changes something")
                });
            let trace = Trace::of(&changed);
            let fate = Ledger::of(&trace).rows[row.record.0 as usize].fate();
            let name = format!("{}: {:?}", played.name, saving.changes);
            assert_eq!(fate, saving.fate, "{name}");
            assert!(fate > row.fate(), "{name}");
            assert!(refused(&trace) <= refused(&played.trace), "{name}");
        }
        let troubled = |place: usize| all.get(place).is_some_and(|one| one.fate.is_trouble());
        assert!(
            !troubled(0) || all.iter().all(|one| one.fate.is_trouble()),
            "{}",
            played.name
        );
    }
    assert!(savings > 100, "{savings}");
}

#[test]
fn what_did_nothing_can_be_left_out() {
    let (mut same_run, mut same_fates) = (0, 0);
    for played in all() {
        for idle in idle(&played.trace, &played.ledger) {
            same_run += u32::from(idle.same_run);
            same_fates += u32::from(!idle.same_run);
            let change = ackscope::verdict::what_if::Change {
                place: idle.place.clone(),
                key: idle.key.clone(),
                value: None,
            };
            let changed = change
                .apply(played.trace.scenario())
                .expect("it was written");
            let ledger = Ledger::of(&Trace::of(&changed));
            let fates = |ledger: &Ledger| -> Vec<_> {
                ledger.rows.iter().map(|row| row.fates.clone()).collect()
            };
            assert_eq!(
                fates(&ledger),
                fates(&played.ledger),
                "{}: {idle:?}",
                played.name
            );
        }
    }
    assert!(same_run > 50 && same_fates > 50, "{same_run}, {same_fates}");
}

#[test]
fn two_runs_part_where_they_first_differ() {
    let with = one("producer/plain/response_lost_writes_twice");
    let again = divergence((&with.trace, &with.ledger), (&with.trace, &with.ledger));
    assert_eq!((again.step, again.fate), (None, None));

    let mut scenario = with.trace.scenario().clone();
    let producer = scenario.producer_mut("p1").expect("it has one");
    producer
        .0
        .insert("enable.idempotence".into(), "true".into());
    let trace = Trace::of(&scenario);
    let ledger = Ledger::of(&trace);
    let parting = divergence((&with.trace, &with.ledger), (&trace, &ledger));
    let (step, at) = parting.step.expect("they part");
    for place in 0..step.0 as usize {
        let (own, other) = (with.trace.steps().get(place), trace.steps().get(place));
        let facts = |step: Option<ackscope::model::history::Step<'_>>| {
            step.map(|step| (step.at, step.observations.to_vec()))
        };
        assert_eq!(facts(own), facts(other), "step {place}");
    }
    let fate = parting.fate.expect("a fate is another");
    assert_eq!(
        (fate.here, fate.there),
        (Fate::Duplicated, Fate::DeliveredOnce)
    );
    assert!(fate.at > Some(at), "fates part after the runs");
    let cast = Cast::of(&scenario);
    let says = words::divergence(&cast, &parting);
    assert!(says.contains("m2: written more than once here"), "{says}");
}

/// The schedules whose answers are written down.
const TOLD: &[&str] = &[
    "producer/acks_0/request_lost",
    "producer/acks_1/leader_dies_before_a_follower_fetched",
    "replication/shrunk/s4-min-isr-1",
    "replication/shrunk/s5-last-replica-standing",
    "consumers/p-unclean-election",
    "producer/plain/response_lost_writes_twice",
    "producer/acks_0/overtaken_on_another_connection",
    "producer/delivery_timeout/expires_though_written",
    "applications/s17-commit-after-processing-crash",
    "applications/s18-commit-before-processing-crash",
    "applications/s20-auto-commit-hand-off",
    "applications/s21-work-longer-than-the-poll-interval",
    "consumers/s23-the-same-without-transactions",
    "consumers/s24-the-end-of-one-transaction-in-the-next",
    "consumers/k4-latest-new-group",
    "consumers/k5-the-same-with-latest",
    "consumers/d3-rebalance-before-the-commit",
    "replication/isolated/s27-acks-1",
    "applications/source-killed-before-its-commit",
];

/// Why, what decided it and what would have saved it, word for word.
#[test]
fn answers_are_as_they_are_written_down() {
    let mut said = String::new();
    for name in TOLD {
        let played = one(name);
        let scenario = played.trace.scenario();
        let cast = Cast::of(scenario);
        let row = played
            .troubled()
            .unwrap_or_else(|| panic!("{name}: no trouble"));
        let (who, fate) = (cast.value(row.record), row.fate().word());
        writeln!(said, "= {name}: {who} {fate}").expect("a string");
        for line in chain(&played, row, row.fate()) {
            writeln!(said, "  {line}").expect("a string");
        }
        match decisive(&played.trace, row) {
            Some(step) => writeln!(said, "! {}", words::decisive(scenario, &cast, row, &step)),
            None => writeln!(said, "! nothing by itself"),
        }
        .expect("a string");
        for saving in saved(&played.trace, &played.ledger, row).iter().take(3) {
            writeln!(said, "+ {}", words::saving(&cast, row, saving)).expect("a string");
        }
        said.push('\n');
    }
    golden("answers.txt", &said);
}
