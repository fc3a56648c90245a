//! Connections: opening, breaking, and what stands in their way.

use super::super::effects::{Input, Purpose, ReplyTo};
use super::super::ids::{ConnectionId, NodeId};
use super::super::network::{Connection, State, latency_of};
use super::super::observation::{LostBecause, Observation};
use super::super::prng::Draw;
use super::super::queue::{Direction, Pending};
use super::super::time::{SimDuration, SimTime};
use super::transport::{SERVER_LATENCY, lane_of};
use super::{Site, World};

impl World {
    /// Opening a connection and learning of its end take as long as an eighth kind of frame would.
    fn handshake(&self, from: NodeId, to: NodeId, id: ConnectionId) -> SimDuration {
        if self.director.is_setting_up() {
            return SimDuration::ZERO;
        }
        let key = [from.key(), to.key(), u64::MAX, u64::from(id.0)];
        self.setup
            .seed
            .between(Draw::Latency, &key, SERVER_LATENCY.0, SERVER_LATENCY.1)
    }

    pub(super) fn connect(&mut self, client: NodeId, server: NodeId, purpose: Purpose) {
        if let Some(old) = self.network.current(client, server, purpose) {
            self.drop_connection(old, LostBecause::ConnectionBroken, false);
        }
        let id = self.network.open(client, server, purpose);
        let at = self.now + self.handshake(client, server, id);
        self.queue
            .push(at, Pending::Opened(id), Some(self.next_step));
    }

    /// Does anybody accept connections there?
    fn listens(&self, server: NodeId) -> bool {
        match server {
            NodeId::Controller => true,
            NodeId::Broker(id) => {
                let serves = matches!(self.brokers.get(&id), Some(Site::Up(b)) if b.serves());
                serves && !self.is_paused(id)
            }
            NodeId::Client(_) => false,
        }
    }

    pub(super) fn finish_opening(&mut self, id: ConnectionId) {
        let Some(connection) = self.network.connections.get_mut(&id) else {
            return;
        };
        if connection.state != State::Opening {
            return;
        }
        let (client, server, purpose) = (connection.client, connection.server, connection.purpose);
        if purpose.is_client() && self.is_cut_either_way(client, server) {
            // The first exchange of a client (ApiVersions) is held; `heal` goes on with it.
            return;
        }
        if self.listens(server) {
            if let Some(connection) = self.network.connections.get_mut(&id) {
                connection.state = State::Open;
            }
            self.deliver(client, server, Input::Opened(server, purpose));
        } else {
            self.network.connections.remove(&id);
            self.network.forget_current(client, server, purpose);
            self.note(Observation::ConnectionRefused { client, server });
            self.deliver(client, server, Input::Closed(server, purpose));
        }
    }

    /// The client closes; it will hear no more of it.
    pub(super) fn close(&mut self, client: NodeId, server: NodeId, purpose: Purpose) {
        if let Some(id) = self.network.current(client, server, purpose) {
            self.drop_connection(id, LostBecause::ConnectionBroken, false);
            self.network.forget_current(client, server, purpose);
        }
    }

    pub(super) fn hang_up(&mut self, reply: ReplyTo) {
        self.drop_connection(reply.connection, LostBecause::ConnectionBroken, true);
    }

    /// A connection breaks: what is on it is lost, what waits unread at the server is never read. Each end that still cares
    /// learns of it a little later.
    pub(super) fn drop_connection(
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
        let cause = Some(self.next_step);
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

    /// One end learns that a connection is gone.
    pub(super) fn tell_closed(&mut self, id: ConnectionId, direction: Direction) {
        let Some(connection) = self.network.connections.get(&id) else {
            return;
        };
        let (client, server, purpose) = (connection.client, connection.server, connection.purpose);
        let is_current = self.network.is_current(id);
        self.forget_if_all_know(id);
        match direction {
            Direction::Up => self.deliver(server, client, Input::PeerGone(id)),
            Direction::Down => {
                if is_current {
                    self.network.forget_current(client, server, purpose);
                    self.deliver(client, server, Input::Closed(server, purpose));
                }
            }
        }
    }

    /// A connection is kept until each end that should learn of its end has learned of it.
    fn forget_if_all_know(&mut self, id: ConnectionId) {
        if let Some(connection) = self.network.connections.get_mut(&id) {
            connection.untold = connection.untold.saturating_sub(1);
            if connection.untold == 0 {
                self.network.connections.remove(&id);
            }
        }
    }

    /// Frames from one node to another are held from now on, also those that are under way.
    pub(super) fn cut(&mut self, from: NodeId, to: NodeId) {
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
    pub(super) fn heal(&mut self, from: NodeId, to: NodeId) {
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
                self.queue
                    .push(at, Pending::Opened(id), Some(self.next_step));
            }
        }
    }

    fn is_cut_either_way(&self, one: NodeId, other: NodeId) -> bool {
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
    pub(super) fn resume(&mut self, id: ConnectionId, direction: Direction) {
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
                        latency_of(
                            self.setup.seed,
                            (from, to),
                            f.payload.api(),
                            f.payload.phase(),
                        ),
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
