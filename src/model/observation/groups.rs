//! What happens in groups of consumers.

use super::super::ids::{ClientId, GroupId, Offset, TopicPartition};
use super::super::wire::{ErrorCode, ReadError};
use super::Observation;

/// One fact about a group or one of its members.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupFact {
    /// A group's progress was written and is committed.
    OffsetsCommitted {
        /// The group.
        group: GroupId,
        /// Who asked.
        client: ClientId,
        /// How far it is now.
        offsets: Vec<(TopicPartition, Offset)>,
    },
    /// A coordinator refused a commit.
    OffsetsRefused {
        /// The group.
        group: GroupId,
        /// Who asked.
        client: ClientId,
        /// Why.
        error: ErrorCode,
    },
    /// A generation of a group began, or an epoch of one of the newer protocol.
    GenerationBegan {
        /// The group.
        group: GroupId,
        /// Which.
        generation: i32,
        /// Who is in.
        members: Vec<ClientId>,
    },
    /// Somebody is no member any more.
    MemberLeft {
        /// The group.
        group: GroupId,
        /// Who.
        member: ClientId,
        /// Why.
        because: LeftBecause,
    },
    /// A group in which somebody is went over to the newer protocol (KIP-848), or back to the classic one.
    ProtocolChanged {
        /// The group.
        group: GroupId,
        /// To the newer one.
        newer: bool,
    },
    /// A consumer was told of a change of what it reads (`ConsumerRebalanceListener`).
    AssignmentChanged {
        /// Who.
        reader: ClientId,
        /// Which kind.
        change: Change,
        /// What, ascending.
        partitions: Vec<TopicPartition>,
    },
    /// A commit of the application ended, or the callback of one was called.
    CommitReturned {
        /// Who.
        reader: ClientId,
        /// The act that called `commitAsync()`; none for `commitSync()`.
        act: Option<u32>,
        /// What it came to.
        error: Option<ReadError>,
    },
    /// Somebody asked how far a group is.
    CommittedTold {
        /// How far, where it is anywhere.
        offsets: Vec<(TopicPartition, Option<Offset>)>,
    },
}

impl From<GroupFact> for Observation {
    fn from(fact: GroupFact) -> Self {
        Self::Group(fact)
    }
}

/// Why a member is none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeftBecause {
    /// It said so: it was closed, or did not poll for too long.
    Left,
    /// Nothing was heard of it for a session.
    Silent,
    /// It did not give away in time what another shall have (KIP-848).
    Slow,
}

/// What a `ConsumerRebalanceListener` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// These are read from now on.
    Assigned,
    /// These are read no longer.
    Revoked,
    /// These are another's already.
    Lost,
}
