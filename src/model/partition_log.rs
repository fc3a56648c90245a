//! One replica's log: records, and where each leader epoch begins (`LeaderEpochFileCache`). All of it is on disk.

use super::ids::{LeaderEpoch, Offset, Sequence};
use super::record::{Content, Entry, RecordBatch, Records};
use super::state_record::{StateRecord, States};
use super::time::{SimDuration, SimTime};

/// A log. Its first offset is `start`, its end is exclusive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartitionLog {
    /// The first offset that may be read. What lies below it in the oldest file is still on disk.
    start: Offset,
    entries: Vec<Entry>,
    /// The values of a coordinator's records, each with its offset, ascending.
    states: Vec<(Offset, StateRecord)>,
    epochs: Vec<(LeaderEpoch, Offset)>,
    /// The first offset of each file (segment), ascending; there is always one.
    files: Files,
    /// Bytes in the last file.
    active_bytes: u64,
}

/// Where the files of a log begin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Files(Vec<Offset>);

impl Default for Files {
    fn default() -> Self {
        Self(vec![Offset(0)])
    }
}

impl PartitionLog {
    /// First offset.
    pub(crate) fn start(&self) -> Offset {
        self.start
    }

    /// The first offset on disk.
    pub(crate) fn first_on_disk(&self) -> Offset {
        self.files.0.first().copied().unwrap_or_default()
    }

    /// The next offset to be written.
    pub(crate) fn end(&self) -> Offset {
        Offset(self.first_on_disk().0 + self.entries.len() as u64)
    }

