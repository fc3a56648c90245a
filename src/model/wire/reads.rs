//! What a reader and a broker say to each other, and what a reader can fail with.

use super::super::ids::{BrokerId, LeaderEpoch, Offset, TopicPartition};
use super::super::record::Entry;
use super::super::time::SimTime;
use super::super::transaction::Aborted;
use super::{ClientError, ErrorCode};
use smallvec::SmallVec;

/// What a call of the Java consumer can throw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadError {
    /// No position, and `auto.offset.reset=none`.
    NoOffsetForPartition,
    /// The position is not in the log, and `auto.offset.reset=none`.
    OffsetOutOfRange,
    /// The log was cut below the position, and `auto.offset.reset=none` (KIP-320).
    LogTruncation,
    /// The position could not be found in time, or a commit not made.
    Timeout,
    /// The member that commits is out of its group.
    CommitFailed,
    /// The group of the member that commits is joining anew.
    RebalanceInProgress,
    /// A commit that is not tried again failed for a reason that may pass.
    RetriableCommitFailed,
    /// Kafka's own error, thrown as its exception.
    Broker(ErrorCode),
    /// librdkafka: nobody polled for `max.poll.interval.ms`.
    MaxPollExceeded,
    /// librdkafka: there is nothing to commit.
    NoOffset,
    /// An error that the client did not expect.
    Kafka,
}

impl ReadError {
    /// The Java exception's simple name.
    #[must_use]
    pub fn exception(self) -> &'static str {
        match self {
            Self::NoOffsetForPartition => "NoOffsetForPartitionException",
            Self::OffsetOutOfRange => "OffsetOutOfRangeException",
            Self::LogTruncation => "LogTruncationException",
            Self::Timeout => "TimeoutException",
            Self::CommitFailed => "CommitFailedException",
            Self::RebalanceInProgress => "RebalanceInProgressException",
            Self::RetriableCommitFailed => "RetriableCommitFailedException",
            Self::Broker(error) => ClientError::Broker(error).exception(),
            Self::MaxPollExceeded => "_MAX_POLL_EXCEEDED",
            Self::NoOffset => "_NO_OFFSET",
            Self::Kafka => "KafkaException",
        }
    }
}

/// Which offset of a partition a reader wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OffsetSpec {
    /// The first.
    Earliest,
    /// Where it may read to.
    Latest,
    /// Of the first record that is not older.
    Since(SimTime),
}

/// What a reader asks of one partition: where it is, or what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked<T> {
    /// Which.
    pub partition: TopicPartition,
    /// The leader epoch that the reader knows; none if it knows none.
    pub current_leader_epoch: Option<LeaderEpoch>,
    /// The offset to read from, the epoch whose end is wanted, or the kind of offset.
    pub what: T,
}

/// What a leader answers about one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Told<T> {
    /// Which.
    pub partition: TopicPartition,
    /// An error, or none.
    pub error: ErrorCode,
    /// The answer. Without meaning beside an error.
    pub what: T,
}

/// Records for a reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReadRecords {
    /// Where it asked from, and the records begin.
    pub offset: Offset,
    /// The records, without gaps.
    pub entries: SmallVec<[Entry; 1]>,
    /// The high watermark that bounds them.
    pub high_watermark: Offset,
    /// The aborted transactions among them, for a reader that may not see these; none where there is none.
    pub aborted: Option<Box<[Aborted]>>,
    /// The leader that the broker knows, where it does not lead itself (KIP-951).
    pub current_leader: Option<(BrokerId, LeaderEpoch)>,
}
