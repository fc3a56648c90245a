//! What a replica knows of each idempotent producer: epoch and the last five batches (`ProducerStateManager`). Rebuilt from
//! the log, so it is the same on every replica that has the same records.

use super::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Sequence};
use super::open_transactions::OpenTransactions;
use super::partition_log::PartitionLog;
use super::record::{Content, Entry, RecordBatch};
use super::small::Map;
use super::time::{SimDuration, SimTime};
use super::transaction::{Marker, Protocol};
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
    /// Leader epoch of the coordinator that wrote its last marker.
    coordinator: LeaderEpoch,
}

/// Of all producers that have records in one log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ProducerState {
    known: Map<ProducerId, KnownProducer>,
    /// None while nobody has written in a transaction.
    transactions: Option<Box<OpenTransactions>>,
}

/// Proof that a coordinator was asked whether a producer may write to a partition (`VerificationStateEntry`). It is good for
/// one append: what comes between takes it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guard {
    /// Tells it from others.
    pub number: u32,
    /// The lowest sequence that asked for it.
    pub lowest: Sequence,
    /// The epoch of those that asked.
    pub epoch: ProducerEpoch,
    /// Whether epochs are raised.
    pub protocol: Protocol,
}

/// What a leader knows of a transactional batch when it appends it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Proof {
    /// One is wanted (`transaction.partition.verification.enable`).
    pub wanted: bool,
    /// The guard under which the coordinator was asked.
    pub own: Option<u32>,
    /// The partition's present guard for that producer.
    pub guard: Option<Guard>,
}

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
    pub(crate) fn of(log: &PartitionLog, snapshot: Offset) -> Self {
        let (from, entries) = (log.first_on_disk(), log.entries());
        let before = usize::try_from(snapshot.0.saturating_sub(from.0)).unwrap_or(usize::MAX);
        let (before, after) = entries.split_at(before.min(entries.len()));
        let mut state = Self::default();
        state.learn(from, before);
        for (_, known) in state.known.iter_mut() {
            let keep = known.batches.len().saturating_sub(1);
            known.batches.drain(..keep);
        }
        state.learn(Offset(from.0 + before.len() as u64), after);
        state
    }

    /// Takes in records that were appended, the first of them at an offset.
    pub(crate) fn learn(&mut self, from: Offset, entries: &[Entry]) {
        for (index, entry) in (0..).zip(entries) {
            let Some((id, epoch, sequence)) = entry.producer else {
                continue;
            };
            let at = Offset(from.0 + index);
            let known = self.known.entry(id).or_default();
            if known.epoch != epoch {
                known.epoch = epoch;
                known.batches.clear();
            }
            known.last_at = entry.at;
            if let Content::Marker(outcome) = entry.content {
                // Of a marker the number is its coordinator's epoch.
                known.coordinator = LeaderEpoch(sequence.0);
                let transactions = self.transactions.get_or_insert_default();
                transactions.marker(id, at, outcome);
                continue;
            }
            if entry.transactional {
                self.transactions.get_or_insert_default().record(id, at);
            }
            match known.batches.back_mut() {
                Some(batch) if !entry.begins_batch => batch.last = sequence,
                _ => {
                    known.batches.push_back(KnownBatch {
                        first: sequence,
                        last: sequence,
                        base_offset: at,
                    });
                }
            }
            while known.batches.len() > BATCHES_KEPT {
                known.batches.pop_front();
            }
        }
    }

    /// Has this producer a transaction open in this epoch (`UnifiedLog.hasOngoingTransaction`)?
    pub(crate) fn has_open(&self, id: ProducerId, epoch: ProducerEpoch) -> bool {
        let open = self
            .transactions
            .as_ref()
            .is_some_and(|all| all.is_open(id));
        open && self
            .known
            .get(&id)
            .is_some_and(|known| known.epoch == epoch)
    }

    /// Has this producer written, or ended a transaction, in a later epoch?
    pub(crate) fn has_later_epoch(&self, id: ProducerId, epoch: ProducerEpoch) -> bool {
        self.known.get(&id).is_some_and(|known| known.epoch > epoch)
    }

    /// The log's transactions, if there are any.
    pub(crate) fn transactions(&self) -> Option<&OpenTransactions> {
        self.transactions.as_deref()
    }

    /// The high watermark has moved up to there.
    pub(crate) fn stable_below(&mut self, high_watermark: Offset) {
        if let Some(transactions) = &mut self.transactions {
            transactions.stable_below(high_watermark);
        }
    }

    /// Where readers of decided records may read to.
    pub(crate) fn last_stable(&self, high_watermark: Offset) -> Offset {
        let transactions = self.transactions.as_ref();
        transactions.map_or(high_watermark, |all| all.last_stable(high_watermark))
    }

    /// May a coordinator's marker be appended (`ProducerAppendInfo.appendEndTxnMarker`)? Where epochs are raised it must have a
    /// later one than all records, or the same if nothing is open: then it is written again, as one that was written before.
    pub(crate) fn admit_marker(&self, marker: &Marker) -> Result<(), ErrorCode> {
        let Some(known) = self.known.get(&marker.producer) else {
            return Ok(());
        };
        let open = self.transactions.as_ref();
        let open = open.is_some_and(|all| all.is_open(marker.producer));
        let early = match marker.protocol {
            Protocol::V1 => marker.epoch < known.epoch,
            Protocol::V2 => marker.epoch < known.epoch || marker.epoch == known.epoch && open,
        };
        if early {
            return Err(ErrorCode::InvalidProducerEpoch);
        }
        if known.coordinator > marker.coordinator_epoch {
            return Err(ErrorCode::TransactionCoordinatorFenced);
        }
        Ok(())
    }

    /// The checks of `UnifiedLog.analyzeAndValidateProducerState`, in Kafka's order: duplicate, transaction, epoch, sequence.
    pub(crate) fn admit(&mut self, batch: &RecordBatch, proof: Proof, memory: Memory) -> Admission {
        let (Some(producer), Some(last)) = (batch.producer, batch.last_sequence()) else {
            return Admission::Append;
        };
        let guard = proof.guard;
        let unproven = batch.transactional
            && proof.wanted
            && !self.has_open(producer.id, producer.epoch)
            && guard.is_none_or(|guard| proof.own != Some(guard.number));
        let open = self.transactions.as_ref();
        let open = open.is_some_and(|all| all.is_open(producer.id));
        let gap = Admission::Refuse(ErrorCode::OutOfOrderSequenceNumber);
        let skips = guard.is_some_and(|guard| producer.base_sequence > guard.lowest);
        let Some(known) = self.known.get_mut(&producer.id).filter(|_| !memory.none) else {
            let strict = guard.is_some_and(|guard| guard.protocol == Protocol::V2);
            return match () {
                () if unproven => Admission::Refuse(ErrorCode::InvalidTxnState),
                () if skips || strict && producer.base_sequence != Sequence(0) => gap,
                () => Admission::Append,
            };
        };
        let silent = memory.looked_at >= known.last_at + memory.expiration;
        if silent && !open {
            self.known.remove(&producer.id);
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
        if unproven {
            return Admission::Refuse(ErrorCode::InvalidTxnState);
        }
        if skips {
            return gap;
        }
        let expected = match known.batches.back() {
            Some(batch) if producer.epoch == known.epoch => batch.last.next(),
            _ => Sequence(0),
        };
        if producer.base_sequence == expected {
            Admission::Append
        } else {
            gap
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

    const UNASKED: Proof = Proof {
        wanted: false,
        own: None,
        guard: None,
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
            assert_eq!(state.admit(&batch, UNASKED, MEMORY), admission, "{what}");
        }
        assert_eq!(
            ProducerState::default().admit(&batch(3, 9, 1), UNASKED, MEMORY),
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
            let admitted = state.admit(&batch(1, sequence, 1), UNASKED, MEMORY);
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
                state.admit(&batch(1, sequence, 1), UNASKED, memory),
                admission,
                "{what}"
            );
        }
    }
}
