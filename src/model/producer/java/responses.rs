//! What comes back: answers to Produce, metadata, broken connections.

use super::super::super::effects::Effects;
use super::super::super::ids::{BrokerId, Offset, TopicPartition};
use super::super::super::observation::Observation;
use super::super::super::time::SimTime;
use super::super::super::wire::{ClientError, ErrorCode, ProducedPartition, Response};
use super::super::peers::Asked;
use super::JavaProducer;
use super::batches::Batch;

impl JavaProducer {
    pub(super) fn on_response(
        &mut self,
        now: SimTime,
        id: BrokerId,
        response: &mut Response,
        out: &mut Effects,
    ) {
        let Some(asked) = self.peers.answered(id) else {
            return;
        };
        match (asked, response) {
            (Asked::Produce(batches), Response::Produce { partitions, .. }) => {
                let accepted = |own: &ProducedPartition| {
                    own.error == ErrorCode::None && own.current_leader.is_none()
                };
                if let ([(partition, batch)], [answer]) = (&batches[..], &partitions[..])
                    && answer.partition == *partition
                    && accepted(answer)
                {
                    return self.on_accepted(*partition, batch, answer.base_offset, out);
                }
                for (partition, batch) in batches {
                    let answer = partitions.iter().find(|own| own.partition == partition);
                    if let Some(answer) = answer {
                        self.on_produced(now, partition, batch, *answer, out);
                    }
                }
            }
            (Asked::Metadata, Response::Metadata { leaders, brokers }) => {
                self.peers.learn(now, leaders, brokers, out);
            }
            (Asked::ProducerId, Response::InitProducerId(producer_id)) => {
                self.identity.obtained(*producer_id);
                out.note(Observation::ProducerIdObtained { producer: self.id });
            }
            (Asked::Transaction, response) => {
                let answer = std::mem::replace(response, Response::CreateTopics(ErrorCode::None));
                self.on_transactional_answer(answer, out);
            }
            _ => {}
        }
    }

    /// `Sender.completeBatch`.
    fn on_produced(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        batch: Batch,
        answer: ProducedPartition,
        out: &mut Effects,
    ) {
        if let Some((leader, epoch)) = answer.current_leader {
            self.peers.learn_leader(partition, Some(leader), epoch, out);
        }
        if answer.error == ErrorCode::None {
            self.on_accepted(partition, &batch, answer.base_offset, out);
        } else {
            self.on_batch_error(now, partition, batch, answer.error, out);
        }
    }

    fn on_accepted(
        &mut self,
        partition: TopicPartition,
        batch: &Batch,
        base_offset: Offset,
        out: &mut Effects,
    ) {
        self.lane_mut(partition).on_the_way -= 1;
        self.note_acked(partition, batch);
        self.release(batch);
        if !batch.done {
            acknowledge(batch, Some(base_offset), out);
        }
    }

    /// Again, in pieces, or not.
    fn on_batch_error(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        batch: Batch,
        error: ErrorCode,
        out: &mut Effects,
    ) {
        self.lane_mut(partition).on_the_way -= 1;
        if batch.done {
            self.release(&batch);
        } else if error == ErrorCode::MessageTooLarge && batch.records.len() > 1 {
            self.split(partition, batch, out);
        } else if self.can_retry(now, partition, &batch, error) {
            out.note(Observation::BatchRequeued {
                producer: self.id,
                records: batch.records.clone(),
                error,
            });
            self.requeue(now, partition, batch);
        } else {
            self.after_failure(partition, &batch, error);
            self.release(&batch);
            match error {
                ErrorCode::InvalidTimestamp => batch.fail_by_time(now, out),
                _ => fail(&batch, ClientError::Broker(error), out),
            }
        }
        self.peers.wanted |= error.refreshes_metadata();
    }

    /// `Sender.canRetry`
    fn can_retry(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        batch: &Batch,
        error: ErrorCode,
    ) -> bool {
        if self.is_expired(now, batch) || batch.attempts >= self.config.retries {
            return false;
        }
        if error == ErrorCode::OutOfOrderSequenceNumber {
            return self.can_retry_gap(partition, batch);
        }
        error.is_retriable()
    }

    /// `delivery.timeout.ms` is over: the application is told, whatever became of the batch.
    pub(super) fn expire(
        &mut self,
        partition: TopicPartition,
        batch: &Batch,
        was_sent: bool,
        out: &mut Effects,
    ) {
        out.note(Observation::BatchExpired {
            producer: self.id,
            records: batch.records.clone(),
            was_sent,
        });
        self.after_expiry(partition, batch);
        fail(batch, ClientError::Timeout, out);
    }

    /// A connection is gone, or the producer has closed it. All that was on it failed, the oldest first.
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
                        self.on_batch_error(now, partition, batch, error, out);
                    }
                }
                Asked::Metadata => self.peers.asking = false,
                Asked::ProducerId => self.identity.asking = false,
                Asked::Transaction => {
                    if let Some(manager) = &mut self.manager {
                        manager.lost();
                    }
                }
            }
        }
        if let Some(manager) = &mut self.manager {
            manager.disconnected(id);
        }
    }
}

pub(super) fn acknowledge(batch: &Batch, base_offset: Option<Offset>, out: &mut Effects) {
    for (index, record) in (0..).zip(&batch.records) {
        let offset = base_offset.map(|base| Offset(base.0 + index));
        out.note(Observation::RecordAcknowledged {
            record: *record,
            offset,
        });
    }
}

pub(super) fn fail(batch: &Batch, error: ClientError, out: &mut Effects) {
    for record in &batch.records {
        out.note(Observation::RecordFailed {
            record: *record,
            error,
        });
    }
}
