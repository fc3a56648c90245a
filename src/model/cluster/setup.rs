//! What is fixed before a run begins: the scenario, its names, what its settings mean.

use super::super::cast::Cast;
use super::super::config::librdkafka::consumer_config;
use super::super::config::{
    BrokerConfig, ClientConfig, ConsumerConfig, ProducerConfig, RdProducerConfig,
    ShareConsumerConfig, TopicConfig,
};
use super::super::ids::{BrokerId, ClientId, NodeId, TopicId};
use super::super::prng::Seed;
use super::super::producer::Transactional;
use super::super::scenario::{Act, Api, Family, FaultKind, Phase, Rule, Rules, Scenario, Trigger};
use super::super::text::{Settings, Word};
use super::super::time::{SimDuration, SimTime};
use super::super::transaction::Protocol;
use super::super::wire::ErrorCode;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The unchanging part of a world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Setup {
    pub(crate) script: Script,
    pub(crate) cast: Cast,
    pub(crate) seed: Seed,
    pub(crate) brokers: BrokerConfig,
    /// By `TopicId`; an error where Kafka refuses name or settings.
    pub(crate) topics: Vec<Result<TopicConfig, ErrorCode>>,
    /// By `ClientId`; none where Kafka refuses the configuration.
    producers: Vec<Option<ClientConfig>>,
    /// Heartbeats of members may stand for those that would follow them.
    pub(crate) folds_heartbeats: bool,
    /// In the order of their acts; none where Kafka refuses the configuration.
    readers: Vec<Option<ConsumerConfig>>,
    /// The same of share consumers.
    share_consumers: Vec<Option<ShareConsumerConfig>>,
    pub(crate) faults: Vec<PlannedFault>,
}

/// The scenario, shared with its trace. Of all of it only the acts are part of the world.
#[derive(Clone, Debug)]
pub struct Script(pub(crate) Arc<Scenario>);

impl Script {
    /// The acts, in order.
    pub(crate) fn acts(&self) -> &[Act] {
        &self.0.steps
    }
}

impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        self.acts() == other.acts()
    }
}
impl Eq for Script {}
impl Hash for Script {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.acts().hash(state);
    }
}

/// A fault with its names resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlannedFault {
    pub(crate) when: Moment,
    pub(crate) kind: FaultKind,
}

/// When it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// At a time.
    At(SimTime),
    /// A time after a message arrives; or, for `Lose`, instead of its arrival.
    Arrival {
        from: NodeId,
        to: NodeId,
        api: Api,
        phase: Phase,
        nth: u32,
        plus: SimDuration,
    },
    /// Never: it names somebody who does not exist.
    Never,
}

impl Setup {
    pub(super) fn of(scenario: &Scenario) -> Self {
        let cast = Cast::of(scenario);
        let mut brokers = BrokerConfig::resolve(&scenario.brokers).config;
        brokers.rules = Rules::of(scenario.kafka, &scenario.rules);
        let topics = scenario.steps.iter().filter_map(|act| match act {
            Act::Topic { name, config, .. } if is_legal_name(&name.0) => {
                let resolution = TopicConfig::resolve(config, &brokers);
                let legal = resolution.conflicts.is_empty();
                Some(
                    legal
                        .then_some(resolution.config)
                        .ok_or(ErrorCode::InvalidConfig),
                )
            }
            Act::Topic { .. } => Some(Err(ErrorCode::InvalidTopic)),
            _ => None,
        });
        let producers = scenario.steps.iter().filter_map(|act| match act {
            Act::Producer { family, config, .. } => Some(client_config(*family, config)),
            _ => None,
        });
        let of_applications = scenario.steps.iter().filter_map(|act| {
            let config = act.producer_settings_of_application()?;
            Some(client_config(Family::Java, &config))
        });
        let producers = producers.chain(of_applications);
        let readers = scenario.steps.iter().filter_map(|act| match act {
            Act::Consumer(reader) => {
                let group = reader.group.as_ref().map(|group| group.0.as_str());
                Some(match reader.family {
                    Family::Java => ConsumerConfig::resolve(&reader.config, group).ok(),
                    Family::Librdkafka => consumer_config(&reader.config, group),
                })
            }
            Act::ShareConsumer(_) => Some(None),
            Act::Connect(worker) if worker.is_source() => Some(None),
            act => act.consumer_of_application().map(|consumer| {
                let group = consumer.group.as_ref().map(|group| group.0.as_str());
                ConsumerConfig::resolve(&consumer.config, group).ok()
            }),
        });
        let share_consumers = scenario.steps.iter().filter_map(|act| match act {
            Act::Consumer(_) => Some(None),
            Act::ShareConsumer(consumer) => {
                let group = consumer.group.0.as_str();
                Some(ShareConsumerConfig::resolve(&consumer.config, group).ok())
            }
            Act::Connect(_) | Act::Streams(_) | Act::Process(_) => Some(None),
            _ => None,
        });
        let faults = scenario.faults.iter().map(|fault| PlannedFault {
            when: moment(&cast, &fault.when),
            kind: fault.then,
        });
        Self {
            folds_heartbeats: !scenario.stops_frames(),
            script: Script(Arc::new(scenario.clone())),
            seed: Seed(scenario.seed),
            topics: topics.collect(),
            producers: producers.collect(),
            readers: readers.collect(),
            share_consumers: share_consumers.collect(),
            faults: faults.collect(),
            brokers,
            cast,
        }
    }

