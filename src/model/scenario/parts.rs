//! The pieces that acts and faults are made of.

use super::super::ids::BrokerId;
use super::super::text::{Whole, Word, number};
use super::super::time::SimDuration;
use super::is_default;
use crate::small::Map;
use serde::{Deserialize, Serialize};

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

/// What a reader may see (`isolation.level`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// Everything below the high watermark.
    #[default]
    ReadUncommitted,
    /// Nothing of a transaction that is open or was aborted.
    ReadCommitted,
}

/// What an election is to bring (`ElectionType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ElectionKind {
    /// Leadership for the first replica of the assignment, if it is in sync.
    #[default]
    Preferred,
    /// Any leader, be it one that lacks committed records.
    Unclean,
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
    /// Who coordinates a group or a transaction, for a client.
    FindCoordinator,
    /// Partitions become part of a transaction: from a client, or from a leader (KIP-890).
    AddPartitionsToTxn,
    /// A group's offsets become part of a transaction, from a client of the older protocol.
    AddOffsetsToTxn,
    /// Offsets that count when a transaction commits.
    TxnOffsetCommit,
    /// A producer's wish to commit or abort.
    EndTxn,
    /// Control records from a coordinator to leaders.
    WriteTxnMarkers,
    /// A broker's wish for an internal topic.
    CreateTopics,
    /// Records for a consumer of a share group (KIP-932).
    ShareFetch,
    /// What became of them.
    ShareAcknowledge,
    /// A consumer of a share group to its coordinator.
    ShareGroupHeartbeat,
    /// A leader asks for the state of a partition of a share group.
    ReadShareGroupState,
    /// A leader changes it.
    WriteShareGroupState,
    /// A member's wish to be in the next generation of its group.
    JoinGroup,
    /// What each member of a generation has.
    SyncGroup,
    /// A member of the classic protocol that lives.
    Heartbeat,
    /// A member that goes.
    LeaveGroup,
    /// How far a group is.
    OffsetCommit,
    /// The question how far it is.
    OffsetFetch,
    /// A member of the newer protocol (KIP-848).
    ConsumerGroupHeartbeat,
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
            Self::AlterPartition => "AlterPartition",
            Self::BrokerRegistration => "BrokerRegistration",
            Self::BrokerHeartbeat => "BrokerHeartbeat",
            Self::ListOffsets => "ListOffsets",
            Self::OffsetForLeaderEpoch => "OffsetForLeaderEpoch",
            Self::FindCoordinator => "FindCoordinator",
            Self::AddPartitionsToTxn => "AddPartitionsToTxn",
            Self::AddOffsetsToTxn => "AddOffsetsToTxn",
            Self::TxnOffsetCommit => "TxnOffsetCommit",
            Self::EndTxn => "EndTxn",
            Self::WriteTxnMarkers => "WriteTxnMarkers",
            Self::CreateTopics => "CreateTopics",
            Self::ShareFetch => "ShareFetch",
            Self::ShareAcknowledge => "ShareAcknowledge",
            Self::ShareGroupHeartbeat => "ShareGroupHeartbeat",
            Self::ReadShareGroupState => "ReadShareGroupState",
            Self::WriteShareGroupState => "WriteShareGroupState",
            Self::JoinGroup => "JoinGroup",
            Self::SyncGroup => "SyncGroup",
            Self::Heartbeat => "Heartbeat",
            Self::LeaveGroup => "LeaveGroup",
            Self::OffsetCommit => "OffsetCommit",
            Self::OffsetFetch => "OffsetFetch",
            Self::ConsumerGroupHeartbeat => "ConsumerGroupHeartbeat",
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
    /// Nothing: it is waited for.
    Mark,
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
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub log_end: Map<Whole, Whole>,
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

fn optional_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    number(deserializer).map(Some)
}
