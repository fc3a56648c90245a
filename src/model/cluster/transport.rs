//! Frames arrive, and servers take them.

use super::super::effects::{Input, ReplyTo};
use super::super::ids::{ConnectionId, MessageId};
use super::super::observation::Observation;
use super::super::queue::Direction;
use super::World;

impl World {
    pub(super) fn arrive(&mut self, id: ConnectionId, direction: Direction) {
        let awaited = !self.setup.faults.is_empty() || !self.frame_faults.is_empty();
        if awaited && self.is_stopped(id, direction) {
            return;
        }
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return;
        };
        let (from, to) = connection.ends(direction);
        let is_current = connection.is_current();
        let lane = connection.lane(direction);
        lane.arrival = None;
        let mut popped = lane.frames.pop_front();
        let Some(frame) = &mut popped else {
            return;
        };
        if !lane.frames.is_empty() {
            self.medium.await_arrival(id, direction);
        }
        let message = frame.message;
        self.medium.tell(Observation::MessageArrived { message });
        if awaited {
            self.anchor_reached(from, to, frame.api, frame.phase, frame.nth);
        }
        match direction {
            Direction::Up => self.take(id, message, &mut frame.load),
            Direction::Down if is_current => self.deliver(to, from, &mut frame.load),
            Direction::Down => {}
        }
    }

    /// Is the first frame of a lane stopped by a fault instead of arriving?
    fn is_stopped(&mut self, id: ConnectionId, direction: Direction) -> bool {
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return false;
        };
        let (from, to) = connection.ends(direction);
        let lane = connection.lane(direction);
        lane.arrival = None;
        let Some(first) = lane.frames.front() else {
            return false;
        };
        let (api, phase) = (first.api, first.phase);
        let (message, nth) = (first.message, first.nth);
        self.stopped_by_fault(id, direction, (from, to, api, phase, nth), message)
    }

    /// A request has arrived: it is served at once, or waits behind others.
    fn take(&mut self, id: ConnectionId, message: MessageId, load: &mut Input) {
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return;
        };
        let stopped = &self.medium.paused;
        let server = connection.server.broker();
        let paused = !stopped.is_empty() && server.is_some_and(|id| stopped.contains(&id));
        if connection.is_free() && connection.waiting.is_empty() && !paused {
            connection.serving = Some(message);
            let (client, server) = (connection.client, connection.server);
            self.deliver(server, client, load);
        } else if let Input::Request(_, request) = load.taken() {
            connection.waiting.push_back((message, request));
        }
    }

    /// The server takes the next request of a connection, unless it still works on one.
    pub(super) fn serve(&mut self, id: ConnectionId) {
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return;
        };
        let paused = connection.server.broker();
        if !connection.is_free() || paused.is_some_and(|id| self.medium.paused.contains(&id)) {
            return;
        }
        let Some((request_message, request)) = connection.waiting.pop_front() else {
            return;
        };
        connection.serving = Some(request_message);
        let (client, server) = (connection.client, connection.server);
        let reply = ReplyTo {
            connection: id,
            request: request_message,
        };
        self.deliver(server, client, &mut Input::Request(reply, request));
    }
}
