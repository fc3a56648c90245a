//! What goes over a connection: Kafka's requests and responses by their API names, errors by Kafka's constants.

use super::config::LogConfig;
use super::ids::{
    BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch, ProducerId, TopicPartition,
};
use super::record::{Entry, RecordBatch, Records};
use super::scenario::Api;
use super::small::Few;
use super::small::Map;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Kafka's error codes, those that the model raises (`org.apache.kafka.common.protocol.Errors`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorCode {
    /// No error.
    #[default]
    None,
    /// The client closed a connection that did not answer; or the purgatory gave up.
    RequestTimedOut,
    /// The connection broke with the request in flight.
    NetworkException,
    /// There is nothing at the offset that was asked for.
    OffsetOutOfRange,
    /// Asked somebody who does not lead.
    NotLeaderOrFollower,
    /// Fewer in-sync replicas than `min.insync.replicas`; nothing was appended.
    NotEnoughReplicas,
    /// The same, found after the append.
    NotEnoughReplicasAfterAppend,
    /// No such partition here.
    UnknownTopicOrPartition,
    /// A sequence number is missing.
    OutOfOrderSequenceNumber,
    /// A producer of an older epoch.
    InvalidProducerEpoch,
    /// The request knows an older leader epoch than the leader.
    FencedLeaderEpoch,
    /// The request knows a newer leader epoch than this broker.
    UnknownLeaderEpoch,
    /// Another incarnation of this broker still has a session.
    DuplicateBrokerRegistration,
    /// The request came from an earlier incarnation.
    StaleBrokerEpoch,
    /// The ISR change was made against an older registration.
    InvalidUpdateVersion,
    /// A member of the wished ISR may not be in it.
    IneligibleReplica,
    /// There is a topic of that name.
    TopicAlreadyExists,
    /// A name that no topic may have.
    InvalidTopic,
    /// Settings that no topic may have.
    InvalidConfig,
    /// Replicas that cannot be so.
    InvalidReplicaAssignment,
    /// A number of partitions that cannot be.
    InvalidPartitions,
    /// There is nothing to elect.
    ElectionNotNeeded,
    /// The preferred leader cannot lead now.
    PreferredLeaderNotAvailable,
    /// Nobody can lead.
    EligibleLeadersNotAvailable,
}

impl ErrorCode {
    /// True where the Java client sends again (subclasses of `RetriableException`).
    #[must_use]
    pub fn is_retriable(self) -> bool {
        matches!(
            self,
            Self::RequestTimedOut
                | Self::NetworkException
                | Self::NotLeaderOrFollower
                | Self::NotEnoughReplicas
                | Self::NotEnoughReplicasAfterAppend
                | Self::UnknownTopicOrPartition
                | Self::FencedLeaderEpoch
                | Self::UnknownLeaderEpoch
        )
    }

    /// True where the Java client asks for new metadata (subclasses of `InvalidMetadataException`).
    #[must_use]
    pub fn refreshes_metadata(self) -> bool {
        matches!(
            self,
            Self::NetworkException
                | Self::NotLeaderOrFollower
                | Self::UnknownTopicOrPartition
                | Self::FencedLeaderEpoch
        )
    }

    /// Kafka's constant.
    #[must_use]
    pub fn constant(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::RequestTimedOut => "REQUEST_TIMED_OUT",
            Self::NetworkException => "NETWORK_EXCEPTION",
            Self::OffsetOutOfRange => "OFFSET_OUT_OF_RANGE",
            Self::NotLeaderOrFollower => "NOT_LEADER_OR_FOLLOWER",
            Self::TopicAlreadyExists => "TOPIC_ALREADY_EXISTS",
            Self::InvalidTopic => "INVALID_TOPIC_EXCEPTION",
            Self::InvalidConfig => "INVALID_CONFIG",
            Self::InvalidReplicaAssignment => "INVALID_REPLICA_ASSIGNMENT",
            Self::InvalidPartitions => "INVALID_PARTITIONS",
            Self::ElectionNotNeeded => "ELECTION_NOT_NEEDED",
            Self::PreferredLeaderNotAvailable => "PREFERRED_LEADER_NOT_AVAILABLE",
            Self::EligibleLeadersNotAvailable => "ELIGIBLE_LEADERS_NOT_AVAILABLE",
            Self::NotEnoughReplicas => "NOT_ENOUGH_REPLICAS",
            Self::NotEnoughReplicasAfterAppend => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
            Self::UnknownTopicOrPartition => "UNKNOWN_TOPIC_OR_PARTITION",
            Self::OutOfOrderSequenceNumber => "OUT_OF_ORDER_SEQUENCE_NUMBER",
            Self::InvalidProducerEpoch => "INVALID_PRODUCER_EPOCH",
            Self::FencedLeaderEpoch => "FENCED_LEADER_EPOCH",
            Self::UnknownLeaderEpoch => "UNKNOWN_LEADER_EPOCH",
            Self::DuplicateBrokerRegistration => "DUPLICATE_BROKER_REGISTRATION",
            Self::StaleBrokerEpoch => "STALE_BROKER_EPOCH",
            Self::InvalidUpdateVersion => "INVALID_UPDATE_VERSION",
            Self::IneligibleReplica => "INELIGIBLE_REPLICA",
        }
    }
}

