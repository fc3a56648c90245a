//! The scenario as text (YAML): what a person writes by hand in a bug report.
//!
//! ```yaml
//! ackscope: 1
//! title: The response is lost; the retry makes a second copy
//! steps:
//! - {do: topic, name: t, replicas: [[1, 2, 3]]}
//! - {do: producer, id: p1, config: {acks: all, enable.idempotence: "false"}}
//! - {do: send, by: p1, values: [m1]}
//! faults:
//! - {when: {from: "1", to: p1, api: Produce, phase: response, nth: 1}, then: lose}
//! ```
//!
//! A scenario of the recorder (`tests/ground-truth/README.md`) reads as it is.

use super::build::Builder;
use super::{LONGEST_BYTES, Reading, flow, quoted, yaml};
use crate::model::scenario::{Era, SCENARIO_VERSION, Scenario};
use crate::model::small::sort_by_key;
use serde::Serialize;
use serde_json::{Map, Value};

/// What a scenario of the recorder has besides, and a run does not depend on.
const RECORDERS_KEYS: &[&str] = &[
    "id",
    "why",
    "runs",
    "fresh_after",
    "observed",
    "varies",
    "one_run",
];

/// Reads a scenario. Never fails: what is not understood is a remark.
#[must_use]
pub fn read(text: &str) -> Reading {
    if text.len() > LONGEST_BYTES {
        return Reading::refused("The text is longer than 1 MB; it was not read.");
    }
    let tree = yaml::read(text);
    let mut builder = Builder::new(tree.remarks);
    match tree.root {
        Some(Value::Object(root)) => read_root(&mut builder, root),
        None | Some(Value::Null) => builder.remark("", "The text holds no scenario."),
        Some(_) => builder.remark(
            "",
            "A scenario begins with keys such as `title:` and `steps:`; this does not.",
        ),
    }
    builder.finish()
}

/// The keys of a scenario, in the order in which they are written and read.
const KEYS: &[&str] = &[
    "ackscope", "title", "seed", "kafka", "rules", "brokers", "steps", "faults",
];

fn read_root(builder: &mut Builder, root: Map<String, Value>) {
    let mut pairs: Vec<(String, Value)> = root.into_iter().collect();
    sort_by_key(&mut pairs, |(key, _)| {
        KEYS.iter()
            .position(|known| known == key)
            .unwrap_or(KEYS.len())
    });
    for (key, value) in pairs {
        match (key.as_str(), value) {
            ("ackscope", value) => read_version(builder, &key, &value),
            ("title", Value::String(title)) => builder.scenario.title = title,
            ("seed", Value::String(seed)) => builder.seed(&key, &seed),
            ("kafka", Value::String(version)) => builder.kafka(&key, &version),
            ("rules", Value::Array(names)) => {
                for name in names {
                    match name {
                        Value::String(name) => builder.rule(&key, &name),
                        _ => builder.remark(&key, "A rule is a word; left out."),
                    }
                }
            }
            ("brokers", Value::Object(settings)) => {
                builder.scenario.brokers = builder.settings(&key, settings);
            }
            ("steps", Value::Array(steps)) => {
                for (at, step) in steps.into_iter().enumerate() {
                    builder.act(&format!("steps[{at}]"), step);
                }
            }
            ("faults", Value::Array(faults)) => {
                for (at, fault) in faults.into_iter().enumerate() {
                    builder.fault(&format!("faults[{at}]"), fault);
                }
            }
            (
                "title" | "seed" | "kafka" | "rules" | "brokers" | "steps" | "faults",
                Value::Null,
            ) => {}
            ("title" | "seed" | "kafka", _) => {
                builder.remark(&key, "A word or a number belongs here; left out.")
            }
            ("brokers", _) => builder.remark(
                &key,
                "Settings belong here, such as {replica.lag.time.max.ms: 10000}; left out.",
            ),
            ("rules" | "steps" | "faults", _) => {
                builder.remark(&key, "A list belongs here; left out.")
            }
            (other, _) if RECORDERS_KEYS.contains(&other) => {}
            (other, _) => builder.remark(
                &key,
                format!("{} is no part of a scenario; left out.", quoted(other)),
            ),
        }
    }
}

fn read_version(builder: &mut Builder, place: &str, value: &Value) {
    let text = match value {
        Value::String(text) => text.as_str(),
        _ => "",
    };
    let known = format!("this page reads version {SCENARIO_VERSION}");
    match text.parse::<u32>() {
        Ok(SCENARIO_VERSION) => {}
        Ok(newer) if newer > SCENARIO_VERSION => builder.remark(
            place,
            format!("The text is of version {newer}, {known}: some of it may be missing or mean something else."),
        ),
        _ => builder.remark(place, format!("{} is no version; {known}.", quoted(text))),
    }
}

/// Writes a scenario, so that reading it again gives the same.
#[must_use]
pub fn write(scenario: &Scenario) -> String {
    let mut out = format!(
        "ackscope: {SCENARIO_VERSION}\ntitle: {}\n",
        flow::word(&scenario.title)
    );
    if scenario.seed != 0 {
        out.push_str(&format!("seed: {}\n", scenario.seed));
    }
    if scenario.kafka != Era::default() {
        out.push_str(&format!("kafka: {}\n", scenario.kafka.version()));
    }
    if !scenario.rules.is_empty() {
        out.push_str(&format!("rules: {}\n", line(&scenario.rules)));
    }
    if !scenario.brokers.is_empty() {
        out.push_str(&format!("brokers: {}\n", line(&scenario.brokers)));
    }
    push_list(&mut out, "steps", &scenario.steps);
    push_list(&mut out, "faults", &scenario.faults);
    out
}

fn push_list<T: Serialize>(out: &mut String, key: &str, items: &[T]) {
    if items.is_empty() {
        return;
    }
    out.push_str(key);
    out.push_str(":\n");
    for item in items {
        out.push_str(&format!("- {}\n", line(item)));
    }
}

fn line<T: Serialize>(piece: &T) -> String {
    flow::write(&serde_json::to_value(piece).expect("a scenario is plain data with words for keys"))
}
