//! Records of a share partition are taken for a consumer: new ones in batches, and those that are available again, fewer and fewer at a
//! time the more often they were given out.

use super::super::super::ids::{ClientId, Offset};
use super::super::super::wire::{Acquired, DeliveryState};
use super::partition::{Batch, Bounds, Cell};

/// An acquisition under way.
pub(super) struct Taken<'a> {
    pub(super) member: ClientId,
    pub(super) bounds: &'a Bounds,
    pub(super) read: &'a [(u64, u64)],
    /// The first offset that was read, and the last that may be acquired.
    pub(super) span: (u64, u64),
    /// How many more it may be.
    pub(super) left: u64,
    /// Nothing more, to keep a poisoned record apart from others.
    pub(super) stopped: bool,
    pub(super) acquired: Vec<Acquired>,
}

impl Taken<'_> {
    fn cell(&self, held: bool) -> Cell {
        Cell {
            state: if held {
                DeliveryState::Acquired
            } else {
                DeliveryState::Available
            },
            member: held.then_some(self.member),
            deliveries: u16::from(held),
            until: held.then_some(self.bounds.until),
            before: None,
        }
    }

    /// Batches of about `max_records`, cut where a batch of the log begins (`createBatches`).
    pub(super) fn new_batches(&self, first: u64, last: u64) -> Vec<Batch> {
        let whole = |first: u64, last: u64| Batch {
            first,
            cells: vec![self.cell(true); usize::try_from(last + 1 - first).unwrap_or(0)],
            split: false,
        };
        let size = self.bounds.batch_size.max(1);
        let count = last + 1 - first;
        if self.bounds.record_limit {
            let mut batch = whole(first, last);
            if count > self.left {
                let held = usize::try_from(self.left).unwrap_or(usize::MAX);
                batch.split = true;
                let free = self.cell(false);
                batch.cells.iter_mut().skip(held).for_each(|c| *c = free);
            }
            return vec![batch];
        }
        let mut batches = Vec::new();
        let mut from = first;
        if count > size {
            let begins = self.read.iter().map(|(begins, _)| *begins);
            for begins in begins.take_while(|begins| *begins <= last) {
                if begins >= from + size {
                    batches.push(whole(from, begins - 1));
                    from = begins;
                }
            }
        }
        batches.push(whole(from, last));
        batches
    }

    /// What is available of a batch that was given out before.
    pub(super) fn of_batch(&mut self, batch: &mut Batch) {
        let (first, last) = self.span;
        let inside = |offset: u64| (first..=last).contains(&offset);
        let available = |(offset, cell): &(u64, &Cell)| inside(*offset) && cell.is_available();
        let tried = batch.offsets().filter(available);
        let tried = tried.map(|(_, cell)| cell.deliveries).max();
        let throttled = tried.is_some_and(|count| count >= self.bounds.throttled_from());
        if throttled && !self.acquired.is_empty() {
            self.stopped = true;
            return;
        }
        let whole = batch.first >= first && batch.last() <= last;
        let limited = self.bounds.record_limit && batch.cells.len() as u64 > self.left;
        if !batch.split && !batch.cells.first().is_some_and(Cell::is_available) {
            return;
        }
        if whole && !batch.split && !limited && !throttled {
            let (member, until) = (self.member, self.bounds.until);
            batch
                .cells
                .iter_mut()
                .for_each(|cell| cell.acquire(member, until));
            self.left = self.left.saturating_sub(batch.cells.len() as u64);
            self.acquired.push(Acquired {
                first: Offset(batch.first),
                last: Offset(batch.last()),
                deliveries: batch.cells.first().map_or(1, |cell| cell.deliveries),
            });
            return;
        }
        batch.split = true;
        let count = self.of_split(batch);
        self.left = self.left.saturating_sub(count);
        if throttled && count > 0 {
            self.stopped = true;
        }
    }

    /// The single records of a batch: from half the limit on fewer and fewer, in the end each alone
    /// (`acquireSubsetBatchRecords`).
    fn of_split(&mut self, batch: &mut Batch) -> u64 {
        let limit = self.bounds.max_deliveries;
        let throttled_from = self.bounds.throttled_from();
        let size = batch.cells.len();
        let (first, last) = self.span;
        let mut count = 0;
        let mut most: Option<u64> = None;
        for (offset, cell) in (batch.first..).zip(&mut batch.cells) {
            if !(first..=last).contains(&offset) || !cell.is_available() {
                continue;
            }
            if limit > 2 && cell.deliveries + 1 == limit && count > 0 {
                break;
            }
            if cell.deliveries >= throttled_from && most.is_none() {
                let halvings = u32::from(cell.deliveries - throttled_from) + 1;
                most = Some(((size as u64) >> halvings.min(63)).max(1));
            }
            cell.acquire(self.member, self.bounds.until);
            let (here, deliveries) = (Offset(offset), cell.deliveries);
            match self.acquired.last_mut() {
                Some(one) if one.last.0 + 1 == offset && one.deliveries == deliveries => {
                    one.last = here;
                }
                _ => self.acquired.push(Acquired {
                    first: here,
                    last: here,
                    deliveries,
                }),
            }
            count += 1;
            let alone = deliveries == limit && limit > 2;
            let full = self.bounds.record_limit && count == self.left;
            if alone || full || most == Some(count) {
                break;
            }
        }
        count
    }
}
