//! What goes wrong: anchored faults of the scenario, frame faults of the script, crashes and starts.

use super::super::cast::Cast;
use super::super::ids::{BrokerId, ConnectionId, MessageId, NodeId};
use super::super::observation::{LostBecause, Observation};
use super::super::queue::{Direction, Pending};
use super::super::scenario::{Api, FaultKind, FrameFate, Phase};
use super::super::time::SimDuration;
use super::World;
use super::setup::Moment;
use std::ops::Range;

/// From, to, API, phase and number of a frame.
type FrameKey = (NodeId, NodeId, Api, Phase, u32);

/// A frame fault of the script, from its act on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FrameFault {
    /// Sender; none is anybody.
    pub(super) from: Option<NodeId>,
    /// Receiver; none is anybody.
    pub(super) to: Option<NodeId>,
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

impl FrameFault {
    /// Does it keep the heartbeats of that broker from the controller? One that is lost or held is sent again within half a
    /// session (KAFKA-14392), so only every one makes a difference.
    pub(super) fn silences(&self, broker: NodeId) -> bool {
        let (client, server) = match self.phase {
            Phase::Request => (self.from, self.to),
            Phase::Response => (self.to, self.from),
        };
        let is = |named: Option<NodeId>, node| named.is_none_or(|named| named == node);
        let for_good = match self.fate {
            FrameFate::Hold | FrameFate::Reset => self.countdown == 0,
            FrameFate::Delay | FrameFate::Mark => false,
        };
        self.api == Api::BrokerHeartbeat
            && !self.over
            && for_good
            && is(client, broker)
            && is(server, NodeId::Controller)
    }
}

impl Cast {
    /// Is a node meant that is called so? A client of an application goes by the application's name, too.
    fn is(&self, named: NodeId, node: NodeId) -> bool {
        named == node || named == self.owner_of(node)
    }

    /// Is that the frame at which it happens? The frames of each of an application's clients are counted by themselves.
    fn is_anchor(&self, when: &Moment, frame: FrameKey) -> bool {
        let Moment::Arrival {
            from,
            to,
            api,
            phase,
            nth,
            ..
        } = *when
        else {
            return false;
        };
        (api, phase, nth) == (frame.2, frame.3, frame.4)
            && self.is(from, frame.0)
            && self.is(to, frame.1)
    }
}

impl World {
    pub(super) fn schedule_timed_faults(&mut self) {
        for (index, fault) in (0..).zip(&self.setup.faults) {
            if let Moment::At(at) = fault.when {
                self.medium.queue.push(at, Pending::Fault(index), None);
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
        // A frame that was let go passes on to the faults behind, of those that there were when it came.
        let known = self.frame_faults.len();
        let (first, last) = self.passing.remove(&message).unwrap_or((0, known));
        let Some((index, fate, delay)) = self.firing_frame_fault(frame, first..last) else {
            return false;
        };
        match fate {
            FrameFate::Mark => return false,
            FrameFate::Reset => self.break_at(id, message),
            FrameFate::Hold | FrameFate::Delay => {
                if let Some(connection) = self.medium.network.connections.get_mut(&id) {
                    connection.lane(direction).held_by = Some(index);
                }
                self.passing.insert(message, (index as usize + 1, last));
                self.note(Observation::MessageHeld { message });
                if fate == FrameFate::Delay {
                    let at = self.medium.now + delay;
                    self.medium.schedule(at, Pending::DelayOver(id, direction));
                }
            }
        }
        true
    }

    fn break_at(&mut self, id: ConnectionId, message: MessageId) {
        let others = self.medium.noted.len();
        self.medium
            .drop_connection(id, LostBecause::ConnectionBroken, true);
        for observation in &mut self.medium.noted[others..] {
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
        let hit = (0..).zip(&self.setup.faults).find(|(_, fault)| {
            fault.kind == FaultKind::Lose && self.setup.cast.is_anchor(&fault.when, frame)
        });
        hit.map(|(index, _)| index)
    }

    /// Counts a frame for all frame faults of the script; the first that acts on it.
    fn firing_frame_fault(
        &mut self,
        frame: FrameKey,
        among: Range<usize>,
    ) -> Option<(u32, FrameFate, SimDuration)> {
        let (from, to, api, phase, _) = frame;
        let faults = (0..).zip(&mut self.frame_faults);
        for (index, fault) in faults.take(among.end).skip(among.start) {
            let cast = &self.setup.cast;
            let is = |named: Option<NodeId>, node| named.is_none_or(|named| cast.is(named, node));
            let meant = (fault.api, fault.phase) == (api, phase)
                && is(fault.from, from)
                && is(fault.to, to);
            if fault.over || !meant {
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
        if self.setup.faults.is_empty() {
            return;
        }
        let setup = self.setup.clone();
        for (index, fault) in (0..).zip(&setup.faults) {
            if let Moment::Arrival { plus, .. } = fault.when
                && fault.kind != FaultKind::Lose
                && setup
                    .cast
                    .is_anchor(&fault.when, (from, to, api, phase, nth))
            {
                self.medium
                    .schedule(self.medium.now + plus, Pending::Fault(index));
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
        if let Some(connection) = self.medium.network.connections.get_mut(&id) {
            connection.lane(direction).held_by = None;
            let (from, to) = connection.ends(direction);
            if !self.medium.network.cuts.contains(&(from, to)) {
                self.medium.resume(id, direction);
            }
        }
    }

    /// Lets go of everything that a frame fault holds.
    pub(super) fn release(&mut self, index: u32) {
        if let Some(fault) = self.frame_faults.get_mut(index as usize) {
            fault.over |= fault.fate == FrameFate::Hold;
        }
        let held = self.medium.network.connections.iter().flat_map(|(id, c)| {
            [(Direction::Up, &c.up), (Direction::Down, &c.down)]
                .map(|(direction, lane)| (id, direction, lane.held_by))
        });
        let held: Vec<_> = held.filter(|(_, _, by)| *by == Some(index)).collect();
        for (id, direction, _) in held {
            self.let_go(id, direction);
        }
    }
}
