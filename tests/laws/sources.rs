//! A source connector that works exactly once writes each row once, in its order, whatever dies (KIP-618). At least once it loses none.

use super::schedule::{Dice, all_brokers, impatient};
use ackscope::model::board::Cell;
use ackscope::model::cast::Cast;
use ackscope::model::scenario::{Act, Api, Brokers, ConnectAct, FrameFate, Phase, Scenario};
use ackscope::model::text::{Settings, Whole, Word};
use ackscope::model::trace::{End, Trace};
use std::collections::BTreeSet;

/// Scripts in the gate. Tried by hand with 5,000.
const SEEDS: u64 = 400;
const ROWS: [&str; 8] = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8"];

fn topic(name: &str) -> Act {
    Act::Topic {
        name: name.into(),
        replicas: vec![[1, 2, 3].map(Whole).to_vec()],
        config: Settings::from([("min.insync.replicas", "2")]),
    }
}

fn named(number: u32) -> Word {
    Word(format!("w{number}"))
}

fn worker(number: u32, exactly_once: bool, dice: &mut Dice) -> Act {
    let support = if exactly_once { "enabled" } else { "disabled" };
    let connector = [
        ("poll.rows", dice.one_of(&["1", "3"])),
        ("poll.interval.ms", dice.one_of(&["10", "700", "2000"])),
        (
            "transaction.boundary",
            dice.one_of(&["poll", "poll", "interval"]),
        ),
        ("transaction.boundary.interval.ms", "900"),
    ];
    Act::Connect(Box::new(ConnectAct {
        id: named(number),
        topic: Some("out".into()),
        source: ROWS.map(Into::into).to_vec(),
        connector: Settings::from(connector),
        worker: Settings::from([
            ("exactly.once.source.support", support),
            ("offset.flush.interval.ms", dice.one_of(&["300", "60000"])),
        ]),
        ..ConnectAct::default()
    }))
}

fn trouble(dice: &mut Dice, by: &Word) -> Act {
    let broker = Brokers {
        broker: Some(Whole(dice.one_of(&[1, 2, 3]))),
        brokers: Vec::new(),
    };
    match dice.roll(6) {
        0 => Act::Crash(broker),
        1 => Act::Stop(broker),
        2 => Act::Start(all_brokers()),
        3 => Act::Cut {
            links: [1, 2, 3]
                .map(|id| Word(format!("{}<->{id}", by.0)))
                .to_vec(),
        },
        4 => Act::Heal { links: Vec::new() },
        _ => Act::Fault {
            api: dice.one_of(&[Api::Produce, Api::EndTxn, Api::InitProducerId]),
            phase: dice.one_of(&[Phase::Request, Phase::Response]),
            from: "*".into(),
            to: "*".into(),
            nth: 1,
            then: FrameFate::Reset,
            name: None,
            delay_ms: 0,
        },
    }
}

/// A random script: workers come one after the other, some die, some are stopped, some are only cut off.
fn scenario(seed: u64, exactly_once: bool) -> Scenario {
    let mut dice = Dice::new(seed ^ 0x50AC);
    let mut steps = vec![topic("out"), topic("connect-offsets")];
    let workers = 1 + u32::try_from(dice.roll(3)).unwrap_or(0);
    for number in 1..=workers {
        let by = named(number);
        steps.push(worker(number, exactly_once, &mut dice));
        for _ in 0..1 + dice.roll(3) {
            let ms = dice.one_of(&[500, 3_004, 3_230, 4_100, 6_000]);
            steps.push(Act::Sleep { ms });
            steps.push(trouble(&mut dice, &by));
        }
        match dice.roll(3) {
            0 => {}
            1 => steps.push(Act::StopConnect { by }),
            _ => steps.push(Act::KillConnect { by }),
        }
    }
    steps.extend([
        Act::Unfault,
        Act::Start(all_brokers()),
        Act::Sleep { ms: 9_000 },
        Act::Heal { links: Vec::new() },
        Act::Sleep { ms: 9_000 },
        worker(workers + 1, exactly_once, &mut dice),
        Act::Sleep { ms: 90_000 },
    ]);
    Scenario {
        title: format!("source {seed}"),
        seed,
        brokers: impatient(),
        steps,
        ..Scenario::default()
    }
}

/// What a reader of committed records finds.
fn written(scenario: &Scenario) -> Result<Vec<String>, String> {
    let (trace, cast) = (Trace::of(scenario), Cast::of(scenario));
    if *trace.end() != End::Quiescent {
        return Err(format!("it ended with {:?}", trace.end()));
    }
    let board = trace.last_board();
    let out = cast.topic(Some("out")).expect("it is made");
    let out = out.first_partition();
    let leader = board.partitions[&out].leader.ok_or("nobody leads")?;
    let cells = &board.brokers[&leader].replicas[&out].cells;
    let counts = cells.iter().filter(|cell| !cell.aborted);
    let records = counts.filter_map(Cell::record);
    Ok(records.map(|id| cast.value(id).to_owned()).collect())
}

#[test]
fn exactly_once_writes_each_row_once() {
    for seed in 0..SEEDS {
        let found = written(&scenario(seed, true));
        assert_eq!(found, Ok(ROWS.map(str::to_owned).to_vec()), "seed {seed}");
    }
}

#[test]
fn at_least_once_loses_no_row_and_writes_some_twice() {
    let mut more = 0;
    for seed in 0..SEEDS {
        let found = written(&scenario(seed, false)).expect("it ends");
        let rows: BTreeSet<&str> = found.iter().map(String::as_str).collect();
        assert_eq!(rows, BTreeSet::from(ROWS), "seed {seed}: {found:?}");
        more += usize::from(found.len() > ROWS.len());
    }
    assert!(more > 20, "only {more} scripts wrote something twice");
}
