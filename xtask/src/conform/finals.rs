//! The final polls of a recording: what its `final` says that readers of each isolation level found.

use super::jepsen::compare::seen::key;
use super::jepsen::judge::{Did, Event, Key, Offset, Op, Outcome};
use super::witness::Witness;
use ackscope::model::ids::TopicPartition;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Where each value was found, at each isolation level.
type Found = [BTreeMap<u32, BTreeSet<Offset>>; 2];

impl Witness<'_> {
    /// The partitions that can be compared, with their first offsets, and what was found in all of them.
    pub fn final_state(&mut self) -> (BTreeMap<Key, Offset>, Found) {
        let mut settled = BTreeMap::new();
        let mut last = Found::default();
        let topics = self.observed.get("final").and_then(Value::as_object);
        for (name, partitions) in topics.into_iter().flatten() {
            let Some(topic) = self.diary.cast.topic(Some(name)) else {
                continue;
            };
            for (number, state) in partitions.as_object().into_iter().flatten() {
                let Ok(partition) = number.parse() else {
                    continue;
                };
                let home = TopicPartition { topic, partition };
                settled.extend(settled_from(state).map(|start| (key(home), start)));
                self.final_polls(home, state, &mut last);
            }
        }
        (settled, last)
    }

    /// Two readers of everything there is, of each isolation level.
    fn final_polls(&mut self, home: TopicPartition, state: &Value, last: &mut Found) {
        for (place, level) in ["read_uncommitted", "read_committed"]
            .into_iter()
            .enumerate()
        {
            let level = state.get(level).filter(|level| level.is_object());
            let level = level.or(state.get("read_uncommitted"));
            let records = level
                .and_then(|level| level.get("records"))
                .and_then(Value::as_array);
            let mut did = Vec::new();
            for record in records.into_iter().flatten() {
                let value = record
                    .get("value")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let offset = record.get("offset").and_then(Value::as_u64).unwrap_or(0);
                if let Some(record) = self.values.get(&(home.topic, value)) {
                    did.push((offset, record.0));
                    last[place].entry(record.0).or_default().insert(offset);
                }
            }
            let process = 1 << 20 | u32::try_from(place).unwrap_or(0);
            let (outcome, did) = (Outcome::Ok, vec![Did::Poll(key(home), did)]);
            let committed = Some(place == 1);
            self.diary
                .push(Event::Assign(process, vec![key(home)]), committed);
            let op = Op {
                process,
                outcome,
                did,
            };
            self.diary.push(Event::Op(op), committed);
        }
    }
}

/// The first offset, if both readers have come to the end of the leader's log.
fn settled_from(state: &Value) -> Option<Offset> {
    let all = state.get("read_uncommitted")?;
    let end = |level: &Value| level.get("end").and_then(Value::as_u64);
    let committed = state
        .get("read_committed")
        .filter(|level| level.is_object())
        .unwrap_or(all);
    let leader = state.get("leader").and_then(Value::as_i64)?.to_string();
    let log = state.get("replica_logs")?.get(leader)?.as_array()?;
    let last = log
        .last()
        .and_then(|entry| entry.get("offset"))
        .and_then(Value::as_u64);
    let log_end = last.map_or(end(all)?, |last| last + 1);
    let settled = end(all)? == log_end && end(committed)? == log_end;
    settled.then(|| all.get("start").and_then(Value::as_u64))?
}
