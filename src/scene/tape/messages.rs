//! Which frames are drawn, and how each went its way. Left out are empty fetches, heartbeats, metadata that told nothing new,
//! and the middle of a long row of retries.

use super::chosen::{control, thinned};
use super::frames::{Frame, follow};
use super::{Cargo, Ending, Landing, Message};
use crate::model::history::{Step, Steps};
use crate::model::ids::{MessageId, NodeId, RecordId};
use crate::model::observation::{Observation, Sent};
use crate::model::scenario::{Api, Phase};
use crate::model::small::{Map, Set};
use crate::model::time::{SimDuration, SimTime};
use crate::scene::fold::LONGEST_WAIT_US;

/// How soon after its arrival a batch is appended.
const APPENDED_WITHIN: SimDuration = SimDuration(5000);

/// All frames of a run, and the choice among them.
pub struct Frames {
    all: Map<MessageId, Frame>,
    control: Map<MessageId, &'static str>,
    thinned: Set<MessageId>,
}

impl Frames {
    /// Follows every frame, then chooses.
    pub fn of(steps: Steps<'_>) -> Self {
        let mut frames = Self {
            all: follow(steps),
            control: Map::new(),
            thinned: Set::new(),
        };
        frames.control = control(&frames.all, steps);
        frames.thinned = thinned(&frames.all);
        frames
    }

    /// The frames that are drawn, in the order of sending.
    pub fn drawn(&self, steps: Steps<'_>) -> Vec<Message> {
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
                    records: frame.sent.records.to_vec(),
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

    /// The last drawn Produce request with this record that never arrived and was sent by then, and where its way ends in time.
    pub fn died_with(&self, record: RecordId, by: SimTime) -> Option<(MessageId, SimTime)> {
        let died = |frame: &&Frame| {
            let with_it = frame.sent.api == Api::Produce
                && frame.sent.phase == Phase::Request
                && frame.sent.records.contains(&record);
            let dead = matches!(frame.ending, Ending::Broken | Ending::Chosen);
            with_it && dead && frame.at() <= by && self.cargo(&frame.sent).is_some()
        };
        let frame = self.all.values().rev().find(died)?;
        Some((frame.sent.message, frame.last().0))
    }

    /// A drawn frame that was held: its sender, and when its wait began.
    pub fn siding(&self, message: MessageId) -> Option<(MessageId, NodeId, SimTime)> {
        let frame = self
            .all
            .get(&message)
            .filter(|frame| self.cargo(&frame.sent).is_some())?;
        let began = frame.path.windows(2).find(|pair| pair[0].1 == pair[1].1)?;
        Some((message, frame.sent.from, began[0].0))
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
    pub fn intervals(&self, steps: Steps<'_>) -> Vec<(SimTime, SimTime)> {
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
            | Observation::UnflushedLost { .. }
            | Observation::LogStartMoved { .. }
            | Observation::LeaderElected { .. }
            | Observation::BecameLeader { .. }
            | Observation::StoppedLeading { .. }
            | Observation::InSyncReplicasChanged { .. }
            | Observation::BrokerCrashed { .. }
            | Observation::BrokerStopped { .. }
            | Observation::BrokerPaused { .. }
            | Observation::BrokerResumed { .. }
            | Observation::BrokerStarted { .. }
            | Observation::BrokerUnfenced { .. }
            | Observation::BatchExpired { .. }
            | Observation::RecordsRead { .. }
            | Observation::ReadFailed { .. }
            | Observation::ClientClosed { .. }
            | Observation::ClientDied { .. }
    )
}

/// Where the records of a message come to lie.
fn landing(message: &Message, steps: Steps<'_>) -> Option<Landing> {
    if message.ending != Ending::Arrived || !message.carries() {
        return None;
    }
    let arrived = message.ended();
    let receiver = message.to.broker()?;
    let after = steps.partition_point(|step| step.at < arrived);
    let near = steps
        .since(after)
        .into_iter()
        .take_while(|step| step.at <= arrived + APPENDED_WITHIN);
    near.flat_map(|step| step.observations)
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
            } if *broker == receiver && records[..] == message.records => Some(Landing {
                partition: *partition,
                base_offset: *base_offset,
            }),
            _ => None,
        })
}
