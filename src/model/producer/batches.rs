//! Batches and the accumulator (`RecordAccumulator`, `ProducerBatch`).

use super::super::ids::{LeaderEpoch, RecordId, TopicPartition};
use super::super::prng::Draw;
use super::super::record::{ProducerIdentity, RecordBatch, Records};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::ErrorCode;
use super::Producer;
use std::collections::VecDeque;

/// Bytes of an empty batch (`DefaultRecordBatch.RECORD_BATCH_OVERHEAD`).
const BATCH_OVERHEAD: u32 = 61;
/// Upper bound of what a record takes beside its content (`DefaultRecord.MAX_RECORD_OVERHEAD`).
const RECORD_OVERHEAD: u32 = 21;

/// A record on its way into the accumulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Record {
    pub(super) id: RecordId,
    pub(super) partition: TopicPartition,
    pub(super) bytes: u32,
    pub(super) sent_at: SimTime,
}

/// Records that share one fate and one clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Batch {
    pub(super) number: u32,
    pub(super) records: Records,
    bytes: u32,
    pub(super) created: SimTime,
    /// Times that it was put back.
    pub(super) attempts: u32,
    pub(super) last_attempt: SimTime,
    /// The leader epoch that was known when it was last sent.
    pub(super) epoch_at_attempt: Option<LeaderEpoch>,
    pub(super) identity: Option<ProducerIdentity>,
    /// Takes no more records.
    closed: bool,
}

impl Batch {
    /// Has it been sent at least once, and come back?
    pub(super) fn in_retry(&self) -> bool {
        self.attempts > 0
    }

    pub(super) fn on_the_wire(&self) -> RecordBatch {
        RecordBatch {
            records: self.records.clone(),
            producer: self.identity,
        }
    }

    pub(super) fn bytes(&self) -> u32 {
        self.bytes
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }
}

impl Producer {
    /// Puts a record into the last batch of its partition, or opens another.
    pub(super) fn accumulate(&mut self, now: SimTime, record: Record) {
        let limit = self.config.batch_size.max(1);
        let bytes = record.bytes + RECORD_OVERHEAD;
        let queue = self.queues.entry(record.partition).or_default();
        if let Some(last) = queue.back_mut() {
            if !last.closed && last.bytes + bytes <= limit {
                last.bytes += bytes;
                last.records.push(record.id);
                return;
            }
            last.closed = true;
        }
        queue.push_back(Batch {
            number: self.next_batch,
            records: Records::from_slice(&[record.id]),
            bytes: BATCH_OVERHEAD + bytes,
            created: now,
            attempts: 0,
            last_attempt: now,
            epoch_at_attempt: None,
            identity: None,
            closed: BATCH_OVERHEAD + bytes >= limit,
        });
        self.next_batch += 1;
    }

    /// How long the head of a queue must still wait; zero if it may go (`RecordAccumulator.batchReady`).
    pub(super) fn wait_of_head(
        &self,
        now: SimTime,
        partition: TopicPartition,
        queue: &VecDeque<Batch>,
    ) -> SimDuration {
        let Some(head) = queue.front() else {
            return SimDuration::ZERO;
        };
        let waited = now.since(head.last_attempt);
        if head.in_retry() {
            let known = self
                .metadata
                .leaders
                .get(&partition)
                .map(|(_, epoch)| *epoch);
            if known > head.epoch_at_attempt {
                // A new leader is known: no backoff (KIP-951).
                return SimDuration::ZERO;
            }
            return SimDuration(self.backoff(head).0.saturating_sub(waited.0));
        }
        if queue.len() > 1 || head.closed {
            return SimDuration::ZERO;
        }
        SimDuration(
            self.config
                .linger
                .0
                .saturating_sub(now.since(head.created).0),
        )
    }

    /// `ExponentialBackoff`: doubles with every attempt, plus or minus a fifth, at most `retry.backoff.max.ms`.
    fn backoff(&self, batch: &Batch) -> SimDuration {
        let (base, max) = (self.config.retry_backoff.0, self.config.retry_backoff_max.0);
        let grown = base
            .min(max)
            .saturating_mul(1 << (batch.attempts - 1).min(20))
            .min(max.max(base));
        let key = [
            u64::from(self.id.0),
            u64::from(batch.number),
            u64::from(batch.attempts),
        ];
        let (low, high) = (SimDuration(grown / 5 * 4), SimDuration(grown / 5 * 6));
        SimDuration(
            self.seed
                .between(Draw::RetryBackoff, &key, low, high)
                .0
                .min(max),
        )
    }

    /// Puts a batch back (`RecordAccumulator.reenqueue`): in the order of its sequence, or, without idempotence, in front of
    /// everything; so batches that come back one after the other are reversed.
    pub(super) fn requeue(&mut self, now: SimTime, partition: TopicPartition, mut batch: Batch) {
        batch.attempts += 1;
        batch.last_attempt = now;
        batch.closed = true;
        let queue = self.queues.entry(partition).or_default();
        let place = match batch.identity {
            None => 0,
            Some(own) => {
                let before = |other: &Batch| {
                    other.identity.is_some_and(|theirs| {
                        (theirs.epoch, theirs.base_sequence) < (own.epoch, own.base_sequence)
                    })
                };
                queue.iter().take_while(|other| before(other)).count()
            }
        };
        queue.insert(place, batch);
    }

    /// `Sender.canRetry`, but for sequence errors.
    pub(super) fn can_retry(&self, now: SimTime, batch: &Batch, error: ErrorCode) -> bool {
        error.is_retriable() && batch.attempts < self.config.retries && !self.is_expired(now, batch)
    }

    pub(super) fn is_expired(&self, now: SimTime, batch: &Batch) -> bool {
        now.since(batch.created) >= self.config.delivery_timeout
    }
}
