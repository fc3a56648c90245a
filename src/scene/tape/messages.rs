//! Which frames are drawn, and how each went its way. Left out are empty fetches, heartbeats, metadata that told nothing new,
//! and the middle of a long row of retries.

use super::{Cargo, Ending, Landing, Message};
use crate::model::ids::{
    BrokerId, ClientId, LeaderEpoch, MessageId, NodeId, RecordId, TopicPartition,
};
use crate::model::observation::{LostBecause, Observation, Sent};
use crate::model::scenario::{Api, Phase};
use crate::model::time::{SimDuration, SimTime};
use crate::model::trace::Step;
use crate::scene::fold::LONGEST_WAIT_US;
use std::collections::{BTreeMap, BTreeSet};

/// More attempts than this for one batch, and the middle ones are left out.
const ATTEMPTS: usize = 6;
/// So many of the first are drawn then, and so many of the last.
const ATTEMPTS_KEPT: (usize, usize) = (3, 2);
/// Where a frame waits that was held before it set out, as a part of the way to the next lane; each further one that waits
/// stops so much earlier; and how long it takes to get there.
const SIDING: (f64, f64, SimDuration) = (0.42, 0.09, SimDuration(1500));
/// How far a frame seems to have come that is known to be lost only when it is due.
const ALMOST: f64 = 0.8;
/// How soon after an election the controller's news of it leaves.
const NEWS_WITHIN: SimDuration = SimDuration(1000);
/// How soon after its arrival a batch is appended.
const APPENDED_WITHIN: SimDuration = SimDuration(5000);

/// One frame from its sending to its end.
struct Frame {
    sent: Sent,
    path: Vec<(SimTime, f64)>,
    due: Option<SimTime>,
    ending: Ending,
}

impl Frame {
    /// `waiting` is how many frames of the same sender are held already.
    fn new(sent: &Sent, at: SimTime, waiting: usize) -> Self {
        let mut path = vec![(at, 0.0)];
        if sent.due.is_none() {
            let level = (SIDING.0 - SIDING.1 * waiting as f64).max(SIDING.1);
            path.push((at + SIDING.2, level / lanes_away(sent)));
        }
        Self {
            sent: sent.clone(),
            path,
            due: sent.due,
            ending: Ending::Open,
        }
    }

    fn at(&self) -> SimTime {
        self.path[0].0
    }

    fn last(&self) -> (SimTime, f64) {
        self.path[self.path.len() - 1]
    }

    /// How far it has come, when it moves evenly towards its due time.
    fn part(&self, now: SimTime) -> f64 {
        let (since, done) = self.last();
        match self.due {
            Some(due) if due > since => {
                let part = now.since(since).0 as f64 / due.since(since).0 as f64;
                done + (1.0 - done) * part.min(1.0)
            }
            _ => done,
        }
    }

    fn reach(&mut self, at: SimTime, part: f64) {
        let at = at.max(self.last().0);
        self.path.push((at, part));
    }

    fn lose(&mut self, at: SimTime, because: LostBecause) {
        let (at, part) = match (self.due, at <= self.at()) {
            (Some(due), true) => (SimTime(self.at().0.midpoint(due.0)), 0.5),
            (None, true) => (self.last().0, self.last().1),
            (_, false) => (at, self.part(at).min(ALMOST)),
        };
        self.reach(at, part);
        self.ending = match because {
            LostBecause::ConnectionBroken => Ending::Broken,
            LostBecause::Fault => Ending::Chosen,
        };
    }
}

/// How many lanes further the receiver is, if both are brokers.
fn lanes_away(sent: &Sent) -> f64 {
    match (sent.from.broker(), sent.to.broker()) {
        (Some(from), Some(to)) => f64::from(from.0.abs_diff(to.0).max(1)),
        _ => 1.0,
    }
}

/// All frames of a run, and the choice among them.
pub struct Frames {
    all: BTreeMap<MessageId, Frame>,
    control: BTreeMap<MessageId, &'static str>,
    thinned: BTreeSet<MessageId>,
}

