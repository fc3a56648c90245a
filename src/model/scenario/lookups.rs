//! Looking things up in a scenario.

use super::super::ids::{BrokerId, CONTROLLER_ID, TopicId};
use super::super::text::Settings;
use super::{Act, ConsumerAct, Family, Scenario};
use crate::small::sort;

impl Scenario {
    /// The settings of the named producer, as written.
    #[must_use]
    pub fn producer(&self, name: &str) -> Option<&Settings> {
        self.steps.iter().find_map(|act| match act {
            Act::Producer { id, config, .. } if id.0 == name => Some(config),
            _ => None,
        })
    }

    /// The client library of the named producer.
    #[must_use]
    pub fn producer_family(&self, name: &str) -> Family {
        let family = self.steps.iter().find_map(|act| match act {
            Act::Producer { id, family, .. } if id.0 == name => Some(*family),
            _ => None,
        });
        family.unwrap_or_default()
    }

    /// The same, to change.
    pub fn producer_mut(&mut self, name: &str) -> Option<&mut Settings> {
        self.steps.iter_mut().find_map(|act| match act {
            Act::Producer { id, config, .. } if id.0 == name => Some(config),
            _ => None,
        })
    }

    /// The settings of the named topic, as written.
    #[must_use]
    pub fn topic(&self, wanted: &str) -> Option<&Settings> {
        self.steps.iter().find_map(|act| match act {
            Act::Topic { name, config, .. } if name.0 == wanted => Some(config),
            _ => None,
        })
    }

    /// The same, to change.
    pub fn topic_mut(&mut self, wanted: &str) -> Option<&mut Settings> {
        self.steps.iter_mut().find_map(|act| match act {
            Act::Topic { name, config, .. } if name.0 == wanted => Some(config),
            _ => None,
        })
    }

    /// The settings of the named consumer, to change.
    pub fn consumer_mut(&mut self, name: &str) -> Option<&mut Settings> {
        self.steps.iter_mut().find_map(|act| match act {
            Act::Consumer(consumer) if consumer.id.0 == name => Some(&mut consumer.config),
            _ => None,
        })
    }

    /// The settings of the named group, to change.
    pub fn group_mut(&mut self, name: &str) -> Option<&mut Settings> {
        self.steps.iter_mut().find_map(|act| match act {
            Act::ShareGroup(group) if group.group.0 == name => Some(&mut group.config),
            _ => None,
        })
    }

    /// A consumer returns committed records alone: by its own setting, or by its share group's (KIP-932).
    #[must_use]
    pub fn reads_committed_only(&self, consumer: &ConsumerAct, shares: bool) -> bool {
        let own = consumer.config.get("isolation.level");
        let of_group = self.steps.iter().find_map(|act| match act {
            Act::ShareGroup(group) if consumer.group.as_ref() == Some(&group.group) => {
                group.config.get("share.isolation.level")
            }
            _ => None,
        });
        let said = if shares { of_group } else { own };
        said == Some("read_committed")
    }

