//! What the clients of a recording saw, from the recording alone: its steps, what each call returned, what became of each
//! `send()`, and what readers found at the end. The model has no part in it but for the names.

use super::jepsen::compare::seen::{Reader, Seen, key};
use super::jepsen::judge::{Did, Event, Key, Offset, Op, Outcome, Process};
use super::recording::Recording;
use ackscope::model::cast::Cast;
use ackscope::model::ids::{self, ClientId, RecordId, TopicPartition};
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

/// A transaction that was begun.
struct Begun {
    op: usize,
    to_be_committed: bool,
    over: bool,
}

/// Reads a recording as its clients lived it.
pub struct Witness<'a> {
    pub(super) cast: &'a Cast,
    scenario: &'a Scenario,
    pub(super) observed: &'a Value,
    pub(super) values: BTreeMap<(ids::TopicId, &'a str), RecordId>,
    readers: BTreeMap<ClientId, Reader>,
    within: BTreeMap<ClientId, ClientId>,
    untold: BTreeSet<String>,
    pub(super) events: Vec<(Event, Option<bool>)>,
    open: BTreeMap<ClientId, Begun>,
    /// How many `send()` calls of each producer have been told.
    told: BTreeMap<String, usize>,
    polled: Vec<(ClientId, Read)>,
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
    let mut witness = Witness {
        cast,
        scenario,
        observed: &recording.observed,
        values,
        readers: BTreeMap::new(),
        within: BTreeMap::new(),
        untold: BTreeSet::new(),
        events: Vec::new(),
        open: BTreeMap::new(),
        told: BTreeMap::new(),
        polled: Vec::new(),
    };
    scenario.steps.iter().for_each(|act| witness.meet(act));
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
    fn meet(&mut self, act: &Act) {
        let group = match act {
            Act::Consumer(consumer) => consumer.group_name(),
            Act::ShareConsumer(consumer) => Some(consumer.group.0.as_str()),
            _ => None,
        };
        let (id, assigned, config) = match act {
            Act::Consumer(consumer) => (
                &consumer.id,
                consumer.assign.is_some(),
                Some(&consumer.config),
            ),
            Act::ShareConsumer(consumer) => (&consumer.id, false, None),
            Act::SendOffsets(offsets) => {
                let consumer = self.cast.consumer(&offsets.consumer.0);
                if let (Some(consumer), Some(producer)) =
                    (consumer, self.cast.producer(&offsets.by.0))
                {
                    self.within.insert(consumer, producer);
                    self.readers.entry(consumer).or_default().wilful = true;
                }
                return;
            }
            Act::Seek { by, .. } => {
                if let Some(consumer) = self.cast.consumer(&by.0) {
                    self.readers.entry(consumer).or_default().wilful = true;
                }
                return;
            }
            act => {
                let own = act.consumer_of_application();
                self.untold
                    .extend(own.and_then(|own| own.group_name().map(str::to_owned)));
                return;
            }
        };
        let level = config.and_then(|config| config.get("isolation.level"));
        let reader = Reader {
            group: group.map(str::to_owned),
            assigned,
            committed_only: level == Some("read_committed"),
            wilful: false,
        };
        if let Some(id) = self.cast.consumer(&id.0) {
            self.readers.insert(id, reader);
        }
    }

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
            Act::Consumer(consumer) => {
                let (Some(id), Some(topic)) = (
                    self.cast.consumer(&consumer.id.0),
                    self.cast
                        .topic(consumer.topic.as_ref().map(|topic| topic.0.as_str())),
                ) else {
                    return;
                };
                let process = self.process(id);
                let place = |partition: u32| key(TopicPartition { topic, partition });
                let event = match &consumer.assign {
                    Some(own) => {
                        Event::Assign(process, own.iter().map(|own| place(own.0)).collect())
                    }
                    None => Event::Subscribe(process),
                };
                self.events.push((event, None));
            }
            Act::Seek {
                by,
                topic,
                partition,
                ..
            } => {
                let topic = self
                    .cast
                    .topic(topic.as_ref().map(|topic| topic.0.as_str()));
                if let (Some(id), Some(topic)) = (self.cast.consumer(&by.0), topic) {
                    let partition = partition.map_or(0, |partition| partition.0);
                    let process = self.process(id);
                    let home = key(TopicPartition { topic, partition });
                    self.events.push((Event::Seek(process, home), None));
                }
            }
            Act::Poll(poll) => self.poll(poll.by.all().first().map(|word| word.0.as_str()), result),
            Act::SharePoll(poll) => self.poll(Some(poll.by.0.as_str()), result),
            Act::Begin { by } if ok => self.begin(&by.0),
            Act::CommitTxn { by } => self.end(&by.0, ok.then_some(Outcome::Ok), true),
            Act::AbortTxn { by } => self.end(&by.0, ok.then_some(Outcome::Fail), false),
            _ => {}
        }
    }

    fn process(&self, client: ClientId) -> Process {
        u32::from(self.within.get(&client).unwrap_or(&client).0)
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
        let (Some(id), Some(topic)) = (self.cast.producer(by), topic) else {
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
        let config = self.scenario.producer(by);
        let stray = config.is_some_and(|config| config.get("transactional.id").is_some());
        if let Some(begun) = self.open.get(&id).filter(|_| !thrown) {
            if let (Event::Op(op), _) = &mut self.events[begun.op] {
                op.did.push(did);
            }
            return;
        }
        let outcome = match () {
            () if CERTAIN.contains(&error) => Outcome::Fail,
            () if acked && !stray => Outcome::Ok,
            () => Outcome::Info,
        };
        let process = self.process(id);
        let did = vec![did];
        self.events.push((
            Event::Op(Op {
                process,
                outcome,
                did,
            }),
            None,
        ));
    }

    fn begin(&mut self, by: &str) {
        let Some(id) = self.cast.producer(by) else {
            return;
        };
        let process = self.process(id);
        let (outcome, did) = (Outcome::Info, Vec::new());
        self.events.push((
            Event::Op(Op {
                process,
                outcome,
                did,
            }),
            None,
        ));
        let begun = Begun {
            op: self.events.len() - 1,
            to_be_committed: false,
            over: false,
        };
        self.open.insert(id, begun);
    }

    fn end(&mut self, by: &str, outcome: Option<Outcome>, commits: bool) {
        let Some(id) = self.cast.producer(by) else {
            return;
        };
        if let Some(begun) = self.open.get_mut(&id) {
            begun.to_be_committed |= commits;
            begun.over = true;
            if let Some(outcome) = outcome {
                let op = begun.op;
                self.open.remove(&id);
                self.decide(op, outcome);
            }
        }
    }

    fn decide(&mut self, op: usize, outcome: Outcome) {
        if let (Event::Op(op), _) = &mut self.events[op] {
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
        let Some(id) = by.and_then(|by| self.cast.consumer(by)) else {
            return;
        };
        let topic = self.scenario.steps.iter().find_map(|act| match act {
            Act::Consumer(one) if Some(one.id.0.as_str()) == by => Some(one.topic.as_ref()),
            Act::ShareConsumer(one) if Some(one.id.0.as_str()) == by => Some(one.topic.as_ref()),
            _ => None,
        });
        let topic = self
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
        self.polled.push((id, read));
        let did = Did::Poll(key(home), vec![(offset, record.0)]);
        let application = self
            .within
            .get(&id)
            .and_then(|producer| self.open.get(producer));
        if let Some(begun) = application.filter(|begun| !begun.over) {
            if let (Event::Op(op), _) = &mut self.events[begun.op] {
                op.did.push(did);
            }
            return;
        }
        let committed = self
            .readers
            .get(&id)
            .is_some_and(|reader| reader.committed_only);
        let process = self.process(id);
        let (outcome, did) = (Outcome::Ok, vec![did]);
        self.events.push((
            Event::Op(Op {
                process,
                outcome,
                did,
            }),
            Some(committed),
        ));
    }

    fn closed(mut self) -> (Seen, BTreeMap<Key, Offset>) {
        for begun in std::mem::take(&mut self.open).into_values() {
            let outcome = match begun.to_be_committed {
                true => Outcome::Info,
                false => Outcome::Fail,
            };
            self.decide(begun.op, outcome);
        }
        let (settled, last) = self.final_state();
        let mut seen = Seen::of(&self.events, self.readers, &self.within, self.polled);
        (seen.last, seen.untold) = (last, self.untold);
        (seen, settled)
    }
}
