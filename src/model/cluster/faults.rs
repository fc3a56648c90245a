//! What goes wrong: anchored faults of the scenario, frame faults of the script, crashes and starts.

use super::super::effects::Effects;
use super::super::ids::{BrokerId, ConnectionId, MessageId, NodeId};
use super::super::observation::{LostBecause, Observation};
use super::super::prng::Draw;
use super::super::queue::{Direction, Pending};
use super::super::scenario::{Api, FaultKind, FrameFate, Phase};
use super::super::time::SimDuration;
use super::setup::Moment;
use super::{Broker, Site, World};

/// From the start of a broker's process to its first request to the controller.
const STARTUP: (SimDuration, SimDuration) = (SimDuration::from_ms(900), SimDuration::from_ms(1100));

/// From, to, API, phase and number of a frame.
type FrameKey = (NodeId, NodeId, Api, Phase, u32);

/// A frame fault of the script, from its act on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FrameFault {
    pub(super) from: NodeId,
    pub(super) to: NodeId,
    pub(super) api: Api,
    pub(super) phase: Phase,
    /// Still to pass before it acts; it acts at 1. 0 acts on every one.
    pub(super) countdown: u32,
    pub(super) fate: FrameFate,
    pub(super) delay: SimDuration,
    pub(super) name: String,
    pub(super) fired: bool,
    pub(super) over: bool,
}

impl World {
    pub(super) fn schedule_timed_faults(&mut self) {
        for (index, fault) in (0..).zip(&self.setup.faults) {
            if let Moment::At(at) = fault.when {
                self.queue.push(at, Pending::Fault(index), None);
            }
        }
    }

    /// Is a frame that is about to arrive stopped instead?
    pub(super) fn stopped_by_fault(
        &mut self,
        id: ConnectionId,
        direction: Direction,
        frame: FrameKey,
        message: MessageId,
    ) -> bool {
        if let Some(fault) = self.losing_fault(frame) {
            self.note(Observation::FaultHappened { fault });
            self.break_at(id, message);
            return true;
        }
        let Some((index, fate, delay)) = self.firing_frame_fault(frame) else {
            return false;
        };
        match fate {
            FrameFate::Reset => self.break_at(id, message),
            FrameFate::Hold | FrameFate::Delay => {
                if let Some(connection) = self.network.connections.get_mut(&id) {
                    connection.lane(direction).held_by = Some(index);
                }
                self.note(Observation::MessageHeld { message });
                if fate == FrameFate::Delay {
                    let at = self.now + delay;
                    self.queue
                        .push(at, Pending::DelayOver(id, direction), Some(self.next_step));
                }
            }
        }
        true
    }

    fn break_at(&mut self, id: ConnectionId, message: MessageId) {
        let others = self.noted.len();
        self.drop_connection(id, LostBecause::ConnectionBroken, true);
        for observation in &mut self.noted[others..] {
            if let Observation::MessageLost {
                message: lost,
                because,
            } = observation
                && *lost == message
            {
                *because = LostBecause::Fault;
            }
        }
    }

    fn losing_fault(&self, frame: FrameKey) -> Option<u32> {
        let (from, to, api, phase, nth) = frame;
        let hit = (0..).zip(&self.setup.faults).find(|(_, fault)| {
            fault.kind == FaultKind::Lose
                && matches!(fault.when, Moment::Arrival { from: f, to: t, api: a, phase: p, nth: n, .. }
                    if (f, t, a, p, n) == (from, to, api, phase, nth))
        });
        hit.map(|(index, _)| index)
    }

    /// Counts a frame for all frame faults of the script; the first that acts on it.
    fn firing_frame_fault(&mut self, frame: FrameKey) -> Option<(u32, FrameFate, SimDuration)> {
        let (from, to, api, phase, _) = frame;
        for (index, fault) in (0..).zip(&mut self.frame_faults) {
            if fault.over
                || (fault.from, fault.to, fault.api, fault.phase) != (from, to, api, phase)
            {
                continue;
            }
            let acts = fault.countdown <= 1;
            if fault.countdown > 0 {
                fault.countdown -= 1;
                fault.over = acts;
            }
            if acts {
                fault.fired = true;
                return Some((index, fault.fate, fault.delay));
            }
        }
        None
    }

