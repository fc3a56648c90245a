//! A broker's own requests to other brokers: what is for one broker waits while a request is out to it, and then goes along in
//! the next (`InterBrokerSendThread`).

use super::super::super::super::effects::{Effects, Purpose};
use super::super::super::super::ids::{BrokerId, NodeId};
use super::super::super::super::small::Map;
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::wire::Request;

/// `request.timeout.ms` of a broker, by default.
const REQUEST_TIMEOUT: SimDuration = SimDuration::from_ms(30_000);
/// The pause before a broker connects again (`reconnect.backoff.ms`, by default).
const RECONNECT: SimDuration = SimDuration::from_ms(50);

/// The requests of one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Courier<T> {
    purpose: Purpose,
    peers: Map<BrokerId, Peer<T>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Peer<T> {
    link: Link,
    /// What the request speaks of that is out, and when its connection is given up.
    out: Option<(SimTime, Vec<T>)>,
    waiting: Vec<T>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Link {
    /// Not before then.
    Closed(SimTime),
    Connecting,
    Ready,
}

impl<T> Courier<T> {
    pub(super) fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            peers: Map::new(),
        }
    }

    /// True if there is nothing to carry.
    pub(super) fn is_idle(&self) -> bool {
        let idle = |peer: &Peer<T>| peer.out.is_none() && peer.waiting.is_empty();
        self.peers.values().all(idle)
    }

    /// What waits for a broker, to be sent.
    pub(super) fn waiting(&mut self, to: BrokerId) -> &mut Vec<T> {
        let peer = self.peers.entry(to).or_insert_with(|| Peer {
            link: Link::Closed(SimTime::ZERO),
            out: None,
            waiting: Vec::new(),
        });
        &mut peer.waiting
    }

    /// Connects and sends what can be.
    pub(super) fn go(
        &mut self,
        now: SimTime,
        request: impl Fn(&[T]) -> Request,
        out: &mut Effects,
    ) {
        self.go_at_most(now, usize::MAX, request, out);
    }

    /// The same, each in a request of its own.
    pub(super) fn go_one_by_one(
        &mut self,
        now: SimTime,
        request: impl Fn(&[T]) -> Request,
        out: &mut Effects,
    ) {
        self.go_at_most(now, 1, request, out);
    }

    fn go_at_most(
        &mut self,
        now: SimTime,
        most: usize,
        request: impl Fn(&[T]) -> Request,
        out: &mut Effects,
    ) {
        for (id, peer) in self.peers.iter_mut() {
            if peer.waiting.is_empty() || peer.out.is_some() {
                continue;
            }
            match peer.link {
                Link::Closed(until) if until <= now => {
                    peer.link = Link::Connecting;
                    out.connect(NodeId::Broker(*id), self.purpose);
                }
                Link::Closed(_) | Link::Connecting => {}
                Link::Ready => {
                    let most = most.min(peer.waiting.len());
                    let items: Vec<T> = peer.waiting.drain(..most).collect();
                    out.send(NodeId::Broker(*id), self.purpose, request(&items));
                    peer.out = Some((now + REQUEST_TIMEOUT, items));
                }
            }
        }
    }

    pub(super) fn opened(&mut self, id: BrokerId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.link = Link::Ready;
        }
    }

    /// A connection could not be opened, or broke: what was for that broker comes back.
    pub(super) fn closed(&mut self, now: SimTime, id: BrokerId) -> Vec<T> {
        let Some(peer) = self.peers.get_mut(&id) else {
            return Vec::new();
        };
        peer.link = Link::Closed(now + RECONNECT);
        let out = peer.out.take().map(|(_, items)| items);
        let waiting = std::mem::take(&mut peer.waiting);
        out.into_iter().flatten().chain(waiting).collect()
    }

    /// What an answer of that broker is about.
    pub(super) fn answered(&mut self, id: BrokerId) -> Vec<T> {
        let peer = self.peers.get_mut(&id);
        let out = peer.and_then(|peer| peer.out.take());
        out.map_or(Vec::new(), |(_, items)| items)
    }

    /// Gives up connections on which nobody answers; what was for these brokers comes back.
    pub(super) fn give_up(&mut self, now: SimTime, out: &mut Effects) -> Vec<T> {
        let late = |peer: &Peer<T>| peer.out.as_ref().is_some_and(|(due, _)| *due <= now);
        let late: Vec<_> = self
            .peers
            .iter()
            .filter(|(_, peer)| late(peer))
            .map(|(id, _)| *id)
            .collect();
        let mut back = Vec::new();
        for id in late {
            out.close(NodeId::Broker(id), self.purpose);
            back.extend(self.closed(now, id));
        }
        back
    }

    /// When something here is due next.
    pub(super) fn next_alarm(&self) -> Option<SimTime> {
        let due = |peer: &Peer<T>| match (&peer.out, peer.link) {
            (Some((due, _)), _) => Some(*due),
            (None, Link::Closed(until)) if !peer.waiting.is_empty() => Some(until),
            _ => None,
        };
        self.peers.values().filter_map(due).min()
    }
}
