//! Applications in the recorder's form: the outside world, and how a connector is.

use super::readers::during;
use ackscope::model::cast::Cast;
use ackscope::model::observation::{AppFact, Observation};
use ackscope::model::scenario::{Act, ConnectAct, StreamsAct};
use ackscope::model::trace::Trace;
use serde_json::{Value, json};

/// The connector's settings that the model acts on, or that change nothing that is compared.
const CONNECTOR: [&str; 11] = [
    "errors.deadletterqueue.context.headers.enable",
    "errors.deadletterqueue.topic.name",
    "errors.deadletterqueue.topic.replication.factor",
    "errors.log.enable",
    "errors.log.include.messages",
    "errors.retry.delay.max.ms",
    "errors.retry.timeout",
    "errors.tolerance",
    "fail.kind",
    "fail.on",
    "fail.times",
];

/// Whether the model plays this worker.
pub fn check_connect(worker: &ConnectAct) -> Result<(), String> {
    if worker.is_source() {
        return Err("recordings have no source connectors".to_owned());
    }
    let transforms = worker.connector.get("transforms").unwrap_or_default();
    if transforms.contains(',') {
        return Err("several transforms are not modelled".to_owned());
    }
    for (key, value) in &worker.connector.0 {
        let of_client =
            key.starts_with("consumer.override.") || key.starts_with("producer.override.");
        let of_transform = key.starts_with(&format!("transforms.{transforms}."));
        if key.ends_with(".type") && of_transform && value != "flaky.FlakyTransform" {
            return Err(format!("the transform {value} is not modelled"));
        }
        let known = CONNECTOR.contains(&key.as_str()) || key == "transforms";
        if !of_client && !of_transform && !known {
            return Err(format!("the connector's setting {key} is not modelled"));
        }
    }
    let known = |key: &&String| {
        let key = key.as_str();
        key.starts_with("consumer.") || key.starts_with("offset.flush.")
    };
    match worker.worker.0.keys().find(|key| !known(key)) {
        Some(key) => Err(format!("the worker's setting {key} is not modelled")),
        None => Ok(()),
    }
}

/// Whether the model plays this instance.
pub fn check_streams(streams: &StreamsAct) -> Result<(), String> {
    match streams.config.get("num.stream.threads") {
        Some(threads) if threads.trim() != "1" => {
            Err("several stream threads are not modelled".to_owned())
        }
        _ => Ok(()),
    }
}

/// The result of a step of an application.
pub fn result(trace: &Trace, cast: &Cast, act: u32) -> Vec<(&'static str, Value)> {
    let this = &trace.scenario().steps[act as usize];
    match this {
        Act::ConnectStatus { .. } => {
            let facts = during(trace, act);
            let failed = facts.iter().find_map(|fact| match fact {
                Observation::App(AppFact::ConnectStatusTold { failed, .. }) => Some(*failed),
                _ => None,
            });
            let task = |failed: bool| if failed { "FAILED" } else { "RUNNING" };
            let status = match failed.flatten() {
                Some(failed) => json!({"connector": "RUNNING", "task": task(failed)}),
                None => json!({"gone": true}),
            };
            vec![("status", status)]
        }
        Act::World { .. } => {
            let wanted = cast.world(this.world_name().unwrap_or_default());
            let facts = trace.steps().iter().flat_map(|step| step.observations);
            let before = facts.take_while(|fact| **fact != Observation::ActEnded { act });
            let lines = before.filter_map(|fact| match fact {
                Observation::App(AppFact::EffectDone { world, record, .. }) if *world == wanted => {
                    Some(json!(cast.value(*record)))
                }
                _ => None,
            });
            vec![("world", lines.collect())]
        }
        _ => Vec::new(),
    }
}
