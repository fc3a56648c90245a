//! What will happen, in order of (time, number). A tie is never left to a collection.

use super::effects::Timer;
use super::ids::{BrokerId, ConnectionId, NodeId, StepIndex};
use super::time::SimTime;
use std::collections::BTreeMap;

/// Which way on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the client that opened it to the server.
    Up,
    /// Back.
    Down,
}

/// Something that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pending {
    /// The first frame of this lane arrives.
    Arrival(ConnectionId, Direction),
    /// The server takes the next request of this connection.
    Serve(ConnectionId),
    /// The client learns that the connection is open, or that nobody listens.
    Opened(ConnectionId),
    /// A node learns that a connection is gone.
    Closed(ConnectionId, Direction),
    /// A timer of a node.
    Timer(NodeId, Timer),
    /// The script goes on.
    Script,
    /// A fault of the scenario, by its place.
    Fault(u32),
    /// A broker's process has come up.
    ProcessUp(BrokerId),
    /// A delayed frame may go on.
    DelayOver(ConnectionId, Direction),
}

/// Its place in the order.
pub type Slot = (SimTime, u64);

/// All that will happen, each with the step that caused it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Queue {
    pending: BTreeMap<Slot, (Pending, Option<StepIndex>)>,
    timers: BTreeMap<(NodeId, Timer), Slot>,
    next: u64,
}

impl Queue {
    /// When the next one is.
    pub(in crate::model) fn next_at(&self) -> Option<SimTime> {
        self.pending.first_key_value().map(|((at, _), _)| *at)
    }

    /// Adds one, after all others of the same instant.
    pub(in crate::model) fn push(
        &mut self,
        at: SimTime,
        what: Pending,
        cause: Option<StepIndex>,
    ) -> Slot {
        let slot = (at, self.next);
        self.next += 1;
        self.pending.insert(slot, (what, cause));
        slot
    }

    /// Takes one out again.
    pub(in crate::model) fn remove(&mut self, slot: Slot) {
        self.pending.remove(&slot);
    }

    /// The next one.
    pub(in crate::model) fn pop(&mut self) -> Option<(SimTime, Pending, Option<StepIndex>)> {
        let ((at, _), (what, cause)) = self.pending.pop_first()?;
        if let Pending::Timer(node, timer) = what {
            self.timers.remove(&(node, timer));
        }
        Some((at, what, cause))
    }

    /// Sets a timer, or sets it anew.
    pub(in crate::model) fn arm(
        &mut self,
        node: NodeId,
        timer: Timer,
        at: SimTime,
        cause: Option<StepIndex>,
    ) {
        if let Some(slot) = self.timers.get(&(node, timer)) {
            if slot.0 == at {
                return;
            }
            self.disarm(node, timer);
        }
        let slot = self.push(at, Pending::Timer(node, timer), cause);
        self.timers.insert((node, timer), slot);
    }

    /// Stops a timer.
    pub(in crate::model) fn disarm(&mut self, node: NodeId, timer: Timer) {
        if let Some(slot) = self.timers.remove(&(node, timer)) {
            self.pending.remove(&slot);
        }
    }

    /// Stops all timers of a node that is gone.
    pub(in crate::model) fn disarm_all(&mut self, node: NodeId) {
        let gone: Vec<_> = self
            .timers
            .keys()
            .filter(|(owner, _)| *owner == node)
            .map(|(_, timer)| *timer)
            .collect();
        for timer in gone {
            self.disarm(node, timer);
        }
    }
}
