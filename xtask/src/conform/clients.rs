//! Clients: their settings as recordings show them, and what their applications were told.

use super::readers;
use super::recording::Recording;
use ackscope::model::board::SendState;
use ackscope::model::cast::{Cast, SendCall};
use ackscope::model::config::librdkafka::{self, RdProducerConfig};
use ackscope::model::config::{ConfigException, ProducerConfig};
use ackscope::model::ids::{ClientId, RecordId, TopicPartition};
use ackscope::model::observation::Observation;
use ackscope::model::scenario::{Act, Family, Scenario};
use ackscope::model::text::Settings;
use ackscope::model::trace::Trace;
use ackscope::model::wire::ClientError;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Settings of a Java producer that change nothing that is compared, whatever they are.
const HARMLESS: &[&str] = &[
    "client.dns.lookup",
    "client.id",
    "compression.gzip.level",
    "compression.lz4.level",
    "compression.type",
    "compression.zstd.level",
    "connections.max.idle.ms",
    "enable.metrics.push",
    "metadata.max.idle.ms",
    "metadata.recovery.rebootstrap.trigger.ms",
    "metric.reporters",
    "metrics.num.samples",
    "metrics.recording.level",
    "metrics.sample.window.ms",
    "receive.buffer.bytes",
    "send.buffer.bytes",
    "socket.connection.setup.timeout.max.ms",
    "socket.connection.setup.timeout.ms",
];

/// True if a setting of a Java producer may be unknown to the model.
pub fn is_harmless(key: &str) -> bool {
    HARMLESS.contains(&key)
}

/// What the model cannot play of librdkafka's settings, if there is anything.
pub fn check_librdkafka(settings: &Settings) -> Result<(), String> {
    let not_played = [
        "transactional.id",
        "queuing.strategy",
        "enable.gapless.guarantee",
    ];
    let found = not_played.iter().find(|key| settings.get(key).is_some());
    found.map_or(Ok(()), |key| {
        Err(format!("the librdkafka setting {key} is not modelled"))
    })
}

/// What every application was told of its `send()` calls.
pub fn sends(recording: &Recording, trace: &Trace, cast: &Cast) -> Value {
    let board = trace.last_board();
    let facts = trace.steps().iter().flat_map(|step| step.observations);
    let places = cast.destinations(facts);
    let keyed = keyed(recording);
    let thrown = thrown(trace);
    let mut sends = Map::new();
    let own = trace.scenario().producer_names().count();
    let of_script = |id: &ClientId| usize::from(id.0) < own;
    for (id, producer) in board.producers.iter().filter(|(id, _)| of_script(id)) {
        let of_record = |(record, state): &(RecordId, SendState)| {
            let at = record.0 as usize;
            let call = &cast.sends[at];
            let own_key = keyed.get(at).copied().unwrap_or(false);
            let family = family(trace.scenario(), &cast.producers[usize::from(id.0)]);
            let mut told = outcome(call, *state, places[at], own_key, family);
            if let (Some(error), Value::Object(fields)) = (thrown.get(record), &mut told) {
                // What the call threw stays written beside what became of the record all the same.
                fields.insert("thrown".to_owned(), json!(true));
                fields.entry("error").or_insert(json!(error.exception()));
            }
            told
        };
        let list: Vec<Value> = producer.sends.iter().map(of_record).collect();
        sends.insert(
            cast.producers[usize::from(id.0)].clone(),
            Value::Array(list),
        );
    }
    Value::Object(sends)
}

/// What `send()` itself threw, for those of which it did.
fn thrown(trace: &Trace) -> BTreeMap<RecordId, ClientError> {
    let facts = trace.steps().iter().flat_map(|step| step.observations);
    let thrown = facts.filter_map(|fact| match fact {
        Observation::RecordFailed { record, error } if error.is_thrown() => Some((*record, *error)),
        _ => None,
    });
    thrown.collect()
}

/// For each `send()` whether its value brings a key of its own: only such a key is shown.
fn keyed(recording: &Recording) -> Vec<bool> {
    let sends = recording
        .steps
        .iter()
        .filter(|step| step.get("do").and_then(Value::as_str) == Some("send"));
    let values = sends.filter_map(|step| step.get("values").and_then(Value::as_array));
    values.flatten().map(Value::is_object).collect()
}

fn family(scenario: &Scenario, producer: &str) -> Family {
    let found = scenario.steps.iter().find_map(|act| match act {
        Act::Producer { id, family, .. } if id.0 == producer => Some(*family),
        _ => None,
    });
    found.unwrap_or_default()
}

