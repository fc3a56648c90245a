//! How records of a share partition are settled: acknowledged by whoever has them, released, taken back when a lock ends; and how
//! its start moves over what is done.
//!
//! A change begins, is kept elsewhere, and is then completed or undone; in between nobody else can have the record.

use super::super::super::ids::{ClientId, Offset};
use super::super::super::time::SimTime;
use super::super::super::wire::{
    AcknowledgedBatch, Acknowledgement, DeliveryState, ErrorCode, StateBatch,
};
use super::partition::{Batch, Cell, SharePartition};

impl Cell {
    /// `startStateTransition`: what is released as often as may be is archived.
    fn begin(&mut self, state: DeliveryState, max_deliveries: u16) {
        self.before = Some((self.state, self.member));
        self.state = self.settled(state, max_deliveries);
        self.member = None;
    }

    fn settled(&self, state: DeliveryState, max_deliveries: u16) -> DeliveryState {
        if state == DeliveryState::Available && self.deliveries >= max_deliveries {
            DeliveryState::Archived
        } else {
            state
        }
    }

    /// `completeStateTransition`.
    fn complete(&mut self, now: SimTime, done: bool, max_deliveries: u16) {
        let Some((state, member)) = self.before.take() else {
            return;
        };
        if done {
            self.until = None;
        } else if self.until.is_some_and(|until| until <= now) {
            self.state = self.settled(DeliveryState::Available, max_deliveries);
            self.until = None;
        } else {
            self.state = state;
            self.member = member;
        }
    }
}

/// Records of one state that lie together, as one.
fn gathered(changed: &[(u64, Cell)]) -> Vec<StateBatch> {
    let mut batches: Vec<StateBatch> = Vec::new();
    for (offset, cell) in changed {
        match batches.last_mut() {
            Some(batch)
                if batch.last.0 + 1 == *offset
                    && batch.state == cell.state
                    && batch.deliveries == cell.deliveries =>
            {
                batch.last = Offset(*offset);
            }
            _ => batches.push(StateBatch {
                first: Offset(*offset),
                last: Offset(*offset),
                state: cell.state,
                deliveries: cell.deliveries,
            }),
        }
    }
    batches
}

impl SharePartition {
    /// A member says what became of records. Either all of it holds, or nothing (`acknowledge`).
    ///
    /// # Errors
    /// `InvalidRecordState` where the member does not have a record (any more), `InvalidRequest` where there is none.
    pub(super) fn acknowledge(
        &mut self,
        member: ClientId,
        said: &[&AcknowledgedBatch],
        max_deliveries: u16,
        lock_until: SimTime,
    ) -> Result<Vec<StateBatch>, ErrorCode> {
        let before = self.batches.clone();
        let mut changed = Vec::new();
        for batch in said {
            let settled =
                self.acknowledge_batch(member, batch, max_deliveries, lock_until, &mut changed);
            if let Err(error) = settled {
                self.batches = before;
                return Err(error);
            }
        }
        Ok(gathered(&changed))
    }

    fn acknowledge_batch(
        &mut self,
        member: ClientId,
        said: &AcknowledgedBatch,
        max_deliveries: u16,
        lock_until: SimTime,
        changed: &mut Vec<(u64, Cell)>,
    ) -> Result<(), ErrorCode> {
        let (first, last, start) = (said.first.0, said.last.0, self.start);
        if last < start {
            return Ok(());
        }
        let floor = |at: u64| self.batches.iter().rposition(|batch| batch.first <= at);
        let from = match floor(first) {
            Some(place) => place,
            None if first < start => floor(start).ok_or(ErrorCode::InvalidRecordState)?,
            None => return Err(ErrorCode::InvalidRecordState),
        };
        let reach = floor(last).map_or(0, |place| self.batches[place].last());
        if reach < first || reach < last {
            return Err(ErrorCode::InvalidRequest);
        }
        for batch in self.batches.iter_mut().skip(from) {
            if batch.first > last {
                break;
            }
            if batch.last() < start {
                continue;
            }
            let whole = batch.first >= first && batch.last() <= last;
            if !whole || said.kinds.len() > 1 || (batch.first < start && batch.last() >= start) {
                batch.split = true;
            }
            for (offset, cell) in (batch.first..).zip(&mut batch.cells) {
                if offset < first.max(start) || offset > last {
                    continue;
                }
                let held = cell.state == DeliveryState::Acquired && cell.before.is_none();
                if !held || cell.member != Some(member) {
                    return Err(ErrorCode::InvalidRecordState);
                }
                let place = usize::try_from(offset - first).unwrap_or(usize::MAX);
                let kind = said.kinds.get(place).or_else(|| said.kinds.first());
                let state = match kind {
                    Some(Acknowledgement::Renew) => {
                        cell.until = Some(lock_until);
                        continue;
                    }
                    Some(Acknowledgement::Accept) => DeliveryState::Acknowledged,
                    Some(Acknowledgement::Release) => DeliveryState::Available,
                    Some(Acknowledgement::Reject | Acknowledgement::Gap) | None => {
                        DeliveryState::Archived
                    }
                };
                cell.begin(state, max_deliveries);
                changed.push((offset, *cell));
            }
        }
        Ok(())
    }

