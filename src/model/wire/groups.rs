//! What members of a group and its coordinator say to each other (KIP-848, KIP-345, KIP-429), and what is committed.

use super::super::ids::{ClientId, GroupId, NameRank, TopicId, TopicPartition};
use super::super::scenario::Api;
use super::super::state_record::CommittedOffset;
use super::super::time::SimDuration;
use super::ErrorCode;

/// No generation: before the first one of a member, and for a consumer that is no member.
pub const NO_GENERATION: i32 = -1;

/// A member as its group knows it. Kafka's ids are texts that begin with the client's name (or with `group.instance.id`), and
/// assignors go by their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId {
    /// Place of the name that it begins with among all names of consumers.
    pub name: NameRank,
    /// Whose it is.
    pub client: ClientId,
    /// Tells apart what one client was in the course of time.
    pub nth: u32,
}

/// A class that shares out partitions (`ConsumerPartitionAssignor`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assignor {
    /// Neighbours of a topic go together.
    Range,
    /// One after the other.
    RoundRobin,
    /// As before, as far as that is even.
    Sticky,
    /// The same, for members that keep what they have while they join (KIP-429).
    CooperativeSticky,
}

/// What a member says of itself when it joins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// The topic that it wants.
    pub topic: TopicId,
    /// What it has while it joins.
    pub owned: Vec<TopicPartition>,
    /// The generation in which it got that.
    pub generation: i32,
    /// What a sticky assignor remembers, and since which generation (`StickyAssignor.subscriptionUserData`).
    pub memory: Option<(i32, Vec<TopicPartition>)>,
}

/// JoinGroup.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinGroup {
    /// Which.
    pub group: GroupId,
    /// None until the coordinator has given one.
    pub member: Option<MemberId>,
    /// Who asks.
    pub client: ClientId,
    /// What an id for it begins with.
    pub name: NameRank,
    /// `group.instance.id`.
    pub instance: Option<NameRank>,
    /// `session.timeout.ms`.
    pub session_timeout: SimDuration,
    /// `max.poll.interval.ms`.
    pub rebalance_timeout: SimDuration,
    /// What it can work with, the best first.
    pub assignors: Vec<Assignor>,
    /// What it wants and has.
    pub subscription: Subscription,
}

/// One member as the leader of its group hears of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinedMember {
    /// Who.
    pub member: MemberId,
    /// `group.instance.id`.
    pub instance: Option<NameRank>,
    /// What it wants and has.
    pub subscription: Subscription,
}

/// The answer to JoinGroup.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Joined {
    /// An error, or none.
    pub error: ErrorCode,
    /// Who is answered.
    pub member: Option<MemberId>,
    /// The generation.
    pub generation: i32,
    /// What all of them can work with.
    pub assignor: Option<Assignor>,
    /// Who shares out.
    pub leader: Option<MemberId>,
    /// For the leader: everybody.
    pub members: Vec<JoinedMember>,
    /// The leader came back and need not share out anew (KIP-814).
    pub skip_assignment: bool,
}

/// Who speaks, as a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AsMember {
    /// Which group.
    pub group: GroupId,
    /// Which member.
    pub member: MemberId,
    /// `group.instance.id`.
    pub instance: Option<NameRank>,
    /// Its generation, or its member epoch.
    pub generation: i32,
}

/// OffsetCommit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetCommit {
    /// Which group.
    pub group: GroupId,
    /// Who asks.
    pub client: ClientId,
    /// As which member; none for a consumer with partitions of its own.
    pub member: Option<AsMember>,
    /// How far; the coordinator says when.
    pub offsets: Vec<(TopicPartition, CommittedOffset)>,
}

/// OffsetFetch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OffsetFetch {
    /// Which group.
    pub group: GroupId,
    /// As a member of the newer protocol.
    pub member: Option<AsMember>,
    /// Of what.
    pub partitions: Vec<TopicPartition>,
}

/// ConsumerGroupHeartbeat (KIP-848).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerGroupHeartbeat {
    /// Who; the generation is the member epoch: 0 to join, -1 to leave, -2 to leave for a while (static).
    pub who: AsMember,
    /// `max.poll.interval.ms`.
    pub rebalance_timeout: SimDuration,
    /// The topic that it wants.
    pub topic: TopicId,
    /// `group.remote.assignor`.
    pub assignor: Option<Assignor>,
    /// What it has, where that is news.
    pub owned: Option<Vec<TopicPartition>>,
    /// It says everything anew: it joins, or the coordinator is another.
    pub full: bool,
    /// It stands for all that would follow it and say the same.
    pub stands: bool,
}

