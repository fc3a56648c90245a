//! Random runs with readers of all kinds, and with the final polls at their end.

use crate::schedule::{Dice, impatient, send_one, troubled};
use crate::storm::storm;
use crate::{groups, transactions};
use ackscope::model::scenario::{
    Act, Api, Brokers, CommitAct, ConsumerAct, FrameFate, Names, Phase, PollAct, Rule, Scenario,
    SendOffsetsAct, WaitFor,
};
use ackscope::model::text::{Settings, Whole, Word};

/// Those who read everything at the end: of everything, and of committed records.
pub const FINAL: [&str; 2] = ["final-uncommitted", "final-committed"];

/// The kinds of runs.
pub const KINDS: u64 = 5;

/// A random run.
pub fn run(seed: u64) -> Scenario {
    let mut dice = Dice::new(seed ^ 0x2_1D6E);
    let mut scenario = match seed % KINDS {
        0 => troubled(seed),
        1 => late_ends(
            transactions::scenario(seed, transaction_rules(&mut dice)),
            &mut dice,
        ),
        2 => loops(&mut dice, seed),
        3 => {
            let kind = groups::KINDS[dice.roll(3) as usize];
            return finished(groups::scenario(seed, kind), &mut dice);
        }
        _ => storm(seed),
    };
    if seed % KINDS == 2 {
        return finished(scenario, &mut dice);
    }
    accompany(&mut scenario, &mut dice);
    finished(scenario, &mut dice)
}

/// Older rules of transactions, now and then.
fn transaction_rules(dice: &mut Dice) -> &'static [Rule] {
    match dice.roll(6) {
        0 | 1 => &[Rule::EpochKeptBetweenTransactions],
        2 => &[Rule::NoDuplicateDetection],
        _ => &[],
    }
}

/// Ends of transactions that arrive when others have begun.
fn late_ends(mut scenario: Scenario, dice: &mut Dice) -> Scenario {
    let mut steps = Vec::new();
    for act in scenario.steps.drain(..) {
        let ends = matches!(act, Act::CommitTxn { .. } | Act::AbortTxn { .. });
        if ends && dice.roll(5) == 0 {
            steps.push(Act::Fault {
                from: "*".into(),
                to: "*".into(),
                api: Api::EndTxn,
                phase: Phase::Request,
                nth: 1,
                then: FrameFate::Delay,
                name: None,
                delay_ms: dice.one_of(&[2_020, 2_400, 4_000]),
            });
        }
        let by = match &act {
            Act::CommitTxn { by } | Act::AbortTxn { by } if ends && dice.roll(6) == 0 => {
                Some(by.clone())
            }
            _ => None,
        };
        steps.push(act);
        if let Some(by) = by {
            steps.extend(two_halves(dice, &by));
        }
    }
    Scenario { steps, ..scenario }
}

/// A transaction that takes its time: an end that is late arrives between its two records.
fn two_halves(dice: &mut Dice, by: &Word) -> [Act; 5] {
    let send = |partition: u32, number: u64| Act::Send {
        by: by.clone(),
        topic: None,
        partition: Some(Whole(partition)),
        key: None,
        timestamp: None,
        values: vec![format!("h{number}").as_str().into()],
        wait: WaitFor::Each,
        gap_ms: 0,
    };
    let number = dice.roll(1 << 40);
    let ends = match dice.roll(3) {
        0 => Act::AbortTxn { by: by.clone() },
        _ => Act::CommitTxn { by: by.clone() },
    };
    [
        Act::Begin { by: by.clone() },
        send(0, 2 * number),
        Act::Sleep { ms: 2_500 },
        send(1, 2 * number + 1),
        ends,
    ]
}

fn partitions(scenario: &Scenario) -> u32 {
    let made = scenario.steps.iter().find_map(|act| match act {
        Act::Topic { replicas, .. } => Some(replicas.len()),
        _ => None,
    });
    u32::try_from(made.unwrap_or(1)).unwrap_or(1)
}

fn reader(id: &str, assign: Option<u32>, group: Option<&str>, config: &[(&str, &str)]) -> Act {
    let mut settings = Settings::from([
        ("auto.offset.reset", "earliest"),
        ("request.timeout.ms", "3000"),
    ]);
    for (key, value) in config {
        settings.0.insert((*key).to_owned(), (*value).to_owned());
    }
    Act::Consumer(Box::new(ConsumerAct {
        id: id.into(),
        group: group.map(Word::from),
        assign: assign.map(|count| (0..count).map(Whole).collect()),
        config: settings,
        ..ConsumerAct::default()
    }))
}