/// What a `send()` of the Java client can end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClientError {
    /// `delivery.timeout.ms` passed, or `max.block.ms`. It does *not* mean that the record was not written.
    Timeout,
    /// The exception of a broker's error that was not, or no longer, retried.
    Broker(ErrorCode),
    /// The producer could not be made.
    Config,
}

impl ClientError {
    /// The Java exception's simple name.
    #[must_use]
    pub fn exception(self) -> &'static str {
        match self {
            Self::Timeout | Self::Broker(ErrorCode::RequestTimedOut) => "TimeoutException",
            Self::Config => "ConfigException",
            Self::Broker(error) => match error {
                ErrorCode::NetworkException => "NetworkException",
                ErrorCode::NotLeaderOrFollower => "NotLeaderOrFollowerException",
                ErrorCode::NotEnoughReplicas => "NotEnoughReplicasException",
                ErrorCode::NotEnoughReplicasAfterAppend => "NotEnoughReplicasAfterAppendException",
                ErrorCode::UnknownTopicOrPartition => "UnknownTopicOrPartitionException",
                ErrorCode::OffsetOutOfRange => "OffsetOutOfRangeException",
                ErrorCode::TopicAlreadyExists => "TopicExistsException",
                ErrorCode::InvalidTopic => "InvalidTopicException",
                ErrorCode::InvalidConfig => "InvalidConfigurationException",
                ErrorCode::InvalidReplicaAssignment => "InvalidReplicaAssignmentException",
                ErrorCode::InvalidPartitions => "InvalidPartitionsException",
                ErrorCode::ElectionNotNeeded => "ElectionNotNeededException",
                ErrorCode::PreferredLeaderNotAvailable => "PreferredLeaderNotAvailableException",
                ErrorCode::EligibleLeadersNotAvailable => "EligibleLeadersNotAvailableException",
                ErrorCode::OutOfOrderSequenceNumber => "OutOfOrderSequenceException",
                ErrorCode::InvalidProducerEpoch => "InvalidProducerEpochException",
                _ => "UnknownServerException",
            },
        }
    }

    /// True if the exception says for sure that this `send()` wrote nothing: the broker refused before appending, and no
    /// earlier attempt can have been written (`semantics.md` 1.1).
    #[must_use]
    pub fn is_definite(self) -> bool {
        matches!(
            self,
            Self::Config
                | Self::Broker(
                    ErrorCode::OutOfOrderSequenceNumber | ErrorCode::InvalidProducerEpoch
                )
        )
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.exception())
    }
}

/// One partition in the metadata log: who replicates, who is in sync, who leads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PartitionRegistration {
    /// In assignment order, preferred leader first.
    pub replicas: Vec<BrokerId>,
    /// In sync.
    pub isr: BTreeSet<BrokerId>,
    /// Eligible leader replicas (KIP-966).
    pub elr: BTreeSet<BrokerId>,
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
    /// The logs part here: the last epoch that the leader knows at or below the one asked for, and its end.
    pub diverging: Option<(LeaderEpoch, Offset)>,
    /// The records from there on.
    pub entries: SmallVec<[Entry; 2]>,
    /// The leader's high watermark.
    pub high_watermark: Offset,
    /// The leader's first offset.
    pub log_start: Offset,
    /// The leader's log end, for a follower that asks beyond it.
    pub log_end: Offset,
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
    /// Who leads?
    Metadata,
    /// A producer id, please.
    InitProducerId,
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
    /// To FetchMetadata.
    FetchMetadata(Box<MetadataImage>),
    /// To Metadata: leader and leader epoch of each partition, and the brokers that are not fenced.
    Metadata {
        /// Of each partition.
        leaders: BTreeMap<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
        /// Alive.
        brokers: BTreeSet<BrokerId>,
    },
    /// To InitProducerId.
    InitProducerId(ProducerId),
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
            Self::Fetch { .. } | Self::FetchMetadata { .. } => Api::Fetch,
            Self::Metadata => Api::Metadata,
            Self::InitProducerId => Api::InitProducerId,
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
            Self::Fetch(_) | Self::FetchMetadata(_) => Api::Fetch,
            Self::Metadata { .. } => Api::Metadata,
            Self::InitProducerId(_) => Api::InitProducerId,
            Self::AlterPartition { .. } => Api::AlterPartition,
            Self::BrokerRegistration(_) => Api::BrokerRegistration,
            Self::BrokerHeartbeat { .. } => Api::BrokerHeartbeat,
        }
    }
}
