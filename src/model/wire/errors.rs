//! Errors: Kafka's codes between nodes, and what a client's application is told.

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
    /// The batch is larger than `max.message.bytes`.
    MessageTooLarge,
    /// A record's time is too far from the broker's clock.
    InvalidTimestamp,
    /// `acks` is none of 0, 1 and all.
    InvalidRequiredAcks,
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
    /// A new leader cannot tell yet where readers may read to.
    OffsetNotAvailable,
    /// Something that has no code of its own.
    UnknownServerError,
    /// The consumer does not have the record that it acknowledges (any more).
    InvalidRecordState,
    /// The request makes no sense.
    InvalidRequest,
    /// No such share session.
    ShareSessionNotFound,
    /// A request of another moment of the share session.
    InvalidShareSessionEpoch,
    /// There is no coordinator now, or it could not write in time.
    CoordinatorNotAvailable,
    /// The coordinator is somebody else.
    NotCoordinator,
    /// The group does not know this member.
    UnknownMemberId,
    /// A member of another generation.
    IllegalGeneration,
    /// The members of the group are joining anew.
    RebalanceInProgress,
    /// Another process has taken over this `group.instance.id`.
    FencedInstanceId,
    /// The coordinator gave an id to come back with.
    MemberIdRequired,
    /// No assignor that all members know.
    InconsistentGroupProtocol,
    /// `session.timeout.ms` outside of what the broker allows.
    InvalidSessionTimeout,
    /// No such group.
    GroupIdNotFound,
    /// The member is not yet, or no longer, in that epoch (KIP-848).
    StaleMemberEpoch,
    /// The member fell out of its group (KIP-848).
    FencedMemberEpoch,
    /// Another member has this `group.instance.id` (KIP-848).
    UnreleasedInstanceId,
    /// The broker has no assignor of that name (KIP-848).
    UnsupportedAssignor,
    /// The transaction before, or another request, is not done yet.
    ConcurrentTransactions,
    /// Another instance with the same transactional id has begun.
    ProducerFenced,
    /// The transactional id has another producer id, or none.
    InvalidProducerIdMapping,
    /// The transaction is not in a state for that.
    InvalidTxnState,
    /// The transaction must be aborted (KIP-890).
    TransactionAbortable,
    /// A newer coordinator has spoken.
    TransactionCoordinatorFenced,
    /// `transaction.timeout.ms` is longer than the brokers allow.
    InvalidTransactionTimeout,
    /// An open transaction will say how far the group is.
    UnstableOffsetCommit,
    /// Nobody has used that transactional id.
    TransactionalIdNotFound,
}

impl ErrorCode {
    /// What a client makes of a request whose connection broke, or that it closed because no answer came
    /// (`NetworkClient.cancelInFlightRequests`).
    #[must_use]
    pub fn of_lost_connection(timed_out: bool) -> Self {
        if timed_out {
            Self::RequestTimedOut
        } else {
            Self::NetworkException
        }
    }

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
                | Self::CoordinatorNotAvailable
                | Self::NotCoordinator
                | Self::ConcurrentTransactions
                | Self::UnstableOffsetCommit
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

