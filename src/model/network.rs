//! Connections, not packets. Kafka speaks over TCP: frames of one direction arrive in order, a server takes one request of a
//! connection at a time (`SocketServer` mutes it until the response is sent), and a connection that breaks takes with it
//! everything that was on it. What the server has taken already is processed all the same.

use super::effects::{Input, Purpose, ReplyTo};
use super::ids::{ConnectionId, MessageId, NodeId, StepIndex};
use super::prng::{Draw, Seed, Stem};
use super::queue::{Direction, Slot};
use super::scenario::{Api, Phase};
use super::time::SimTime;
use super::wire::Request;
use crate::small::Set;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// A frame under way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    pub(crate) message: MessageId,
    pub(crate) nth: u32,
    pub(crate) api: Api,
    pub(crate) phase: Phase,
    /// What its receiver will get.
    pub(crate) load: Input,
    pub(crate) due: SimTime,
    pub(crate) cause: Option<StepIndex>,
}

/// One direction of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Lane {
    pub(crate) frames: VecDeque<Frame>,
    /// The arrival of the first frame, where it is awaited.
    pub(crate) arrival: Option<Slot>,
    /// A frame fault keeps the first frame, and so all: its place in the list of frame faults.
    pub(crate) held_by: Option<u32>,
}

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The client waits for it.
    Opening,
    /// Usable.
    Open,
    /// The client has closed it. What the client had handed to TCP still arrives, if nothing worse happens, and is processed.
    Left,
    /// Gone; a side may not know it yet.
    Closed,
}

/// A TCP connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// Places of the ways that its frames take, up and down.
    ways: (u32, u32),
    pub(crate) client: NodeId,
    pub(crate) server: NodeId,
    pub(crate) purpose: Purpose,
    pub(crate) state: State,
    /// The client still means this one when it speaks to the server for this purpose.
    current: bool,
    /// Ends that have not learned yet that it is gone.
    pub(crate) untold: u8,
    /// Responses that the server wrote after the client had closed.
    pub(crate) unheard: u8,
    pub(crate) up: Lane,
    pub(crate) down: Lane,
    /// The request that the server works on.
    pub(crate) serving: Option<MessageId>,
    /// Requests that have arrived behind it.
    pub(crate) waiting: VecDeque<(MessageId, Request)>,
}

impl Connection {
    pub(crate) fn lane(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// The server could take another request.
    pub(crate) fn is_free(&self) -> bool {
        self.serving.is_none() && matches!(self.state, State::Open | State::Left)
    }

    /// The client has closed it, and all that it had sent has been processed.
    pub(crate) fn is_spent(&self) -> bool {
        self.state == State::Left
            && self.serving.is_none()
            && self.waiting.is_empty()
            && self.up.frames.is_empty()
    }

    /// The client still means this one.
    pub(crate) fn is_current(&self) -> bool {
        self.current
    }

    /// Sender and receiver of a direction.
    pub(crate) fn ends(&self, direction: Direction) -> (NodeId, NodeId) {
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
    pub(crate) fn get(&self, id: &ConnectionId) -> Option<&Connection> {
        self.0.get(id.0 as usize)?.as_deref()
    }

    /// The same, to change.
    pub(crate) fn get_mut(&mut self, id: &ConnectionId) -> Option<&mut Connection> {
        self.0.get_mut(id.0 as usize)?.as_deref_mut()
    }

    /// Nobody needs it any more.
    pub(crate) fn remove(&mut self, id: &ConnectionId) {
        if let Some(slot) = self.0.get_mut(id.0 as usize) {
            *slot = None;
        }
    }

    /// All that are there, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ConnectionId, &Connection)> {
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
    /// The kinds of frames that have been sent.
    sent: SmallVec<[Kind; 4]>,
}

/// Frames of one kind on one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kind {
    api: Api,
    phase: Phase,
    /// How many have been sent.
    count: u32,
    /// Beginning of the key of their latencies.
    latency: Stem,
}

/// All connections, and what stands in their way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Network {
    pub(crate) connections: Connections,
    /// Ways on which frames are held: from, to.
    pub(crate) cuts: Set<(NodeId, NodeId)>,
    /// Both ends of each way as one number, ascending, and its place.
    ends: Vec<(u64, u32)>,
    ways: Vec<Way>,
    next_message: MessageId,
}

/// Beginning of the key of the latencies of one kind of frame.
pub(crate) fn latency_of(seed: Seed, (from, to): (NodeId, NodeId), api: Api, phase: Phase) -> Stem {
    let key = [from.key(), to.key(), api as u64, phase as u64];
    seed.stem(Draw::Latency, &key)
}

fn ends(from: NodeId, to: NodeId) -> u64 {
    u64::from(from.number()) << 32 | u64::from(to.number())
}

