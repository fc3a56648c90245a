//! What the panel shows, out of a scenario and what the model makes of its settings.

use crate::model::config::{
    BrokerConfig, ConfigException, Notice, Owner, ProducerConfig, RdProducerConfig, Setting,
    TopicConfig, librdkafka, setting_of, settings_of,
};
use crate::model::scenario::{Family, Scenario};
use crate::model::small::Map;
use crate::model::text::Settings;

/// The settings that are always shown: those of the stories that people come with.
const COMMON: &[(Owner, &str)] = &[
    (Owner::Producer, "acks"),
    (Owner::Producer, "enable.idempotence"),
    (Owner::Producer, "retries"),
    (Owner::Producer, "delivery.timeout.ms"),
    (Owner::Producer, "request.timeout.ms"),
    (Owner::Producer, "max.in.flight.requests.per.connection"),
    (Owner::Topic, "min.insync.replicas"),
    (Owner::Topic, "unclean.leader.election.enable"),
    (Owner::Broker, "broker.session.timeout.ms"),
    (Owner::Broker, "replica.lag.time.max.ms"),
];

/// The same of librdkafka's producers, in its own names.
const COMMON_OF_LIBRDKAFKA: &[&str] = &[
    "acks",
    "enable.idempotence",
    "retries",
    "message.timeout.ms",
    "socket.timeout.ms",
    "max.in.flight",
];

/// A configuration of the scenario.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Whose.
    pub owner: Owner,
    /// The client library, where it is a client's.
    pub family: Family,
    /// The producer's or topic's name; empty for the brokers.
    pub name: String,
}

impl Group {
    /// What Kafka knows of a setting of this group; nothing of those that are librdkafka's.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&'static Setting> {
        match self.family {
            Family::Java => setting_of(self.owner, key),
            Family::Librdkafka => None,
        }
    }

    fn default(&self, key: &str) -> &'static str {
        match self.family {
            Family::Java => self.setting(key).map_or("", |setting| setting.default),
            Family::Librdkafka => librdkafka::property(key).map_or("", |own| own.default),
        }
    }
}

/// How a setting stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Written.
    Set,
    /// Not written, and not at its default: another setting changed it.
    Follows,
    /// Not written.
    Default,
}

/// One setting of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// How it stands.
    pub standing: Standing,
    /// As it is written.
    pub written: Option<String>,
    /// What holds, as Kafka would write it.
    pub in_force: String,
    /// Kafka's quiet adjustments.
    pub notices: Vec<String>,
    /// What Kafka throws.
    pub refused: Vec<String>,
}

/// The settings of one group that are worth knowing: what is written, what is said of it, and what is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Made {
    written: Settings,
    in_force: Map<&'static str, String>,
    notices: Vec<Notice>,
    refused: Vec<ConfigException>,
}

/// Everything that is known of the settings of a scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(Map<Group, Made>);

/// The groups of a scenario, in the order of the panel.
#[must_use]
pub fn groups(scenario: &Scenario) -> Vec<Group> {
    let group = |owner, name: &str| Group {
        owner,
        family: Family::Java,
        name: name.to_owned(),
    };
    let producers = scenario.producer_names().map(|name| Group {
        family: scenario.producer_family(name),
        ..group(Owner::Producer, name)
    });
    let topics = scenario.topic_names().map(|name| group(Owner::Topic, name));
    let mut all: Vec<Group> = producers.chain(topics).collect();
    all.push(group(Owner::Broker, ""));
    let mut seen = crate::model::small::Set::new();
    all.retain(|group| seen.insert(group.clone()));
    all
}

/// What the model makes of the settings of a scenario.
#[must_use]
pub fn known(scenario: &Scenario) -> Known {
    let brokers = BrokerConfig::resolve(&scenario.brokers);
    let made = groups(scenario).into_iter().map(|group| {
        let made = match group.owner {
            Owner::Producer if group.family == Family::Librdkafka => {
                of_librdkafka(&group, scenario)
            }
            Owner::Producer => {
                let written = scenario.producer(&group.name).cloned().unwrap_or_default();
                let resolved = ProducerConfig::resolve(&written);
                let in_force = resolved.config.values().into_iter().collect();
                Made {
                    written,
                    in_force,
                    notices: resolved.notices,
                    refused: resolved.conflicts,
                }
            }
            // Consumers and groups are not on the page.
            Owner::Consumer | Owner::Group => Made {
                written: Settings::default(),
                in_force: Map::new(),
                notices: Vec::new(),
                refused: Vec::new(),
            },
            Owner::Topic => {
                let written = scenario.topic(&group.name).cloned().unwrap_or_default();
                let resolved = TopicConfig::resolve(&written, &brokers.config);
                let in_force = resolved.config.values().into_iter().collect();
                Made {
                    written,
                    in_force,
                    notices: resolved.notices,
                    refused: resolved.conflicts,
                }
            }
            Owner::Broker => Made {
                written: scenario.brokers.clone(),
                in_force: brokers.config.values().into_iter().collect(),
                notices: brokers.notices.clone(),
                refused: brokers.conflicts.clone(),
            },
        };
        (group, made)
    });
    Known(made.collect())
}

