//! What the script asks of the cluster: topics, elections, the deletion of records, a look at a log.

use super::super::ids::{BrokerId, NodeId, Offset, TopicId, TopicPartition};
use super::super::observation::Observation;
use super::super::queue::Pending;
use super::super::scenario::{Act, ElectionKind, Isolation};
use super::super::text::{Whole, Word};
use super::super::time::SimDuration;
use super::super::wire::ErrorCode;
use super::{Broker, Site, World};

/// A fresh reader is made, asks who leads, and asks that one for the ends of the log.
const READER: SimDuration = SimDuration::from_ms(50);
/// How long the recorder waits after it has deleted a topic.
const AFTER_DELETION: SimDuration = SimDuration::from_ms(500);
/// How long a reader of the recorder tries, in ms.
const READER_PATIENCE_MS: u32 = 10_000;

impl World {
    fn topic_named(&self, topic: Option<&Word>) -> Option<TopicId> {
        self.setup.cast.topic(topic.map(|word| word.0.as_str()))
    }

    /// The partition that an act means.
    pub(super) fn partition_named(
        &self,
        topic: Option<&Word>,
        partition: Option<Whole>,
    ) -> Option<TopicPartition> {
        Some(TopicPartition {
            topic: self.topic_named(topic)?,
            partition: partition.map_or(0, |partition| partition.0),
        })
    }

    fn answered(&mut self, answer: Result<(), ErrorCode>) {
        if let Err(error) = answer {
            let act = self.director.act;
            self.note(Observation::RequestRefused { act, error });
        }
    }

    /// The act is a `topic` act. Kafka checks the name, then the settings, then the replicas.
    pub(super) fn create_topic(&mut self, replicas: &[Vec<Whole>]) {
        let earlier = self
            .setup
            .script
            .acts()
            .iter()
            .take(self.director.act as usize);
        let number = earlier
            .filter(|act| matches!(act, Act::Topic { .. }))
            .count();
        let topic = TopicId(u16::try_from(number).unwrap_or(u16::MAX));
        let answer = match self.setup.topic(topic) {
            _ if self.is_taken(topic) => Err(ErrorCode::TopicAlreadyExists),
            Err(error) => Err(error),
            Ok(config) => {
                let ids = |ids: &Vec<Whole>| ids.iter().map(|id| BrokerId(id.0)).collect();
                let replicas: Vec<Vec<BrokerId>> = replicas.iter().map(ids).collect();
                let now = self.medium.now;
                let out = &mut self.medium.effects(NodeId::Controller);
                self.controller
                    .create_topic(now, topic, &replicas, config, out)
            }
        };
        self.answered(answer);
    }

    /// True if another topic has its name.
    fn is_taken(&self, topic: TopicId) -> bool {
        let names = &self.setup.cast.topics;
        let name = names.get(usize::from(topic.0));
        let mut known = self.controller.image().partitions.keys();
        known.any(|id| names.get(usize::from(id.topic.0)) == name)
    }

    pub(super) fn delete_topic(&mut self, topic: Option<&Word>) {
        let topic = self.topic_named(topic);
        let out = &mut self.medium.effects(NodeId::Controller);
        let answer = match topic {
            Some(topic) => self.controller.delete_topic(topic, out),
            None => Err(ErrorCode::UnknownTopicOrPartition),
        };
        self.answered(answer);
        self.pause_script(AFTER_DELETION);
    }

    pub(super) fn add_partitions(&mut self, topic: Option<&Word>, total: u32) {
        let known = self.topic_named(topic);
        let config = known.and_then(|topic| self.setup.topic(topic).ok());
        let out = &mut self.medium.effects(NodeId::Controller);
        let answer = match (known, config) {
            (Some(topic), Some(config)) => {
                self.controller.add_partitions(topic, total, config, out)
            }
            _ => Err(ErrorCode::UnknownTopicOrPartition),
        };
        self.answered(answer);
    }

    pub(super) fn elect(&mut self, topic: Option<&Word>, kind: ElectionKind) {
        let internal = topic.and_then(|name| TopicId::internal(&name.0));
        let internal = internal.map(TopicId::first_partition);
        let partition = internal.or_else(|| self.partition_named(topic, None));
        let out = &mut self.medium.effects(NodeId::Controller);
        let answer = match partition {
            Some(partition) => self.controller.elect_leader(partition, kind, out),
            None => Err(ErrorCode::UnknownTopicOrPartition),
        };
        self.answered(answer);
    }

