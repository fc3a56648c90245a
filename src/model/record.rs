//! What a partition's log holds.

use super::ids::{LeaderEpoch, ProducerEpoch, ProducerId, RecordId, Sequence};
use super::time::SimTime;
use smallvec::SmallVec;

/// Some records, in order. Batches of the usual size need no memory of their own.
pub type Records = SmallVec<[RecordId; 4]>;

/// The same once more. (`clone` of a `SmallVec` goes from element to element.)
#[must_use]
pub fn copied(records: &[RecordId]) -> Records {
    Records::from_slice(records)
}

/// Several rows as one.
#[must_use]
pub fn joined<'a>(rows: impl Iterator<Item = &'a Records>) -> Records {
    let mut all = Records::new();
    rows.for_each(|row| all.extend_from_slice(row));
    all
}

/// Who wrote a batch, as an idempotent producer signs it (KIP-98).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProducerIdentity {
    /// The producer id.
    pub id: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
    /// Sequence of the batch's first record.
    pub base_sequence: Sequence,
}

/// Some records of one partition that travel, are written and fail together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordBatch {
    /// The `send()` calls, in order; never empty.
    pub records: Records,
    /// The signature of an idempotent producer.
    pub producer: Option<ProducerIdentity>,
    /// Bytes on the wire (`DefaultRecordBatch.sizeInBytes`).
    pub bytes: u32,
    /// The latest time that its records carry, in ms since 1970.
    pub latest: Option<i64>,
    /// It belongs to a transaction of its producer.
    pub transactional: bool,
}

impl RecordBatch {
    /// Sequence of the last record, if the batch is signed.
    #[must_use]
    pub fn last_sequence(&self) -> Option<Sequence> {
        let last = u32::try_from(self.records.len()).unwrap_or(u32::MAX) - 1;
        self.producer
            .map(|producer| Sequence(producer.base_sequence.0 + last))
    }
}

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Its records count.
    Commit,
    /// They do not.
    Abort,
}

/// What one offset of a log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// The record of a `send()`.
    Record(RecordId),
    /// A control record: here a transaction of its producer ended.
    Marker(Outcome),
    /// A record of a coordinator; its value lies beside the log (`PartitionLog::states`).
    State,
}

impl Content {
    /// The `send()`, if it is the record of one.
    #[must_use]
    pub fn record(self) -> Option<RecordId> {
        match self {
            Self::Record(record) => Some(record),
            Self::Marker(_) | Self::State => None,
        }
    }
}

/// One record as it lies in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// What it is.
    pub content: Content,
    /// It belongs to a transaction of its producer, as data or as its end.
    pub transactional: bool,
    /// Epoch of the leader that appended it.
    pub leader_epoch: LeaderEpoch,
    /// Producer id, producer epoch and this record's own sequence, if signed.
    pub producer: Option<(ProducerId, ProducerEpoch, Sequence)>,
    /// When its leader appended it: the records are sent hardly earlier.
    pub at: SimTime,
    /// True if a batch begins here: duplicates are recognised by whole batches.
    pub begins_batch: bool,
    /// Bytes of the batch that begins here; 0 inside of one.
    pub batch_bytes: u32,
}

impl Entry {
    /// The `send()` that it came from, if it came from one.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        self.content.record()
    }
}
