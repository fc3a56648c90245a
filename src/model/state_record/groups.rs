//! What a coordinator writes of groups. Kafka writes several small records for a group of the newer protocol; here each change
//! writes the whole group as one.

use super::super::ids::{NameRank, TopicId, TopicPartition};
use super::super::small::Map;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{Assignor, MemberId, Subscription};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupValue {
    /// Of the classic protocol (`GroupMetadataValue`).
    Classic(ClassicValue),
    /// Of the newer one (`ConsumerGroup…Value`).
    Modern(ModernGroup),
}

/// A generation of a classic group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClassicValue {
    /// Which.
    pub generation: i32,
    /// What all members can work with.
    pub assignor: Option<Assignor>,
    /// Who shared out.
    pub leader: Option<MemberId>,
    /// Everybody.
    pub members: Vec<(MemberId, ClassicMember)>,
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClassicMember {
    /// `group.instance.id`.
    pub instance: Option<NameRank>,
    /// `session.timeout.ms`.
    pub session_timeout: SimDuration,
    /// `max.poll.interval.ms`.
    pub rebalance_timeout: SimDuration,
    /// What it can work with, the best first.
    pub assignors: Vec<Assignor>,
    /// What it wants and had.
    pub subscription: Subscription,
    /// What it has.
    pub assignment: Vec<TopicPartition>,
}

/// A group of the newer protocol (KIP-848).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ModernGroup {
    /// Raised whenever who is in, or what they want, changes.
    pub epoch: i32,
    /// The epoch for which partitions were shared out.
    pub target_epoch: i32,
    /// When that was.
    pub assigned_at: Option<SimTime>,
    /// How many partitions its topics had when it last looked.
    pub seen: Map<TopicId, u32>,
    /// Everybody.
    pub members: Map<MemberId, ModernMember>,
}

/// Where a member is on its way to its target (`MemberState` of the coordinator).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reconciling {
    /// It has what it shall have.
    Stable,
    /// It must give something away first.
    Unrevoked,
    /// What it shall have is still another's.
    Unreleased,
}

/// A member of such a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModernMember {
    /// `group.instance.id`.
    pub instance: Option<NameRank>,
    /// `max.poll.interval.ms`.
    pub rebalance_timeout: SimDuration,
    /// The topic that it wants.
    pub topic: TopicId,
    /// `group.remote.assignor`.
    pub assignor: Option<Assignor>,
    /// Its epoch; -2 while a static member is away.
    pub epoch: i32,
    /// The one before.
    pub previous_epoch: i32,
    /// Where it is on its way.
    pub state: Reconciling,
    /// What it shall have in the end.
    pub target: Vec<TopicPartition>,
    /// What it may have now, each with the epoch in which it was given.
    pub assigned: Map<TopicPartition, i32>,
    /// What it must give away, each with the epoch in which it was given.
    pub revoking: Map<TopicPartition, i32>,
    /// It speaks the classic protocol (`ClassicMemberMetadata`).
    pub classic: Option<Box<ByClassic>>,
}

impl ModernMember {
    /// A member that has just come, before it has said more of itself.
    #[must_use]
    pub fn new(instance: Option<NameRank>, rebalance_timeout: SimDuration, topic: TopicId) -> Self {
        Self {
            instance,
            rebalance_timeout,
            topic,
            assignor: None,
            epoch: 0,
            previous_epoch: 0,
            state: Reconciling::Stable,
            target: Vec::new(),
            assigned: Map::new(),
            revoking: Map::new(),
            classic: None,
        }
    }
}

/// What a classic member of a group of the newer protocol says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ByClassic {
    /// `session.timeout.ms`.
    pub session_timeout: SimDuration,
    /// What it can work with, the best first.
    pub assignors: Vec<Assignor>,
    /// What it wants and had.
    pub subscription: Subscription,
}
