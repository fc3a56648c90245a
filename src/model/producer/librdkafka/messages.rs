//! `produce()`: limits of the queue, the choice of a partition, and the queues themselves.

use super::super::super::cast::SendCall;
use super::super::super::config::RdPartitioner;
use super::super::super::effects::Effects;
use super::super::super::ids::{RecordId, TopicId, TopicPartition};
use super::super::super::observation::Observation;
use super::super::super::prng::Draw;
use super::super::super::record::{ProducerIdentity, RecordBatch, Records};
use super::super::super::small::Few;
use super::super::super::time::SimTime;
use super::super::super::wire::{ClientError, RdError};
use super::super::Record;
use super::super::partitioner::{Sticky, crc32, fnv1a, murmur2, positive};
use super::super::sizes::{BATCH_OVERHEAD, Content};
use super::{Lane, RdProducer};

/// A message that is not done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Message {
    pub(super) record: Record,
    /// Its place among the messages of its partition (`msgid`).
    pub(super) number: u64,
    pub(super) retries: u32,
    /// Not again before then.
    pub(super) not_before: SimTime,
    /// The batch that it was sent with has to come again as it was: its last message.
    pub(super) last_of_batch: Option<u64>,
}

/// Messages under way in one request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Batch {
    pub(super) messages: Few<Message>,
    pub(super) identity: Option<ProducerIdentity>,
}

impl Batch {
    pub(super) fn records(&self) -> Records {
        self.messages
            .iter()
            .map(|message| message.record.id)
            .collect()
    }

    pub(super) fn on_the_wire(&self, transactional: bool) -> RecordBatch {
        let contents = || self.messages.iter().map(|message| message.record.content);
        let base = contents().next().map_or(0, |first| first.timestamp);
        let sizes = contents().enumerate().map(|(nth, own)| own.size(nth, base));
        RecordBatch {
            records: self.records(),
            producer: self.identity,
            bytes: BATCH_OVERHEAD + sizes.sum::<u32>(),
            latest: contents().map(|own| own.timestamp).max(),
            transactional,
        }
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.messages.len()).unwrap_or(u32::MAX)
    }
}

/// What counts against `queue.buffering.max.kbytes` and `message.max.bytes`.
pub(super) fn bytes(content: Content) -> u32 {
    content.key.unwrap_or(0).saturating_add(content.value)
}

impl RdProducer {
    /// `rd_kafka_producev`: accepts the message or refuses it at once.
    pub(super) fn produce(&mut self, now: SimTime, call: &SendCall, out: &mut Effects) {
        let hash = match self.config.partitioner {
            RdPartitioner::Random | RdPartitioner::Consistent | RdPartitioner::ConsistentRandom => {
                crc32
            }
            RdPartitioner::Murmur2 | RdPartitioner::Murmur2Random => murmur2,
            RdPartitioner::Fnv1a | RdPartitioner::Fnv1aRandom => fnv1a,
        };
        let record = Record::new(now, call, hash);
        let size = bytes(record.content);
        let (messages, all) = (self.queued.0 + 1, self.queued.1 + u64::from(size));
        let most = self.config.queue_max_messages;
        let error = if size > self.config.message_max_bytes {
            Some(RdError::TooLarge)
        } else if (most > 0 && messages > most) || all > self.config.queue_max_bytes {
            Some(RdError::QueueFull)
        } else {
            let known = self.peers.partitions(record.topic).len();
            let missing = |wanted: u32| known > 0 && wanted as usize >= known;
            record
                .partition
                .is_some_and(missing)
                .then_some(RdError::NoPartition)
        };
        if let Some(error) = error {
            return fail(record.id, error, out);
        }
        self.queued = (messages, all);
        self.unassigned.push_back(Message {
            record,
            number: 0,
            retries: 0,
            not_before: now,
            last_of_batch: None,
        });
    }

    /// Messages whose topic is known now go to their partitions; those whose topic does not appear fail.
    pub(super) fn assign(&mut self, now: SimTime, out: &mut Effects) {
        for _ in 0..self.unassigned.len() {
            let Some(mut message) = self.unassigned.pop_front() else {
                return;
            };
            let topic = message.record.topic;
            let known = self.peers.partitions(topic).len();
            let waited = now.since(message.record.sent_at);
            if known == 0 {
                let gone = waited >= self.config.topic_propagation_max;
                if gone && self.peers.has_learned() {
                    self.done(&message);
                    fail(message.record.id, RdError::UnknownTopic, out);
                } else {
                    self.peers.wanted = true;
                    self.unassigned.push_back(message);
                }
                continue;
            }
            let partition = match message.record.partition {
                Some(wanted) if wanted as usize >= known => {
                    self.done(&message);
                    fail(message.record.id, RdError::UnknownPartition, out);
                    continue;
                }
                Some(wanted) => wanted,
                None => self.choose(now, &message.record, known, out),
            };
            let lane = self.lane_mut(TopicPartition { topic, partition });
            message.number = lane.next_number;
            lane.next_number += 1;
            lane.queue.push_back(message);
        }
    }