impl Frames {
    /// Follows every frame, then chooses.
    pub fn of(steps: &[Step]) -> Self {
        let mut frames = Self {
            all: follow(steps),
            control: BTreeMap::new(),
            thinned: BTreeSet::new(),
        };
        frames.control = control(&frames.all, steps);
        frames.thinned = thinned(&frames.all);
        frames
    }

    /// The frames that are drawn, in the order of sending.
    pub fn drawn(&self, steps: &[Step]) -> Vec<Message> {
        let mut messages: Vec<Message> = self
            .all
            .values()
            .filter_map(|frame| {
                let cargo = self.cargo(&frame.sent)?;
                Some(Message {
                    id: frame.sent.message,
                    from: frame.sent.from,
                    to: frame.sent.to,
                    cargo,
                    records: frame.sent.records.clone(),
                    error: frame.sent.error,
                    path: frame.path.clone(),
                    ending: frame.ending,
                    landing: None,
                })
            })
            .collect();
        for message in &mut messages {
            message.landing = landing(message, steps);
        }
        messages
    }

    /// True if this frame was left out as one of many retries.
    pub fn is_thinned(&self, message: MessageId) -> bool {
        self.thinned.contains(&message)
    }

    /// The records of a drawn frame that was held on its way.
    pub fn held(&self, message: MessageId) -> Option<&[RecordId]> {
        let frame = self.all.get(&message)?;
        let waited = frame
            .path
            .windows(2)
            .any(|pair| pair[0].1 == pair[1].1 && pair[0].0 < pair[1].0);
        let drawn = waited && !frame.sent.records.is_empty() && self.cargo(&frame.sent).is_some();
        drawn.then_some(frame.sent.records.as_slice())
    }

    /// Requests that were left out as retries and sent in this stretch, with their sender.
    pub fn retries_between(&self, from: SimTime, to: SimTime) -> Option<(NodeId, usize)> {
        let mut left_out = self.thinned.iter().map(|id| &self.all[id]).filter(|frame| {
            frame.sent.phase == Phase::Request && from <= frame.at() && frame.at() < to
        });
        let first = left_out.next()?;
        Some((first.sent.from, left_out.count() + 1))
    }

    /// What is shown, each from its first to its last instant. A wait on the way that is longer than a gap may last counts
    /// at its two ends only.
    pub fn intervals(&self, steps: &[Step]) -> Vec<(SimTime, SimTime)> {
        let mut shown = Vec::new();
        for frame in self
            .all
            .values()
            .filter(|frame| self.cargo(&frame.sent).is_some())
        {
            shown.push((frame.at(), frame.at()));
            let done = frame.ending != Ending::Open;
            for pair in frame.path.windows(2).filter(|_| done) {
                let whole = pair[1].0.since(pair[0].0).0 <= LONGEST_WAIT_US;
                shown.push((if whole { pair[0].0 } else { pair[1].0 }, pair[1].0));
            }
        }
        for step in steps.iter().filter(|step| !self.is_chatter(step)) {
            if step.observations.iter().any(has_a_place) {
                shown.push((step.at, step.at));
            }
        }
        shown
    }

    /// True for a step that is only about frames which are left out.
    pub fn is_chatter(&self, step: &Step) -> bool {
        step.observations.iter().any(|fact| match fact {
            Observation::MessageArrived { message } | Observation::MessageLost { message, .. } => {
                self.is_thinned(*message)
            }
            Observation::MessageSent(sent) => self.is_thinned(sent.message),
            _ => false,
        })
    }

    fn cargo(&self, sent: &Sent) -> Option<Cargo> {
        if self.thinned.contains(&sent.message) {
            return None;
        }
        match (sent.api, sent.phase) {
            (Api::Produce, Phase::Request) => Some(Cargo::Produce { retry: sent.retry }),
            (Api::Produce, Phase::Response) => Some(Cargo::Answer),
            (Api::Fetch, Phase::Response) if !sent.records.is_empty() => Some(Cargo::Copies),
            _ => self
                .control
                .get(&sent.message)
                .map(|word| Cargo::Control(word)),
        }
    }
}

