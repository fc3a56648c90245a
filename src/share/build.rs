//! A scenario, put together piece by piece: a piece that is wrong is left out and named, the others are kept.

use super::{
    MOST_ACTS, MOST_BROKERS, MOST_FAULTS, MOST_PARTITIONS, MOST_VALUES, Reading, Remark, bounded,
    check, quoted,
};
use crate::model::scenario::{Act, Anchor, Era, Fault, FaultKind, Rule, Scenario, Trigger};
use crate::model::small::Set;
use crate::model::text::Settings;
use crate::model::time::SimDuration;
use serde_json::{Map, Value};

/// Acts of the recordings that the model does not play.
const NOT_PLAYED: &[&str] = &["configs"];

/// Acts that are played.
const PLAYED: &[&str] = &[
    "topic",
    "producer",
    "send",
    "await",
    "wait",
    "sleep",
    "crash",
    "start",
    "stop",
    "pause",
    "resume",
    "power_cut",
    "cut",
    "heal",
    "reset",
    "fault",
    "fired",
    "release",
    "unfault",
    "replicas",
    "log",
    "elect",
    "delete_records",
    "add_partitions",
    "delete_topic",
    "consumer",
    "poll",
    "seek",
    "positions",
    "commit_sync",
    "commit_async",
    "committed",
    "flush",
    "close",
    "die",
    "init",
    "begin",
    "commit_txn",
    "abort_txn",
    "describe_txn",
    "send_offsets",
    "share_group",
    "share_consumer",
    "share_poll",
    "share_ack",
    "share_commit",
    "connect",
    "wait_world",
    "world",
    "connect_status",
    "kill_connect",
    "stop_connect",
    "streams",
    "process",
];

/// Collects the pieces of a scenario, and what was wrong with them.
pub(super) struct Builder {
    pub scenario: Scenario,
    pub remarks: Vec<Remark>,
    places: Places,
    brokers: Set<u32>,
    values: usize,
    left_out: [usize; 2],
}

/// Where the pieces of a scenario came from: for each act and each fault that was kept, its place in the text.
pub(super) struct Places {
    pub brokers: &'static str,
    pub steps: Vec<String>,
    pub faults: Vec<String>,
}

impl Builder {
    /// Begins with an empty scenario and what is known to be wrong already.
    pub fn new(remarks: Vec<Remark>) -> Self {
        Self::on("", Scenario::default(), remarks)
    }

    /// Begins with a scenario that came from elsewhere.
    pub fn on(place: &str, scenario: Scenario, remarks: Vec<Remark>) -> Self {
        let sends = scenario.steps.iter().filter_map(|act| match act {
            Act::Send { values, .. } => Some(values.len()),
            _ => None,
        });
        Self {
            values: sends.sum(),
            brokers: scenario.broker_ids().into_iter().map(|id| id.0).collect(),
            places: Places {
                brokers: "brokers",
                steps: vec![place.to_owned(); scenario.steps.len()],
                faults: vec![place.to_owned(); scenario.faults.len()],
            },
            scenario,
            remarks,
            left_out: [0, 0],
        }
    }

    /// One remark.
    pub fn remark(&mut self, place: &str, says: impl Into<String>) {
        self.remarks.push(Remark::new(place, says));
    }

    /// The seed, from its text.
    pub fn seed(&mut self, place: &str, text: &str) {
        match text.trim().parse() {
            Ok(seed) => self.scenario.seed = seed,
            Err(_) => self.remark(
                place,
                format!("{} is no seed; a whole number from 0 on is.", quoted(text)),
            ),
        }
    }

    /// The version of Kafka, from its text.
    pub fn kafka(&mut self, place: &str, text: &str) {
        match Era::of(text.trim()) {
            Some(era) => self.scenario.kafka = era,
            None => {
                let known = Era::ALL.map(Era::version).join(" and ");
                self.remark(
                    place,
                    format!("{} is not modelled; {known} are.", quoted(text)),
                );
            }
        }
    }

    /// One rule of older times, from its name.
    pub fn rule(&mut self, place: &str, name: &str) {
        match Rule::of(name.trim()) {
            Some(rule) => _ = self.scenario.rules.insert(rule),
            None => self.remark(
                place,
                format!("There is no older rule called {}; left out.", quoted(name)),
            ),
        }
    }

