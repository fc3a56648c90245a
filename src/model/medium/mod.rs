//! What lies between the actors: time, the queue, the network, and what was noted. Actors act on each other through it alone,
//! and see nothing of it but [`Effects`].

mod connections;
mod transport;

use super::board::SendState;
use super::effects::Effects;
use super::ids::{BrokerId, NodeId, RecordId, StepIndex};
use super::network::Network;
use super::observation::Observation;
use super::prng::Seed;
use super::queue::{Pending, Queue, Slot};
use super::time::SimTime;
use crate::small::Set;

/// Everything of the world that is no actor and no script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Medium {
    pub(crate) now: SimTime,
    /// The step that is being made.
    pub(crate) step: StepIndex,
    pub(crate) queue: Queue,
    pub(crate) network: Network,
    /// Brokers whose processes stand still.
    pub(crate) paused: Set<BrokerId>,
    /// While topics and clients are made before anything else, nothing takes time.
    pub(crate) setting_up: bool,
    /// All acts of the script have ended.
    pub(crate) script_over: bool,
    seed: Seed,
    /// What the application knows of each `send()`; none before it was called. The actors cannot see this.
    pub(crate) outcomes: Vec<Option<SendState>>,
    /// How many of them are open.
    pub(crate) open_sends: u32,
    /// What was noted. While a step is made this is the row of the history itself.
    pub(crate) noted: Vec<Observation>,
}

impl Medium {
    /// Nothing has happened yet.
    pub(crate) fn new(seed: Seed, sends: usize) -> Self {
        Self {
            now: SimTime::ZERO,
            step: StepIndex(0),
            queue: Queue::default(),
            network: Network::default(),
            paused: Set::new(),
            setting_up: true,
            script_over: false,
            seed,
            outcomes: vec![None; sends],
            open_sends: 0,
            noted: Vec::new(),
        }
    }

    /// What a node can do to the others.
    pub(crate) fn effects(&mut self, node: NodeId) -> Effects<'_> {
        Effects::new(node, self)
    }

    /// Something will happen, because of this step.
    pub(crate) fn schedule(&mut self, at: SimTime, what: Pending) -> Slot {
        self.queue.push(at, what, Some(self.step))
    }

    /// Notes what changes no outcome and is of no internal log.
    #[inline]
    pub(crate) fn tell(&mut self, observation: Observation) {
        self.noted.push(observation);
    }

    /// Notes what happened.
    #[inline(never)]
    pub(crate) fn note(&mut self, observation: Observation) {
        match &observation {
            Observation::RecordSent { record, .. } => self.set_outcome(*record, SendState::Open),
            Observation::RecordAcknowledged { record, offset } => {
                self.set_outcome(*record, SendState::Acknowledged(*offset));
            }
            Observation::RecordFailed { record, error } => {
                self.set_outcome(*record, SendState::Failed(*error));
            }
            told if told.is_internal() => return,
            _ => {}
        }
        self.noted.push(observation);
    }

    fn set_outcome(&mut self, record: RecordId, state: SendState) {
        if let Some(slot) = self.outcomes.get_mut(record.0 as usize) {
            // Of two workers that sent the same row one may be told that it could not.
            let fails = matches!(state, SendState::Failed(_));
            if fails && matches!(slot, Some(SendState::Acknowledged(_))) {
                return;
            }
            let is_open = |state: Option<SendState>| u32::from(state == Some(SendState::Open));
            self.open_sends = self.open_sends + is_open(Some(state)) - is_open(*slot);
            *slot = Some(state);
        }
    }
}
