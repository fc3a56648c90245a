//! What transactions promise, while no disk is lost and no election is unclean: facts 9.0, I6. A reader of committed records
//! gets nothing of a transaction that is open or aborted, all of one whose commit returned, each record once; and a transaction
//! ends in one way only, wherever it wrote.

use super::schedule::{Dice, all_brokers, impatient, send_one};
use ackscope::model::board::Board;
use ackscope::model::cast::Cast;
use ackscope::model::ids::{ClientId, Offset, ProducerEpoch, ProducerId, RecordId, TopicPartition};
use ackscope::model::observation::{Observation, Read, TransactionFact};
use ackscope::model::record::Outcome;
use ackscope::model::scenario::{
    Act, Api, Brokers, ConsumerAct, Family, FrameFate, Names, Phase, PollAct, Rule, Scenario,
};
use ackscope::model::text::{Settings, Whole, Word};
use ackscope::model::trace::{Limits, Trace};
use ackscope::model::transaction::TransactionCall;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

const SEEDS: u64 = 600;
const PRODUCERS: [(&str, &str); 3] = [("p1", "a"), ("p2", "b"), ("p3", "a")];
/// Requests that are lost or delayed now and then.
const FRAMES: [Api; 6] = [
    Api::Produce,
    Api::EndTxn,
    Api::WriteTxnMarkers,
    Api::AddPartitionsToTxn,
    Api::InitProducerId,
    Api::FindCoordinator,
];

pub fn producer((id, name): (&str, &str)) -> Act {
    Act::Producer {
        id: id.into(),
        family: Family::Java,
        bootstrap: Vec::new(),
        config: Settings::from([
            ("transactional.id", name),
            ("linger.ms", "0"),
            ("request.timeout.ms", "2000"),
            ("delivery.timeout.ms", "5000"),
            ("max.block.ms", "8000"),
            ("transaction.timeout.ms", "6000"),
        ]),
        warm: false,
    }
}

fn reader() -> Act {
    Act::Consumer(Box::new(ConsumerAct {
        id: "c1".into(),
        assign: Some(vec![Whole(0), Whole(1)]),
        config: Settings::from([
            ("auto.offset.reset", "earliest"),
            ("isolation.level", "read_committed"),
            ("request.timeout.ms", "3000"),
        ]),
        ..ConsumerAct::default()
    }))
}

fn poll(timeout: u32) -> Act {
    Act::Poll(Box::new(PollAct {
        by: Names::Several(vec!["c1".into()]),
        records: None,
        calls: None,
        idle_ms: None,
        timeout_ms: Some(Whole(timeout)),
        slice_ms: Some(Whole(100)),
    }))
}

/// What goes wrong next.
pub fn trouble(dice: &mut Dice, client: &str) -> Act {
    let broker = Brokers {
        broker: Some(Whole(dice.one_of(&[1, 2, 3]))),
        brokers: Vec::new(),
    };
    let link = |text: String| vec![Word(text)];
    match dice.roll(8) {
        0 => Act::Crash(broker),
        1 => Act::Stop(broker),
        2 => Act::Pause(broker),
        3 => Act::Start(all_brokers()),
        4 => Act::Resume(all_brokers()),
        5 => Act::Reset {
            links: link(format!("{client}->{}", 1 + dice.roll(3))),
        },
        6 => Act::Sleep {
            ms: dice.one_of(&[5, 300, 2_500, 7_500]),
        },
        _ => Act::Fault {
            from: "*".into(),
            to: "*".into(),
            api: dice.one_of(&FRAMES),
            phase: dice.one_of(&[Phase::Request, Phase::Response]),
            nth: 1 + u32::try_from(dice.roll(2)).unwrap_or(0),
            then: dice.one_of(&[FrameFate::Reset, FrameFate::Reset, FrameFate::Delay]),
            name: None,
            delay_ms: dice.one_of(&[50, 900]),
        },
    }
}

/// Everybody is back, and what can be read is read.
fn ending() -> [Act; 5] {
    [
        Act::Unfault,
        Act::Resume(all_brokers()),
        Act::Start(all_brokers()),
        Act::Sleep { ms: 25_000 },
        poll(15_000),
    ]
}