    /// A message arrived that faults may wait for.
    pub(super) fn anchor_reached(
        &mut self,
        from: NodeId,
        to: NodeId,
        api: Api,
        phase: Phase,
        nth: u32,
    ) {
        let setup = self.setup.clone();
        for (index, fault) in (0..).zip(&setup.faults) {
            if let Moment::Arrival {
                from: f,
                to: t,
                api: a,
                phase: p,
                nth: n,
                plus,
            } = fault.when
                && (f, t, a, p, n) == (from, to, api, phase, nth)
                && fault.kind != FaultKind::Lose
            {
                self.queue
                    .push(self.now + plus, Pending::Fault(index), Some(self.next_step));
            }
        }
    }

    pub(super) fn fault_happens(&mut self, index: u32) {
        let Some(fault) = self.setup.faults.get(index as usize).copied() else {
            return;
        };
        let done = match fault.kind {
            FaultKind::Crash(id) => self.crash(BrokerId(id.0)),
            FaultKind::Start(id) => self.start(BrokerId(id.0)),
            FaultKind::Lose => false,
        };
        if done {
            self.note(Observation::FaultHappened { fault: index });
        }
    }

    /// A held lane goes on.
    pub(super) fn let_go(&mut self, id: ConnectionId, direction: Direction) {
        if let Some(connection) = self.network.connections.get_mut(&id) {
            connection.lane(direction).held_by = None;
            let (from, to) = connection.ends(direction);
            if !self.network.cuts.contains(&(from, to)) {
                self.resume(id, direction);
            }
        }
    }

    /// Lets go of everything that a frame fault holds.
    pub(super) fn release(&mut self, index: u32) {
        let held = self.network.connections.iter().flat_map(|(id, c)| {
            [(Direction::Up, &c.up), (Direction::Down, &c.down)]
                .map(|(direction, lane)| (id, direction, lane.held_by))
        });
        let held: Vec<_> = held.filter(|(_, _, by)| *by == Some(index)).collect();
        for (id, direction, _) in held {
            self.let_go(id, direction);
        }
    }

    /// The process is gone; its disk is there. Every connection to it and from it breaks. True if it ran.
    pub(super) fn crash(&mut self, id: BrokerId) -> bool {
        let Some(site) = self.brokers.remove(&id) else {
            return false;
        };
        let (disk, heard, ran) = match site {
            Site::Up(broker) => {
                let heard = broker.serves().then(|| broker.last_heartbeat(self.now));
                (broker.crash(self.now), heard, true)
            }
            Site::ComingUp(disk, process_up) => {
                self.queue.remove(process_up);
                (disk, None, true)
            }
            Site::Down(disk) => (disk, None, false),
        };
        self.brokers.insert(id, Site::Down(disk));
        if !ran {
            return false;
        }
        self.note(Observation::BrokerCrashed { broker: id });
        let node = NodeId::Broker(id);
        self.queue.disarm_all(node);
        for connection in self.network.of_node(node) {
            let is_client = self
                .network
                .connections
                .get(&connection)
                .is_some_and(|c| c.client == node);
            self.drop_connection(connection, LostBecause::ConnectionBroken, !is_client);
        }
        if let Some(heard) = heard {
            self.silence(id, heard);
        }
        true
    }

    pub(super) fn silence(&mut self, id: BrokerId, heard: super::SimTime) {
        let mut out = Effects::default();
        self.controller.on_silence(self.now, id, heard, &mut out);
        self.apply(NodeId::Controller, out);
    }

    /// Starts a process; it comes up a little later. True if it was down.
    pub(super) fn start(&mut self, id: BrokerId) -> bool {
        let disk = match self.brokers.remove(&id) {
            Some(Site::Down(disk)) => disk,
            Some(other) => {
                self.brokers.insert(id, other);
                return false;
            }
            None => return false,
        };
        self.note(Observation::BrokerStarted { broker: id });
        let key = [u64::from(id.0), self.now.0];
        let startup = self
            .setup
            .seed
            .between(Draw::Startup, &key, STARTUP.0, STARTUP.1);
        let process_up = self.queue.push(
            self.now + startup,
            Pending::ProcessUp(id),
            Some(self.next_step),
        );
        self.brokers.insert(id, Site::ComingUp(disk, process_up));
        true
    }

    pub(super) fn process_up(&mut self, id: BrokerId) {
        let Some(Site::ComingUp(disk, _)) = self.brokers.remove(&id) else {
            unreachable!("the process of a broker that was killed never comes up");
        };
        let mut out = Effects::default();
        let broker = Broker::start(self.now, id, self.setup.brokers, disk, &mut out);
        self.brokers.insert(id, Site::Up(Box::new(broker)));
        self.apply(NodeId::Broker(id), out);
    }
}