/// The answer to ConsumerGroupHeartbeat.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Beaten {
    /// An error, or none.
    pub error: ErrorCode,
    /// Its epoch now.
    pub epoch: i32,
    /// When to say something again.
    pub interval: SimDuration,
    /// What it shall have, where that is news.
    pub assignment: Option<Vec<TopicPartition>>,
}

/// A request to a group's coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupRequest {
    /// To be in the next generation.
    JoinGroup(JoinGroup),
    /// To learn what one has; of the leader: to say what everybody has.
    SyncGroup(AsMember, Vec<(MemberId, Vec<TopicPartition>)>),
    /// To show that one lives. With a time it stands for all that would follow it at that interval and bring nothing new.
    Heartbeat(AsMember, Option<SimDuration>),
    /// To be out.
    LeaveGroup(AsMember),
    /// To say how far one is.
    OffsetCommit(OffsetCommit),
    /// To learn how far the group is.
    OffsetFetch(OffsetFetch),
    /// All of it, of the newer protocol.
    ConsumerGroupHeartbeat(ConsumerGroupHeartbeat),
}

/// How far a group is in some partitions, or why it is not told.
pub type Committed = Vec<(TopicPartition, Result<Option<CommittedOffset>, ErrorCode>)>;

/// Its answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupResponse {
    /// To JoinGroup.
    JoinGroup(Joined),
    /// To SyncGroup.
    SyncGroup(Result<Vec<TopicPartition>, ErrorCode>),
    /// To Heartbeat.
    Heartbeat(ErrorCode),
    /// To LeaveGroup.
    LeaveGroup(ErrorCode),
    /// To OffsetCommit.
    OffsetCommit(Vec<(TopicPartition, ErrorCode)>),
    /// To OffsetFetch.
    OffsetFetch(Result<Committed, ErrorCode>),
    /// To ConsumerGroupHeartbeat.
    ConsumerGroupHeartbeat(Beaten),
}

impl GroupRequest {
    /// Kafka's name.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::JoinGroup(_) => Api::JoinGroup,
            Self::SyncGroup(..) => Api::SyncGroup,
            Self::Heartbeat(..) => Api::Heartbeat,
            Self::LeaveGroup(_) => Api::LeaveGroup,
            Self::OffsetCommit(_) => Api::OffsetCommit,
            Self::OffsetFetch(_) => Api::OffsetFetch,
            Self::ConsumerGroupHeartbeat(_) => Api::ConsumerGroupHeartbeat,
        }
    }
}

impl GroupResponse {
    /// Kafka's name of the request that it answers.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::JoinGroup(_) => Api::JoinGroup,
            Self::SyncGroup(_) => Api::SyncGroup,
            Self::Heartbeat(_) => Api::Heartbeat,
            Self::LeaveGroup(_) => Api::LeaveGroup,
            Self::OffsetCommit(_) => Api::OffsetCommit,
            Self::OffsetFetch(_) => Api::OffsetFetch,
            Self::ConsumerGroupHeartbeat(_) => Api::ConsumerGroupHeartbeat,
        }
    }

    /// The first error in it.
    #[must_use]
    pub fn error(&self) -> ErrorCode {
        match self {
            Self::JoinGroup(joined) => joined.error,
            Self::SyncGroup(answer) => answer.as_ref().err().copied().unwrap_or_default(),
            Self::Heartbeat(error) | Self::LeaveGroup(error) => *error,
            Self::OffsetCommit(answers) => {
                let errors = answers.iter().map(|(_, error)| *error);
                let mut bad = errors.filter(|error| *error != ErrorCode::None);
                bad.next().unwrap_or_default()
            }
            Self::OffsetFetch(Err(error)) => *error,
            Self::OffsetFetch(Ok(answers)) => {
                let mut bad = answers.iter().filter_map(|(_, answer)| answer.err());
                bad.next().unwrap_or_default()
            }
            Self::ConsumerGroupHeartbeat(answer) => answer.error,
        }
    }
}
