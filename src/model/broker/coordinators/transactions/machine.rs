//! What the coordinator makes of a request, from the state of its transactional id alone (`TransactionCoordinator`,
//! `TransactionMetadata`). A change is first written, and taken over when it is committed; until then it is pending, and
//! everybody else is told to come again.

use super::super::super::super::ids::{ProducerEpoch, ProducerId, TopicPartition};
use super::super::super::super::record::Outcome;
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::transaction::{Protocol, Transaction, TransactionState, Writer};
use super::super::super::super::wire::ErrorCode;
use crate::small::sort;

/// Epochs end here, so that the coordinator can always fence (`Short.MAX_VALUE - 1`).
const EXHAUSTED: u16 = 32_766;

/// A transactional id at its coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Known {
    /// As it is committed.
    pub(super) is: Transaction,
    /// A change is being written.
    pub(super) pending: bool,
    /// The log did not take a fence: its epoch was never given to anybody, and is used again (`hasFailedEpochFence`).
    failed_fence: bool,
}

/// A wish to end a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) writer: Writer,
    pub(super) outcome: Outcome,
    pub(super) protocol: Protocol,
}

/// What is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was done before; who the producer is now.
    Already(ProducerId, Option<ProducerEpoch>),
    /// Write this first.
    Write(Transaction),
}

impl Known {
    pub(super) fn new(is: Transaction) -> Self {
        Self {
            is,
            pending: false,
            failed_fence: false,
        }
    }

    /// Since when nothing has happened to it, if nothing is under way either.
    pub(super) fn unused_since(&self) -> Option<SimTime> {
        let rests = matches!(
            self.is.state,
            TransactionState::Empty | TransactionState::Complete(_)
        );
        (rests && !self.pending && self.is.epoch.is_some()).then_some(self.is.updated)
    }

    /// A transactional id that nobody has used.
    pub(super) fn fresh(producer: ProducerId, timeout: SimDuration) -> Self {
        Self::new(Transaction {
            producer,
            previous_producer: None,
            next_producer: None,
            epoch: None,
            last_epoch: None,
            timeout,
            state: TransactionState::Empty,
            partitions: Vec::new(),
            started: None,
            updated: SimTime::ZERO,
            protocol: Protocol::V1,
        })
    }

    fn is_exhausted(&self) -> bool {
        self.is.epoch.is_some_and(|epoch| epoch.0 >= EXHAUSTED)
    }

    fn bumped(&self) -> ProducerEpoch {
        self.is.epoch.map_or(ProducerEpoch(0), ProducerEpoch::next)
    }

    /// A producer begins (`prepareInitProducerIdTransit`): what to write, or none if an open transaction must be fenced first.
    /// `fresh` is a producer id that nobody has.
    pub(super) fn init(
        &self,
        timeout: SimDuration,
        current: Option<(ProducerId, ProducerEpoch)>,
        fresh: ProducerId,
    ) -> Result<Option<Transaction>, ErrorCode> {
        if self.pending {
            return Err(ErrorCode::ConcurrentTransactions);
        }
        let is = &self.is;
        let is_own = |(producer, epoch): (ProducerId, ProducerEpoch)| {
            is.epoch.is_none()
                || producer == is.producer
                || (Some(producer) == is.previous_producer && epoch.0 >= EXHAUSTED)
        };
        if !current.is_none_or(is_own) {
            return Err(ErrorCode::ProducerFenced);
        }
        match is.state {
            TransactionState::Prepare(_) => Err(ErrorCode::ConcurrentTransactions),
            TransactionState::Ongoing => Ok(None),
            TransactionState::Empty | TransactionState::Complete(_) => {
                let mut next = Transaction {
                    timeout,
                    state: TransactionState::Empty,
                    partitions: Vec::new(),
                    started: None,
                    ..is.clone()
                };
                let expected = current.map(|(_, epoch)| epoch);
                if self.is_exhausted() && (expected.is_none() || expected == is.epoch) {
                    next.previous_producer = Some(is.producer);
                    next.producer = fresh;
                    next.epoch = Some(ProducerEpoch(0));
                    next.last_epoch = expected.and(is.epoch);
                } else {
                    (next.epoch, next.last_epoch) = self.incremented(expected)?;
                }
                Ok(Some(next))
            }
        }
    }

