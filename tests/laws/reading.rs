//! What readers may and may not get, while no disk is lost and no election is unclean: facts 9.0, I5, and that both isolation
//! levels are one where there are no transactions.

use super::schedule::scenario;
use ackscope::model::board::Board;
use ackscope::model::cast::Cast;
use ackscope::model::ids::{ClientId, NodeId, Offset, RecordId};
use ackscope::model::observation::{Observation, Sent};
use ackscope::model::scenario::{Act, Api, ConsumerAct, Names, Phase, PollAct, Scenario, WaitFor};
use ackscope::model::text::{Settings, Whole};
use ackscope::model::trace::{Limits, Trace};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

const SEEDS: u64 = 300;
/// The isolation level of each reader.
const READERS: [(&str, &str); 2] = [("c1", "read_uncommitted"), ("c2", "read_committed")];

/// A random schedule, read while it goes wrong and once more when everybody is back.
pub fn with_readers(seed: u64) -> Scenario {
    let mut scenario = scenario(seed);
    let reader = |(id, isolation): (&str, &str)| {
        Act::Consumer(Box::new(ConsumerAct {
            id: id.into(),
            assign: Some(vec![Whole(0)]),
            config: Settings::from([
                ("auto.offset.reset", "earliest"),
                ("isolation.level", isolation),
                ("max.poll.records", "2"),
                ("request.timeout.ms", "3000"),
            ]),
            ..ConsumerAct::default()
        }))
    };
    let poll = |timeout: u32| {
        Act::Poll(Box::new(PollAct {
            by: Names::Several(READERS.map(|(id, _)| id.into()).to_vec()),
            records: None,
            calls: None,
            idle_ms: None,
            timeout_ms: Some(Whole(timeout)),
            slice_ms: Some(Whole(700)),
        }))
    };
    for act in &mut scenario.steps {
        match act {
            Act::Send { wait, .. } => *wait = WaitFor::None,
            Act::Sleep { .. } => *act = poll(20_000),
            _ => {}
        }
    }
    scenario.steps.splice(1..1, READERS.map(reader));
    scenario.steps.push(poll(30_000));
    scenario
}

/// I5: what leaves a leader for a reader is below that leader's high watermark.
fn only_committed_leaves(board: &Board, sent: &Sent) {
    let (NodeId::Broker(from), NodeId::Client(_)) = (sent.from, sent.to) else {
        return;
    };
    if (sent.api, sent.phase) != (Api::Fetch, Phase::Response) {
        return;
    }
    for record in &sent.records {
        let replicas = board.brokers[&from].replicas.values();
        let below = |replica: &ackscope::model::board::ReplicaBoard| {
            replica
                .cells
                .iter()
                .any(|cell| cell.record() == Some(*record) && cell.offset < replica.high_watermark)
        };
        assert!(
            replicas.into_iter().any(below),
            "broker {from} sent {record:?} from above its high watermark"
        );
    }
}

#[test]
fn readers_get_what_is_committed_in_order_and_at_every_isolation_level() {
    let mut most = 0;
    for seed in 0..SEEDS {
        let scenario = with_readers(seed);
        let cast = Cast::of(&scenario);
        let mut got: BTreeMap<ClientId, Vec<(Offset, RecordId)>> = BTreeMap::new();
        let trace = Trace::watched(&scenario, Limits::default(), &mut |world, step| {
            for fact in step.observations {
                match fact {
                    Observation::MessageSent(sent) => only_committed_leaves(&world.board(), sent),
                    Observation::RecordsRead { reader, records } => {
                        let reads = records.iter().map(|read| (read.offset, read.record));
                        got.entry(*reader).or_default().extend(reads);
                    }
                    Observation::TruncationNoticed { .. } | Observation::ReadFailed { .. } => {
                        panic!("seed {seed}: {fact:?}")
                    }
                    _ => {}
                }
            }
            ControlFlow::Continue(())
        });
        let board = trace.last_board();
        let Some(leader) = board.partitions.values().find_map(|known| known.leader) else {
            continue;
        };
        let replica = board.brokers[&leader].replicas.values().next();
        let visible: Vec<_> = replica
            .into_iter()
            .flat_map(|replica| {
                let below = |offset: Offset| offset < replica.high_watermark;
                replica.cells.iter().filter(move |cell| below(cell.offset))
            })
            .filter_map(|cell| Some((cell.offset, cell.record()?)))
            .collect();
        for (id, isolation) in READERS {
            let id = cast.consumer(id).expect("a consumer");
            let read = got.remove(&id).unwrap_or_default();
            assert_eq!(read, visible, "seed {seed}, {isolation}");
        }
        most = most.max(visible.len());
    }
    assert!(most > 3, "hardly anything was read");
}
