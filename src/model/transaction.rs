//! What is said of transactions: their states at the coordinator, what its log holds of them, and what producers, leaders and
//! coordinators ask each other (KIP-98, KIP-890).

use super::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, TopicPartition, TransactionalId};
use super::record::Outcome;
use super::scenario::Api;
use super::time::{SimDuration, SimTime};
use super::wire::{ErrorCode, OffsetCommit};

/// The state of a transactional id (`TransactionState`). The last two of Kafka's, `Dead` and `PrepareEpochFence`, are never
/// written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransactionState {
    /// A producer has begun, and nothing was written since.
    #[default]
    Empty,
    /// Partitions have been added.
    Ongoing,
    /// It is decided; markers are on their way.
    Prepare(Outcome),
    /// All markers are written.
    Complete(Outcome),
}

impl TransactionState {
    /// Kafka's name (`TransactionState.stateName`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::Ongoing => "Ongoing",
            Self::Prepare(Outcome::Commit) => "PrepareCommit",
            Self::Prepare(Outcome::Abort) => "PrepareAbort",
            Self::Complete(Outcome::Commit) => "CompleteCommit",
            Self::Complete(Outcome::Abort) => "CompleteAbort",
        }
    }
}

/// Which protocol a transaction follows (`transaction.version`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// The client adds partitions; the epoch stays from one transaction to the next.
    V1,
    /// Leaders add partitions; each transaction ends with a raised epoch (KIP-890).
    #[default]
    V2,
}

/// What the coordinator's log holds of a transactional id (`TransactionLogValue`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Transaction {
    /// Its producer id.
    pub producer: ProducerId,
    /// The one before, if it was changed because epochs ran out.
    pub previous_producer: Option<ProducerId>,
    /// The one after, once the transaction is complete.
    pub next_producer: Option<ProducerId>,
    /// The epoch; none before the first producer has begun.
    pub epoch: Option<ProducerEpoch>,
    /// The epoch that its client last used, where that may ask again.
    pub last_epoch: Option<ProducerEpoch>,
    /// `transaction.timeout.ms` of its producer.
    pub timeout: SimDuration,
    /// Where it is.
    pub state: TransactionState,
    /// Partitions that it wrote to and that have no marker yet, ascending.
    pub partitions: Vec<TopicPartition>,
    /// When the first partition was added.
    pub started: Option<SimTime>,
    /// How it is ended.
    pub protocol: Protocol,
    /// When that was written down.
    pub updated: SimTime,
}

/// A transactional call of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransactionCall {
    /// `initTransactions()`.
    Init,
    /// `beginTransaction()`.
    Begin,
    /// `commitTransaction()`.
    Commit,
    /// `abortTransaction()`.
    Abort,
    /// `sendOffsetsToTransaction()`.
    SendOffsets,
}

/// Who writes in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Writer {
    /// Its transactional id.
    pub id: TransactionalId,
    /// Its producer id.
    pub producer: ProducerId,
    /// Its epoch.
    pub epoch: ProducerEpoch,
}

/// An aborted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Aborted {
    /// Whose.
    pub producer: ProducerId,
    /// Its first record.
    pub first: Offset,
    /// Its marker.
    pub last: Offset,
}

/// A control record that a coordinator wants written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marker {
    /// Whose transaction.
    pub producer: ProducerId,
    /// In which epoch.
    pub epoch: ProducerEpoch,
    /// How it ended.
    pub outcome: Outcome,
    /// How epochs are compared.
    pub protocol: Protocol,
    /// Leader epoch of the coordinator's partition: an older coordinator is fenced by it.
    pub coordinator_epoch: LeaderEpoch,
    /// Where to.
    pub partitions: Vec<TopicPartition>,
}

