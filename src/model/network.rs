//! Connections, not packets. Kafka speaks over TCP: frames of one direction arrive in order, a server takes one request of a
//! connection at a time (`SocketServer` mutes it until the response is sent), and a connection that breaks takes with it
//! everything that was on it. What the server has taken already is processed all the same.

use super::effects::{Purpose, ReplyTo};
use super::ids::{ConnectionId, MessageId, NodeId, StepIndex};
use super::queue::{Direction, Slot};
use super::scenario::{Api, Phase};
use super::time::SimTime;
use super::wire::{Request, Response};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a frame carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Payload {
    /// Towards the server.
    Request(Request),
    /// Back.
    Response(Response),
}

impl Payload {
    pub(in crate::model) fn api(&self) -> Api {
        match self {
            Self::Request(request) => request.api(),
            Self::Response(response) => response.api(),
        }
    }
    pub(in crate::model) fn phase(&self) -> Phase {
        match self {
            Self::Request(_) => Phase::Request,
            Self::Response(_) => Phase::Response,
        }
    }
}

/// A frame under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    pub(in crate::model) message: MessageId,
    pub(in crate::model) nth: u32,
    pub(in crate::model) payload: Payload,
    pub(in crate::model) due: SimTime,
    pub(in crate::model) cause: Option<StepIndex>,
}

/// One direction of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lane {
    pub(in crate::model) frames: VecDeque<Frame>,
    /// The arrival of the first frame, where it is awaited.
    pub(in crate::model) arrival: Option<Slot>,
    /// A frame fault keeps the first frame, and so all: its place in the list of frame faults.
    pub(in crate::model) held_by: Option<u32>,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The client waits for it.
    Opening,
    /// Usable.
    Open,
    /// Gone; a side may not know it yet.
    Closed,
}

/// A TCP connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    pub(in crate::model) client: NodeId,
    pub(in crate::model) server: NodeId,
    pub(in crate::model) purpose: Purpose,
    pub(in crate::model) state: State,
    pub(in crate::model) up: Lane,
    pub(in crate::model) down: Lane,
    /// The request that the server works on.
    pub(in crate::model) serving: Option<MessageId>,
    /// Requests that have arrived behind it.
    pub(in crate::model) waiting: VecDeque<(MessageId, Request)>,
}

impl Connection {
    pub(in crate::model) fn lane(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// Sender and receiver of a direction.
    pub(in crate::model) fn ends(&self, direction: Direction) -> (NodeId, NodeId) {
        match direction {
            Direction::Up => (self.client, self.server),
            Direction::Down => (self.server, self.client),
        }
    }
}

/// All connections, and what stands in their way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Network {
    pub(in crate::model) connections: BTreeMap<ConnectionId, Connection>,
    /// The connection that a client uses now.
    current: BTreeMap<(NodeId, NodeId, Purpose), ConnectionId>,
    /// Ways on which frames are held: from, to.
    pub(in crate::model) cuts: BTreeSet<(NodeId, NodeId)>,
    ordinals: BTreeMap<(NodeId, NodeId, Api, Phase), u32>,
    next_connection: ConnectionId,
    next_message: MessageId,
}

impl Network {
    /// A new connection in its first state. What the client had before for this purpose is forgotten.
    pub(in crate::model) fn open(
        &mut self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
    ) -> ConnectionId {
        let id = self.next_connection;
        self.next_connection = id.next();
        self.connections.insert(
            id,
            Connection {
                client,
                server,
                purpose,
                state: State::Opening,
                up: Lane::default(),
                down: Lane::default(),
                serving: None,
                waiting: VecDeque::new(),
            },
        );
        self.current.insert((client, server, purpose), id);
        id
    }

    /// The connection that a client means.
    pub(in crate::model) fn current(
        &self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
    ) -> Option<ConnectionId> {
        self.current.get(&(client, server, purpose)).copied()
    }

    /// True if the client still means this one.
    pub(in crate::model) fn is_current(&self, id: ConnectionId) -> bool {
        self.connections
            .get(&id)
            .is_some_and(|c| self.current.get(&(c.client, c.server, c.purpose)) == Some(&id))
    }

    /// The client wants to hear no more of it.
    pub(in crate::model) fn forget_current(
        &mut self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
    ) {
        self.current.remove(&(client, server, purpose));
    }

    /// Number for the next frame, and its number among its kind.
    pub(in crate::model) fn number(
        &mut self,
        from: NodeId,
        to: NodeId,
        api: Api,
        phase: Phase,
    ) -> (MessageId, u32) {
        let message = self.next_message;
        self.next_message = message.next();
        let nth = self.ordinals.entry((from, to, api, phase)).or_insert(0);
        *nth += 1;
        (message, *nth)
    }

    /// The connection of a reply, if it still exists.
    pub(in crate::model) fn of_reply(&mut self, to: ReplyTo) -> Option<&mut Connection> {
        self.connections
            .get_mut(&to.connection)
            .filter(|c| c.state == State::Open)
    }

    /// All live connections with this node at either end.
    pub(in crate::model) fn of_node(&self, node: NodeId) -> Vec<ConnectionId> {
        self.live(|c| c.client == node || c.server == node)
    }

    /// All live connections between two nodes.
    pub(in crate::model) fn between(&self, a: NodeId, b: NodeId) -> Vec<ConnectionId> {
        self.live(|c| (c.client, c.server) == (a, b) || (c.client, c.server) == (b, a))
    }

    /// All live connections that a client has to a server.
    pub(in crate::model) fn opened_by(&self, client: NodeId, server: NodeId) -> Vec<ConnectionId> {
        self.live(|c| (c.client, c.server) == (client, server))
    }

    fn live(&self, wanted: impl Fn(&Connection) -> bool) -> Vec<ConnectionId> {
        let live = self
            .connections
            .iter()
            .filter(|(_, c)| c.state != State::Closed && wanted(c));
        live.map(|(id, _)| *id).collect()
    }
}
