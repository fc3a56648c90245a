//! Both judges' words on a run, side by side, and what is known of it to compare them by.
//!
//! Only partitions count that the final polls have read to their end, and in which everything is decided by then: whether that
//! is so is asked of the board. Neither judge gets to know it.

use super::runs::FINAL;
use super::seen::{Reader, Seen, key};
use crate::jepsen::{Did, Finding, Key, Kind, Offset, Outcome, Value, judge};
use ackscope::model::board::Board;
use ackscope::model::cast::Cast;
use ackscope::model::ids::{ClientId, TopicPartition};
use ackscope::model::scenario::{Act, Scenario};
use ackscope::verdict::{Ledger, Row, Told};
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
    /// How many are not.
    pub unsettled: u64,
    /// What the final polls returned of each value, at either isolation level.
    last: [BTreeMap<Value, BTreeSet<Offset>>; 2],
    /// Who was given a value, and where.
    polled: BTreeMap<Value, Vec<(ClientId, Offset)>>,
    outcomes: BTreeMap<Value, Outcome>,
    /// Readers who went elsewhere of their own will, or whose polls are within transactions.
    pub wilful: BTreeSet<ClientId>,
    /// How often each law spoke.
    pub tried: BTreeMap<&'static str, u64>,
    /// What breaks one.
    pub wrong: Vec<(&'static str, String)>,
}

impl<'a> Compared<'a> {
    pub fn new(
        scenario: &Scenario,
        cast: &'a Cast,
        board: &Board,
        ledger: &'a Ledger,
        seen: &'a Seen,
    ) -> Self {
        let mut compared = Self {
            cast,
            ledger,
            seen,
            found: [judge(&seen.uncommitted), judge(&seen.committed)],
            settled: BTreeMap::new(),
            unsettled: 0,
            last: Default::default(),
            polled: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            wilful: wilful(scenario, cast),
            tried: BTreeMap::new(),
            wrong: Vec::new(),
        };
        for id in board.partitions.keys() {
            match settled_from(board, cast, *id) {
                Some(start) => _ = compared.settled.insert(key(*id), start),
                None => compared.unsettled += 1,
            }
        }
        for (reader, read) in &seen.polled {
            let value = read.record.0;
            compared
                .polled
                .entry(value)
                .or_default()
                .push((*reader, read.offset.0));
            for (last, name) in compared.last.iter_mut().zip(FINAL) {
                if cast.consumer(name) == Some(*reader) {
                    last.entry(value).or_default().insert(read.offset.0);
                }
            }
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
        self.last[isolation]
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

/// The first offset of a partition in which everything is decided and that both final readers have read to its end.
fn settled_from(board: &Board, cast: &Cast, id: TopicPartition) -> Option<Offset> {
    let leader = board.partitions.get(&id)?.leader?;
    let log = board.brokers.get(&leader)?.replicas.get(&id)?;
    let end = log.log_end();
    let at_end = |name: &str| {
        let reader = cast
            .consumer(name)
            .and_then(|reader| board.consumers.get(&reader));
        let position = reader.and_then(|reader| reader.positions.get(&id).copied().flatten());
        position.is_some_and(|position| position >= end)
    };
    let settled = log.last_stable == end && FINAL.iter().all(|name| at_end(name));
    settled.then_some(log.log_start.0)
}

fn wilful(scenario: &Scenario, cast: &Cast) -> BTreeSet<ClientId> {
    let of = |act: &Act| match act {
        Act::Seek { by, .. } => cast.consumer(&by.0),
        Act::SendOffsets(offsets) => cast.consumer(&offsets.consumer.0),
        _ => None,
    };
    scenario.steps.iter().filter_map(of).collect()
}
