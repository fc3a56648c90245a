//! What `run` says about texts that hold a scenario, and about those that do not.

use super::*;
use ackscope::share::scenes::SCENES;
use serde_json::Value;

fn args(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn scenes() -> &'static [ackscope::share::scenes::Scene] {
    assert!(!SCENES.is_empty(), "there are no scenes");
    SCENES
}

#[test]
fn options_are_read() {
    let wanted = Options {
        file: "a.yaml".to_owned(),
        json: true,
        seed: Some(7),
        ..Options::default()
    };
    assert_eq!(options(&args("a.yaml --json --seed 7")), Ok(wanted));
    assert!(options(&args("-")).is_ok());
    for wrong in ["", "--json", "a b", "a --seed", "a --seed -1", "a --fast"] {
        assert!(options(&args(wrong)).is_err(), "{wrong}");
    }
}

#[test]
fn what_is_no_scenario_is_said() {
    for text in ["", "hello", "{", "- 1", "steps: 7", "\u{0}\u{1}"] {
        let says = report(text, &Options::default()).err().unwrap_or_default();
        assert!(
            says.starts_with("No scenario was found"),
            "{text:?}: {says}"
        );
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let says = read("no/such/file.yaml").expect_err("it is not there");
    assert!(
        says.starts_with("no/such/file.yaml cannot be read"),
        "{says}"
    );
}

/// Every built-in scene: all its records are in both forms, and the data is what the text says.
#[test]
fn both_forms_tell_of_every_record() {
    for scene in scenes() {
        let report = report(scene.text, &Options::default()).expect("a scene is a scenario");
        let data: Value = serde_json::from_str(&json::of(&report)).expect("it is JSON");
        let text = words::of(&report);
        let rows = data["ledger"].as_array().expect("a list");
        assert_eq!(rows.len(), report.cast.sends.len(), "{}", scene.id);
        assert!(!rows.is_empty() && !report.steps.is_empty(), "{}", scene.id);
        for row in rows {
            let record = row["record"].as_str().expect("a name");
            let fate = row["fates"][0].as_str().expect("a fate");
            assert!(
                text.contains(record) && text.contains(fate),
                "{}: {record}",
                scene.id
            );
        }
    }
}

#[test]
fn the_seed_can_be_chosen() {
    for scene in scenes() {
        let with = |seed| {
            let options = Options {
                seed,
                ..Options::default()
            };
            report(scene.text, &options).map(|report| json::of(&report))
        };
        assert_eq!(with(Some(3)), with(Some(3)), "{}", scene.id);
        assert_ne!(with(Some(3)), with(Some(4)), "{}", scene.id);
    }
}
