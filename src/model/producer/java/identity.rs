//! Producer id, epoch and sequences (`TransactionManager`, `TxnPartitionEntry`; without transactions).

use super::super::super::effects::Effects;
use super::super::super::ids::{ProducerEpoch, ProducerId, Sequence, TopicPartition};
use super::super::super::observation::Observation;
use super::super::super::record::ProducerIdentity;
use super::super::super::wire::{ClientError, ErrorCode};
use super::super::peers::Asked;
use super::batches::Batch;
use super::{JavaProducer, Lane};
use crate::small::sort_by_key;

/// Who the producer is to the brokers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    /// It needs a producer id.
    pub(super) wanted: bool,
    /// It has asked for one.
    pub(super) asking: bool,
    pub(super) current: Option<(ProducerId, ProducerEpoch)>,
    /// Sequences must start over: at its next turn the sender raises the epoch (`clientSideEpochBumpRequired`).
    bump_wanted: bool,
}

/// The sequence numbers of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sequences {
    /// The identity that they belong to; none before the first.
    of: Option<(ProducerId, ProducerEpoch)>,
    next: Sequence,
    last_acked: Option<Sequence>,
    /// A batch that had been sent and come back has expired: whether its sequences were used is not known. The sequence
    /// after it.
    unresolved: Option<Sequence>,
    /// At the next turn they start over, and what is under way is signed anew (`partitionsToRewriteSequences`).
    rewrite: bool,
    /// Base sequences of all batches that were signed and are not done, ascending (`inflightBatchesBySequence`).
    undone: Vec<Sequence>,
}

impl Sequences {
    pub(super) fn track(&mut self, base: Sequence) {
        let at = self.undone.partition_point(|other| *other < base);
        self.undone.insert(at, base);
    }

    fn forget(&mut self, base: Sequence) {
        if let Ok(at) = self.undone.binary_search(&base) {
            self.undone.remove(at);
        }
    }

    /// A batch failed that was surely not written: those behind it move up.
    pub(super) fn move_up(&mut self, failed: Sequence, count: u32) {
        let behind = self.undone.iter_mut().filter(|base| **base > failed);
        behind.for_each(|base| base.0 -= count);
        self.next.0 = self.next.0.saturating_sub(count);
    }

    /// The sequence that follows the last acknowledged one.
    fn expected(&self) -> Sequence {
        self.last_acked.map_or(Sequence(0), Sequence::next)
    }
}

impl Identity {
    pub(super) fn obtained(&mut self, id: ProducerId) {
        self.asking = false;
        self.current = Some((id, ProducerEpoch(0)));
    }

    /// True if a producer id is needed and neither there nor asked for.
    pub(super) fn must_ask(&self) -> bool {
        self.wanted && !self.asking && self.current.is_none()
    }

    pub(super) fn is_missing(&self) -> bool {
        self.current.is_none()
    }
}

impl JavaProducer {
    /// May the head of a queue be drained (`RecordAccumulator.shouldStopDrainBatchesForPartition`)?
    pub(super) fn may_drain(&self, lane: &Lane, head: &Batch) -> bool {
        if self.config.max_in_flight == 1 && lane.on_the_way > 0 {
            // guaranteeMessageOrder: the partition is muted.
            return false;
        }
        if !self.config.enable_idempotence {
            return true;
        }
        let manager = self.manager.as_ref();
        if !manager.is_none_or(|manager| manager.allows(lane.partition)) {
            return false;
        }
        let sequences = &lane.sequences;
        match head.identity {
            // A batch that was sent before goes only when it is the oldest that is not done.
            Some(own) => sequences
                .undone
                .first()
                .is_none_or(|first| own.base_sequence <= *first),
            None => {
                let stale = sequences.of != self.identity.current;
                sequences.unresolved.is_none() && (!stale || sequences.undone.is_empty())
            }
        }
    }

    /// Signs a batch when it is first drained; a batch that was sent before keeps its signature. A partition with nothing
    /// under way takes over an epoch that was raised for another (`maybeUpdateProducerIdAndEpoch`).
    pub(super) fn sign(&mut self, partition: TopicPartition, batch: &mut Batch) {
        batch.rewritten = false;
        let Some((id, epoch)) = self.identity.current else {
            return;
        };
        if batch.identity.is_some() || !self.config.enable_idempotence {
            return;
        }
        let sequences = &mut self.lane_mut(partition).sequences;
        if sequences.of != Some((id, epoch)) {
            *sequences = Sequences {
                of: Some((id, epoch)),
                ..Sequences::default()
            };
        }
        let base_sequence = sequences.next;
        sequences.track(base_sequence);
        sequences.next = Sequence(base_sequence.0 + batch.count());
        batch.identity = Some(ProducerIdentity {
            id,
            epoch,
            base_sequence,
        });
    }

    /// A batch that was sent is done, or cut into pieces: it is no longer among those in flight.
    pub(super) fn forget_sent(&mut self, partition: TopicPartition, batch: &Batch) {
        if let Some(own) = batch.identity
            && !batch.done
        {
            self.lane_mut(partition).sequences.forget(own.base_sequence);
        }
    }

