//! Batches and the accumulator (`RecordAccumulator`, `ProducerBatch`, `MemoryRecordsBuilder`).

use super::super::super::effects::Effects;
use super::super::super::ids::{LeaderEpoch, RecordId, Sequence, TopicPartition};
use super::super::super::observation::Observation;
use super::super::super::prng::Draw;
use super::super::super::record::{ProducerIdentity, RecordBatch, Records, copied};
use super::super::super::small::Few;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::{ClientError, ErrorCode, TIMESTAMP_AFTER_MAX};
use super::super::Record;
use super::super::peers::doubled;
use super::super::sizes::{BATCH_OVERHEAD, Content};
use super::{JavaProducer, Lane};
use smallvec::SmallVec;

/// Records that share one fate and one clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Batch {
    number: u32,
    pub(super) records: Records,
    contents: SmallVec<[Content; 4]>,
    /// Bytes so far, as they will be on the wire.
    bytes: u32,
    /// It takes a record only if it does not grow beyond that; the first one always.
    limit: u32,
    /// Bytes of `buffer.memory` that it holds; the pieces of a split one hold none.
    pub(super) memory: u32,
    pub(super) created: SimTime,
    /// Times that it was put back.
    pub(super) attempts: u32,
    last_attempt: SimTime,
    /// The leader epoch that was known when it was last sent.
    pub(super) epoch_at_attempt: Option<LeaderEpoch>,
    pub(super) identity: Option<ProducerIdentity>,
    /// It was signed anew while it was on its way, and not sent since (`sequenceHasBeenReset`).
    pub(super) rewritten: bool,
    /// The application has been told; only the response is still to come.
    pub(super) done: bool,
    /// A piece of a batch that was too large.
    is_piece: bool,
    /// Takes no more records.
    closed: bool,
}

impl Batch {
    fn new(number: u32, created: SimTime, limit: u32, memory: u32) -> Self {
        Self {
            number,
            records: Records::new(),
            contents: SmallVec::new(),
            bytes: BATCH_OVERHEAD,
            limit,
            memory,
            created,
            attempts: 0,
            last_attempt: created,
            epoch_at_attempt: None,
            identity: None,
            rewritten: false,
            done: false,
            is_piece: false,
            closed: false,
        }
    }

    /// Has it been sent at least once, and come back?
    pub(super) fn in_retry(&self) -> bool {
        self.attempts > 0
    }

    pub(super) fn on_the_wire(&self, transactional: bool) -> RecordBatch {
        RecordBatch {
            records: copied(&self.records),
            producer: self.identity,
            bytes: self.bytes,
            latest: self.contents.iter().map(|content| content.timestamp).max(),
            transactional,
        }
    }

    pub(super) fn bytes(&self) -> u32 {
        self.bytes
    }

    /// Sequence of the last record, if the batch is signed.
    pub(super) fn last_sequence(&self) -> Option<Sequence> {
        let own = self.identity?;
        Some(Sequence(own.base_sequence.0 + self.count() - 1))
    }

    /// How many sequence numbers it takes.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.records.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// The broker refused the batch because of single records' times, and its response names them (`Sender.failBatch`): one of
    /// them gets the error itself, several of them a common one, and the others are told that the batch was refused. Here the
    /// producer finds them by the same rule as the broker.
    pub(super) fn fail_by_time(&self, now: SimTime, out: &mut Effects) {
        let latest = now.on_the_clock_ms() + TIMESTAMP_AFTER_MAX;
        let refused = |content: &&Content| content.timestamp > latest;
        let own = match self.contents.iter().filter(refused).count() {
            0 | 1 => ClientError::Broker(ErrorCode::InvalidTimestamp),
            _ => ClientError::InvalidRecord,
        };
        for (record, content) in self.records.iter().zip(&self.contents) {
            let (record, named) = (*record, refused(&content));
            let error = if named {
                own
            } else {
                ClientError::BatchRefused
            };
            out.note(Observation::RecordFailed { record, error });
        }
    }

    /// `MemoryRecordsBuilder.isFull`
    fn is_full(&self) -> bool {
        self.closed || (!self.records.is_empty() && self.limit <= self.bytes)
    }

    /// Adds a record if there is room (`MemoryRecordsBuilder.hasRoomFor`); the answer is how much larger it became.
    fn try_append(&mut self, id: RecordId, content: Content) -> Option<u32> {
        let base = self.contents.first().unwrap_or(&content).timestamp;
        let size = content.size(self.records.len(), base);
        let fits = self.records.is_empty() || (!self.is_full() && self.bytes + size <= self.limit);
        if self.closed || !fits {
            return None;
        }
        self.bytes += size;
        self.records.push(id);
        self.contents.push(content);
        Some(size)
    }
}

/// True if no batch of a queue takes another record.
fn all_full(lane: Option<&Lane>) -> bool {
    lane.and_then(|lane| lane.queue.back())
        .is_none_or(Batch::is_full)
}

impl JavaProducer {
    /// Puts a record into the last batch of its partition, or opens another (`RecordAccumulator.append`). False if there is
    /// no memory for that. The answer is where it went.
    pub(super) fn accumulate(
        &mut self,
        now: SimTime,
        record: Record,
        out: &mut Effects,
    ) -> Option<TopicPartition> {
        let topic = record.topic;
        let mut chosen = record.partition;
        if chosen.is_none() {
            let current = self.sticky_partition(topic);
            let partition = TopicPartition {
                topic,
                partition: current,
            };
            if all_full(self.lane(partition)) {
                self.count_sticky(topic, 0, true);
            }
            chosen = Some(self.sticky_partition(topic));
        }
        let partition = TopicPartition {
            topic,
            partition: chosen.unwrap_or(0),
        };
        let appended = self.append(now, partition, &record)?;
        if record.partition.is_none() {
            self.note_assigned(&record, partition.partition, out);
            let may_switch = all_full(self.lane(partition));
            self.count_sticky(topic, appended, may_switch);
        }
        Some(partition)
    }

