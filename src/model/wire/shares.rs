//! What members of share groups, leaders and the keeper of share states say to each other (KIP-932).

use super::super::ids::{
    BrokerId, ClientId, GroupId, LeaderEpoch, Offset, TopicId, TopicPartition,
};
use super::super::record::Entry;
use super::super::scenario::Api;
use super::super::time::SimDuration;
use super::ErrorCode;

/// What a consumer says of a record that it was given (`AcknowledgeType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Acknowledgement {
    /// There is no record at that offset: a control record.
    Gap,
    /// Processed.
    Accept,
    /// Not processed; somebody else may try.
    Release,
    /// Not processed, and nobody shall try again.
    Reject,
    /// Still at it: the lock begins anew (KIP-1222).
    Renew,
}

/// Where a record is in its life within a share group (`RecordState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryState {
    /// May be given to a consumer.
    Available,
    /// Given to one, and locked for a time.
    Acquired,
    /// Accepted.
    Acknowledged,
    /// Rejected, or tried too often: never given out again.
    Archived,
}

impl DeliveryState {
    /// True where nothing comes after it.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Archived)
    }
}

/// Acknowledgements of records that lie together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AcknowledgedBatch {
    /// The first offset.
    pub first: Offset,
    /// The last offset.
    pub last: Offset,
    /// One for all of them, or one for each.
    pub kinds: Vec<Acknowledgement>,
}

/// Records of one state and one delivery count that lie together, as they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StateBatch {
    /// The first offset.
    pub first: Offset,
    /// The last offset.
    pub last: Offset,
    /// Their state.
    pub state: DeliveryState,
    /// How often they were given out.
    pub deliveries: u16,
}

/// What a leader gives a consumer: records that are locked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Acquired {
    /// The first offset.
    pub first: Offset,
    /// The last offset.
    pub last: Offset,
    /// How often they have been given out, this time included.
    pub deliveries: u16,
}

/// The state of one partition for one share group, as it is kept across leaders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeptShare {
    /// Where the group begins; none where the policy decides.
    pub start: Option<Offset>,
    /// What is known from there on, in order.
    pub batches: Vec<StateBatch>,
}

/// A share session's number as a request says it (`ShareRequestMetadata`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEpoch {
    /// Begins a session.
    Initial,
    /// Goes on with one.
    Next(u32),
    /// Ends it.
    Final,
}

/// What a consumer asks a leader for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShareFetch {
    /// Its group.
    pub group: GroupId,
    /// Who asks.
    pub member: ClientId,
    /// Its session with this broker.
    pub epoch: SessionEpoch,
    /// What it wants records of, all of it.
    pub partitions: Vec<TopicPartition>,
    /// What it says of records that it was given before.
    pub acknowledged: Vec<(TopicPartition, AcknowledgedBatch)>,
    /// `max.poll.records`: how many records it wants, and how large a batch of them should be.
    pub max_records: u32,
    /// `share.acquire.mode=record_limit`: never more than that (KIP-1206).
    pub record_limit: bool,
    /// How long the leader may wait, in ms.
    pub max_wait_ms: u32,
    /// It brings renewals, and wants nothing.
    pub renews: bool,
}

/// A request of share groups.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShareRequest {
    /// Give me records; and this is what became of others.
    Fetch(ShareFetch),
    /// This is what became of records.
    Acknowledge {
        /// The group.
        group: GroupId,
        /// Who says so.
        member: ClientId,
        /// Its session.
        epoch: SessionEpoch,
        /// What.
        acknowledged: Vec<(TopicPartition, AcknowledgedBatch)>,
    },
    /// I am alive, I join, or I leave.
    Heartbeat {
        /// The group.
        group: GroupId,
        /// Who.
        member: ClientId,
        /// What it wants to read; nothing when it leaves.
        topic: Option<TopicId>,
        /// What it reads now.
        owned: Vec<TopicPartition>,
    },
    /// A leader wants to know the state of a partition.
    ReadState {
        /// The group.
        group: GroupId,
        /// Which.
        partition: TopicPartition,
        /// In its epoch.
        leader_epoch: LeaderEpoch,
    },
    /// A leader changes it.
    WriteState {
        /// The group.
        group: GroupId,
        /// Which.
        partition: TopicPartition,
        /// In its epoch.
        leader_epoch: LeaderEpoch,
        /// Everything before this is done.
        start: Offset,
        /// What changed.
        changed: Vec<StateBatch>,
    },
}

/// What a leader answers about one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SharedPartition {
    /// Which.
    pub partition: TopicPartition,
    /// An error, or none.
    pub error: ErrorCode,
    /// What became of the acknowledgements that came with the request.
    pub acknowledge_error: ErrorCode,
    /// What is locked for the consumer.
    pub acquired: Vec<Acquired>,
    /// The records at these offsets.
    pub entries: Vec<(Offset, Entry)>,
    /// The leader that the broker knows, where it does not lead itself.
    pub current_leader: Option<(BrokerId, LeaderEpoch)>,
}

/// A response of share groups.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShareResponse {
    /// To Fetch.
    Fetch {
        /// Of the whole.
        error: ErrorCode,
        /// Of each partition of which there is something to say.
        partitions: Vec<SharedPartition>,
    },
    /// To Acknowledge.
    Acknowledge {
        /// Of the whole.
        error: ErrorCode,
        /// Of each partition.
        partitions: Vec<(TopicPartition, ErrorCode)>,
    },
    /// To Heartbeat.
    Heartbeat {
        /// An error, or none.
        error: ErrorCode,
        /// What the member reads, if the coordinator has decided it.
        assignment: Option<Vec<TopicPartition>>,
        /// When to come again.
        interval: SimDuration,
    },
    /// To ReadState.
    ReadState {
        /// The group.
        group: GroupId,
        /// Which.
        partition: TopicPartition,
        /// The state, or why it is not told.
        state: Result<KeptShare, ErrorCode>,
    },
    /// To WriteState.
    WriteState(ErrorCode),
}

impl ShareRequest {
    /// Kafka's name.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::Fetch(_) => Api::ShareFetch,
            Self::Acknowledge { .. } => Api::ShareAcknowledge,
            Self::Heartbeat { .. } => Api::ShareGroupHeartbeat,
            Self::ReadState { .. } => Api::ReadShareGroupState,
            Self::WriteState { .. } => Api::WriteShareGroupState,
        }
    }
}

impl ShareResponse {
    /// Kafka's name of the request that it answers.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::Fetch { .. } => Api::ShareFetch,
            Self::Acknowledge { .. } => Api::ShareAcknowledge,
            Self::Heartbeat { .. } => Api::ShareGroupHeartbeat,
            Self::ReadState { .. } => Api::ReadShareGroupState,
            Self::WriteState(_) => Api::WriteShareGroupState,
        }
    }
}
