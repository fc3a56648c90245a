//! Coordinators: the leader of an internal partition keeps the state that its log holds. What a coordinator changes it appends
//! first (`CoordinatorRuntime`); whoever asked hears of it when the high watermark has passed.

mod groups;
mod internal;
mod transactions;
mod waiting;

use super::super::ids::{GroupId, TopicPartition};
use super::super::small::Map;
use super::super::state_record::{CommittedOffset, StateRecord};
use groups::Groups;
pub(super) use transactions::{Held, Verified};
use transactions::{PendingOffsets, Transactions};
use waiting::Then;
use waiting::WaitingState;

/// What a broker coordinates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Coordinators {
    /// How far groups are, where this broker leads `__consumer_offsets`.
    pub(super) offsets: Map<(GroupId, TopicPartition), CommittedOffset>,
    /// What open transactions will bring.
    pending_offsets: PendingOffsets,
    /// The groups themselves.
    pub(super) groups: Groups,
    /// What it knows of transactions, as coordinator and as leader.
    pub(super) transactions: Transactions,
    /// What was appended and is not committed yet, in the order of the log.
    waiting: Vec<WaitingState>,
}

impl Coordinators {
    /// True if nothing waits until it is committed.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes in one record: a change that this coordinator wrote, or one that a former coordinator left in the log.
    fn learn(&mut self, record: &StateRecord) {
        match record {
            StateRecord::OffsetCommit {
                group,
                partition,
                value: Some(value),
            } => {
                self.offsets.insert((*group, *partition), *value);
                self.pending_offsets.learn(record);
            }
            StateRecord::OffsetCommit {
                group, partition, ..
            } => {
                self.offsets.remove(&(*group, *partition));
            }
            // A group is loaded as a whole.
            StateRecord::Group { .. } => {}
            StateRecord::PendingOffsets { .. } | StateRecord::OffsetsDecided { .. } => {
                self.pending_offsets.learn(record);
            }
            StateRecord::Transaction { id, value } => {
                self.transactions.learn(*id, value.as_deref());
            }
        }
    }

    /// Forgets what the log of an internal partition brought.
    fn forget(&mut self, partition: TopicPartition) {
        if partition == super::super::ids::TopicId::CONSUMER_OFFSETS.first_partition() {
            self.offsets = Map::new();
            self.pending_offsets = PendingOffsets::default();
        } else {
            self.transactions.forget();
        }
    }
}
