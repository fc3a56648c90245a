//! Every frame of a run, from its sending to its end.

use super::Ending;
use crate::model::history::Steps;
use crate::model::ids::MessageId;
use crate::model::observation::{LostBecause, Observation, Sent};
use crate::model::small::Map;
use crate::model::time::{SimDuration, SimTime};

/// Where a frame waits that was held before it set out, as a part of the way to the next lane; each further one that waits
/// stops so much earlier; and how long it takes to get there.
const SIDING: (f64, f64, SimDuration) = (0.42, 0.16, SimDuration(1500));
/// How far a frame seems to have come that is known to be lost only when it is due.
const ALMOST: f64 = 0.8;
/// One frame from its sending to its end.
pub struct Frame {
    /// What was noted at its sending.
    pub sent: Sent,
    /// Instants with the part of the way done by then.
    pub path: Vec<(SimTime, f64)>,
    /// When it will arrive; none while it is held.
    pub due: Option<SimTime>,
    /// How it ended.
    pub ending: Ending,
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

    /// When it was sent.
    pub fn at(&self) -> SimTime {
        self.path[0].0
    }

    /// Where it is last heard of, and when.
    pub fn last(&self) -> (SimTime, f64) {
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

/// Follows every frame.
pub fn follow(steps: Steps<'_>) -> Map<MessageId, Frame> {
    let mut all: Map<MessageId, Frame> = Map::new();
    for step in steps {
        for fact in step.observations {
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
