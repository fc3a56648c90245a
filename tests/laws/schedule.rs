//! Random scenarios: a few records, settings that matter, and a few crashes, starts and lost messages.

use ackscope::model::ids::BrokerId;
use ackscope::model::prng::{Draw, Seed};
use ackscope::model::scenario::{
    Act, Anchor, Api, Brokers, Family, Fault, FaultKind, Phase, Scenario, Trigger, WaitFor,
};
use ackscope::model::text::{Settings, Whole, Word};
use ackscope::model::time::SimDuration;

/// Draws of one seed, one after the other.
pub struct Dice(Seed, u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Seed(seed), 0)
    }

    /// 0 to `sides` - 1.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.1 += 1;
        self.0.bits(Draw::Latency, &[u64::MAX, self.1]) % sides
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        let at = usize::try_from(self.roll(choices.len() as u64)).unwrap_or(0);
        choices[at]
    }
}

/// All three.
pub fn all_brokers() -> Brokers {
    Brokers {
        broker: None,
        brokers: [1, 2, 3].map(Whole).to_vec(),
    }
}

/// Settings of brokers that wait neither long for each other nor for transactions.
pub fn impatient() -> Settings {
    Settings::from([
        ("broker.session.timeout.ms", "3000"),
        (
            "transaction.abort.timed.out.transaction.cleanup.interval.ms",
            "500",
        ),
    ])
}

/// One record more, to one of two partitions.
pub fn send_one(by: Word, dice: &mut Dice, sent: &mut u32) -> Act {
    *sent += 1;
    Act::Send {
        by,
        topic: None,
        partition: Some(Whole(dice.one_of(&[0, 1]))),
        key: None,
        timestamp: None,
        values: vec![format!("m{sent}").as_str().into()],
        wait: dice.one_of(&[WaitFor::Each, WaitFor::None]),
        gap_ms: 0,
    }
}

/// A random scenario without unclean elections and without loss of disks.
pub fn scenario(seed: u64) -> Scenario {
    let mut dice = Dice::new(seed);
    let producer = producer(&mut dice);
    let min_isr = dice.one_of(&["1", "2", "2", "3"]).to_owned();
    let values = (1..=3 + dice.roll(4))
        .map(|n| format!("m{n}").as_str().into())
        .collect();
    let wait = dice.one_of(&[WaitFor::Each, WaitFor::All, WaitFor::None]);
    let gap_ms = dice.one_of(&[0, 1, 7, 400]);
    let steps = vec![
        Act::Topic {
            name: "t".into(),
            replicas: vec![vec![Whole(1), Whole(2), Whole(3)]],
            config: Settings([("min.insync.replicas".to_owned(), min_isr)].into()),
        },
        Act::Producer {
            id: "p1".into(),
            family: Family::Java,
            bootstrap: Vec::new(),
            config: producer,
            warm: dice.roll(2) == 0,
        },
        Act::Send {
            by: "p1".into(),
            topic: None,
            partition: None,
            key: None,
            timestamp: None,
            values,
            wait,
            gap_ms,
        },
    ];
    let mut scenario = Scenario {
        title: format!("random {seed}"),
        seed,
        brokers: Settings::from([
            ("broker.session.timeout.ms", "3000"),
            ("replica.lag.time.max.ms", "4000"),
        ]),
        steps,
        ..Scenario::default()
    };
    for _ in 0..dice.roll(5) {
        let fault = fault(&mut dice);
        scenario.faults.push(fault);
    }
    // In the end everybody is back.
    scenario.steps.push(Act::Sleep { ms: 30_000 });
    scenario.steps.push(Act::Start(Brokers {
        broker: None,
        brokers: [1, 2, 3].map(|id| Whole(BrokerId(id).0)).to_vec(),
    }));
    scenario
}

