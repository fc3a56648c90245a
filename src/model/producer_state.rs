//! What a replica knows of each idempotent producer: epoch and the last five batches (`ProducerStateManager`). Rebuilt from
//! the log, so it is the same on every replica that has the same records.

use super::ids::{Offset, ProducerEpoch, ProducerId, Sequence};
use super::record::{Entry, RecordBatch};
use super::wire::ErrorCode;
use std::collections::{BTreeMap, VecDeque};

/// Batches that are kept of one producer (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
const BATCHES_KEPT: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct KnownBatch {
    first: Sequence,
    last: Sequence,
    base_offset: Offset,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct KnownProducer {
    epoch: ProducerEpoch,
    batches: VecDeque<KnownBatch>,
}

/// Of all producers that have records in one log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProducerState(BTreeMap<ProducerId, KnownProducer>);

/// What a leader makes of a batch before it appends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is new.
    Append,
    /// It is in the log already, at this base offset.
    Duplicate(Offset),
    /// It must not be appended.
    Refuse(ErrorCode),
}

impl ProducerState {
    /// Rebuilds the state from a log.
    pub(in crate::model) fn of(start: Offset, entries: &[Entry]) -> Self {
        let mut state = Self::default();
        state.learn(start, entries);
        state
    }

    /// Takes in records that were appended, the first of them at an offset.
    pub(in crate::model) fn learn(&mut self, from: Offset, entries: &[Entry]) {
        for (index, entry) in (0..).zip(entries) {
            let Some((id, epoch, sequence)) = entry.producer else {
                continue;
            };
            let known = self.0.entry(id).or_default();
            if known.epoch != epoch {
                *known = KnownProducer {
                    epoch,
                    batches: VecDeque::new(),
                };
            }
            match known.batches.back_mut() {
                Some(batch) if !entry.begins_batch => batch.last = sequence,
                _ => {
                    known.batches.push_back(KnownBatch {
                        first: sequence,
                        last: sequence,
                        base_offset: Offset(from.0 + index),
                    });
                }
            }
            while known.batches.len() > BATCHES_KEPT {
                known.batches.pop_front();
            }
        }
    }

    /// The checks of `UnifiedLog.analyzeAndValidateProducerState`, in Kafka's order: duplicate, epoch, sequence.
    pub(in crate::model) fn admit(&self, batch: &RecordBatch) -> Admission {
        let (Some(producer), Some(last)) = (batch.producer, batch.last_sequence()) else {
            return Admission::Append;
        };
        let Some(known) = self.0.get(&producer.id) else {
            return Admission::Append;
        };
        if known.epoch == producer.epoch {
            let same = |b: &&KnownBatch| b.first == producer.base_sequence && b.last == last;
            if let Some(duplicate) = known.batches.iter().find(same) {
                return Admission::Duplicate(duplicate.base_offset);
            }
        }
        if producer.epoch < known.epoch {
            return Admission::Refuse(ErrorCode::InvalidProducerEpoch);
        }
        let expected = match known.batches.back() {
            Some(batch) if producer.epoch == known.epoch => batch.last.next(),
            _ => Sequence(0),
        };
        if producer.base_sequence == expected {
            Admission::Append
        } else {
            Admission::Refuse(ErrorCode::OutOfOrderSequenceNumber)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::{LeaderEpoch, RecordId};
    use super::super::partition_log::PartitionLog;
    use super::super::record::ProducerIdentity;
    use super::*;

    fn batch(epoch: u16, base: u32, count: u32) -> RecordBatch {
        RecordBatch {
            records: (0..count).map(RecordId).collect(),
            producer: Some(ProducerIdentity {
                id: ProducerId(7),
                epoch: ProducerEpoch(epoch),
                base_sequence: Sequence(base),
            }),
            bytes: 0,
            latest: None,
        }
    }

    #[test]
    fn duplicates_epochs_and_gaps() {
        let mut log = PartitionLog::default();
        for base in 0..7 {
            log.append(&batch(1, base * 2, 2), LeaderEpoch(0));
        }
        let state = ProducerState::of(Offset(0), log.entries());
        let refuse = Admission::Refuse;
        for (what, batch, admission) in [
            ("the next one", batch(1, 14, 1), Admission::Append),
            (
                "the last one again",
                batch(1, 12, 2),
                Admission::Duplicate(Offset(12)),
            ),
            (
                "the fifth from the end again",
                batch(1, 4, 2),
                Admission::Duplicate(Offset(4)),
            ),
            (
                "the sixth from the end again",
                batch(1, 2, 2),
                refuse(ErrorCode::OutOfOrderSequenceNumber),
            ),
            (
                "a batch that overlaps",
                batch(1, 12, 3),
                refuse(ErrorCode::OutOfOrderSequenceNumber),
            ),
            (
                "a gap",
                batch(1, 15, 1),
                refuse(ErrorCode::OutOfOrderSequenceNumber),
            ),
            (
                "an old epoch",
                batch(0, 14, 1),
                refuse(ErrorCode::InvalidProducerEpoch),
            ),
            ("a new epoch from 0", batch(2, 0, 1), Admission::Append),
            (
                "a new epoch not from 0",
                batch(2, 14, 1),
                refuse(ErrorCode::OutOfOrderSequenceNumber),
            ),
        ] {
            assert_eq!(state.admit(&batch), admission, "{what}");
        }
        assert_eq!(
            ProducerState::default().admit(&batch(3, 9, 1)),
            Admission::Append,
            "an unknown producer"
        );
    }
}