/// A random script with transactions, and at its end everybody is back.
pub fn scenario(seed: u64, rules: &[Rule]) -> Scenario {
    let mut dice = Dice::new(seed ^ 0x7a5);
    let mut steps = vec![Act::Topic {
        name: "t".into(),
        replicas: [[1, 2, 3], [2, 3, 1]]
            .map(|ids| ids.map(Whole).to_vec())
            .to_vec(),
        config: Settings::from([("min.insync.replicas", "2")]),
    }];
    steps.extend(PRODUCERS.map(producer));
    steps.push(reader());
    let by = |name: &str| Word(name.to_owned());
    steps.push(Act::Init { by: by("p1") });
    steps.push(Act::Init { by: by("p2") });
    let mut sent = 0;
    for _ in 0..12 + dice.roll(14) {
        let third = dice.roll(12) == 0;
        let name = if third {
            "p3"
        } else {
            dice.one_of(&["p1", "p2"])
        };
        let act = match dice.roll(12) {
            0 | 1 => Act::Begin { by: by(name) },
            2..=5 => send_one(by(name), &mut dice, &mut sent),
            6 | 7 => Act::CommitTxn { by: by(name) },
            8 => Act::AbortTxn { by: by(name) },
            9 if third => Act::Init { by: by(name) },
            9 => poll(300),
            _ => trouble(&mut dice, name),
        };
        if let Act::CommitTxn { by } | Act::AbortTxn { by } = &act {
            let by = by.clone();
            steps.push(act);
            steps.push(Act::Begin { by });
        } else {
            steps.push(act);
        }
    }
    steps.extend(ending());
    Scenario {
        title: format!("transactions {seed}"),
        seed,
        rules: rules.iter().copied().collect(),
        brokers: impatient(),
        steps,
        ..Scenario::default()
    }
}

/// What an application knows of its transactions.
#[derive(Default)]
struct Told {
    /// Records of the transaction that is open, by producer.
    open: BTreeMap<ClientId, BTreeSet<RecordId>>,
    committed: BTreeSet<RecordId>,
    aborted: BTreeSet<RecordId>,
    acknowledged: BTreeSet<RecordId>,
    /// `send()` threw: the record goes with another transaction, or with none.
    stray: BTreeSet<RecordId>,
}

