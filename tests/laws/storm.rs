//! Storms: scripts in which everything that can go wrong may go wrong at any time. Which kinds of trouble there are at all is
//! drawn first (swarm testing): a storm of a few kinds goes further than one of all.

use super::schedule::{Dice, all_brokers, producer};
use ackscope::model::scenario::{
    Act, Api, Brokers, ElectionKind, FrameFate, Phase, Scenario, WaitFor,
};
use ackscope::model::text::{Settings, Whole, Word};

/// What a storm is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Crash,
    Stop,
    Pause,
    PowerCut,
    Cut,
    Reset,
    Frame,
    Elect,
}

const TROUBLES: [Trouble; 8] = [
    Trouble::Crash,
    Trouble::Stop,
    Trouble::Pause,
    Trouble::PowerCut,
    Trouble::Cut,
    Trouble::Reset,
    Trouble::Frame,
    Trouble::Elect,
];

/// A random script, and at its end everybody is back.
pub fn storm(seed: u64) -> Scenario {
    let mut dice = Dice::new(seed ^ 0x5707);
    let kinds: Vec<Trouble> = TROUBLES.into_iter().filter(|_| dice.roll(2) == 0).collect();
    let partitions = 1 + dice.roll(2);
    let mut scenario = Scenario {
        title: format!("storm {seed}"),
        seed,
        brokers: brokers(&mut dice),
        steps: vec![topic(&mut dice, partitions)],
        ..Scenario::default()
    };
    let producers = 1 + dice.roll(2);
    for number in 1..=producers {
        scenario.steps.push(Act::Producer {
            id: format!("p{number}").as_str().into(),
            family: Default::default(),
            bootstrap: Vec::new(),
            config: producer(&mut dice),
            warm: dice.roll(2) == 0,
        });
    }
    let mut sent = 0;
    for _ in 0..4 + dice.roll(14) {
        let act = match dice.roll(5) {
            0 | 1 => send(&mut dice, producers, partitions, &mut sent),
            2 => sleep(&mut dice),
            _ => match kinds.is_empty() {
                true => sleep(&mut dice),
                false => trouble(&mut dice, &kinds),
            },
        };
        scenario.steps.push(act);
    }
    scenario.steps.extend(calm());
    scenario
}

/// Everybody comes back, and there is time to get in step.
fn calm() -> Vec<Act> {
    vec![
        Act::Unfault,
        Act::Heal { links: Vec::new() },
        Act::Resume(all_brokers()),
        // Whoever was told to stop while it stood still stops now.
        Act::Sleep { ms: 20_000 },
        Act::Start(all_brokers()),
        Act::Sleep { ms: 60_000 },
        Act::Await { timeout_ms: None },
        Act::Sleep { ms: 60_000 },
    ]
}

fn brokers(dice: &mut Dice) -> Settings {
    let mut brokers = Settings::from([("broker.session.timeout.ms", "3000")]);
    let lag = dice.one_of(&["2000", "4000", "30000"]);
    brokers
        .0
        .insert("replica.lag.time.max.ms".into(), lag.into());
    if dice.roll(6) == 0 {
        brokers
            .0
            .insert("eligible.leader.replicas.version".into(), "0".into());
    }
    brokers
}

fn topic(dice: &mut Dice, partitions: u64) -> Act {
    let min_isr = dice.one_of(&["1", "2", "2", "2", "3"]);
    let mut config = Settings::from([("min.insync.replicas", min_isr)]);
    if dice.roll(8) == 0 {
        config
            .0
            .insert("unclean.leader.election.enable".into(), "true".into());
    }
    if dice.roll(6) == 0 {
        config.0.insert("flush.messages".into(), "1".into());
    }
    let orders = [[1, 2, 3], [2, 3, 1], [3, 1, 2]];
    let replicas = (0..partitions).map(|_| {
        let order = dice.one_of(&orders);
        order.map(Whole).to_vec()
    });
    let replicas = replicas.collect();
    Act::Topic {
        name: "t".into(),
        replicas,
        config,
    }
}

