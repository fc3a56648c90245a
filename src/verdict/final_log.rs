//! The logs that count at the end of a run, and which of their records count.

use crate::model::board::{Board, Cell, Liveness};
use crate::model::ids::{Offset, RecordId, TopicPartition};
use crate::model::observation::Read;
use crate::model::small::Map;

/// By partition; those without a running leader have none.
pub(super) type Logs = Map<TopicPartition, FinalLog>;

/// A record in a log.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) record: RecordId,
    pub(super) offset: Offset,
    pub(super) standing: Standing,
}

/// Whether a copy counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was never in a transaction, or in one that was committed.
    Counts,
    /// Its transaction is open, or its end is not committed.
    Open,
    /// Its transaction was aborted, with the marker there.
    Aborted(Offset),
}

impl Standing {
    fn of(cell: &Cell, high_watermark: Offset) -> Self {
        match cell.ends.filter(|marker| *marker < high_watermark) {
            _ if !cell.transactional => Self::Counts,
            None => Self::Open,
            Some(marker) if cell.aborted => Self::Aborted(marker),
            Some(_) => Self::Counts,
        }
    }

    pub(super) fn is_aborted(self) -> bool {
        matches!(self, Self::Aborted(_))
    }
}

/// The log that counts at the end: of each partition whose leader runs.
pub(super) struct FinalLog {
    pub(super) records: Vec<Written>,
    pub(super) log_start: Offset,
    pub(super) high_watermark: Offset,
    pub(super) last_stable: Offset,
}

impl FinalLog {
    /// True if what was read there is there.
    pub(super) fn has(&self, read: &Read) -> bool {
        let at = self
            .records
            .partition_point(|copy| copy.offset < read.offset);
        let there = self.records.get(at);
        there.is_some_and(|copy| copy.offset == read.offset && copy.record == read.record)
    }
}

/// The logs of the leaders that run.
pub(super) fn final_logs(board: &Board) -> Logs {
    let mut logs = Logs::new();
    for (id, partition) in &board.partitions {
        let Some(broker) = partition
            .leader
            .and_then(|leader| board.brokers.get(&leader))
        else {
            continue;
        };
        let Some(replica) = broker
            .replicas
            .get(id)
            .filter(|_| broker.liveness == Liveness::Running)
        else {
            continue;
        };
        let records = replica
            .cells
            .iter()
            .filter_map(|cell| {
                Some(Written {
                    record: cell.record()?,
                    offset: cell.offset,
                    standing: Standing::of(cell, replica.high_watermark),
                })
            })
            .collect();
        logs.insert(
            *id,
            FinalLog {
                records,
                log_start: replica.log_start,
                high_watermark: replica.high_watermark,
                last_stable: replica.last_stable,
            },
        );
    }
    logs
}
