//! What clients did and were told, written down as it goes by. Whoever watches clients, of a run or of a recording, keeps one.

use super::super::judge::{Did, Event, Op, Outcome, Process};
use super::seen::{Reader, Seen, key};
use ackscope::model::cast::Cast;
use ackscope::model::ids::{ClientId, TopicPartition};
use ackscope::model::observation::Read;
use ackscope::model::scenario::{Act, ConsumerAct, Scenario};
use std::collections::BTreeMap;

/// A transaction.
#[derive(Clone, Copy)]
pub struct Begun {
    /// Its operation.
    pub op: usize,
    /// A commit of it was called.
    pub to_be_committed: bool,
    /// A commit or an abort of it was called: what its application does from then on is not part of it.
    pub over: bool,
}

/// The diary.
pub struct Diary<'a> {
    pub scenario: &'a Scenario,
    pub cast: &'a Cast,
    pub readers: BTreeMap<ClientId, Reader>,
    /// A consumer whose positions go with the transactions of a producer is one application with it.
    within: BTreeMap<ClientId, ClientId>,
    /// Of polls also whether their reader reads committed records only.
    events: Vec<(Event, Option<bool>)>,
    /// The transaction that each producer has begun.
    pub open: BTreeMap<ClientId, Begun>,
    polled: Vec<(ClientId, Read)>,
}

impl<'a> Diary<'a> {
    /// An empty one, that knows who will be there.
    pub fn new(scenario: &'a Scenario, cast: &'a Cast) -> Self {
        let mut diary = Self {
            scenario,
            cast,
            readers: BTreeMap::new(),
            within: BTreeMap::new(),
            events: Vec::new(),
            open: BTreeMap::new(),
            polled: Vec::new(),
        };
        scenario.steps.iter().for_each(|act| diary.meet(act));
        diary
    }

    fn meet(&mut self, act: &Act) {
        let (id, group, reads) = match act {
            Act::Consumer(consumer) => (&consumer.id, consumer.group_name(), Some(consumer)),
            Act::ShareConsumer(share) => (&share.id, Some(share.group.0.as_str()), None),
            Act::SendOffsets(offsets) => {
                let consumer = self.cast.consumer(&offsets.consumer.0);
                let producer = self.cast.producer(&offsets.by.0);
                if let (Some(consumer), Some(producer)) = (consumer, producer) {
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
            _ => return,
        };
        let level = reads.and_then(|consumer| consumer.config.get("isolation.level"));
        let reader = Reader {
            group: group.map(str::to_owned),
            assigned: reads.is_some_and(|consumer| consumer.assign.is_some()),
            committed_only: level == Some("read_committed"),
            wilful: false,
        };
        if let Some(id) = self.cast.consumer(&id.0) {
            self.readers.insert(id, reader);
        }
    }

    /// A client is told what to read, or where to go on.
    pub fn turn(&mut self, act: &Act) {
        match act {
            Act::Consumer(consumer) => self.begin_to_read(consumer),
            Act::Seek {
                by,
                topic,
                partition,
                ..
            } => {
                let topic = topic.as_ref().map(|topic| topic.0.as_str());
                let known = (self.cast.consumer(&by.0), self.cast.topic(topic));
                if let (Some(id), Some(topic)) = known {
                    let partition = partition.map_or(0, |partition| partition.0);
                    let home = key(TopicPartition { topic, partition });
                    self.push(Event::Seek(self.process(id), home), None);
                }
            }
            _ => {}
        }
    }

    fn begin_to_read(&mut self, consumer: &ConsumerAct) {
        let topic = consumer.topic.as_ref().map(|topic| topic.0.as_str());
        let known = (self.cast.consumer(&consumer.id.0), self.cast.topic(topic));
        let (Some(id), Some(topic)) = known else {
            return;
        };
        let place = |partition: u32| key(TopicPartition { topic, partition });
        let process = self.process(id);
        let event = match &consumer.assign {
            Some(own) => Event::Assign(process, own.iter().map(|only| place(only.0)).collect()),
            None => Event::Subscribe(process),
        };
        self.push(event, None);
    }

    fn process(&self, client: ClientId) -> Process {
        u32::from(self.within.get(&client).unwrap_or(&client).0)
    }

    /// Writes something down; the answer is its place.
    pub fn push(&mut self, event: Event, committed_only: Option<bool>) -> usize {
        self.events.push((event, committed_only));
        self.events.len() - 1
    }

    /// An operation of its own.
    pub fn single(&mut self, client: ClientId, did: Vec<Did>, outcome: Outcome) -> usize {
        let process = self.process(client);
        let op = Op {
            process,
            outcome,
            did,
        };
        self.push(Event::Op(op), None)
    }

    /// The operation at a place.
    pub fn op(&mut self, at: usize) -> Option<&mut Op> {
        match &mut self.events.get_mut(at)?.0 {
            Event::Op(op) => Some(op),
            _ => None,
        }
    }

    /// True if the producer has transactions.
    pub fn is_transactional(&self, producer: ClientId) -> bool {
        let name = self.cast.producers.get(usize::from(producer.0));
        let config = name.and_then(|name| self.scenario.producer(name));
        config.is_some_and(|config| config.get("transactional.id").is_some())
    }

    /// A transaction begins.
    pub fn begin(&mut self, producer: ClientId) -> usize {
        let op = self.single(producer, Vec::new(), Outcome::Info);
        let begun = Begun {
            op,
            to_be_committed: false,
            over: false,
        };
        self.open.insert(producer, begun);
        op
    }

    /// Its application calls for its end.
    pub fn call_end(&mut self, producer: ClientId, commits: bool) {
        if let Some(open) = self.open.get_mut(&producer) {
            open.to_be_committed |= commits;
            open.over = true;
        }
    }

    /// What is still open never ended: what became of each is in doubt, but that a transaction that nobody asked to commit
    /// certainly did not happen.
    pub fn never_ended(&mut self) -> Vec<(usize, Outcome)> {
        let open = std::mem::take(&mut self.open).into_values();
        let outcome = |open: Begun| match open.to_be_committed {
            true => Outcome::Info,
            false => Outcome::Fail,
        };
        open.map(|open| (open.op, outcome(open))).collect()
    }

    /// The transaction in which an application is, by its consumer.
    pub fn application(&mut self, reader: ClientId) -> Option<&mut Op> {
        let producer = self.within.get(&reader)?;
        let open = self.open.get(producer).filter(|open| !open.over)?.op;
        self.op(open)
    }

    /// A poll returned these.
    pub fn poll(&mut self, reader: ClientId, records: &[Read]) {
        let mut did: Vec<Did> = Vec::new();
        for read in records {
            self.polled.push((reader, *read));
            let (key, read) = (key(read.partition), (read.offset.0, read.record.0));
            match did.last_mut() {
                Some(Did::Poll(last, all)) if *last == key => all.push(read),
                _ => did.push(Did::Poll(key, vec![read])),
            }
        }
        if let Some(op) = self.application(reader) {
            op.did.extend(did);
            return;
        }
        let known = self.readers.get(&reader);
        let committed_only = known.is_some_and(|reader| reader.committed_only);
        let (process, outcome) = (self.process(reader), Outcome::Ok);
        let op = Op {
            process,
            outcome,
            did,
        };
        self.push(Event::Op(op), Some(committed_only));
    }

    /// What was seen.
    pub fn close(self) -> Seen {
        Seen::of(&self.events, self.readers, &self.within, self.polled)
    }
}
