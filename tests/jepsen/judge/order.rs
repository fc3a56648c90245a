//! The order of versions: what was seen at which offset of a key. Offsets may have holes (control records, aborted records), so
//! everything is counted in indexes: the places that were seen with a value, without the holes.

use super::{Did, Finding, History, Key, Kind, Offset, Op, Outcome, Value};
use std::collections::{BTreeMap, BTreeSet};

/// One key.
#[derive(Debug, Default)]
pub struct Order {
    /// What was seen where.
    pub seen: BTreeMap<Offset, BTreeSet<Value>>,
    /// The offsets that have an index, ascending.
    places: Vec<Offset>,
    /// The lowest and the highest index of each value.
    ends: BTreeMap<Value, (usize, usize)>,
    /// What operations that happened have read.
    pub read: BTreeSet<Value>,
}

impl Order {
    fn see(&mut self, offset: Offset, value: Value) {
        self.seen.entry(offset).or_default().insert(value);
    }

    fn number(&mut self) {
        self.places = self.seen.keys().copied().collect();
        for (index, values) in self.seen.values().enumerate() {
            for value in values {
                self.ends.entry(*value).or_insert((index, index)).1 = index;
            }
        }
    }

    /// The index of an offset that was seen with a value.
    pub fn index(&self, offset: Offset) -> usize {
        self.places.partition_point(|place| *place < offset)
    }

    /// The lowest index of a value; none if its offset is not known.
    pub fn first(&self, value: Value) -> Option<usize> {
        self.ends.get(&value).map(|(first, _)| *first)
    }

    /// The highest index of a value.
    pub fn last(&self, value: Value) -> Option<usize> {
        self.ends.get(&value).map(|(_, last)| *last)
    }

    /// What lies at the indexes strictly between two.
    pub fn between(&self, from: usize, to: usize) -> Vec<Value> {
        let within = self.seen.values().take(to).skip(from + 1);
        within.flatten().copied().collect()
    }

    /// All values at their indexes.
    pub fn by_index(&self) -> impl Iterator<Item = &BTreeSet<Value>> {
        self.seen.values()
    }

    /// How far anybody read.
    pub fn bound(&self) -> Option<usize> {
        self.read
            .iter()
            .filter_map(|value| self.first(*value))
            .max()
    }
}

/// All keys, and which operations must have happened.
#[derive(Debug, Default)]
pub struct Orders {
    /// By key.
    pub keys: BTreeMap<Key, Order>,
}

impl Orders {
    pub fn of(history: &History) -> Self {
        let mut orders = Self::default();
        for op in history.ops() {
            for did in &op.did {
                let Did::Poll(key, read) = did else {
                    continue;
                };
                let order = orders.keys.entry(*key).or_default();
                for (offset, value) in read {
                    // Whatever becomes of the transaction: a consumer is only given what is safe.
                    order.see(*offset, *value);
                    if op.outcome == Outcome::Ok {
                        order.read.insert(*value);
                    }
                }
            }
        }
        for op in history
            .ops()
            .filter(|op| orders.happened(op))
            .collect::<Vec<_>>()
        {
            for did in &op.did {
                if let Did::Send(key, value, Some(offset)) = did {
                    orders.keys.entry(*key).or_default().see(*offset, *value);
                }
            }
        }
        for order in orders.keys.values_mut() {
            order.number();
        }
        orders
    }

    /// True if an operation must have happened: it is said to have, or one of its writes was read.
    pub fn happened(&self, op: &Op) -> bool {
        let was_read = |did: &Did| match did {
            Did::Send(key, value, _) => self
                .keys
                .get(key)
                .is_some_and(|order| order.read.contains(value)),
            _ => false,
        };
        match op.outcome {
            Outcome::Ok => true,
            Outcome::Info => op.did.iter().any(was_read),
            Outcome::Fail => false,
        }
    }
}

/// Several values at an offset; several offsets of a value.
pub fn findings(orders: &Orders) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, order) in &orders.keys {
        let mut places: BTreeMap<Value, Vec<Offset>> = BTreeMap::new();
        for (offset, values) in &order.seen {
            for value in values {
                places.entry(*value).or_default().push(*offset);
            }
            if values.len() > 1 {
                let values = values.iter().copied().collect();
                found.push(finding(
                    Kind::InconsistentOffsets,
                    *key,
                    values,
                    vec![*offset],
                ));
            }
        }
        let several = places.into_iter().filter(|(_, offsets)| offsets.len() > 1);
        found.extend(
            several.map(|(value, offsets)| finding(Kind::Duplicate, *key, vec![value], offsets)),
        );
    }
    found
}

fn finding(kind: Kind, key: Key, values: Vec<Value>, offsets: Vec<Offset>) -> Finding {
    Finding {
        kind,
        is_bad: true,
        key,
        process: None,
        values,
        offsets,
    }
}
