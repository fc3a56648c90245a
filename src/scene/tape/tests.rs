//! A run written by hand: the leader acknowledges alone, dies, and another is elected.

use super::*;
use crate::model::history::History;
use crate::model::ids::{ClientId, LeaderEpoch, TopicId};
use crate::model::observation::{Observation, Read, Sent};
use crate::model::record::Records;
use crate::model::scenario::{Act, Api, Phase, Scenario};
use crate::model::text::{Settings, Whole, Word};
use crate::verdict::{Row, Told, Visible};

/// The topic partition of the hand-made run.
pub const PART: TopicPartition = TopicPartition {
    topic: TopicId(0),
    partition: 0,
};

/// Builds steps with times in tenths of a millisecond.
#[derive(Default)]
pub struct Script {
    pub steps: Vec<(SimTime, Vec<Observation>)>,
    sent: u32,
}

impl Script {
    pub fn note(&mut self, tenths: u64, observations: Vec<Observation>) {
        self.steps.push((SimTime(tenths * 100), observations));
    }

    /// A frame: sent at one time, arrived at another, with what is noted there.
    pub fn frame(
        &mut self,
        from: NodeId,
        to: NodeId,
        kind: (Api, Phase),
        record: Option<u32>,
        at: (u64, u64),
        noted: Vec<Observation>,
    ) {
        let message = MessageId(self.sent);
        self.sent += 1;
        let sent = Sent {
            message,
            from,
            to,
            api: kind.0,
            phase: kind.1,
            nth: 1,
            records: record.map(RecordId).into_iter().collect(),
            retry: false,
            error: ErrorCode::None,
            due: Some(SimTime(at.1 * 100)),
        };
        self.note(at.0, vec![Observation::MessageSent(sent)]);
        let mut arrived = vec![Observation::MessageArrived { message }];
        arrived.extend(noted);
        self.note(at.1, arrived);
    }

    pub fn done(mut self) -> History {
        self.steps.sort_by_key(|step| step.0);
        History::of(self.steps)
    }
}

pub fn broker(id: u32) -> NodeId {
    NodeId::Broker(BrokerId(id))
}

pub const P1: NodeId = NodeId::Client(crate::model::ids::ClientId(0));

pub fn scenario() -> Scenario {
    Scenario {
        steps: vec![
            Act::Topic {
                name: Word::from("payments"),
                replicas: vec![vec![Whole(1), Whole(2), Whole(3)]],
                config: Settings::default(),
            },
            Act::Producer {
                id: Word::from("p1"),
                family: crate::model::scenario::Family::Java,
                bootstrap: Vec::new(),
                config: Settings::default(),
                warm: false,
            },
            Act::Send {
                by: Word::from("p1"),
                topic: None,
                partition: None,
                key: None,
                timestamp: None,
                values: ["m1", "m2", "m3", "m4"].map(Into::into).to_vec(),
                wait: crate::model::scenario::WaitFor::All,
                gap_ms: 0,
            },
        ],
        ..Scenario::default()
    }
}

fn appended(broker: u32, offset: u64, record: u32) -> Observation {
    Observation::BatchAppended {
        broker: BrokerId(broker),
        partition: PART,
        base_offset: Offset(offset),
        leader_epoch: LeaderEpoch(0),
        records: Records::from_slice(&[RecordId(record)]),
    }
}

fn copied(broker: u32, offset: u64, record: u32) -> Observation {
    Observation::RecordsReplicated {
        broker: BrokerId(broker),
        partition: PART,
        base_offset: Offset(offset),
        records: Records::from_slice(&[RecordId(record)]),
    }
}

const REQUEST: (Api, Phase) = (Api::Produce, Phase::Request);
const ANSWER: (Api, Phase) = (Api::Produce, Phase::Response);
const FETCHED: (Api, Phase) = (Api::Fetch, Phase::Response);

fn leads(id: u32, epoch: u32) -> Observation {
    Observation::BecameLeader {
        broker: BrokerId(id),
        partition: PART,
        leader_epoch: LeaderEpoch(epoch),
    }
}

/// The run: m1 and m2 are copied, m3 only reaches broker 1, which crashes at 40 ms and comes back at 12.5 s.
pub fn steps() -> History {
    let mut script = Script::default();
    three_records(&mut script);
    fail_over(&mut script);
    return_of_broker_1(&mut script);
    script.done()
}

fn three_records(s: &mut Script) {
    s.note(5, vec![leads(1, 0)]);
    for (record, at) in [(0, 20), (1, 120), (2, 300)] {
        let offset = u64::from(record);
        let written = vec![appended(1, offset, record)];
        s.frame(P1, broker(1), REQUEST, Some(record), (at, at + 18), written);
        s.frame(
            broker(1),
            P1,
            ANSWER,
            Some(record),
            (at + 18, at + 34),
            vec![],
        );
        for follower in (2..=3).filter(|_| record < 2) {
            let copy = vec![copied(follower, offset, record)];
            let to = broker(follower);
            s.frame(
                broker(1),
                to,
                FETCHED,
                Some(record),
                (at + 19, at + 40),
                copy,
            );
        }
    }
    let cut = |from, to| Observation::LinkCut {
        from: broker(from),
        to: broker(to),
    };
    s.note(210, vec![cut(1, 2), cut(2, 1), cut(1, 3), cut(3, 1)]);
}

