//! G0, cycles of writes. Kafka does not isolate writes, so it is not an anomaly; it is found to show that it is not counted.

use super::order::Orders;
use super::{Did, Finding, History, Key, Kind, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Which operations wrote just before which, somewhere.
type Edges = BTreeMap<usize, BTreeSet<usize>>;

pub fn findings(history: &History, orders: &Orders) -> Vec<Finding> {
    let writers = writers(history);
    let mut edges = Edges::new();
    for (key, order) in &orders.keys {
        let writer = |values: &BTreeSet<Value>| writers.get(&(*key, *values.first()?)).copied();
        let line: Vec<_> = order.by_index().filter_map(writer).collect();
        for pair in line.windows(2).filter(|pair| pair[0] != pair[1]) {
            edges.entry(pair[0]).or_default().insert(pair[1]);
        }
    }
    let within = peeled(edges);
    let on_cycle = |(_, writer): &(&(Key, Value), &usize)| within.contains(*writer);
    let first = writers.iter().find(on_cycle);
    let finding = first.map(|((key, _), _)| Finding {
        kind: Kind::WriteCycle,
        is_bad: false,
        key: *key,
        process: None,
        values: Vec::new(),
        offsets: Vec::new(),
    });
    finding.into_iter().collect()
}

fn writers(history: &History) -> BTreeMap<(Key, Value), usize> {
    let mut writers = BTreeMap::new();
    for (number, op) in history.ops().enumerate() {
        for did in &op.did {
            if let Did::Send(key, value, _) = did {
                writers.insert((*key, *value), number);
            }
        }
    }
    writers
}

/// What is left when everything that nothing comes before has been taken away, again and again: cycles, and what they lead to.
fn peeled(mut edges: Edges) -> BTreeSet<usize> {
    loop {
        let reached: BTreeSet<usize> = edges.values().flatten().copied().collect();
        let before = edges.len();
        edges.retain(|from, _| reached.contains(from));
        if edges.len() == before {
            return edges.into_keys().collect();
        }
    }
}