fn isolation(committed: bool) -> (&'static str, &'static str) {
    let level = if committed {
        "read_committed"
    } else {
        "read_uncommitted"
    };
    ("isolation.level", level)
}

fn poll(by: Vec<Word>, timeout: u32, idle: Option<u32>) -> Act {
    Act::Poll(Box::new(PollAct {
        by: Names::Several(by),
        records: None,
        calls: None,
        idle_ms: idle.map(Whole),
        timeout_ms: Some(Whole(timeout)),
        slice_ms: Some(Whole(500)),
    }))
}

/// Readers read while it goes on.
fn accompany(scenario: &mut Scenario, dice: &mut Dice) {
    let company = company(partitions(scenario), dice);
    let here: Vec<Word> = names(&company);
    let made = |act: &Act| matches!(act, Act::Topic { .. });
    let at = scenario.steps.iter().position(made).map_or(0, |at| at + 1);
    let steps = scenario.steps.split_off(at);
    scenario.steps.extend(company);
    for act in steps {
        let sender = match &act {
            Act::Send { by, .. } => Some(by.clone()),
            _ => None,
        };
        scenario.steps.push(match act {
            Act::Sleep { ms } if !here.is_empty() && dice.roll(3) > 0 => {
                let some: Vec<Word> = here.iter().filter(|_| dice.roll(3) > 0).cloned().collect();
                let by = if some.is_empty() { here.clone() } else { some };
                poll(by, ms.clamp(100, 20_000), None)
            }
            act => act,
        });
        if !here.is_empty() && dice.roll(4) == 0 {
            let by = here[usize::try_from(dice.roll(here.len() as u64)).unwrap_or(0)].clone();
            scenario.steps.push(meanwhile(dice, by));
        }
        if let Some(by) = sender.filter(|_| !here.is_empty() && dice.roll(25) == 0) {
            scenario.steps.extend(overtaken(dice, &by, &here));
        }
        if dice.roll(60) == 0 {
            scenario.steps.push(Act::DeleteRecords {
                topic: None,
                partition: None,
                before: i64::try_from(dice.roll(4)).unwrap_or(0) - 1,
            });
        }
    }
}

/// Some readers of partitions of their own, and some members of a group.
fn company(partitions: u32, dice: &mut Dice) -> Vec<Act> {
    let many = dice.one_of(&["1", "2", "500"]);
    let reset = dice.one_of(&["earliest", "earliest", "earliest", "latest"]);
    let mut company = Vec::new();
    for (id, committed) in [("a1", false), ("a2", true), ("b1", false), ("b2", true)] {
        let config = [
            isolation(committed),
            ("max.poll.records", many),
            ("auto.offset.reset", reset),
        ];
        company.push(reader(id, Some(partitions), Some(id), &config));
    }
    for id in ["g1", "g2"] {
        let config = [
            isolation(dice.roll(2) == 0),
            ("session.timeout.ms", "6000"),
            ("auto.commit.interval.ms", "700"),
        ];
        company.push(reader(id, None, Some("g"), &config));
    }
    company.retain(|_| dice.roll(3) == 0);
    company
}

fn names(acts: &[Act]) -> Vec<Word> {
    let name = |act: &Act| match act {
        Act::Consumer(one) => Some(one.id.clone()),
        _ => None,
    };
    acts.iter().filter_map(name).collect()
}

/// What a reader does besides.
fn meanwhile(dice: &mut Dice, by: Word) -> Act {
    match dice.roll(8) {
        0 => Act::Seek {
            by,
            topic: None,
            partition: None,
            offset: Whole(u32::try_from(dice.roll(6)).unwrap_or(0)),
        },
        1 => Act::CommitSync(Box::new(CommitAct {
            by,
            topic: None,
            partition: None,
            offset: None,
        })),
        _ => poll(vec![by], dice.one_of(&[100, 600]), None),
    }
}