fn fail_over(s: &mut Script) {
    let one = BrokerId(1);
    let elected = Observation::LeaderElected {
        partition: PART,
        leader: Some(BrokerId(2)),
        leader_epoch: LeaderEpoch(1),
        unclean: false,
    };
    let left = Observation::InSyncReplicasChanged {
        partition: PART,
        isr: vec![BrokerId(2), BrokerId(3)],
        elr: vec![],
    };
    s.note(400, vec![Observation::BrokerCrashed { broker: one }]);
    let fenced = Observation::BrokerFenced { broker: one };
    s.note(90_400, vec![fenced, elected, left]);
    let news = (90_400, 90_415);
    s.frame(
        NodeId::Controller,
        broker(2),
        FETCHED,
        None,
        news,
        vec![leads(2, 1)],
    );
    s.frame(NodeId::Controller, broker(3), FETCHED, None, news, vec![]);
    let written = vec![appended(2, 2, 3)];
    s.frame(P1, broker(2), REQUEST, Some(3), (90_600, 90_620), written);
    s.frame(broker(2), P1, ANSWER, Some(3), (90_620, 90_635), vec![]);
    let copy = vec![copied(3, 2, 3)];
    s.frame(
        broker(2),
        broker(3),
        FETCHED,
        Some(3),
        (90_630, 90_660),
        copy,
    );
}

fn return_of_broker_1(s: &mut Script) {
    let one = BrokerId(1);
    s.note(125_000, vec![Observation::BrokerStarted { broker: one }]);
    let cut_off = Observation::LogTruncated {
        broker: one,
        partition: PART,
        to: Offset(2),
        records: Records::from_slice(&[RecordId(2)]),
    };
    s.note(129_000, vec![cut_off]);
    let copy = vec![copied(1, 2, 3)];
    s.frame(
        broker(2),
        broker(1),
        FETCHED,
        Some(3),
        (129_010, 129_030),
        copy,
    );
}

/// The judgement of that run.
pub fn ledger() -> Ledger {
    let row = |record, fate, decided: u64| Row {
        record: RecordId(record),
        partition: Some(PART),
        told: Told::Nothing,
        told_at: None,
        offsets: Vec::new().into(),
        visible: Visible::default(),
        groups: Vec::new(),
        fates: vec![fate].into(),
        decided_at: Some(SimTime(decided * 100)),
    };
    Ledger {
        rows: vec![
            row(0, Fate::DeliveredOnce, 40),
            row(1, Fate::DeliveredOnce, 160),
            row(2, Fate::LostAfterAck, 90_400),
            row(3, Fate::DeliveredOnce, 90_635),
        ],
        ..Ledger::default()
    }
}

/// The hand-made run as a tape.
pub fn tape() -> Tape {
    Tape::of_steps(Cast::of(&scenario()), steps().steps(), &ledger())
}

#[test]
fn folds_say_what_was_waited_for() {
    assert_eq!(
        tape().reasons,
        [
            "broker 1’s session times out",
            "broker 1 stays down",
            "broker 1 comes back"
        ]
    );
}

#[test]
fn lives_follow_from_what_happened() {
    let lives: Vec<_> = tape()
        .spells
        .iter()
        .filter(|spell| spell.lane == broker(1))
        .map(|spell| (spell.from.0 / 100, spell.life))
        .collect();
    assert_eq!(
        lives,
        [
            (0, Life::Runs),
            (5, Life::Leads),
            (400, Life::Down),
            (125_000, Life::Starts)
        ]
    );
}

#[test]
fn empty_fetches_are_left_out_and_news_of_an_election_is_not() {
    let tape = tape();
    let news: Vec<_> = tape
        .messages
        .iter()
        .filter(|m| matches!(m.cargo, Cargo::Control(_)))
        .map(|m| m.to)
        .collect();
    assert_eq!(news, [broker(2), broker(3)]);
    assert!(
        tape.messages
            .iter()
            .all(|m| m.cargo != Cargo::Copies || !m.records.is_empty())
    );
}

#[test]
fn a_message_knows_where_its_records_will_lie() {
    let tape = tape();
    let m4 = tape
        .messages
        .iter()
        .find(|m| m.records == [RecordId(3)])
        .expect("m4 is sent");
    assert_eq!(
        m4.landing,
        Some(Landing {
            partition: PART,
            base_offset: Offset(2)
        })
    );
    assert!(m4.in_flight(SimTime(9_061_000)));
    assert!((m4.part_at(SimTime(9_061_000)) - 0.5).abs() < 1e-9);
}