    /// Consumers, those of share groups included, in the order of their acts.
    pub fn consumer_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|act| match act {
            Act::Consumer(consumer) => Some(consumer.id.0.as_str()),
            Act::ShareConsumer(consumer) => Some(consumer.id.0.as_str()),
            Act::Connect(worker) => Some(worker.id.0.as_str()),
            Act::Streams(streams) => Some(streams.id.0.as_str()),
            Act::Process(process) => Some(process.id.0.as_str()),
            _ => None,
        })
    }

    /// Producers that applications have, in the order of their acts.
    pub fn producers_of_applications(&self) -> impl Iterator<Item = String> {
        let own = Act::producer_of_application;
        self.steps.iter().filter_map(own)
    }

    /// Names of the outside worlds, in the order in which acts name them first.
    #[must_use]
    pub fn world_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.steps.iter().filter_map(Act::world_name) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Producers in the order of their acts.
    pub fn producer_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|act| match act {
            Act::Producer { id, .. } => Some(id.0.as_str()),
            _ => None,
        })
    }

    /// Topics in the order of their acts.
    pub fn topic_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|act| match act {
            Act::Topic { name, .. } => Some(name.0.as_str()),
            _ => None,
        })
    }

    /// Transactional ids, those of producers in the order of their acts, and then others that are asked about; each once.
    #[must_use]
    pub fn transactional_ids(&self) -> Vec<String> {
        let own = self.steps.iter().filter_map(|act| match act {
            Act::Producer { config, .. } => config.get("transactional.id").map(str::to_owned),
            act => {
                let config = act.producer_settings_of_application()?;
                config.get("transactional.id").map(str::to_owned)
            }
        });
        let asked = self.steps.iter().filter_map(|act| match act {
            Act::DescribeTxn { id } => Some(id.0.clone()),
            _ => None,
        });
        let mut all: Vec<String> = Vec::new();
        for name in own.chain(asked) {
            let name = name.trim();
            if !all.iter().any(|known| known == name) {
                all.push(name.to_owned());
            }
        }
        all
    }

    /// Every broker that the scenario speaks of, and at least 1, 2 and 3.
    #[must_use]
    pub fn broker_ids(&self) -> Vec<BrokerId> {
        let mut ids: Vec<u32> = vec![1, 2, 3];
        for act in &self.steps {
            if let Act::Topic { replicas, .. } = act {
                ids.extend(replicas.iter().flatten().map(|id| id.0));
            }
        }
        ids.retain(|id| *id != CONTROLLER_ID);
        sort(&mut ids);
        ids.dedup();
        ids.into_iter().map(BrokerId).collect()
    }

    /// How many partitions the topic with that number is created with; 0 if the script never creates it.
    #[must_use]
    pub fn partitions_of(&self, topic: TopicId) -> usize {
        let mut topics = self.steps.iter().filter_map(|act| match act {
            Act::Topic { replicas, .. } => Some(replicas.len()),
            _ => None,
        });
        topics.nth(usize::from(topic.0)).unwrap_or(0)
    }

    /// True if the script gives some topic more partitions.
    #[must_use]
    pub fn adds_partitions(&self) -> bool {
        let adds = |act: &Act| matches!(act, Act::AddPartitions { .. });
        self.steps.iter().any(adds)
    }

    /// The groups that the script speaks of, in the order in which it first does.
    #[must_use]
    pub fn group_names(&self) -> Vec<String> {
        let named = self.steps.iter().filter_map(|act| match act {
            Act::Consumer(consumer) => consumer.group_name().map(str::to_owned),
            Act::Committed(asked) => asked.group.as_ref().map(|group| group.0.clone()),
            Act::ShareConsumer(consumer) => Some(consumer.group.0.clone()),
            Act::ShareGroup(group) => Some(group.group.0.clone()),
            act => {
                let consumer = act.consumer_of_application()?;
                consumer.group_name().map(str::to_owned)
            }
        });
        let mut names: Vec<String> = Vec::new();
        for name in named {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The names of consumers and every `group.instance.id`, in the order of texts, each once.
    #[must_use]
    pub fn member_names(&self) -> Vec<String> {
        let consumers = self.steps.iter().filter_map(|act| match act {
            Act::Consumer(consumer) => Some((**consumer).clone()),
            act => act.consumer_of_application(),
        });
        let named = consumers.flat_map(|consumer| {
            let instance = consumer.config.get("group.instance.id");
            let instance = instance.map(str::to_owned);
            [Some(consumer.id.0), instance].into_iter().flatten()
        });
        let mut names: Vec<String> = named.collect();
        sort(&mut names);
        names.dedup();
        names
    }

    /// True if single frames, links or processes are stopped, so that every heartbeat counts.
    #[must_use]
    pub fn stops_frames(&self) -> bool {
        let stops = |act: &Act| matches!(act, Act::Fault { .. } | Act::Cut { .. } | Act::Pause(_));
        self.steps.iter().any(stops)
    }
}
