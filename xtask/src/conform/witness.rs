//! What the clients of a recording saw, from the recording alone: its steps, what each call returned, what became of each
//! `send()`, and what readers found at the end. The model has no part in it but for the names.

use super::jepsen::compare::diary::Diary;
use super::jepsen::compare::seen::{Seen, key};
use super::jepsen::judge::{Did, Key, Offset, Outcome};
use super::recording::Recording;
use ackscope::model::cast::Cast;
use ackscope::model::ids::{self, RecordId, TopicPartition};
use ackscope::model::observation::Read;
use ackscope::model::scenario::{Act, Scenario};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Errors that leave no doubt: the client itself refused the record, or the broker cannot have taken it at any time.
const CERTAIN: [&str; 7] = [
    "BufferExhaustedException",
    "ConfigException",
    "InvalidTimestampException",
    "MSG_SIZE_TOO_LARGE",
    "RecordTooLargeException",
    "TransactionAbortedException",
    "UNKNOWN_TOPIC_OR_PART",
];

/// Reads a recording as its clients lived it.
pub struct Witness<'a> {
    pub(super) diary: Diary<'a>,
    pub(super) observed: &'a Value,
    pub(super) values: BTreeMap<(ids::TopicId, &'a str), RecordId>,
    /// Groups of applications: what they are given is not told.
    untold: BTreeSet<String>,
    /// How many `send()` calls of each producer have been told.
    told: BTreeMap<String, usize>,
}

/// What clients saw, and the partitions in which everything is decided, with their first offsets; none if the same value was
/// sent twice, for then nobody can tell from what was read what became of which.
pub fn seen(
    recording: &Recording,
    scenario: &Scenario,
    cast: &Cast,
) -> Option<(Seen, BTreeMap<Key, Offset>)> {
    let mut values = BTreeMap::new();
    for send in &cast.sends {
        if values
            .insert((send.topic, send.value.as_str()), send.record)
            .is_some()
        {
            return None;
        }
    }
    let applications = scenario
        .steps
        .iter()
        .filter_map(Act::consumer_of_application);
    let mut witness = Witness {
        diary: Diary::new(scenario, cast),
        observed: &recording.observed,
        values,
        untold: applications
            .filter_map(|own| own.group_name().map(str::to_owned))
            .collect(),
        told: BTreeMap::new(),
    };
    let empty = Map::new();
    let results = recording.observed.get("steps").and_then(Value::as_array);
    let result = |step: usize| {
        let is_it = |result: &&Value| {
            result.get("step").and_then(Value::as_u64) == u64::try_from(step).ok()
        };
        let mut all = results.into_iter().flatten();
        all.find(is_it).and_then(Value::as_object).unwrap_or(&empty)
    };
    let name =
        |step: &Map<String, Value>| step.get("do").and_then(Value::as_str) == Some("configs");
    let played = recording
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| !name(step));
    for ((index, _), act) in played.zip(&scenario.steps) {
        witness.take(act, result(index));
    }
    Some(witness.closed())
}

impl<'a> Witness<'a> {
    fn take(&mut self, act: &'a Act, result: &Map<String, Value>) {
        let ok = result.get("ok") == Some(&Value::Bool(true));
        match act {
            Act::Send {
                by,
                topic,
                partition,
                values,
                ..
            } => {
                let topic = self
                    .diary
                    .cast
                    .topic(topic.as_ref().map(|topic| topic.0.as_str()));
                for message in values {
                    self.send(
                        &by.0,
                        topic,
                        partition.map(|id| id.0),
                        message.value.as_str(),
                    );
                }
            }
            Act::Consumer(_) | Act::Seek { .. } => self.diary.turn(act),
            Act::Poll(poll) => self.poll(poll.by.all().first().map(|word| word.0.as_str()), result),
            Act::SharePoll(poll) => self.poll(Some(poll.by.0.as_str()), result),
            Act::Begin { by } if ok => self.begin(&by.0),
            Act::CommitTxn { by } => self.end(&by.0, ok.then_some(Outcome::Ok), true),
            Act::AbortTxn { by } => self.end(&by.0, ok.then_some(Outcome::Fail), false),
            _ => {}
        }
    }

