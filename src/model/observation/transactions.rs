//! What can be told of transactions: calls of their producers, markers, what an administrator is told.

use super::super::ids::{BrokerId, ClientId, Offset, ProducerEpoch, ProducerId, TopicPartition};
use super::super::record::Outcome;
use super::super::transaction::{TransactionCall, TransactionState};
use super::super::wire::{ErrorCode, Thrown};

/// Something of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TransactionFact {
    /// The leader appended a control record: a transaction ended here.
    MarkerWritten {
        /// The leader.
        broker: BrokerId,
        /// Where.
        partition: TopicPartition,
        /// At which offset.
        offset: Offset,
        /// How.
        outcome: Outcome,
        /// Whose transaction.
        writer: ProducerId,
        /// The epoch that it carries.
        epoch: ProducerEpoch,
    },
    /// A transactional call of the application returned.
    TransactionCallReturned {
        /// Whose.
        producer: ClientId,
        /// Which.
        call: TransactionCall,
        /// What it threw, if it did.
        thrown: Option<Thrown>,
    },
    /// An administrator asked for the state of a transactional id.
    TransactionDescribed {
        /// The act that asked.
        act: u32,
        /// State and epoch, or why not.
        told: Result<(TransactionState, ProducerEpoch), ErrorCode>,
    },
}
