//! Names of things. Every offset here is an *exclusive end* where it bounds something: the high watermark and the log
//! end offset are the first offset that is **not** below them.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The one after this.
            #[must_use]
            pub fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number!(
    /// `node.id` of a broker, as in Kafka: 1, 2, 3.
    BrokerId(u32)
);
number!(
    /// A producer of the scenario: its place among the `producer` acts of the script.
    ClientId(u16)
);
number!(
    /// A topic of the scenario: its place among the `topic` acts of the script.
    TopicId(u16)
);
number!(
    /// A group of consumers: its place among the names of groups in the script.
    GroupId(u16)
);
number!(
    /// The name of a consumer or a `group.instance.id`: its place in the order of all of them as texts.
    NameRank(u16)
);
number!(
    /// A `transactional.id`: its place among those of the script.
    TransactionalId(u16)
);
number!(
    /// A place in a partition's log.
    Offset(u64)
);
number!(
    /// Counts the leaders of one partition; raised with every change of leader, also to none.
    LeaderEpoch(u32)
);
number!(
    /// Counts the changes of one partition's registration at the controller (leader or ISR).
    PartitionEpoch(u32)
);
number!(
    /// Given to a broker by the controller at each registration.
    BrokerEpoch(u64)
);
number!(
    /// Kafka's producer id, one for each idempotent producer instance.
    ProducerId(u64)
);
number!(
    /// Raised when a producer's sequences start over.
    ProducerEpoch(u16)
);
number!(
    /// Number of a record within (producer id, producer epoch, partition); wraps in Kafka at 2^31, never reached here.
    Sequence(u32)
);
number!(
    /// One `send()` of the scenario: its place among all values that the script sends.
    RecordId(u32)
);
number!(
    /// One frame on the wire: numbered in the order of sending, from 0, through the whole run.
    MessageId(u32)
);
number!(
    /// A TCP connection, numbered in the order of opening.
    ConnectionId(u32)
);
number!(
    /// A step of the trace, from 0.
    StepIndex(u32)
);

impl TopicId {
    /// `__consumer_offsets`.
    pub const CONSUMER_OFFSETS: Self = Self(u16::MAX);
    /// `__transaction_state`.
    pub const TRANSACTION_STATE: Self = Self(u16::MAX - 1);

    /// True for a topic of the brokers' own (`Topic.isInternal`).
    #[must_use]
    pub fn is_internal(self) -> bool {
        self >= Self::TRANSACTION_STATE
    }

    /// The internal topic of that name.
    #[must_use]
    pub fn internal(name: &str) -> Option<Self> {
        match name {
            "__consumer_offsets" => Some(Self::CONSUMER_OFFSETS),
            "__transaction_state" => Some(Self::TRANSACTION_STATE),
            _ => None,
        }
    }

    /// Its only partition, where it has one.
    #[must_use]
    pub fn first_partition(self) -> TopicPartition {
        TopicPartition {
            topic: self,
            partition: 0,
        }
    }
}

/// Anything that sends or receives frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NodeId {
    /// The one KRaft controller; node 100 in the recordings.
    Controller,
    /// A broker.
    Broker(BrokerId),
    /// A client of the scenario.
    Client(ClientId),
}

/// The controller's `node.id` in scenarios, as in the recordings.
pub const CONTROLLER_ID: u32 = 100;

/// Stands for any node in a link or a frame fault, as in the recordings.
pub const ANYBODY: &str = "*";

impl NodeId {
    /// The broker's id, if this is a broker.
    #[must_use]
    pub fn broker(self) -> Option<BrokerId> {
        match self {
            Self::Broker(id) => Some(id),
            Self::Controller | Self::Client(_) => None,
        }
    }

    /// A number that tells it from all others in this run. (Kafka's `node.id`s are not negative and have 32 bits with a sign:
    /// one bit is left for the kind.)
    #[must_use]
    #[inline]
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Controller => 0,
            Self::Broker(id) => id.0 << 1 | 1,
            Self::Client(id) => (u32::from(id.0) + 1) << 1,
        }
    }

    /// A number that stays the same for ever, for keyed draws.
    #[must_use]
    pub fn key(self) -> u64 {
        match self {
            Self::Controller => 1 << 32,
            Self::Broker(id) => (2 << 32) | u64::from(id.0),
            Self::Client(id) => (3 << 32) | u64::from(id.0),
        }
    }
}

/// One partition of one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicId,
    /// Partition number, from 0.
    pub partition: u32,
}

/// By topic, then by number, in one comparison: maps ask this all the time.
impl Ord for TopicPartition {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |id: &Self| (u64::from(id.topic.0) << 32) | u64::from(id.partition);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for TopicPartition {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
