//! The world: all nodes, the network between them, and what will happen next. One call of `step` is one thing that happens.

mod admin;
mod applications;
mod apps;
mod conditions;
mod connections;
mod director;
mod faults;
mod links;
mod processes;
mod readers;
mod setup;
mod shares;
mod transactions;
mod transport;
mod view;

use super::broker::{Broker, Disk};
use super::cast::Cast;
use super::controller::Controller;
use super::effects::Input;
use super::history::{History, Step};
use super::ids::{BrokerId, ClientId, MessageId, NodeId, TopicId};
use super::medium::Medium;
use super::observation::Observation;
use super::producer::Producer;
use super::queue::{Pending, Slot};
use super::reader::Reader;
use super::scenario::Scenario;
use super::share_consumer::ShareConsumer;
use super::small::Map;
use super::time::SimTime;
use super::trace::End;
use apps::{App, Outside};
use director::Director;
use faults::FrameFault;
use setup::Setup;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Everything that exists at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) setup: Arc<Setup>,
    medium: Medium,
    controller: Controller,
    brokers: Map<BrokerId, Site>,
    producers: Map<ClientId, Producer>,
    readers: Map<ClientId, Reader>,
    share_consumers: Map<ClientId, ShareConsumer>,
    apps: Map<ClientId, App>,
    outside: Outside,
    director: Director,
    frame_faults: Vec<FrameFault>,
    /// Held frames, and which of the frame faults they have still to pass.
    passing: Map<MessageId, (usize, usize)>,
    /// What the processes that stand still would have had to do, in its order.
    frozen: Vec<(BrokerId, Pending)>,
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
            medium: Medium::new(setup.seed, setup.cast.sends.len()),
            brokers: Map::new(),
            producers: Map::new(),
            readers: Map::new(),
            share_consumers: Map::new(),
            apps: Map::new(),
            outside: Outside::default(),
            director: Director::default(),
            frame_faults: Vec::new(),
            passing: Map::new(),
            frozen: Vec::new(),
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
            broker.connect_to_controller(&mut self.medium.effects(NodeId::Broker(id)));
            self.brokers.insert(id, Site::Up(Box::new(broker)));
        }
        let cast = &self.setup.cast;
        if !cast.groups.is_empty() && !cast.member_names.is_empty() {
            // Somebody has long been in a group here.
            let topic = TopicId::CONSUMER_OFFSETS;
            let out = &mut self.medium.effects(NodeId::Controller);
            let made = self
                .controller
                .create_internal_topic(SimTime::ZERO, topic, out);
            assert_eq!(made, Ok(()), "nothing was there before");
        }
        self.medium.queue.push(SimTime::ZERO, Pending::Script, None);
        self.schedule_timed_faults();
        self.medium.queue.settle();
    }

    /// When the next step will be, if anything can still happen.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        self.medium.queue.next_at()
    }

    /// The instant of the last step.
    #[must_use]
    pub fn now(&self) -> SimTime {
        self.medium.now
    }

    /// Who is who.
    #[must_use]
    pub fn cast(&self) -> &Cast {
        &self.setup.cast
    }

    /// The next step, added to a history; none if nothing more can happen.
    pub fn step<'h>(&mut self, history: &'h mut History) -> Option<Step<'h>> {
        if self.advance(history) {
            history.steps().last()
        } else {
            None
        }
    }

    /// The same for those who do not look at it. False if nothing more can happen.
    pub(crate) fn advance(&mut self, history: &mut History) -> bool {
        let next = self.medium.queue.pop().or_else(|| self.lose_patience());
        let Some((at, what, cause)) = next else {
            return false;
        };
        self.medium.now = at;
        history.begin_step(&mut self.medium.noted);
        let began = self.medium.noted.len();
        self.happen(what);
        if !self.apps.is_empty() {
            self.run_apps(began);
        }
        self.direct();
        self.medium.queue.settle();
        self.medium.step = self.medium.step.next();
        history.end_step(at, cause, &mut self.medium.noted);
        true
    }

    fn happen(&mut self, what: Pending) {
        if !self.medium.paused.is_empty()
            && let Some(id) = self.frozen_by(&what)
        {
            return self.freeze(id, what);
        }
        match what {
            Pending::Arrival(connection, direction) => self.arrive(connection, direction),
            Pending::Serve(connection) => self.serve(connection),
            Pending::Opened(connection) => self.finish_opening(connection),
            Pending::Closed(connection, direction) => self.tell_closed(connection, direction),
            Pending::Timer(node, timer) => self.deliver(node, node, &mut Input::Timer(timer)),
            Pending::Script => self.director.wake(),
            Pending::Fault(fault) => self.fault_happens(fault),
            Pending::ProcessUp(id) => self.process_up(id),
            Pending::DelayOver(connection, direction) => self.let_go(connection, direction),
        }
    }

    /// Hands something to an actor, and does what it wishes.
    fn deliver(&mut self, node: NodeId, from: NodeId, input: &mut Input) {
        let (now, mut may_end) = (self.medium.now, false);
        let out = &mut self.medium.effects(node);
        match node {
            NodeId::Controller => {
                self.controller
                    .on(now, from.broker().unwrap_or_default(), input.taken(), out)
            }
            NodeId::Broker(id) => {
                if let Some(Site::Up(broker)) = self.brokers.get_mut(&id) {
                    broker.on(now, input, out);
                    may_end = broker.may_end();
                }
            }
            NodeId::Client(id) => {
                if let Some(producer) = self.producers.get_mut(&id) {
                    producer.on(now, input, out);
                } else if let Some(reader) = self.readers.get_mut(&id) {
                    reader.on(now, input.taken(), out);
                } else if let Some(consumer) = self.share_consumers.get_mut(&id) {
                    consumer.on(now, input.taken(), out);
                }
            }
        }
        if let (NodeId::Broker(id), true) = (node, may_end) {
            self.end_if_it_may(id);
        }
    }

    fn note(&mut self, observation: Observation) {
        self.medium.note(observation);
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
