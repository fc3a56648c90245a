//! What a scenario says that cannot work: names of nobody, settings that Kafka does not know. It is kept as it is written;
//! the remarks tell why nothing will come of it.

mod applications;

use super::build::Places;
use super::hint::hint;
use super::{Remark, quoted};
use crate::model::cast::Cast;
use crate::model::config::{Owner, elsewhere, librdkafka, setting, setting_of};
use crate::model::ids::{ANYBODY, CONTROLLER_ID, NodeId};
use crate::model::scenario::{Act, Condition, ConsumerAct, Family, FaultKind, Scenario, Trigger};
use crate::model::small::Set;
use crate::model::text::{Settings, Whole, Word};

/// All remarks about what is in a scenario.
pub(super) fn check(scenario: &Scenario, places: &Places) -> Vec<Remark> {
    let mut check = Check {
        cast: Cast::of(scenario),
        scenario,
        place: places.brokers.to_owned(),
        made: Set::new(),
        armed: Set::new(),
        remarks: Vec::new(),
    };
    check.settings(Owner::Broker, &scenario.brokers);
    for (act, place) in scenario.steps.iter().zip(&places.steps) {
        check.place.clone_from(place);
        check.act(act);
    }
    for (fault, place) in scenario.faults.iter().zip(&places.faults) {
        check.place.clone_from(place);
        check.trigger(&fault.when, &fault.then);
        match fault.then {
            FaultKind::Crash(broker) | FaultKind::Start(broker) => check.broker(broker),
            FaultKind::Lose => {}
        }
    }
    check.remarks
}

struct Check<'a> {
    scenario: &'a Scenario,
    cast: Cast,
    place: String,
    /// Topics and producers that acts so far have made.
    made: Set<(Owner, &'a str)>,
    /// Names of frame faults so far.
    armed: Set<&'a str>,
    remarks: Vec<Remark>,
}

impl<'a> Check<'a> {
    fn say(&mut self, says: String) {
        self.remarks.push(Remark::new(self.place.clone(), says));
    }

    fn act(&mut self, act: &'a Act) {
        match act {
            Act::Topic {
                name,
                replicas,
                config,
            } => {
                self.make(Owner::Topic, &name.0);
                self.replicas(replicas);
                self.settings(Owner::Topic, config);
            }
            Act::Producer { .. }
            | Act::Send { .. }
            | Act::Flush { .. }
            | Act::Close { .. }
            | Act::Init { .. }
            | Act::Begin { .. }
            | Act::CommitTxn { .. }
            | Act::AbortTxn { .. }
            | Act::Die { .. } => self.client_act(act),
            Act::Wait(condition) => self.condition(condition),
            Act::Consumer(_)
            | Act::Poll(_)
            | Act::Seek { .. }
            | Act::Positions { .. }
            | Act::CommitSync(_)
            | Act::CommitAsync(_)
            | Act::Committed(_) => self.reading(act),
            Act::Connect(_)
            | Act::Streams(_)
            | Act::Process(_)
            | Act::ConnectStatus { .. }
            | Act::KillConnect { .. }
            | Act::StopConnect { .. } => self.application(act),
            Act::WaitWorld(_) | Act::World { .. } => {}
            Act::ShareGroup(_)
            | Act::ShareConsumer(_)
            | Act::SharePoll(_)
            | Act::ShareAck(_)
            | Act::ShareCommit { .. } => self.sharing(act),
            Act::Replicas { topic, partition }
            | Act::Log {
                topic, partition, ..
            }
            | Act::DeleteRecords {
                topic, partition, ..
            } => self.partition(topic.as_ref(), *partition),
            Act::Elect { topic, .. }
            | Act::AddPartitions { topic, .. }
            | Act::DeleteTopic { topic, name: None } => {
                self.made(Owner::Topic, topic.as_ref().map(|word| word.0.as_str()));
            }
            Act::DeleteTopic { name, .. } => {
                self.made(Owner::Topic, name.as_ref().map(|word| word.0.as_str()));
            }
            Act::SendOffsets(offsets) => {
                self.made(Owner::Producer, Some(&offsets.by.0));
                self.made(Owner::Consumer, Some(&offsets.consumer.0));
            }
            Act::Await { .. } | Act::Sleep { .. } | Act::Unfault | Act::DescribeTxn { .. } => {}
            trouble => self.trouble(trouble),
        }
    }

