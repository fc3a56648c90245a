//! Whether a process that reads a key goes on without holes and without going back.

use super::order::Orders;
use super::{Did, Event, Finding, History, Key, Kind, Offset, Op, Outcome, Process, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What one process reads.
#[derive(Default)]
struct Reader {
    /// Its group decides, and may take a key away and give it back at any time.
    subscribed: bool,
    /// The last thing that an operation of it read of each key.
    last: BTreeMap<Key, (Offset, Value)>,
}

pub fn findings(history: &History, orders: &Orders) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut readers: BTreeMap<Process, Reader> = BTreeMap::new();
    for event in &history.events {
        match event {
            Event::Op(op) => {
                found.extend(within(op, orders));
                if op.outcome == Outcome::Ok {
                    let reader = readers.entry(op.process).or_default();
                    found.extend(reader.go_on(op, orders));
                }
            }
            Event::Assign(process, keys) => {
                let reader = readers.entry(*process).or_default();
                reader.subscribed = false;
                reader.last.retain(|key, _| keys.contains(key));
            }
            Event::Subscribe(process) => {
                let reader = readers.entry(*process).or_default();
                *reader = Reader {
                    subscribed: true,
                    ..Reader::default()
                };
            }
            Event::Seek(process, key) => {
                let reader = readers.entry(*process).or_default();
                reader.last.remove(key);
            }
        }
    }
    found
}

impl Reader {
    /// Compares the first that an operation reads of each key with the last that the one before it read.
    fn go_on(&mut self, op: &Op, orders: &Orders) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut ends: BTreeMap<Key, [(Offset, Value); 2]> = BTreeMap::new();
        for (key, read) in reads(op) {
            ends.entry(key).or_insert([read, read])[1] = read;
        }
        for (key, [first, last]) in ends {
            if let Some(before) = self.last.insert(key, last) {
                let kinds = [Kind::PollSkip, Kind::NonmonotonicPoll];
                let step = compare(orders, key, before, first, kinds);
                found.extend(step.map(|finding| Finding {
                    process: Some(op.process),
                    is_bad: !self.subscribed,
                    ..finding
                }));
            }
        }
        found
    }
}

/// The same within one operation, but for keys that the group moved meanwhile.
fn within(op: &Op, orders: &Orders) -> Vec<Finding> {
    let moved: BTreeSet<Key> = op
        .did
        .iter()
        .filter_map(|did| match did {
            Did::Rebalance(key) => Some(*key),
            _ => None,
        })
        .collect();
    let mut found = Vec::new();
    let mut last: BTreeMap<Key, (Offset, Value)> = BTreeMap::new();
    for (key, read) in reads(op).filter(|(key, _)| !moved.contains(key)) {
        if let Some(before) = last.insert(key, read) {
            let kinds = [Kind::IntPollSkip, Kind::IntNonmonotonicPoll];
            let step = compare(orders, key, before, read, kinds);
            found.extend(step.map(|finding| Finding {
                process: Some(op.process),
                ..finding
            }));
        }
    }
    found
}

fn compare(
    orders: &Orders,
    key: Key,
    before: (Offset, Value),
    after: (Offset, Value),
    [skip, back]: [Kind; 2],
) -> Option<Finding> {
    let order = orders.keys.get(&key)?;
    let (from, to) = (order.index(before.0), order.index(after.0));
    let (kind, values) = match to {
        _ if to <= from => (back, vec![before.1, after.1]),
        _ if to > from + 1 => (skip, order.between(from, to)),
        _ => return None,
    };
    Some(Finding {
        kind,
        is_bad: true,
        key,
        process: None,
        values,
        offsets: vec![before.0, after.0],
    })
}

fn reads(op: &Op) -> impl Iterator<Item = (Key, (Offset, Value))> {
    op.did.iter().flat_map(|did| {
        let (key, all): (Key, &[_]) = match did {
            Did::Poll(key, all) => (*key, all),
            _ => (0, &[]),
        };
        all.iter().map(move |read| (key, *read))
    })
}
