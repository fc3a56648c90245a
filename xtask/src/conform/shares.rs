//! Share groups in the recorder's form: what each call returned, and what each consumer was given in all.

use super::readers::during;
use ackscope::model::cast::Cast;
use ackscope::model::config::{Owner, setting_of};
use ackscope::model::ids::ClientId;
use ackscope::model::observation::{Observation, Read, ShareFact};
use ackscope::model::scenario::{Act, ShareConsumerAct, ShareGroupAct};
use ackscope::model::trace::Trace;
use ackscope::model::wire::{ClientError, ErrorCode};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Settings of a share consumer that change nothing in the time of a recording, or that the model has beside the registry's.
const KNOWN: [&str; 7] = [
    "check.crcs",
    "client.id",
    "client.rack",
    "default.api.timeout.ms",
    "max.poll.interval.ms",
    "share.acknowledgement.mode",
    "share.acquire.mode",
];

/// Whether the model plays this consumer.
pub fn check_consumer(consumer: &ShareConsumerAct) -> Result<(), String> {
    for key in consumer.config.0.keys() {
        let known = setting_of(Owner::Consumer, key).is_some_and(|known| known.modelled);
        if !known && !KNOWN.contains(&key.as_str()) {
            return Err(format!(
                "the share consumer's setting {key} is not modelled"
            ));
        }
    }
    Ok(())
}

/// Whether the model knows these settings of a group.
pub fn check_group(group: &ShareGroupAct) -> Result<(), String> {
    let known = |key: &&String| setting_of(Owner::Group, key).is_some_and(|known| known.modelled);
    match group.config.0.keys().find(|key| !known(key)) {
        Some(key) => Err(format!("the group's setting {key} is not modelled")),
        None => Ok(()),
    }
}

/// The result of a step of a share consumer.
pub fn result(trace: &Trace, cast: &Cast, act: u32) -> Vec<(&'static str, Value)> {
    let facts = during(trace, act);
    let refused = facts.iter().find_map(|fact| match fact {
        Observation::Share(ShareFact::CallRefused { exception, .. }) => Some(*exception),
        _ => None,
    });
    match &trace.scenario().steps[act as usize] {
        Act::SharePoll(_) => {
            let returned: Vec<_> = facts
                .iter()
                .filter_map(|fact| match fact {
                    Observation::Share(ShareFact::RecordsDelivered { records, .. }) => {
                        Some(records)
                    }
                    _ => None,
                })
                .flatten()
                .copied()
                .collect();
            let mut result = vec![("returned", by_partition(&returned, cast))];
            result.extend(refused.map(|exception| ("errors", json!([exception]))));
            result
        }
        Act::ShareAck(_) => match refused {
            Some(exception) => vec![("error", json!(exception))],
            None => vec![("ok", json!(true))],
        },
        Act::ShareCommit { .. } => {
            let results = facts.iter().find_map(|fact| match fact {
                Observation::Share(ShareFact::AcknowledgementsCommitted { results, .. }) => {
                    Some(results)
                }
                _ => None,
            });
            let results = results.into_iter().flatten().map(|(partition, error)| {
                let told = match error {
                    ErrorCode::None => "ok",
                    error => ClientError::Broker(*error).exception(),
                };
                (partition.partition.to_string(), json!(told))
            });
            let results: Map<String, Value> = results.collect();
            vec![("result", Value::Object(results)), ("ok", json!(true))]
        }
        _ => Vec::new(),
    }
}

/// `offset=value#times` for each partition, in order.
fn by_partition(reads: &[(Read, u16)], cast: &Cast) -> Value {
    let mut partitions: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (read, times) in reads {
        let list = partitions.entry(read.partition.partition).or_default();
        list.push(format!(
            "{}={}#{times}",
            read.offset,
            cast.value(read.record)
        ));
    }
    let told = partitions
        .into_iter()
        .map(|(partition, list)| (partition.to_string(), json!(list)));
    Value::Object(told.collect())
}

/// All that one consumer was given.
pub fn delivered(trace: &Trace, cast: &Cast, id: ClientId) -> Value {
    let facts = trace.steps().iter().flat_map(|step| step.observations);
    let mut all = Vec::new();
    for fact in facts {
        if let Observation::Share(ShareFact::RecordsDelivered { consumer, records }) = fact
            && *consumer == id
        {
            all.extend(records.iter().copied());
        }
    }
    by_partition(&all, cast)
}
