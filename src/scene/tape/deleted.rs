//! What was in a log and was deleted: by a request, or because it had become too old.

use crate::model::history::Steps;
use crate::model::ids::{BrokerId, Offset, RecordId, TopicPartition};
use crate::model::observation::Observation;
use crate::model::time::SimTime;
use std::collections::BTreeMap;

/// A record that is in a log no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Since when.
    pub at: SimTime,
    /// In whose log.
    pub broker: BrokerId,
    /// Of which partition.
    pub partition: TopicPartition,
    /// Where it was.
    pub offset: Offset,
    /// Which.
    pub record: RecordId,
}

/// All of a run, in the order of time, those of one instant by offset.
pub fn deletions(steps: Steps<'_>) -> Vec<Deletion> {
    let mut logs: BTreeMap<(BrokerId, TopicPartition), BTreeMap<Offset, RecordId>> =
        BTreeMap::new();
    let mut all = Vec::new();
    for step in steps {
        for fact in step.observations {
            match fact {
                Observation::BatchAppended {
                    broker,
                    partition,
                    base_offset,
                    records,
                    ..
                }
                | Observation::RecordsReplicated {
                    broker,
                    partition,
                    base_offset,
                    records,
                } => {
                    let placed = (base_offset.0..).map(Offset).zip(records.iter().copied());
                    logs.entry((*broker, *partition))
                        .or_default()
                        .extend(placed);
                }
                Observation::LogTruncated {
                    broker,
                    partition,
                    to,
                    ..
                }
                | Observation::UnflushedLost {
                    broker,
                    partition,
                    to,
                    ..
                } => {
                    let log = logs.entry((*broker, *partition)).or_default();
                    log.split_off(to);
                }
                Observation::LogStartMoved {
                    broker,
                    partition,
                    to,
                } => {
                    let log = logs.entry((*broker, *partition)).or_default();
                    let kept = log.split_off(to);
                    let gone = std::mem::replace(log, kept);
                    all.extend(gone.into_iter().map(|(offset, record)| Deletion {
                        at: step.at,
                        broker: *broker,
                        partition: *partition,
                        offset,
                        record,
                    }));
                }
                _ => {}
            }
        }
    }
    all
}
