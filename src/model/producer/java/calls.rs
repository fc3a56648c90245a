//! What the application calls: `send()`, which waits for metadata and memory (`KafkaProducer.doSend`), `flush()`, `close()`.
//! It is one thread: while a call has not returned there is no other.

use super::super::super::effects::{Effects, Timer};
use super::super::super::observation::Observation;
use super::super::super::prng::Draw;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::transaction::TransactionCall;
use super::super::super::wire::ClientError;
use super::super::super::{config::Partitioner, ids::TopicId, ids::TopicPartition};
use super::super::Record;
use super::super::partitioner::{Choice, Sticky, next_sticky, positive};
use super::super::peers::Asked;
use super::{JavaProducer, Life};

/// A call that has not returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Call {
    Send(Record),
    Flush,
    /// In good order until then, by force from then on.
    Close(SimTime),
    /// A transactional call: the number of its result, and how long it may take.
    Transaction {
        call: TransactionCall,
        result: u32,
        until: SimTime,
    },
}

impl JavaProducer {
    pub(in super::super) fn flush(&mut self, now: SimTime, out: &mut Effects) {
        self.call(now, Call::Flush, out);
    }

    pub(in super::super) fn close(
        &mut self,
        now: SimTime,
        timeout: SimDuration,
        out: &mut Effects,
    ) {
        self.call(now, Call::Close(now + timeout), out);
    }

    pub(in super::super) fn is_busy(&self) -> bool {
        self.calling.is_some()
    }

    pub(super) fn call(&mut self, now: SimTime, call: Call, out: &mut Effects) {
        assert!(self.calling.is_none(), "the application is one thread");
        if !matches!(call, Call::Send(_)) {
            self.oldest = None;
        }
        if self.life == Life::Open {
            self.calling = Some(call);
            self.run(now, out);
        } else if let Call::Send(record) = call {
            // `KafkaProducer.throwIfProducerClosed`
            self.refuse(record, ClientError::Closed, out);
        }
    }

    /// True while `flush()` or `close()` sends everything without lingering.
    pub(super) fn is_flushing(&self) -> bool {
        let completing = self.manager.as_ref().is_some_and(|own| own.is_completing());
        completing || matches!(self.calling, Some(Call::Flush | Call::Close(_)))
    }

    /// When a call gives up at the latest.
    pub(super) fn call_ends_at(&self) -> Option<SimTime> {
        match self.calling? {
            Call::Send(record) => Some(record.sent_at + self.config.max_block),
            Call::Flush => None,
            Call::Close(until) | Call::Transaction { until, .. } => Some(until),
        }
    }

    pub(super) fn go_on_calling(&mut self, now: SimTime, out: &mut Effects) {
        let done = match self.calling {
            None => return,
            Some(Call::Send(record)) => self.try_send(now, record, out),
            Some(Call::Flush) => !self.has_records(),
            Some(Call::Close(until)) => {
                self.oldest = None;
                return self.try_close(now, until, out);
            }
            Some(Call::Transaction {
                call,
                result,
                until,
            }) => self.go_on_transacting(now, (call, result, until), out),
        };
        if done {
            self.calling = None;
            self.starving = false;
        }
    }

    fn refuse(&self, record: Record, error: ClientError, out: &mut Effects) {
        let record = record.id;
        out.note(Observation::RecordFailed { record, error });
    }

    /// True if `send()` returns. It waits for metadata and then for memory, both together at most `max.block.ms`.
    fn try_send(&mut self, now: SimTime, mut record: Record, out: &mut Effects) -> bool {
        let late = now.since(record.sent_at) >= self.config.max_block;
        let known = self.peers.partitions(record.topic).len();
        if known == 0
            || record
                .partition
                .is_some_and(|wanted| wanted as usize >= known)
        {
            if late {
                self.refuse(record, ClientError::Timeout, out);
            }
            self.peers.wanted = true;
            return late;
        }
        if record.partition.is_none()
            && let Some(chosen) = self.partition_for_key(&record, known)
        {
            record.partition = Some(chosen);
            self.note_assigned(&record, chosen, out);
            self.calling = Some(Call::Send(record));
        }
        let size = record.content.upper_bound();
        if size > self.config.max_request_size || u64::from(size) > self.config.buffer_memory {
            self.refuse(record, ClientError::RecordTooLarge, out);
            return true;
        }
        if u64::from(self.config.batch_size) > self.config.buffer_memory {
            // `BufferPool.allocate`
            self.refuse(record, ClientError::IllegalArgument, out);
            return true;
        }
        let place = self.accumulate(now, record, out);
        self.starving = place.is_none();
        if self.starving && late {
            self.refuse(record, ClientError::BufferExhausted, out);
        }
        if let Some(place) = place {
            self.join_transaction(record, place, out);
        }
        late || !self.starving
    }

    /// The record is in the accumulator; now its partition becomes part of the transaction. If that must not be, the call
    /// throws, and the record stays where it is: it will go with the next transaction that writes there.
    fn join_transaction(&mut self, record: Record, place: TopicPartition, out: &mut Effects) {
        let has_id = !self.identity.is_missing();
        let Some(manager) = &mut self.manager else {
            return;
        };
        if let Err(thrown) = manager.add_partition(place, has_id) {
            self.refuse(record, thrown.error, out);
            if matches!(thrown.error, ClientError::Broker(_)) {
                self.fail_transaction_by_call(thrown.error);
            }
        }
    }

