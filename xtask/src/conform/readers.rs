//! Readers in the recorder's form: what each call returned, and what each reader was given in all.

use super::shares;
use ackscope::model::cast::Cast;
use ackscope::model::config::{ConsumerConfig, Owner, setting_of};
use ackscope::model::ids::ClientId;
use ackscope::model::observation::Observation;
use ackscope::model::observation::{Change, GroupFact, Read};
use ackscope::model::scenario::{Act, ConsumerAct, Family};
use ackscope::model::text::Settings;
use ackscope::model::trace::Trace;
use ackscope::model::wire::ReadError;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Whether the model plays this consumer.
pub fn check(reader: &ConsumerAct) -> Result<(), String> {
    let who = &reader.id.0;
    if reader.assign.is_none() && reader.group_name().is_none() {
        return Err(format!("consumer {who} reads nothing"));
    }
    if reader.family != Family::Java {
        return Ok(());
    }
    for key in reader.config.0.keys() {
        let known = setting_of(Owner::Consumer, key);
        if !known.is_some_and(|known| known.modelled || WITHOUT_EFFECT.contains(&key.as_str())) {
            return Err(format!("the consumer setting {key} is not modelled"));
        }
    }
    Ok(())
}

/// Settings that change nothing in the time of a recording.
const WITHOUT_EFFECT: [&str; 3] = ["check.crcs", "client.id", "client.rack"];

/// What was noted while an act of the script was under way.
pub fn during(trace: &Trace, act: u32) -> Vec<&Observation> {
    let facts = trace.steps().iter().flat_map(|step| step.observations);
    facts
        .skip_while(|fact| **fact != Observation::ActBegan { act })
        .take_while(|fact| **fact != Observation::ActEnded { act })
        .collect()
}

/// The result of a step of a reader.
pub fn result(trace: &Trace, cast: &Cast, act: u32) -> Vec<(&'static str, Value)> {
    match &trace.scenario().steps[act as usize] {
        Act::Consumer(reader) => {
            if reader.family != Family::Java {
                return vec![("ok", json!(true))];
            }
            let group = reader.group.as_ref().map(|group| group.0.as_str());
            let refused = ConsumerConfig::resolve(&reader.config, group).err();
            let refused = refused.map(|refused| ("error", json!(refused.exception)));
            let id = cast.consumer(&reader.id.0);
            let told = id.map_or(Vec::new(), |id| rebalances(trace, id));
            let told = (!told.is_empty()).then(|| ("rebalances", json!(told)));
            refused.into_iter().chain(told).collect()
        }
        Act::CommitSync(commit) => commit_result(trace, &commit.by.0, act),
        Act::CommitAsync(_) => {
            let mut facts = trace.steps().facts().iter();
            let called = facts.find_map(|fact| match fact {
                Observation::Group(GroupFact::CommitReturned {
                    act: Some(of),
                    error,
                    ..
                }) if *of == act => Some(error.map_or("ok", |error| error.exception())),
                _ => None,
            });
            let called = called.map(|called| ("callback", json!(called)));
            [("sent", json!(true))].into_iter().chain(called).collect()
        }
        Act::Committed(_) => {
            let told = during(trace, act).into_iter().find_map(|fact| match fact {
                Observation::Group(GroupFact::CommittedTold { offsets }) => Some(offsets),
                _ => None,
            });
            let offsets = told.into_iter().flatten().map(|(partition, offset)| {
                let offset = offset.map_or(Value::Null, |offset| json!(offset.0));
                (partition.partition.to_string(), offset)
            });
            vec![("committed", Value::Object(offsets.collect()))]
        }
        Act::Poll(poll) => {
            let several = poll.by.all().len() > 1;
            poll_result(trace, &during(trace, act), cast, several)
        }
        Act::Positions { .. } => {
            let told = during(trace, act)
                .into_iter()
                .filter_map(|fact| match fact {
                    Observation::PositionTold { partition, at, .. } => {
                        Some((partition.partition.to_string(), json!(at.0)))
                    }
                    _ => None,
                });
            vec![("positions", Value::Object(told.collect()))]
        }
        _ => Vec::new(),
    }
}

/// How `commitSync()` ended.
fn commit_result(trace: &Trace, by: &str, act: u32) -> Vec<(&'static str, Value)> {
    let of_librdkafka = is_librdkafka(trace, by);
    let ended = during(trace, act).into_iter().find_map(|fact| match fact {
        Observation::Group(GroupFact::CommitReturned {
            act: None, error, ..
        }) => Some(*error),
        _ => None,
    });
    match ended.flatten() {
        None => vec![("ok", json!(true))],
        Some(error) if of_librdkafka => {
            let name = match error {
                ReadError::Broker(error) => error.constant(),
                other => other.exception(),
            };
            let flags = ["abortable", "fatal", "retriable"];
            let flags = flags.map(|flag| (flag, json!(false)));
            [("error", json!(name))].into_iter().chain(flags).collect()
        }
        Some(error) => {
            // `ConsumerUtils.getResult` wraps what its thread says.
            let cause = (error == ReadError::Timeout && is_of_newer_protocol(trace, by))
                .then(|| ("cause", json!(error.exception())));
            let error = ("error", json!(error.exception()));
            [error].into_iter().chain(cause).collect()
        }
    }
}

/// Whether a consumer was made with `group.protocol=consumer`.
fn is_of_newer_protocol(trace: &Trace, by: &str) -> bool {
    trace.scenario().steps.iter().any(|act| match act {
        Act::Consumer(reader) => {
            reader.id.0 == by && reader.config.get("group.protocol") == Some("consumer")
        }
        _ => false,
    })
}

