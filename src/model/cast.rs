//! Who is who in a scenario: the names behind the ids. Fixed before the run begins, so that an id means the same in every
//! variant of a scenario that has the same script.

use super::ids::{
    BrokerId, CONTROLLER_ID, ClientId, GroupId, NameRank, NodeId, RecordId, TopicId,
    TopicPartition, TransactionalId,
};
use super::observation::Observation;
use super::scenario::{Act, Scenario};
use super::text::Text;
use crate::small::sort;
pub use derived::Derivation;

mod derived;

/// The topic that a step of a recording means if it names none.
const USUAL_TOPIC: &str = "t";

/// One `send()` of the script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SendCall {
    /// Its number.
    pub record: RecordId,
    /// The record's content, which is also its label.
    pub value: Text,
    /// Its key, if it has one.
    pub key: Option<Text>,
    /// The time that the application gives it, in ms since 1970.
    pub timestamp: Option<i64>,
    /// Who sends it.
    pub producer: ClientId,
    /// Where to.
    pub topic: TopicId,
    /// The partition, where the script names one or the topic never has another; else the producer's partitioner decides
    /// when it accepts the record, and `RecordAssigned` tells.
    pub partition: Option<u32>,
    /// The act of the script.
    pub act: u32,
}

impl SendCall {
    /// The partition, if it is certain before the run.
    #[must_use]
    pub fn destination(&self) -> Option<TopicPartition> {
        self.partition.map(|partition| TopicPartition {
            topic: self.topic,
            partition,
        })
    }
}

/// All names of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cast {
    /// Names of the producers, by `ClientId`.
    pub producers: Vec<String>,
    /// Names of the consumers, whose `ClientId`s follow those of the producers.
    pub consumers: Vec<String>,
    /// Names of the topics, by `TopicId`: first those that the script creates, then those that it only sends to.
    pub topics: Vec<String>,
    /// Names of the groups, by `GroupId`.
    pub groups: Vec<String>,
    /// Names of consumers and every `group.instance.id`, in the order of texts, by `NameRank`.
    pub member_names: Vec<String>,
    /// Transactional ids, by `TransactionalId`.
    pub transactional_ids: Vec<String>,
    /// Brokers, ascending.
    pub brokers: Vec<BrokerId>,
    /// Every `send()` of the script, by `RecordId`.
    pub sends: Vec<SendCall>,
    /// What applications can make of records; their `RecordId`s follow those of the script's.
    pub derived: Vec<SendCall>,
    /// Of what, and where to.
    pub derivations: Vec<Derivation>,
    /// Rows of outside sources: for which topic, which row, and the `send()` that it is, whichever worker calls it.
    pub rows: Vec<(TopicId, u32, RecordId)>,
    /// Names of the outside worlds.
    pub worlds: Vec<String>,
    /// Producers of Streams instances and of processing applications, and whose they are: ascending.
    pub owners: Vec<(ClientId, ClientId)>,
}

