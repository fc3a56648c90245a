//! The world: all nodes, the network between them, and what will happen next. One call of `step` is one thing that happens.

mod admin;
mod applications;
mod conditions;
mod connections;
mod director;
mod faults;
mod links;
mod processes;
mod readers;
mod setup;
mod shares;
mod transport;
mod view;

use super::board::SendState;
use super::broker::{Broker, Disk};
use super::cast::Cast;
use super::controller::Controller;
use super::effects::{Effect, Effects, Input, Scratch};
use super::history::{History, Step};
use super::ids::{BrokerId, ClientId, MessageId, NodeId, StepIndex};
use super::network::Network;
use super::observation::Observation;
use super::producer::Producer;
use super::queue::{Pending, Queue, Slot};
use super::reader::Reader;
use super::scenario::Scenario;
use super::share_consumer::ShareConsumer;
use super::small::Map;
use super::time::SimTime;
use super::trace::End;
use director::Director;
use faults::FrameFault;
use setup::Setup;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Everything that exists at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(in crate::model) setup: Arc<Setup>,
    now: SimTime,
    next_step: StepIndex,
    queue: Queue,
    network: Network,
    controller: Controller,
    brokers: Map<BrokerId, Site>,
    producers: Map<ClientId, Producer>,
    readers: Map<ClientId, Reader>,
    share_consumers: Map<ClientId, ShareConsumer>,
    director: Director,
    frame_faults: Vec<FrameFault>,
    /// Held frames, and which of the frame faults they have still to pass.
    passing: Map<MessageId, (usize, usize)>,
    /// Brokers whose processes stand still, and what they would have had to do, in its order.
    paused: BTreeSet<BrokerId>,
    frozen: Vec<(BrokerId, Pending)>,
    /// What the application knows of each `send()`; none before it was called. The actors cannot see this.
    outcomes: Vec<Option<SendState>>,
    /// How many of them are open.
    open_sends: u32,
    /// What was noted in the step that is being made.
    noted: Vec<Observation>,
    scratch: Scratch,
}

/// A place where a broker runs, or does not: disk and memory are different types.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Site {
    Up(Box<Broker>),
    /// Started; the process is not yet there, but will come up then.
    ComingUp(Disk, Slot),
    Down(Disk),
}

