//! What a replica knows of each idempotent producer: epoch and the last five batches (`ProducerStateManager`). Rebuilt from
//! the log, so it is the same on every replica that has the same records.

use super::ids::{Offset, ProducerEpoch, ProducerId, Sequence};
use super::partition_log::PartitionLog;
use super::record::{Entry, RecordBatch};
use super::small::Map;
use super::time::{SimDuration, SimTime};
use super::wire::ErrorCode;
use std::collections::VecDeque;

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
    /// When its last record was written.
    last_at: SimTime,
}

/// Of all producers that have records in one log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProducerState(Map<ProducerId, KnownProducer>);

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

/// How a leader remembers producers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// `producer.id.expiration.ms`.
    pub expiration: SimDuration,
    /// When the broker last looked for producers that have been silent for so long.
    pub looked_at: SimTime,
    /// No duplicate is recognised (before KIP-98).
    pub none: bool,
    /// Of each producer only the last batch (before KAFKA-5494).
    pub one_batch: bool,
}

impl ProducerState {
    /// Rebuilds the state from a log. A snapshot, taken when a file was begun or the broker shut down in good order, stands for
    /// all records before it, and holds only each producer's last batch (`ProducerStateManager.writeSnapshot`).
    pub(in crate::model) fn of(log: &PartitionLog, snapshot: Offset) -> Self {
        let (from, entries) = (log.first_on_disk(), log.entries());
        let before = usize::try_from(snapshot.0.saturating_sub(from.0)).unwrap_or(usize::MAX);
        let (before, after) = entries.split_at(before.min(entries.len()));
        let mut state = Self::default();
        state.learn(from, before);
        for (_, known) in state.0.iter_mut() {
            let keep = known.batches.len().saturating_sub(1);
            known.batches.drain(..keep);
        }
        state.learn(Offset(from.0 + before.len() as u64), after);
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
                known.epoch = epoch;
                known.batches.clear();
            }
            known.last_at = entry.at;
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
    pub(in crate::model) fn admit(&mut self, batch: &RecordBatch, memory: Memory) -> Admission {
        let (Some(producer), Some(last)) = (batch.producer, batch.last_sequence()) else {
            return Admission::Append;
        };
        let Some(known) = self.0.get_mut(&producer.id).filter(|_| !memory.none) else {
            return Admission::Append;
        };
        if memory.looked_at >= known.last_at + memory.expiration {
            self.0.remove(&producer.id);
            return Admission::Append;
        }
        if memory.one_batch {
            let keep = known.batches.len().saturating_sub(1);
            known.batches.drain(..keep);
        }
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
    use super::super::record::ProducerIdentity;
    use super::*;

    const MEMORY: Memory = Memory {
        expiration: SimDuration::from_ms(86_400_000),
        looked_at: SimTime::ZERO,
        none: false,
        one_batch: false,
    };

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
            transactional: false,
        }
    }

    #[test]
    fn duplicates_epochs_and_gaps() {
        let mut log = PartitionLog::default();
        for base in 0..7 {
            log.append(SimTime::ZERO, &batch(1, base * 2, 2), LeaderEpoch(0));
        }
        let mut state = ProducerState::of(&log, Offset(0));
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
            assert_eq!(state.admit(&batch, MEMORY), admission, "{what}");
        }
        assert_eq!(
            ProducerState::default().admit(&batch(3, 9, 1), MEMORY),
            Admission::Append,
            "an unknown producer"
        );
    }

    #[test]
    fn a_snapshot_keeps_the_last_batch_only() {
        let mut log = PartitionLog::default();
        for base in 0..4 {
            log.append(SimTime::ZERO, &batch(1, base, 1), LeaderEpoch(0));
        }
        let refuse = Admission::Refuse(ErrorCode::OutOfOrderSequenceNumber);
        for (snapshot, sequence, admission) in [
            (0, 2, Admission::Duplicate(Offset(2))),
            (4, 3, Admission::Duplicate(Offset(3))),
            (4, 2, refuse),
            (3, 2, Admission::Duplicate(Offset(2))),
            (3, 1, refuse),
        ] {
            let mut state = ProducerState::of(&log, Offset(snapshot));
            let admitted = state.admit(&batch(1, sequence, 1), MEMORY);
            assert_eq!(
                admitted, admission,
                "snapshot {snapshot}, sequence {sequence}"
            );
        }
    }

    #[test]
    fn older_memories_and_silent_producers() {
        let mut log = PartitionLog::default();
        for base in 0..3 {
            log.append(SimTime::ZERO, &batch(1, base, 1), LeaderEpoch(0));
        }
        let later = Memory {
            looked_at: SimTime(86_400_000_000),
            ..MEMORY
        };
        let refuse = Admission::Refuse(ErrorCode::OutOfOrderSequenceNumber);
        let none = Memory {
            none: true,
            ..MEMORY
        };
        let one_batch = Memory {
            one_batch: true,
            ..MEMORY
        };
        for (what, memory, sequence, admission) in [
            ("none", none, 1, Admission::Append),
            ("the last", one_batch, 2, Admission::Duplicate(Offset(2))),
            ("one before", one_batch, 1, refuse),
            ("a day later", later, 1, Admission::Append),
        ] {
            let mut state = ProducerState::of(&log, Offset(0));
            assert_eq!(
                state.admit(&batch(1, sequence, 1), memory),
                admission,
                "{what}"
            );
        }
    }
}
