//! What will happen, in order of (time, number). A tie is never left to a collection.
//!
//! Two short rows: what was pushed, the next one last; and the timers, of which a node has at most one of each kind and which
//! are set anew far more often than they run out.

use super::effects::Timer;
use super::ids::{BrokerId, ConnectionId, NodeId, StepIndex};
use super::time::SimTime;

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Waiting {
    slot: Slot,
    what: Pending,
    cause: Option<StepIndex>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Armed {
    slot: Slot,
    /// Node and kind of the timer as a number: what is not asked for is passed over with one look.
    key: u64,
    node: NodeId,
    timer: Timer,
    cause: Option<StepIndex>,
}

/// All that will happen, each with the step that caused it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Queue {
    /// Latest first: the next one is at the end, and what comes soon is put in near it.
    waiting: Vec<Waiting>,
    /// In no order.
    armed: Vec<Armed>,
    /// The place of the timer that runs out first.
    first: Option<usize>,
    /// The timer that was first runs out later now, or never: another may be first.
    unsettled: bool,
    next: u64,
}

fn key(node: NodeId, timer: Timer) -> u64 {
    u64::from(node.number()) << 32 | u64::from(timer.number())
}

impl Queue {
    #[inline]
    fn first_timer(&self) -> Option<&Armed> {
        let first = match self.unsettled {
            true => self.find_first(),
            false => self.first,
        };
        first.and_then(|at| self.armed.get(at))
    }

    #[inline(never)]
    fn find_first(&self) -> Option<usize> {
        let mut first: Option<(usize, Slot)> = None;
        for (at, armed) in self.armed.iter().enumerate() {
            if first.is_none_or(|(_, slot)| armed.slot < slot) {
                first = Some((at, armed.slot));
            }
        }
        first.map(|(at, _)| at)
    }

    /// Looks for the timer that runs out first, if that may be another now. Once a step is enough.
    #[inline]
    pub(crate) fn settle(&mut self) {
        if self.unsettled {
            self.first = self.find_first();
            self.unsettled = false;
        }
    }

    /// When the next one is.
    #[inline]
    pub(crate) fn next_at(&self) -> Option<SimTime> {
        let (waiting, timer) = (self.waiting.last(), self.first_timer());
        let at = |slot: Slot| slot.0;
        match (waiting.map(|w| at(w.slot)), timer.map(|t| at(t.slot))) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    fn number(&mut self, at: SimTime) -> Slot {
        let slot = (at, self.next);
        self.next += 1;
        slot
    }

    /// Adds one, after all others of the same instant.
    pub(crate) fn push(&mut self, at: SimTime, what: Pending, cause: Option<StepIndex>) -> Slot {
        let slot = self.number(at);
        // What comes soon is near the end, and what is pushed comes soon.
        let mut place = self.waiting.len();
        while place > 0 && self.waiting[place - 1].slot < slot {
            place -= 1;
        }
        self.waiting.insert(place, Waiting { slot, what, cause });
        slot
    }

    /// Takes one out again.
    pub(crate) fn remove(&mut self, slot: Slot) {
        let place = self.waiting.partition_point(|waiting| waiting.slot > slot);
        if self
            .waiting
            .get(place)
            .is_some_and(|waiting| waiting.slot == slot)
        {
            self.waiting.remove(place);
        }
    }

    /// The next one.
    pub(crate) fn pop(&mut self) -> Option<(SimTime, Pending, Option<StepIndex>)> {
        self.settle();
        let waiting = self.waiting.last().map(|waiting| waiting.slot);
        match (self.first, self.first_timer()) {
            (Some(at), Some(timer)) if waiting.is_none_or(|waiting| timer.slot < waiting) => {
                let armed = self.armed.swap_remove(at);
                self.unsettled = true;
                let what = Pending::Timer(armed.node, armed.timer);
                Some((armed.slot.0, what, armed.cause))
            }
            _ => {
                let waiting = self.waiting.pop()?;
                Some((waiting.slot.0, waiting.what, waiting.cause))
            }
        }
    }

    fn place_of(&self, node: NodeId, timer: Timer) -> Option<usize> {
        let key = key(node, timer);
        self.armed
            .iter()
            .position(|armed| armed.key == key && armed.timer == timer)
    }

    /// Sets a timer, or sets it anew.
    pub(crate) fn arm(
        &mut self,
        node: NodeId,
        timer: Timer,
        at: SimTime,
        cause: Option<StepIndex>,
    ) {
        let place = self.place_of(node, timer);
        if place.is_some_and(|place| self.armed[place].slot.0 == at) {
            return;
        }
        let slot = self.number(at);
        let armed = Armed {
            slot,
            key: key(node, timer),
            node,
            timer,
            cause,
        };
        let place = match place {
            Some(place) => {
                self.armed[place] = armed;
                place
            }
            None => {
                self.armed.push(armed);
                self.armed.len() - 1
            }
        };
        match self.first {
            _ if self.unsettled => {}
            Some(first) if first == place => self.unsettled = true,
            Some(first) if self.armed[first].slot < slot => {}
            _ => self.first = Some(place),
        }
    }

    /// Stops a timer.
    pub(crate) fn disarm(&mut self, node: NodeId, timer: Timer) {
        if let Some(place) = self.place_of(node, timer) {
            self.armed.swap_remove(place);
            if self.unsettled || self.first == Some(place) {
                self.unsettled = true;
            } else if self.first == Some(self.armed.len()) {
                // The last one has filled the gap.
                self.first = Some(place);
            }
        }
    }

    /// Stops all timers of a node that is gone.
    pub(crate) fn disarm_all(&mut self, node: NodeId) {
        self.armed.retain(|armed| armed.node != node);
        self.unsettled = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P1: NodeId = NodeId::Controller;

    fn drained(queue: &mut Queue) -> Vec<(u64, Pending)> {
        std::iter::from_fn(|| queue.pop())
            .map(|(at, what, _)| (at.0, what))
            .collect()
    }

    #[test]
    fn by_time_then_by_number_timers_and_others_alike() {
        let mut queue = Queue::default();
        queue.push(SimTime(5), Pending::Fault(0), None);
        queue.arm(P1, Timer::Sender, SimTime(5), None);
        let gone = queue.push(SimTime(4), Pending::Fault(9), None);
        queue.push(SimTime(5), Pending::Fault(1), None);
        queue.arm(P1, Timer::Purgatory, SimTime(3), None);
        queue.arm(P1, Timer::IsrExpiration, SimTime(1), None);
        queue.disarm(P1, Timer::IsrExpiration);
        queue.remove(gone);
        assert_eq!(queue.next_at(), Some(SimTime(3)));
        assert_eq!(
            drained(&mut queue),
            [
                (3, Pending::Timer(P1, Timer::Purgatory)),
                (5, Pending::Fault(0)),
                (5, Pending::Timer(P1, Timer::Sender)),
                (5, Pending::Fault(1)),
            ]
        );
    }

    #[test]
    fn a_timer_set_anew_runs_out_once() {
        let mut queue = Queue::default();
        for at in [9, 2, 7, 7] {
            queue.arm(P1, Timer::Sender, SimTime(at), None);
            queue.arm(
                NodeId::Broker(BrokerId(at as u32)),
                Timer::Sender,
                SimTime(8),
                None,
            );
        }
        queue.disarm_all(NodeId::Broker(BrokerId(9)));
        let at: Vec<u64> = drained(&mut queue).into_iter().map(|(at, _)| at).collect();
        assert_eq!(at, [7, 8, 8]);
    }
}
