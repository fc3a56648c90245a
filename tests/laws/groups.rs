//! I8: how far a group is on a partition is only moved by the member that has the partition (facts 8.0; KIP-848: member epochs).
//! After every step of random schedules in which consumers come, go and die, brokers crash, and links are cut.

use super::schedule::{Dice, all_brokers};
use ackscope::model::ids::{ClientId, GroupId, MessageId, NodeId, TopicPartition};
use ackscope::model::observation::{Change, GroupFact, LeftBecause, Observation};
use ackscope::model::scenario::{
    Act, Api, Brokers, CommitAct, ConsumerAct, Family, Names, Phase, PollAct, Scenario, WaitFor,
};
use ackscope::model::text::{Settings, Whole, Word};
use ackscope::model::time::{SimDuration, SimTime};
use ackscope::model::trace::{End, Limits, Trace};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Schedules in the gate, for each kind of group. Tried by hand with more.
const SEEDS: u64 = 1_000;
/// `offsets.commit.timeout.ms`: an accepted commit is answered by then.
const ANSWERED: SimDuration = SimDuration::from_ms(5_000);

/// How a member agrees with the others on who has what.
pub type How = (&'static str, &'static str);

const RANGE: How = (
    "partition.assignment.strategy",
    "org.apache.kafka.clients.consumer.RangeAssignor",
);
const COOPERATIVE: How = (
    "partition.assignment.strategy",
    "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
);
const NEWER: How = ("group.protocol", "consumer");

/// What the members of a group are like: all alike, or each one of these.
pub const KINDS: [&[How]; 5] = [
    &[RANGE],
    &[COOPERATIVE],
    &[NEWER],
    &[RANGE, NEWER],
    &[COOPERATIVE, NEWER],
];

fn name(number: u32) -> Word {
    Word(format!("c{number}"))
}

fn consumer(number: u32, kind: &[How], dice: &mut Dice) -> Act {
    let how = match kind {
        [how] => *how,
        either => dice.one_of(either),
    };
    let mut config = Settings::from([
        ("auto.offset.reset", "earliest"),
        ("max.poll.records", "2"),
        ("auto.commit.interval.ms", "700"),
        ("max.poll.interval.ms", "9000"),
    ]);
    let auto = dice.one_of(&["true", "false"]);
    for (key, value) in [how, ("enable.auto.commit", auto)] {
        config.0.insert(key.to_owned(), value.to_owned());
    }
    if how != NEWER {
        config.0.insert("session.timeout.ms".into(), "6000".into());
    }
    Act::Consumer(Box::new(ConsumerAct {
        id: name(number),
        group: Some("g".into()),
        config,
        ..ConsumerAct::default()
    }))
}

fn poll(by: Vec<Word>, timeout: u32) -> Act {
    Act::Poll(Box::new(PollAct {
        by: Names::Several(by),
        records: None,
        calls: None,
        idle_ms: None,
        timeout_ms: Some(Whole(timeout)),
        slice_ms: Some(Whole(100)),
    }))
}

fn commit(by: Word, offset: Option<Whole>) -> Box<CommitAct> {
    Box::new(CommitAct {
        by,
        topic: None,
        partition: None,
        offset,
    })
}

/// The beginning of every schedule: a topic of two partitions with records.
fn beginning() -> Vec<Act> {
    let values = |from: u32| (from..from + 6).map(|n| format!("m{n}").as_str().into());
    let send = |partition: u32| Act::Send {
        by: "p1".into(),
        topic: None,
        partition: Some(Whole(partition)),
        key: None,
        timestamp: None,
        values: values(1 + partition * 6).collect(),
        wait: WaitFor::None,
        gap_ms: 500,
    };
    vec![
        Act::Topic {
            name: "t".into(),
            replicas: [[1, 2, 3], [2, 3, 1]]
                .map(|ids| ids.map(Whole).to_vec())
                .to_vec(),
            config: Settings::from([("min.insync.replicas", "2")]),
        },
        Act::Producer {
            id: "p1".into(),
            family: Family::Java,
            bootstrap: Vec::new(),
            config: Settings::default(),
            warm: false,
        },
        send(0),
        send(1),
    ]
}