impl Way {
    /// Counts a frame. Its number among its kind, and the beginning of the key of its latency.
    #[inline]
    fn count(&mut self, ends: (NodeId, NodeId), api: Api, phase: Phase, seed: Seed) -> (u32, Stem) {
        let known = |kind: &Kind| kind.api == api && kind.phase == phase;
        let place = self.sent.iter().position(known).unwrap_or_else(|| {
            self.sent.push(Kind {
                api,
                phase,
                count: 0,
                latency: latency_of(seed, ends, api, phase),
            });
            self.sent.len() - 1
        });
        let kind = &mut self.sent[place];
        kind.count += 1;
        (kind.count, kind.latency)
    }
}

impl Network {
    fn way(&self, from: NodeId, to: NodeId) -> Option<&Way> {
        let place = self
            .ends
            .binary_search_by_key(&ends(from, to), |(ends, _)| *ends);
        self.ways.get(self.ends[place.ok()?].1 as usize)
    }

    fn place_of_way(&mut self, from: NodeId, to: NodeId) -> u32 {
        let key = ends(from, to);
        match self.ends.binary_search_by_key(&key, |(ends, _)| *ends) {
            Ok(place) => self.ends[place].1,
            Err(place) => {
                let way = u32::try_from(self.ways.len()).unwrap_or(u32::MAX);
                self.ends.insert(place, (key, way));
                self.ways.push(Way::default());
                way
            }
        }
    }

    fn way_mut(&mut self, from: NodeId, to: NodeId) -> &mut Way {
        let place = self.place_of_way(from, to);
        &mut self.ways[place as usize]
    }

    /// A new connection in its first state. What the client had before for this purpose is forgotten.
    pub(crate) fn open(
        &mut self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
    ) -> ConnectionId {
        self.forget_current(client, server, purpose);
        let ways = (
            self.place_of_way(client, server),
            self.place_of_way(server, client),
        );
        let id = self.connections.push(Connection {
            ways,
            client,
            server,
            purpose,
            state: State::Opening,
            current: true,
            untold: 0,
            unheard: 0,
            up: Lane::default(),
            down: Lane::default(),
            serving: None,
            waiting: VecDeque::new(),
        });
        self.way_mut(client, server).current.push((purpose, id));
        id
    }

    /// The connection that a client means.
    pub(crate) fn current(
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
    pub(crate) fn is_current(&self, id: ConnectionId) -> bool {
        let connection = self.connections.get(&id);
        connection.is_some_and(Connection::is_current)
    }

    /// The client wants to hear no more of it.
    pub(crate) fn forget_current(&mut self, client: NodeId, server: NodeId, purpose: Purpose) {
        let current = &mut self.way_mut(client, server).current;
        if let Some(place) = current.iter().position(|(of, _)| *of == purpose) {
            let (_, id) = current.remove(place);
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.current = false;
            }
        }
    }

    /// Numbers the next frame of a way: its own number, that among its kind, and the beginning of the key of its latency.
    #[inline]
    pub(crate) fn stamp(
        &mut self,
        seed: Seed,
        ends: (NodeId, NodeId),
        over: Option<(ConnectionId, Direction)>,
        (api, phase): (Api, Phase),
    ) -> (MessageId, u32, Stem) {
        let message = self.next_message;
        self.next_message = message.next();
        let known = over.and_then(|(id, direction)| {
            let ways = self.connections.get(&id)?.ways;
            Some(match direction {
                Direction::Up => ways.0,
                Direction::Down => ways.1,
            })
        });
        let place = known.unwrap_or_else(|| self.place_of_way(ends.0, ends.1));
        let (nth, latency) = self.ways[place as usize].count(ends, api, phase, seed);
        (message, nth, latency)
    }

    /// The connection of a reply, if the server can still use it.
    pub(crate) fn of_reply(&mut self, to: ReplyTo) -> Option<&mut Connection> {
        self.connections
            .get_mut(&to.connection)
            .filter(|c| matches!(c.state, State::Open | State::Left))
    }

    /// All live connections with this node at either end.
    pub(crate) fn of_node(&self, node: NodeId) -> Vec<ConnectionId> {
        self.live(|c| c.client == node || c.server == node)
    }

    /// All live connections between two nodes.
    pub(crate) fn between(&self, a: NodeId, b: NodeId) -> Vec<ConnectionId> {
        self.live(|c| (c.client, c.server) == (a, b) || (c.client, c.server) == (b, a))
    }

    /// All live connections that a client has to a server.
    pub(crate) fn opened_by(&self, client: NodeId, server: NodeId) -> Vec<ConnectionId> {
        self.live(|c| (c.client, c.server) == (client, server))
    }

    fn live(&self, wanted: impl Fn(&Connection) -> bool) -> Vec<ConnectionId> {
        let all = self.connections.iter();
        let live = all.filter(|(_, c)| c.state != State::Closed && wanted(c));
        live.map(|(id, _)| id).collect()
    }
}