impl World {
    /// The world before the first step.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let setup = Arc::new(Setup::of(scenario));
        let controller = Controller::new(setup.brokers, &setup.cast.brokers);
        let mut world = Self {
            now: SimTime::ZERO,
            next_step: StepIndex(0),
            queue: Queue::default(),
            network: Network::default(),
            brokers: Map::new(),
            producers: Map::new(),
            readers: Map::new(),
            share_consumers: Map::new(),
            director: Director::default(),
            frame_faults: Vec::new(),
            passing: Map::new(),
            paused: BTreeSet::new(),
            frozen: Vec::new(),
            outcomes: vec![None; setup.cast.sends.len()],
            open_sends: 0,
            noted: Vec::new(),
            scratch: Scratch::default(),
            controller,
            setup,
        };
        world.establish();
        world
    }

    /// Brokers that have run for ever, and the first things to happen.
    fn establish(&mut self) {
        for id in self.setup.cast.brokers.clone() {
            let epoch = self
                .controller
                .image()
                .brokers
                .get(&id)
                .map(|known| known.epoch)
                .unwrap_or_default();
            let mut broker = Broker::established(id, self.setup.brokers, epoch);
            let mut out = Effects::default();
            broker.connect_to_controller(&mut out);
            self.brokers.insert(id, Site::Up(Box::new(broker)));
            self.apply(NodeId::Broker(id), out);
        }
        self.queue.push(SimTime::ZERO, Pending::Script, None);
        self.schedule_timed_faults();
    }

    /// When the next step will be, if anything can still happen.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        self.queue.next_at()
    }

    /// The instant of the last step.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// Who is who.
    #[must_use]
    pub fn cast(&self) -> &Cast {
        &self.setup.cast
    }

    /// The next step, added to a history; none if nothing more can happen.
    pub fn step<'h>(&mut self, history: &'h mut History) -> Option<Step<'h>> {
        let (at, what, cause) = self.queue.pop().or_else(|| self.lose_patience())?;
        self.now = at;
        self.happen(what);
        self.direct();
        self.next_step = self.next_step.next();
        Some(history.push(at, cause, &mut self.noted))
    }

    fn happen(&mut self, what: Pending) {
        if let Some(id) = self.frozen_by(&what) {
            return self.freeze(id, what);
        }
        match what {
            Pending::Arrival(connection, direction) => self.arrive(connection, direction),
            Pending::Serve(connection) => self.serve(connection),
            Pending::Opened(connection) => self.finish_opening(connection),
            Pending::Closed(connection, direction) => self.tell_closed(connection, direction),
            Pending::Timer(node, timer) => self.deliver(node, node, Input::Timer(timer)),
            Pending::Script => self.director.wake(),
            Pending::Fault(fault) => self.fault_happens(fault),
            Pending::ProcessUp(id) => self.process_up(id),
            Pending::DelayOver(connection, direction) => self.let_go(connection, direction),
        }
    }

    /// Hands something to an actor, and does what it wishes.
    fn deliver(&mut self, node: NodeId, from: NodeId, input: Input) {
        let mut out = self.scratch.take();
        let (now, mut may_end) = (self.now, false);
        match node {
            NodeId::Controller => {
                self.controller
                    .on(now, from.broker().unwrap_or_default(), input, &mut out)
            }
            NodeId::Broker(id) => {
                if let Some(Site::Up(broker)) = self.brokers.get_mut(&id) {
                    broker.on(now, input, &mut out);
                    may_end = broker.may_end();
                }
            }
            NodeId::Client(id) => {
                if let Some(producer) = self.producers.get_mut(&id) {
                    producer.on(now, input, &mut out);
                } else if let Some(reader) = self.readers.get_mut(&id) {
                    reader.on(now, input, &mut out);
                } else if let Some(consumer) = self.share_consumers.get_mut(&id) {
                    consumer.on(now, input, &mut out);
                }
            }
        }
        self.apply(node, out);
        if let (NodeId::Broker(id), true) = (node, may_end) {
            self.end_if_it_may(id);
        }
    }

    /// Does what an actor wishes.
    fn apply(&mut self, node: NodeId, mut out: Effects) {
        let cause = Some(self.next_step);
        for effect in out.0.drain(..) {
            match effect {
                Effect::Connect(to, purpose) => self.connect(node, to, purpose),
                Effect::Close(to, purpose) => self.close(node, to, purpose),
                Effect::Send(to, purpose, request) => self.send_request(node, to, purpose, request),
                Effect::Reply(reply, response) => self.send_response(reply, response),
                Effect::NoReply(reply) => self.served(reply),
                Effect::Hangup(reply) => self.hang_up(reply),
                Effect::Arm(timer, at) => self.queue.arm(node, timer, at.max(self.now), cause),
                Effect::Disarm(timer) => self.queue.disarm(node, timer),
                Effect::Note(observation) => self.note(observation),
            }
        }
        self.scratch.keep(out);
    }

    fn note(&mut self, observation: Observation) {
        let outcome = match &observation {
            Observation::RecordSent { record, .. } => Some((*record, SendState::Open)),
            Observation::RecordAcknowledged { record, offset } => {
                Some((*record, SendState::Acknowledged(*offset)))
            }
            Observation::RecordFailed { record, error } => {
                Some((*record, SendState::Failed(*error)))
            }
            _ => None,
        };
        if let Some((record, state)) = outcome
            && let Some(slot) = self.outcomes.get_mut(record.0 as usize)
        {
            let is_open = |state: Option<SendState>| u32::from(state == Some(SendState::Open));
            self.open_sends = self.open_sends + is_open(Some(state)) - is_open(*slot);
            *slot = Some(state);
        }
        if !observation.is_internal() {
            self.noted.push(observation);
        }
    }

    /// Why nothing more can happen.
    #[must_use]
    pub fn why_quiet(&self) -> End {
        match self.director.waiting_in() {
            Some(act) => End::Stuck { act },
            None => End::Quiescent,
        }
    }

    /// 64 bits that are the same for equal worlds, natively and in the browser.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = Fnv(0xCBF2_9CE4_8422_2325);
        self.hash(&mut hasher);
        hasher.finish()
    }
}

/// FNV-1a, with numbers of the platform's width written as 64 bits.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
    fn write_usize(&mut self, value: usize) {
        self.write(&(value as u64).to_le_bytes());
    }
    fn write_isize(&mut self, value: isize) {
        self.write(&(value as i64).to_le_bytes());
    }
}
