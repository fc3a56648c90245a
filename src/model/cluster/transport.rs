//! Frames arrive, and servers take them.

use super::super::effects::{Input, ReplyTo};
use super::super::ids::ConnectionId;
use super::super::network::{Payload, State};
use super::super::observation::Observation;
use super::super::queue::Direction;
use super::World;

impl World {
    pub(super) fn arrive(&mut self, id: ConnectionId, direction: Direction) {
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return;
        };
        let (from, to) = connection.ends(direction);
        let lane = connection.lane(direction);
        lane.arrival = None;
        let Some(first) = lane.frames.front() else {
            return;
        };
        let (message, nth) = (first.message, first.nth);
        let (api, phase) = (first.payload.api(), first.payload.phase());
        if self.stopped_by_fault(id, direction, (from, to, api, phase, nth), message) {
            return;
        }
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return;
        };
        let Some(frame) = connection.lane(direction).frames.pop_front() else {
            return;
        };
        self.medium.await_arrival(id, direction);
        self.note(Observation::MessageArrived { message });
        self.anchor_reached(from, to, api, phase, nth);
        match frame.payload {
            Payload::Response(response) => {
                let purpose = self.medium.network.connections.get(&id).map(|c| c.purpose);
                if let Some(purpose) = purpose.filter(|_| self.medium.network.is_current(id)) {
                    self.deliver(to, from, Input::Response(from, purpose, response));
                }
            }
            Payload::Request(request) => {
                if let Some(connection) = self.medium.network.connections.get_mut(&id) {
                    connection.waiting.push_back((message, request));
                }
                self.serve(id);
            }
        }
    }

    /// The server takes the next request of a connection, unless it still works on one.
    pub(super) fn serve(&mut self, id: ConnectionId) {
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return;
        };
        let paused = connection.server.broker();
        if connection.serving.is_some()
            || connection.state != State::Open
            || paused.is_some_and(|id| self.medium.paused.contains(&id))
        {
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