/// What readers have not yet read is deleted, and more comes: whoever begins at the end then leaves something out.
fn overtaken(dice: &mut Dice, by: &Word, readers: &[Word]) -> [Act; 9] {
    let mut send = |count: u64| Act::Send {
        by: by.clone(),
        topic: None,
        partition: Some(Whole(0)),
        key: None,
        timestamp: None,
        values: (0..count)
            .map(|_| format!("o{}", dice.roll(1 << 40)).as_str().into())
            .collect(),
        wait: WaitFor::None,
        gap_ms: 0,
    };
    let all = |timeout: u32| poll(readers.to_vec(), timeout, None);
    let rest = || Act::Sleep { ms: 300 };
    [
        all(900),
        send(1),
        rest(),
        Act::DeleteRecords {
            topic: None,
            partition: None,
            before: -1,
        },
        send(2),
        rest(),
        all(500),
        send(2),
        all(900),
    ]
}

/// Who was there reads what is left, and then the final polls.
fn finished(mut scenario: Scenario, dice: &mut Dice) -> Scenario {
    let names = names(&scenario.steps);
    if !names.is_empty() && dice.roll(4) > 0 {
        scenario.steps.push(poll(names, 12_000, Some(4_000)));
    }
    let partitions = partitions(&scenario);
    for (id, committed) in FINAL.into_iter().zip([false, true]) {
        let isolation = isolation(committed);
        scenario
            .steps
            .push(reader(id, Some(partitions), None, &[isolation]));
    }
    let by = FINAL.map(Word::from).to_vec();
    scenario.steps.push(poll(by, 20_000, Some(3_000)));
    scenario
}

/// Applications that read, write and commit their positions in transactions, of either isolation level; some of them read what
/// they write.
fn loops(dice: &mut Dice, seed: u64) -> Scenario {
    let all = |ids: &[u32]| ids.iter().copied().map(Whole).collect::<Vec<_>>();
    let mut steps = vec![Act::Topic {
        name: "t".into(),
        replicas: vec![all(&[1, 2, 3]), all(&[2, 3, 1])],
        config: Settings::from([("min.insync.replicas", "2")]),
    }];
    let mut readers = Vec::new();
    for number in 1..=2 {
        let (producer, consumer) = (format!("p{number}"), format!("c{number}"));
        steps.push(transactions::producer((&producer, &producer)));
        steps.push(Act::Init {
            by: producer.as_str().into(),
        });
        let assign = (dice.roll(3) > 0).then_some(2);
        let group = format!("loop{}", if assign.is_some() { number } else { 9 });
        let own = [
            isolation(dice.roll(3) == 0),
            ("max.poll.records", "2"),
            ("enable.auto.commit", "false"),
            ("session.timeout.ms", "6000"),
        ];
        readers.push(reader(&consumer, assign, Some(&group), &own));
    }
    steps.extend(readers);
    let mut sent = 0;
    let mut within = [false; 2];
    for _ in 0..14 + dice.roll(14) {
        let number = dice.roll(2);
        let act = turn(
            dice,
            number,
            &mut within[usize::from(number == 1)],
            &mut sent,
        );
        steps.push(act);
    }
    steps.extend([
        Act::Unfault,
        Act::Heal { links: Vec::new() },
        Act::Start(Brokers {
            broker: None,
            brokers: all(&[1, 2, 3]),
        }),
        Act::Sleep { ms: 20_000 },
    ]);
    let mut brokers = impatient();
    let delay = "group.initial.rebalance.delay.ms";
    brokers.0.insert(delay.into(), "0".into());
    Scenario {
        title: format!("loops {seed}"),
        seed,
        brokers,
        steps,
        ..Scenario::default()
    }
}

/// What one of two applications does next.
fn turn(dice: &mut Dice, number: u64, within: &mut bool, sent: &mut u32) -> Act {
    let by: Word = format!("p{}", number + 1).as_str().into();
    let consumer: Word = format!("c{}", number + 1).as_str().into();
    if !*within && dice.roll(3) > 0 {
        *within = true;
        return Act::Begin { by };
    }
    match dice.roll(16) {
        0..=4 => send_one(by, dice, sent),
        5..=8 => poll(vec![consumer], dice.one_of(&[150, 600, 3_000]), None),
        9 => Act::SendOffsets(Box::new(SendOffsetsAct {
            by,
            consumer,
            topic: None,
            partition: None,
            offset: None,
            without_member: false,
        })),
        10 | 11 => {
            *within = false;
            Act::CommitTxn { by }
        }
        12 => {
            *within = false;
            Act::AbortTxn { by }
        }
        13 => Act::Seek {
            by: consumer,
            topic: None,
            partition: None,
            offset: Whole(u32::try_from(dice.roll(4)).unwrap_or(0)),
        },
        _ => transactions::trouble(dice, &by.0),
    }
}
