//! Which partitions of a run can be compared: what no client knows.

use super::runs::FINAL;
use crate::jepsen::compare::seen::key;
use crate::jepsen::judge::{Key, Offset};
use ackscope::model::board::Board;
use ackscope::model::cast::Cast;
use ackscope::model::ids::TopicPartition;
use ackscope::model::observation::Observation;
use ackscope::model::trace::Trace;
use std::collections::BTreeMap;

/// Partitions in which everything is decided and that both final readers have read to their end, with their first offsets; none
/// if a fault came so late that a leader changed after they had begun to read.
pub fn settled(trace: &Trace, board: &Board, cast: &Cast) -> BTreeMap<Key, Offset> {
    let mut facts = trace.steps().facts().iter().rev();
    let begins = |fact: &&Observation| matches!(fact, Observation::ActBegan { .. });
    let while_polled = facts.by_ref().take_while(|fact| !begins(fact));
    let mut while_polled =
        while_polled.filter(|fact| matches!(fact, Observation::LeaderElected { .. }));
    if while_polled.next().is_some() {
        return BTreeMap::new();
    }
    let all = board.partitions.keys();
    let settled = all.filter_map(|id| Some((key(*id), settled_from(board, cast, *id)?)));
    settled.collect()
}

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
