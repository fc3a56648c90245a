//! Connections open, and their ends learn that they are gone.

use super::super::effects::Input;
use super::super::ids::{ConnectionId, NodeId};
use super::super::network::State;
use super::super::observation::Observation;
use super::super::queue::Direction;
use super::{Site, World};

impl World {
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
        let Some(connection) = self.medium.network.connections.get_mut(&id) else {
            return;
        };
        if connection.state != State::Opening {
            return;
        }
        let (client, server, purpose) = (connection.client, connection.server, connection.purpose);
        if purpose.is_client() && self.medium.is_cut_either_way(client, server) {
            // The first exchange of a client (ApiVersions) is held; `heal` goes on with it.
            return;
        }
        if self.listens(server) {
            if let Some(connection) = self.medium.network.connections.get_mut(&id) {
                connection.state = State::Open;
            }
            self.deliver(client, server, &mut Input::Opened(server, purpose));
        } else {
            self.medium.network.connections.remove(&id);
            self.medium.network.forget_current(client, server, purpose);
            self.note(Observation::ConnectionRefused { client, server });
            self.deliver(client, server, &mut Input::Closed(server, purpose));
        }
    }

    /// One end learns that a connection is gone.
    pub(super) fn tell_closed(&mut self, id: ConnectionId, direction: Direction) {
        let Some(connection) = self.medium.network.connections.get(&id) else {
            return;
        };
        let (client, server, purpose) = (connection.client, connection.server, connection.purpose);
        let is_current = self.medium.network.is_current(id);
        self.forget_if_all_know(id);
        match direction {
            Direction::Up => self.deliver(server, client, &mut Input::PeerGone(id)),
            Direction::Down => {
                if is_current {
                    self.medium.network.forget_current(client, server, purpose);
                    self.deliver(client, server, &mut Input::Closed(server, purpose));
                }
            }
        }
    }

    /// A connection is kept until each end that should learn of its end has learned of it.
    fn forget_if_all_know(&mut self, id: ConnectionId) {
        if let Some(connection) = self.medium.network.connections.get_mut(&id) {
            connection.untold = connection.untold.saturating_sub(1);
            if connection.untold == 0 {
                self.medium.network.connections.remove(&id);
            }
        }
    }
}
