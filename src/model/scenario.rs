//! The only input of a run. A scenario is settings, a script, faults and a seed; a trace is a pure function of it.
//!
//! The script's acts are the steps of a recording (`tests/ground-truth/README.md`), word for word, so that the same text can
//! be played by this model and on a real cluster. Faults are anchored to causes: they are what a user adds by a click.

mod reading;

use super::ids::{BrokerId, CONTROLLER_ID};
use super::text::{Settings, Whole, Word, flag, number};
use super::time::SimDuration;
pub use reading::{ConsumerAct, Names, PollAct};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the scenario text and of the link. Raised when an old text would mean something else.
pub const SCENARIO_VERSION: u32 = 1;

/// Everything a run depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scenario {
    /// One line, shown above the drawing.
    pub title: String,
    /// Seed of the keyed draws: latencies and jitter.
    pub seed: u64,
    /// Broker and controller settings on top of Kafka's defaults; what is absent is unset.
    pub brokers: Settings,
    /// The script: one act after the other, each beginning when the one before it has ended.
    pub steps: Vec<Act>,
    /// What goes wrong besides, whenever its trigger comes.
    pub faults: Vec<Fault>,
}

/// One thing that is done. `do` names it, as in a recording.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Creates a topic; ends when every broker that runs knows of it.
    Topic {
        /// Its name.
        name: Word,
        /// For each partition its replicas, preferred leader first.
        replicas: Vec<Vec<Whole>>,
        /// Topic settings on top of the defaults.
        #[serde(default, skip_serializing_if = "Settings::is_empty")]
        config: Settings,
    },
    /// Starts a producer. A configuration that Kafka refuses makes none.
    Producer {
        /// Its name, as other acts call it.
        id: Word,
        /// Producer settings on top of the defaults; what is absent is unset.
        #[serde(default, skip_serializing_if = "Settings::is_empty")]
        config: Settings,
        /// It has sent before: it knows who leads, is connected, and has its producer id. A real client starts cold.
        #[serde(default, skip_serializing_if = "is_default", deserialize_with = "flag")]
        warm: bool,
    },
    /// One `send()` for each value.
    Send {
        /// The producer.
        by: Word,
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// The partition; 0 if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<Whole>,
        /// What is sent: the records' whole content.
        values: Vec<Word>,
        /// What is waited for.
        #[serde(default, skip_serializing_if = "is_default")]
        wait: WaitFor,
        /// Milliseconds between two sends.
        #[serde(
            default,
            skip_serializing_if = "is_default",
            deserialize_with = "number"
        )]
        gap_ms: u32,
    },
    /// Waits until every open send has an outcome.
    Await,
    /// Waits until all of what is named is so.
    Wait(Box<Condition>),
    /// Waits.
    Sleep {
        /// For so many milliseconds.
        #[serde(deserialize_with = "number")]
        ms: u32,
    },
    /// Kills brokers: the process is gone, the page cache survives.
    Crash(Brokers),
    /// Starts brokers that are down.
    Start(Brokers),
    /// Holds every frame between the named nodes from now on.
    Cut {
        /// `a->b` or `a<->b`.
        links: Vec<Word>,
    },
    /// Ends all cuts, and delivers what was held on connections that still exist.
    Heal,
    /// Breaks the connections that a client has to a broker.
    Reset {
        /// `client->broker`.
        links: Vec<Word>,
    },
    /// Waits for a frame, from now on, and does something to it.
    Fault {
        /// Sender.
        from: Word,
        /// Receiver.
        to: Word,
        /// Kafka's name of the request.
        api: Api,
        /// The request or its response.
        phase: Phase,
        /// Which one, counted from now; 0 is every one.
        #[serde(default = "one", deserialize_with = "number")]
        nth: u32,
        /// What is done to it.
        then: FrameFate,
        /// A name for `fired` and `release`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Word>,
        /// How long `delay` keeps it.
        #[serde(
            default,
            skip_serializing_if = "is_default",
            deserialize_with = "number"
        )]
        delay_ms: u32,
    },
    /// Waits until the named frame fault has acted.
    Fired {
        /// Its name.
        name: Word,
    },
    /// Lets go of what the named fault holds.
    Release {
        /// Its name.
        name: Word,
    },
    /// Ends all frame faults.
    Unfault,
    /// Notes what each replica's log holds at this moment.
    Replicas,
    /// Starts a consumer.
    Consumer(Box<ConsumerAct>),
    /// Consumers poll.
    Poll(Box<PollAct>),
    /// A consumer goes on from another offset.
    Seek {
        /// The consumer.
        by: Word,
        /// The topic; the first one if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Word>,
        /// The partition; 0 if unset.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        partition: Option<Whole>,
        /// Where to.
        offset: Whole,
    },
    /// A consumer says where it stands.
    Positions {
        /// The consumer.
        by: Word,
    },
}

/// What a `send` act waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// The outcome of each before the next.
    Each,
    /// All sent, then all outcomes.
    #[default]
    All,
    /// Nothing.
    None,
}

