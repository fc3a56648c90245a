//! What a lost batch means for the transaction that it belongs to, and what becomes of batches when a transaction is lost.

use super::super::super::super::effects::Effects;
use super::super::super::super::ids::TopicPartition;
use super::super::super::super::transaction::Protocol;
use super::super::super::super::wire::{ClientError, ErrorCode, Thrown};
use super::super::super::peers::{Asked, InFlight};
use super::super::JavaProducer;
use super::super::batches::Batch;
use super::super::responses::fail;
use super::{Manager, State, Thread};

impl Manager {
    /// `TransactionManager.maybeTransitionToErrorState`
    fn after_failure(&mut self, error: ClientError, thread: Thread) {
        let itself = Thrown::from(error);
        let retriable = match error {
            ClientError::Timeout | ClientError::BufferExhausted => true,
            ClientError::Broker(ErrorCode::InvalidTxnState) => true,
            ClientError::Broker(code) => code.is_retriable(),
            _ => false,
        };
        let fatal = matches!(
            error,
            ClientError::Broker(ErrorCode::ProducerFenced | ErrorCode::InvalidProducerIdMapping)
        );
        if fatal {
            return self.fail_for_good(itself);
        }
        if self.protocol == Protocol::V1 && !self.is_completing() {
            self.bump_wanted = true;
        }
        let abortable = Thrown {
            error: ClientError::Broker(ErrorCode::TransactionAbortable),
            cause: Some(error),
        };
        self.become_abortable(if retriable { abortable } else { itself }, thread);
    }

    /// Batches that were sent have expired, and nothing of their partition is under way (`maybeResolveSequences`).
    pub(in super::super) fn sequences_lost(&mut self) {
        self.bump_wanted |= self.protocol == Protocol::V1;
        self.become_abortable(Thrown::from(ClientError::SequencesLost), Thread::Sender);
    }
}

impl JavaProducer {
    /// A batch failed. True if it was one of a transaction. `adjusts`: it was surely not written, and those behind it move up.
    pub(in super::super) fn fail_transaction(
        &mut self,
        partition: TopicPartition,
        batch: &Batch,
        error: ClientError,
        adjusts: bool,
    ) -> bool {
        let Some(manager) = &mut self.manager else {
            return false;
        };
        manager.after_failure(error, Thread::Sender);
        if manager.state != State::Fatal && adjusts {
            self.move_up(partition, batch);
        }
        true
    }

    /// `send()` itself failed with an error of the broker's kind.
    pub(in super::super) fn fail_transaction_by_call(&mut self, error: ClientError) {
        if let Some(manager) = &mut self.manager {
            manager.after_failure(error, Thread::Application);
        }
    }

    /// `TxnPartitionEntry.adjustSequencesDueToFailedBatch`
    fn move_up(&mut self, partition: TopicPartition, failed: &Batch) {
        let Some(own) = failed.identity else {
            return;
        };
        let count = failed.count();
        self.lane_mut(partition)
            .sequences
            .move_up(own.base_sequence, count);
        let sent = self.peers.nodes.iter_mut().flat_map(|n| &mut n.in_flight);
        let sent = sent.filter_map(|asked| match &mut asked.what {
            Asked::Produce(batches) => Some(batches),
            _ => None,
        });
        let sent = sent.flatten().filter(|(at, _)| *at == partition);
        let sent = sent.map(|(_, batch)| batch);
        let lanes = self.lanes.iter_mut();
        let queued = lanes.filter(|lane| lane.partition == partition);
        for batch in sent.chain(queued.flat_map(|lane| &mut lane.queue)) {
            if let Some(theirs) = &mut batch.identity
                && theirs.base_sequence > own.base_sequence
            {
                theirs.base_sequence.0 -= count;
                batch.rewritten = true;
            }
        }
    }

    /// True while any record has no outcome (`RecordAccumulator.hasIncomplete`).
    pub(super) fn has_incomplete(&self) -> bool {
        self.has_records()
    }

    /// What was never sent fails (`RecordAccumulator.abortUndrainedBatches`).
    pub(super) fn abort_undrained(&mut self, error: ClientError, out: &mut Effects) {
        let mut freed = 0;
        for lane in &mut self.lanes {
            lane.queue.retain(|batch| {
                let sent = batch.identity.is_some();
                if !sent {
                    fail(batch, error, out);
                    freed += u64::from(batch.memory);
                }
                sent
            });
        }
        self.memory = self.memory.saturating_sub(freed);
    }

    /// Everything fails (`RecordAccumulator.abortBatches`). Requests that are out are not recalled.
    pub(super) fn abort_batches(&mut self, error: ClientError, out: &mut Effects) {
        let produced = |asked: &mut InFlight<Batch>| match &mut asked.what {
            Asked::Produce(batches) => Some(std::mem::take(batches)),
            _ => None,
        };
        let sent = self.peers.nodes.iter_mut().flat_map(|n| &mut n.in_flight);
        for asked in sent {
            if let Some(mut batches) = produced(asked) {
                for (_, batch) in batches.iter_mut().filter(|(_, batch)| !batch.done) {
                    fail(batch, error, out);
                    batch.done = true;
                }
                asked.what = Asked::Produce(batches);
            }
        }
        let mut freed = 0;
        for lane in &mut self.lanes {
            for batch in lane.queue.drain(..) {
                fail(&batch, error, out);
                freed += u64::from(batch.memory);
            }
        }
        self.memory = self.memory.saturating_sub(freed);
    }
}