    /// The partition of a message for which the application names none (`rd_kafka_msg_partitioner`).
    fn choose(&mut self, now: SimTime, record: &Record, known: usize, out: &mut Effects) -> u32 {
        use RdPartitioner as P;
        let by = |hash: u32| u32::try_from(hash as usize % known).unwrap_or(0);
        let empty = record.content.key.is_none_or(|bytes| bytes == 0);
        // A key that is not there is hashed as an empty one.
        let or_empty = |empty: u32| record.hash.unwrap_or(empty);
        let hashed = match self.config.partitioner {
            P::Random => None,
            P::Consistent => Some(or_empty(crc32(&[]))),
            P::ConsistentRandom => record.hash.filter(|_| !empty),
            P::Murmur2 => Some(positive(or_empty(murmur2(&[])))),
            P::Murmur2Random => record.hash.map(positive),
            P::Fnv1a => Some(or_empty(fnv1a(&[]))),
            P::Fnv1aRandom => record.hash,
        };
        let sticks = self.config.sticky_linger.0 > 0
            && (record.hash.is_none() || self.config.partitioner == P::ConsistentRandom);
        let partition = match hashed {
            Some(hash) => by(hash),
            None if sticks => self.stick(now, record.topic),
            None => self.anywhere(record.topic),
        };
        let topic = record.topic;
        out.note(Observation::RecordAssigned {
            record: record.id,
            partition: TopicPartition { topic, partition },
        });
        partition
    }

    /// The same partition for `sticky.partitioning.linger.ms`, then another (`rd_kafka_msg_sticky_partition`).
    fn stick(&mut self, now: SimTime, topic: TopicId) -> u32 {
        let linger = self.config.sticky_linger;
        let current = self.sticky.iter().position(|(own, _)| own.topic == topic);
        if let Some((own, since)) = current.map(|at| self.sticky[at])
            && now.since(since) < linger
        {
            return own.partition;
        }
        let own = Sticky {
            topic,
            partition: self.anywhere(topic),
            bytes: 0,
            choices: self.draws,
        };
        match current {
            Some(at) => self.sticky[at] = (own, now),
            None => self.sticky.push((own, now)),
        }
        own.partition
    }

    /// Any partition; if it has no leader, any once more (`rd_kafka_msg_partitioner_random`).
    fn anywhere(&mut self, topic: TopicId) -> u32 {
        let mut draw = || {
            let key = [
                u64::from(self.id.0),
                u64::from(topic.0),
                u64::from(self.draws),
            ];
            self.draws += 1;
            self.seed.bits(Draw::StickyPartition, &key)
        };
        let (first, second) = (draw(), draw());
        let all = self.peers.partitions(topic);
        let count = all.len() as u64;
        let pick = |draw: u64| usize::try_from(draw % count.max(1)).ok();
        let known = pick(first).and_then(|at| all.get(at));
        let led = known.filter(|known| known.leader.is_some());
        let chosen = led.or_else(|| pick(second).and_then(|at| all.get(at)));
        chosen.map_or(0, |known| known.partition.partition)
    }

    /// A message has its outcome.
    pub(super) fn done(&mut self, message: &Message) {
        let size = u64::from(bytes(message.record.content));
        self.queued = (
            self.queued.0.saturating_sub(1),
            self.queued.1.saturating_sub(size),
        );
    }
}

impl Lane {
    /// Puts a message where it belongs by its number: what comes back keeps its order (`rd_kafka_msgq_insert_msgq`).
    pub(super) fn put_back(&mut self, message: Message) {
        let at = self
            .queue
            .partition_point(|other| other.number < message.number);
        self.queue.insert(at, message);
    }
}

pub(super) fn fail(record: RecordId, error: RdError, out: &mut Effects) {
    out.note(Observation::RecordFailed {
        record,
        error: ClientError::Librdkafka(error),
    });
}
