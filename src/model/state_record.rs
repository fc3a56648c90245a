//! What coordinators write into their logs: the state of groups and of transactions, a record for each change. The last one of a
//! key counts; where it has no value, the key is gone.

mod groups;

pub use groups::{
    ByClassic, ClassicMember, ClassicValue, GroupValue, ModernGroup, ModernMember, Reconciling,
};

use super::ids::{
    GroupId, LeaderEpoch, Offset, ProducerEpoch, ProducerId, TopicPartition, TransactionalId,
};
use super::time::SimTime;
use super::transaction::Transaction;

/// One record of an internal topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StateRecord {
    /// How far a group is in a partition (`OffsetCommitKey`, `OffsetCommitValue`).
    OffsetCommit {
        /// The group.
        group: GroupId,
        /// Of what.
        partition: TopicPartition,
        /// How far; none where it was forgotten.
        value: Option<CommittedOffset>,
    },
    /// A group and who is in it.
    Group {
        /// Which.
        group: GroupId,
        /// What it is like; none where it was forgotten.
        value: Option<Box<GroupValue>>,
    },
    /// Offsets that a transaction brings: they count when it commits.
    PendingOffsets {
        /// Whose transaction.
        producer: ProducerId,
        /// In which epoch.
        epoch: ProducerEpoch,
        /// Of which group.
        group: GroupId,
        /// How far it is then.
        offsets: Vec<(TopicPartition, CommittedOffset)>,
    },
    /// A transaction of that producer ended here.
    OffsetsDecided {
        /// Whose.
        producer: ProducerId,
        /// The epoch of its marker.
        epoch: ProducerEpoch,
    },
    /// Where a transactional id is (`TransactionLogKey`, `TransactionLogValue`).
    Transaction {
        /// The transactional id.
        id: TransactionalId,
        /// Its state; none once it is forgotten.
        value: Option<Box<Transaction>>,
    },
}

/// How far a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CommittedOffset {
    /// The next offset to be read.
    pub offset: Offset,
    /// Leader epoch of the last record that was read, where the consumer knew it.
    pub leader_epoch: Option<LeaderEpoch>,
    /// When it was committed.
    pub at: SimTime,
}

/// Some of them, each with its offset, on the way to a follower.
pub type States = Box<[(Offset, StateRecord)]>;