fn trouble(dice: &mut Dice, by: &Word) -> Act {
    let broker = Brokers {
        broker: Some(Whole(dice.one_of(&[1, 2, 3]))),
        brokers: Vec::new(),
    };
    let link = format!("{}<->{}", by.0, 1 + dice.roll(3));
    match dice.roll(6) {
        0 => Act::Crash(broker),
        1 => Act::Stop(broker),
        2 | 3 => Act::Start(all_brokers()),
        4 => Act::Cut {
            links: vec![Word(link)],
        },
        _ => Act::Heal { links: Vec::new() },
    }
}

/// A random schedule of one group.
pub fn scenario(seed: u64, kind: &[How]) -> Scenario {
    let mut dice = Dice::new(seed ^ 0x6108);
    let mut steps = beginning();
    let mut last = 2;
    let mut alive = vec![1, 2];
    for number in 1..=last {
        steps.push(consumer(number, kind, &mut dice));
    }
    for _ in 0..10 + dice.roll(12) {
        let one = dice.one_of(&alive);
        let everybody = alive.iter().copied().map(name).collect();
        let act = match dice.roll(12) {
            0..=3 => poll(everybody, dice.one_of(&[150, 900, 4_000])),
            4 => poll(vec![name(one)], dice.one_of(&[300, 7_000])),
            5 => Act::CommitSync(commit(name(one), None)),
            6 => Act::CommitAsync(commit(name(one), None)),
            7 if alive.len() < 3 => {
                last += 1;
                alive.push(last);
                consumer(last, kind, &mut dice)
            }
            8 if alive.len() > 1 => {
                alive.retain(|other| *other != one);
                match dice.roll(2) {
                    0 => Act::Die { by: name(one) },
                    _ => Act::Close {
                        by: name(one),
                        timeout_ms: None,
                    },
                }
            }
            9 => Act::Sleep {
                ms: dice.one_of(&[40, 800, 6_500]),
            },
            _ => trouble(&mut dice, &name(one)),
        };
        steps.push(act);
    }
    steps.extend([
        Act::Heal { links: Vec::new() },
        Act::Start(all_brokers()),
        poll(alive.iter().copied().map(name).collect(), 15_000),
    ]);
    Scenario {
        title: format!("group {seed}"),
        seed,
        brokers: Settings::from([
            ("broker.session.timeout.ms", "3000"),
            ("group.initial.rebalance.delay.ms", "200"),
            ("group.consumer.session.timeout.ms", "45000"),
        ]),
        steps,
        ..Scenario::default()
    }
}

/// Who has what, from what members were told and what coordinators said.
#[derive(Default)]
struct Owners {
    /// Who was told last that the partition is its own.
    last: BTreeMap<TopicPartition, ClientId>,
    /// Who was ever told so.
    ever: BTreeSet<(ClientId, TopicPartition)>,
    /// Who is in the group since its last generation or epoch. Unknown when a broker has gone, until the next one: a generation
    /// that was not written is forgotten with its coordinator.
    members: BTreeMap<GroupId, Vec<ClientId>>,
    /// What a member had when a commit of it reached a broker.
    asked: BTreeMap<ClientId, Vec<(SimTime, BTreeSet<TopicPartition>)>>,
    /// Commits that are under way.
    frames: BTreeMap<MessageId, ClientId>,
    commits: usize,
    moves: usize,
}

impl Owners {
    fn take(&mut self, at: SimTime, fact: &Observation) -> Result<(), String> {
        match fact {
            Observation::MessageSent(sent)
                if (sent.api, sent.phase) == (Api::OffsetCommit, Phase::Request) =>
            {
                if let NodeId::Client(client) = sent.from {
                    self.frames.insert(sent.message, client);
                }
            }
            Observation::MessageArrived { message } => {
                if let Some(client) = self.frames.remove(message) {
                    let own = self.has(client);
                    self.asked.entry(client).or_default().push((at, own));
                }
            }
            Observation::BrokerCrashed { .. }
            | Observation::ShutdownBegan { .. }
            | Observation::BrokerFenced { .. } => self.members.clear(),
            Observation::Group(fact) => return self.take_group(at, fact),
            _ => {}
        }
        Ok(())
    }

