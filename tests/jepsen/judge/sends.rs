//! Whether what a process sends lies in the order in which it was sent.

use super::order::{Order, Orders};
use super::{Did, Finding, History, Key, Kind, Op, Outcome, Process, Value};
use std::collections::{BTreeMap, BTreeSet};

pub fn findings(history: &History, orders: &Orders) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut last: BTreeMap<(Process, Key), Value> = BTreeMap::new();
    for op in history.ops().filter(|op| op.outcome != Outcome::Fail) {
        for (key, values) in placed(op, orders) {
            let order = &orders.keys[&key];
            let own: BTreeSet<Value> = values.iter().copied().collect();
            for pair in values.windows(2) {
                found.extend(inside(op, key, order, [pair[0], pair[1]], &own));
            }
            let (Some(first), Some(end)) = (values.first(), values.last()) else {
                continue;
            };
            if let Some(before) = last.insert((op.process, key), *end)
                && is_behind(order, before, *first)
            {
                found.push(pair(Kind::NonmonotonicSend, op, key, [before, *first]));
            }
        }
    }
    found
}

/// What an operation sent and whose place is known, by key, in order.
fn placed(op: &Op, orders: &Orders) -> BTreeMap<Key, Vec<Value>> {
    let mut all: BTreeMap<Key, Vec<Value>> = BTreeMap::new();
    for did in &op.did {
        if let Did::Send(key, value, _) = did
            && orders
                .keys
                .get(key)
                .is_some_and(|order| order.first(*value).is_some())
        {
            all.entry(*key).or_default().push(*value);
        }
    }
    all
}

/// Two sends of one operation.
fn inside(
    op: &Op,
    key: Key,
    order: &Order,
    values: [Value; 2],
    own: &BTreeSet<Value>,
) -> Option<Finding> {
    if is_behind(order, values[0], values[1]) {
        return Some(pair(Kind::IntNonmonotonicSend, op, key, values));
    }
    let [from, to] = values.map(|value| order.first(value).unwrap_or(0));
    let others: Vec<Value> = order
        .between(from, to)
        .into_iter()
        .filter(|value| !own.contains(value))
        .collect();
    (!others.is_empty()).then(|| Finding {
        // Transactions of several producers interleave: that is how Kafka writes them.
        is_bad: false,
        values: others,
        ..pair(Kind::IntSendSkip, op, key, values)
    })
}

/// True if the one that was sent first does not lie first.
fn is_behind(order: &Order, earlier: Value, later: Value) -> bool {
    order.first(later) <= order.first(earlier)
}

fn pair(kind: Kind, op: &Op, key: Key, values: [Value; 2]) -> Finding {
    Finding {
        kind,
        is_bad: true,
        key,
        process: Some(op.process),
        values: values.to_vec(),
        offsets: Vec::new(),
    }
}