    fn append(&mut self, now: SimTime, id: TopicPartition, record: &Record) -> Option<u32> {
        let batch_size = self.config.batch_size;
        let free = self.config.buffer_memory.saturating_sub(self.memory);
        let number = self.next_batch;
        let lane = self.lane_mut(id);
        if let Some(last) = lane.queue.back_mut() {
            let appended = last.try_append(record.id, record.content);
            if appended.is_some() {
                return appended;
            }
            last.close();
        }
        let size = batch_size.max(record.content.upper_bound());
        if u64::from(size) > free {
            return None;
        }
        let mut batch = Batch::new(number, now, size, size);
        batch.try_append(record.id, record.content);
        let appended = batch.bytes;
        lane.queue.push_back(batch);
        self.memory += u64::from(size);
        self.next_batch += 1;
        if self.oldest == Some(None) {
            self.oldest = Some(Some(now));
        }
        Some(appended)
    }

    /// How long the head of a queue must still wait; zero if it may go (`RecordAccumulator.batchReady`).
    pub(super) fn wait_of_head(&self, now: SimTime, lane: &Lane) -> SimDuration {
        let Some(head) = lane.queue.front() else {
            return SimDuration::ZERO;
        };
        if head.in_retry() {
            let known = self.peers.leadership(lane.partition).map(|l| l.epoch);
            if known > head.epoch_at_attempt {
                // A new leader is known: no backoff (KIP-951).
                return SimDuration::ZERO;
            }
            let waited = now.since(head.last_attempt);
            return SimDuration(self.backoff(head).0.saturating_sub(waited.0));
        }
        if lane.queue.len() > 1 || head.is_full() || self.starving || self.is_flushing() {
            return SimDuration::ZERO;
        }
        let waited = now.since(head.last_attempt);
        SimDuration(self.config.linger.0.saturating_sub(waited.0))
    }

    /// `ExponentialBackoff`: doubles with every attempt, plus or minus a fifth, at most `retry.backoff.max.ms`.
    fn backoff(&self, batch: &Batch) -> SimDuration {
        let (base, max) = (self.config.retry_backoff, self.config.retry_backoff_max);
        let (low, high) = doubled(base.min(max), batch.attempts - 1, max);
        let key = [
            u64::from(self.id.0),
            u64::from(batch.number),
            u64::from(batch.attempts),
        ];
        self.seed
            .between(Draw::RetryBackoff, &key, low, high)
            .min(max)
    }

    /// Puts a batch back (`RecordAccumulator.reenqueue`): in the order of its sequence, or, without idempotence, in front of
    /// everything; so batches that come back one after the other are reversed.
    pub(super) fn requeue(&mut self, now: SimTime, partition: TopicPartition, mut batch: Batch) {
        batch.attempts += 1;
        batch.last_attempt = now;
        self.put_back(partition, batch);
    }

    fn put_back(&mut self, partition: TopicPartition, mut batch: Batch) {
        batch.closed = true;
        let queue = &mut self.lane_mut(partition).queue;
        let place = match batch.identity {
            None => 0,
            Some(own) => {
                let before = |other: &Batch| {
                    other
                        .identity
                        .is_some_and(|theirs| theirs.base_sequence < own.base_sequence)
                };
                queue.iter().take_while(|other| before(other)).count()
            }
        };
        queue.insert(place, batch);
    }

    /// A batch is too large for its topic: its records go on in smaller ones, as if these had not been tried yet
    /// (`RecordAccumulator.splitAndReenqueue`). The first time the pieces are of `batch.size`, from then on halves.
    pub(super) fn split(&mut self, partition: TopicPartition, big: Batch, out: &mut Effects) {
        let largest = big.contents.iter().map(|content| content.upper_bound());
        let target = match big.is_piece {
            true => largest.max().unwrap_or(0).max(big.bytes / 2),
            false => self.config.batch_size,
        };
        let mut pieces: Few<Batch> = Few::new();
        for (id, content) in big.records.iter().zip(&big.contents) {
            let last = pieces.last_mut();
            if last.is_none_or(|last| last.try_append(*id, *content).is_none()) {
                let limit = target.max(content.upper_bound());
                let mut piece = Batch::new(self.next_batch, big.created, limit, 0);
                self.next_batch += 1;
                piece.is_piece = true;
                piece.try_append(*id, *content);
                pieces.push(piece);
            }
        }
        out.note(Observation::BatchSplit {
            producer: self.id,
            pieces: pieces.iter().map(|piece| piece.records.clone()).collect(),
        });
        self.forget_sent(partition, &big);
        let mut next = big.identity;
        for piece in &mut pieces {
            piece.identity = next;
            if let Some(own) = &mut next {
                self.lane_mut(partition).sequences.track(own.base_sequence);
                own.base_sequence = Sequence(own.base_sequence.0 + piece.count());
            }
        }
        for piece in pieces.into_iter().rev() {
            self.put_back(partition, piece);
        }
        self.release(&big);
    }

    /// Gives back what a batch held of `buffer.memory`.
    pub(super) fn release(&mut self, batch: &Batch) {
        self.memory = self.memory.saturating_sub(u64::from(batch.memory));
    }

    pub(super) fn is_expired(&self, now: SimTime, batch: &Batch) -> bool {
        now.since(batch.created) >= self.config.delivery_timeout
    }
}
