//! Producer id, epoch and sequences (`TransactionManager`, without transactions).

use super::super::effects::Effects;
use super::super::ids::{ProducerEpoch, ProducerId, Sequence, TopicPartition};
use super::super::observation::Observation;
use super::super::record::ProducerIdentity;
use super::super::wire::ErrorCode;
use super::batches::Batch;
use super::{Asked, Producer};
use std::collections::BTreeMap;

/// Who the producer is to the brokers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    /// It needs a producer id.
    pub(super) wanted: bool,
    /// It has asked for one.
    pub(super) asking: bool,
    current: Option<(ProducerId, ProducerEpoch)>,
    partitions: BTreeMap<TopicPartition, Sequences>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Sequences {
    epoch: ProducerEpoch,
    next: Sequence,
    last_acked: Option<Sequence>,
    /// A batch that had been sent has expired: whether its sequences were used is not known.
    unresolved: bool,
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

impl Producer {
    /// May the head of a queue be drained (`RecordAccumulator.shouldStopDrainBatchesForPartition`)?
    pub(super) fn may_drain(&self, partition: TopicPartition, head: &Batch) -> bool {
        let in_flight = self.in_flight_of(partition);
        if self.config.max_in_flight == 1 && !in_flight.is_empty() {
            // guaranteeMessageOrder: the partition is muted.
            return false;
        }
        if !self.config.enable_idempotence {
            return true;
        }
        let Some((_, epoch)) = self.identity.current else {
            return false;
        };
        let sequences = self.identity.partitions.get(&partition);
        match head.identity {
            // A batch that was sent before goes only when it is the oldest that is not done.
            Some(own) => self
                .lowest_undone(partition)
                .is_none_or(|lowest| own.base_sequence <= lowest),
            None => !sequences
                .is_some_and(|s| s.unresolved || (s.epoch != epoch && !in_flight.is_empty())),
        }
    }

    fn in_flight_of(&self, partition: TopicPartition) -> Vec<&Batch> {
        let asked = self.nodes.values().flat_map(|node| &node.in_flight);
        let batches = asked.filter_map(|asked| match &asked.what {
            Asked::Produce(batches) => Some(batches),
            Asked::Metadata | Asked::ProducerId => None,
        });
        batches
            .flatten()
            .filter(|(at, _)| *at == partition)
            .map(|(_, batch)| batch)
            .collect()
    }

    fn lowest_undone(&self, partition: TopicPartition) -> Option<Sequence> {
        let queued = self.queues.get(&partition).into_iter().flatten();
        let all = self.in_flight_of(partition).into_iter().chain(queued);
        all.filter_map(|batch| batch.identity.map(|own| own.base_sequence))
            .min()
    }

    /// Signs a batch when it is first drained; a batch that was sent before keeps its signature.
    pub(super) fn sign(&mut self, partition: TopicPartition, batch: &mut Batch) {
        let Some((id, epoch)) = self.identity.current else {
            return;
        };
        if batch.identity.is_some() || !self.config.enable_idempotence {
            return;
        }
        let sequences = self.identity.partitions.entry(partition).or_default();
        if sequences.epoch != epoch {
            *sequences = Sequences {
                epoch,
                ..Sequences::default()
            };
        }
        batch.identity = Some(ProducerIdentity {
            id,
            epoch,
            base_sequence: sequences.next,
        });
        sequences.next =
            Sequence(sequences.next.0 + u32::try_from(batch.records.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn note_acked(&mut self, partition: TopicPartition, batch: &Batch) {
        let last = batch.on_the_wire().last_sequence();
        if let (Some(sequences), Some(own)) =
            (self.identity.partitions.get_mut(&partition), batch.identity)
            && own.epoch == sequences.epoch
        {
            sequences.last_acked = sequences.last_acked.max(last);
        }
    }

    /// `TransactionManager.canRetry` for a gap: an earlier batch may be on its way; if there is none, the broker has lost
    /// track, and the sequences start over in a new epoch.
    pub(super) fn can_retry_gap(
        &mut self,
        partition: TopicPartition,
        batch: &mut Batch,
        error: ErrorCode,
        out: &mut Effects,
    ) -> bool {
        if error != ErrorCode::OutOfOrderSequenceNumber || batch.attempts >= self.config.retries {
            return false;
        }
        let Some(own) = batch.identity else {
            return false;
        };
        let sequences = self.identity.partitions.entry(partition).or_default();
        let next = sequences.last_acked.map_or(Sequence(0), Sequence::next);
        if sequences.unresolved || own.base_sequence == next {
            self.bump_epoch(partition, Some(batch), out);
        }
        true
    }

    /// A batch failed for good: later ones of its partition start over in a new epoch (`handleFailedBatch`).
    pub(super) fn after_failure(
        &mut self,
        partition: TopicPartition,
        batch: &Batch,
        out: &mut Effects,
    ) {
        if batch.identity.is_some() {
            self.bump_epoch(partition, None, out);
        }
    }

    /// A batch expired. If it was sent and came back, its outcome is unknown; if it is in flight, a gap will show.
    pub(super) fn after_expiry(&mut self, partition: TopicPartition, batch: &Batch) {
        if batch.identity.is_some()
            && let Some(sequences) = self.identity.partitions.get_mut(&partition)
        {
            sequences.unresolved = true;
        }
    }

    /// Once nothing of an unresolved partition is under way, its sequences start over (`maybeResolveSequences`).
    pub(super) fn resolve_sequences(&mut self, out: &mut Effects) {
        let unresolved: Vec<_> = self
            .identity
            .partitions
            .iter()
            .filter(|(_, s)| s.unresolved)
            .map(|(partition, _)| *partition)
            .collect();
        for partition in unresolved {
            if self.lowest_undone(partition).is_some() {
                continue;
            }
            let Some(sequences) = self.identity.partitions.get_mut(&partition) else {
                continue;
            };
            sequences.unresolved = false;
            if sequences.next != sequences.last_acked.map_or(Sequence(0), Sequence::next) {
                self.bump_epoch(partition, None, out);
            }
        }
    }

    /// KIP-360, purely local: epoch + 1; what is under way of this partition, and the batch that has just come back, is
    /// signed anew from sequence 0.
    fn bump_epoch(
        &mut self,
        partition: TopicPartition,
        at_hand: Option<&mut Batch>,
        out: &mut Effects,
    ) {
        let Some((id, epoch)) = self.identity.current else {
            return;
        };
        let epoch = epoch.next();
        self.identity.current = Some((id, epoch));
        out.note(Observation::ProducerEpochBumped {
            producer: self.id,
            epoch,
        });
        let mut next = Sequence(0);
        let in_flight = self.nodes.values_mut().flat_map(|node| &mut node.in_flight);
        let sent = in_flight.filter_map(|asked| match &mut asked.what {
            Asked::Produce(batches) => Some(batches),
            Asked::Metadata | Asked::ProducerId => None,
        });
        let sent = sent
            .flatten()
            .filter(|(at, _)| *at == partition)
            .map(|(_, batch)| batch);
        let queued = self
            .queues
            .get_mut(&partition)
            .into_iter()
            .flatten()
            .filter(|batch| batch.identity.is_some());
        let mut batches: Vec<&mut Batch> = sent.chain(queued).chain(at_hand).collect();
        batches.sort_by_key(|batch| batch.identity.map(|own| own.base_sequence));
        for batch in batches {
            batch.identity = Some(ProducerIdentity {
                id,
                epoch,
                base_sequence: next,
            });
            next = Sequence(next.0 + u32::try_from(batch.records.len()).unwrap_or(u32::MAX));
        }
        self.identity.partitions.insert(
            partition,
            Sequences {
                epoch,
                next,
                last_acked: None,
                unresolved: false,
            },
        );
    }
}
