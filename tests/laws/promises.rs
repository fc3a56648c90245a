//! What is promised is kept: over random schedules of everything, a promise breaks only where the run did not meet one of its
//! conditions. And no promise is timid: each kind is broken outside of its conditions somewhere, where it has any.

use super::{exactly_once, groups, reading, storm, transactions};
use ackscope::model::cast::Cast;
use ackscope::model::scenario::Scenario;
use ackscope::model::trace::Trace;
use ackscope::share::text::read;
use ackscope::verdict::outcome::{Outcome, verdicts};
use ackscope::verdict::promise::{Condition, Rule};
use ackscope::verdict::{Ledger, words};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Schedules of each kind in the gate. Tried by hand with more.
const SEEDS: u64 = 1_500;

/// How often each promise was kept, and broken outside of which condition.
#[derive(Debug, Default)]
struct Tally {
    kept: BTreeMap<Rule, u32>,
    outside: BTreeMap<(Rule, &'static str), u32>,
}

/// Each of them is the reason somewhere.
const CONDITIONS: [&str; 15] = [
    "unpromised",
    "older rules",
    "in time",
    "sent once",
    "same epoch",
    "connected",
    "leader stays",
    "power stays",
    "fewer unclean",
    "clean elections",
    "nothing deleted",
    "progress by work",
    "undisturbed",
    "none given up",
    "none aborted",
];

fn short(condition: Condition) -> &'static str {
    match condition {
        Condition::Unpromised => "unpromised",
        Condition::RulesOfToday => "older rules",
        Condition::InTime => "in time",
        Condition::SentOnce => "sent once",
        Condition::SameEpoch => "same epoch",
        Condition::Connected => "connected",
        Condition::LeaderStays => "leader stays",
        Condition::PowerStays => "power stays",
        Condition::FewerUnclean(_) => "fewer unclean",
        Condition::CleanElections => "clean elections",
        Condition::NothingDeleted => "nothing deleted",
        Condition::ProgressByWork => "progress by work",
        Condition::Undisturbed => "undisturbed",
        Condition::NoneGivenUp => "none given up",
        Condition::NoneAborted => "none aborted",
    }
}

/// Judges a run; the answer names the promises that were broken within.
fn judge(scenario: &Scenario, tally: &mut Tally) -> Vec<String> {
    let trace = Trace::of(scenario);
    let cast = Cast::of(scenario);
    let ledger = Ledger::of(&trace);
    let mut broken = Vec::new();
    for verdict in verdicts(&trace, &ledger) {
        let rule = verdict.promise.rule;
        match &verdict.outcome {
            Outcome::Holds { .. } => *tally.kept.entry(rule).or_default() += 1,
            Outcome::Undecided { .. } => {}
            Outcome::Broken {
                outside: Some((condition, _)),
                ..
            } => {
                *tally.outside.entry((rule, short(*condition))).or_default() += 1;
            }
            Outcome::Broken { outside: None, .. } => {
                let subject = words::subject(&cast, verdict.promise.subject);
                let says = words::outcome(&trace, &cast, &verdict);
                broken.push(format!("{rule:?} to {subject}: {says}"));
            }
        }
    }
    broken
}

/// Plays random schedules.
fn play(seeds: std::ops::Range<u64>, tally: &mut Tally) -> Vec<String> {
    let mut broken = Vec::new();
    for seed in seeds {
        let mut play = |kind: &str, scenario: &Scenario| {
            let says = judge(scenario, tally).into_iter();
            broken.extend(says.map(|says| format!("{kind} {seed}: {says}")));
        };
        play("storm", &storm::storm(seed));
        play("readers", &reading::with_readers(seed));
        play("transactions", &transactions::scenario(seed, &[]));
        if seed % 5 == 0 {
            for kind in groups::KINDS {
                play("groups", &groups::scenario(seed, kind));
            }
            for guarantee in ["exactly_once_v2", "at_least_once"] {
                play(guarantee, &exactly_once::scenario(seed, guarantee));
            }
        }
    }
    broken
}

/// Every scenario text of the tests.
fn texts(from: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(from).expect("the texts are there");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let deeper = |path: PathBuf| match path.is_dir() {
        true => texts(&path),
        false => vec![path],
    };
    paths.flat_map(deeper).collect()
}

fn play_texts(tally: &mut Tally) -> Vec<String> {
    let mut broken = Vec::new();
    for path in texts(Path::new("tests/scenarios")) {
        let text = std::fs::read_to_string(&path).expect("it can be read");
        let says = judge(&read(&text).scenario, tally).into_iter();
        broken.extend(says.map(|says| format!("{}: {says}", path.display())));
    }
    broken
}

#[test]
fn what_is_promised_is_kept() {
    let mut tally = Tally::default();
    let mut broken = play_texts(&mut tally);
    broken.extend(play(0..SEEDS, &mut tally));
    assert!(broken.is_empty(), "{} of them: {broken:#?}", broken.len());
    for rule in Rule::ALL {
        let kept = tally.kept.get(&rule).copied().unwrap_or(0);
        assert!(kept > 0, "{rule:?} was never kept: {tally:#?}");
    }
    for condition in CONDITIONS {
        let broken = tally.outside.keys().any(|(_, word)| *word == condition);
        assert!(
            broken,
            "nothing ever broke for want of “{condition}”: {tally:#?}"
        );
    }
}