    /// Does every broker that can know of the topics know of them?
    pub(super) fn topics_known(&self) -> bool {
        let image = self.controller.image();
        self.brokers.iter().all(|(id, site)| match site {
            Site::Up(broker) if broker.serves() && self.is_heard(*id) => {
                broker.image().partitions.len() == image.partitions.len()
            }
            _ => true,
        })
    }

    /// The leader that the controller chose, if it runs and knows.
    pub(super) fn serving_leader(&self, id: TopicPartition) -> Option<(BrokerId, &Broker)> {
        let registration = self.controller.image().partitions.get(&id)?;
        let leader = registration.leader?;
        match self.brokers.get(&leader)? {
            Site::Up(broker) if broker.serves() && !self.is_paused(leader) => {
                let replica = broker.replicas().get(&id)?;
                let knows = replica.leading().is_some()
                    && replica.leader_epoch == registration.leader_epoch;
                knows.then_some((leader, broker))
            }
            _ => None,
        }
    }

    /// A fresh reader asks the leader where the log begins and ends. While the high watermark has not reached the start of the
    /// leader's epoch the leader does not know (`OFFSET_NOT_AVAILABLE`, KIP-207), and the reader asks again.
    pub(super) fn has_read(
        &mut self,
        topic: Option<&Word>,
        partition: Option<Whole>,
        (isolation, timeout_ms): (Isolation, Option<Whole>),
    ) -> bool {
        let patience = timeout_ms.map_or(READER_PATIENCE_MS, |ms| ms.0);
        let Some(deadline) = self.director.deadline else {
            let patience = SimDuration::from_ms(u64::from(patience));
            let cause = Some(self.medium.step);
            let end = self
                .medium
                .queue
                .push(self.medium.now + patience, Pending::Script, cause);
            self.director.deadline = Some(end);
            self.pause_script(READER.min(patience));
            return false;
        };
        let known = self.partition_named(topic, partition);
        let found = known.and_then(|id| {
            let (_, broker) = self.serving_leader(id)?;
            let replica = broker.replicas().get(&id)?;
            let start = replica.leading()?.epoch_start;
            let to = match isolation {
                Isolation::ReadUncommitted => replica.high_watermark,
                Isolation::ReadCommitted => replica.last_stable(),
            };
            let from = replica.log.start();
            (to >= start).then_some((id, from, to))
        });
        if let Some((partition, start, end)) = found {
            self.note(Observation::LogRead {
                partition,
                start,
                end,
            });
            self.medium.queue.remove(deadline);
        } else if self.medium.now >= deadline.0 {
            let act = self.director.act;
            let error = ErrorCode::RequestTimedOut;
            self.note(Observation::RequestRefused { act, error });
        }
        found.is_some() || self.medium.now >= deadline.0
    }

    /// Deletes records on the leader, and waits for the other live replicas (`DelayedDeleteRecords`).
    pub(super) fn has_deleted(
        &mut self,
        topic: Option<&Word>,
        partition: Option<Whole>,
        before: i64,
    ) -> bool {
        let Some(id) = self.partition_named(topic, partition) else {
            return true;
        };
        let before = u64::try_from(before).ok().map(Offset);
        if self.director.next_value == 0 {
            let leader = self.serving_leader(id).map(|(leader, _)| leader);
            let Some(leader) = leader else { return false };
            let now = self.medium.now;
            let out = &mut self.medium.effects(NodeId::Broker(leader));
            let answer = match self.brokers.get_mut(&leader) {
                Some(Site::Up(broker)) => broker.delete_records(now, id, before, out),
                _ => return false,
            };
            match answer {
                Err(error) => {
                    let act = self.director.act;
                    self.note(Observation::RequestRefused { act, error });
                    return true;
                }
                Ok(deleted) => self.director.deletes_below = deleted,
            }
            self.director.next_value = 1;
        }
        let before = self.director.deletes_below;
        let brokers = &self.controller.image().brokers;
        let live = |id: &BrokerId| brokers.get(id).is_some_and(|broker| !broker.fenced);
        let mut sites = self.brokers.iter().filter(|(id, _)| live(id));
        sites.all(|(_, site)| match site {
            Site::Up(broker) => {
                let replica = broker.replicas().get(&id);
                replica.is_none_or(|replica| replica.log.start() >= before)
            }
            Site::ComingUp(..) | Site::Down(_) => false,
        })
    }
}