/// Kafka's requests, as far as the model speaks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Api {
    /// Records from a producer to a leader.
    Produce,
    /// Records from a leader to a follower; also the metadata log from the controller to a broker.
    Fetch,
    /// Who leads what, for a client.
    Metadata,
    /// A producer id for an idempotent producer.
    InitProducerId,
    /// A leader's wish to change the ISR (KIP-497).
    AlterPartition,
    /// A broker that has started.
    BrokerRegistration,
    /// A broker that is caught up and asks to be unfenced. The periodic ones are folded (`docs/model.md`).
    BrokerHeartbeat,
    /// Where a log begins, or ends for a reader.
    ListOffsets,
    /// Where a leader epoch ends, for a reader that lives on under another leader (KIP-320).
    OffsetForLeaderEpoch,
}

impl Api {
    /// Kafka's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Produce => "Produce",
            Self::Fetch => "Fetch",
            Self::Metadata => "Metadata",
            Self::InitProducerId => "InitProducerId",
            Self::ListOffsets => "ListOffsets",
            Self::OffsetForLeaderEpoch => "OffsetForLeaderEpoch",
            Self::AlterPartition => "AlterPartition",
            Self::BrokerRegistration => "BrokerRegistration",
            Self::BrokerHeartbeat => "BrokerHeartbeat",
        }
    }
}

/// Which half of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Towards the server.
    Request,
    /// Back.
    Response,
}

/// What a frame fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameFate {
    /// The connection breaks instead of delivering it.
    Reset,
    /// It waits, and what follows in its direction on its connection, until released.
    Hold,
    /// It waits for `delay_ms`, and what follows with it.
    Delay,
}

/// One broker or several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brokers {
    /// One.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<Whole>,
    /// Several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub brokers: Vec<Whole>,
}

impl Brokers {
    /// Just this one.
    #[must_use]
    pub fn one(id: BrokerId) -> Self {
        Self {
            broker: Some(Whole(id.0)),
            brokers: Vec::new(),
        }
    }

    /// All that are named.
    pub fn ids(&self) -> impl Iterator<Item = BrokerId> + '_ {
        self.broker
            .iter()
            .chain(&self.brokers)
            .map(|id| BrokerId(id.0))
    }
}

/// A state that a client of the cluster can see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The topic; the first one if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// The partition; 0 if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Whole>,
    /// This broker leads; -1 is none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_number"
    )]
    pub leader: Option<i64>,
    /// Any broker but this one leads.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "optional_number"
    )]
    pub not_leader: Option<i64>,
    /// The ISR is this set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isr: Option<Vec<Whole>>,
    /// This broker is fenced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fenced: Option<Whole>,
    /// This broker is registered and not fenced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfenced: Option<Whole>,
    /// Each named replica's log reaches at least this offset.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub log_end: BTreeMap<Whole, Whole>,
    /// The leader's high watermark is at least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_watermark: Option<Whole>,
    /// When the recorder gives up waiting; here the run ends when nothing more can happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Whole>,
}

/// Something that goes wrong when its moment comes. Not part of the script's order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Its moment.
    pub when: Trigger,
    /// What happens.
    pub then: FaultKind,
}

/// When a fault happens: at the sending of one message of the run, or a time after its delivery, or at a bare time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Trigger {
    /// Relative to one message: it means the same after a setting has changed.
    Message(Anchor),
    /// At an instant.
    At {
        /// Since the start of the run.
        at: SimDuration,
    },
}

/// One message of the run, named by what it is, and a time after its arrival.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Kafka's name of the request.
    pub api: Api,
    /// The request or its response.
    pub phase: Phase,
    /// Sender.
    pub from: Word,
    /// Receiver.
    pub to: Word,
    /// Which one of these since the start of the run, from 1, in the order of sending.
    #[serde(deserialize_with = "number")]
    pub nth: u32,
    /// How long after it arrived.
    #[serde(default, skip_serializing_if = "is_default")]
    pub plus: SimDuration,
}

/// What a fault does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The broker's process dies; its page cache survives.
    Crash(Whole),
    /// The broker is started again.
    Start(Whole),
    /// The message of the trigger never arrives: its connection breaks instead. Needs a message trigger.
    Lose,
}

fn one() -> u32 {
    1
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn optional_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    number(deserializer).map(Some)
}

impl Scenario {
    /// The settings of the named producer, as written.
    #[must_use]
    pub fn producer(&self, name: &str) -> Option<&Settings> {
        self.steps.iter().find_map(|act| match act {
            Act::Producer { id, config, .. } if id.0 == name => Some(config),
            _ => None,
        })
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

    /// Producers in the order of their acts.
    pub fn producer_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|act| match act {
            Act::Producer { id, .. } => Some(id.0.as_str()),
            _ => None,
        })
    }

    /// Consumers in the order of their acts.
    pub fn consumer_names(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|act| match act {
            Act::Consumer(consumer) => Some(consumer.id.0.as_str()),
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
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().map(BrokerId).collect()
    }
}