    /// `TransactionManager.handleCompletedBatch`; also for a batch that has expired and turns out to be written.
    pub(super) fn note_acked(&mut self, partition: TopicPartition, batch: &Batch) {
        let (last, own) = (batch.last_sequence(), batch.identity);
        let sequences = &mut self.lane_mut(partition).sequences;
        if last.is_some() {
            sequences.last_acked = sequences.last_acked.max(last);
        }
        if let Some(own) = own.filter(|_| !batch.done) {
            sequences.forget(own.base_sequence);
        }
    }

    /// `TransactionManager.canRetry` for a gap. An earlier batch may be on its way; if there is none, the broker has lost
    /// track, and the sequences start over in a new epoch. Either way the batch is sent again.
    pub(super) fn can_retry_gap(&mut self, partition: TopicPartition, batch: &Batch) -> bool {
        let Some(own) = batch.identity else {
            return false;
        };
        let sequences = &self.lane_mut(partition).sequences;
        let is_next = own.base_sequence == sequences.expected();
        let gap = match sequences.unresolved {
            None => !batch.rewritten && is_next,
            Some(after) => own.base_sequence == after,
        };
        let waits = sequences.unresolved.is_none() && !gap;
        if self.manager.is_some() {
            // A transaction is not saved by a new epoch: it must be aborted.
            return waits;
        }
        if gap {
            self.want_bump(partition);
        }
        true
    }

    /// A batch failed for good (`handleFailedBatch`): later ones of its partition start over in a new epoch, unless its
    /// retries are used up, for then it may have been written.
    pub(super) fn after_failure(
        &mut self,
        partition: TopicPartition,
        batch: &Batch,
        error: ErrorCode,
    ) {
        let adjusts = batch.attempts < self.config.retries;
        self.forget_sent(partition, batch);
        if self.fail_transaction(partition, batch, ClientError::Broker(error), adjusts) {
            return;
        }
        if batch.identity.is_some() && (adjusts || error == ErrorCode::OutOfOrderSequenceNumber) {
            self.want_bump(partition);
        }
    }

    /// A batch expired. If it had been sent and had come back, its outcome is unknown (`markSequenceUnresolved`). If it is on
    /// its way for the first time, a gap will show.
    pub(super) fn after_expiry(&mut self, partition: TopicPartition, batch: &Batch) {
        self.forget_sent(partition, batch);
        self.fail_transaction(partition, batch, ClientError::Timeout, false);
        if let Some(own) = batch.identity
            && batch.in_retry()
        {
            let after = Sequence(own.base_sequence.0 + batch.count());
            let sequences = &mut self.lane_mut(partition).sequences;
            sequences.unresolved = sequences.unresolved.max(Some(after));
        }
    }

    fn want_bump(&mut self, partition: TopicPartition) {
        self.identity.bump_wanted = true;
        self.lane_mut(partition).sequences.rewrite = true;
    }

    /// Once nothing of an unresolved partition is under way, its sequences start over, unless later ones were acknowledged
    /// (`maybeResolveSequences`). Then the epoch is raised if that is wanted.
    pub(super) fn resolve_sequences(&mut self, out: &mut Effects) {
        for lane in &mut self.lanes {
            let sequences = &mut lane.sequences;
            if sequences.unresolved.is_some() && sequences.undone.is_empty() {
                sequences.unresolved = None;
                if sequences.next != sequences.expected() {
                    match &mut self.manager {
                        Some(manager) => manager.sequences_lost(),
                        None => {
                            sequences.rewrite = true;
                            self.identity.bump_wanted = true;
                        }
                    }
                }
            }
        }
        if self.identity.bump_wanted {
            self.bump_epoch(out);
        }
    }

    /// KIP-360, purely local: epoch + 1; what is under way of the partitions that asked for it is signed anew from
    /// sequence 0. So an earlier batch with an unknown outcome gets a new signature, too (KAFKA-14034).
    fn bump_epoch(&mut self, out: &mut Effects) {
        self.identity.bump_wanted = false;
        let Some((id, epoch)) = self.identity.current else {
            return;
        };
        let epoch = epoch.next();
        self.identity.current = Some((id, epoch));
        out.note(Observation::ProducerEpochBumped {
            producer: self.id,
            epoch,
        });
        for lane in &mut self.lanes {
            if !lane.sequences.rewrite {
                continue;
            }
            let partition = lane.partition;
            let asked = self.peers.nodes.iter_mut();
            let sent = asked
                .flat_map(|node| &mut node.in_flight)
                .filter_map(|asked| match &mut asked.what {
                    Asked::Produce(batches) => Some(batches),
                    Asked::Metadata | Asked::ProducerId | Asked::Transaction => None,
                })
                .flatten();
            let sent = sent
                .filter(|(at, batch)| *at == partition && !batch.done)
                .map(|(_, batch)| batch);
            let queued = lane.queue.iter_mut();
            let mut batches: Vec<&mut Batch> = sent
                .chain(queued)
                .filter(|batch| batch.identity.is_some())
                .collect();
            sort_by_key(&mut batches, |batch| {
                batch.identity.map(|own| own.base_sequence)
            });
            let mut fresh = Sequences {
                of: Some((id, epoch)),
                ..Sequences::default()
            };
            for batch in batches {
                let base_sequence = fresh.next;
                batch.identity = Some(ProducerIdentity {
                    id,
                    epoch,
                    base_sequence,
                });
                batch.rewritten = true;
                fresh.track(base_sequence);
                fresh.next = Sequence(base_sequence.0 + batch.count());
            }
            lane.sequences = fresh;
        }
    }
}
