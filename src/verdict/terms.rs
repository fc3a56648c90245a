//! What the settings come to for each who writes to a topic, and each who reads it. Promises are made of these.

use crate::model::cast::Cast;
use crate::model::config::librdkafka::RdProducerConfig;
use crate::model::config::{BrokerConfig, ProducerConfig, TopicConfig};
use crate::model::ids::{ClientId, GroupId, TopicId};
use crate::model::scenario::{
    Act, CommitWhen, Family, OnFailure, ProcessAct, Rule, Rules, Scenario,
};
use crate::model::small::Set;
use crate::model::text::Settings;

/// What a topic is kept with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keeping {
    /// How many replicas a partition has.
    pub replicas: u32,
    /// How many of them have what `acks=all` acknowledged, at least: `min.insync.replicas`, but never more than there are.
    pub kept: u32,
    /// A replica out of sync may lead (`unclean.leader.election.enable`).
    pub unclean: bool,
    /// The controller remembers who may still lead (KIP-966).
    pub eligible: bool,
    /// Rules of older times are in force that can break anything.
    pub older: bool,
}

/// A producer's terms for what it writes to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer {
    /// Who.
    pub producer: ClientId,
    /// Where to.
    pub topic: TopicId,
    /// -1 is `all`.
    pub acks: i16,
    /// `enable.idempotence`, as it is in effect.
    pub idempotent: bool,
    /// A batch may be sent again.
    pub retries: bool,
    /// `max.in.flight.requests.per.connection` is more than one.
    pub several_in_flight: bool,
    /// It has a `transactional.id`.
    pub transactional: bool,
    /// It is a source connector's: after a restart it goes on from the offset that was last noted.
    pub source: bool,
    /// The topic's terms.
    pub keeping: Keeping,
}

/// How a group's progress goes with its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Habit {
    /// The script polls: what it does with a record is not told.
    Polls,
    /// Progress is noted when the work is done.
    WorksFirst,
    /// Progress can be noted before the work is done.
    NotesFirst,
    /// Progress and output are one transaction.
    Atomic,
    /// Single records are handed out (KIP-932).
    Shares,
}

/// The terms on which a group, or a consumer without one, reads a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// The group.
    pub group: Option<GroupId>,
    /// Its consumers, ascending.
    pub members: Set<ClientId>,
    /// What it reads.
    pub topic: TopicId,
    /// Each of them has `isolation.level=read_committed`.
    pub committed_only: bool,
    /// How progress goes with work.
    pub habit: Habit,
    /// Doing the work again changes nothing.
    pub idempotent: bool,
    /// A record may be given up: left out, rejected, or put aside.
    pub gives_up: bool,
    /// Somebody aborts or commits transactions in this topic.
    pub transactions: bool,
    /// The topic's terms.
    pub keeping: Keeping,
}

/// All terms of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Who writes where, in the order of the script. A producer that is refused has no terms.
    pub writers: Vec<Writer>,
    /// Who reads what, in the order of the script.
    pub audiences: Vec<Audience>,
    /// Workers with source connectors, ascending.
    pub sources: Set<ClientId>,
    /// What Kafka says to producers that it refuses.
    pub refused: Vec<(ClientId, String)>,
}

impl Terms {
    /// What the settings of a scenario come to.
    #[must_use]
    pub fn of(scenario: &Scenario, cast: &Cast) -> Self {
        let mut terms = Self::default();
        for send in &cast.sends {
            terms.meet_writer(scenario, cast, send.producer, send.topic);
        }
        for name in scenario.producer_names() {
            let idle = |id: &ClientId| terms.writers.iter().all(|writer| writer.producer != *id);
            let id = cast.producer(name).filter(idle);
            if let (Some(id), Some(topic)) = (id, cast.topic(None)) {
                terms.meet_writer(scenario, cast, id, topic);
            }
        }
        for act in &scenario.steps {
            terms.meet_reader(scenario, cast, act);
        }
        let sources = scenario.steps.iter().filter_map(|act| match act {
            Act::Connect(connect) if connect.is_source() => cast.consumer(&connect.id.0),
            _ => None,
        });
        terms.sources = sources.collect();
        for audience in &mut terms.audiences {
            audience.transactions = terms
                .writers
                .iter()
                .any(|writer| writer.topic == audience.topic && writer.transactional);
        }
        terms
    }

    /// The writer's terms.
    #[must_use]
    pub fn writer(&self, producer: ClientId, topic: TopicId) -> Option<&Writer> {
        let this = |writer: &&Writer| writer.producer == producer && writer.topic == topic;
        self.writers.iter().find(this)
    }

    fn meet_writer(
        &mut self,
        scenario: &Scenario,
        cast: &Cast,
        producer: ClientId,
        topic: TopicId,
    ) {
        let known = self.refused.iter().any(|(id, _)| *id == producer);
        let name = cast.producers.get(usize::from(producer.0));
        let (Some(name), None, false) = (name, self.writer(producer, topic), known) else {
            return;
        };
        let source = scenario.steps.iter().find_map(|act| {
            let ours = act.producer_of_application().as_ref() == Some(name);
            ours.then(|| act.producer_settings_of_application())
                .flatten()
        });
        let written = scenario.producer(name).cloned().or(source.clone());
        let written = written.unwrap_or_default();
        let mut keeping = keeping(scenario, cast, topic);
        let rules = Rules::of(scenario.kafka, &scenario.rules);
        let late_ends = rules.has(Rule::EpochKeptBetweenTransactions);
        let settled = match scenario.producer_family(name) {
            Family::Java => java(&written),
            Family::Librdkafka => librdkafka(&written),
        };
        match settled {
            Ok(writer) => {
                keeping.older |= writer.transactional && late_ends;
                self.writers.push(Writer {
                    producer,
                    topic,
                    keeping,
                    source: source.is_some(),
                    ..writer
                });
            }
            Err(says) => self.refused.push((producer, says)),
        }
    }

