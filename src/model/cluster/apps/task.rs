//! A Streams instance (`StreamThread`, `TaskManager`): polls, makes a record of each, and commits from time to time. At least once: what
//! was written is flushed, then the offsets are committed. Exactly once: records and offsets in one transaction. Before partitions are
//! taken away it commits all that it has done; what fails makes it go back to what is committed.

use super::super::super::ids::{Offset, RecordId, TopicPartition};
use super::super::super::observation::Read;
use super::super::super::reader::Going;
use super::super::super::scenario::StreamsAct;
use super::super::super::text::Text;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::transaction::TransactionCall;
use super::super::super::wire::{ClientError, ErrorCode, ReadError, Thrown};
use super::Next;
use crate::small::Map;
use std::collections::VecDeque;

/// `poll.ms`.
const POLL: SimDuration = SimDuration::from_ms(100);

/// How often each key was seen: a state store.
pub(super) type Counts = Map<Text, u32>;

/// What it has to do before it goes on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Todo {
    Transact(TransactionCall),
    /// The offsets of what was made go into the transaction.
    SendOffsets,
    Flush,
    CommitSync,
    /// What was made is committed.
    Committed,
    /// These are somebody else's now.
    GiveAway(Vec<TopicPartition>),
    ListenerReturns,
    /// A new producer with the same transactional id.
    RenewProducer,
    /// It leaves the group, and joins it again.
    Return,
    /// Back to what is committed.
    GoBack,
    Close,
    End,
}

/// What a failure means (`TaskMigratedException`, `TaskCorruptedException`, any other).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Trouble {
    /// The work goes on from what is committed.
    Corrupted,
    /// All partitions are lost, and it hears of it from its group.
    Lost,
    /// It is out of its group, or fenced: it gives everything up and joins anew.
    Migrated,
    /// The thread dies.
    Fatal,
}

/// The instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Task {
    exactly_once: bool,
    interval: SimDuration,
    /// It counts, in a store.
    counts: bool,
    todo: VecDeque<Todo>,
    trouble: Option<Trouble>,
    /// What is under way is one of these.
    called: Option<TransactionCall>,
    polling: bool,
    /// None before the first time: a commit is due with the first poll that is not within a rebalance (`lastCommitMs` begins as 0).
    last_commit: Option<SimTime>,
    /// It has polled.
    began: bool,
    polled: VecDeque<Read>,
    /// A transaction is open.
    in_transaction: bool,
    /// Where what was made ends, and was not committed yet.
    done: Map<TopicPartition, Offset>,
    /// A count that the changelog has is written out next.
    forwards: Option<(Read, u32)>,
    /// What was made of it.
    made: Vec<RecordId>,
    /// The stores of its partitions, once they are restored.
    stores: Map<TopicPartition, Counts>,
    closes: bool,
    /// It is on its way out.
    leaving: bool,
    pub(super) failed: bool,
}

impl Task {
    pub(super) fn of(act: &StreamsAct) -> Self {
        let exactly_once = act.exactly_once();
        let init = exactly_once.then_some(Todo::Transact(TransactionCall::Init));
        Self {
            exactly_once,
            interval: SimDuration::from_ms(act.commit_interval_ms()),
            counts: act.changelog.is_some(),
            todo: init.into_iter().collect(),
            trouble: None,
            called: None,
            polling: false,
            last_commit: None,
            began: false,
            polled: VecDeque::new(),
            in_transaction: false,
            done: Map::new(),
            forwards: None,
            made: Vec::new(),
            stores: Map::new(),
            closes: false,
            leaving: false,
            failed: false,
        }
    }

    pub(super) fn on_polled(&mut self, records: Vec<Read>, error: Option<ReadError>) {
        self.began = true;
        if std::mem::take(&mut self.polling) {
            self.polled.extend(records);
        }
        if error.is_some() {
            self.meet(Trouble::Fatal);
        }
    }

