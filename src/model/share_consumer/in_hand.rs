//! What an application has in hand: the records that `poll()` returned last, and what it says of them (`ShareFetch`,
//! `ShareInFlightBatch`).

use super::super::ids::{BrokerId, Offset, TopicPartition};
use super::super::observation::Read;
use super::super::wire::{AcknowledgedBatch, Acknowledgement};
use crate::small::{Map, Set};

/// Acknowledgements of one partition.
pub(super) type Said = Map<Offset, Acknowledgement>;

/// The records of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Held {
    /// Who gave them.
    pub(super) from: BrokerId,
    records: Map<Offset, (Read, u16)>,
    said: Said,
    /// Of what the application has said something, control records not counted.
    acknowledged: Set<Offset>,
    renewing: Map<Offset, (Read, u16)>,
    renewed: Map<Offset, (Read, u16)>,
}

impl Held {
    fn new(from: BrokerId) -> Self {
        Self {
            from,
            records: Map::new(),
            said: Said::new(),
            acknowledged: Set::new(),
            renewing: Map::new(),
            renewed: Map::new(),
        }
    }
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct InHand(Map<TopicPartition, Held>);

impl InHand {
    pub(super) fn add(&mut self, from: BrokerId, read: Read, deliveries: u16) {
        let held = self.0.entry(read.partition);
        let held = held.or_insert_with(|| Held::new(from));
        held.records.insert(read.offset, (read, deliveries));
    }

    /// A control record: nobody processes it.
    pub(super) fn add_gap(&mut self, from: BrokerId, partition: TopicPartition, offset: Offset) {
        let held = self.0.entry(partition);
        let held = held.or_insert_with(|| Held::new(from));
        held.said.insert(offset, Acknowledgement::Gap);
    }

    pub(super) fn records(&self) -> Vec<(Read, u16)> {
        let held = self.0.values().flat_map(|held| held.records.values());
        held.copied().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.values().all(|held| held.records.is_empty())
    }

    /// Records whose locks are to begin anew, or have.
    pub(super) fn has_renewals(&self) -> bool {
        let renews = |held: &Held| !held.renewing.is_empty() || !held.renewed.is_empty();
        self.0.values().any(renews)
    }

    /// Records whose locks have begun anew are in hand again.
    pub(super) fn take_renewed(&mut self) {
        for held in self.0.values_mut() {
            held.records.append(&mut held.renewed);
        }
    }

    /// The application says something of a record; false if it does not have it.
    pub(super) fn acknowledge(
        &mut self,
        partition: TopicPartition,
        offset: Offset,
        kind: Acknowledgement,
    ) -> bool {
        let held = self.0.get_mut(&partition);
        let Some(held) = held.filter(|held| held.records.contains_key(&offset)) else {
            return false;
        };
        held.said.insert(offset, kind);
        held.acknowledged.insert(offset);
        true
    }

    /// Everything of which nothing was said yet is accepted.
    pub(super) fn accept_all(&mut self) {
        for held in self.0.values_mut() {
            for offset in held.records.keys() {
                if !held.said.contains_key(offset) {
                    held.said.insert(*offset, Acknowledgement::Accept);
                    held.acknowledged.insert(*offset);
                }
            }
        }
    }

    /// True if something was said of every record.
    pub(super) fn is_all_acknowledged(&self) -> bool {
        let all = |held: &Held| held.records.len() == held.acknowledged.len();
        self.0.values().all(all)
    }

    /// What was said, to be sent; those records are no longer in hand.
    pub(super) fn take_said(&mut self) -> Vec<(BrokerId, TopicPartition, Said)> {
        let mut all = Vec::new();
        for (partition, held) in &mut self.0 {
            for offset in std::mem::take(&mut held.acknowledged) {
                let record = held.records.remove(&offset);
                if held.said.get(&offset) == Some(&Acknowledgement::Renew)
                    && let Some(record) = record
                {
                    held.renewing.insert(offset, record);
                }
            }
            if !held.said.is_empty() {
                all.push((held.from, *partition, std::mem::take(&mut held.said)));
            }
        }
        all
    }

    /// Renewals have an answer.
    pub(super) fn on_said(&mut self, partition: TopicPartition, said: &Said, done: bool) {
        let Some(held) = self.0.get_mut(&partition) else {
            return;
        };
        for (offset, kind) in said {
            let record = held.renewing.remove(offset);
            if let (true, Acknowledgement::Renew, Some(record)) = (done, kind, record) {
                held.renewed.insert(*offset, record);
            }
        }
    }
}

/// Acknowledgements as a request has them: those that lie together, one for all where they are alike
/// (`Acknowledgements.getAcknowledgementBatches`).
pub(super) fn batches(said: &Said) -> Vec<AcknowledgedBatch> {
    let mut batches: Vec<AcknowledgedBatch> = Vec::new();
    for (offset, kind) in said {
        match batches.last_mut() {
            Some(batch) if batch.last.next() == *offset => {
                batch.last = *offset;
                batch.kinds.push(*kind);
            }
            _ => batches.push(AcknowledgedBatch {
                first: *offset,
                last: *offset,
                kinds: vec![*kind],
            }),
        }
    }
    for batch in &mut batches {
        batch.kinds.dedup();
        let count = usize::try_from(batch.last.0 - batch.first.0 + 1).unwrap_or(0);
        if batch.kinds.len() > 1 {
            let each = (batch.first.0..).map(Offset).take(count);
            batch.kinds = each
                .filter_map(|offset| said.get(&offset).copied())
                .collect();
        }
    }
    batches
}