    /// Settings, each a word; others are left out.
    pub fn settings(&mut self, place: &str, map: Map<String, Value>) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in map {
            match value {
                Value::String(text) => _ = settings.0.insert(key, text),
                Value::Number(number) => _ = settings.0.insert(key, number.to_string()),
                Value::Bool(flag) => _ = settings.0.insert(key, flag.to_string()),
                Value::Null => self.remark(
                    place,
                    format!("{} has no value; it stays unset.", quoted(&key)),
                ),
                Value::Array(_) | Value::Object(_) => self.remark(
                    place,
                    format!(
                        "The value of {} is not a word; it stays unset.",
                        quoted(&key)
                    ),
                ),
            }
        }
        settings
    }

    /// The next act.
    pub fn act(&mut self, place: &str, value: Value) {
        if self.scenario.steps.len() >= MOST_ACTS {
            self.left_out[0] += 1;
            return;
        }
        match self.read_act(place, value) {
            Ok(act) => {
                self.scenario.steps.push(act);
                self.places.steps.push(place.to_owned());
            }
            Err(why) => self.remark(place, format!("Left out: {why}.")),
        }
    }

    fn read_act(&mut self, place: &str, value: Value) -> Result<Act, String> {
        let mut map = object(value)?;
        let name = match map.get("do") {
            Some(Value::String(name)) => name.clone(),
            _ => return Err("it does not say what to do, as `do: send` would".to_owned()),
        };
        if NOT_PLAYED.contains(&name.as_str()) {
            return Err(format!(
                "the model does not play the act {} yet",
                quoted(&name)
            ));
        }
        if !PLAYED.contains(&name.as_str()) {
            return Err(format!("there is no act {}", quoted(&name)));
        }
        for field in ["config", "connector", "worker"] {
            if let Some(Value::Object(config)) = map.remove(field) {
                let config = self.settings(&format!("{place}.{field}"), config);
                let config = serde_json::to_value(config).unwrap_or_default();
                map.insert(field.to_owned(), config);
            }
        }
        let act = self.without_unknown_fields(place, map)?;
        self.fits(&act)?;
        Ok(act)
    }

    /// Reads a piece; fields that nobody knows are named and ignored.
    fn without_unknown_fields<T: serde::de::DeserializeOwned>(
        &mut self,
        place: &str,
        mut map: Map<String, Value>,
    ) -> Result<T, String> {
        for _ in 0..=map.len() {
            let says = match serde_json::from_value(Value::Object(map.clone())) {
                Ok(piece) => return Ok(piece),
                Err(error) => error.to_string(),
            };
            let unknown = says.strip_prefix("unknown field `").and_then(|rest| {
                let field = map
                    .keys()
                    .find(|key| rest.starts_with(&format!("{key}`")))?;
                Some(field.clone())
            });
            match unknown {
                Some(field) if map.remove(&field).is_some() => {
                    self.remark(
                        place,
                        format!(
                            "The field {} is not known here; it was ignored.",
                            quoted(&field)
                        ),
                    );
                }
                _ => return Err(says),
            }
        }
        Err("it cannot be read".to_owned())
    }

    /// Whether the scenario stays within its bounds with this act.
    fn fits(&mut self, act: &Act) -> Result<(), String> {
        match act {
            Act::Topic { replicas, .. } => {
                let mut brokers = self.brokers.clone();
                brokers.extend(replicas.iter().flatten().map(|id| id.0));
                if brokers.len() > MOST_BROKERS {
                    return Err(format!("it needs more than {MOST_BROKERS} brokers"));
                }
                if replicas.len() > MOST_PARTITIONS
                    || replicas.iter().any(|ids| ids.len() > MOST_BROKERS)
                {
                    return Err(format!(
                        "it has more than {MOST_PARTITIONS} partitions, or more than {MOST_BROKERS} replicas of one"
                    ));
                }
                self.brokers = brokers;
                Ok(())
            }
            Act::AddPartitions { total, .. } if *total as usize > MOST_PARTITIONS => Err(format!(
                "it asks for more than {MOST_PARTITIONS} partitions"
            )),
            Act::Send { values, .. } => {
                if self.values + values.len() > MOST_VALUES {
                    return Err(format!(
                        "the scenario would have more than {MOST_VALUES} records"
                    ));
                }
                self.values += values.len();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The next fault.
    pub fn fault(&mut self, place: &str, value: Value) {
        if self.scenario.faults.len() >= MOST_FAULTS {
            self.left_out[1] += 1;
            return;
        }
        match self.read_fault(place, value) {
            Ok(fault) => {
                self.scenario.faults.push(fault);
                self.places.faults.push(place.to_owned());
            }
            Err(why) => self.remark(place, format!("Left out: {why}.")),
        }
    }

    fn read_fault(&mut self, place: &str, value: Value) -> Result<Fault, String> {
        let mut map = object(value)?;
        let when = map.remove("when").ok_or("it does not say when")?;
        let then = map.remove("then").ok_or("it does not say what happens")?;
        for key in map.keys() {
            let says = format!(
                "The field {} is not known here; it was ignored.",
                quoted(key)
            );
            self.remarks.push(Remark::new(place, says));
        }
        let then: FaultKind = serde_json::from_value(then).map_err(|error| error.to_string())?;
        let mut when = object(when)?;
        let when = match when.remove("at") {
            Some(at) if when.is_empty() => Trigger::At {
                at: serde_json::from_value::<SimDuration>(at).map_err(|error| error.to_string())?,
            },
            Some(_) => return Err("it names both an instant and a message".to_owned()),
            None => Trigger::Message(self.without_unknown_fields::<Anchor>(place, when)?),
        };
        Ok(Fault { when, then })
    }

    /// The scenario, and all that was wrong, also with the whole of it.
    pub fn finish(mut self) -> Reading {
        for (what, most, more) in [
            ("acts", MOST_ACTS, self.left_out[0]),
            ("faults", MOST_FAULTS, self.left_out[1]),
        ] {
            if more > 0 {
                self.remark(
                    "",
                    format!("A scenario has {most} {what} at most; {more} more were left out."),
                );
            }
        }
        self.remarks
            .extend(check::check(&self.scenario, &self.places));
        Reading {
            scenario: self.scenario,
            remarks: bounded(self.remarks),
        }
    }
}

fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(map) => Ok(map),
        _ => Err("fields belong here, such as {do: heal}".to_owned()),
    }
}
