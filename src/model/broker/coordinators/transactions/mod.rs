//! The transaction coordinator: the leader of `__transaction_state` (`TransactionCoordinator`, `TransactionStateManager`).
//! `machine` decides, `markers` carries a decision to the partitions; `verification` and `writing` are the leaders' side of it.

mod courier;
mod machine;
mod markers;
mod offsets;
mod turns;
mod verification;
mod writing;

use super::super::super::effects::{Effects, ReplyTo};
use super::super::super::ids::{
    LeaderEpoch, ProducerEpoch, ProducerId, TopicId, TopicPartition, TransactionalId,
};
use super::super::super::scenario::Rule;
use super::super::super::small::Map;
use super::super::super::state_record::StateRecord;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::transaction::{
    Protocol, Transaction, TransactionRequest, TransactionResponse, Writer,
};
use super::super::super::wire::{ErrorCode, Response};
use super::super::Broker;
use super::waiting::Then;
use machine::{End, Ended, Known};
use markers::Markers;
pub(super) use offsets::PendingOffsets;
use verification::Verification;
pub(in super::super) use verification::{Held, Verified};

/// What a broker knows of transactions, as their coordinator and as a leader that asks one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in super::super) struct Transactions {
    /// Where this broker leads `__transaction_state`.
    known: Map<TransactionalId, Known>,
    markers: Markers,
    verification: Verification,
    /// Producer ids that it has given away.
    given: u64,
    /// When it last looked for transactions that have been open for too long.
    looked_at: Option<SimTime>,
}

impl Transactions {
    /// Takes in what a former coordinator wrote.
    pub(super) fn learn(&mut self, id: TransactionalId, is: Option<&Transaction>) {
        self.known.remove(&id);
        if let Some(is) = is {
            self.known.insert(id, Known::new(is.clone()));
        }
    }

    /// It coordinates no longer.
    pub(super) fn forget(&mut self) {
        self.known = Map::new();
        self.markers = Markers::default();
    }
}

/// A change that was appended, and what is to be done when it is committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct Written {
    id: TransactionalId,
    /// In which epoch of the coordinator.
    epoch: LeaderEpoch,
    next: Transaction,
    after: After,
}

impl Written {
    /// How long the log may take (`TransactionStateManager.appendTransactionToLog`).
    pub(super) fn patience(&self) -> SimDuration {
        self.next.timeout
    }
}

/// What is done then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum After {
    /// InitProducerId is answered.
    Begun(ReplyTo),
    /// AddPartitionsToTxn is answered.
    Added(ReplyTo),
    /// AddOffsetsToTxn is answered.
    AddedOffsets(ReplyTo),
    /// Markers are wanted; EndTxn is answered.
    Ended(ReplyTo),
    /// Markers are wanted; who began anew is told to come again, or nobody waits.
    Fenced(Option<ReplyTo>),
    /// The transaction is complete.
    Completed,
}

fn answer(reply: ReplyTo, answer: TransactionResponse, out: &mut Effects) {
    out.reply(reply, Response::Transaction(Box::new(answer)));
}

fn state_partition() -> TopicPartition {
    TopicId::TRANSACTION_STATE.first_partition()
}

impl Broker {
    /// What the cluster's own decisions follow.
    fn protocol(&self) -> Protocol {
        match self.config.rules.has(Rule::EpochKeptBetweenTransactions) {
            true => Protocol::V1,
            false => Protocol::V2,
        }
    }

    /// A producer id that nobody has: blocks of ids per broker, as Kafka hands them out; here a block for each of its lives.
    fn fresh_producer_id(&mut self) -> ProducerId {
        self.coordinators.transactions.given += 1;
        let life = self.epoch().unwrap_or_default().0;
        ProducerId((life + 1) * 1_000_000 + self.coordinators.transactions.given)
    }

