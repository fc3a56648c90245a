//! What the clients of a run saw, in the form of the client-side judge. From the script: who does what when. From what
//! happened: only what a client was told. Nothing of a broker.

use super::runs::FINAL;
use crate::jepsen::compare::seen::{Reader, Seen, key};
use crate::jepsen::judge::{Did, Event, Op, Outcome, Process};
use ackscope::model::cast::Cast;
use ackscope::model::ids::{ClientId, RecordId, TopicPartition};
use ackscope::model::observation::{GroupFact, Observation, Read, TransactionFact};
use ackscope::model::scenario::{Act, Scenario};
use ackscope::model::trace::Trace;
use ackscope::model::transaction::TransactionCall;
use ackscope::model::wire::ClientError;
use std::collections::{BTreeMap, BTreeSet};

/// A transaction.
#[derive(Clone, Copy)]
struct Begun {
    /// Its operation.
    op: usize,
    /// A commit of it was called.
    to_be_committed: bool,
    /// A commit or an abort of it was called: what its application does from then on is not part of it.
    over: bool,
}

/// Watches the clients of a run.
struct Witness<'a> {
    scenario: &'a Scenario,
    cast: &'a Cast,
    homes: Vec<Option<TopicPartition>>,
    readers: BTreeMap<ClientId, Reader>,
    /// A consumer whose positions go with the transactions of a producer is one application with it.
    within: BTreeMap<ClientId, ClientId>,
    events: Vec<(Event, Option<bool>)>,
    /// The operation of each record.
    ops: BTreeMap<RecordId, usize>,
    /// The transaction that each producer has begun.
    open: BTreeMap<ClientId, Begun>,
    /// All that ever were.
    transactions: BTreeSet<usize>,
    polled: Vec<(ClientId, Read)>,
}

pub fn seen(trace: &Trace, cast: &Cast) -> Seen {
    let facts = || trace.steps().facts().iter();
    let mut witness = Witness {
        scenario: trace.scenario(),
        cast,
        homes: cast.destinations(facts()),
        readers: BTreeMap::new(),
        within: BTreeMap::new(),
        events: Vec::new(),
        ops: BTreeMap::new(),
        open: BTreeMap::new(),
        transactions: BTreeSet::new(),
        polled: Vec::new(),
    };
    for act in &trace.scenario().steps {
        witness.meet(act);
    }
    for fact in facts() {
        witness.take(fact);
    }
    witness.closed()
}

