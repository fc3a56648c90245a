//! What comes back, and what becomes of the messages that it was about (`rd_kafka_handle_Produce`).

use super::super::super::effects::Effects;
use super::super::super::ids::{BrokerId, Offset, TopicPartition};
use super::super::super::observation::Observation;
use super::super::super::prng::Draw;
use super::super::super::small::Few;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::{ErrorCode, ProducedPartition, RdError, Response};
use super::super::peers::{Asked, doubled};
use super::RdProducer;
use super::messages::{Batch, fail};

/// What is done after an error (`rd_kafka_handle_Produce_error`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reaction {
    /// Again, and it counts as a retry.
    Retry,
    /// Again; it was certainly not written, so it counts as nothing.
    Again,
    /// Never again.
    GiveUp,
}

fn reaction(error: ErrorCode) -> Reaction {
    match error {
        ErrorCode::NetworkException
        | ErrorCode::RequestTimedOut
        | ErrorCode::NotEnoughReplicas
        | ErrorCode::NotEnoughReplicasAfterAppend => Reaction::Retry,
        ErrorCode::NotLeaderOrFollower
        | ErrorCode::UnknownTopicOrPartition
        | ErrorCode::FencedLeaderEpoch => Reaction::Again,
        _ => Reaction::GiveUp,
    }
}

impl RdProducer {
    pub(super) fn on_response(
        &mut self,
        now: SimTime,
        id: BrokerId,
        response: Response,
        out: &mut Effects,
    ) {
        let Some(asked) = self.peers.answered(id) else {
            return;
        };
        match (asked, response) {
            (Asked::Produce(batches), Response::Produce { partitions, .. }) => {
                for (partition, batch) in batches {
                    let answer = partitions.iter().find(|own| own.partition == partition);
                    if let Some(answer) = answer {
                        self.on_produced(now, batch, *answer, out);
                    }
                }
            }
            (Asked::Metadata, Response::Metadata { leaders, brokers }) => {
                self.peers.learn(now, &leaders, &brokers, out);
            }
            (Asked::ProducerId, Response::InitProducerId(producer_id)) => {
                self.identity.asking = false;
                self.identity.current = Some((producer_id, Default::default()));
                out.note(Observation::ProducerIdObtained { producer: self.id });
            }
            _ => {}
        }
    }

    fn on_produced(
        &mut self,
        now: SimTime,
        batch: Batch,
        answer: ProducedPartition,
        out: &mut Effects,
    ) {
        let partition = answer.partition;
        if let Some((leader, epoch)) = answer.current_leader {
            self.peers.learn_leader(partition, Some(leader), epoch, out);
        }
        if answer.error != ErrorCode::None {
            return self.on_error(now, partition, batch, answer.error, out);
        }
        let lane = self.lane_mut(partition);
        lane.in_flight -= batch.count();
        let last = batch.messages.last().map_or(0, |last| last.number + 1);
        lane.acked = lane.acked.max(last);
        for (index, message) in (0..).zip(&batch.messages) {
            self.done(message);
            out.note(Observation::RecordAcknowledged {
                record: message.record.id,
                offset: Some(Offset(answer.base_offset.0 + index)),
            });
        }
    }

    /// A connection is gone, or it was closed because a request on it was too late.
    pub(super) fn on_disconnected(
        &mut self,
        now: SimTime,
        id: BrokerId,
        timed_out: bool,
        out: &mut Effects,
    ) {
        let error = ErrorCode::of_lost_connection(timed_out);
        for asked in self.peers.disconnected(now, id) {
            match asked.what {
                Asked::Produce(batches) => {
                    for (partition, batch) in batches {
                        self.on_error(now, partition, batch, error, out);
                    }
                }
                Asked::Metadata => self.peers.asking = false,
                Asked::Transaction => {}
                Asked::ProducerId => self.identity.asking = false,
            }
        }
    }

    fn on_error(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        mut batch: Batch,
        error: ErrorCode,
        out: &mut Effects,
    ) {
        self.peers.wanted |= error.refreshes_metadata();
        let idempotent = self.config.enable_idempotence;
        let lane = self.lane_mut(partition);
        lane.in_flight -= batch.count();
        let mut reaction = reaction(error);
        if let Some(own) = batch.identity {
            let last = batch.messages.last().map(|last| last.number);
            if let Some(first) = batch.messages.first_mut() {
                first.last_of_batch = last;
            }
            let base = lane.base.map_or(0, |(_, base)| base);
            let number = base + u64::from(own.base_sequence.0);
            if error == ErrorCode::OutOfOrderSequenceNumber && number > lane.acked {
                // An earlier one failed: once nothing is in flight the sequences start over.
                reaction = Reaction::Again;
                self.identity.drains = true;
            }
        }
        if reaction == Reaction::GiveUp {
            self.identity.drains |= idempotent;
            return self.give_up(&batch, RdError::Broker(error), out);
        }
        self.lane_mut(partition).drains = idempotent;
        self.retry(now, partition, batch, (reaction, error), out);
    }

    fn give_up(&mut self, batch: &Batch, error: RdError, out: &mut Effects) {
        for message in &batch.messages {
            self.done(message);
            fail(message.record.id, error, out);
        }
    }

    /// Puts messages back in their places (`rd_kafka_retry_msgq`); those that were tried often enough fail.
    fn retry(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        mut batch: Batch,
        (reaction, error): (Reaction, ErrorCode),
        out: &mut Effects,
    ) {
        let more = u32::from(reaction == Reaction::Retry);
        let most = self.config.retries;
        let (tried, again): (Few<_>, Few<_>) = std::mem::take(&mut batch.messages)
            .into_iter()
            .partition(|message| message.retries.saturating_add(more) > most);
        batch.messages = again;
        if !batch.messages.is_empty() {
            out.note(Observation::BatchRequeued {
                producer: self.id,
                records: batch.records(),
                error,
            });
        }
        let first = batch.messages.first();
        let wait = first.map_or(SimDuration::ZERO, |first| {
            self.backoff(first.number, first.retries + more)
        });
        let lane = self.lane_mut(partition);
        for mut message in batch.messages {
            message.retries += more;
            message.not_before = now + wait;
            lane.put_back(message);
        }
        let error = match error {
            ErrorCode::RequestTimedOut => RdError::MsgTimedOut,
            other => RdError::Broker(other),
        };
        for message in tried {
            self.done(&message);
            self.identity.drains |= self.config.enable_idempotence;
            fail(message.record.id, error, out);
        }
    }

    /// Doubles with every retry, plus or minus a fifth, at most `retry.backoff.max.ms`.
    fn backoff(&self, number: u64, retries: u32) -> SimDuration {
        let (base, max) = (self.config.retry_backoff, self.config.retry_backoff_max);
        let (low, high) = doubled(base, retries.saturating_sub(1), max);
        let key = [u64::from(self.id.0), number, u64::from(retries)];
        self.seed
            .between(Draw::RetryBackoff, &key, low, high)
            .min(max)
    }
}
