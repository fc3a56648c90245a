//! What comes back: answers to Produce, metadata, broken connections.

use super::super::effects::Effects;
use super::super::ids::{BrokerId, LeaderEpoch, TopicPartition};
use super::super::observation::Observation;
use super::super::prng::Draw;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{ClientError, ErrorCode, ProducedPartition};
use super::batches::Batch;
use super::{Asked, Link, Producer};
use std::collections::{BTreeMap, BTreeSet};

impl Producer {
    /// `Sender.completeBatch`.
    pub(super) fn on_produced(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        batch: Batch,
        answer: ProducedPartition,
        out: &mut Effects,
    ) {
        if let Some((leader, epoch)) = answer.current_leader {
            self.learn_leader(partition, Some(leader), epoch, out);
        }
        if answer.error == ErrorCode::None {
            self.note_acked(partition, &batch);
            self.acknowledge(&batch, Some(answer.base_offset), out);
        } else {
            self.on_batch_error(now, partition, batch, answer.error, out);
        }
    }

    /// Again, or not.
    pub(super) fn on_batch_error(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        mut batch: Batch,
        error: ErrorCode,
        out: &mut Effects,
    ) {
        self.metadata.wanted |= error.refreshes_metadata();
        if self.can_retry(now, &batch, error)
            || self.can_retry_gap(partition, &mut batch, error, out)
        {
            let records = batch.records.clone();
            out.note(Observation::BatchRequeued {
                producer: self.id,
                records,
                error,
            });
            self.requeue(now, partition, batch);
        } else if self.is_expired(now, &batch) {
            self.expire(partition, &batch, true, out);
        } else {
            self.after_failure(partition, &batch, out);
            self.fail(&batch, ClientError::Broker(error), out);
        }
    }

    /// `delivery.timeout.ms` is over: the application is told, whatever became of the batch.
    pub(super) fn expire(
        &mut self,
        partition: TopicPartition,
        batch: &Batch,
        was_sent: bool,
        out: &mut Effects,
    ) {
        let records = batch.records.clone();
        out.note(Observation::BatchExpired {
            producer: self.id,
            records,
            was_sent,
        });
        self.after_expiry(partition, batch);
        self.fail(batch, ClientError::Timeout, out);
    }

    /// A connection is gone. All that was on it failed, the oldest first (`NetworkClient.cancelInFlightRequests`).
    pub(super) fn on_disconnected(
        &mut self,
        now: SimTime,
        id: BrokerId,
        timed_out: bool,
        out: &mut Effects,
    ) {
        let Some(node) = self.nodes.get_mut(&id) else {
            return;
        };
        node.failures += 1;
        let failures = node.failures;
        let lost = std::mem::take(&mut node.in_flight);
        let wait = self.reconnect_wait(id, failures);
        if let Some(node) = self.nodes.get_mut(&id) {
            node.link = Link::BackOff(now + wait);
        }
        self.metadata.wanted = true;
        let error = if timed_out {
            ErrorCode::RequestTimedOut
        } else {
            ErrorCode::NetworkException
        };
        for asked in lost {
            match asked.what {
                Asked::Produce(batches) => {
                    for (partition, batch) in batches {
                        self.on_batch_error(now, partition, batch, error, out);
                    }
                }
                Asked::Metadata => self.metadata.asking = false,
                Asked::ProducerId => self.identity.asking = false,
            }
        }
    }

    /// `ClusterConnectionStates`: doubles with every failure, plus or minus a fifth.
    fn reconnect_wait(&self, id: BrokerId, failures: u32) -> SimDuration {
        let (base, max) = (
            self.config.reconnect_backoff.0,
            self.config.reconnect_backoff_max.0,
        );
        let grown = base
            .saturating_mul(1 << failures.saturating_sub(1).min(20))
            .min(max.max(base));
        let key = [u64::from(self.id.0), u64::from(id.0), u64::from(failures)];
        let (low, high) = (SimDuration(grown / 5 * 4), SimDuration(grown / 5 * 6));
        self.seed.between(Draw::ReconnectBackoff, &key, low, high)
    }

    /// Takes in a Metadata response. Older epochs than known are not believed (KIP-320).
    pub(super) fn learn_metadata(
        &mut self,
        leaders: BTreeMap<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
        brokers: &BTreeSet<BrokerId>,
        out: &mut Effects,
    ) {
        self.metadata.asking = false;
        self.metadata.wanted = false;
        let before = self.metadata.leaders.clone();
        for (partition, (leader, epoch)) in leaders {
            self.learn_leader(partition, leader, epoch, out);
        }
        let fresh = before != self.metadata.leaders;
        self.metadata.fruitless = if fresh {
            0
        } else {
            self.metadata.fruitless + 1
        };
        if !brokers.is_empty() {
            self.metadata.brokers.clone_from(brokers);
        }
    }

    fn learn_leader(
        &mut self,
        partition: TopicPartition,
        leader: Option<BrokerId>,
        epoch: LeaderEpoch,
        out: &mut Effects,
    ) {
        let known = self.metadata.leaders.get(&partition);
        if known.is_some_and(|(_, known)| *known > epoch) || known == Some(&(leader, epoch)) {
            return;
        }
        self.metadata.leaders.insert(partition, (leader, epoch));
        out.note(Observation::MetadataLearned {
            producer: self.id,
            partition,
            leader,
        });
    }
}