    /// True where neither this attempt nor an earlier one of the same batch can have been written.
    fn never_wrote(self) -> bool {
        matches!(
            self,
            Self::MessageTooLarge
                | Self::InvalidTimestamp
                | Self::InvalidRequiredAcks
                | Self::OutOfOrderSequenceNumber
                | Self::InvalidProducerEpoch
                | Self::ProducerFenced
                | Self::InvalidTxnState
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
            Self::MessageTooLarge => "MESSAGE_TOO_LARGE",
            Self::InvalidTimestamp => "INVALID_TIMESTAMP",
            Self::InvalidRequiredAcks => "INVALID_REQUIRED_ACKS",
            Self::OutOfOrderSequenceNumber => "OUT_OF_ORDER_SEQUENCE_NUMBER",
            Self::InvalidProducerEpoch => "INVALID_PRODUCER_EPOCH",
            Self::FencedLeaderEpoch => "FENCED_LEADER_EPOCH",
            Self::UnknownLeaderEpoch => "UNKNOWN_LEADER_EPOCH",
            Self::DuplicateBrokerRegistration => "DUPLICATE_BROKER_REGISTRATION",
            Self::StaleBrokerEpoch => "STALE_BROKER_EPOCH",
            Self::InvalidUpdateVersion => "INVALID_UPDATE_VERSION",
            Self::IneligibleReplica => "INELIGIBLE_REPLICA",
            Self::OffsetNotAvailable => "OFFSET_NOT_AVAILABLE",
            Self::UnknownServerError => "UNKNOWN_SERVER_ERROR",
            Self::InvalidRecordState => "INVALID_RECORD_STATE",
            Self::InvalidRequest => "INVALID_REQUEST",
            Self::ShareSessionNotFound => "SHARE_SESSION_NOT_FOUND",
            Self::InvalidShareSessionEpoch => "INVALID_SHARE_SESSION_EPOCH",
            Self::CoordinatorNotAvailable => "COORDINATOR_NOT_AVAILABLE",
            Self::NotCoordinator => "NOT_COORDINATOR",
            Self::UnknownMemberId => "UNKNOWN_MEMBER_ID",
            Self::IllegalGeneration => "ILLEGAL_GENERATION",
            Self::RebalanceInProgress => "REBALANCE_IN_PROGRESS",
            Self::FencedInstanceId => "FENCED_INSTANCE_ID",
            Self::MemberIdRequired => "MEMBER_ID_REQUIRED",
            Self::InconsistentGroupProtocol => "INCONSISTENT_GROUP_PROTOCOL",
            Self::InvalidSessionTimeout => "INVALID_SESSION_TIMEOUT",
            Self::GroupIdNotFound => "GROUP_ID_NOT_FOUND",
            Self::StaleMemberEpoch => "STALE_MEMBER_EPOCH",
            Self::FencedMemberEpoch => "FENCED_MEMBER_EPOCH",
            Self::UnreleasedInstanceId => "UNRELEASED_INSTANCE_ID",
            Self::UnsupportedAssignor => "UNSUPPORTED_ASSIGNOR",
            Self::ConcurrentTransactions => "CONCURRENT_TRANSACTIONS",
            Self::ProducerFenced => "PRODUCER_FENCED",
            Self::InvalidProducerIdMapping => "INVALID_PRODUCER_ID_MAPPING",
            Self::InvalidTxnState => "INVALID_TXN_STATE",
            Self::TransactionAbortable => "TRANSACTION_ABORTABLE",
            Self::TransactionCoordinatorFenced => "TRANSACTION_COORDINATOR_FENCED",
            Self::InvalidTransactionTimeout => "INVALID_TRANSACTION_TIMEOUT",
            Self::UnstableOffsetCommit => "UNSTABLE_OFFSET_COMMIT",
            Self::TransactionalIdNotFound => "TRANSACTIONAL_ID_NOT_FOUND",
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
    /// The client itself refuses a record that is larger than `max.request.size` or `buffer.memory`.
    RecordTooLarge,
    /// No memory for the record within `max.block.ms`.
    BufferExhausted,
    /// The broker refused another record of the same batch, and with it the batch.
    BatchRefused,
    /// The broker refused this record and others of the same batch.
    InvalidRecord,
    /// A batch could never fit into `buffer.memory`.
    IllegalArgument,
    /// The producer was closed before `send()` was called.
    Closed,
    /// The producer was closed by force, with the record not yet done.
    ClosedForcefully,
    /// The producer's transaction is not in a state for that call.
    IllegalState,
    /// The producer is in an error state, which the cause tells.
    InErrorState,
    /// Sequences of batches that had been sent are lost.
    SequencesLost,
    /// An answer that the client does not know how to go on from.
    UnexpectedAnswer,
    /// The transaction was aborted before the record was sent.
    TransactionAborted,
    /// The group does not take offsets from this member.
    CommitFailed,
    /// What librdkafka reports.
    Librdkafka(RdError),
}

/// What librdkafka's delivery report can say (`rd_kafka_resp_err_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RdError {
    /// `message.timeout.ms` passed. It does *not* mean that the record was not written.
    MsgTimedOut,
    /// There is no such topic, for longer than `topic.metadata.propagation.max.ms`.
    UnknownTopic,
    /// There is no such partition.
    UnknownPartition,
    /// The same, known when `produce()` is called, which fails itself.
    NoPartition,
    /// `queue.buffering.max.messages` or `.kbytes` is reached: `produce()` itself fails.
    QueueFull,
    /// The message is larger than `message.max.bytes`: `produce()` itself fails.
    TooLarge,
    /// Another producer with the same transactional id has begun: nothing can be done with this one.
    Fenced,
    /// A call that the state of the transaction does not allow.
    State,
    /// The same, where `produce()` itself fails.
    NoTransaction,
    /// A transactional call was not done in time, and may be made again.
    TimedOut,
    /// The transaction was aborted before the message was sent.
    PurgedQueue,
    /// The answer of a broker that was not, or no longer, retried.
    Broker(ErrorCode),
}

impl RdError {
    /// The error's name, or the Python class where `produce()` itself fails.
    fn name(self) -> &'static str {
        match self {
            Self::MsgTimedOut => "_MSG_TIMED_OUT",
            Self::UnknownTopic => "UNKNOWN_TOPIC_OR_PART",
            Self::UnknownPartition => "_UNKNOWN_PARTITION",
            Self::QueueFull => "BufferError",
            Self::TooLarge | Self::NoPartition | Self::NoTransaction => "KafkaException",
            Self::Fenced => "_FENCED",
            Self::State => "_STATE",
            Self::TimedOut => "_TIMED_OUT",
            Self::PurgedQueue => "_PURGE_QUEUE",
            Self::Broker(ErrorCode::NetworkException) => "_TRANSPORT",
            Self::Broker(ErrorCode::NotLeaderOrFollower) => "NOT_LEADER_FOR_PARTITION",
            Self::Broker(ErrorCode::UnknownTopicOrPartition) => "UNKNOWN_TOPIC_OR_PART",
            Self::Broker(ErrorCode::MessageTooLarge) => "MSG_SIZE_TOO_LARGE",
            Self::Broker(error) => error.constant(),
        }
    }
}

