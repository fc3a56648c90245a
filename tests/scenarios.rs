//! Scenario texts with the verdict that they must get. A bug report that is such a text is a test.
//!
//! The first comments of a text say what is expected: `# expect: m1 delivered-once, m2 duplicated+out-of-order`, and, where
//! the sentence matters, `# headline: …`. The path of a file is the name of the test.

use ackscope::model::cast::{Cast, SendCall};
use ackscope::model::ids::RecordId;
use ackscope::model::observation::{AppFact, Observation};
use ackscope::model::scenario::{Rule, Scenario};
use ackscope::model::trace::{End, Trace};
use ackscope::share::text;
use ackscope::verdict::{Fate, Ledger, words};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            found.push(path);
        }
    }
}

fn expected<'a>(text: &'a str, what: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        line.strip_prefix("# ")?
            .strip_prefix(what)?
            .strip_prefix(": ")
    })
}

/// `m1 delivered-once, m2 duplicated+out-of-order`, as the judge says it.
fn judged(cast: &Cast, ledger: &Ledger) -> String {
    let row = |row: &ackscope::verdict::Row| {
        let fates: Vec<_> = row.fates.iter().map(|fate| fate.word()).collect();
        format!("{} {}", cast.value(row.record), fates.join("+"))
    };
    ledger.rows.iter().map(row).collect::<Vec<_>>().join(", ")
}

/// True if all replicas of a partition hold the same in the end, as far as they reach.
fn logs_agree(trace: &Trace) -> bool {
    let board = trace.last_board();
    board.partitions.keys().all(|partition| {
        let mut first = None;
        let logs = board
            .brokers
            .values()
            .filter_map(|b| b.replicas.get(partition));
        let logs = logs.map(|log| {
            log.cells
                .iter()
                .map(|cell| (cell.content, cell.leader_epoch))
                .collect::<Vec<_>>()
        });
        logs.into_iter()
            .all(|log| *first.get_or_insert_with(|| log.clone()) == log)
    })
}