    fn send(&mut self, by: &str, topic: Option<ids::TopicId>, partition: Option<u32>, value: &str) {
        let place = self.told.entry(by.to_owned()).or_default();
        let told = &self.observed["sends"][by][*place];
        *place += 1;
        let number = |field: &str| told.get(field).and_then(Value::as_u64);
        let partition = partition
            .map(u64::from)
            .or(number("partition"))
            .unwrap_or(0);
        let (Some(id), Some(topic)) = (self.diary.cast.producer(by), topic) else {
            return;
        };
        let Some(record) = self.values.get(&(topic, value)) else {
            return;
        };
        let partition = u32::try_from(partition).unwrap_or(0);
        let did = Did::Send(
            key(TopicPartition { topic, partition }),
            record.0,
            number("offset"),
        );
        let acked = told.get("outcome").and_then(Value::as_str) == Some("acked");
        let thrown = told.get("thrown").is_some();
        let error = told
            .get("error")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let stray = self.diary.is_transactional(id);
        let open = self
            .diary
            .open
            .get(&id)
            .filter(|_| !thrown)
            .map(|one| one.op);
        if let Some(op) = open {
            if let Some(op) = self.diary.op(op) {
                op.did.push(did);
            }
            return;
        }
        let outcome = match () {
            () if CERTAIN.contains(&error) => Outcome::Fail,
            () if acked && !stray => Outcome::Ok,
            () => Outcome::Info,
        };
        self.diary.single(id, vec![did], outcome);
    }

    fn begin(&mut self, by: &str) {
        if let Some(id) = self.diary.cast.producer(by) {
            self.diary.begin(id);
        }
    }

    fn end(&mut self, by: &str, outcome: Option<Outcome>, commits: bool) {
        let Some(id) = self.diary.cast.producer(by) else {
            return;
        };
        self.diary.call_end(id, commits);
        if let Some(outcome) = outcome
            && let Some(begun) = self.diary.open.remove(&id)
        {
            self.decide(begun.op, outcome);
        }
    }

    fn decide(&mut self, op: usize, outcome: Outcome) {
        if let Some(op) = self.diary.op(op) {
            op.outcome = outcome;
        }
    }

    /// What polls returned: by partition, `offset=value`, where several poll after the name of the one.
    fn poll(&mut self, first: Option<&str>, result: &Map<String, Value>) {
        let returned = result.get("returned").and_then(Value::as_object);
        for (partition, list) in returned.into_iter().flatten() {
            for text in list
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                self.one_read(first, partition.parse().unwrap_or(0), text);
            }
        }
    }

    fn one_read(&mut self, first: Option<&str>, partition: u32, text: &str) {
        let Some((place, value)) = text.split_once('=') else {
            return;
        };
        let (by, offset) = place
            .split_once(':')
            .map_or((first, place), |(by, offset)| (Some(by), offset));
        let value = value.split('#').next().unwrap_or(value);
        let Some(id) = by.and_then(|by| self.diary.cast.consumer(by)) else {
            return;
        };
        let topic = self.diary.scenario.steps.iter().find_map(|act| match act {
            Act::Consumer(one) if Some(one.id.0.as_str()) == by => Some(one.topic.as_ref()),
            Act::ShareConsumer(one) if Some(one.id.0.as_str()) == by => Some(one.topic.as_ref()),
            _ => None,
        });
        let topic = self
            .diary
            .cast
            .topic(topic.flatten().map(|topic| topic.0.as_str()));
        let (Some(topic), Ok(offset)) = (topic, offset.parse()) else {
            return;
        };
        let Some(record) = self.values.get(&(topic, value)).copied() else {
            return;
        };
        let home = TopicPartition { topic, partition };
        let read = Read {
            partition: home,
            offset: ids::Offset(offset),
            record,
        };
        self.diary.poll(id, &[read]);
    }

    fn closed(mut self) -> (Seen, BTreeMap<Key, Offset>) {
        for (op, outcome) in self.diary.never_ended() {
            self.decide(op, outcome);
        }
        let (settled, last) = self.final_state();
        let mut seen = self.diary.close();
        (seen.last, seen.untold) = (last, self.untold);
        (seen, settled)
    }
}
