//! One partition as a share group sees it (`SharePartition`): which records are given to whom, until when, for which time.
//!
//! Records are kept in the batches in which they were first given out: a batch is acquired and settled as one until somebody
//! settles a part of it, and it is what delivery is throttled by. Here is how records are acquired; `settling` has the rest.

use super::super::super::ids::{ClientId, Offset};
use super::super::super::time::SimTime;
use super::super::super::wire::{Acquired, DeliveryState, KeptShare};
use super::taking::Taken;

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) state: DeliveryState,
    /// Who has it.
    pub(super) member: Option<ClientId>,
    pub(super) deliveries: u16,
    /// The end of its lock.
    pub(super) until: Option<SimTime>,
    /// What it was before a change that is not kept yet; nobody may touch it until then.
    pub(super) before: Option<(DeliveryState, Option<ClientId>)>,
}

impl Cell {
    pub(super) fn is_available(&self) -> bool {
        self.state == DeliveryState::Available && self.before.is_none()
    }

    /// `tryUpdateState` to ACQUIRED.
    pub(super) fn acquire(&mut self, member: ClientId, until: SimTime) {
        self.state = DeliveryState::Acquired;
        self.member = Some(member);
        self.deliveries += 1;
        self.until = Some(until);
    }
}

/// Records that were first given out together (`InFlightBatch`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Batch {
    pub(super) first: u64,
    /// One for each offset; all alike unless it is split.
    pub(super) cells: Vec<Cell>,
    /// Its records have gone different ways (`offsetState`).
    pub(super) split: bool,
}

impl Batch {
    pub(super) fn last(&self) -> u64 {
        self.first + self.cells.len() as u64 - 1
    }

    pub(super) fn offsets(&self) -> impl Iterator<Item = (u64, &Cell)> {
        (self.first..).zip(&self.cells)
    }
}

/// What bounds an acquisition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) max_records: u64,
    /// About so many are kept together.
    pub(super) batch_size: u64,
    /// Never more than `max_records`, not even to the end of a batch.
    pub(super) record_limit: bool,
    /// The end of the new locks.
    pub(super) until: SimTime,
    /// `group.share.delivery.count.limit`.
    pub(super) max_deliveries: u16,
    /// `group.share.partition.max.record.locks`.
    pub(super) max_locks: u64,
}

impl Bounds {
    /// From this count on, fewer records are given out at a time (`throttleRecordsDeliveryLimit`).
    pub(super) fn throttled_from(&self) -> u16 {
        self.max_deliveries.div_ceil(2).max(2)
    }
}

/// What a new leader learned of offsets that nobody had settled, between others that somebody had (`GapWindow`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Gap {
    pub(super) start: u64,
    /// It counts as long as nothing beyond this was given out.
    pub(super) end: u64,
}

/// The state of one partition for one share group, at its leader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SharePartition {
    /// Everything before this is done.
    pub(super) start: u64,
    /// The last offset that was given out; the next one where nothing is.
    pub(super) end: u64,
    /// In order, without overlap.
    pub(super) batches: Vec<Batch>,
    pub(super) gap: Option<Gap>,
}

impl SharePartition {
    /// What a leader makes of what was kept; `start` is where the group begins if nothing was (`maybeInitialize`).
    pub(super) fn load(kept: &KeptShare, start: Offset) -> Self {
        let start = kept.start.unwrap_or(start).0;
        let mut loaded = Self {
            start,
            end: start,
            batches: Vec::new(),
            gap: None,
        };
        let mut next = start;
        let mut gap = None;
        for batch in &kept.batches {
            if batch.first.0 > next {
                gap.get_or_insert(next);
            }
            next = batch.last.0 + 1;
            let cell = Cell {
                state: batch.state,
                member: None,
                deliveries: batch.deliveries,
                until: None,
                before: None,
            };
            let count = usize::try_from(next - batch.first.0).unwrap_or(0);
            loaded.batches.push(Batch {
                first: batch.first.0,
                cells: vec![cell; count],
                split: false,
            });
        }
        if let Some(last) = loaded.batches.last() {
            loaded.end = last.last();
            loaded.gap = gap.map(|start| Gap {
                start,
                end: loaded.end,
            });
            loaded.move_start();
        }
        loaded
    }

    /// The gap, while it counts.
    pub(super) fn open_gap(&self) -> Option<u64> {
        self.gap
            .filter(|gap| gap.end == self.end)
            .map(|gap| gap.start)
    }

    fn close_gap_to(&mut self, offset: u64) {
        if let Some(gap) = &mut self.gap {
            if gap.end == self.end && offset <= gap.end {
                gap.start = offset;
            } else {
                self.gap = None;
            }
        }
    }

    /// From where records are read next (`nextFetchOffset`).
    pub(super) fn next_fetch_offset(&self) -> u64 {
        if self
            .batches
            .last()
            .is_none_or(|last| self.start > last.last())
        {
            return self.end;
        }
        let mut gap = self.open_gap();
        for batch in &self.batches {
            if let Some(start) = &mut gap {
                if batch.first > *start {
                    return *start;
                }
                *start = (batch.last() + 1).max(*start);
            }
            let mut offsets = batch.offsets();
            if let Some((offset, _)) = offsets.find(|(_, cell)| cell.is_available()) {
                return offset;
            }
        }
        self.end + 1
    }

    fn in_flight(&self) -> u64 {
        if self.batches.is_empty() {
            0
        } else {
            self.end + 1 - self.start
        }
    }

    /// `canAcquireRecords`.
    pub(super) fn may_acquire(&self, max_locks: u64) -> bool {
        self.next_fetch_offset() != self.end + 1 || self.in_flight() < max_locks
    }

