//! What goes over a connection: Kafka's requests and responses by their API names, errors by Kafka's constants.

mod errors;
mod groups;
mod librdkafka_errors;
mod reads;
mod shares;

use super::config::{LogConfig, ShareConfig};
use super::ids::{
    BrokerEpoch, BrokerId, GroupId, LeaderEpoch, Offset, PartitionEpoch, ProducerId, TopicId,
    TopicPartition, TransactionalId,
};
use super::record::{Entry, RecordBatch, Records};
use super::scenario::{Api, Isolation};
use super::small::{Few, Map};
use super::state_record::States;
use super::transaction::{Protocol, TransactionRequest, TransactionResponse};
use crate::small::Set;
pub use errors::{ClientError, ErrorCode, Thrown};
pub use groups::{
    AsMember, Assignor, Beaten, Committed, ConsumerGroupHeartbeat, GroupRequest, GroupResponse,
    JoinGroup, Joined, JoinedMember, MemberId, NO_GENERATION, OffsetCommit, OffsetFetch,
    Subscription,
};
pub use librdkafka_errors::RdError;
pub use reads::{Asked, OffsetSpec, ReadError, ReadRecords, Told};
pub use shares::{
    AcknowledgedBatch, Acknowledgement, Acquired, DeliveryState, KeptShare, SessionEpoch,
    ShareFetch, ShareRequest, ShareResponse, SharedPartition, StateBatch,
};
use smallvec::SmallVec;

/// `message.timestamp.after.max.ms` by default, in ms: no record may be from further in the future.
pub const TIMESTAMP_AFTER_MAX: i64 = 3_600_000;

/// One partition in the metadata log: who replicates, who is in sync, who leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartitionRegistration {
    /// In assignment order, preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// In sync.
    pub isr: Set<BrokerId>,
    /// Eligible leader replicas (KIP-966).
    pub elr: Set<BrokerId>,
    /// The last leader before ISR and ELR were empty.
    pub last_known_leader: Option<BrokerId>,
    /// Who leads.
    pub leader: Option<BrokerId>,
    /// Raised with every change of leader.
    pub leader_epoch: LeaderEpoch,
    /// Raised with every change.
    pub partition_epoch: PartitionEpoch,
    /// `min.insync.replicas`, not above the number of replicas.
    pub min_insync_replicas: u32,
    /// `unclean.leader.election.enable`.
    pub unclean_election: bool,
    /// What its topic says about its logs.
    pub log: LogConfig,
}

/// One broker in the metadata log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrokerRegistration {
    /// Of this incarnation.
    pub epoch: BrokerEpoch,
    /// Not counted on.
    pub fenced: bool,
    /// On its way out: it gets no leadership and joins no ISR any more.
    pub in_controlled_shutdown: bool,
}

impl BrokerRegistration {
    /// True if it may lead and be in sync (`ClusterControlManager.isActive`).
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }
}

/// The metadata log as a broker knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct MetadataImage {
    /// Number of changes behind it.
    pub version: u64,
    /// Registered brokers.
    pub brokers: Map<BrokerId, BrokerRegistration>,
    /// Partitions of all topics.
    pub partitions: Map<TopicPartition, PartitionRegistration>,
    /// Share groups with settings of their own.
    pub groups: Map<GroupId, ShareConfig>,
}

/// What a coordinator is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoordinatorKey {
    /// A group.
    Group(GroupId),
    /// A `transactional.id`.
    Transaction(TransactionalId),
}

impl CoordinatorKey {
    /// The topic whose leader coordinates it. It has one partition here.
    #[must_use]
    pub fn topic(self) -> TopicId {
        match self {
            Self::Group(_) => TopicId::CONSUMER_OFFSETS,
            Self::Transaction(_) => TopicId::TRANSACTION_STATE,
        }
    }
}

/// What a follower asks of one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FetchPartition {
    /// Which.
    pub partition: TopicPartition,
    /// The follower's log end: everything below it is thereby acknowledged.
    pub fetch_offset: Offset,
    /// Epoch of its last record, if it has one.
    pub last_fetched_epoch: Option<LeaderEpoch>,
    /// The leader epoch that the follower knows.
    pub current_leader_epoch: LeaderEpoch,
}

