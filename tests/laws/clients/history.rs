//! What the clients of a run saw, in the form of the client-side judge. From the script: who does what when. From what
//! happened: only what a client was told. Nothing of a broker.

use super::runs::FINAL;
use crate::jepsen::compare::diary::Diary;
use crate::jepsen::compare::seen::{Seen, key};
use crate::jepsen::judge::{Did, Op, Outcome};
use ackscope::model::cast::Cast;
use ackscope::model::ids::{ClientId, RecordId, TopicPartition};
use ackscope::model::observation::{GroupFact, Observation, TransactionFact};
use ackscope::model::scenario::Act;
use ackscope::model::trace::Trace;
use ackscope::model::transaction::TransactionCall;
use ackscope::model::wire::ClientError;
use std::collections::{BTreeMap, BTreeSet};

/// Watches the clients of a run.
struct Witness<'a> {
    diary: Diary<'a>,
    homes: Vec<Option<TopicPartition>>,
    /// The operation of each record.
    ops: BTreeMap<RecordId, usize>,
    /// All transactions that ever were.
    transactions: BTreeSet<usize>,
}

pub fn seen(trace: &Trace, cast: &Cast) -> Seen {
    let facts = || trace.steps().facts().iter();
    let mut witness = Witness {
        diary: Diary::new(trace.scenario(), cast),
        homes: cast.destinations(facts()),
        ops: BTreeMap::new(),
        transactions: BTreeSet::new(),
    };
    for fact in facts() {
        witness.take(fact);
    }
    witness.closed()
}

impl Witness<'_> {
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
            Observation::RecordsRead { reader, records } => self.diary.poll(*reader, records),
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
                if let Some(op) = self.diary.application(*reader) {
                    op.did.extend(moved);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, act: u32) {
        let Some(act) = self.diary.scenario.steps.get(act as usize) else {
            return;
        };
        self.diary.turn(act);
        if let Act::CommitTxn { by } | Act::AbortTxn { by } = act
            && let Some(producer) = self.diary.cast.producer(&by.0)
        {
            let commits = matches!(act, Act::CommitTxn { .. });
            self.diary.call_end(producer, commits);
        }
    }

    fn op_of(&mut self, record: RecordId) -> Option<&mut Op> {
        let at = *self.ops.get(&record)?;
        self.diary.op(at)
    }

    fn is_transactional(&self, record: RecordId) -> bool {
        let at = self.ops.get(&record);
        at.is_some_and(|at| self.transactions.contains(at))
    }

    fn sender(&self, record: RecordId) -> Option<ClientId> {
        let send = self.diary.cast.sends.get(record.0 as usize);
        send.map(|send| send.producer)
    }

    /// True if it was sent by a producer of transactions, and in none.
    fn is_stray(&self, record: RecordId) -> bool {
        let sender = self.sender(record);
        sender.is_some_and(|sender| self.diary.is_transactional(sender))
    }

    fn send(&mut self, record: RecordId, producer: ClientId) {
        let Some(home) = self.homes.get(record.0 as usize).copied().flatten() else {
            return;
        };
        let did = Did::Send(key(home), record.0, None);
        let open = self.diary.open.get(&producer).map(|open| open.op);
        let at = match open {
            Some(at) => {
                let op = self.diary.op(at).expect("a transaction is an operation");
                op.did.push(did);
                at
            }
            None => self.diary.single(producer, vec![did], Outcome::Info),
        };
        self.ops.insert(record, at);
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
        let sender = self.sender(record);
        let (Some(sender), Some(op)) = (sender, self.op_of(record)) else {
            return;
        };
        let own = |did: &Did| matches!(did, Did::Send(_, value, _) if *value == record.0);
        if let Some(at) = op.did.iter().position(own) {
            let did = op.did.remove(at);
            let at = self.diary.single(sender, vec![did], outcome);
            self.ops.insert(record, at);
        }
    }

    fn transact(&mut self, producer: ClientId, call: TransactionCall, worked: bool) {
        let known = self.diary.open.get(&producer).copied();
        let outcome = match (call, worked, known) {
            (TransactionCall::Begin, true, _) => {
                let at = self.diary.begin(producer);
                self.transactions.insert(at);
                return;
            }
            (TransactionCall::Commit, true, _) => Outcome::Ok,
            (TransactionCall::Abort, true, _) => Outcome::Fail,
            _ => return,
        };
        if let Some(open) = known {
            self.end(open.op, outcome);
            self.diary.open.remove(&producer);
        }
    }

    fn end(&mut self, at: usize, outcome: Outcome) {
        if let Some(op) = self.diary.op(at) {
            op.outcome = outcome;
        }
        if outcome == Outcome::Ok {
            // A commit waits for everything. What it did not wait for was not its own.
            let own = self.diary.op(at).into_iter().flat_map(|op| &op.did);
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

    fn closed(mut self) -> Seen {
        for (op, outcome) in self.diary.never_ended() {
            self.end(op, outcome);
        }
        let cast = self.diary.cast;
        let mut seen = self.diary.close();
        for (last, name) in seen.last.iter_mut().zip(FINAL) {
            let own = seen
                .polled
                .iter()
                .filter(|(reader, _)| cast.consumer(name) == Some(*reader));
            for (_, read) in own {
                last.entry(read.record.0).or_default().insert(read.offset.0);
            }
        }
        seen
    }
}