impl Witness<'_> {
    fn meet(&mut self, act: &Act) {
        match act {
            Act::Consumer(consumer) => {
                let reader = Reader {
                    group: consumer.group_name().map(str::to_owned),
                    assigned: consumer.assign.is_some(),
                    committed_only: consumer.config.get("isolation.level")
                        == Some("read_committed"),
                    wilful: false,
                };
                let id = self
                    .cast
                    .consumer(&consumer.id.0)
                    .expect("it is in the cast");
                self.readers.insert(id, reader);
            }
            Act::SendOffsets(offsets) => {
                let pair = (
                    self.cast.consumer(&offsets.consumer.0),
                    self.cast.producer(&offsets.by.0),
                );
                if let (Some(consumer), Some(producer)) = pair {
                    self.within.insert(consumer, producer);
                    self.readers.entry(consumer).or_default().wilful = true;
                }
            }
            Act::Seek { by, .. } => {
                if let Some(consumer) = self.cast.consumer(&by.0) {
                    self.readers.entry(consumer).or_default().wilful = true;
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, fact: &Observation) {
        match fact {
            Observation::ActBegan { act } => self.begin(*act),
            Observation::RecordSent { record, producer } => self.send(*record, *producer),
            Observation::RecordAcknowledged { record, offset } => {
                let at = offset.map(|offset| offset.0);
                // Of what went with a transaction that nobody knows, this says nothing.
                let counts = !self.is_transactional(*record) && !self.is_stray(*record);
                if let Some(op) = self.op_of(*record) {
                    for did in &mut op.did {
                        if let Did::Send(_, value, place) = did
                            && *value == record.0
                        {
                            *place = at;
                        }
                    }
                    if counts {
                        op.outcome = Outcome::Ok;
                    }
                }
            }
            Observation::RecordFailed { record, error } => self.fail(*record, *error),
            Observation::RecordsRead { reader, records } => self.poll(*reader, records),
            Observation::Transaction(TransactionFact::TransactionCallReturned {
                producer,
                call,
                thrown,
            }) => self.transact(*producer, *call, thrown.is_none()),
            Observation::Group(GroupFact::AssignmentChanged {
                reader, partitions, ..
            }) => {
                let moved: Vec<Did> = partitions
                    .iter()
                    .map(|id| Did::Rebalance(key(*id)))
                    .collect();
                if let Some(op) = self.application(*reader) {
                    op.did.extend(moved);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, act: u32) {
        let scenario = self.scenario;
        let Some(act) = scenario.steps.get(act as usize) else {
            return;
        };
        match act {
            Act::Consumer(consumer) => {
                let id = self
                    .cast
                    .consumer(&consumer.id.0)
                    .expect("it is in the cast");
                let topic = self
                    .cast
                    .topic(consumer.topic.as_ref().map(|topic| topic.0.as_str()));
                let process = self.process(id);
                let event = match (&consumer.assign, topic) {
                    (Some(own), Some(topic)) => {
                        let place = |only: u32| {
                            key(TopicPartition {
                                topic,
                                partition: only,
                            })
                        };
                        Event::Assign(process, own.iter().map(|only| place(only.0)).collect())
                    }
                    _ => Event::Subscribe(process),
                };
                self.push(event, None);
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
                    self.push(
                        Event::Seek(process, key(TopicPartition { topic, partition })),
                        None,
                    );
                }
            }
            Act::CommitTxn { by } | Act::AbortTxn { by } => {
                let id = self.cast.producer(&by.0);
                if let Some(open) = id.and_then(|id| self.open.get_mut(&id)) {
                    open.to_be_committed |= matches!(act, Act::CommitTxn { .. });
                    open.over = true;
                }
            }
            _ => {}
        }
    }

    fn process(&self, client: ClientId) -> Process {
        u32::from(self.within.get(&client).unwrap_or(&client).0)
    }

    fn push(&mut self, event: Event, committed_only: Option<bool>) -> usize {
        self.events.push((event, committed_only));
        self.events.len() - 1
    }

    fn op(&mut self, at: usize) -> Option<&mut Op> {
        match &mut self.events.get_mut(at)?.0 {
            Event::Op(op) => Some(op),
            _ => None,
        }
    }

    fn op_of(&mut self, record: RecordId) -> Option<&mut Op> {
        let at = *self.ops.get(&record)?;
        self.op(at)
    }

    fn is_transactional(&self, record: RecordId) -> bool {
        let at = self.ops.get(&record);
        at.is_some_and(|at| self.transactions.contains(at))
    }

    /// True if it was sent by a producer of transactions, and in none.
    fn is_stray(&self, record: RecordId) -> bool {
        let sender = self
            .cast
            .sends
            .get(record.0 as usize)
            .map(|send| send.producer);
        let name = sender.and_then(|sender| self.cast.producers.get(usize::from(sender.0)));
        let config = name.and_then(|name| self.scenario.producer(name));
        config.is_some_and(|config| config.get("transactional.id").is_some())
    }

    /// The transaction in which an application is, by its consumer.
    fn application(&mut self, reader: ClientId) -> Option<&mut Op> {
        let producer = self.within.get(&reader)?;
        let open = self.open.get(producer).filter(|open| !open.over)?;
        self.op(open.op)
    }

    fn send(&mut self, record: RecordId, producer: ClientId) {
        let Some(home) = self.homes.get(record.0 as usize).copied().flatten() else {
            return;
        };
        let did = Did::Send(key(home), record.0, None);
        let at = match self.open.get(&producer) {
            Some(open) => {
                let at = open.op;
                self.op(at)
                    .expect("a transaction is an operation")
                    .did
                    .push(did);
                at
            }
            None => self.single(producer, did, Outcome::Info),
        };
        self.ops.insert(record, at);
    }

    fn single(&mut self, client: ClientId, did: Did, outcome: Outcome) -> usize {
        let process = self.process(client);
        let did = vec![did];
        self.push(
            Event::Op(Op {
                process,
                outcome,
                did,
            }),
            None,
        )
    }

    fn fail(&mut self, record: RecordId, error: ClientError) {
        let outcome = match error.is_definite() {
            true => Outcome::Fail,
            false => Outcome::Info,
        };
        if !self.is_transactional(record) {
            if let Some(op) = self.op_of(record) {
                op.outcome = outcome;
            }
        } else if error.is_thrown() {
            // It goes with another transaction, or with none.
            self.take_out(record, outcome);
        }
    }

    /// A record has an outcome of its own, apart from the transaction that was open when it was sent.
    fn take_out(&mut self, record: RecordId, outcome: Outcome) {
        let sender = self
            .cast
            .sends
            .get(record.0 as usize)
            .map(|send| send.producer);
        let (Some(sender), Some(op)) = (sender, self.op_of(record)) else {
            return;
        };
        let own = |did: &Did| matches!(did, Did::Send(_, value, _) if *value == record.0);
        if let Some(at) = op.did.iter().position(own) {
            let did = op.did.remove(at);
            let at = self.single(sender, did, outcome);
            self.ops.insert(record, at);
        }
    }

    fn poll(&mut self, reader: ClientId, records: &[Read]) {
        self.polled
            .extend(records.iter().map(|read| (reader, *read)));
        let mut did: Vec<Did> = Vec::new();
        for read in records {
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
        let committed_only = self
            .readers
            .get(&reader)
            .is_some_and(|reader| reader.committed_only);
        let process = self.process(reader);
        let outcome = Outcome::Ok;
        self.push(
            Event::Op(Op {
                process,
                outcome,
                did,
            }),
            Some(committed_only),
        );
    }

    fn transact(&mut self, producer: ClientId, call: TransactionCall, worked: bool) {
        let known = self.open.get(&producer).copied();
        let outcome = match (call, worked, known) {
            (TransactionCall::Begin, true, _) => {
                let process = self.process(producer);
                let (outcome, did) = (Outcome::Info, Vec::new());
                let at = self.push(
                    Event::Op(Op {
                        process,
                        outcome,
                        did,
                    }),
                    None,
                );
                let (to_be_committed, over) = (false, false);
                let begun = Begun {
                    op: at,
                    to_be_committed,
                    over,
                };
                self.open.insert(producer, begun);
                self.transactions.insert(at);
                return;
            }
            (TransactionCall::Commit, true, _) => Outcome::Ok,
            (TransactionCall::Abort, true, _) => Outcome::Fail,
            _ => return,
        };
        if let Some(open) = known {
            self.end(open.op, outcome);
            self.open.remove(&producer);
        }
    }

    fn end(&mut self, at: usize, outcome: Outcome) {
        if let Some(op) = self.op(at) {
            op.outcome = outcome;
        }
        if outcome == Outcome::Ok {
            // A commit waits for everything. What it did not wait for was not its own.
            let own = self.op(at).into_iter().flat_map(|op| &op.did);
            let strays: BTreeSet<u32> = own
                .filter_map(|did| match did {
                    Did::Send(_, value, None) => Some(*value),
                    _ => None,
                })
                .collect();
            for value in strays {
                self.take_out(RecordId(value), Outcome::Info);
            }
        }
    }

    /// What is still open never ended. A transaction that nobody asked to commit certainly did not happen.
    fn closed(mut self) -> Seen {
        for open in std::mem::take(&mut self.open).into_values() {
            let outcome = match open.to_be_committed {
                true => Outcome::Info,
                false => Outcome::Fail,
            };
            self.end(open.op, outcome);
        }
        let mut seen = Seen::of(&self.events, self.readers, &self.within, self.polled);
        for (last, name) in seen.last.iter_mut().zip(FINAL) {
            let own = seen
                .polled
                .iter()
                .filter(|(reader, _)| self.cast.consumer(name) == Some(*reader));
            for (_, read) in own {
                last.entry(read.record.0).or_default().insert(read.offset.0);
            }
        }
        seen
    }
}