    /// A member's session is over: what it has goes back (`releaseAcquiredRecords`).
    pub(super) fn release(&mut self, member: ClientId, max_deliveries: u16) -> Vec<StateBatch> {
        let start = self.start;
        let held = |cell: &Cell| {
            cell.state == DeliveryState::Acquired
                && cell.before.is_none()
                && cell.member == Some(member)
        };
        let changed = self.change(held, |offset, cell| {
            cell.begin(released(offset, start), max_deliveries);
        });
        gathered(&changed)
    }

    /// Locks have ended: at once, whether it can be kept or not (`releaseAcquisitionLockOnTimeout`).
    pub(super) fn end_locks(&mut self, now: SimTime, max_deliveries: u16) -> Vec<StateBatch> {
        let start = self.start;
        let over = |cell: &Cell| {
            cell.state == DeliveryState::Acquired
                && cell.before.is_none()
                && cell.until.is_some_and(|until| until <= now)
        };
        let changed = self.change(over, |offset, cell| {
            cell.state = cell.settled(released(offset, start), max_deliveries);
            cell.member = None;
            cell.until = None;
        });
        gathered(&changed)
    }

    fn change(
        &mut self,
        which: impl Fn(&Cell) -> bool,
        how: impl Fn(u64, &mut Cell),
    ) -> Vec<(u64, Cell)> {
        let start = self.start;
        let mut changed = Vec::new();
        for batch in &mut self.batches {
            let mut count = 0;
            for (offset, cell) in (batch.first..).zip(&mut batch.cells) {
                if which(cell) {
                    how(offset, cell);
                    count += 1;
                    changed.push((offset, *cell));
                }
            }
            let within = batch.first < start && start <= batch.last();
            batch.split |= count > 0 && (within || count < batch.cells.len());
        }
        changed
    }

    /// When the next lock ends.
    pub(super) fn next_lock_end(&self) -> Option<SimTime> {
        let cells = self.batches.iter().flat_map(|batch| &batch.cells);
        cells
            .filter(|cell| cell.state == DeliveryState::Acquired && cell.before.is_none())
            .filter_map(|cell| cell.until)
            .min()
    }

    /// A change was kept, or could not be.
    pub(super) fn complete(
        &mut self,
        now: SimTime,
        changed: &[StateBatch],
        done: bool,
        max_deliveries: u16,
    ) {
        for batch in &mut self.batches {
            for (offset, cell) in (batch.first..).zip(&mut batch.cells) {
                let meant = |c: &&StateBatch| c.first.0 <= offset && offset <= c.last.0;
                if changed.iter().any(|change| meant(&change)) {
                    cell.complete(now, done, max_deliveries);
                }
            }
        }
        if done {
            self.move_start();
        }
    }

    /// The log begins later now: what was available before that is gone (`updateCacheAndOffsets`).
    pub(super) fn on_log_start(&mut self, log_start: Offset) {
        if log_start.0 <= self.start {
            return;
        }
        self.start = log_start.0;
        if self.batches.is_empty() {
            self.end = self.start;
            return;
        }
        for batch in &mut self.batches {
            let before = batch.first < log_start.0;
            batch.split |= before && log_start.0 <= batch.last();
            for (offset, cell) in (batch.first..).zip(&mut batch.cells) {
                if offset < log_start.0 && cell.state == DeliveryState::Available {
                    cell.state = DeliveryState::Archived;
                    cell.before = None;
                }
            }
        }
        self.end = self.end.max(self.start);
    }

    /// Moves the start over what is done, and forgets batches that are (`maybeUpdateCachedStateAndOffsets`).
    pub(super) fn move_start(&mut self) {
        let is_done = |cell: &Cell| cell.before.is_none() && cell.state.is_terminal();
        let holds_start = |batch: &&Batch| batch.first <= self.start && self.start <= batch.last();
        let at_start = self.batches.iter().find(holds_start).and_then(|batch| {
            let place = usize::try_from(self.start - batch.first).ok()?;
            batch.cells.get(place)
        });
        if !at_start.is_some_and(is_done) {
            return;
        }
        let gap = self.open_gap();
        let mut done = None;
        'all: for batch in &self.batches {
            if gap.is_some_and(|gap| batch.last() >= gap) {
                break;
            }
            for (offset, cell) in batch.offsets() {
                if !is_done(cell) {
                    break 'all;
                }
                done = Some(offset);
            }
        }
        let (Some(done), Some(last)) = (done, self.batches.last().map(Batch::last)) else {
            return;
        };
        if done == last {
            self.start = last + 1;
            self.end = last + 1;
            self.batches.clear();
            return;
        }
        let keep = self.batches.iter().position(|batch| batch.last() > done);
        let keep = keep.unwrap_or(self.batches.len());
        let next = self
            .batches
            .get(keep)
            .map_or(done + 1, |b| b.first.max(done + 1));
        self.start = self.start.max(next).min(gap.unwrap_or(u64::MAX));
        self.batches.drain(..keep);
    }
}

/// Below the start nothing is given out again.
fn released(offset: u64, start: u64) -> DeliveryState {
    if offset < start {
        DeliveryState::Archived
    } else {
        DeliveryState::Available
    }
}
