//! Who is who in a scenario: the names behind the ids. Fixed before the run begins, so that an id means the same in every
//! variant of a scenario that has the same script.

use super::ids::{BrokerId, CONTROLLER_ID, ClientId, NodeId, RecordId, TopicId, TopicPartition};
use super::scenario::{Act, Scenario};

/// One `send()` of the script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SendCall {
    /// Its number.
    pub record: RecordId,
    /// The record's content, which is also its label.
    pub value: String,
    /// Who sends it.
    pub producer: ClientId,
    /// Where to.
    pub partition: TopicPartition,
    /// The act of the script.
    pub act: u32,
}

/// All names of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cast {
    /// Names of the producers, by `ClientId`.
    pub producers: Vec<String>,
    /// Names of the consumers, whose `ClientId`s follow those of the producers.
    pub consumers: Vec<String>,
    /// Names of the topics, by `TopicId`.
    pub topics: Vec<String>,
    /// Brokers, ascending.
    pub brokers: Vec<BrokerId>,
    /// Every `send()`, by `RecordId`.
    pub sends: Vec<SendCall>,
}

impl Cast {
    /// The names of a scenario. A `send` by nobody or to no topic has no `SendCall`.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let mut cast = Self {
            producers: scenario.producer_names().map(str::to_owned).collect(),
            consumers: scenario.consumer_names().map(str::to_owned).collect(),
            topics: scenario.topic_names().map(str::to_owned).collect(),
            brokers: scenario.broker_ids(),
            sends: Vec::new(),
        };
        for (index, act) in (0..).zip(&scenario.steps) {
            if let Act::Send {
                by,
                topic,
                partition,
                values,
                ..
            } = act
            {
                let Some(producer) = cast.producer(&by.0) else {
                    continue;
                };
                let Some(topic) = cast.topic(topic.as_ref().map(|word| word.0.as_str())) else {
                    continue;
                };
                let partition = TopicPartition {
                    topic,
                    partition: partition.map_or(0, |p| p.0),
                };
                for value in values {
                    let record = RecordId(u32::try_from(cast.sends.len()).unwrap_or(u32::MAX));
                    cast.sends.push(SendCall {
                        record,
                        value: value.0.clone(),
                        producer,
                        partition,
                        act: index,
                    });
                }
            }
        }
        cast
    }

    /// The producer of that name.
    #[must_use]
    pub fn producer(&self, name: &str) -> Option<ClientId> {
        self.producers
            .iter()
            .position(|known| known == name)
            .and_then(|at| u16::try_from(at).ok())
            .map(ClientId)
    }

    /// The consumer of that name.
    #[must_use]
    pub fn consumer(&self, name: &str) -> Option<ClientId> {
        let at = self.consumers.iter().position(|known| known == name)?;
        u16::try_from(self.producers.len() + at).ok().map(ClientId)
    }

    /// Which of the consumers has that id, if one has.
    #[must_use]
    pub fn consumer_place(&self, id: ClientId) -> Option<usize> {
        usize::from(id.0).checked_sub(self.producers.len())
    }

    /// How many clients there are.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.producers.len() + self.consumers.len()
    }

    /// The topic of that name, or the first one.
    #[must_use]
    pub fn topic(&self, name: Option<&str>) -> Option<TopicId> {
        let at = match name {
            Some(name) => self.topics.iter().position(|known| known == name)?,
            None if self.topics.is_empty() => return None,
            None => 0,
        };
        u16::try_from(at).ok().map(TopicId)
    }

    /// The node of that name: a broker's id, the controller's, or a client.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<NodeId> {
        if let Some(client) = self.producer(name).or_else(|| self.consumer(name)) {
            return Some(NodeId::Client(client));
        }
        let id: u32 = name.parse().ok()?;
        if id == CONTROLLER_ID {
            return Some(NodeId::Controller);
        }
        self.brokers
            .contains(&BrokerId(id))
            .then_some(NodeId::Broker(BrokerId(id)))
    }

    /// What a node is called in a scenario.
    #[must_use]
    pub fn name(&self, node: NodeId) -> String {
        match node {
            NodeId::Controller => CONTROLLER_ID.to_string(),
            NodeId::Broker(id) => id.to_string(),
            NodeId::Client(id) => self
                .producers
                .iter()
                .chain(&self.consumers)
                .nth(usize::from(id.0))
                .cloned()
                .unwrap_or_default(),
        }
    }

    /// The `send()` calls of an act: the number of the first, and how many. They lie together.
    #[must_use]
    pub fn sends_of(&self, act: u32) -> (u32, u32) {
        let from = self.sends.partition_point(|send| send.act < act);
        let to = self.sends.partition_point(|send| send.act <= act);
        let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        (number(from), number(to - from))
    }

    /// A record's content.
    #[must_use]
    pub fn value(&self, record: RecordId) -> &str {
        self.sends
            .get(record.0 as usize)
            .map_or("", |send| send.value.as_str())
    }
}