    /// What is a member's own now. While nobody is in, Kafka takes commits from anybody (`validateOffsetCommit`), and a consumer
    /// that was thrown out may still send what it had to say: then it is what it ever had.
    fn has(&self, client: ClientId) -> BTreeSet<TopicPartition> {
        if self.members.values().any(Vec::is_empty) {
            let ever = self.ever.iter().filter(|(owner, _)| *owner == client);
            return ever.map(|(_, partition)| *partition).collect();
        }
        if !self.members.values().all(|all| all.contains(&client)) {
            return BTreeSet::new();
        }
        let own = self.last.iter().filter(|(_, owner)| **owner == client);
        own.map(|(partition, _)| *partition).collect()
    }

    fn take_group(&mut self, at: SimTime, fact: &GroupFact) -> Result<(), String> {
        match fact {
            GroupFact::GenerationBegan { group, members, .. } => {
                self.members.insert(*group, members.clone());
            }
            GroupFact::MemberLeft {
                group,
                member,
                because: LeftBecause::Left,
            } => {
                if let Some(members) = self.members.get_mut(group) {
                    members.retain(|other| other != member);
                }
            }
            GroupFact::AssignmentChanged {
                reader,
                change: Change::Assigned,
                partitions,
            } => {
                for partition in partitions {
                    self.ever.insert((*reader, *partition));
                    let before = self.last.insert(*partition, *reader);
                    self.moves += usize::from(before.is_some_and(|other| other != *reader));
                }
            }
            GroupFact::OffsetsCommitted {
                client, offsets, ..
            } => {
                self.commits += 1;
                let asked = self.asked.get(client).map_or(&[][..], Vec::as_slice);
                let since = |then: SimTime| at.since(then) <= ANSWERED;
                for (partition, offset) in offsets {
                    let had = |(then, own): &(SimTime, BTreeSet<TopicPartition>)| {
                        since(*then) && own.contains(partition)
                    };
                    if !asked.iter().any(had) {
                        return Err(format!("{client:?} moved {partition:?} to {offset:?}"));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Plays a schedule; what breaks the law, or how much was committed and how often a partition changed hands.
fn breaks(scenario: &Scenario) -> Result<(usize, usize), String> {
    let mut owners = Owners::default();
    let mut broken = Ok(());
    let trace = Trace::watched(scenario, Limits::default(), &mut |_, step| {
        for fact in step.observations {
            broken = owners.take(step.at, fact);
            if broken.is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    broken?;
    match trace.end() {
        End::Quiescent => Ok((owners.commits, owners.moves)),
        end => Err(format!("it ended with {end:?}")),
    }
}

#[test]
fn only_who_has_a_partition_moves_its_offset() {
    for kind in KINDS {
        let (mut commits, mut moves) = (0, 0);
        for seed in 0..SEEDS {
            match breaks(&scenario(seed, kind)) {
                Ok((more, moved)) => (commits, moves) = (commits + more, moves + moved),
                Err(says) => panic!("{kind:?}, seed {seed}: {says}"),
            }
        }
        let enough = 2 * usize::try_from(SEEDS).unwrap_or(0);
        assert!(commits > enough, "{commits} commits are too few: {kind:?}");
        assert!(moves > enough / 4, "{moves} moves are too few: {kind:?}");
    }
}

#[test]
fn the_law_sees_a_stranger_who_moves_an_offset() {
    let mut stranger = Scenario {
        steps: beginning(),
        ..Scenario::default()
    };
    // While nobody is in, Kafka lets anybody.
    stranger.steps.extend([
        Act::Consumer(Box::new(ConsumerAct {
            id: name(1),
            group: Some("g".into()),
            assign: Some(vec![Whole(0), Whole(1)]),
            ..ConsumerAct::default()
        })),
        Act::CommitSync(commit(name(1), Some(Whole(1)))),
    ]);
    assert!(breaks(&stranger).is_err());
}