impl Cast {
    /// The names of a scenario. A `send` by nobody has no `SendCall`, nor has one to no topic where there is none at all.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let mut cast = Self {
            producers: scenario
                .producer_names()
                .map(str::to_owned)
                .chain(scenario.producers_of_applications())
                .collect(),
            consumers: scenario.consumer_names().map(str::to_owned).collect(),
            topics: scenario.topic_names().map(str::to_owned).collect(),
            groups: scenario.group_names(),
            member_names: scenario.member_names(),
            transactional_ids: scenario.transactional_ids(),
            brokers: scenario.broker_ids(),
            sends: Vec::new(),
            derived: Vec::new(),
            derivations: Vec::new(),
            rows: Vec::new(),
            worlds: scenario.world_names(),
            owners: Vec::new(),
        };
        cast.owners = scenario
            .steps
            .iter()
            .filter_map(|act| cast.owner(act))
            .collect();
        sort(&mut cast.owners);
        for (index, act) in (0..).zip(&scenario.steps) {
            cast.take_sends(scenario, index, act);
            cast.take_rows(scenario, index, act);
        }
        cast.derive(scenario);
        cast
    }

    fn owner(&self, act: &Act) -> Option<(ClientId, ClientId)> {
        let id = match act {
            Act::Streams(streams) => &streams.id,
            Act::Process(process) => &process.id,
            Act::Connect(connect) if connect.is_source() => &connect.id,
            _ => return None,
        };
        let producer = self.producer(&act.producer_of_application()?)?;
        Some((producer, self.consumer(&id.0)?))
    }

    /// The client that a node belongs to: an application's producer is cut off, or loses a message, with the application.
    #[must_use]
    pub fn owner_of(&self, node: NodeId) -> NodeId {
        let NodeId::Client(id) = node else {
            return node;
        };
        let known = self.owners.iter().find(|(producer, _)| *producer == id);
        known.map_or(node, |(_, owner)| NodeId::Client(*owner))
    }

    /// The rows of a source connector that no worker before could read.
    fn take_rows(&mut self, scenario: &Scenario, index: u32, act: &Act) {
        let Act::Connect(connect) = act else { return };
        let name = connect.topic.as_ref().map(|word| word.0.as_str());
        let own = act.producer_of_application();
        let own = own.and_then(|name| self.producer(&name));
        let (Some(producer), Some(topic)) = (own, self.topic(name)) else {
            return;
        };
        let only = scenario.partitions_of(topic) == 1 && !scenario.adds_partitions();
        for (row, message) in (0..).zip(&connect.source) {
            if self.row(topic, row).is_some() {
                continue;
            }
            let record = RecordId(u32::try_from(self.sends.len()).unwrap_or(u32::MAX));
            self.rows.push((topic, row, record));
            self.sends.push(SendCall {
                record,
                value: message.value.clone(),
                key: message.key.clone(),
                timestamp: None,
                producer,
                topic,
                partition: only.then_some(0),
                act: index,
            });
        }
    }

    /// A row of the outside source of a topic.
    #[must_use]
    pub fn row(&self, topic: TopicId, row: u32) -> Option<RecordId> {
        let mut rows = self.rows.iter();
        let found = rows.find(|(of, nth, _)| (*of, *nth) == (topic, row));
        found.map(|(.., record)| *record)
    }

    /// True for a row of an outside source, which may be sent again.
    #[must_use]
    pub fn is_row(&self, record: RecordId) -> bool {
        self.rows.iter().any(|(.., of)| *of == record)
    }

    fn take_sends(&mut self, scenario: &Scenario, index: u32, act: &Act) {
        let Act::Send {
            by,
            topic,
            partition,
            key,
            timestamp,
            values,
            ..
        } = act
        else {
            return;
        };
        let name = topic.as_ref().map(|word| word.0.as_str());
        if let Some(unknown) = name.filter(|name| self.topic(Some(name)).is_none()) {
            self.topics.push(unknown.to_owned());
        }
        let (Some(producer), Some(topic)) = (self.producer(&by.0), self.topic(name)) else {
            return;
        };
        let only = scenario.partitions_of(topic) == 1 && !scenario.adds_partitions();
        for message in values {
            let record = RecordId(u32::try_from(self.sends.len()).unwrap_or(u32::MAX));
            let key = message.key.as_ref().or(key.as_ref());
            self.sends.push(SendCall {
                record,
                value: message.value.clone(),
                key: key.cloned(),
                timestamp: *timestamp,
                producer,
                topic,
                partition: partition.map(|p| p.0).or(only.then_some(0)),
                act: index,
            });
        }
    }

    /// Where each `send()` went, by `RecordId`, from what happened in a run; none if it was never decided.
    #[must_use]
    pub fn destinations<'a>(
        &self,
        happened: impl Iterator<Item = &'a Observation>,
    ) -> Vec<Option<TopicPartition>> {
        let mut all: Vec<_> = self.sends.iter().map(SendCall::destination).collect();
        for fact in happened {
            if let Observation::RecordAssigned { record, partition } = fact
                && let Some(place) = all.get_mut(record.0 as usize)
            {
                *place = Some(*partition);
            }
        }
        all
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

    /// The transactional id of that name.
    #[must_use]
    pub fn transactional_id(&self, name: &str) -> Option<TransactionalId> {
        let known = |own: &String| own == name.trim();
        let at = self.transactional_ids.iter().position(known)?;
        u16::try_from(at).ok().map(TransactionalId)
    }

    /// The consumer of that name.
    #[must_use]
    pub fn consumer(&self, name: &str) -> Option<ClientId> {
        let at = self.consumers.iter().position(|known| known == name)?;
        u16::try_from(self.producers.len() + at).ok().map(ClientId)
    }

    /// The group of that name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<GroupId> {
        let at = self.groups.iter().position(|known| known == name)?;
        u16::try_from(at).ok().map(GroupId)
    }

    /// The place of a consumer's name or a `group.instance.id` among all of them.
    #[must_use]
    pub fn name_rank(&self, name: &str) -> Option<NameRank> {
        let at = self.member_names.iter().position(|known| known == name)?;
        u16::try_from(at).ok().map(NameRank)
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

    /// The topic of that name; without a name, the one called `t`, as in the recordings, or the first one.
    #[must_use]
    pub fn topic(&self, name: Option<&str>) -> Option<TopicId> {
        let called = |name: &str| self.topics.iter().position(|known| known == name);
        let at = match name {
            Some(name) => called(name)?,
            None if self.topics.is_empty() => return None,
            None => called(USUAL_TOPIC).unwrap_or(0),
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

    /// The outside world of that name.
    #[must_use]
    pub fn world(&self, name: &str) -> u16 {
        let at = self.worlds.iter().position(|known| known == name);
        at.and_then(|at| u16::try_from(at).ok()).unwrap_or(0)
    }

    /// How a record came to be sent.
    fn call(&self, record: RecordId) -> Option<&SendCall> {
        let place = record.0 as usize;
        let own = self.sends.get(place);
        own.or_else(|| self.derived.get(place - self.sends.len()))
    }

    /// A record's content.
    #[must_use]
    pub fn value(&self, record: RecordId) -> &str {
        self.call(record).map_or("", |send| send.value.as_str())
    }

    /// A record's key, if it has one.
    #[must_use]
    pub fn key(&self, record: RecordId) -> Option<&Text> {
        self.call(record)?.key.as_ref()
    }
}