    /// `TransactionMetadata.prepareIncrementProducerEpoch`: the epoch and the last one.
    fn incremented(
        &self,
        expected: Option<ProducerEpoch>,
    ) -> Result<(Option<ProducerEpoch>, Option<ProducerEpoch>), ErrorCode> {
        let (epoch, last) = (self.is.epoch, self.is.last_epoch);
        match expected {
            None => Ok((Some(self.bumped()), None)),
            Some(_) if epoch.is_none() || expected == epoch => Ok((Some(self.bumped()), epoch)),
            Some(_) if expected == last => Ok((epoch, last)),
            Some(_) => Err(ErrorCode::ProducerFenced),
        }
    }

    /// Who may speak for the transaction, where it is not being ended.
    fn check(&self, writer: Writer) -> Result<(), ErrorCode> {
        if self.is.producer != writer.producer {
            Err(ErrorCode::InvalidProducerIdMapping)
        } else if self.is.epoch != Some(writer.epoch) {
            Err(ErrorCode::ProducerFenced)
        } else if matches!(self.is.state, TransactionState::Prepare(_)) {
            Err(ErrorCode::ConcurrentTransactions)
        } else {
            Ok(())
        }
    }

    /// Partitions are added (`handleAddPartitionsToTransaction`): what to write, or none if they are known.
    pub(super) fn add(
        &self,
        now: SimTime,
        writer: Writer,
        partitions: &[TopicPartition],
        protocol: Protocol,
    ) -> Result<Option<Transaction>, ErrorCode> {
        if self.pending {
            return Err(ErrorCode::ConcurrentTransactions);
        }
        self.check(writer)?;
        let is = &self.is;
        let ongoing = is.state == TransactionState::Ongoing;
        if ongoing && partitions.iter().all(|id| is.partitions.contains(id)) {
            return Ok(None);
        }
        let mut all = is.partitions.clone();
        all.extend(partitions);
        sort(&mut all);
        all.dedup();
        Ok(Some(Transaction {
            state: TransactionState::Ongoing,
            partitions: all,
            started: if ongoing { is.started } else { Some(now) },
            protocol,
            ..is.clone()
        }))
    }

    /// A leader asks whether a partition has been added (`handleVerifyPartitionsInTransaction`).
    pub(super) fn verify(&self, writer: Writer, partition: TopicPartition) -> ErrorCode {
        match self.check(writer) {
            Err(error) => error,
            Ok(()) if self.is.partitions.contains(&partition) => ErrorCode::None,
            Ok(()) => ErrorCode::TransactionAbortable,
        }
    }

    /// A client wants the transaction ended.
    pub(super) fn end(
        &self,
        now: SimTime,
        end: End,
        fresh: ProducerId,
    ) -> Result<Ended, ErrorCode> {
        match end.protocol {
            Protocol::V1 => self.end_v1(now, end),
            Protocol::V2 => self.end_v2(now, end, fresh),
        }
    }

    /// `endTransactionWithTV1`: the same epoch must come, and stays.
    fn end_v1(&self, now: SimTime, end: End) -> Result<Ended, ErrorCode> {
        if self.is.producer != end.writer.producer {
            return Err(ErrorCode::InvalidProducerIdMapping);
        }
        if self.is.epoch != Some(end.writer.epoch) {
            return Err(ErrorCode::ProducerFenced);
        }
        if self.pending {
            return Err(ErrorCode::ConcurrentTransactions);
        }
        match self.is.state {
            TransactionState::Ongoing => {
                let mut next = self.decided(now, end.outcome, Protocol::V1, false);
                next.next_producer = None;
                Ok(Ended::Write(next))
            }
            TransactionState::Complete(outcome) if outcome == end.outcome => {
                Ok(Ended::Already(self.is.producer, None))
            }
            TransactionState::Prepare(outcome) if outcome == end.outcome => {
                Err(ErrorCode::ConcurrentTransactions)
            }
            _ => Err(ErrorCode::InvalidTxnState),
        }
    }