/// True for a fact that has a mark, or changes what the window holds. Frames are not among them.
fn has_a_place(fact: &Observation) -> bool {
    matches!(
        fact,
        Observation::RecordSent { .. }
            | Observation::RecordAcknowledged { .. }
            | Observation::RecordFailed { .. }
            | Observation::ClientRefused { .. }
            | Observation::LinkCut { .. }
            | Observation::LinkHealed { .. }
            | Observation::BatchAppended { .. }
            | Observation::RecordsReplicated { .. }
            | Observation::DuplicateRecognised { .. }
            | Observation::BatchRefused { .. }
            | Observation::HighWatermarkAdvanced { .. }
            | Observation::LogTruncated { .. }
            | Observation::LeaderElected { .. }
            | Observation::BecameLeader { .. }
            | Observation::StoppedLeading { .. }
            | Observation::InSyncReplicasChanged { .. }
            | Observation::BrokerCrashed { .. }
            | Observation::BrokerStarted { .. }
            | Observation::BrokerUnfenced { .. }
            | Observation::BatchExpired { .. }
    )
}

fn follow(steps: &[Step]) -> BTreeMap<MessageId, Frame> {
    let mut all: BTreeMap<MessageId, Frame> = BTreeMap::new();
    for step in steps {
        for fact in &step.observations {
            match fact {
                Observation::MessageSent(sent) => {
                    let held = |frame: &&Frame| {
                        frame.sent.from == sent.from
                            && frame.ending == Ending::Open
                            && frame.due.is_none()
                    };
                    let waiting = if sent.due.is_none() {
                        all.values().filter(held).count()
                    } else {
                        0
                    };
                    all.insert(sent.message, Frame::new(sent, step.at, waiting));
                }
                Observation::MessageHeld { message } => {
                    if let Some(frame) = all.get_mut(message).filter(|frame| frame.due.is_some()) {
                        let part = frame.part(step.at).clamp(0.15, 0.6);
                        let reached = step.at.max(frame.at() + SIDING.2);
                        frame.reach(reached, part);
                        frame.due = None;
                    }
                }
                Observation::MessageResumed { message, due } => {
                    if let Some(frame) = all.get_mut(message) {
                        let part = frame.last().1;
                        frame.reach(step.at, part);
                        frame.due = Some(*due);
                    }
                }
                Observation::MessageArrived { message } => {
                    if let Some(frame) = all.get_mut(message) {
                        frame.reach(step.at, 1.0);
                        frame.ending = Ending::Arrived;
                    }
                }
                Observation::MessageLost { message, because } => {
                    if let Some(frame) = all.get_mut(message) {
                        frame.lose(step.at, *because);
                    }
                }
                _ => {}
            }
        }
    }
    let end = steps.last().map_or(SimTime::ZERO, |step| step.at);
    for frame in all
        .values_mut()
        .filter(|frame| frame.ending == Ending::Open)
    {
        let part = frame.part(end);
        frame.reach(end, part);
    }
    all
}

/// Control frames that matter: what the controller tells of an election, what a producer learns that it did not know, and a
/// leader's wish to change the ISR that was granted. Each with its word.
fn control(all: &BTreeMap<MessageId, Frame>, steps: &[Step]) -> BTreeMap<MessageId, &'static str> {
    let mut chosen = BTreeMap::new();
    let mut known: BTreeMap<(ClientId, TopicPartition), Option<BrokerId>> = BTreeMap::new();
    for step in steps {
        let arrived = || {
            step.observations.iter().filter_map(|fact| match fact {
                Observation::MessageArrived { message } => all.get(message),
                _ => None,
            })
        };
        for fact in &step.observations {
            match fact {
                Observation::LeaderElected { leader_epoch, .. }
                    if *leader_epoch > LeaderEpoch(0) =>
                {
                    chosen.extend(news(all, step.at).map(|id| (id, "")));
                }
                Observation::MetadataLearned {
                    producer,
                    partition,
                    leader,
                } => {
                    let before = known.insert((*producer, *partition), *leader);
                    if before.is_some_and(|before| before != *leader) {
                        for answer in arrived().filter(|frame| frame.sent.api == Api::Metadata) {
                            chosen.insert(answer.sent.message, "");
                            chosen.extend(asked(all, answer).map(|id| (id, "metadata")));
                        }
                    }
                }
                Observation::InSyncReplicasChanged { .. } => {
                    let wishes = arrived().filter(|frame| frame.sent.api == Api::AlterPartition);
                    chosen.extend(wishes.map(|frame| (frame.sent.message, "AlterPartition")));
                }
                _ => {}
            }
        }
    }
    chosen
}

