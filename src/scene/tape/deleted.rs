//! What was in a log and was deleted: by a request, or because it had become too old.

use crate::model::history::Steps;
use crate::model::ids::{BrokerId, Offset, RecordId, TopicPartition};
use crate::model::observation::Observation;
use crate::model::small::Map;
use crate::model::time::SimTime;

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
    let mut logs: Map<(BrokerId, TopicPartition), Map<Offset, RecordId>> = Map::new();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::History;
    use crate::model::ids::{LeaderEpoch, TopicId};
    use crate::model::record::Records;

    #[test]
    fn what_is_deleted_was_there_and_was_not_cut_off() {
        let (broker, partition) = (
            BrokerId(1),
            TopicPartition {
                topic: TopicId(0),
                partition: 0,
            },
        );
        let moved = |to| Observation::LogStartMoved {
            broker,
            partition,
            to: Offset(to),
        };
        let all = [0, 1, 2, 3].map(RecordId);
        let facts = [
            Observation::BatchAppended {
                broker,
                partition,
                base_offset: Offset(0),
                leader_epoch: LeaderEpoch(0),
                records: Records::from_slice(&all),
            },
            moved(2),
            Observation::LogTruncated {
                broker,
                partition,
                to: Offset(3),
                records: Records::from_slice(&all[3..]),
            },
            moved(4),
        ];
        let steps = (1..).map(SimTime).zip(facts.map(|fact| vec![fact]));
        let history = History::of(steps.collect());
        let gone: Vec<_> = deletions(history.steps())
            .iter()
            .map(|one| (one.at.0, one.offset.0, one.record.0))
            .collect();
        assert_eq!(gone, [(2, 0, 0), (2, 1, 1), (4, 2, 2)]);
    }
}