    /// What happens to brokers and to the network.
    fn trouble(&mut self, act: &'a Act) {
        match act {
            Act::Crash(brokers)
            | Act::Start(brokers)
            | Act::Stop(brokers)
            | Act::Pause(brokers)
            | Act::Resume(brokers) => {
                self.brokers(&mut brokers.ids().map(|id| Whole(id.0)));
            }
            Act::PowerCut {
                broker, brokers, ..
            } => {
                self.brokers(&mut broker.iter().chain(brokers).copied());
            }
            Act::Cut { links } | Act::Heal { links } => {
                links.iter().for_each(|link| self.link(link, true))
            }
            Act::Reset { links } => links.iter().for_each(|link| self.link(link, false)),
            Act::Fault { from, to, name, .. } => {
                self.node(from);
                self.node(to);
                self.armed.extend(name.as_ref().map(|word| word.0.as_str()));
            }
            Act::Fired { name } | Act::Release { name }
                if !self.armed.contains(name.0.as_str()) =>
            {
                self.say(format!("No fault before it is called {}.", quoted(&name.0)));
            }
            _ => {}
        }
    }

    /// What applications do with their producers.
    fn client_act(&mut self, act: &'a Act) {
        match act {
            Act::Producer {
                id,
                family,
                bootstrap,
                config,
                ..
            } => {
                self.make(Owner::Producer, &id.0);
                bootstrap.iter().for_each(|id| self.broker(*id));
                match family {
                    Family::Java => self.settings(Owner::Producer, config),
                    Family::Librdkafka => self.librdkafka_settings(config),
                }
            }
            Act::Flush { by } => self.made(Owner::Producer, Some(&by.0)),
            Act::Close { by, .. } | Act::Die { by } => {
                if !self.made.contains(&(Owner::Consumer, by.0.as_str())) {
                    self.made(Owner::Producer, Some(&by.0));
                }
                let consumer = self.made.contains(&(Owner::Consumer, by.0.as_str()));
                let owner = [Owner::Producer, Owner::Consumer][usize::from(consumer)];
                self.made(owner, Some(&by.0));
            }
            Act::Send {
                by,
                topic,
                partition,
                ..
            } => {
                self.made(Owner::Producer, Some(&by.0));
                self.partition(topic.as_ref(), *partition);
            }
            _ => {}
        }
    }

    fn reading(&mut self, act: &'a Act) {
        match act {
            Act::Consumer(reader) => self.consumer(reader),
            Act::Poll(poll) => {
                for by in poll.by.all() {
                    self.made(Owner::Consumer, Some(&by.0));
                }
            }
            Act::Seek {
                by,
                topic,
                partition,
                ..
            } => {
                self.made(Owner::Consumer, Some(&by.0));
                self.partition(topic.as_ref(), *partition);
            }
            Act::Positions { by } => self.made(Owner::Consumer, Some(&by.0)),
            Act::CommitSync(commit) | Act::CommitAsync(commit) => {
                self.made(Owner::Consumer, Some(&commit.by.0));
                self.partition(commit.topic.as_ref(), commit.partition);
            }
            Act::Committed(asked) => {
                if let Some(by) = &asked.by {
                    self.made(Owner::Consumer, Some(&by.0));
                    self.partition(asked.topic.as_ref(), asked.partition);
                }
            }
            _ => {}
        }
    }

    fn consumer(&mut self, reader: &'a ConsumerAct) {
        self.make(Owner::Consumer, &reader.id.0);
        self.settings(Owner::Consumer, &reader.config);
        if reader.family != Family::Java {
            self.say("The model does not play the act “consumer” of librdkafka yet.".to_owned());
        }
        if reader.assign.is_none() && reader.group_name().is_none() {
            self.say("A consumer without a group is given its partitions by “assign”.".to_owned());
        }
        for partition in reader.assign.iter().flatten() {
            self.partition(reader.topic.as_ref(), Some(*partition));
        }
        reader.bootstrap.iter().for_each(|id| self.broker(*id));
    }

    fn make(&mut self, owner: Owner, name: &'a str) {
        if !self.made.insert((owner, name)) {
            self.say(format!(
                "There is a {} called {} already.",
                kind(owner),
                quoted(name)
            ));
        }
    }

    /// A topic or producer that an act needs.
    fn made(&mut self, owner: Owner, name: Option<&'a str>) {
        let missing = match name {
            Some(name) if self.made.contains(&(owner, name)) => None,
            Some(name) => Some(format!(
                "There is no {} called {} at this point.",
                kind(owner),
                quoted(name)
            )),
            None if self.made.iter().any(|(of, _)| *of == owner) => None,
            None => Some(format!("There is no {} at this point.", kind(owner))),
        };
        self.remarks
            .extend(missing.map(|says| Remark::new(self.place.clone(), says)));
    }

    fn replicas(&mut self, partitions: &[Vec<Whole>]) {
        let all: Set<u32> = partitions.iter().flatten().map(|id| id.0).collect();
        if all.contains(&CONTROLLER_ID) {
            self.say(format!(
                "{CONTROLLER_ID} is the controller; it keeps no replica."
            ));
        }
        let twice = |ids: &Vec<Whole>| ids.iter().collect::<Set<_>>().len() < ids.len();
        if partitions.iter().any(twice) {
            self.say("A broker cannot keep two replicas of one partition.".to_owned());
        }
        if partitions.is_empty() || partitions.iter().any(Vec::is_empty) {
            self.say("A partition without replicas keeps nothing.".to_owned());
        }
    }