    pub(in super::super) fn on_transaction_request(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: TransactionRequest,
        out: &mut Effects,
    ) {
        match request {
            TransactionRequest::InitProducerId {
                id,
                timeout,
                current,
            } => {
                if let Err(error) = self.init(now, reply, id, timeout, current, out) {
                    answer(reply, TransactionResponse::InitProducerId(Err(error)), out);
                }
            }
            TransactionRequest::AddPartitions {
                writer,
                partitions,
                verify_only: true,
                ..
            } => {
                let verify = |partition: &TopicPartition| {
                    let error = match self.known(writer.id) {
                        Ok(known) => known.verify(writer, *partition),
                        Err(error) => error,
                    };
                    (*partition, error)
                };
                let told = partitions.iter().map(verify).collect();
                answer(reply, TransactionResponse::AddPartitions(told), out);
            }
            TransactionRequest::AddPartitions {
                writer,
                partitions,
                protocol,
                ..
            } => {
                let told = self.add(now, reply, writer, &partitions, protocol, out);
                if let Some(error) = told {
                    answer_added(reply, &partitions, error, out);
                }
            }
            TransactionRequest::AddOffsets(writer) => {
                let log = [offsets::LOG];
                let told = self.add_offsets(now, reply, writer, &log, out);
                if let Some(error) = told {
                    answer(reply, TransactionResponse::AddOffsets(error), out);
                }
            }
            TransactionRequest::TxnOffsetCommit {
                writer,
                protocol,
                commit,
            } => self.on_txn_offset_commit(now, reply, (writer, protocol), *commit, out),
            TransactionRequest::EndTxn {
                writer,
                outcome,
                protocol,
            } => {
                let end = End {
                    writer,
                    outcome,
                    protocol,
                };
                if let Err(error) = self.end_transaction(now, reply, end, out) {
                    answer(reply, TransactionResponse::EndTxn(Err(error)), out);
                }
            }
            TransactionRequest::WriteTxnMarkers(markers) => {
                self.on_write_markers(now, reply, markers, out);
            }
        }
    }

    /// `TransactionStateManager.getTransactionState`, where there must be one.
    fn known(&self, id: TransactionalId) -> Result<&Known, ErrorCode> {
        if !self.coordinates(state_partition()) {
            return Err(ErrorCode::NotCoordinator);
        }
        let known = self.coordinators.transactions.known.get(&id);
        known.ok_or(ErrorCode::InvalidProducerIdMapping)
    }

    /// State and epoch of a transactional id, for an administrator (`handleDescribeTransactions`).
    ///
    /// # Errors
    /// If this broker does not coordinate it, or nobody has used it.
    pub(crate) fn describe_transaction(
        &self,
        id: TransactionalId,
    ) -> Result<&Transaction, ErrorCode> {
        match self.known(id) {
            Ok(known) => Ok(&known.is),
            Err(ErrorCode::InvalidProducerIdMapping) => Err(ErrorCode::TransactionalIdNotFound),
            Err(error) => Err(error),
        }
    }

    fn init(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        id: TransactionalId,
        timeout: SimDuration,
        current: Option<(ProducerId, ProducerEpoch)>,
        out: &mut Effects,
    ) -> Result<(), ErrorCode> {
        if timeout > self.config.transaction_max_timeout || timeout == SimDuration::ZERO {
            return Err(ErrorCode::InvalidTransactionTimeout);
        }
        let fresh = self.fresh_producer_id();
        if self.known(id) == Err(ErrorCode::InvalidProducerIdMapping) {
            let known = Known::fresh(fresh, timeout);
            self.coordinators.transactions.known.insert(id, known);
        }
        match self.known(id)?.init(timeout, current, fresh)? {
            Some(next) => self.write(now, id, next, After::Begun(reply), out),
            None => self.fence(now, id, Some(reply), out),
        }
        Ok(())
    }

    fn add(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        writer: Writer,
        partitions: &[TopicPartition],
        protocol: Protocol,
        out: &mut Effects,
    ) -> Option<ErrorCode> {
        let known = self.known(writer.id);
        match known.and_then(|known| known.add(now, writer, partitions, protocol)) {
            Err(error) => Some(error),
            Ok(None) => Some(ErrorCode::None),
            Ok(Some(next)) => {
                self.write(now, writer.id, next, After::Added(reply), out);
                None
            }
        }
    }

    fn end_transaction(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        end: End,
        out: &mut Effects,
    ) -> Result<(), ErrorCode> {
        let fresh = self.fresh_producer_id();
        match self.known(end.writer.id)?.end(now, end, fresh)? {
            Ended::Already(producer, epoch) => {
                let is = epoch.map(|epoch| (producer, epoch));
                answer(reply, TransactionResponse::EndTxn(Ok(is)), out);
            }
            Ended::Write(next) => {
                self.write(now, end.writer.id, next, After::Ended(reply), out);
            }
        }
        Ok(())
    }

    /// The open transaction is aborted in an epoch of its own.
    fn fence(
        &mut self,
        now: SimTime,
        id: TransactionalId,
        reply: Option<ReplyTo>,
        out: &mut Effects,
    ) {
        let (protocol, fresh) = (self.protocol(), self.fresh_producer_id());
        if let Ok(known) = self.known(id) {
            let next = known.fenced(now, protocol, fresh);
            self.write(now, id, next, After::Fenced(reply), out);
        }
    }