fn send(dice: &mut Dice, producers: u64, partitions: u64, sent: &mut u64) -> Act {
    let by = format!("p{}", 1 + dice.roll(producers));
    let count = 1 + dice.roll(4);
    let values = (*sent..*sent + count)
        .map(|n| format!("m{n}").as_str().into())
        .collect();
    *sent += count;
    let wait = [WaitFor::Each, WaitFor::None, WaitFor::None, WaitFor::None];
    Act::Send {
        by: by.as_str().into(),
        topic: None,
        partition: Some(Whole(u32::try_from(dice.roll(partitions)).unwrap_or(0))),
        key: None,
        timestamp: None,
        values,
        wait: dice.one_of(&wait),
        gap_ms: dice.one_of(&[0, 0, 1, 7, 150]),
    }
}

fn sleep(dice: &mut Dice) -> Act {
    Act::Sleep {
        ms: dice.one_of(&[1, 5, 40, 700, 4000, 9000]),
    }
}

fn node(dice: &mut Dice) -> String {
    let names = ["1", "2", "3", "1", "2", "3", "100", "p1"];
    dice.one_of(&names).to_owned()
}

fn link(dice: &mut Dice) -> Word {
    let (from, to) = (node(dice), node(dice));
    let arrow = dice.one_of(&["->", "<->", "<->"]);
    format!("{from}{arrow}{to}").as_str().into()
}

fn trouble(dice: &mut Dice, kinds: &[Trouble]) -> Act {
    let one = Brokers {
        broker: Some(Whole(1 + u32::try_from(dice.roll(3)).unwrap_or(0))),
        brokers: Vec::new(),
    };
    let kind = dice.one_of(kinds);
    let back = dice.roll(3) == 0;
    match kind {
        Trouble::Crash | Trouble::Stop | Trouble::PowerCut if back => Act::Start(one),
        Trouble::Crash => Act::Crash(one),
        Trouble::Stop => Act::Stop(one),
        Trouble::Pause if dice.roll(2) == 0 => Act::Resume(one),
        Trouble::Pause => Act::Pause(one),
        Trouble::PowerCut => Act::PowerCut {
            broker: one.broker,
            brokers: Vec::new(),
            synced: false,
        },
        Trouble::Cut if back => Act::Heal { links: Vec::new() },
        Trouble::Cut => Act::Cut {
            links: vec![link(dice), link(dice)],
        },
        Trouble::Reset => {
            let broker = one.broker.map_or(1, |id| id.0);
            Act::Reset {
                links: vec![format!("p1->{broker}").as_str().into()],
            }
        }
        Trouble::Frame => frame(dice),
        Trouble::Elect => Act::Elect {
            topic: None,
            kind: ElectionKind::default(),
        },
    }
}

/// A frame that is lost, held or late.
fn frame(dice: &mut Dice) -> Act {
    let broker = (1 + dice.roll(3)).to_string();
    let (api, client, server) = match dice.roll(4) {
        0 | 1 => (Api::Produce, "p1".to_owned(), broker),
        2 => (Api::Fetch, (1 + dice.roll(3)).to_string(), broker),
        _ => (Api::AlterPartition, broker, "100".to_owned()),
    };
    let phase = if dice.roll(2) == 0 {
        Phase::Request
    } else {
        Phase::Response
    };
    let (from, to) = if phase == Phase::Request {
        (client, server)
    } else {
        (server, client)
    };
    let then = [FrameFate::Reset, FrameFate::Hold, FrameFate::Delay];
    Act::Fault {
        from: from.as_str().into(),
        to: to.as_str().into(),
        api,
        phase,
        nth: 1 + u32::try_from(dice.roll(3)).unwrap_or(0),
        then: dice.one_of(&then),
        name: None,
        delay_ms: 5000,
    }
}