/// Each rule of older times brings its trouble where it holds, and none where it does not.
#[test]
fn an_older_rule_is_what_makes_the_difference() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/eras");
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut shown = BTreeSet::new();
    let mut wrong = Vec::new();
    for path in all {
        let source = std::fs::read_to_string(&path).expect("a text");
        let mut scenario = text::read(&source).scenario;
        shown.extend(scenario.rules.iter().copied());
        let then = judged_run(&scenario);
        scenario.rules.clear();
        let now = judged_run(&scenario);
        let wanted = |what: &str, or: &str| expected(&source, what).unwrap_or(or).to_owned();
        let wanted_then = (wanted("expect", ""), wanted("logs", "agree"));
        let wanted_now = (wanted("without", ""), wanted("logs without", "agree"));
        if (&then, &now) != (&wanted_then, &wanted_now) || then == now {
            wrong.push(format!(
                "{}\n  with    {then:?}\n  without {now:?}",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(shown, Rule::ALL.into_iter().collect());
}

fn judged_run(scenario: &Scenario) -> (String, String) {
    let trace = Trace::of(scenario);
    let verdict = judged(&Cast::of(scenario), &Ledger::of(&trace));
    let logs = if logs_agree(&trace) { "agree" } else { "part" };
    (verdict, logs.to_owned())
}

#[test]
fn every_text_gets_its_verdict() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut all = Vec::new();
    files(&root, &mut all);
    assert!(all.len() >= 15, "only {} texts", all.len());
    let mut wrong = Vec::new();
    let mut fates = BTreeSet::new();
    for path in all {
        let name = path
            .strip_prefix(&root)
            .expect("below")
            .with_extension("")
            .display()
            .to_string();
        let source = std::fs::read_to_string(&path).expect("a text");
        let reading = text::read(&source);
        assert!(reading.remarks.is_empty(), "{name}: {:?}", reading.remarks);
        assert_eq!(
            text::read(&text::write(&reading.scenario)).scenario,
            reading.scenario,
            "{name}: written and read"
        );
        let trace = Trace::of(&reading.scenario);
        let (cast, ledger) = (Cast::of(&reading.scenario), Ledger::of(&trace));
        fates.extend(ledger.rows.iter().flat_map(|row| row.fates.clone()));
        let verdict = judged(&cast, &ledger);
        let wanted =
            expected(&source, "expect").unwrap_or_else(|| panic!("{name} expects nothing"));
        if verdict != wanted {
            wrong.push(format!("{name}\n  wanted {wanted}\n  got    {verdict}"));
        }
        let headline = words::headline(&trace, &ledger);
        if expected(&source, "headline").is_some_and(|wanted| wanted != headline) {
            wrong.push(format!("{name}\n  headline: {headline}"));
        }
        let may_be_stuck = expected(&source, "stuck").is_some();
        assert_eq!(
            *trace.end() == End::Quiescent,
            !may_be_stuck,
            "{name}: {:?}",
            trace.end()
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let all_fates: BTreeSet<_> = Fate::ALL.into_iter().collect();
    assert_eq!(fates, all_fates, "every fate has a text that leads to it");
}

/// What a reader of committed records finds in the first partition of the topic `out`.
fn written(trace: &Trace, cast: &Cast) -> String {
    let board = trace.last_board();
    let out = cast
        .topic(Some("out"))
        .expect("there is one")
        .first_partition();
    let leader = board.partitions[&out].leader.expect("somebody leads");
    let cells = &board.brokers[&leader].replicas[&out].cells;
    let seen = cells.iter().filter(|cell| !cell.aborted);
    let values = seen.filter_map(|cell| cell.record().map(|record| cast.value(record)));
    values.collect::<Vec<_>>().join(" ")
}

/// What applications did outside of Kafka, in order: what each effect comes from.
fn effects(trace: &Trace, cast: &Cast) -> Vec<RecordId> {
    let facts = trace.steps().facts().iter();
    let effects = facts.filter_map(|fact| match fact {
        Observation::App(AppFact::EffectDone { record, .. }) => Some(cast.origin_of(*record)),
        _ => None,
    });
    effects.collect()
}

/// How often something was done for a record: `never`, `once`, `twice`, or how often.
fn how_often(done: &[RecordId], record: RecordId) -> String {
    match done.iter().filter(|effect| **effect == record).count() {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        times => format!("{times} times"),
    }
}

/// Where a text says what applications did outside of Kafka (`# world: m1 m2 m1`), and how often for each record
/// (`# processed: m1 twice, m2 once`), and what a reader of committed records finds in the topic `out` (`# written: M1 M2`), so it was; with several seeds, for it does not hang on latencies.
#[test]
fn what_applications_did_outside_is_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/applications");
    let mut all = Vec::new();
    files(&root, &mut all);
    assert!(all.len() >= 9, "only {} texts", all.len());
    let mut wrong = Vec::new();
    for path in all {
        let source = std::fs::read_to_string(&path).expect("a text");
        let mut scenario = text::read(&source).scenario;
        let wanted = |what: &str| expected(&source, what).unwrap_or_default().to_owned();
        for seed in 0..3 {
            scenario.seed = seed;
            let (trace, cast) = (Trace::of(&scenario), Cast::of(&scenario));
            let done = effects(&trace, &cast);
            let world: Vec<&str> = done.iter().map(|record| cast.value(*record)).collect();
            let row = |send: &SendCall| {
                format!("{} {}", send.value.as_str(), how_often(&done, send.record))
            };
            let processed: Vec<String> = cast.sends.iter().map(row).collect();
            let written = expected(&source, "written").map(|_| written(&trace, &cast));
            let got = (
                world.join(" "),
                processed.join(", "),
                written.unwrap_or_default(),
            );
            if got != (wanted("world"), wanted("processed"), wanted("written")) {
                wrong.push(format!("{}, seed {seed}\n  got {got:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