impl Told {
    fn take(&mut self, fact: &Observation) {
        match fact {
            Observation::RecordSent { record, producer } => {
                self.open.entry(*producer).or_default().insert(*record);
            }
            Observation::RecordAcknowledged { record, .. } => {
                self.acknowledged.insert(*record);
            }
            Observation::RecordFailed { record, error } if error.is_thrown() => {
                self.stray.insert(*record);
            }
            Observation::Transaction(TransactionFact::TransactionCallReturned {
                producer,
                call,
                thrown: None,
            }) => {
                let records = self.open.remove(producer).unwrap_or_default();
                match call {
                    TransactionCall::Commit => self.committed.extend(records),
                    TransactionCall::Abort => self.aborted.extend(records),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// How far each partition was decided at any of its leaders.
type Decided = BTreeMap<TopicPartition, Offset>;

/// I6: what a reader of committed records is given lies below what a leader knew as decided, and no replica that knows more of
/// it than another has it as aborted.
fn is_decided(board: &Board, decided: &Decided, read: &Read) -> Result<(), String> {
    let replicas = board.brokers.values();
    let replicas = replicas.filter_map(|broker| broker.replicas.get(&read.partition));
    let cells = replicas.flat_map(|replica| &replica.cells);
    let mut own = cells.filter(|cell| cell.offset == read.offset);
    let wrong = own.any(|cell| cell.record() != Some(read.record) || cell.aborted);
    let stable = decided.get(&read.partition);
    match stable.is_some_and(|stable| read.offset < *stable) && !wrong {
        true => Ok(()),
        false => Err(format!("{read:?} was not decided")),
    }
}

impl Told {
    /// What was read is what was committed, once; the answer is how much that is.
    fn agrees(&self, reads: &[Read]) -> Result<usize, String> {
        let seen: BTreeSet<RecordId> = reads.iter().map(|read| read.record).collect();
        if seen.len() < reads.len() {
            return Err("a record was read twice".to_owned());
        }
        let certain = |records: &BTreeSet<RecordId>| -> BTreeSet<RecordId> {
            let own = records.difference(&self.stray);
            own.filter(|id| self.acknowledged.contains(id))
                .copied()
                .collect()
        };
        if let Some(lost) = certain(&self.committed).difference(&seen).next() {
            return Err(format!("{lost:?} was committed and is not read"));
        }
        if let Some(dirty) = certain(&self.aborted).intersection(&seen).next() {
            return Err(format!("{dirty:?} was aborted and is read"));
        }
        Ok(certain(&self.committed).len())
    }
}

/// True if every partition has a leader in the end; none of them may have an open transaction.
fn has_settled(board: &Board) -> Result<bool, String> {
    for (id, partition) in &board.partitions {
        let leader = partition.leader.and_then(|id| board.brokers.get(&id));
        let replica = leader.and_then(|broker| broker.replicas.get(id));
        match replica {
            Some(replica) if replica.last_stable == replica.log_end() => {}
            Some(_) => return Err(format!("{id:?} has an open transaction in the end")),
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// Plays a schedule; what it breaks, and how many records of committed transactions were read.
fn breaks(seed: u64, rules: &[Rule]) -> Result<usize, String> {
    let scenario = scenario(seed, rules);
    let cast = Cast::of(&scenario);
    let reader = cast.consumer("c1").expect("a reader");
    let mut told = Told::default();
    let mut reads: Vec<Read> = Vec::new();
    let mut ends: BTreeMap<(ProducerId, ProducerEpoch), Outcome> = BTreeMap::new();
    let mut decided = Decided::new();
    let mut broken = Ok(());
    let trace = Trace::watched(&scenario, Limits::default(), &mut |world, step| {
        for fact in step.observations {
            told.take(fact);
            let check = match fact {
                Observation::RecordsRead {
                    reader: who,
                    records,
                } if *who == reader => {
                    reads.extend(records);
                    let board = world.board();
                    let mut reads = records.iter();
                    reads.try_for_each(|read| is_decided(&board, &decided, read))
                }
                Observation::HighWatermarkAdvanced {
                    broker, partition, ..
                } => {
                    let board = world.board();
                    let stable = board.brokers[broker].replicas[partition].last_stable;
                    let known = decided.entry(*partition).or_default();
                    *known = stable.max(*known);
                    Ok(())
                }
                Observation::Transaction(TransactionFact::MarkerWritten {
                    writer,
                    epoch,
                    outcome,
                    ..
                }) => match ends.insert((*writer, *epoch), *outcome) {
                    // By the older protocol many transactions share an epoch.
                    Some(other) if other != *outcome && rules.is_empty() => {
                        Err(format!("{fact:?} after {other:?}"))
                    }
                    _ => Ok(()),
                },
                _ => Ok(()),
            };
            if check.is_err() {
                broken = check;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    broken?;
    let board = trace.last_board();
    if !has_settled(&board)? {
        return Ok(0);
    }
    reads
        .iter()
        .try_for_each(|read| is_decided(&board, &decided, read))?;
    told.agrees(&reads)
}

#[test]
fn readers_of_committed_records_get_each_transaction_whole_once_or_not_at_all() {
    let mut most = 0;
    for seed in 0..SEEDS {
        match breaks(seed, &[]) {
            Ok(read) => most = most.max(read),
            Err(says) => panic!("seed {seed}: {says}"),
        }
    }
    assert!(most > 3, "hardly anything was committed");
}

#[test]
fn by_the_older_protocol_they_do_so_too() {
    for seed in 0..SEEDS {
        if let Err(says) = breaks(seed, &[Rule::EpochKeptBetweenTransactions]) {
            panic!("seed {seed}: {says}");
        }
    }
}

#[test]
fn the_law_sees_what_an_older_rule_breaks() {
    let broken = (0..SEEDS).find_map(|seed| breaks(seed, &[Rule::NoDuplicateDetection]).err());
    assert_eq!(broken.as_deref(), Some("a record was read twice"));
}