    pub(super) fn note_assigned(&self, record: &Record, partition: u32, out: &mut Effects) {
        let topic = record.topic;
        out.note(Observation::RecordAssigned {
            record: record.id,
            partition: TopicPartition { topic, partition },
        });
    }

    /// `KafkaProducer.partition`, where the application names none: by key, in turn, or none yet.
    fn partition_for_key(&mut self, record: &Record, known: usize) -> Option<u32> {
        let of = |hash: u32| u32::try_from(hash as usize % known).unwrap_or(0);
        match self.config.partitioner {
            Partitioner::RoundRobin => Some(self.next_in_turn(record.topic)),
            Partitioner::BuiltIn {
                ignores_keys: false,
                ..
            } => record.hash.map(positive).map(of),
            Partitioner::BuiltIn { .. } => None,
        }
    }

    /// `RoundRobinPartitioner`: the partitions that have a leader, in turn; keys do not matter.
    fn next_in_turn(&mut self, topic: TopicId) -> u32 {
        let turn = match self.sticky.iter_mut().find(|own| own.topic == topic) {
            Some(own) => {
                own.choices += 1;
                own.choices - 1
            }
            None => {
                let first = Sticky {
                    topic,
                    partition: 0,
                    bytes: 0,
                    choices: 1,
                };
                self.sticky.push(first);
                0
            }
        };
        let all = self.peers.partitions(topic);
        let led = all.iter().filter(|known| known.leader.is_some());
        let count = led.clone().count();
        let pick = |count: usize| turn as usize % count.max(1);
        let chosen = match count {
            0 => all.get(pick(all.len())),
            _ => led.clone().nth(pick(count)),
        };
        chosen.map_or(0, |known| known.partition.partition)
    }

    /// Where records without a key go at present.
    pub(super) fn sticky_partition(&mut self, topic: TopicId) -> u32 {
        match self.sticky.iter().find(|own| own.topic == topic) {
            Some(own) => own.partition,
            None => self.switch_sticky(topic),
        }
    }

    /// Counts what was appended, and changes the partition after `batch.size` bytes, or twice that if the last batch has
    /// room for more (`BuiltInPartitioner.updatePartitionInfo`).
    pub(super) fn count_sticky(&mut self, topic: TopicId, bytes: u32, may_switch: bool) {
        let size = self.config.batch_size;
        let Some(own) = self.sticky.iter_mut().find(|own| own.topic == topic) else {
            return;
        };
        own.bytes = own.bytes.saturating_add(bytes);
        if (may_switch && own.bytes >= size) || own.bytes >= size.saturating_mul(2) {
            self.switch_sticky(topic);
        }
    }

    fn switch_sticky(&mut self, topic: TopicId) -> u32 {
        let place = self.sticky.iter().position(|own| own.topic == topic);
        let choices = place.map_or(0, |at| self.sticky[at].choices);
        let key = [u64::from(self.id.0), u64::from(topic.0), u64::from(choices)];
        let draw = self.seed.bits(Draw::StickyPartition, &key);
        let known = self.peers.partitions(topic);
        let adaptive = self.config.partitioner.is_adaptive()
            && known.iter().all(|own| self.lane(own.partition).is_some());
        let waiting = |id| {
            let queue = self.lane(id).map_or(0, |lane| lane.queue.len());
            u32::try_from(queue).unwrap_or(u32::MAX)
        };
        let choice = |own: &super::super::peers::Leadership| -> Choice {
            let led = own.leader.is_some();
            (own.partition, led.then(|| waiting(own.partition)))
        };
        let all: Vec<Choice> = known.iter().map(choice).collect();
        let next = Sticky {
            topic,
            partition: next_sticky(draw, &all, adaptive),
            bytes: 0,
            choices: choices + 1,
        };
        match place {
            Some(at) => self.sticky[at] = next,
            None => self.sticky.push(next),
        }
        next.partition
    }

    /// Goes on until nothing is left to send or to wait for; then, or when its time is over, it is closed
    /// (`Sender.run`, `KafkaProducer.close`).
    fn try_close(&mut self, now: SimTime, until: SimTime, out: &mut Effects) {
        let asked = self
            .peers
            .nodes
            .iter()
            .any(|node| !node.in_flight.is_empty());
        let queued = self.lanes.iter().any(|lane| !lane.queue.is_empty());
        let transacts = self
            .manager
            .as_ref()
            .is_some_and(|own| own.is_ongoing() && own.is_asking());
        if (asked || queued || transacts) && now < until {
            return;
        }
        if now < until && self.abort_before_close().is_ok_and(|waits| waits) {
            return;
        }
        self.fail_everything(out);
        self.calling = None;
        self.life = Life::Closed;
        self.peers.close_all(out);
        out.disarm(Timer::Sender);
        out.note(Observation::ClientClosed { client: self.id });
    }

    /// `RecordAccumulator.abortIncompleteBatches`
    fn fail_everything(&mut self, out: &mut Effects) {
        for node in &self.peers.nodes {
            for asked in &node.in_flight {
                if let Asked::Produce(batches) = &asked.what {
                    for (_, batch) in batches.iter().filter(|(_, batch)| !batch.done) {
                        super::responses::fail(batch, ClientError::ClosedForcefully, out);
                    }
                }
            }
        }
        for batch in self.lanes.iter().flat_map(|lane| &lane.queue) {
            super::responses::fail(batch, ClientError::ClosedForcefully, out);
        }
        self.lanes.clear();
    }
}
