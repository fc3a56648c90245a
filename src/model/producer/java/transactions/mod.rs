//! Transactions of the Java producer (`TransactionManager`): its state, what the application may call in which, and what it
//! throws. `asking` sends the requests, `answers` takes the responses in, `failures` knows what a lost batch means.

mod answers;
mod asking;
mod failures;
mod offsets;
mod state;

use super::super::super::effects::Effects;
use super::super::super::ids::{
    BrokerId, ProducerEpoch, ProducerId, TopicPartition, TransactionalId,
};
use super::super::super::observation::{Observation, TransactionFact};
use super::super::super::record::Outcome;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::transaction::{Protocol, TransactionCall, Writer};
use super::super::super::wire::{ClientError, ErrorCode, Thrown};
use super::calls::Call;
use super::{JavaProducer, Life};
use crate::small::Set;
use asking::{Ask, What};
use state::State;

/// Who changes the state: what must not be fails a call of the application, and is the end of all when the sender does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thread {
    Application,
    Sender,
}

/// How a call will end, by its number; none while that is open.
type Results = Vec<(u32, Option<Result<(), Thrown>>)>;

/// A change of state that the application has not heard the end of (`PendingStateTransition`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pending {
    result: u32,
    state: State,
    /// The application was told.
    told: bool,
}

/// A producer's transactions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Manager {
    id: TransactionalId,
    timeout: SimDuration,
    retry_backoff: SimDuration,
    protocol: Protocol,
    state: State,
    error: Option<Thrown>,
    coordinator: Option<BrokerId>,
    /// Of the group whose offsets it sends.
    group_coordinator: Option<BrokerId>,
    /// Requests that wait; the most urgent goes first.
    queue: Vec<Ask>,
    /// The one that is out.
    out: Option<Ask>,
    /// The sender sleeps before it asks again.
    sleeps_until: SimTime,
    /// What is written to in this transaction.
    partitions: Set<TopicPartition>,
    /// By the older protocol: not yet added, and being added.
    new: Set<TopicPartition>,
    adding: Set<TopicPartition>,
    /// The coordinator may know of the transaction.
    started: bool,
    /// By the older protocol: the epoch must be raised when the transaction is over (`clientSideEpochBumpRequired`).
    bump_wanted: bool,
    pending: Option<Pending>,
    results: Results,
    next_result: u32,
}

fn thrown(error: ClientError) -> Thrown {
    Thrown::from(error)
}

impl Manager {
    pub(super) fn new(
        id: TransactionalId,
        timeout: SimDuration,
        retry_backoff: SimDuration,
        protocol: Protocol,
    ) -> Self {
        Self {
            id,
            timeout,
            retry_backoff,
            protocol,
            state: State::Uninitialized,
            error: None,
            coordinator: None,
            group_coordinator: None,
            queue: Vec::new(),
            out: None,
            sleeps_until: SimTime::ZERO,
            partitions: Set::new(),
            new: Set::new(),
            adding: Set::new(),
            started: false,
            bump_wanted: false,
            pending: None,
            results: Vec::new(),
            next_result: 0,
        }
    }

    /// What Produce requests say of the transaction.
    pub(super) fn on_the_wire(&self) -> (TransactionalId, Protocol) {
        (self.id, self.protocol)
    }

    /// May batches go there (`isSendToPartitionAllowed`)?
    pub(super) fn allows(&self, partition: TopicPartition) -> bool {
        self.state != State::Fatal && self.partitions.contains(&partition)
    }

    /// Is it being committed or aborted? Then nothing lingers.
    pub(super) fn is_completing(&self) -> bool {
        matches!(self.state, State::Committing | State::Aborting)
    }

    /// `hasOngoingTransaction`
    pub(super) fn is_ongoing(&self) -> bool {
        self.is_completing() || matches!(self.state, State::InTransaction | State::Abortable)
    }

    fn has_error(&self) -> bool {
        matches!(self.state, State::Abortable | State::Fatal)
    }

    fn become_state(
        &mut self,
        next: State,
        error: Option<Thrown>,
        thread: Thread,
    ) -> Result<(), Thrown> {
        if self.state.may_become(next) {
            self.state = next;
            self.error = error;
            return Ok(());
        }
        let illegal = thrown(ClientError::IllegalState);
        if thread == Thread::Sender {
            self.state = State::Fatal;
            self.error = Some(illegal);
        }
        Err(illegal)
    }

