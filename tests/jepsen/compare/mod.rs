//! Both judges' words on a run, side by side.
//!
//! Only partitions count that the final polls have read to their end, and in which everything is decided by then: whoever compares
//! knows which these are. Neither judge gets to know it.

pub mod diary;
mod from_clients;
mod from_ledger;
pub mod laws;
pub mod seen;

use super::judge::{Did, Finding, Key, Kind, Offset, Outcome, Value, judge};
use ackscope::model::cast::Cast;
use ackscope::model::ids::ClientId;
use ackscope::verdict::{Ledger, Row, Told};
use seen::{Reader, Seen};
use std::collections::{BTreeMap, BTreeSet};

/// The place of what readers of everything saw.
pub const UNCOMMITTED: usize = 0;
/// The place of what readers of committed records saw.
pub const COMMITTED: usize = 1;

/// Both judges' words.
pub struct Compared<'a> {
    pub cast: &'a Cast,
    pub ledger: &'a Ledger,
    pub seen: &'a Seen,
    /// What was found, with readers of everything and with readers of committed records.
    pub found: [Vec<Finding>; 2],
    /// Partitions that are read to their end, and the first offset of each.
    pub settled: BTreeMap<Key, Offset>,
    /// Who was given a value, and where.
    polled: BTreeMap<Value, Vec<(ClientId, Offset)>>,
    outcomes: BTreeMap<Value, Outcome>,
    /// How often each law spoke.
    pub tried: BTreeMap<&'static str, u64>,
    /// What breaks one.
    pub wrong: Vec<(&'static str, String)>,
}

impl<'a> Compared<'a> {
    pub fn new(
        cast: &'a Cast,
        ledger: &'a Ledger,
        seen: &'a Seen,
        settled: BTreeMap<Key, Offset>,
    ) -> Self {
        let mut compared = Self {
            cast,
            ledger,
            seen,
            found: [judge(&seen.uncommitted), judge(&seen.committed)],
            settled,
            polled: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            tried: BTreeMap::new(),
            wrong: Vec::new(),
        };
        for (reader, read) in &seen.polled {
            let polled = compared.polled.entry(read.record.0).or_default();
            polled.push((*reader, read.offset.0));
        }
        for op in seen.uncommitted.ops() {
            for did in &op.did {
                if let Did::Send(_, value, _) = did {
                    compared.outcomes.insert(*value, op.outcome);
                }
            }
        }
        compared
    }

    /// All laws.
    pub fn compare(&mut self) {
        self.rows();
        self.findings();
    }

    /// If the first is so, the second must be.
    pub fn law(&mut self, says: &'static str, row: &Row, premise: bool, holds: bool) {
        if !premise {
            return;
        }
        *self.tried.entry(says).or_default() += 1;
        if !holds {
            let value = self.cast.value(row.record);
            self.wrong.push((says, format!("{value}: {row:?}")));
        }
    }

    /// Was something found of a value?
    pub fn has(&self, isolation: usize, kind: Kind, value: Value) -> bool {
        let mut all = self.found[isolation].iter();
        all.any(|found| found.kind == kind && found.values.contains(&value))
    }

    /// Where the final polls returned a value.
    pub fn last(&self, isolation: usize, value: Value) -> BTreeSet<Offset> {
        self.seen.last[isolation]
            .get(&value)
            .cloned()
            .unwrap_or_default()
    }

    /// All polls that returned a value.
    pub fn polls(&self, value: Value) -> &[(ClientId, Offset)] {
        self.polled.get(&value).map_or(&[], Vec::as_slice)
    }

    /// What became of the operation that sent a value, as far as the application knows.
    pub fn outcome(&self, value: Value) -> Option<Outcome> {
        self.outcomes.get(&value).copied()
    }

    pub fn reader(&self, id: ClientId) -> Option<&'a Reader> {
        self.seen.readers.get(&id)
    }

    pub fn was_polled(&self, isolation: usize, value: Value) -> bool {
        let committed = isolation == COMMITTED;
        let of_level = |id: ClientId| {
            self.reader(id)
                .is_some_and(|reader| reader.committed_only == committed)
        };
        self.polls(value)
            .iter()
            .any(|(reader, _)| of_level(*reader))
    }

    /// True if a record still is everywhere where any client was ever told that it is.
    pub fn is_as_seen(&self, row: &Row) -> bool {
        let there = self.last(COMMITTED, row.record.0);
        let told = match row.told {
            Told::Acknowledged(Some(at)) => there.contains(&at.0),
            Told::Acknowledged(None) | Told::Failed(_) | Told::Nothing | Told::NeverSent => true,
        };
        let polls = self.polls(row.record.0);
        told && !there.is_empty() && polls.iter().all(|(_, offset)| there.contains(offset))
    }

    /// Who the process of a finding is, if it is a reader.
    pub fn reader_of(&self, finding: &Finding) -> Option<ClientId> {
        let id = finding
            .process
            .and_then(|process| u16::try_from(process).ok());
        let id = id.map(ClientId)?;
        self.reader(id).map(|_| id)
    }
}