    fn partition(&mut self, topic: Option<&'a Word>, partition: Option<Whole>) {
        let name = topic.map(|word| word.0.as_str());
        self.made(Owner::Topic, name);
        let number = partition.map_or(0, |partition| partition.0);
        let partitions = self.partitions_of(name);
        if partitions.is_some_and(|count| number as usize >= count) {
            self.say(format!("The topic has no partition {number}."));
        }
    }

    /// How many partitions the topic gets in this scenario.
    fn partitions_of(&self, name: Option<&str>) -> Option<usize> {
        let named = |own: &Word| name.is_none_or(|name| name == own.0);
        let counts = self.scenario.steps.iter().filter_map(|act| match act {
            Act::Topic {
                name: own,
                replicas,
                ..
            } if named(own) => Some(replicas.len()),
            Act::AddPartitions { topic, total } if topic.as_ref().is_none_or(named) => {
                Some(*total as usize)
            }
            _ => None,
        });
        counts.max()
    }

    fn condition(&mut self, condition: &'a Condition) {
        if condition.topic.is_some() || condition.partition.is_some() {
            self.partition(condition.topic.as_ref(), condition.partition);
        }
        let named = [condition.leader, condition.not_leader];
        let named = named.into_iter().flatten().filter(|id| *id != -1);
        let named: Vec<Whole> = named
            .filter_map(|id| u32::try_from(id).ok().map(Whole))
            .chain(condition.isr.iter().flatten().copied())
            .chain(condition.fenced)
            .chain(condition.unfenced)
            .chain(condition.log_end.keys().copied())
            .collect();
        for broker in named {
            self.broker(broker);
        }
    }

    fn brokers(&mut self, ids: &mut dyn Iterator<Item = Whole>) {
        let mut none = true;
        for id in ids {
            none = false;
            self.broker(id);
        }
        if none {
            self.say("It names no broker.".to_owned());
        }
    }

    fn broker(&mut self, id: Whole) {
        let node = self.cast.node(&id.0.to_string());
        if !matches!(node, Some(NodeId::Broker(_))) {
            self.say(format!("There is no broker {}.", id.0));
        }
    }

    fn node(&mut self, name: &Word) {
        if name.0 != ANYBODY && self.cast.node(&name.0).is_none() {
            self.say(format!("Nobody here is called {}.", quoted(&name.0)));
        }
    }

    fn link(&mut self, link: &Word, both: bool) {
        let ends = link
            .0
            .split_once("<->")
            .filter(|_| both)
            .or_else(|| link.0.split_once("->"));
        match ends {
            Some((from, to)) => {
                self.node(&Word::from(from.trim()));
                self.node(&Word::from(to.trim()));
            }
            None if both => self.say(format!(
                "{} is no link such as 1->2 or 1<->2.",
                quoted(&link.0)
            )),
            None => self.say(format!("{} is no link such as p1->2.", quoted(&link.0))),
        }
    }

    fn trigger(&mut self, when: &Trigger, then: &FaultKind) {
        match when {
            Trigger::Message(anchor) => {
                self.node(&anchor.from);
                self.node(&anchor.to);
                if anchor.nth == 0 {
                    self.say("Messages are counted from 1; this fault never comes.".to_owned());
                }
            }
            Trigger::At { .. } if *then == FaultKind::Lose => {
                self.say("Only a message can be lost: name one, not an instant.".to_owned());
            }
            Trigger::At { .. } => {}
        }
    }

    fn librdkafka_settings(&mut self, settings: &Settings) {
        for key in settings.0.keys() {
            if librdkafka::property(key).is_none() {
                self.say(format!("librdkafka has no setting {}.", quoted(key)));
            }
        }
    }

    fn settings(&mut self, owner: Owner, settings: &Settings) {
        for key in settings.0.keys() {
            if setting_of(owner, key).is_none() {
                let (own, name) = (kind(owner), quoted(key));
                let says = match (setting(key), elsewhere(key)) {
                    (Some(known), _) => {
                        let of = kind(known.owner);
                        format!("Kafka has no {own} setting {name}: it is a {of} setting.")
                    }
                    (None, Some(why)) => format!("{name} has no effect here: {why}."),
                    (None, None) => format!("Kafka has no {own} setting {name}.{}", hint(key)),
                };
                self.say(says);
            }
        }
    }
}

fn kind(owner: Owner) -> &'static str {
    match owner {
        Owner::Producer => "producer",
        Owner::Consumer => "consumer",
        Owner::Topic => "topic",
        Owner::Broker => "broker",
        Owner::Group => "group",
    }
}
