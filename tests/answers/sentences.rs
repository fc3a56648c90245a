//! One golden sentence for each thing that the judge can say: `tests/golden/sentences.txt`. The sentences are spoken of runs, so
//! that none is written down that nothing leads to.

use super::texts::Played;
use super::texts::{all, golden};
use ackscope::model::cast::Cast;
use ackscope::verdict::Fate;
use ackscope::verdict::outcome::{Outcome, verdicts};
use ackscope::verdict::promise::{Condition, Rule};
use ackscope::verdict::terms::Terms;
use ackscope::verdict::what_if::{idle, saved};
use ackscope::verdict::why::{Part, why};
use ackscope::verdict::words::{self, Speaker};
use std::collections::BTreeMap;

/// What was heard first of each thing.
type Said = BTreeMap<String, String>;

fn hear_promises(said: &mut Said, played: &Played) {
    let mut hear = |what: String, says: String| _ = said.entry(what).or_insert(says);
    let (trace, ledger) = (&played.trace, &played.ledger);
    let cast = Cast::of(trace.scenario());
    for verdict in verdicts(trace, ledger) {
        let promise = &verdict.promise;
        hear(format!("rule {:?}", promise.rule), words::rule(promise));
        for condition in &promise.conditions {
            hear(
                format!("while {}", kind(*condition)),
                words::condition(*condition),
            );
        }
        let outcome = match &verdict.outcome {
            Outcome::Holds { despite: None } => "holds, untested".to_owned(),
            Outcome::Holds { .. } => {
                format!("holds, tested, promised: {}", !promise.is_empty())
            }
            Outcome::Undecided { .. } => "undecided".to_owned(),
            Outcome::Broken { outside: None, .. } => "broken within".to_owned(),
            Outcome::Broken {
                outside: Some((condition, _)),
                ..
            } => {
                format!("broken outside {}", kind(*condition))
            }
        };
        hear(
            format!("outcome {outcome}"),
            words::outcome(trace, &cast, &verdict),
        );
    }
}

fn hear_answers(said: &mut Said, played: &Played) {
    let mut hear = |what: String, says: String| _ = said.entry(what).or_insert(says);
    let (trace, ledger) = (&played.trace, &played.ledger);
    let cast = Cast::of(trace.scenario());
    let terms = Terms::of(trace.scenario(), &cast);
    for row in &ledger.rows {
        for fate in &row.fates {
            let says = words::fate_of(&cast, row, *fate);
            hear(format!("fate {}", fate.word()), says);
        }
        let speaker = Speaker {
            trace,
            cast: &cast,
            terms: &terms,
            record: row.record,
        };
        let chains = row
            .fates
            .iter()
            .map(|fate| why(trace, &terms, row, *fate).chain);
        for link in chains.flatten() {
            hear(format!("part {:?}", link.part), speaker.says(&link));
        }
    }
    if let Some(row) = played.troubled() {
        for saving in saved(trace, ledger, row).iter().take(1) {
            hear(
                format!("saved from {}", row.fate().word()),
                words::saving(&cast, row, saving),
            );
        }
    }
    for idle in idle(trace, ledger) {
        hear(
            format!("idle, the same run: {}", idle.same_run),
            words::idle(&idle),
        );
    }
}

#[test]
fn each_thing_that_can_be_said_has_its_sentence() {
    let mut said = Said::new();
    for played in all() {
        hear_promises(&mut said, &played);
        hear_answers(&mut said, &played);
    }
    let missing: Vec<String> = wanted()
        .into_iter()
        .filter(|what| !said.contains_key(what))
        .collect();
    assert!(
        missing.is_empty(),
        "no text makes the judge say these: {missing:#?}"
    );
    let lines = said.iter().map(|(what, says)| format!("{what}: {says}\n"));
    golden("sentences.txt", &lines.collect::<String>());
}

fn kind(condition: Condition) -> String {
    let name = format!("{condition:?}");
    name.split('(').next().unwrap_or_default().to_owned()
}

/// All that can be said.
fn wanted() -> Vec<String> {
    let rules = Rule::ALL.iter().map(|rule| format!("rule {rule:?}"));
    let fates = Fate::ALL.iter().map(|fate| format!("fate {}", fate.word()));
    let parts = Part::ALL.iter().map(|part| format!("part {part:?}"));
    rules.chain(fates).chain(parts).collect()
}