    /// Appends a change; it counts when it is committed.
    fn write(
        &mut self,
        now: SimTime,
        id: TransactionalId,
        mut next: Transaction,
        after: After,
        out: &mut Effects,
    ) {
        next.updated = now;
        if let Some(known) = self.coordinators.transactions.known.get_mut(&id) {
            known.pending = true;
        }
        let record = StateRecord::Transaction {
            id,
            value: Some(Box::new(next.clone())),
        };
        let then = Then::Transaction(Box::new(Written {
            id,
            epoch: self.coordinator_epoch(),
            next,
            after,
        }));
        let refused = self.write_state(now, state_partition(), vec![record], then, out);
        if let Err((error, Then::Transaction(written))) = refused {
            self.on_transaction_written(now, *written, Err(error), out);
        }
    }

    /// A change is committed, or it is not known to be and counts as if it were not written.
    pub(super) fn on_transaction_written(
        &mut self,
        now: SimTime,
        written: Written,
        fate: Result<(), ErrorCode>,
        out: &mut Effects,
    ) {
        let Written {
            id,
            epoch,
            next,
            after,
        } = written;
        // After another election the log was read again: what it says counts.
        let leads = self.coordinates(state_partition()) && epoch == self.coordinator_epoch();
        let known = self.coordinators.transactions.known.get_mut(&id);
        let fate = match known.filter(|_| leads) {
            None => Err(fate.err().unwrap_or(ErrorCode::NotCoordinator)),
            Some(known) => {
                match fate {
                    Ok(()) => known.take_over(next.clone()),
                    // It is tried until it is written.
                    Err(_) if after == After::Completed => {}
                    Err(_) => {
                        known.pending = false;
                        if matches!(after, After::Fenced(_)) {
                            known.fence_failed(&next);
                        }
                    }
                }
                fate
            }
        };
        self.after_write(now, id, next, after, fate, out);
        self.arm_transactions(now, out);
    }

    fn after_write(
        &mut self,
        now: SimTime,
        id: TransactionalId,
        next: Transaction,
        after: After,
        fate: Result<(), ErrorCode>,
        out: &mut Effects,
    ) {
        let error = fate.err().unwrap_or_default();
        match (after, fate) {
            (After::Begun(reply), _) => {
                let is = (next.producer, next.epoch.unwrap_or_default());
                let told = TransactionResponse::InitProducerId(fate.map(|()| is));
                answer(reply, told, out);
            }
            (After::AddedOffsets(reply), _) => {
                answer(reply, TransactionResponse::AddOffsets(error), out);
            }
            (After::Added(reply), _) => answer_added(reply, &next.partitions, error, out),
            (After::Ended(reply), Ok(())) => {
                let known = self.coordinators.transactions.known.get(&id);
                let is = known.and_then(Known::after_completion);
                answer(reply, TransactionResponse::EndTxn(Ok(is)), out);
                self.want_markers(now, id, out);
            }
            (After::Ended(reply), Err(error)) => {
                answer(reply, TransactionResponse::EndTxn(Err(error)), out);
            }
            (After::Fenced(reply), _) => {
                let error = fate.err().unwrap_or(ErrorCode::ConcurrentTransactions);
                if let Some(reply) = reply {
                    answer(reply, TransactionResponse::InitProducerId(Err(error)), out);
                }
                if fate.is_ok() {
                    self.want_markers(now, id, out);
                }
            }
            (After::Completed, Err(ErrorCode::CoordinatorNotAvailable)) => {
                let transactions = &mut self.coordinators.transactions;
                transactions.markers.complete_later(now, id);
            }
            (After::Completed, _) => {}
        }
    }

    /// All markers are written: that, too, is written down (`maybeWriteTxnCompletion`).
    pub(super) fn complete_if_done(
        &mut self,
        now: SimTime,
        id: TransactionalId,
        out: &mut Effects,
    ) {
        let known = self.coordinators.transactions.known.get(&id);
        let done = known.filter(|known| !known.pending && known.is.partitions.is_empty());
        if let Some(next) = done.and_then(Known::completed) {
            self.write(now, id, next, After::Completed, out);
        }
    }

    /// Leads `__transaction_state` from now on: what was decided is carried out (`onElection`).
    pub(super) fn resume_transactions(&mut self, now: SimTime, out: &mut Effects) {
        let ids: Vec<_> = self
            .coordinators
            .transactions
            .known
            .keys()
            .copied()
            .collect();
        for id in ids {
            self.want_markers(now, id, out);
        }
        self.arm_transactions(now, out);
    }
}

fn answer_added(
    reply: ReplyTo,
    partitions: &[TopicPartition],
    error: ErrorCode,
    out: &mut Effects,
) {
    let told = partitions.iter().map(|id| (*id, error)).collect();
    answer(reply, TransactionResponse::AddPartitions(told), out);
}
