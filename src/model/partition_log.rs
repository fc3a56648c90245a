//! One replica's log: records, and where each leader epoch begins (`LeaderEpochFileCache`). All of it is on disk.

use super::ids::{LeaderEpoch, Offset, Sequence};
use super::record::{Entry, RecordBatch, Records};

/// A log. Its first offset is `start`, its end is exclusive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartitionLog {
    start: Offset,
    entries: Vec<Entry>,
    epochs: Vec<(LeaderEpoch, Offset)>,
}

impl PartitionLog {
    /// First offset.
    pub(in crate::model) fn start(&self) -> Offset {
        self.start
    }

    /// The next offset to be written.
    pub(in crate::model) fn end(&self) -> Offset {
        Offset(self.start.0 + self.entries.len() as u64)
    }

    /// All records.
    pub(in crate::model) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The records from an offset on.
    pub(in crate::model) fn from(&self, offset: Offset) -> &[Entry] {
        let skip = usize::try_from(offset.0.saturating_sub(self.start.0)).unwrap_or(usize::MAX);
        self.entries.get(skip..).unwrap_or(&[])
    }

    /// Epoch of the last record, or the latest epoch that began here.
    pub(in crate::model) fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.epochs.last().map(|(epoch, _)| *epoch)
    }

    /// A leader notes where its epoch begins.
    pub(in crate::model) fn begin_epoch(&mut self, epoch: LeaderEpoch) {
        self.assign_epoch(epoch, self.end());
    }

    fn assign_epoch(&mut self, epoch: LeaderEpoch, start: Offset) {
        if self.latest_epoch().is_none_or(|latest| latest < epoch) {
            // An epoch in which nothing was written gives way to one that starts at the same offset.
            self.epochs.retain(|(_, begun)| *begun < start);
            self.epochs.push((epoch, start));
        }
    }

    /// A leader appends a batch; the answer is its base offset.
    pub(in crate::model) fn append(&mut self, batch: &RecordBatch, epoch: LeaderEpoch) -> Offset {
        let base = self.end();
        self.assign_epoch(epoch, base);
        for (index, record) in (0..).zip(&batch.records) {
            self.entries.push(Entry {
                record: *record,
                leader_epoch: epoch,
                producer: batch
                    .producer
                    .map(|p| (p.id, p.epoch, Sequence(p.base_sequence.0 + index))),
                begins_batch: index == 0,
            });
        }
        base
    }

    /// A follower appends what it fetched at its log end.
    pub(in crate::model) fn append_fetched(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.assign_epoch(entry.leader_epoch, self.end());
            self.entries.push(*entry);
        }
    }

    /// Cuts everything at and after an offset; the answer is what was cut.
    pub(in crate::model) fn truncate_to(&mut self, end: Offset) -> Records {
        let keep = usize::try_from(end.0.saturating_sub(self.start.0))
            .unwrap_or(usize::MAX)
            .min(self.entries.len());
        let cut = self
            .entries
            .drain(keep..)
            .map(|entry| entry.record)
            .collect();
        self.epochs.retain(|(_, begun)| *begun < end);
        cut
    }

    /// The largest known epoch at or below the one asked for, and where it ends (`LeaderEpochFileCache.endOffsetFor`). An
    /// epoch below all that are known ends where the first of them begins; of one above all, nothing is known.
    pub(in crate::model) fn end_offset_for(
        &self,
        asked: LeaderEpoch,
    ) -> Option<(LeaderEpoch, Offset)> {
        if self.latest_epoch() == Some(asked) {
            return Some((asked, self.end()));
        }
        let after = self.epochs.partition_point(|(epoch, _)| *epoch <= asked);
        let next = self.epochs.get(after)?;
        let floor = after.checked_sub(1).and_then(|at| self.epochs.get(at));
        Some((floor.map_or(asked, |(epoch, _)| *epoch), next.1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::RecordId;
    use super::*;

    fn batch(records: &[u32]) -> RecordBatch {
        RecordBatch {
            records: records.iter().map(|r| RecordId(*r)).collect(),
            producer: None,
        }
    }

    fn log(epochs: &[(u32, usize)]) -> PartitionLog {
        let mut log = PartitionLog::default();
        for (epoch, count) in epochs {
            log.begin_epoch(LeaderEpoch(*epoch));
            for _ in 0..*count {
                log.append(&batch(&[0]), LeaderEpoch(*epoch));
            }
        }
        log
    }

    #[test]
    fn epoch_ends_where_the_next_begins() {
        let log = log(&[(0, 3), (2, 2), (5, 1)]);
        for (asked, answer) in [
            (0, Some((0, 3))),
            (1, Some((0, 3))),
            (2, Some((2, 5))),
            (4, Some((2, 5))),
            (5, Some((5, 6))),
            (6, None),
        ] {
            let answer = answer.map(|(epoch, end)| (LeaderEpoch(epoch), Offset(end)));
            assert_eq!(
                log.end_offset_for(LeaderEpoch(asked)),
                answer,
                "epoch {asked}"
            );
        }
    }

    #[test]
    fn an_epoch_without_records_is_known_to_its_leader() {
        let log = log(&[(0, 2), (1, 0)]);
        assert_eq!(
            log.end_offset_for(LeaderEpoch(0)),
            Some((LeaderEpoch(0), Offset(2)))
        );
        assert_eq!(log.latest_epoch(), Some(LeaderEpoch(1)));
    }

    #[test]
    fn truncation_forgets_the_epochs_that_it_cuts() {
        let mut log = log(&[(0, 2), (1, 3)]);
        assert_eq!(log.truncate_to(Offset(2)).len(), 3);
        assert_eq!(log.latest_epoch(), Some(LeaderEpoch(0)));
        assert_eq!(log.end(), Offset(2));
        assert!(log.truncate_to(Offset(7)).is_empty());
    }
}
