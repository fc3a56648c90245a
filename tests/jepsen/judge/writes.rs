//! Writes that nobody read, and reads of what was never written.

use super::order::Orders;
use super::{Did, Finding, History, Key, Kind, Op, Outcome, Value};
use std::collections::{BTreeMap, BTreeSet};

pub fn findings(history: &History, orders: &Orders) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut writers: BTreeMap<(Key, Value), &Op> = BTreeMap::new();
    let mut polled: BTreeSet<(Key, Value)> = BTreeSet::new();
    for op in history.ops() {
        for (key, value) in sent(op) {
            writers.insert((key, value), op);
        }
        polled.extend(read(op));
    }
    let one = |kind, key, value, by: Option<&Op>| Finding {
        kind,
        is_bad: true,
        key,
        process: by.map(|op| op.process),
        values: vec![value],
        offsets: Vec::new(),
    };
    for ((key, value), writer) in &writers {
        if writer.outcome == Outcome::Ok && !polled.contains(&(*key, *value)) {
            found.push(one(Kind::Unseen, *key, *value, None));
        }
        if orders.happened(writer) && is_lost(orders, *key, *value) {
            found.push(one(Kind::LostWrite, *key, *value, None));
        }
    }
    for op in history.ops() {
        let own: BTreeSet<_> = sent(op).collect();
        for (key, value) in read(op) {
            if own.contains(&(key, value)) {
                found.push(one(Kind::PrecommittedRead, key, value, Some(op)));
            }
            let writer = writers.get(&(key, value));
            let failed = writer.is_some_and(|writer| writer.outcome == Outcome::Fail);
            if op.outcome == Outcome::Ok && failed {
                found.push(one(Kind::AbortedRead, key, value, Some(op)));
            }
        }
    }
    found
}

/// Nobody read it, and all of its places lie at or before the first place of something that was read.
fn is_lost(orders: &Orders, key: Key, value: Value) -> bool {
    let Some(order) = orders.keys.get(&key) else {
        return false;
    };
    match (order.last(value), order.bound()) {
        (Some(last), Some(bound)) => last <= bound && !order.read.contains(&value),
        _ => false,
    }
}

fn sent(op: &Op) -> impl Iterator<Item = (Key, Value)> {
    op.did.iter().filter_map(|did| match did {
        Did::Send(key, value, _) => Some((*key, *value)),
        _ => None,
    })
}

fn read(op: &Op) -> impl Iterator<Item = (Key, Value)> {
    op.did.iter().flat_map(|did| {
        let (key, all): (Key, &[_]) = match did {
            Did::Poll(key, all) => (*key, all),
            _ => (0, &[]),
        };
        all.iter().map(move |(_, value)| (key, *value))
    })
}
