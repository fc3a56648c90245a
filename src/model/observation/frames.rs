//! What can be told of a frame, and of a record that a reader got.

use super::super::ids::{MessageId, NodeId, Offset, RecordId, TopicPartition};
use super::super::record::Records;
use super::super::scenario::{Api, Phase};
use super::super::time::SimTime;
use super::super::wire::ErrorCode;

/// A frame that is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sent {
    /// Its number.
    pub message: MessageId,
    /// Sender.
    pub from: NodeId,
    /// Receiver.
    pub to: NodeId,
    /// Kafka's name of the request.
    pub api: Api,
    /// Request or response.
    pub phase: Phase,
    /// Its number among those of the same kind on the same way, from 1: what an anchor names.
    pub nth: u32,
    /// Records that it carries (Produce request, Fetch response) or speaks of (Produce response); may be empty.
    pub records: Records,
    /// True for a Produce request of a batch that was sent before.
    pub retry: bool,
    /// The error that a response carries.
    pub error: ErrorCode,
    /// When it will arrive, if nothing comes between. None while it is held back.
    pub due: Option<SimTime>,
}

/// Why a frame never arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LostBecause {
    /// The connection broke with it on the way.
    ConnectionBroken,
    /// A fault of the scenario chose it.
    Fault,
}

/// One record that a reader got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Read {
    /// From where.
    pub partition: TopicPartition,
    /// At which offset.
    pub offset: Offset,
    /// The `send()` that it came from.
    pub record: RecordId,
}