/// A random scenario in which brokers are also stopped in good order and paused, and links cut.
pub fn troubled(seed: u64) -> Scenario {
    let mut dice = Dice::new(seed ^ 0x5EED);
    let mut scenario = scenario(seed);
    let tail = scenario.steps.split_off(3);
    if let Some(Act::Send { wait, .. }) = scenario.steps.last_mut() {
        *wait = WaitFor::None;
    }
    for _ in 0..2 + dice.roll(6) {
        let broker = 1 + u32::try_from(dice.roll(3)).unwrap_or(0);
        let other = dice.one_of(&[1, 2, 3, 100]);
        let one = Brokers::one(BrokerId(broker));
        let ms = dice.one_of(&[2, 60, 900, 5000]);
        scenario.steps.push(Act::Sleep { ms });
        scenario.steps.push(match dice.roll(7) {
            0 => Act::Stop(one),
            1 => Act::Start(one),
            2 => Act::Pause(one),
            3 => Act::Resume(one),
            4 => Act::Cut {
                links: vec![format!("{broker}<->{other}").as_str().into()],
            },
            5 => Act::Crash(one),
            _ => Act::Heal { links: vec![] },
        });
    }
    let all = Brokers {
        broker: None,
        brokers: [1, 2, 3].map(Whole).to_vec(),
    };
    scenario.steps.push(Act::Heal { links: vec![] });
    scenario.steps.push(Act::Resume(all));
    scenario.steps.extend(tail);
    scenario
}

/// Random settings of a producer; some of them are refused together, and then nothing is sent.
pub fn producer(dice: &mut Dice) -> Settings {
    let mut producer = Settings::from([("linger.ms", "0")]);
    producer.0.insert(
        "acks".into(),
        dice.one_of(&["0", "1", "all", "all", "all"]).into(),
    );
    producer
        .0
        .insert("batch.size".into(), dice.one_of(&["1", "16384"]).into());
    if dice.roll(2) == 0 {
        producer
            .0
            .insert("enable.idempotence".into(), "false".into());
        producer.0.insert(
            "max.in.flight.requests.per.connection".into(),
            dice.one_of(&["1", "5"]).into(),
        );
    }
    if dice.roll(3) == 0 {
        producer
            .0
            .insert("request.timeout.ms".into(), "2000".into());
        producer.0.insert(
            "delivery.timeout.ms".into(),
            dice.one_of(&["4000", "15000"]).into(),
        );
    }
    producer
}

fn fault(dice: &mut Dice) -> Fault {
    let broker = Whole(1 + u32::try_from(dice.roll(3)).unwrap_or(0));
    let at = SimDuration::from_us(dice.one_of(&[3_000, 30_000, 8_000_000]));
    let at = SimDuration::from_us(dice.roll(at.0));
    if dice.roll(3) > 0 {
        let then = if dice.roll(2) == 0 {
            FaultKind::Crash(broker)
        } else {
            FaultKind::Start(broker)
        };
        return Fault {
            when: Trigger::At { at },
            then,
        };
    }
    let (api, phase) = dice.one_of(&[
        (Api::Produce, Phase::Request),
        (Api::Produce, Phase::Response),
        (Api::Fetch, Phase::Request),
        (Api::Fetch, Phase::Response),
    ]);
    let server = broker.0.to_string();
    let client = if api == Api::Produce {
        "p1".to_owned()
    } else {
        (broker.0 % 3 + 1).to_string()
    };
    let (from, to) = if phase == Phase::Request {
        (client, server)
    } else {
        (server, client)
    };
    Fault {
        when: Trigger::Message(Anchor {
            api,
            phase,
            from: from.as_str().into(),
            to: to.as_str().into(),
            nth: 1 + u32::try_from(dice.roll(4)).unwrap_or(0),
            plus: SimDuration::ZERO,
        }),
        then: if dice.roll(3) > 0 {
            FaultKind::Lose
        } else {
            FaultKind::Crash(broker)
        },
    }
}