/// What a consumer's listener was told until the recorder was done, in order.
fn rebalances(trace: &Trace, id: ClientId) -> Vec<String> {
    let told = trace.steps().facts().iter().filter_map(|fact| match fact {
        Observation::Group(GroupFact::AssignmentChanged {
            reader,
            change,
            partitions,
        }) if *reader == id => {
            let what = match change {
                Change::Assigned => "assigned",
                Change::Revoked => "revoked",
                Change::Lost => "lost",
            };
            let list: Vec<u32> = partitions.iter().map(|p| p.partition).collect();
            Some(format!("{what} {list:?}"))
        }
        _ => None,
    });
    told.collect()
}

/// The named consumer is one of librdkafka.
fn is_librdkafka(trace: &Trace, name: &str) -> bool {
    trace.scenario().steps.iter().any(|act| match act {
        Act::Consumer(reader) => reader.id.0 == name && reader.family == Family::Librdkafka,
        _ => false,
    })
}

fn poll_result(
    trace: &Trace,
    facts: &[&Observation],
    cast: &Cast,
    several: bool,
) -> Vec<(&'static str, Value)> {
    let mut returned = Vec::new();
    let mut errors = Vec::new();
    for fact in facts {
        match fact {
            Observation::RecordsRead { reader, records } => {
                let told = several && !is_librdkafka(trace, &name(cast, *reader));
                let by = told.then_some(*reader);
                returned.extend(records.iter().map(|read| (by, *read)));
            }
            Observation::ReadFailed { reader, error } => {
                let who = name(cast, *reader);
                errors.push(match is_librdkafka(trace, &who) {
                    true => json!(in_librdkafka(*error)),
                    false => json!(format!("{who}: {}", error.exception())),
                });
            }
            _ => {}
        }
    }
    let mut result = vec![("returned", by_partition(&returned, cast))];
    if !errors.is_empty() {
        result.push(("errors", Value::Array(errors)));
    }
    result
}

/// What librdkafka says in the place of records.
fn in_librdkafka(error: ReadError) -> &'static str {
    match error {
        ReadError::NoOffsetForPartition | ReadError::OffsetOutOfRange => "_AUTO_OFFSET_RESET",
        ReadError::LogTruncation => "_LOG_TRUNCATION",
        other => other.exception(),
    }
}

fn name(cast: &Cast, reader: ClientId) -> String {
    cast.name(ackscope::model::ids::NodeId::Client(reader))
}

/// `offset=value` for each partition, in order, with the reader's name before it where several polled.
fn by_partition(reads: &[(Option<ClientId>, Read)], cast: &Cast) -> Value {
    let mut partitions: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for (by, read) in reads {
        let by = by.map_or(String::new(), |by| format!("{}:", name(cast, by)));
        let value = cast.value(read.record);
        let list = partitions.entry(read.partition.partition).or_default();
        list.push(format!("{by}{}={value}", read.offset));
    }
    for list in partitions.values_mut() {
        if list.first().is_some_and(|first| first.contains(':')) {
            list.sort_by_key(|line| line.split(':').next().map(str::to_owned));
        }
    }
    let told = partitions
        .into_iter()
        .map(|(partition, list)| (partition.to_string(), json!(list)));
    Value::Object(told.collect())
}

/// All that each reader was given.
pub fn delivered(trace: &Trace, cast: &Cast) -> Value {
    let mut all: BTreeMap<ClientId, Vec<(Option<ClientId>, Read)>> = BTreeMap::new();
    let mut made = Map::new();
    for fact in trace.steps().iter().flat_map(|step| step.observations) {
        if let Observation::RecordsRead { reader, records } = fact {
            let list = all.entry(*reader).or_default();
            list.extend(records.iter().map(|read| (None, *read)));
        }
    }
    let shares: Vec<&str> = trace
        .scenario()
        .steps
        .iter()
        .filter_map(|act| match act {
            Act::ShareConsumer(consumer) => Some(consumer.id.0.as_str()),
            _ => None,
        })
        .collect();
    // What applications are given is not told.
    let applications: Vec<&str> = trace
        .scenario()
        .steps
        .iter()
        .filter_map(|act| match act {
            Act::Connect(worker) => Some(worker.id.0.as_str()),
            Act::Streams(streams) => Some(streams.id.0.as_str()),
            Act::Process(process) => Some(process.id.0.as_str()),
            _ => None,
        })
        .collect();
    for reader in &cast.consumers {
        let Some(id) = cast.consumer(reader) else {
            continue;
        };
        if shares.contains(&reader.as_str()) {
            made.insert(reader.clone(), shares::delivered(trace, cast, id));
            continue;
        }
        if applications.contains(&reader.as_str()) {
            continue;
        }
        let refused = Observation::ClientRefused { client: id };
        let is_refused = trace
            .steps()
            .iter()
            .any(|step| step.observations.contains(&refused));
        if !is_refused {
            let list = all.remove(&id).unwrap_or_default();
            made.insert(reader.clone(), by_partition(&list, cast));
        }
    }
    Value::Object(made)
}

/// Whether the consumer can be made, or the exception.
pub fn case(written: &Settings) -> Map<String, Value> {
    let told = match ConsumerConfig::resolve(written, None) {
        Ok(_) => vec![("ok", json!(true))],
        Err(refused) => vec![
            ("error", json!(refused.exception)),
            ("says", json!(refused.says)),
        ],
    };
    told.into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}
