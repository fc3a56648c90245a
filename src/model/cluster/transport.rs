//! Frames arrive, and servers take them.

use super::super::effects::{Input, ReplyTo};
use super::super::ids::{ConnectionId, MessageId};
use super::super::network::Payload;
use super::super::observation::Observation;
use super::super::queue::Direction;
use super::super::wire::Request;
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
        let lane = connection.lane(direction);
        lane.arrival = None;
        let Some(frame) = lane.frames.pop_front() else {
            return;
        };
        let is_last = lane.frames.is_empty();
        let ((from, to), purpose) = (connection.ends(direction), connection.purpose);
        if !is_last {
            self.medium.await_arrival(id, direction);
        }
        let message = frame.message;
        self.note(Observation::MessageArrived { message });
        if awaited {
            let payload = &frame.payload;
            self.anchor_reached(from, to, payload.api(), payload.phase(), frame.nth);
        }
        match frame.payload {
            Payload::Response(response) => {
                if self.medium.network.is_current(id) {
                    self.deliver(to, from, Input::Response(from, purpose, response));
                }
            }
            Payload::Request(request) => self.take(id, message, request),
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
        let (api, phase) = (first.payload.api(), first.payload.phase());
        let (message, nth) = (first.message, first.nth);
        self.stopped_by_fault(id, direction, (from, to, api, phase, nth), message)
    }

    /// A request has arrived: it is served at once, or waits behind others.
    fn take(&mut self, id: ConnectionId, message: MessageId, request: Request) {
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return;
        };
        let paused = connection.server.broker();
        let free = connection.is_free() && connection.waiting.is_empty();
        if !free || paused.is_some_and(|id| self.medium.paused.contains(&id)) {
            connection.waiting.push_back((message, request));
            return;
        }
        connection.serving = Some(message);
        let (client, server) = (connection.client, connection.server);
        let reply = ReplyTo {
            connection: id,
            request: message,
        };
        self.deliver(server, client, Input::Request(reply, request));
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
        self.deliver(server, client, Input::Request(reply, request));
    }
}