/// What the controller sends to each broker right after an instant: the first answer to each one's fetch of the metadata log.
fn news(all: &BTreeMap<MessageId, Frame>, since: SimTime) -> impl Iterator<Item = MessageId> {
    let mut told: BTreeMap<NodeId, MessageId> = BTreeMap::new();
    for (id, frame) in all {
        let answer = frame.sent.from == NodeId::Controller
            && frame.sent.api == Api::Fetch
            && frame.sent.phase == Phase::Response;
        if answer && since <= frame.at() && frame.at() <= since + NEWS_WITHIN {
            told.entry(frame.sent.to).or_insert(*id);
        }
    }
    told.into_values()
}

/// The request that a response answers: the last one before it on the way back.
fn asked(all: &BTreeMap<MessageId, Frame>, answer: &Frame) -> Option<MessageId> {
    all.range(..answer.sent.message)
        .rev()
        .find(|(_, frame)| {
            frame.sent.api == answer.sent.api
                && frame.sent.phase == Phase::Request
                && frame.sent.from == answer.sent.to
                && frame.sent.to == answer.sent.from
        })
        .map(|(id, _)| *id)
}

/// The middle of each long row of attempts for the same batch, with the answers to them.
fn thinned(all: &BTreeMap<MessageId, Frame>) -> BTreeSet<MessageId> {
    let mut attempts: BTreeMap<(NodeId, &[RecordId]), Vec<MessageId>> = BTreeMap::new();
    for (id, frame) in all {
        if frame.sent.api == Api::Produce && frame.sent.phase == Phase::Request {
            let batch = (frame.sent.from, frame.sent.records.as_slice());
            attempts.entry(batch).or_default().push(*id);
        }
    }
    let mut left_out = BTreeSet::new();
    for ((producer, records), ids) in attempts.iter().filter(|(_, ids)| ids.len() > ATTEMPTS) {
        let middle = ids[ATTEMPTS_KEPT.0]..ids[ids.len() - ATTEMPTS_KEPT.1];
        let same = |frame: &Frame| {
            let end = if frame.sent.phase == Phase::Request {
                frame.sent.from
            } else {
                frame.sent.to
            };
            frame.sent.api == Api::Produce && end == *producer && frame.sent.records == *records
        };
        left_out.extend(
            all.range(middle)
                .filter(|(_, frame)| same(frame))
                .map(|(id, _)| *id),
        );
    }
    left_out
}

/// Where the records of a message come to lie.
fn landing(message: &Message, steps: &[Step]) -> Option<Landing> {
    if message.ending != Ending::Arrived || !message.carries() {
        return None;
    }
    let arrived = message.ended();
    let receiver = message.to.broker()?;
    let after = steps.partition_point(|step| step.at < arrived);
    let near = steps[after..]
        .iter()
        .take_while(|step| step.at <= arrived + APPENDED_WITHIN);
    near.flat_map(|step| &step.observations)
        .find_map(|fact| match fact {
            Observation::BatchAppended {
                broker,
                partition,
                base_offset,
                records,
                ..
            }
            | Observation::RecordsReplicated {
                broker,
                partition,
                base_offset,
                records,
            } if *broker == receiver && *records == message.records => Some(Landing {
                partition: *partition,
                base_offset: *base_offset,
            }),
            _ => None,
        })
}