#[test]
fn the_loss_is_marked_where_the_last_copy_is() {
    let tape = tape();
    let lost = tape
        .marks
        .iter()
        .find(|mark| mark.kind == MarkKind::Lost)
        .expect("m3 is lost");
    assert_eq!((lost.lane, lost.at), (broker(1), SimTime(9_040_000)));
    assert_eq!(lost.words, "m3 lost: no leader has it");
}

#[test]
fn links_cut_together_make_one_fence() {
    let tape = tape();
    assert_eq!(tape.fences.len(), 1);
    assert_eq!(tape.fences[0].around, broker(1));
    assert_eq!(tape.fences[0].others, [broker(2), broker(3)]);
}

#[test]
fn the_middle_of_many_retries_is_left_out() {
    let mut s = Script::default();
    for attempt in 0..40 {
        let at = 20 + attempt * 1000;
        s.frame(
            P1,
            broker(1),
            (Api::Produce, Phase::Request),
            Some(0),
            (at, at + 10),
            vec![],
        );
        s.frame(
            broker(1),
            P1,
            (Api::Produce, Phase::Response),
            Some(0),
            (at + 10, at + 20),
            vec![],
        );
    }
    let tape = Tape::of_steps(Cast::of(&scenario()), s.done().steps(), &Ledger::default());
    let requests = tape
        .messages
        .iter()
        .filter(|m| matches!(m.cargo, Cargo::Produce { .. }))
        .count();
    assert_eq!(requests, 5);
    assert_eq!(tape.messages.len(), 10);
    assert!(tape.reasons.contains(&"p1 tries 35 more times".to_owned()));
    assert_eq!(tape.fold.spans.iter().filter(|span| span.quiet).count(), 4);
}

#[test]
fn a_stop_a_pause_and_a_loss_of_power_are_told_from_a_crash() {
    let (one, two) = (BrokerId(1), BrokerId(2));
    let mut s = Script::default();
    s.note(10, vec![Observation::BrokerPaused { broker: one }]);
    s.note(20, vec![Observation::BrokerResumed { broker: one }]);
    s.note(30, vec![Observation::ShutdownBegan { broker: one }]);
    s.note(40, vec![Observation::BrokerStopped { broker: one }]);
    let unflushed = Observation::UnflushedLost {
        broker: two,
        partition: PART,
        to: Offset(1),
        records: Records::from_slice(&[RecordId(1)]),
    };
    s.note(
        50,
        vec![Observation::BrokerCrashed { broker: two }, unflushed],
    );
    let history = s.done();
    let tape = Tape::of_steps(Cast::of(&scenario()), history.steps(), &ledger());
    let lives = |now: u64| tape.life_at(one, SimTime(now * 100));
    assert_eq!(
        [5, 10, 20, 30, 40].map(lives),
        [
            Life::Runs,
            Life::Paused,
            Life::Runs,
            Life::Runs,
            Life::Stopped
        ]
        .map(Some)
    );
    let marks: Vec<_> = tape
        .marks
        .iter()
        .filter(|mark| mark.at < SimTime(10_000))
        .map(|mark| (mark.kind, mark.words.as_str()))
        .collect();
    assert_eq!(
        marks,
        [
            (MarkKind::Pause, "pauses"),
            (MarkKind::Resume, "goes on"),
            (MarkKind::Word, "wants to stop"),
            (MarkKind::Stop, "stops in good order"),
            (MarkKind::Crash, "power cut: m2 not on disk"),
        ]
    );
    let cut = &tape.truncations[0];
    assert_eq!((cut.broker, cut.to), (two, Offset(1)));
    assert_eq!(cut.records, [RecordId(1)]);
}

#[test]
fn what_consumers_are_given_and_given_again() {
    let (c1, c2) = (ClientId(1), ClientId(2));
    let read = |reader, offset: u64| Observation::RecordsRead {
        reader,
        records: vec![Read {
            partition: PART,
            offset: Offset(offset),
            record: RecordId(u32::try_from(offset).expect("small")),
        }],
    };
    let mut s = Script::default();
    s.note(10, vec![read(c1, 0), read(c1, 1)]);
    s.note(20, vec![read(c2, 1)]);
    let history = s.done();
    let group = |name: &str| name.to_owned();
    for (groups, again) in [
        (Map::new(), [false, false, false]),
        (
            Map::from([(c1, group("g")), (c2, group("g"))]),
            [false, false, true],
        ),
        (
            Map::from([(c1, group("g")), (c2, group("h"))]),
            [false, false, false],
        ),
    ] {
        let given = reads::given(history.steps(), &groups);
        let found: Vec<bool> = given.iter().map(|one| one.again).collect();
        assert_eq!(found, again, "{groups:?}");
    }
}