/// What is asked about transactions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TransactionRequest {
    /// A producer begins, or wants its epoch raised.
    InitProducerId {
        /// Its transactional id.
        id: TransactionalId,
        /// Its `transaction.timeout.ms`.
        timeout: SimDuration,
        /// What it is now, where it goes on after an error (KIP-360).
        current: Option<(ProducerId, ProducerEpoch)>,
    },
    /// These partitions belong to the transaction.
    AddPartitions {
        /// Who writes.
        writer: Writer,
        /// Which.
        partitions: Vec<TopicPartition>,
        /// Asked by a leader: the client has added them, has it not?
        verify_only: bool,
        /// How the transaction will be ended.
        protocol: Protocol,
    },
    /// A group's offsets belong to the transaction (`AddOffsetsToTxn`).
    AddOffsets(Writer),
    /// A group's offsets, to count when the transaction commits.
    TxnOffsetCommit {
        /// Who writes.
        writer: Writer,
        /// By which protocol.
        protocol: Protocol,
        /// Group, member and offsets.
        commit: Box<OffsetCommit>,
    },
    /// Commit or abort.
    EndTxn {
        /// Who writes.
        writer: Writer,
        /// Which of the two.
        outcome: Outcome,
        /// By which protocol.
        protocol: Protocol,
    },
    /// Write control records.
    WriteTxnMarkers(Vec<Marker>),
}

impl TransactionRequest {
    /// Kafka's name.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::InitProducerId { .. } => Api::InitProducerId,
            Self::AddPartitions { .. } => Api::AddPartitionsToTxn,
            Self::AddOffsets(_) => Api::AddOffsetsToTxn,
            Self::TxnOffsetCommit { .. } => Api::TxnOffsetCommit,
            Self::EndTxn { .. } => Api::EndTxn,
            Self::WriteTxnMarkers(_) => Api::WriteTxnMarkers,
        }
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TransactionResponse {
    /// To InitProducerId.
    InitProducerId(Result<(ProducerId, ProducerEpoch), ErrorCode>),
    /// To AddPartitionsToTxn: all of them share one error, but for those that only the verification tells apart.
    AddPartitions(Vec<(TopicPartition, ErrorCode)>),
    /// To AddOffsetsToTxn.
    AddOffsets(ErrorCode),
    /// To TxnOffsetCommit: all of them share one error.
    TxnOffsetCommit(ErrorCode),
    /// To EndTxn: who the producer is from now on, if that changed.
    EndTxn(Result<Option<(ProducerId, ProducerEpoch)>, ErrorCode>),
    /// To WriteTxnMarkers, for each marker and partition.
    WriteTxnMarkers(Vec<(ProducerId, TopicPartition, ErrorCode)>),
}

impl TransactionResponse {
    /// Kafka's name of the request.
    #[must_use]
    pub fn api(&self) -> Api {
        match self {
            Self::InitProducerId(_) => Api::InitProducerId,
            Self::AddPartitions(_) => Api::AddPartitionsToTxn,
            Self::AddOffsets(_) => Api::AddOffsetsToTxn,
            Self::TxnOffsetCommit(_) => Api::TxnOffsetCommit,
            Self::EndTxn(_) => Api::EndTxn,
            Self::WriteTxnMarkers(_) => Api::WriteTxnMarkers,
        }
    }

    /// The first error in it.
    #[must_use]
    pub fn error(&self) -> ErrorCode {
        let first = |mut all: &mut dyn Iterator<Item = ErrorCode>| {
            (&mut all)
                .find(|error| *error != ErrorCode::None)
                .unwrap_or_default()
        };
        match self {
            Self::InitProducerId(answer) => answer.err().unwrap_or_default(),
            Self::AddPartitions(all) => first(&mut all.iter().map(|(_, error)| *error)),
            Self::AddOffsets(error) | Self::TxnOffsetCommit(error) => *error,
            Self::EndTxn(answer) => answer.err().unwrap_or_default(),
            Self::WriteTxnMarkers(all) => first(&mut all.iter().map(|(_, _, error)| *error)),
        }
    }
}