    /// `endTransaction` with epochs that are raised: who asks again has the epoch before.
    fn end_v2(&self, now: SimTime, end: End, fresh: ProducerId) -> Result<Ended, ErrorCode> {
        if self.pending {
            return Err(ErrorCode::ConcurrentTransactions);
        }
        let (is, writer) = (&self.is, end.writer);
        let over = is.previous_producer == Some(writer.producer)
            && writer.epoch.0 == EXHAUSTED
            && is.epoch == Some(ProducerEpoch(0));
        let again = is.epoch == Some(writer.epoch.next());
        let current = is.epoch == Some(writer.epoch);
        if is.producer != writer.producer && !over {
            return Err(ErrorCode::InvalidProducerIdMapping);
        }
        let valid = match is.state {
            TransactionState::Ongoing | TransactionState::Empty => current,
            TransactionState::Prepare(_) => again,
            TransactionState::Complete(_) => again || over || current,
        };
        if !valid {
            return Err(ErrorCode::ProducerFenced);
        }
        let decide = |empty: bool| {
            let mut next = self.decided(now, end.outcome, Protocol::V2, empty);
            next.next_producer = self.is_exhausted().then_some(fresh);
            Ok(Ended::Write(next))
        };
        let again = again || over;
        match (is.state, end.outcome) {
            (TransactionState::Ongoing, _) => decide(false),
            (TransactionState::Complete(done), outcome) if again && done == outcome => {
                Ok(Ended::Already(is.producer, is.epoch))
            }
            (TransactionState::Complete(_) | TransactionState::Empty, Outcome::Abort) if !again => {
                decide(true)
            }
            (TransactionState::Prepare(done), outcome) if done == outcome => {
                Err(ErrorCode::ConcurrentTransactions)
            }
            _ => Err(ErrorCode::InvalidTxnState),
        }
    }

    /// `TransactionMetadata.prepareAbortOrCommit`. `empty`: nothing was added, so the transaction starts and ends now.
    fn decided(
        &self,
        now: SimTime,
        outcome: Outcome,
        protocol: Protocol,
        empty: bool,
    ) -> Transaction {
        let is = &self.is;
        let (epoch, last_epoch) = match protocol {
            Protocol::V1 => (is.epoch, is.last_epoch),
            Protocol::V2 => (Some(self.bumped()), is.epoch),
        };
        Transaction {
            state: TransactionState::Prepare(outcome),
            epoch,
            last_epoch,
            started: if empty { Some(now) } else { is.started },
            protocol,
            ..is.clone()
        }
    }

    /// Another instance has begun, or the time is over: the open transaction is aborted in an epoch that nobody has
    /// (`prepareFenceProducerEpoch`, then `endTransaction`). The protocol is the cluster's own.
    pub(super) fn fenced(
        &self,
        now: SimTime,
        protocol: Protocol,
        fresh: ProducerId,
    ) -> Transaction {
        let mut next = self.decided(now, Outcome::Abort, protocol, false);
        match protocol {
            Protocol::V2 => next.next_producer = self.is_exhausted().then_some(fresh),
            Protocol::V1 if self.failed_fence => next.last_epoch = None,
            Protocol::V1 => (next.epoch, next.last_epoch) = (Some(self.bumped()), None),
        }
        next
    }

    /// A fence was not written. By the older protocol its epoch counts all the same.
    pub(super) fn fence_failed(&mut self, fence: &Transaction) {
        if fence.protocol == Protocol::V1 {
            self.is.epoch = fence.epoch;
            self.is.last_epoch = None;
            self.failed_fence = true;
        }
    }

    /// All markers are written (`TransactionMetadata.prepareComplete`).
    pub(super) fn completed(&self) -> Option<Transaction> {
        let TransactionState::Prepare(outcome) = self.is.state else {
            return None;
        };
        let is = &self.is;
        let mut next = Transaction {
            state: TransactionState::Complete(outcome),
            next_producer: None,
            partitions: Vec::new(),
            ..is.clone()
        };
        if let (Protocol::V2, Some(producer)) = (is.protocol, is.next_producer) {
            next.previous_producer = Some(is.producer);
            next.producer = producer;
            next.epoch = Some(ProducerEpoch(0));
        }
        Some(next)
    }

    /// Who the producer is once a decided transaction is complete: what EndTxn answers.
    pub(super) fn after_completion(&self) -> Option<(ProducerId, ProducerEpoch)> {
        let next = self.completed()?;
        (next.protocol == Protocol::V2).then_some(())?;
        Some((next.producer, next.epoch?))
    }

    /// A change is committed.
    pub(super) fn take_over(&mut self, next: Transaction) {
        self.is = next;
        self.pending = false;
        if matches!(self.is.state, TransactionState::Complete(_)) {
            self.failed_fence = false;
        }
    }

    /// True if the open transaction has been open for too long (`timedOutTransactions`).
    pub(super) fn is_overdue(&self, now: SimTime) -> bool {
        !self.pending && self.overdue_at().is_some_and(|at| at < now)
    }

    /// After that it will be open for too long.
    pub(super) fn overdue_at(&self) -> Option<SimTime> {
        let ongoing = self.is.state == TransactionState::Ongoing;
        let started = self.is.started.filter(|_| ongoing)?;
        Some(started + self.is.timeout)
    }
}

#[cfg(test)]
mod tests;