/// librdkafka says why it refuses, and names the property in it.
fn of_librdkafka(group: &Group, scenario: &Scenario) -> Made {
    let written = scenario.producer(&group.name).cloned().unwrap_or_default();
    let refused = RdProducerConfig::resolve(&written).err().map(|refusal| {
        let named = |key: &&String| {
            let own = librdkafka::property(key).map_or("", |own| own.name);
            refusal.says.contains(key.as_str()) || !own.is_empty() && refusal.says.contains(own)
        };
        let key = written.0.keys().find(named).or(written.0.keys().next());
        ConfigException {
            key: key.cloned().unwrap_or_default(),
            says: refusal.says.clone(),
        }
    });
    Made {
        in_force: Map::new(),
        notices: Vec::new(),
        refused: refused.into_iter().collect(),
        written,
    }
}

/// The keys that a group shows, in order: the common ones and all that something is to be said of; or all that the model
/// acts on, and what is written besides. What is in `kept` is shown too.
#[must_use]
pub fn keys(group: &Group, known: &Known, all: bool, kept: &[String]) -> Vec<String> {
    let made = known.0.get(group);
    let says_something = |key: &str| {
        made.is_some_and(|made| {
            made.written.get(key).is_some()
                || made.notices.iter().any(|notice| notice.key == key)
                || made.refused.iter().any(|refused| refused.key == key)
        })
    };
    if group.family == Family::Librdkafka {
        let common = COMMON_OF_LIBRDKAFKA.iter().map(|key| (*key).to_owned());
        let mut keys: Vec<String> = common.collect();
        let written = made.into_iter().flat_map(|made| made.written.0.keys());
        keys.extend(written.chain(kept).cloned());
        let mut seen = crate::model::small::Set::new();
        keys.retain(|key| seen.insert(key.clone()));
        return keys;
    }
    let mut keys: Vec<String> = settings_of(group.owner)
        .filter(|setting| {
            let common = COMMON.contains(&(group.owner, setting.key));
            let kept = kept.iter().any(|kept| kept == setting.key);
            kept || says_something(setting.key) || (setting.modelled && (all || common))
        })
        .map(|setting| setting.key.to_owned())
        .collect();
    let strangers = made.into_iter().flat_map(|made| made.written.0.keys());
    keys.extend(
        strangers
            .filter(|key| group.setting(key).is_none())
            .cloned(),
    );
    keys
}

/// How one setting of a group stands.
#[must_use]
pub fn state(known: &Known, group: &Group, key: &str) -> State {
    let nothing = Made::default();
    let made = known.0.get(group).unwrap_or(&nothing);
    let (setting, default) = (group.setting(key), group.default(key));
    let written = made.written.get(key).map(str::to_owned);
    let in_force = made
        .in_force
        .get(key)
        .cloned()
        .or_else(|| written.clone())
        .unwrap_or_else(|| default.to_owned());
    // Kafka turns `all` into -1 (`ProducerConfig.parseAcks`); people say all.
    let all = key == "acks" && in_force == "-1";
    let in_force = if all { "all".to_owned() } else { in_force };
    let standing = match &written {
        Some(_) => Standing::Set,
        None if in_force != default => Standing::Follows,
        None => Standing::Default,
    };
    let notices = made.notices.iter().filter(|notice| notice.key == key);
    let mut notices: Vec<String> = notices.map(|notice| notice.says.clone()).collect();
    let own = group.family == Family::Librdkafka;
    if written.is_some() && !own && !setting.is_some_and(|setting| setting.modelled) {
        notices.push(match setting {
            Some(_) => "Without effect here: the model does not act on it.".to_owned(),
            None => "Not a setting that this page knows.".to_owned(),
        });
    }
    State {
        standing,
        written,
        in_force,
        notices,
        refused: made
            .refused
            .iter()
            .filter(|refused| refused.key == key)
            .map(|refused| refused.says.clone())
            .collect(),
    }
}