    /// All records on disk, from `first_on_disk`.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn index(&self, offset: Offset) -> usize {
        let skip = offset.0.saturating_sub(self.first_on_disk().0);
        usize::try_from(skip).unwrap_or(usize::MAX)
    }

    /// The records from an offset on.
    pub(crate) fn from(&self, offset: Offset) -> &[Entry] {
        self.entries.get(self.index(offset)..).unwrap_or(&[])
    }

    /// Epoch of the last record, or the latest epoch that began here.
    pub(crate) fn latest_epoch(&self) -> Option<LeaderEpoch> {
        self.epochs.last().map(|(epoch, _)| *epoch)
    }

    /// A leader notes where its epoch begins.
    pub(crate) fn begin_epoch(&mut self, epoch: LeaderEpoch) {
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
    pub(crate) fn append(
        &mut self,
        now: SimTime,
        batch: &RecordBatch,
        epoch: LeaderEpoch,
    ) -> Offset {
        let base = self.end();
        self.assign_epoch(epoch, base);
        for (index, record) in (0..).zip(&batch.records) {
            self.entries.push(Entry {
                content: Content::Record(*record),
                transactional: batch.transactional,
                leader_epoch: epoch,
                producer: batch
                    .producer
                    .map(|p| (p.id, p.epoch, Sequence(p.base_sequence.0 + index))),
                at: now,
                begins_batch: index == 0,
                batch_bytes: if index == 0 { batch.bytes } else { 0 },
            });
        }
        self.active_bytes += u64::from(batch.bytes);
        base
    }

    /// A leader appends records that no client sent: control records, or records of a coordinator, as one batch. The answer is
    /// its base offset.
    pub(crate) fn append_own(
        &mut self,
        entries: impl Iterator<Item = Entry>,
        epoch: LeaderEpoch,
    ) -> Offset {
        let base = self.end();
        self.assign_epoch(epoch, base);
        self.entries.extend(entries);
        base
    }

    /// Takes in the values of a coordinator's records.
    pub(crate) fn append_states(
        &mut self,
        states: impl IntoIterator<Item = (Offset, StateRecord)>,
    ) {
        self.states.extend(states);
    }

    /// The values of a coordinator's records from an offset on, each with its offset.
    pub(crate) fn states_from(&self, offset: Offset) -> &[(Offset, StateRecord)] {
        let from = self.states.partition_point(|(at, _)| *at < offset);
        self.states.get(from..).unwrap_or(&[])
    }

    /// The same, to be sent.
    pub(crate) fn states_to_send(&self, offset: Offset) -> Option<States> {
        let states = self.states_from(offset);
        (!states.is_empty()).then(|| states.into())
    }

    /// A follower appends what it fetched at its log end.
    pub(crate) fn append_fetched(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.assign_epoch(entry.leader_epoch, self.end());
            self.entries.push(*entry);
            self.active_bytes += u64::from(entry.batch_bytes);
        }
    }

    /// Bytes from one offset to another (`LogSegment.size`).
    fn bytes_between(&self, from: Offset, to: Offset) -> u64 {
        let range = self.index(from)..self.index(to).min(self.entries.len());
        let entries = self.entries.get(range).unwrap_or(&[]);
        entries
            .iter()
            .map(|entry| u64::from(entry.batch_bytes))
            .sum()
    }

    fn measure_last_file(&mut self) {
        let begins = self.files.0.last().copied().unwrap_or_default();
        self.active_bytes = self.bytes_between(begins, self.end());
    }

    /// Begins a new file if the first record of the present one is older than that when the next is appended, or if what is
    /// appended does not fit into it (`LogSegment.shouldRoll`). True if it did.
    pub(crate) fn roll(
        &mut self,
        next: SimTime,
        longest: SimDuration,
        bytes: u64,
        largest: u64,
    ) -> bool {
        let Some(file) = self.files.0.last().copied() else {
            return false;
        };
        let old = self
            .from(file)
            .first()
            .is_some_and(|first| next.since(first.at) > longest);
        let full = self.active_bytes > 0 && self.active_bytes + bytes > largest;
        if old || full {
            self.files.0.push(self.end());
            self.active_bytes = 0;
        }
        old || full
    }

    /// Where the oldest file ends.
    pub(crate) fn oldest_file_ends(&self) -> Offset {
        self.files.0.get(1).copied().unwrap_or(self.end())
    }

    /// True if the oldest file could go and what stays would still be that large
    /// (`UnifiedLog.deleteRetentionSizeBreachedSegments`).
    pub(crate) fn oldest_file_is_too_much(&self, retention_bytes: u64) -> bool {
        let end = self.oldest_file_ends();
        self.first_on_disk() < end && self.bytes_between(end, self.end()) >= retention_bytes
    }

    /// When the oldest file will be old enough to be deleted (`UnifiedLog.deletableSegments`: by its youngest record).
    pub(crate) fn oldest_file_expires(&self, retention: SimDuration) -> Option<SimTime> {
        let end = self.files.0.get(1).copied().unwrap_or(self.end());
        let last = self.index(end).checked_sub(1)?;
        let youngest = self
            .entries
            .get(..=last)?
            .iter()
            .map(|entry| entry.at)
            .max();
        youngest.map(|at| at + retention + SimDuration::from_us(1))
    }

    /// Deletes the oldest files: those that end below the first offset, and those whose records are all below the high
    /// watermark and too old or too much. The answer is the new first offset, if it moved.
    pub(crate) fn delete_old_files(
        &mut self,
        now: SimTime,
        retention: Option<SimDuration>,
        retention_bytes: Option<u64>,
        high_watermark: Offset,
    ) -> Option<Offset> {
        let mut start = None;
        loop {
            let next = self.files.0.get(1).copied();
            let end = next.unwrap_or(self.end());
            let below = next.is_some_and(|next| next <= self.start);
            let expires = retention.and_then(|retention| self.oldest_file_expires(retention));
            let old = expires.is_some_and(|at| at <= now);
            let much = retention_bytes.is_some_and(|most| self.oldest_file_is_too_much(most));
            if !below && !((old || much) && end <= high_watermark) {
                self.measure_last_file();
                return start;
            }
            self.entries.drain(..self.index(end));
            self.states.retain(|(at, _)| *at >= end);
            self.files.0.retain(|file| *file >= end);
            if self.files.0.is_empty() {
                // The last file is never missing: an empty one is begun before it goes.
                self.files.0.push(end);
            }
            start = self.raise_start(end).or(start);
        }
    }

    /// Moves the first offset up, and forgets files and epochs that end below it. The answer is where it is now, if it moved.
    pub(crate) fn raise_start(&mut self, to: Offset) -> Option<Offset> {
        if to <= self.start || to > self.end() {
            return None;
        }
        self.start = to;
        let begun = self.epochs.partition_point(|(_, begun)| *begun <= to);
        if let Some(last) = begun.checked_sub(1) {
            self.epochs.drain(..last);
            self.epochs[0].1 = self.epochs[0].1.max(to);
        }
        Some(to)
    }

    /// The first offset as it is after a start: from its checkpoint, but not before the oldest file.
    pub(crate) fn restart_at(&mut self, checkpoint: Offset) {
        self.start = self.first_on_disk();
        if checkpoint > self.end() {
            self.begin_anew(checkpoint);
        } else {
            self.raise_start(checkpoint);
        }
    }

    /// Throws everything away and begins at an offset (`UnifiedLog.truncateFullyAndStartAt`). The answer is what was there.
    pub(crate) fn begin_anew(&mut self, at: Offset) -> Records {
        let cut = self
            .entries
            .drain(..)
            .filter_map(|entry| entry.record())
            .collect();
        self.states.clear();
        self.epochs.clear();
        self.files = Files(vec![at]);
        self.active_bytes = 0;
        self.start = at;
        cut
    }

    /// Cuts everything at and after an offset; the answer is what was cut.
    pub(crate) fn truncate_to(&mut self, end: Offset) -> Records {
        let keep = self.index(end).min(self.entries.len());
        let cut = self
            .entries
            .drain(keep..)
            .filter_map(|entry| entry.record())
            .collect();
        self.states.retain(|(at, _)| *at < end);
        self.epochs.retain(|(_, begun)| *begun < end);
        let first = self.first_on_disk();
        self.files.0.retain(|file| *file == first || *file <= end);
        self.start = self.start.min(self.end());
        self.measure_last_file();
        cut
    }

    /// The largest known epoch at or below the one asked for, and where it ends (`LeaderEpochFileCache.endOffsetFor`). An
    /// epoch below all that are known ends where the first of them begins; of one above all, nothing is known.
    pub(crate) fn end_offset_for(&self, asked: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
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
            bytes: 0,
            latest: None,
            transactional: false,
        }
    }

    fn log(epochs: &[(u32, usize)]) -> PartitionLog {
        let mut log = PartitionLog::default();
        for (epoch, count) in epochs {
            log.begin_epoch(LeaderEpoch(*epoch));
            for _ in 0..*count {
                log.append(SimTime::ZERO, &batch(&[0]), LeaderEpoch(*epoch));
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

    #[test]
    fn files_are_begun_and_deleted_by_size() {
        let never = SimDuration(u64::MAX / 4);
        let mut log = PartitionLog::default();
        for record in 0..7 {
            let batch = RecordBatch {
                bytes: 100,
                ..batch(&[record])
            };
            log.roll(SimTime::ZERO, never, 100, 250);
            log.append(SimTime::ZERO, &batch, LeaderEpoch(0));
        }
        let begin = |log: &PartitionLog| log.files.0.iter().map(|at| at.0).collect::<Vec<_>>();
        assert_eq!(begin(&log), [0, 2, 4, 6]);
        assert_eq!(log.active_bytes, 100);
        let delete = |log: &mut PartitionLog, most, high_watermark| {
            log.delete_old_files(SimTime::ZERO, None, Some(most), Offset(high_watermark))
        };
        assert_eq!(
            delete(&mut log, 600, 7),
            None,
            "what would stay is less than may stay"
        );
        assert_eq!(
            delete(&mut log, 300, 3),
            Some(Offset(2)),
            "the second file is not committed"
        );
        assert_eq!(delete(&mut log, 300, 7), Some(Offset(4)));
        assert_eq!((log.start(), begin(&log)), (Offset(4), vec![4, 6]));
        log.truncate_to(Offset(6));
        assert_eq!(log.active_bytes, 0);
        log.truncate_to(Offset(5));
        assert_eq!((begin(&log), log.active_bytes), (vec![4], 100));
    }
}
