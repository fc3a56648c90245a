//! What librdkafka tells its application.

use super::errors::ErrorCode;

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
    pub(super) fn name(self) -> &'static str {
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
