//! What a leader does: appends, answers fetches, moves the high watermark, changes the ISR.

use super::super::effects::{Effects, ReplyTo};
use super::super::ids::{BrokerId, Offset, TopicPartition};
use super::super::observation::Observation;
use super::super::producer_state::{Admission, Memory};
use super::super::record::{RecordBatch, copied, joined};
use super::super::scenario::Rule;
use super::super::small::Few;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{
    ErrorCode, PartitionRegistration, ProducedPartition, TIMESTAMP_AFTER_MAX,
};
use super::coordinators::{Held, Verified};
use super::replica::{Leading, Remote};
use super::requests::{WaitingPartition, WaitingProduce};
use super::{Broker, Role};

impl Broker {
    /// `Partition.makeLeader`: the epoch begins at the log end; nobody else's log end is known yet; whoever is in sync counts
    /// as caught up from now. There is no catching up before.
    pub(super) fn become_leader(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        registration: &PartitionRegistration,
        out: &mut Effects,
    ) {
        self.stop_following(partition);
        let me = self.id;
        let Some(replica) = self.replicas.get_mut(&partition) else {
            return;
        };
        replica.log.begin_epoch(registration.leader_epoch);
        let remote = |id: &BrokerId| {
            let in_sync = registration.isr.contains(id);
            (
                *id,
                Remote::caught_up_at(if in_sync { now } else { SimTime::ZERO }),
            )
        };
        replica.role = Role::Leader(Leading {
            epoch_start: replica.log.end(),
            isr: registration.isr.clone(),
            wished_isr: None,
            remotes: registration
                .replicas
                .iter()
                .filter(|id| **id != me)
                .map(remote)
                .collect(),
        });
        out.note(Observation::BecameLeader {
            broker: me,
            partition,
            leader_epoch: registration.leader_epoch,
        });
    }

    fn producer_memory(&self, now: SimTime) -> Memory {
        let rules = self.config.rules;
        let every = self.config.producer_id_expiration_check_interval.0.max(1);
        let looks = now.since(self.started_at).0 / every;
        Memory {
            looked_at: self.started_at + SimDuration(looks * every),
            expiration: self.config.producer_id_expiration,
            none: rules.has(Rule::NoDuplicateDetection),
            one_batch: rules.has(Rule::OneBatchRemembered),
        }
    }

    /// A Produce request of a transaction, after the coordinator was asked.
    pub(super) fn append_held(
        &mut self,
        now: SimTime,
        held: Held,
        verified: &Verified,
        out: &mut Effects,
    ) {
        let (reply, timeout_ms) = (held.reply, held.timeout_ms);
        self.on_produce(now, reply, (-1, timeout_ms), &held.batches, verified, out);
    }

    /// The append path (`Partition.appendRecordsToLeader`), one partition after the other, then the answer. `acks` with its
    /// timeout in ms.
    pub(super) fn on_produce(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        (acks, timeout_ms): (i8, u32),
        batches: &[(TopicPartition, RecordBatch)],
        verified: &Verified,
        out: &mut Effects,
    ) {
        let records = joined(batches.iter().map(|(_, batch)| &batch.records));
        let partitions: Few<_> = batches
            .iter()
            .map(|(partition, batch)| self.append(now, acks, *partition, batch, verified, out))
            .collect();
        if acks == 0 {
            // Nobody hears of an error; the connection is closed instead, so that the client asks who leads.
            let failed = partitions
                .iter()
                .any(|p| p.outcome.error != ErrorCode::None);
            if failed {
                out.hang_up(reply);
            } else {
                out.no_reply(reply);
            }
            return;
        }
        let deadline = now + SimDuration::from_ms(u64::from(timeout_ms));
        // What is decided at once is answered by `settle_writes`.
        self.waiting.push(WaitingProduce {
            reply,
            deadline,
            records,
            partitions,
            markers_of: None,
        });
    }

    fn append(
        &mut self,
        now: SimTime,
        acks: i8,
        partition: TopicPartition,
        batch: &RecordBatch,
        verified: &Verified,
        out: &mut Effects,
    ) -> WaitingPartition {
        let broker = self.id;
        let appended = match verified.error(partition) {
            Some(error) => Err(error),
            None => self.try_append(now, acks, partition, batch, verified, out),
        };
        let replica = self.replicas.get(&partition);
        let leader_epoch = replica
            .map(|replica| replica.leader_epoch)
            .unwrap_or_default();
        let (error, base_offset) = match appended {
            Ok(base) => (ErrorCode::None, base),
            Err(error) => {
                let records = copied(&batch.records);
                out.note(Observation::BatchRefused {
                    broker,
                    partition,
                    error,
                    records,
                });
                (error, Offset(0))
            }
        };
        let current_leader = if error == ErrorCode::NotLeaderOrFollower {
            self.known_leader(partition)
        } else {
            None
        };
        let end = Offset(base_offset.0 + batch.records.len() as u64);
        WaitingPartition {
            outcome: ProducedPartition {
                partition,
                error,
                base_offset,
                current_leader,
            },
            required: (acks == -1 && error == ErrorCode::None).then_some(end),
            leader_epoch,
        }
    }

    fn try_append(
        &mut self,
        now: SimTime,
        acks: i8,
        partition: TopicPartition,
        batch: &RecordBatch,
        verified: &Verified,
        out: &mut Effects,
    ) -> Result<Offset, ErrorCode> {
        if !(-1..=1).contains(&acks) {
            return Err(ErrorCode::InvalidRequiredAcks);
        }
        let (broker, memory) = (self.id, self.producer_memory(now));
        let replica = self
            .replicas
            .get_mut(&partition)
            .ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if replica.leading().is_none() {
            return Err(ErrorCode::NotLeaderOrFollower);
        }
        if acks == -1 && replica.is_under_min_isr() {
            return Err(ErrorCode::NotEnoughReplicas);
        }
        // `UnifiedLog.analyzeAndValidateRecords`, then `LogValidator`, before the log looks who wrote it.
        if batch.bytes > replica.config.max_message_bytes {
            return Err(ErrorCode::MessageTooLarge);
        }
        let latest = now.on_the_clock_ms() + TIMESTAMP_AFTER_MAX;
        if batch.latest.is_some_and(|timestamp| timestamp > latest) {
            return Err(ErrorCode::InvalidTimestamp);
        }
        let guard = batch
            .producer
            .filter(|_| batch.transactional)
            .and_then(|producer| replica.guards.get(&producer.id).copied());
        let proof = verified.proof(partition, guard);
        match replica.producers.admit(batch, proof, memory) {
            Admission::Refuse(error) => Err(error),
            Admission::Duplicate(base_offset) => {
                out.note(Observation::DuplicateRecognised {
                    broker,
                    partition,
                    base_offset,
                    records: copied(&batch.records),
                });
                Ok(base_offset)
            }
            Admission::Append => {
                let leader_epoch = replica.leader_epoch;
                replica.before_append(now, now, u64::from(batch.bytes));
                let base_offset = replica.log.append(now, batch, leader_epoch);
                let (log, producers) = (&replica.log, &mut replica.producers);
                producers.learn(base_offset, log.from(base_offset));
                if let (Some(producer), true) = (batch.producer, batch.transactional) {
                    replica.guards.remove(&producer.id);
                }
                replica.after_append(now);
                out.note(Observation::BatchAppended {
                    broker,
                    partition,
                    base_offset,
                    leader_epoch,
                    records: copied(&batch.records),
                });
                Ok(base_offset)
            }
        }
    }
}