    /// Gives records to a member, of those that were read from `fetch_offset` on: the bounds of the log's batches there, of which
    /// the first may begin before it (`acquire`).
    pub(super) fn acquire(
        &mut self,
        member: ClientId,
        bounds: &Bounds,
        fetch_offset: u64,
        read: &[(u64, u64)],
    ) -> Vec<Acquired> {
        let (Some((read_first, _)), Some((_, read_last))) = (read.first(), read.last()) else {
            return Vec::new();
        };
        if *read_last < self.start {
            return Vec::new();
        }
        let mut last = *read_last;
        let mut most = bounds
            .max_records
            .min(bounds.max_locks.saturating_sub(self.in_flight()));
        if most == 0 {
            if fetch_offset > self.end {
                return Vec::new();
            }
            most = bounds.max_records.min(self.end + 1 - fetch_offset);
            last = last.min(self.end);
        }
        let floor = self
            .batches
            .iter()
            .rev()
            .find(|batch| batch.first <= *read_first);
        let first = match floor {
            None => (*read_first).max(self.start),
            Some(batch) if batch.last() >= *read_first => batch.first,
            Some(_) => *read_first,
        };
        let from = first.min(*read_first);
        let known = |batch: &&Batch| batch.first >= from && batch.first <= last;
        let known: Vec<u64> = self
            .batches
            .iter()
            .filter(known)
            .map(|batch| batch.first)
            .collect();
        let mut taken = Taken {
            member,
            bounds,
            read,
            span: (*read_first, last),
            left: most,
            stopped: false,
            acquired: Vec::new(),
        };
        if known.is_empty() {
            self.acquire_new(&mut taken, first, last);
            return taken.acquired;
        }
        self.acquire_known(&mut taken, first, &known);
        let reached = self
            .batches
            .iter()
            .rev()
            .find(|batch| batch.first <= last)
            .map_or(0, Batch::last);
        if !taken.stopped && taken.left > 0 && reached < last {
            self.acquire_new(&mut taken, reached + 1, last);
        }
        if let Some(acquired) = taken.acquired.last() {
            self.close_gap_to(acquired.last.0 + 1);
        }
        taken.acquired
    }

    /// Records of aborted transactions are given to nobody (`filterAbortedTransactionalAcquiredRecords`).
    pub(super) fn leave_out(&mut self, acquired: Vec<Acquired>, hidden: &[u64]) -> Vec<Acquired> {
        for offset in hidden {
            let holds = |batch: &&mut Batch| batch.first <= *offset && *offset <= batch.last();
            let Some(batch) = self.batches.iter_mut().find(holds) else {
                continue;
            };
            batch.split = true;
            let place = usize::try_from(*offset - batch.first).unwrap_or(usize::MAX);
            if let Some(cell) = batch.cells.get_mut(place) {
                (cell.state, cell.member, cell.until) = (DeliveryState::Archived, None, None);
            }
        }
        let mut kept: Vec<Acquired> = Vec::new();
        for one in acquired {
            let mut open = false;
            for offset in one.first.0..=one.last.0 {
                let shown = !hidden.contains(&offset);
                match kept.last_mut().filter(|_| shown && open) {
                    Some(last) => last.last = Offset(offset),
                    None if shown => kept.push(Acquired {
                        first: Offset(offset),
                        last: Offset(offset),
                        deliveries: one.deliveries,
                    }),
                    None => {}
                }
                open = shown;
            }
        }
        kept
    }

    /// Records that were given out before and are available again, batch by batch, and what lies in gaps between them.
    fn acquire_known(&mut self, taken: &mut Taken<'_>, first: u64, known: &[u64]) {
        let mut gap_start = first;
        for key in known {
            if taken.left == 0 {
                return;
            }
            if self.open_gap().is_some() {
                if gap_start < *key {
                    self.acquire_new(taken, gap_start, key - 1);
                }
                let batch = self.batches.iter().find(|batch| batch.first == *key);
                gap_start = batch.map_or(gap_start, |batch| batch.last() + 1);
                if taken.left == 0 {
                    return;
                }
            }
            let Some(batch) = self.batches.iter_mut().find(|batch| batch.first == *key) else {
                continue;
            };
            taken.of_batch(batch);
            if taken.stopped {
                return;
            }
        }
    }

    /// Records that were not given out before (`acquireNewBatchRecords`).
    fn acquire_new(&mut self, taken: &mut Taken<'_>, first: u64, last: u64) {
        let first = if self.batches.is_empty() {
            first.max(self.end)
        } else {
            first
        };
        if first > last {
            return;
        }
        let mut reach = last;
        if taken.left < last - first + 1 {
            let wanted = first + taken.left - 1;
            let within = |(from, to): &&(u64, u64)| *from <= wanted && wanted <= *to;
            reach = taken.read.iter().find(within).map_or(wanted, |(_, to)| *to);
            if self.open_gap().is_some() {
                reach = reach.min(last);
            }
        }
        let given = taken.new_batches(first, reach);
        for batch in &given {
            let until = batch.cells.iter().filter(|cell| cell.until.is_some());
            taken.acquired.push(Acquired {
                first: Offset(batch.first),
                last: Offset(batch.first + (until.count() as u64).max(1) - 1),
                deliveries: 1,
            });
        }
        let place = self.batches.partition_point(|batch| batch.first < first);
        self.batches.splice(place..place, given);
        if place == 0 {
            self.start = first;
        }
        self.end = self.end.max(reach);
        let count = if taken.bounds.record_limit {
            taken
                .acquired
                .last()
                .map_or(0, |one| one.last.0 + 1 - first)
        } else {
            reach + 1 - first
        };
        taken.left = taken.left.saturating_sub(count);
        self.close_gap_to(first + count);
    }
}
