//! Internal topics: who coordinates what, and how a coordinator comes to its state.

use super::super::super::effects::{Effects, Purpose, ReplyTo};
use super::super::super::ids::{NodeId, Offset, TopicId, TopicPartition};
use super::super::super::time::SimTime;
use super::super::super::wire::{CoordinatorKey, ErrorCode, Request, Response};
use super::super::Broker;

impl Broker {
    /// The leader of the key's partition coordinates it. Where the topic is not there yet this broker has it created, and the
    /// client asks again (`KafkaApis.getCoordinator`).
    pub(in super::super) fn on_find_coordinator(
        &self,
        reply: ReplyTo,
        key: CoordinatorKey,
        out: &mut Effects,
    ) {
        let partition = key.topic().first_partition();
        let leader = match self.image.partitions.get(&partition) {
            Some(registration) => registration.leader,
            None => {
                let request = Request::CreateTopics(key.topic());
                out.send(NodeId::Controller, Purpose::Control, request);
                None
            }
        };
        let alive = leader.filter(|id| {
            self.image
                .brokers
                .get(id)
                .is_some_and(|known| !known.fenced)
        });
        let answer = alive.ok_or(ErrorCode::CoordinatorNotAvailable);
        out.reply(reply, Response::FindCoordinator(key, answer));
    }

    /// True if this broker coordinates what lies in that partition.
    pub(in super::super) fn coordinates(&self, partition: TopicPartition) -> bool {
        let replica = self.replicas.get(&partition);
        replica.is_some_and(|replica| replica.leading().is_some())
    }

    /// It leads an internal partition from now on, or no longer: what the log holds is the state. Kafka loads it in the
    /// background; here it is there at once.
    pub(in super::super) fn reload_coordinator(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        out: &mut Effects,
    ) {
        self.coordinators.forget(partition);
        let Some(replica) = self.replicas.get(&partition) else {
            return;
        };
        if replica.leading().is_some() {
            for (_, record) in replica.log.states_from(Offset(0)) {
                self.coordinators.learn(record);
            }
            if partition.topic == TopicId::TRANSACTION_STATE {
                self.resume_transactions(now, out);
            }
        }
    }
}