    /// `handleRevocation`, `handleLostAll`: if anything of what goes is not committed, all is committed.
    pub(super) fn on_going(&mut self, going: Going) {
        self.polling = false;
        if going.lost {
            return self.meet(Trouble::Lost);
        }
        if going.partitions.iter().any(|id| self.done.contains_key(id)) {
            self.commit();
        }
        self.todo.push_back(Todo::GiveAway(going.partitions));
        self.todo.push_back(Todo::ListenerReturns);
    }

    /// A transactional call threw (`StreamsProducer`).
    pub(super) fn on_thrown(&mut self, thrown: Thrown) {
        let Some(call) = self.called else { return };
        let first = trouble_of(thrown.error);
        let trouble = match thrown.cause.map(trouble_of) {
            Some(Some(Trouble::Migrated)) => Some(Trouble::Migrated),
            _ => first,
        };
        match (call, trouble) {
            // What an abort comes to is the coordinator's affair.
            (TransactionCall::Abort, Some(Trouble::Migrated | Trouble::Corrupted)) => {}
            (TransactionCall::Init, Some(Trouble::Corrupted)) if !self.closes => {
                self.todo.push_front(Todo::Transact(call));
            }
            (_, Some(trouble)) => self.meet(trouble),
            (_, None) => {}
        }
    }

    /// A record could not be written (`RecordCollectorImpl.recordSendError`).
    pub(super) fn on_send_failed(&mut self, record: RecordId, error: ClientError) {
        if let Some(trouble) = trouble_of(error).filter(|_| self.made.contains(&record)) {
            self.meet(trouble);
        }
    }

    pub(super) fn note_made(&mut self, record: RecordId) {
        self.made.push(record);
    }

    /// `commitSync()` threw.
    pub(super) fn on_commit_failed(&mut self, error: ReadError) {
        match error {
            ReadError::CommitFailed => self.meet(Trouble::Migrated),
            // It is tried again at the next commit.
            ReadError::Timeout => self.todo.retain(|todo| *todo != Todo::Committed),
            _ => self.meet(Trouble::Fatal),
        }
    }

    fn meet(&mut self, trouble: Trouble) {
        if !self.leaving {
            self.trouble = self.trouble.max(Some(trouble));
        }
    }

    /// It is closed in good order.
    pub(super) fn close(&mut self) {
        self.closes = true;
        self.polling = false;
    }

    /// The store of a partition is what its changelog says.
    pub(super) fn on_restored(&mut self, partition: TopicPartition, counts: Counts) {
        self.stores.insert(partition, counts);
    }

    /// What it does next.
    pub(super) fn next(
        &mut self,
        now: SimTime,
        rebalances: bool,
        key: impl Fn(&Read) -> Option<Text>,
    ) -> Next {
        self.called = None;
        if let Some(trouble) = self.trouble.take() {
            self.recover(trouble);
        }
        if let Some((read, count)) = self.forwards.take() {
            return Next::MakeCount(read, count, false);
        }
        if let Some(todo) = self.todo.pop_front() {
            return self.perform(todo, now);
        }
        if self.polling {
            return Next::Wait(None);
        }
        if self.began && !rebalances {
            // The first commit comes with the assignment, and has nothing to commit.
            self.last_commit.get_or_insert(now);
        }
        if let Some(read) = self.polled.front().copied() {
            return self.work_on(read, key(&read));
        }
        let due = self
            .last_commit
            .is_some_and(|last| now >= last + self.interval);
        if self.closes {
            self.commit();
            self.leave();
            return Next::Nothing;
        }
        // Nothing is committed in the midst of a rebalance (`rebalanceInProgress`).
        if due && !rebalances {
            if !self.done.is_empty() {
                self.commit();
                return Next::Nothing;
            }
            self.last_commit = Some(now);
        }
        self.polling = true;
        Next::Poll(POLL)
    }

    fn work_on(&mut self, read: Read, key: Option<Text>) -> Next {
        if self.counts && !self.stores.contains_key(&read.partition) {
            return Next::Restore(read.partition);
        }
        if self.exactly_once && !self.in_transaction {
            self.in_transaction = true;
            self.called = Some(TransactionCall::Begin);
            return Next::Transact(TransactionCall::Begin);
        }
        self.polled.pop_front();
        self.done.insert(read.partition, read.offset.next());
        if !self.counts {
            return Next::Make(read);
        }
        let store = self.stores.entry(read.partition).or_default();
        let Some(key) = key else {
            // `KStreamAggregate`: a record without a key is passed over.
            return Next::Nothing;
        };
        let count = store.entry(key).or_default();
        *count += 1;
        self.forwards = Some((read, *count));
        Next::MakeCount(read, *count, true)
    }

