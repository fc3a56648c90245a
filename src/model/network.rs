//! Connections, not packets. Kafka speaks over TCP: frames of one direction arrive in order, a server takes one request of a
//! connection at a time (`SocketServer` mutes it until the response is sent), and a connection that breaks takes with it
//! everything that was on it. What the server has taken already is processed all the same.

use super::effects::{Purpose, ReplyTo};
use super::ids::{ConnectionId, MessageId, NodeId, StepIndex};
use super::queue::{Direction, Slot};
use super::scenario::{Api, Phase};
use super::time::SimTime;
use super::wire::{Request, Response};
use smallvec::SmallVec;
use std::collections::{BTreeSet, VecDeque};

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
    /// The client still means this one when it speaks to the server for this purpose.
    current: bool,
    /// Ends that have not learned yet that it is gone.
    pub(in crate::model) untold: u8,
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

/// Connections by their numbers; those that are gone and known to be gone leave a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Connections(Vec<Option<Box<Connection>>>);

impl Connections {
    /// The connection of that number, if it is still there.
    pub(in crate::model) fn get(&self, id: &ConnectionId) -> Option<&Connection> {
        self.0.get(id.0 as usize)?.as_deref()
    }

    /// The same, to change.
    pub(in crate::model) fn get_mut(&mut self, id: &ConnectionId) -> Option<&mut Connection> {
        self.0.get_mut(id.0 as usize)?.as_deref_mut()
    }

    /// Nobody needs it any more.
    pub(in crate::model) fn remove(&mut self, id: &ConnectionId) {
        if let Some(slot) = self.0.get_mut(id.0 as usize) {
            *slot = None;
        }
    }

    /// All that are there, in the order of their numbers.
    pub(in crate::model) fn iter(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
        let numbered = (0..).map(ConnectionId).zip(&self.0);
        numbered.filter_map(|(id, slot)| Some((id, slot.as_deref()?)))
    }

    fn push(&mut self, connection: Connection) -> ConnectionId {
        let id = ConnectionId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Some(Box::new(connection)));
        id
    }
}

/// What is known of one way between two nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Way {
    /// The connections that the first node uses now to the second.
    current: SmallVec<[(Purpose, ConnectionId); 2]>,
    /// How many frames of each kind have been sent.
    sent: SmallVec<[(Api, Phase, u32); 4]>,
}

/// All connections, and what stands in their way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Network {
    pub(in crate::model) connections: Connections,
    /// Ways on which frames are held: from, to.
    pub(in crate::model) cuts: BTreeSet<(NodeId, NodeId)>,
    /// Both ends of each way as one number, ascending, and what is known of it at the same place.
    ends: Vec<u128>,
    ways: Vec<Way>,
    next_message: MessageId,
}

fn ends(from: NodeId, to: NodeId) -> u128 {
    u128::from(from.key()) << 64 | u128::from(to.key())
}

impl Network {
    fn way(&self, from: NodeId, to: NodeId) -> Option<&Way> {
        let place = self.ends.binary_search(&ends(from, to)).ok()?;
        self.ways.get(place)
    }

    fn way_mut(&mut self, from: NodeId, to: NodeId) -> &mut Way {
        let key = ends(from, to);
        let place = self.ends.binary_search(&key).unwrap_or_else(|place| {
            self.ends.insert(place, key);
            self.ways.insert(place, Way::default());
            place
        });
        &mut self.ways[place]
    }

    /// A new connection in its first state. What the client had before for this purpose is forgotten.
    pub(in crate::model) fn open(
        &mut self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
    ) -> ConnectionId {
        self.forget_current(client, server, purpose);
        let id = self.connections.push(Connection {
            client,
            server,
            purpose,
            state: State::Opening,
            current: true,
            untold: 0,
            up: Lane::default(),
            down: Lane::default(),
            serving: None,
            waiting: VecDeque::new(),
        });
        self.way_mut(client, server).current.push((purpose, id));
        id
    }

    /// The connection that a client means.
    pub(in crate::model) fn current(
        &self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
    ) -> Option<ConnectionId> {
        let current = &self.way(client, server)?.current;
        current
            .iter()
            .find(|(of, _)| *of == purpose)
            .map(|(_, id)| *id)
    }

    /// True if the client still means this one.
    pub(in crate::model) fn is_current(&self, id: ConnectionId) -> bool {
        self.connections
            .get(&id)
            .is_some_and(|connection| connection.current)
    }

    /// The client wants to hear no more of it.
    pub(in crate::model) fn forget_current(
        &mut self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
    ) {
        let current = &mut self.way_mut(client, server).current;
        if let Some(place) = current.iter().position(|(of, _)| *of == purpose) {
            let (_, id) = current.remove(place);
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.current = false;
            }
        }
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
        let sent = &mut self.way_mut(from, to).sent;
        if let Some((_, _, count)) = sent.iter_mut().find(|(a, p, _)| (*a, *p) == (api, phase)) {
            *count += 1;
            return (message, *count);
        }
        sent.push((api, phase, 1));
        (message, 1)
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
        let all = self.connections.iter();
        let live = all.filter(|(_, c)| c.state != State::Closed && wanted(c));
        live.map(|(id, _)| id).collect()
    }
}
