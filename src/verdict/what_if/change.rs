//! A change of settings, as data: whose, which, to what.

use crate::model::scenario::{Act, CommitWhen, Era, OnFailure, Scenario};
use crate::model::text::Settings;

/// Whose setting it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The brokers and the controller.
    Brokers,
    /// A topic.
    Topic(String),
    /// A producer.
    Producer(String),
    /// A consumer, also that of an application.
    Consumer(String),
    /// An application's own way to work: no setting of Kafka's.
    Application(String),
    /// A Streams instance.
    Streams(String),
    /// A connector.
    Connector(String),
    /// The version of the brokers, and rules of older ones.
    Version,
}

impl Place {
    /// In a few words: `producer p1`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Brokers => "brokers".to_owned(),
            Self::Topic(name) => format!("topic {name}"),
            Self::Producer(name) => format!("producer {name}"),
            Self::Consumer(name) => format!("consumer {name}"),
            Self::Application(name) => format!("application {name}"),
            Self::Streams(name) => format!("streams {name}"),
            Self::Connector(name) => format!("connector {name}"),
            Self::Version => "version".to_owned(),
        }
    }
}

/// One setting has another value, or is unset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Change {
    /// Whose.
    pub place: Place,
    /// Which.
    pub key: String,
    /// Its new value; none if it is unset.
    pub value: Option<String>,
}

impl Change {
    /// The scenario with the change; none if there is nothing to change.
    #[must_use]
    pub fn apply(&self, scenario: &Scenario) -> Option<Scenario> {
        let mut changed = scenario.clone();
        match &self.place {
            Place::Version => {
                changed.kafka = Era::Now;
                changed.rules.clear();
            }
            Place::Application(name) => work_differently(&mut changed, name, self)?,
            place => {
                let mut all = all_settings(&mut changed);
                let (_, settings) = all.find(|(own, _)| own == place)?;
                match &self.value {
                    Some(value) => settings.0.insert(self.key.clone(), value.clone()),
                    None => settings.0.remove(&self.key),
                };
            }
        }
        (changed != *scenario).then_some(changed)
    }
}

/// Whose settings an act has written down.
fn settings_of(act: &mut Act) -> Option<(Place, &mut Settings)> {
    Some(match act {
        Act::Topic { name, config, .. } => (Place::Topic(name.0.clone()), config),
        Act::Producer { id, config, .. } => (Place::Producer(id.0.clone()), config),
        Act::Consumer(own) => (Place::Consumer(own.id.0.clone()), &mut own.config),
        Act::ShareConsumer(own) => (Place::Consumer(own.id.0.clone()), &mut own.config),
        Act::Process(own) => (Place::Consumer(own.id.0.clone()), &mut own.config),
        Act::Streams(own) => (Place::Streams(own.id.0.clone()), &mut own.config),
        Act::Connect(own) => (Place::Connector(own.id.0.clone()), &mut own.connector),
        _ => return None,
    })
}

/// All settings that a scenario has written down, to change.
fn all_settings(scenario: &mut Scenario) -> impl Iterator<Item = (Place, &mut Settings)> {
    let of_acts = scenario.steps.iter_mut().filter_map(settings_of);
    std::iter::once((Place::Brokers, &mut scenario.brokers)).chain(of_acts)
}

/// Everything that a scenario has written down, with its value.
pub(super) fn written(scenario: &Scenario) -> Vec<(Place, String, String)> {
    let mut copy = scenario.clone();
    let all = all_settings(&mut copy).flat_map(|(place, settings)| {
        let rows = settings.0.iter();
        rows.map(move |(key, value)| (place.clone(), key.clone(), value.clone()))
    });
    all.collect()
}

/// An application that works in another way.
fn work_differently(scenario: &mut Scenario, name: &str, change: &Change) -> Option<()> {
    let process = scenario.steps.iter_mut().find_map(|act| match act {
        Act::Process(own) if own.id.0 == name => Some(own),
        _ => None,
    })?;
    let yes = change.value.as_deref() == Some("true");
    match (change.key.as_str(), change.value.as_deref()) {
        ("commit", Some("after_record")) => process.commit = CommitWhen::AfterRecord,
        ("commit", Some("after_batch")) => process.commit = CommitWhen::AfterBatch,
        ("commit", Some("before_batch")) => process.commit = CommitWhen::BeforeBatch,
        ("on_failure", Some("retry")) => process.on_failure = OnFailure::Retry,
        ("idempotent", _) => process.idempotent = yes,
        ("hand_off", _) => process.hand_off = yes,
        ("commit_when_revoked", _) => process.commit_when_revoked = yes,
        ("outbox", _) if process.emit.is_some() => process.outbox = yes,
        _ => return None,
    }
    Some(())
}
