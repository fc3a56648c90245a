//! Connections: opening, breaking, and what stands in their way.

use super::super::effects::{Purpose, ReplyTo};
use super::super::ids::{ConnectionId, NodeId};
use super::super::network::{Connection, State, latency_of};
use super::super::observation::{LostBecause, Observation};
use super::super::prng::Draw;
use super::super::queue::{Direction, Pending};
use super::super::time::{SimDuration, SimTime};
use super::Medium;
use super::transport::{SERVER_LATENCY, lane_of};

impl Medium {
    /// Opening a connection and learning of its end take as long as an eighth kind of frame would.
    fn handshake(&self, from: NodeId, to: NodeId, id: ConnectionId) -> SimDuration {
        if self.setting_up {
            return SimDuration::ZERO;
        }
        let key = [from.key(), to.key(), u64::MAX, u64::from(id.0)];
        self.seed
            .between(Draw::Latency, &key, SERVER_LATENCY.0, SERVER_LATENCY.1)
    }

    pub(crate) fn connect(&mut self, client: NodeId, server: NodeId, purpose: Purpose) {
        if let Some(old) = self.network.current(client, server, purpose) {
            self.leave(old);
        }
        let id = self.network.open(client, server, purpose);
        let at = self.now + self.handshake(client, server, id);
        self.schedule(at, Pending::Opened(id));
    }

    /// The client closes; it will hear no more of it.
    pub(crate) fn close(&mut self, client: NodeId, server: NodeId, purpose: Purpose) {
        if let Some(id) = self.network.current(client, server, purpose) {
            self.leave(id);
            self.network.forget_current(client, server, purpose);
        }
    }

    /// The client closes all that it has.
    pub(crate) fn close_all(&mut self, client: NodeId) {
        for id in self.network.of_node(client) {
            self.leave(id);
        }
    }

    /// A process is gone, and with it all that it had not got through.
    pub(crate) fn break_all(&mut self, client: NodeId) {
        for id in self.network.of_node(client) {
            self.drop_connection(id, LostBecause::ConnectionBroken, false);
        }
    }

    /// The client closes in good order: what it has handed to TCP is still delivered, also if it is held up now, but nobody
    /// will hear the answers.
    fn leave(&mut self, id: ConnectionId) {
        let Some(connection) = self.network.connections.get_mut(&id) else {
            return;
        };
        let sent = !connection.up.frames.is_empty() || !connection.waiting.is_empty();
        if connection.state != State::Open || !sent {
            return self.drop_connection(id, LostBecause::ConnectionBroken, false);
        }
        connection.state = State::Left;
        let slot = connection.down.arrival.take();
        let unheard = std::mem::take(&mut connection.down.frames);
        if let Some(slot) = slot {
            self.queue.remove(slot);
        }
        for frame in unheard {
            self.note(Observation::MessageLost {
                message: frame.message,
                because: LostBecause::ConnectionBroken,
            });
        }
    }

    pub(crate) fn hang_up(&mut self, reply: ReplyTo) {
        self.drop_connection(reply.connection, LostBecause::ConnectionBroken, true);
    }

    /// A connection breaks: what is on it is lost, what waits unread at the server is never read. Each end that still cares
    /// learns of it a little later.
    pub(crate) fn drop_connection(
        &mut self,
        id: ConnectionId,
        because: LostBecause,
        tell_client: bool,
    ) {
        let Some(connection) = self.network.connections.get_mut(&id) else {
            return;
        };
        if connection.state == State::Closed {
            return;
        }
        connection.state = State::Closed;
        let (client, server) = (connection.client, connection.server);
        let mut lost: Vec<_> = Vec::new();
        for direction in [Direction::Up, Direction::Down] {
            let lane = connection.lane(direction);
            if let Some(slot) = lane.arrival.take() {
                self.queue.remove(slot);
            }
            lost.extend(lane.frames.drain(..).map(|frame| frame.message));
        }
        // What a process that stands still has in its buffers it will read, though nobody waits for the answer.
        let paused = connection.server.broker();
        if !paused.is_some_and(|id| self.paused.contains(&id)) {
            connection.waiting.clear();
        }
        connection.untold = 1 + u8::from(tell_client);
        for message in lost {
            self.note(Observation::MessageLost { message, because });
        }
        let cause = Some(self.step);
        if tell_client {
            self.note(Observation::ConnectionReset { client, server });
            let at = self.now + self.handshake(server, client, id);
            self.queue
                .push(at, Pending::Closed(id, Direction::Down), cause);
        }
        let at = self.now + self.handshake(client, server, id);
        self.queue
            .push(at, Pending::Closed(id, Direction::Up), cause);
    }

    /// Frames from one node to another are held from now on, also those that are under way.
    pub(crate) fn cut(&mut self, from: NodeId, to: NodeId) {
        if !self.network.cuts.insert((from, to)) {
            return;
        }
        self.note(Observation::LinkCut { from, to });
        for (id, direction) in self.lanes(from, to) {
            let Some(connection) = self.network.connections.get_mut(&id) else {
                continue;
            };
            let lane = connection.lane(direction);
            if let Some(slot) = lane.arrival.take() {
                self.queue.remove(slot);
            }
            let held: Vec<_> = lane.frames.iter().map(|frame| frame.message).collect();
            for message in held {
                self.note(Observation::MessageHeld { message });
            }
        }
    }

    /// What was held goes on, in order.
    pub(crate) fn heal(&mut self, from: NodeId, to: NodeId) {
        if !self.network.cuts.remove(&(from, to)) {
            return;
        }
        self.note(Observation::LinkHealed { from, to });
        for (id, direction) in self.lanes(from, to) {
            self.resume(id, direction);
            let opening = |c: &&Connection| c.state == State::Opening && c.purpose.is_client();
            if self.network.connections.get(&id).filter(opening).is_some()
                && !self.is_cut_either_way(from, to)
            {
                let at = self.now + self.handshake(from, to, id);
                self.schedule(at, Pending::Opened(id));
            }
        }
    }

    pub(crate) fn is_cut_either_way(&self, one: NodeId, other: NodeId) -> bool {
        let cuts = &self.network.cuts;
        cuts.contains(&(one, other)) || cuts.contains(&(other, one))
    }

    fn lanes(&self, from: NodeId, to: NodeId) -> Vec<(ConnectionId, Direction)> {
        let lane = |id: ConnectionId| {
            let client = self.network.connections.get(&id).map(|c| c.client);
            (
                id,
                if client == Some(from) {
                    Direction::Up
                } else {
                    Direction::Down
                },
            )
        };
        self.network
            .between(from, to)
            .into_iter()
            .map(lane)
            .collect()
    }

    /// Frames that were held leave anew, one after the other.
    pub(crate) fn resume(&mut self, id: ConnectionId, direction: Direction) {
        let Some(connection) = self.network.connections.get(&id) else {
            return;
        };
        let (from, to) = connection.ends(direction);
        let frames: Vec<_> = lane_of(connection, direction)
            .frames
            .iter()
            .map(|f| {
                (
                    f.message,
                    self.latency(
                        from,
                        to,
                        latency_of(self.seed, (from, to), f.api, f.phase),
                        f.nth,
                    ),
                )
            })
            .collect();
        let mut due = SimTime::ZERO;
        for (at, (message, latency)) in frames.into_iter().enumerate() {
            due = due.max(self.now + latency);
            if let Some(connection) = self.network.connections.get_mut(&id)
                && let Some(frame) = connection.lane(direction).frames.get_mut(at)
            {
                frame.due = due;
            }
            self.note(Observation::MessageResumed { message, due });
        }
        self.await_arrival(id, direction);
    }
}