/// What a call threw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thrown {
    /// The exception.
    pub error: ClientError,
    /// Its cause, if it has one.
    pub cause: Option<ClientError>,
}

impl From<ClientError> for Thrown {
    fn from(error: ClientError) -> Self {
        Self { error, cause: None }
    }
}

impl ClientError {
    /// The Java exception's simple name.
    #[must_use]
    pub fn exception(self) -> &'static str {
        match self {
            Self::Timeout | Self::Broker(ErrorCode::RequestTimedOut) => "TimeoutException",
            Self::Config => "ConfigException",
            Self::RecordTooLarge => "RecordTooLargeException",
            Self::BufferExhausted => "BufferExhaustedException",
            Self::BatchRefused => "KafkaException",
            Self::InvalidRecord => "InvalidRecordException",
            Self::IllegalArgument => "IllegalArgumentException",
            Self::Closed | Self::IllegalState => "IllegalStateException",
            Self::ClosedForcefully
            | Self::InErrorState
            | Self::SequencesLost
            | Self::UnexpectedAnswer => "KafkaException",
            Self::TransactionAborted => "TransactionAbortedException",
            Self::CommitFailed => "CommitFailedException",
            Self::Librdkafka(error) => error.name(),
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
                ErrorCode::MessageTooLarge => "RecordTooLargeException",
                ErrorCode::InvalidTimestamp => "InvalidTimestampException",
                ErrorCode::InvalidRequiredAcks => "InvalidRequiredAcksException",
                ErrorCode::OutOfOrderSequenceNumber => "OutOfOrderSequenceException",
                ErrorCode::InvalidProducerEpoch => "InvalidProducerEpochException",
                ErrorCode::InvalidRecordState => "InvalidRecordStateException",
                ErrorCode::InvalidRequest => "InvalidRequestException",
                ErrorCode::ShareSessionNotFound => "ShareSessionNotFoundException",
                ErrorCode::InvalidShareSessionEpoch => "InvalidShareSessionEpochException",
                ErrorCode::FencedInstanceId => "FencedInstanceIdException",
                ErrorCode::InconsistentGroupProtocol => "InconsistentGroupProtocolException",
                ErrorCode::InvalidSessionTimeout => "InvalidSessionTimeoutException",
                ErrorCode::UnreleasedInstanceId => "UnreleasedInstanceIdException",
                ErrorCode::UnsupportedAssignor => "UnsupportedAssignorException",
                ErrorCode::GroupIdNotFound => "GroupIdNotFoundException",
                ErrorCode::UnknownMemberId => "UnknownMemberIdException",
                ErrorCode::StaleMemberEpoch => "StaleMemberEpochException",
                ErrorCode::CoordinatorNotAvailable => "CoordinatorNotAvailableException",
                ErrorCode::NotCoordinator => "NotCoordinatorException",
                ErrorCode::ConcurrentTransactions => "ConcurrentTransactionsException",
                ErrorCode::ProducerFenced => "ProducerFencedException",
                ErrorCode::InvalidProducerIdMapping => "InvalidPidMappingException",
                ErrorCode::InvalidTxnState => "InvalidTxnStateException",
                ErrorCode::TransactionAbortable => "TransactionAbortableException",
                ErrorCode::TransactionalIdNotFound => "TransactionalIdNotFoundException",
                _ => "UnknownServerException",
            },
        }
    }

    /// True if the call itself throws it; else it comes later, as the outcome.
    #[must_use]
    pub fn is_thrown(self) -> bool {
        matches!(
            self,
            Self::Closed
                | Self::IllegalState
                | Self::InErrorState
                | Self::IllegalArgument
                | Self::Librdkafka(
                    RdError::NoPartition
                        | RdError::NoTransaction
                        | RdError::QueueFull
                        | RdError::TooLarge
                )
        )
    }

    /// True if the exception says for sure that this `send()` wrote nothing: the broker refused before appending, and no
    /// earlier attempt can have been written (`semantics.md` 1.1).
    #[must_use]
    pub fn is_definite(self) -> bool {
        match self {
            Self::Config
            | Self::RecordTooLarge
            | Self::BufferExhausted
            | Self::BatchRefused
            | Self::InvalidRecord
            | Self::IllegalArgument
            | Self::TransactionAborted
            | Self::Closed => true,
            // What `send()` itself refuses in the wrong state may still go with the next transaction.
            Self::Timeout
            | Self::ClosedForcefully
            | Self::IllegalState
            | Self::InErrorState
            | Self::SequencesLost
            | Self::CommitFailed
            | Self::UnexpectedAnswer => false,
            Self::Broker(error) => error.never_wrote(),
            Self::Librdkafka(error) => match error {
                RdError::MsgTimedOut | RdError::TimedOut => false,
                RdError::UnknownTopic
                | RdError::UnknownPartition
                | RdError::NoPartition
                | RdError::NoTransaction
                | RdError::Fenced
                | RdError::State
                | RdError::PurgedQueue
                | RdError::QueueFull
                | RdError::TooLarge => true,
                RdError::Broker(error) => error.never_wrote(),
            },
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.exception())
    }
}