fn outcome(
    call: &SendCall,
    state: SendState,
    place: Option<TopicPartition>,
    own_key: bool,
    family: Family,
) -> Value {
    let mut fields = Map::from_iter([("value".to_owned(), json!(call.value))]);
    let mut put = |key: &str, value: Value| _ = fields.insert(key.to_owned(), value);
    if let Some(key) = call.key.as_ref().filter(|_| own_key) {
        put("key", json!(key));
    }
    match state {
        SendState::Acknowledged(offset) => {
            let none = match family {
                Family::Java => json!(-1),
                Family::Librdkafka => Value::Null,
            };
            put("outcome", json!("acked"));
            put("partition", json!(place.map(|place| place.partition)));
            put("offset", offset.map_or(none, |offset| json!(offset.0)));
        }
        SendState::Failed(error) => {
            put("outcome", json!("error"));
            if error.is_thrown() {
                put("thrown", json!(true));
            }
            put("error", json!(error.exception()));
        }
        // In the end the recorder closes its Java clients by force, those that died included; librdkafka's are killed.
        SendState::Open if family == Family::Java => {
            put("outcome", json!("error"));
            put("error", json!(ClientError::ClosedForcefully.exception()));
        }
        SendState::Open => {}
    }
    Value::Object(fields)
}

/// What a `producer` act comes to: its settings, or why there is none.
pub fn producer(act: &Act) -> (&'static str, Value) {
    let none = Settings::default();
    let (family, config) = match act {
        Act::Producer { family, config, .. } => (*family, config),
        _ => (Family::Java, &none),
    };
    if family == Family::Librdkafka {
        return match RdProducerConfig::resolve(config) {
            Ok(_) => ("ok", json!(true)),
            Err(refusal) => ("error", json!(refusal.error)),
        };
    }
    let resolution = ProducerConfig::resolve(config);
    match resolution.conflicts.first() {
        Some(_) => ("error", json!("ConfigException")),
        None => ("effective", effective(&resolution.config, &SHOWN)),
    }
}

/// The settings that the recorder shows of a producer that was made.
const SHOWN: [&str; 9] = [
    "acks",
    "enable.idempotence",
    "retries",
    "max.in.flight.requests.per.connection",
    "delivery.timeout.ms",
    "request.timeout.ms",
    "linger.ms",
    "batch.size",
    "retry.backoff.ms",
];

fn effective(config: &ProducerConfig, shown: &[&str]) -> Value {
    let values = config
        .values()
        .into_iter()
        .filter(|(key, _)| shown.contains(key));
    Value::Object(
        values
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect(),
    )
}

/// For each case the effective settings that the recording shows, or the exception.
pub fn configs(
    index: usize,
    step: &Map<String, Value>,
) -> Result<Vec<(&'static str, Value)>, String> {
    let word = |key: &str, unset| step.get(key).and_then(Value::as_str).unwrap_or(unset);
    let case: fn(&Settings) -> Map<String, Value> =
        match (word("family", "java"), word("client", "producer")) {
            ("java", "producer") => java_producer,
            ("librdkafka", "producer") => {
                |written| librdkafka_case(RdProducerConfig::resolve(written).err())
            }
            ("librdkafka", "consumer") => {
                |written| librdkafka_case(librdkafka::consumer_refusal(written))
            }
            ("java", "consumer") => readers::case,
            (family, client) => {
                return Err(format!(
                    "step {index} (configs): a {client} of {family} is not modelled"
                ));
            }
        };
    let cases = step.get("cases").and_then(Value::as_array);
    let shown = |config: &Value| {
        let written: Settings = serde_json::from_value(config.clone()).unwrap_or_default();
        let mut fields = case(&written);
        fields.insert("config".to_owned(), config.clone());
        Value::Object(fields)
    };
    let cases = cases.into_iter().flatten().map(shown);
    Ok(vec![("cases", cases.collect())])
}

fn java_producer(written: &Settings) -> Map<String, Value> {
    let resolution = ProducerConfig::resolve(written);
    match resolution.conflicts.first() {
        Some(ConfigException { says, .. }) => refused("ConfigException", says),
        None => Map::from_iter([(
            "effective".to_owned(),
            effective(&resolution.config, &SHOWN[..4]),
        )]),
    }
}

fn librdkafka_case(refusal: Option<librdkafka::Refusal>) -> Map<String, Value> {
    match refusal {
        Some(refusal) => refused(refusal.error, &refusal.says),
        None => Map::from_iter([("ok".to_owned(), json!(true))]),
    }
}

fn refused(error: &str, says: &str) -> Map<String, Value> {
    Map::from_iter([
        ("error".to_owned(), json!(error)),
        ("says".to_owned(), json!(says)),
    ])
}
