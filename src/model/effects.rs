//! The only output of an actor. It asks; the world does.

use super::ids::{BrokerId, ConnectionId, MessageId, NodeId};
use super::observation::Observation;
use super::time::SimTime;
use super::wire::{Request, Response};
use std::hash::{Hash, Hasher};

/// What a connection is for. A node has at most one connection of a purpose to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// A client's, for everything.
    Client,
    /// A client's to its coordinator, which Java keeps apart (`Integer.MAX_VALUE - node`).
    Coordinator,
    /// A follower's fetches.
    Replication,
    /// A broker's requests to the controller.
    Control,
    /// A broker's fetches of the metadata log.
    MetadataLog,
}

impl Purpose {
    /// True for a connection of a client.
    #[must_use]
    pub fn is_client(self) -> bool {
        matches!(self, Self::Client | Self::Coordinator)
    }
}

/// A timer of an actor; it has at most one of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// A producer looks again at batches, backoffs and timeouts.
    Sender,
    /// A leader gives up on waiting writes.
    Purgatory,
    /// A leader looks for followers that lag.
    IsrExpiration,
    /// The longest wait of a parked fetch is over, and there is a high watermark to tell.
    FetchWait,
    /// A follower asks this leader again after an error.
    FetchBackoff(BrokerId),
    /// A broker registers again, or connects to the controller again.
    Registration,
    /// The controller looks for brokers whose session is over.
    SessionCheck,
    /// The controller gives leadership back to preferred replicas.
    LeaderBalance,
    /// A broker that wants to stop asks again.
    Shutdown,
    /// A broker looks for logs to force to disk.
    FlushLogs,
    /// A broker looks for files to delete.
    Retention,
    /// A reader looks again, or its call ends.
    Reader,
    /// A leader gives up waiting for something to read.
    ReadWait,
    /// A coordinator gives up waiting until what it wrote is committed.
    StateWait,
    /// A leader looks at locks, waiting consumers and members of share groups.
    Share,
    /// A share consumer looks again, or its call ends.
    ShareConsumer,
}

/// Where a response must go: the connection, and the request that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyTo {
    /// The connection.
    pub connection: ConnectionId,
    /// The request's frame.
    pub request: MessageId,
}

/// One wish of an actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Open a connection; `Opened` or `Closed` will tell.
    Connect(NodeId, Purpose),
    /// Close it; nothing more will be heard of it.
    Close(NodeId, Purpose),
    /// Send a request on it. What is sent on a connection that is gone is lost without a word.
    Send(NodeId, Purpose, Request),
    /// Answer a request.
    Reply(ReplyTo, Response),
    /// A request is done with and gets no answer (`acks=0`).
    NoReply(ReplyTo),
    /// Break the connection of a request instead of answering it.
    Hangup(ReplyTo),
    /// Set a timer, or set it anew.
    Arm(Timer, SimTime),
    /// Stop a timer.
    Disarm(Timer),
    /// Say what happened.
    Note(Observation),
}

/// The wishes of one turn, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Effects(pub(in crate::model) Vec<Effect>);

/// Room for wishes that is used again and again. It is no part of the world's state: all of them are alike.
#[derive(Debug, Default)]
pub struct Scratch(Vec<Effect>);

impl Scratch {
    /// Room for the wishes of one turn.
    pub(in crate::model) fn take(&mut self) -> Effects {
        Effects(std::mem::take(&mut self.0))
    }

    /// Gives the room back, if it is more than there is.
    pub(in crate::model) fn keep(&mut self, Effects(room): Effects) {
        if room.capacity() > self.0.capacity() {
            self.0 = room;
        }
    }
}

impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
}
impl PartialEq for Scratch {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}
impl Eq for Scratch {}
impl Hash for Scratch {
    fn hash<H: Hasher>(&self, _state: &mut H) {}
}

impl Effects {
    pub(in crate::model) fn note(&mut self, observation: Observation) {
        self.0.push(Effect::Note(observation));
    }
    pub(in crate::model) fn arm(&mut self, timer: Timer, at: SimTime) {
        self.0.push(Effect::Arm(timer, at));
    }
    pub(in crate::model) fn disarm(&mut self, timer: Timer) {
        self.0.push(Effect::Disarm(timer));
    }
    pub(in crate::model) fn connect(&mut self, to: NodeId, purpose: Purpose) {
        self.0.push(Effect::Connect(to, purpose));
    }
    pub(in crate::model) fn close(&mut self, to: NodeId, purpose: Purpose) {
        self.0.push(Effect::Close(to, purpose));
    }
    pub(in crate::model) fn send(&mut self, to: NodeId, purpose: Purpose, request: Request) {
        self.0.push(Effect::Send(to, purpose, request));
    }
    pub(in crate::model) fn reply(&mut self, to: ReplyTo, response: Response) {
        self.0.push(Effect::Reply(to, response));
    }
}

/// What reaches an actor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// A request to answer.
    Request(ReplyTo, Request),
    /// The answer to the oldest request that this actor has open there.
    Response(NodeId, Purpose, Response),
    /// A connection that this actor wanted is open.
    Opened(NodeId, Purpose),
    /// It could not be opened, or it broke.
    Closed(NodeId, Purpose),
    /// A connection that somebody else opened to this actor broke.
    PeerGone(ConnectionId),
    /// A timer ran out.
    Timer(Timer),
}