/// What a leader answers about one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FetchedPartition {
    /// Which.
    pub partition: TopicPartition,
    /// The leader epoch that was asked in.
    pub leader_epoch: LeaderEpoch,
    /// Where the records begin.
    pub fetch_offset: Offset,
    /// An error, or none.
    pub error: ErrorCode,
    /// The records from there on.
    pub entries: SmallVec<[Entry; 1]>,
    /// The leader's high watermark.
    pub high_watermark: Offset,
    /// The leader's first offset.
    pub log_start: Offset,
    /// What it has to say beside that, which is seldom.
    pub besides: Option<Box<FetchedBesides>>,
}

/// What a leader seldom answers about a partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FetchedBesides {
    /// The logs part here: the last epoch that the leader knows at or below the one asked for, and its end.
    Diverging(LeaderEpoch, Offset),
    /// The values of those records that a coordinator wrote.
    States(States),
    /// The leader's log end, for a follower that asks beyond it.
    LogEnd(Offset),
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Request {
    /// Append batches.
    Produce {
        /// 0, 1 or -1.
        acks: i8,
        /// How long the leader may wait for the ISR, in ms.
        timeout_ms: u32,
        /// At most one batch for each partition.
        batches: Few<(TopicPartition, RecordBatch)>,
        /// True if any of them was sent before.
        retry: bool,
        /// Whose transaction they belong to, and by which protocol.
        transaction: Option<(TransactionalId, Protocol)>,
    },
    /// A follower's fetch.
    Fetch {
        /// The follower.
        replica: BrokerId,
        /// Its incarnation.
        broker_epoch: BrokerEpoch,
        /// What it wants.
        partitions: Few<FetchPartition>,
    },
    /// A broker's fetch of the metadata log.
    FetchMetadata {
        /// The version that it has.
        have: u64,
    },
    /// A reader's fetch.
    Read {
        /// How long it may wait for something to read, in ms.
        max_wait_ms: u32,
        /// From where.
        partitions: Few<Asked<Offset>>,
        /// What it may see.
        isolation: Isolation,
    },
    /// Where do logs begin, or end for readers that may see so much?
    ListOffsets(Few<Asked<OffsetSpec>>, Isolation),
    /// Where does this leader epoch end (KIP-320)?
    OffsetForLeaderEpoch(Few<Asked<LeaderEpoch>>),
    /// Of share groups.
    Share(Box<ShareRequest>),
    /// Who leads?
    Metadata,
    /// A producer id, please.
    InitProducerId,
    /// Who coordinates this?
    FindCoordinator(CoordinatorKey),
    /// Something of a group.
    Group(Box<GroupRequest>),
    /// Anything about transactions.
    Transaction(Box<TransactionRequest>),
    /// A broker wants an internal topic to be there (`AutoTopicCreationManager`).
    CreateTopics(TopicId),
    /// Change the ISR.
    AlterPartition {
        /// Which.
        partition: TopicPartition,
        /// The leader's epoch.
        leader_epoch: LeaderEpoch,
        /// What it was decided against.
        partition_epoch: PartitionEpoch,
        /// The wished ISR, each member with its incarnation.
        isr: Map<BrokerId, BrokerEpoch>,
    },
    /// I have started.
    BrokerRegistration {
        /// My incarnation when I last shut down in good order, if nothing happened since (KIP-966).
        previous_epoch: Option<BrokerEpoch>,
    },
    /// I am caught up; or I want to stop.
    BrokerHeartbeat {
        /// My incarnation.
        broker_epoch: BrokerEpoch,
        /// The metadata version that I have.
        metadata_version: u64,
        /// I want to stop.
        want_shut_down: bool,
    },
}

