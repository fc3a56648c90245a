//! States that a client of the cluster can see, for acts that wait.

use super::super::ids::{BrokerId, Offset, TopicId, TopicPartition};
use super::super::scenario::Condition;
use super::super::wire::{MetadataImage, PartitionRegistration};
use super::{Site, World};
use crate::small::Set;

impl World {
    /// Is all of it so?
    pub(super) fn holds(&self, condition: &Condition) -> bool {
        let topic = condition.topic.as_ref().map(|word| word.0.as_str());
        let internal = topic.and_then(TopicId::internal);
        let Some(topic) = internal.or_else(|| self.setup.cast.topic(topic)) else {
            return false;
        };
        let id = TopicPartition {
            topic,
            partition: condition.partition.map_or(0, |partition| partition.0),
        };
        self.leadership_holds(condition, id)
            && self.brokers_hold(condition)
            && self.logs_hold(condition, id)
    }

    /// Is it so in the metadata log, and does some broker that a client can ask know it?
    fn is_visible(&self, says: impl Fn(&MetadataImage) -> bool) -> bool {
        let current = self.controller.image();
        let up_to_date = self.brokers.iter().any(|(id, site)| match site {
            Site::Up(broker) => {
                let knows = broker.image().version == current.version;
                broker.serves() && knows && !self.is_paused(*id)
            }
            Site::ComingUp(..) | Site::Down(_) => false,
        });
        up_to_date && says(current)
    }

    fn leadership_holds(&self, condition: &Condition, id: TopicPartition) -> bool {
        let leader_of =
            |p: &PartitionRegistration| p.leader.map_or(-1, |leader| i64::from(leader.0));
        let wanted_isr: Option<Set<_>> = condition
            .isr
            .as_ref()
            .map(|isr| isr.iter().map(|id| BrokerId(id.0)).collect());
        if condition.leader.is_none() && condition.not_leader.is_none() && wanted_isr.is_none() {
            return true;
        }
        self.is_visible(|image| {
            image.partitions.get(&id).is_some_and(|partition| {
                condition
                    .leader
                    .is_none_or(|leader| leader == leader_of(partition))
                    && condition
                        .not_leader
                        .is_none_or(|leader| leader != leader_of(partition))
                    && wanted_isr.as_ref().is_none_or(|isr| *isr == partition.isr)
            })
        })
    }

    fn brokers_hold(&self, condition: &Condition) -> bool {
        let fenced = |id: u32| {
            self.controller
                .image()
                .brokers
                .get(&BrokerId(id))
                .is_some_and(|broker| broker.fenced)
        };
        condition.fenced.is_none_or(|id| fenced(id.0))
            && condition.unfenced.is_none_or(|id| !fenced(id.0))
    }

    fn logs_hold(&self, condition: &Condition, id: TopicPartition) -> bool {
        let reached = condition.log_end.iter().all(|(broker, end)| {
            self.log_end_of(BrokerId(broker.0), id)
                .is_some_and(|reached| reached >= Offset(u64::from(end.0)))
        });
        let committed = condition.high_watermark.is_none_or(|wanted| {
            self.leader_high_watermark(id)
                .is_some_and(|reached| reached >= Offset(u64::from(wanted.0)))
        });
        reached && committed
    }

    fn log_end_of(&self, broker: BrokerId, id: TopicPartition) -> Option<Offset> {
        match self.brokers.get(&broker)? {
            Site::Up(broker) => broker.replicas().get(&id).map(|replica| replica.log.end()),
            Site::ComingUp(disk, _) | Site::Down(disk) => {
                disk.replicas.get(&id).map(|replica| replica.log.end())
            }
        }
    }

    fn leader_high_watermark(&self, id: TopicPartition) -> Option<Offset> {
        let leader = self.controller.image().partitions.get(&id)?.leader?;
        match self.brokers.get(&leader)? {
            Site::Up(broker) => broker
                .replicas()
                .get(&id)
                .map(|replica| replica.high_watermark),
            Site::ComingUp(..) | Site::Down(_) => None,
        }
    }
}