    /// `maybeFailWithError`: what every call throws in an error state.
    fn fail_with_error(&self) -> Result<(), Thrown> {
        let Some(last) = self.error.filter(|_| self.has_error()) else {
            return Ok(());
        };
        let same = |error: ClientError| Err(thrown(error));
        match last.error {
            ClientError::Broker(ErrorCode::ProducerFenced | ErrorCode::InvalidProducerEpoch) => {
                same(last.error)
            }
            ClientError::IllegalState => Err(Thrown {
                error: ClientError::IllegalState,
                cause: Some(ClientError::IllegalState),
            }),
            cause => Err(Thrown {
                error: ClientError::InErrorState,
                cause: Some(cause),
            }),
        }
    }

    /// `throwIfPendingState`: a call that timed out must be made again first.
    fn fail_if_pending(&mut self) -> Result<(), Thrown> {
        match self.pending {
            Some(pending) if pending.told => self.pending = None,
            Some(_) => return Err(thrown(ClientError::IllegalState)),
            None => {}
        }
        Ok(())
    }

    fn new_result(&mut self) -> u32 {
        self.next_result += 1;
        self.results.push((self.next_result, None));
        self.next_result
    }

    /// The first end counts.
    fn end_result(&mut self, number: u32, end: Result<(), Thrown>) {
        if let Some((_, slot)) = self.results.iter_mut().find(|(own, _)| *own == number) {
            slot.get_or_insert(end);
        }
    }

    fn result(&self, number: u32) -> Option<Result<(), Thrown>> {
        let found = self.results.iter().find(|(own, _)| *own == number);
        found.and_then(|(_, end)| *end)
    }

    /// The application has heard of it.
    fn told(&mut self, number: u32) {
        self.results.retain(|(own, _)| *own != number);
        if let Some(pending) = self.pending.as_mut().filter(|p| p.result == number) {
            pending.told = true;
        }
    }

    /// `handleCachedTransactionRequestResult`: a call that timed out goes on where it was.
    fn cached(
        &mut self,
        state: State,
        begin: impl FnOnce(&mut Self) -> Result<u32, Thrown>,
    ) -> Result<u32, Thrown> {
        match self.pending {
            Some(pending) if pending.told => self.pending = None,
            Some(pending) if pending.state == state => return Ok(pending.result),
            Some(_) => return Err(thrown(ClientError::IllegalState)),
            None => {}
        }
        let result = begin(self)?;
        self.pending = Some(Pending {
            result,
            state,
            told: false,
        });
        Ok(result)
    }

    /// `initializeTransactions`
    fn initialize(&mut self) -> Result<u32, Thrown> {
        self.fail_with_error()?;
        self.cached(State::Initializing, |own| {
            own.become_state(State::Initializing, None, Thread::Application)?;
            Ok(own.enqueue_init(None))
        })
    }

    fn enqueue_init(&mut self, current: Option<(ProducerId, ProducerEpoch)>) -> u32 {
        let result = self.new_result();
        self.enqueue(Ask::new(What::Init { current }, result));
        result
    }

    fn begin(&mut self) -> Result<(), Thrown> {
        self.fail_if_pending()?;
        self.fail_with_error()?;
        self.become_state(State::InTransaction, None, Thread::Application)
    }

    /// `beginCommit`, `beginAbort`
    fn complete(
        &mut self,
        outcome: Outcome,
        current: Option<(ProducerId, ProducerEpoch)>,
        thread: Thread,
    ) -> Result<u32, Thrown> {
        let state = match outcome {
            Outcome::Commit => State::Committing,
            Outcome::Abort => State::Aborting,
        };
        self.cached(state, |own| {
            if outcome == Outcome::Commit || own.state != State::Abortable {
                own.fail_with_error()?;
            }
            own.become_state(state, None, thread)?;
            if outcome == Outcome::Abort {
                own.new.clear();
            }
            own.add_new_partitions();
            let (producer, epoch) = current.unwrap_or_default();
            let writer = Writer {
                id: own.id,
                producer,
                epoch,
            };
            let result = own.new_result();
            own.enqueue(Ask::new(What::End { writer, outcome }, result));
            if own.bump_wanted {
                return Ok(own.enqueue_init(current));
            }
            Ok(result)
        })
    }