    fn meet_reader(&mut self, scenario: &Scenario, cast: &Cast, act: &Act) {
        let Some(consumer) = act.any_consumer() else {
            return;
        };
        let id = cast.consumer(&consumer.id.0);
        let topic = cast.topic(consumer.topic.as_ref().map(|topic| topic.0.as_str()));
        let (Some(id), Some(topic)) = (id, topic) else {
            return;
        };
        let group = consumer.group_name().and_then(|name| cast.group(name));
        let habit = habit(act);
        let shares = habit == Habit::Shares;
        let gives_up = shares || act.gives_up();
        let idempotent = matches!(act, Act::Process(process) if process.idempotent);
        let committed_only = scenario.reads_committed_only(&consumer, shares);
        let known = self
            .audiences
            .iter_mut()
            .find(|known| known.topic == topic && known.group == group && group.is_some());
        if let Some(known) = known {
            known.members.insert(id);
            known.committed_only &= committed_only;
            known.gives_up |= gives_up;
            known.idempotent &= idempotent;
            return;
        }
        self.audiences.push(Audience {
            group,
            members: Set::from([id]),
            topic,
            committed_only,
            habit,
            idempotent,
            gives_up,
            transactions: false,
            keeping: keeping(scenario, cast, topic),
        });
    }
}

/// How the progress of an act's consumer goes with its work.
fn habit(act: &Act) -> Habit {
    match act {
        Act::Consumer(_) => Habit::Polls,
        Act::ShareConsumer(_) => Habit::Shares,
        Act::Streams(streams) if streams.exactly_once() => Habit::Atomic,
        Act::Process(process) if notes_first(process) => Habit::NotesFirst,
        _ => Habit::WorksFirst,
    }
}

fn notes_first(process: &ProcessAct) -> bool {
    match process.commit {
        CommitWhen::BeforeBatch => true,
        CommitWhen::Auto => process.hand_off || process.on_failure == OnFailure::Close,
        CommitWhen::AfterBatch | CommitWhen::AfterRecord | CommitWhen::Never => process.hand_off,
    }
}

/// A writer's terms without its place.
fn writer(
    acks: i16,
    idempotent: bool,
    retries: u32,
    in_flight: u32,
    transactional: bool,
) -> Writer {
    Writer {
        producer: ClientId(0),
        topic: TopicId(0),
        acks,
        idempotent,
        retries: retries > 0,
        several_in_flight: in_flight > 1,
        transactional,
        source: false,
        keeping: Keeping::default(),
    }
}

fn java(written: &Settings) -> Result<Writer, String> {
    let resolution = ProducerConfig::resolve(written);
    if let Some(conflict) = resolution.conflicts.into_iter().next() {
        return Err(conflict.says);
    }
    let config = resolution.config;
    let transactional = config.transactional_id.is_some();
    Ok(writer(
        config.acks.into(),
        config.enable_idempotence,
        config.retries,
        config.max_in_flight,
        transactional,
    ))
}

fn librdkafka(written: &Settings) -> Result<Writer, String> {
    let config = RdProducerConfig::resolve(written).map_err(|refusal| refusal.says)?;
    Ok(writer(
        config.acks,
        config.enable_idempotence,
        config.retries,
        config.max_in_flight,
        written.get("transactional.id").is_some(),
    ))
}

fn keeping(scenario: &Scenario, cast: &Cast, topic: TopicId) -> Keeping {
    let name = cast.topics.get(usize::from(topic.0)).map(String::as_str);
    let brokers = BrokerConfig::resolve(&scenario.brokers).config;
    let written = name.and_then(|name| scenario.topic(name)).cloned();
    let config = TopicConfig::resolve(&written.unwrap_or_default(), &brokers).config;
    let replicas = scenario.steps.iter().find_map(|act| match act {
        Act::Topic {
            name: own,
            replicas,
            ..
        } if Some(own.0.as_str()) == name => replicas.iter().map(Vec::len).min(),
        _ => None,
    });
    let replicas = u32::try_from(replicas.unwrap_or(1)).unwrap_or(u32::MAX);
    let rules = Rules::of(scenario.kafka, &scenario.rules);
    let ignored = rules.has(Rule::UncleanSettingIgnored);
    Keeping {
        replicas,
        kept: config.min_insync_replicas.min(replicas),
        unclean: config.unclean_leader_election_enable && !ignored,
        eligible: brokers.eligible_leader_replicas && !rules.has(Rule::NoEligibleLeaderReplicas),
        older: Rule::ALL
            .iter()
            .any(|rule| rules.has(*rule) && !is_harmless(*rule)),
    }
}

/// Rules of older times that break no promise of their own, or whose effect the terms know. (What a late end of a transaction
/// does concerns those who write in transactions alone.)
fn is_harmless(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::HighWatermarkUnderMinIsr
            | Rule::UncleanSettingIgnored
            | Rule::EpochKeptBetweenTransactions
            | Rule::NoEligibleLeaderReplicas
    )
}