    fn commit(&mut self) {
        if self.done.is_empty() && !self.in_transaction {
            return;
        }
        self.todo.extend(if self.exactly_once {
            let commit = Todo::Transact(TransactionCall::Commit);
            [Todo::SendOffsets, commit, Todo::Committed]
        } else {
            [Todo::Flush, Todo::CommitSync, Todo::Committed]
        });
    }

    fn leave(&mut self) {
        self.todo.extend([Todo::Close, Todo::End]);
    }

    fn perform(&mut self, todo: Todo, now: SimTime) -> Next {
        let done = self.done.iter().map(|(partition, at)| (*partition, *at));
        match todo {
            Todo::Transact(call) => {
                self.called = Some(call);
                return Next::Transact(call);
            }
            Todo::SendOffsets => {
                self.called = Some(TransactionCall::SendOffsets);
                return Next::SendOffsets(done.collect());
            }
            Todo::Flush => return Next::Flush,
            Todo::CommitSync => return Next::CommitSync(done.collect()),
            Todo::ListenerReturns => return Next::ListenerReturns,
            Todo::RenewProducer => return Next::RenewProducer,
            Todo::Return => return Next::Return,
            Todo::GoBack => return Next::GoBack,
            Todo::Close => {
                self.leaving = true;
                return Next::Close;
            }
            Todo::End => return Next::End,
            Todo::Committed => {
                self.done.clear();
                self.made.clear();
                self.in_transaction = false;
                self.last_commit = Some(now);
            }
            Todo::GiveAway(gone) => {
                self.polled.retain(|read| !gone.contains(&read.partition));
                self.done.retain(|id, _| !gone.contains(id));
                self.stores.retain(|id, _| !gone.contains(id));
            }
        }
        Next::Nothing
    }

    /// Everything that is not committed is given up (`closeTaskDirty`).
    fn recover(&mut self, trouble: Trouble) {
        let listens = self.todo.contains(&Todo::ListenerReturns) || trouble == Trouble::Lost;
        self.todo.clear();
        self.polled.clear();
        self.done.clear();
        self.made.clear();
        self.forwards = None;
        self.stores.clear();
        let open = std::mem::take(&mut self.in_transaction);
        let abort = open.then_some(Todo::Transact(TransactionCall::Abort));
        match trouble {
            _ if self.closes => self.todo.extend(abort),
            Trouble::Fatal => {
                self.failed = true;
                self.todo.extend(abort);
            }
            Trouble::Corrupted => {
                self.todo.extend(abort);
                self.todo.push_back(Todo::GoBack);
            }
            Trouble::Lost | Trouble::Migrated => {
                if self.exactly_once {
                    let init = Todo::Transact(TransactionCall::Init);
                    self.todo.extend([Todo::RenewProducer, init]);
                }
                if trouble == Trouble::Migrated {
                    self.todo.push_back(Todo::Return);
                }
            }
        }
        if listens {
            self.todo.push_back(Todo::ListenerReturns);
        }
        if self.closes || self.failed {
            self.leave();
        }
    }
}

/// What an error of the producer means.
fn trouble_of(error: ClientError) -> Option<Trouble> {
    Some(match error {
        ClientError::TransactionAborted | ClientError::ClosedForcefully => return None,
        ClientError::CommitFailed
        | ClientError::Broker(
            ErrorCode::ProducerFenced
            | ErrorCode::InvalidProducerEpoch
            | ErrorCode::InvalidProducerIdMapping
            | ErrorCode::OutOfOrderSequenceNumber,
        ) => Trouble::Migrated,
        ClientError::Timeout => Trouble::Corrupted,
        ClientError::Broker(error) if error.is_retriable() => Trouble::Corrupted,
        _ => Trouble::Fatal,
    })
}