    /// `maybeAddPartition`: a record goes there. It is in the accumulator already, and stays there, whatever comes of this.
    pub(super) fn add_partition(
        &mut self,
        partition: TopicPartition,
        has_id: bool,
    ) -> Result<(), Thrown> {
        self.fail_with_error()?;
        self.fail_if_pending()?;
        if !has_id || self.state != State::InTransaction {
            return Err(thrown(ClientError::IllegalState));
        }
        match self.protocol {
            Protocol::V2 => {
                self.partitions.insert(partition);
                self.started = true;
            }
            Protocol::V1 if self.partitions.contains(&partition) => {}
            Protocol::V1 if self.adding.contains(&partition) => {}
            Protocol::V1 => {
                self.new.insert(partition);
            }
        }
        Ok(())
    }

    /// `resetTransactionState`: the transaction is over.
    fn reset(&mut self) {
        let next = match self.bump_wanted {
            true => State::Initializing,
            false => State::Ready,
        };
        if self.become_state(next, None, Thread::Sender).is_err() {
            return;
        }
        self.bump_wanted = false;
        self.started = false;
        self.new.clear();
        self.adding.clear();
        self.partitions.clear();
    }
}

impl JavaProducer {
    /// The application calls one of the transactional methods.
    pub(in super::super) fn transact(
        &mut self,
        now: SimTime,
        call: TransactionCall,
        out: &mut Effects,
    ) {
        let current = self.identity.current;
        let open = self.life == Life::Open;
        let illegal = Err(thrown(ClientError::IllegalState));
        let begun = match self.manager.as_mut().filter(|_| open) {
            None => illegal,
            Some(manager) => match call {
                TransactionCall::Init => manager.initialize().map(Some),
                TransactionCall::Begin => manager.begin().map(|()| None),
                TransactionCall::Commit => {
                    let thread = Thread::Application;
                    manager.complete(Outcome::Commit, current, thread).map(Some)
                }
                TransactionCall::Abort => {
                    let thread = Thread::Application;
                    manager.complete(Outcome::Abort, current, thread).map(Some)
                }
                TransactionCall::SendOffsets => illegal,
            },
        };
        match begun {
            Ok(Some(result)) => {
                let until = now + self.config.max_block;
                self.call(
                    now,
                    Call::Transaction {
                        call,
                        result,
                        until,
                    },
                    out,
                );
            }
            Ok(None) => self.call_returned(call, None, out),
            Err(thrown) => self.call_returned(call, Some(thrown), out),
        }
    }

    fn call_returned(&self, call: TransactionCall, thrown: Option<Thrown>, out: &mut Effects) {
        out.note(Observation::Transaction(
            TransactionFact::TransactionCallReturned {
                producer: self.id,
                call,
                thrown,
            },
        ));
    }

    /// True if a call returns: it is done, or it has waited for `max.block.ms`. Then only the same call may be made again.
    pub(super) fn go_on_transacting(
        &mut self,
        now: SimTime,
        (call, result, until): (TransactionCall, u32, SimTime),
        out: &mut Effects,
    ) -> bool {
        let Some(manager) = self.manager.as_mut() else {
            return true;
        };
        match manager.result(result) {
            Some(end) => {
                manager.told(result);
                self.call_returned(call, end.err(), out);
                true
            }
            None if now >= until => {
                let late = thrown(ClientError::Timeout);
                self.call_returned(call, Some(late), out);
                true
            }
            None => false,
        }
    }

    /// A closing producer aborts what is open (`Sender.run`). False if nothing is left to wait for; an error if it must be
    /// closed by force.
    pub(super) fn abort_before_close(&mut self) -> Result<bool, Thrown> {
        let current = self.identity.current;
        let Some(manager) = self.manager.as_mut().filter(|manager| manager.is_ongoing()) else {
            return Ok(false);
        };
        if !manager.is_completing() {
            manager.complete(Outcome::Abort, current, Thread::Sender)?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