    pub(super) fn producer(&self, id: ClientId) -> Option<ClientConfig> {
        self.producers.get(usize::from(id.0)).cloned().flatten()
    }

    /// Under which name a producer writes in transactions, and how, if it does.
    pub(super) fn transactional(
        &self,
        producer: &Word,
        config: &ClientConfig,
    ) -> Option<Transactional> {
        let timeout = SimDuration::from_ms(60_000);
        let (name, timeout) = match config {
            ClientConfig::Java(config) => (config.transactional_id.as_ref()?.0.as_str(), timeout),
            ClientConfig::Librdkafka(_) => {
                let written = self.script.0.steps.iter().find_map(|act| match act {
                    Act::Producer { id, config, .. } if id.0 == producer.0 => Some(config),
                    _ => None,
                })?;
                let own = written.get("transaction.timeout.ms");
                let own = own.and_then(|text| text.trim().parse().ok());
                let timeout = own.map_or(timeout, SimDuration::from_ms);
                (written.get("transactional.id")?, timeout)
            }
        };
        let older = self.brokers.rules.has(Rule::EpochKeptBetweenTransactions);
        let protocol = if older { Protocol::V1 } else { Protocol::V2 };
        Some(Transactional {
            id: self.cast.transactional_id(name)?,
            protocol,
            timeout,
        })
    }

    pub(super) fn reader(&self, id: ClientId) -> Option<ConsumerConfig> {
        let place = self.cast.consumer_place(id)?;
        self.readers.get(place).copied().flatten()
    }

    pub(super) fn share_consumer(&self, id: ClientId) -> Option<ShareConsumerConfig> {
        let place = self.cast.consumer_place(id)?;
        self.share_consumers.get(place).copied().flatten()
    }

    pub(super) fn topic(&self, id: TopicId) -> Result<TopicConfig, ErrorCode> {
        let known = self.topics.get(usize::from(id.0)).copied();
        known.unwrap_or(Err(ErrorCode::UnknownTopicOrPartition))
    }

    /// Everybody, for a client that is told of no broker in particular.
    pub(super) fn bootstrap(&self) -> &[BrokerId] {
        &self.cast.brokers
    }
}

/// What a producer's settings mean to its client library; none if that refuses them.
fn client_config(family: Family, config: &Settings) -> Option<ClientConfig> {
    match family {
        Family::Java => {
            let resolution = ProducerConfig::resolve(config);
            let legal = resolution.conflicts.is_empty();
            legal.then_some(ClientConfig::Java(resolution.config))
        }
        Family::Librdkafka => {
            let resolved = RdProducerConfig::resolve(config).ok();
            resolved.map(ClientConfig::Librdkafka)
        }
    }
}

/// `Topic.validate`: letters, digits, `.`, `_` and `-`; neither `.` nor `..`; at most 249 of them.
fn is_legal_name(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !matches!(name, "" | "." | "..") && name.len() <= 249 && name.chars().all(legal)
}

fn moment(cast: &Cast, trigger: &Trigger) -> Moment {
    match trigger {
        Trigger::At { at } => Moment::At(SimTime::ZERO + *at),
        Trigger::Message(anchor) => match (cast.node(&anchor.from.0), cast.node(&anchor.to.0)) {
            (Some(from), Some(to)) => Moment::Arrival {
                from,
                to,
                api: anchor.api,
                phase: anchor.phase,
                nth: anchor.nth,
                plus: anchor.plus,
            },
            _ => Moment::Never,
        },
    }
}
