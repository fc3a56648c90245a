//! The only output of an actor.

use super::ids::{BrokerId, ConnectionId, MessageId, NodeId};
use super::medium::Medium;
use super::observation::Observation;
use super::time::SimTime;
use super::wire::{Request, Response};

/// What a connection is for. A node has at most one connection of a purpose to another node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// A client's, for everything.
    Client,
    /// A client's to its coordinator, which Java keeps apart (`Integer.MAX_VALUE - node`).
    Coordinator,
    /// A follower's fetches.
    Replication,
    /// A transaction coordinator's to the leaders of its partitions.
    Markers,
    /// A leader's to a transaction coordinator.
    Verification,
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
    /// An application goes on.
    Application,
    /// A share consumer looks again, or its call ends.
    ShareConsumer,
    /// A coordinator looks after its groups.
    Groups,
    /// A member of a group looks after its membership, also between calls.
    Member,
    /// A broker goes on with transactions: markers, questions, timeouts.
    Transactions,
}

impl Timer {
    /// A number that tells its kind from all others.
    #[inline]
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Sender => 0,
            Self::Purgatory => 1,
            Self::IsrExpiration => 2,
            Self::FetchWait => 3,
            Self::FetchBackoff(_) => 4,
            Self::Registration => 5,
            Self::SessionCheck => 6,
            Self::LeaderBalance => 7,
            Self::Shutdown => 8,
            Self::FlushLogs => 9,
            Self::Retention => 10,
            Self::Reader => 11,
            Self::ReadWait => 12,
            Self::StateWait => 13,
            Self::Share => 14,
            Self::Application => 15,
            Self::ShareConsumer => 16,
            Self::Groups => 17,
            Self::Member => 18,
            Self::Transactions => 19,
        }
    }
}

/// Where a response must go: the connection, and the request that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyTo {
    /// The connection.
    pub connection: ConnectionId,
    /// The request's frame.
    pub request: MessageId,
}

/// What an actor can do to the others: it is done at once, in that order.
pub struct Effects<'w> {
    node: NodeId,
    medium: &'w mut Medium,
}

impl<'w> Effects<'w> {
    /// What this node can do.
    pub(crate) fn new(node: NodeId, medium: &'w mut Medium) -> Self {
        Self { node, medium }
    }

    /// Says what happened.
    #[inline]
    pub(crate) fn note(&mut self, observation: impl Into<Observation>) {
        self.medium.note(observation.into());
    }

    /// Sets a timer, or sets it anew.
    pub(crate) fn arm(&mut self, timer: Timer, at: SimTime) {
        if self.medium.script_over && matches!(timer, Timer::Member | Timer::Groups) {
            // Nobody looks at groups any more: members would go on to show that they live for ever.
            return;
        }
        let (at, cause) = (at.max(self.medium.now), Some(self.medium.step));
        self.medium.queue.arm(self.node, timer, at, cause);
    }

    /// Stops a timer.
    pub(crate) fn disarm(&mut self, timer: Timer) {
        self.medium.queue.disarm(self.node, timer);
    }

    /// Opens a connection; `Opened` or `Closed` will tell.
    pub(crate) fn connect(&mut self, to: NodeId, purpose: Purpose) {
        self.medium.connect(self.node, to, purpose);
    }

    /// Closes it; nothing more will be heard of it.
    pub(crate) fn close(&mut self, to: NodeId, purpose: Purpose) {
        self.medium.close(self.node, to, purpose);
    }

    /// Sends a request on it. What is sent on a connection that is gone is lost without a word.
    #[inline]
    pub(crate) fn send(&mut self, to: NodeId, purpose: Purpose, request: Request) {
        self.medium.send_request(self.node, to, purpose, request);
    }

    /// Answers a request.
    #[inline]
    pub(crate) fn reply(&mut self, to: ReplyTo, response: Response) {
        self.medium.send_response(to, response);
    }

    /// A request is done with and gets no answer (`acks=0`).
    pub(crate) fn no_reply(&mut self, to: ReplyTo) {
        self.medium.served(to);
    }

    /// Breaks the connection of a request instead of answering it.
    pub(crate) fn hang_up(&mut self, to: ReplyTo) {
        self.medium.hang_up(to);
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

impl Input {
    /// Takes it out, for who wants to own it. What stays is nothing to anybody.
    pub(crate) fn taken(&mut self) -> Self {
        std::mem::replace(self, Self::PeerGone(ConnectionId(u32::MAX)))
    }
}
