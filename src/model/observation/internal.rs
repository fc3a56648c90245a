//! Facts about the brokers' own topics: the picture leaves them out.

use super::super::ids::TopicPartition;
use super::{Observation, TransactionFact};

impl Observation {
    /// True if it tells of an internal topic's log.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.of_log()
            .is_some_and(|partition| partition.topic.is_internal())
    }

    /// The partition of whose log it tells.
    fn of_log(&self) -> Option<&TopicPartition> {
        match self {
            Self::BatchAppended { partition, .. }
            | Self::Transaction(TransactionFact::MarkerWritten { partition, .. })
            | Self::RecordsReplicated { partition, .. }
            | Self::HighWatermarkAdvanced { partition, .. }
            | Self::LogTruncated { partition, .. }
            | Self::LogStartMoved { partition, .. }
            | Self::UnflushedLost { partition, .. }
            | Self::LeaderElected { partition, .. }
            | Self::BecameLeader { partition, .. }
            | Self::StoppedLeading { partition, .. }
            | Self::InSyncReplicasChanged { partition, .. } => Some(partition),
            _ => None,
        }
    }
}