/// The outcome of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProducedPartition {
    /// Which.
    pub partition: TopicPartition,
    /// An error, or none.
    pub error: ErrorCode,
    /// Offset of the first record.
    pub base_offset: Offset,
    /// The leader that the broker knows, where the error is `NotLeaderOrFollower` (KIP-951).
    pub current_leader: Option<(BrokerId, LeaderEpoch)>,
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Response {
    /// To Produce.
    Produce {
        /// One for each batch.
        partitions: Few<ProducedPartition>,
        /// What it speaks of, for the drawing.
        records: Records,
    },
    /// To Fetch.
    Fetch(Few<FetchedPartition>),
    /// To Read.
    Read(Few<Told<ReadRecords>>),
    /// To ListOffsets: the offset, if there is one of that kind.
    ListOffsets(Few<Told<Option<Offset>>>),
    /// To OffsetForLeaderEpoch: the largest known epoch at or below the one asked for and its end, if anything is known.
    OffsetForLeaderEpoch(Few<Told<Option<(LeaderEpoch, Offset)>>>),
    /// To what share groups ask.
    Share(Box<ShareResponse>),
    /// To FetchMetadata.
    FetchMetadata(Box<MetadataImage>),
    /// To Metadata: leader and leader epoch of each partition, and the brokers that are not fenced.
    Metadata {
        /// Of each partition.
        leaders: Map<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
        /// Alive.
        brokers: Set<BrokerId>,
    },
    /// To InitProducerId.
    InitProducerId(ProducerId),
    /// To FindCoordinator: the broker, or `CoordinatorNotAvailable`.
    FindCoordinator(CoordinatorKey, Result<BrokerId, ErrorCode>),
    /// Something of a group.
    Group(Box<GroupResponse>),
    /// About transactions.
    Transaction(Box<TransactionResponse>),
    /// To CreateTopics.
    CreateTopics(ErrorCode),
    /// To AlterPartition.
    AlterPartition {
        /// Which.
        partition: TopicPartition,
        /// An error, or none.
        error: ErrorCode,
    },
    /// To BrokerRegistration: the epoch, or why not.
    BrokerRegistration(Result<BrokerEpoch, ErrorCode>),
    /// To BrokerHeartbeat: still fenced?
    BrokerHeartbeat {
        /// Still.
        fenced: bool,
        /// Whoever wanted to stop may do so now.
        should_shut_down: bool,
    },
}

impl Request {
    /// Kafka's name.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::Produce { .. } => Api::Produce,
            Self::Fetch { .. } | Self::Read { .. } | Self::FetchMetadata { .. } => Api::Fetch,
            Self::ListOffsets(..) => Api::ListOffsets,
            Self::OffsetForLeaderEpoch(_) => Api::OffsetForLeaderEpoch,
            Self::Share(share) => share.api(),
            Self::Metadata => Api::Metadata,
            Self::InitProducerId => Api::InitProducerId,
            Self::FindCoordinator(_) => Api::FindCoordinator,
            Self::Group(group) => group.api(),
            Self::Transaction(request) => request.api(),
            Self::CreateTopics(_) => Api::CreateTopics,
            Self::AlterPartition { .. } => Api::AlterPartition,
            Self::BrokerRegistration { .. } => Api::BrokerRegistration,
            Self::BrokerHeartbeat { .. } => Api::BrokerHeartbeat,
        }
    }
}

impl Response {
    /// Kafka's name of the request that it answers.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::Produce { .. } => Api::Produce,
            Self::Fetch(_) | Self::Read(_) | Self::FetchMetadata(_) => Api::Fetch,
            Self::ListOffsets(_) => Api::ListOffsets,
            Self::OffsetForLeaderEpoch(_) => Api::OffsetForLeaderEpoch,
            Self::Share(share) => share.api(),
            Self::Metadata { .. } => Api::Metadata,
            Self::InitProducerId(_) => Api::InitProducerId,
            Self::FindCoordinator(..) => Api::FindCoordinator,
            Self::Group(group) => group.api(),
            Self::Transaction(response) => response.api(),
            Self::CreateTopics(_) => Api::CreateTopics,
            Self::AlterPartition { .. } => Api::AlterPartition,
            Self::BrokerRegistration(_) => Api::BrokerRegistration,
            Self::BrokerHeartbeat { .. } => Api::BrokerHeartbeat,
        }
    }
}
