//! A reader's connections and what it knows of the cluster (`ConsumerNetworkClient`, `Metadata`).

use super::super::config::ConsumerConfig;
use super::super::effects::{Effects, Input, Purpose};
use super::super::ids::{BrokerId, ClientId, LeaderEpoch, NodeId, TopicPartition};
use super::super::observation::Observation;
use super::super::prng::{Draw, Seed};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{ErrorCode, Response};
use super::Reader;
use super::group::Asked;
use super::places::{Leader, Position, Standing};
use crate::small::{Map, Set};
use std::collections::VecDeque;

/// A broker, and what for: the connection to a coordinator is one of its own.
pub(super) type Peer = (Purpose, BrokerId);

/// The connection for everything but groups.
fn plain(id: BrokerId) -> Peer {
    (Purpose::Client, id)
}

/// Brokers, connections, leaders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Net {
    pub(super) id: ClientId,
    seed: Seed,
    pub(super) config: ConsumerConfig,
    /// Where it may ask at all; `bootstrap.servers` and whoever answered since.
    pub(super) brokers: Set<BrokerId>,
    pub(super) leaders: Map<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
    nodes: Map<Peer, Node>,
    /// It should ask who leads.
    pub(super) wanted: bool,
    pub(super) asking: bool,
    pub(super) asked_at: Option<SimTime>,
    /// When it was last told.
    pub(super) told_at: Option<SimTime>,
    /// Answers in a row that brought nothing new, for the backoff.
    pub(super) fruitless: u32,
}

/// A broker as the reader sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    link: Link,
    /// Each with the moment by which an answer must have come.
    in_flight: VecDeque<(SimTime, InFlight)>,
    /// Connection attempts in a row that failed.
    failures: u32,
    /// It is that of a bootstrap server: once the brokers are known by their ids it serves no more, and a connection to the same
    /// broker is another. Here that one is there at once.
    bootstrap: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Link {
    #[default]
    Never,
    Connecting,
    Ready,
    /// Not before then.
    BackOff(SimTime),
}

/// A request without an answer yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum InFlight {
    Metadata,
    Records,
    Offsets(Vec<TopicPartition>),
    Epochs(Vec<(TopicPartition, Position)>),
    Coordinator,
    Group(Asked),
}

impl Net {
    pub(super) fn new(
        id: ClientId,
        config: ConsumerConfig,
        seed: Seed,
        bootstrap: &[BrokerId],
    ) -> Self {
        Self {
            id,
            seed,
            config,
            brokers: bootstrap.iter().copied().collect(),
            leaders: Map::new(),
            nodes: Map::new(),
            wanted: true,
            asking: false,
            asked_at: None,
            told_at: None,
            fruitless: 0,
        }
    }

    pub(super) fn want_metadata(&mut self) {
        self.wanted = true;
    }

    /// Somebody must lead these, or it is asked again.
    pub(super) fn want_leaders_of<'a>(
        &mut self,
        partitions: impl Iterator<Item = &'a TopicPartition>,
    ) {
        for partition in partitions {
            self.wanted |= self.leader_of(*partition).0.is_none();
        }
    }

    /// It may not connect there now.
    pub(super) fn backs_off(&self, now: SimTime, peer: Peer) -> bool {
        let node = self.nodes.get(&peer);
        node.is_some_and(|node| matches!(node.link, Link::BackOff(until) if until > now))
    }

    pub(super) fn leader_of(&self, partition: TopicPartition) -> Leader {
        match self.leaders.get(&partition) {
            Some((leader, epoch)) => (*leader, Some(*epoch)),
            None => (None, None),
        }
    }

    /// Can a request go there? If there is no connection, one is begun as soon as it may be.
    pub(super) fn is_ready(&mut self, now: SimTime, id: BrokerId, out: &mut Effects) -> bool {
        self.is_open(now, plain(id), out)
    }

    /// The same of any connection.
    pub(super) fn is_open(&mut self, now: SimTime, peer: Peer, out: &mut Effects) -> bool {
        let node = self.nodes.entry(peer).or_default();
        node.bootstrap = false;
        match node.link {
            Link::Ready => return true,
            Link::Connecting => {}
            Link::BackOff(until) if until > now => {}
            Link::Never | Link::BackOff(_) => {
                node.link = Link::Connecting;
                out.connect(NodeId::Broker(peer.1), peer.0);
            }
        }
        false
    }

    pub(super) fn is_fetching(&self, id: BrokerId) -> bool {
        let fetch = |(_, what): &(SimTime, InFlight)| *what == InFlight::Records;
        self.nodes
            .get(&plain(id))
            .is_some_and(|node| node.in_flight.iter().any(fetch))
    }

    /// Some broker has still to answer a fetch.
    pub(super) fn awaits_records(&self) -> bool {
        let mut open = self.nodes.values().flat_map(|node| &node.in_flight);
        open.any(|(_, what)| *what == InFlight::Records)
    }

    pub(super) fn put(&mut self, now: SimTime, id: BrokerId, what: InFlight) {
        let until = now + self.config.request_timeout;
        self.await_answer(plain(id), what, until);
    }

    /// An answer must come until then.
    pub(super) fn await_answer(&mut self, peer: Peer, what: InFlight, until: SimTime) {
        let node = self.nodes.entry(peer).or_default();
        node.in_flight.push_back((until, what));
    }

    /// How many answers are still to come.
    pub(super) fn awaited(&self, peer: Peer) -> usize {
        self.nodes.get(&peer).map_or(0, |node| node.in_flight.len())
    }

    /// The client closes a connection itself. What was on it.
    pub(super) fn hang_up(
        &mut self,
        peer: Peer,
        out: &mut Effects,
    ) -> VecDeque<(SimTime, InFlight)> {
        let Some(node) = self.nodes.get_mut(&peer) else {
            return VecDeque::new();
        };
        node.link = Link::Never;
        out.close(NodeId::Broker(peer.1), peer.0);
        std::mem::take(&mut node.in_flight)
    }

    /// Whom to ask for metadata (`NetworkClient.leastLoadedNode`).
    pub(super) fn least_loaded(&mut self, now: SimTime, out: &mut Effects) -> Option<BrokerId> {
        let order = |id: &BrokerId| {
            let load = self.awaited(plain(*id));
            let key = [u64::from(self.id.0), u64::from(id.0)];
            (load, self.seed.bits(Draw::LeastLoadedNode, &key))
        };
        let link = |id: &BrokerId| {
            self.nodes
                .get(&plain(*id))
                .map_or(Link::Never, |node| node.link)
        };
        let known = self.told_at.is_some();
        let is_old = |id: &BrokerId| {
            let node = self.nodes.get(&plain(*id));
            known && node.is_some_and(|node| node.bootstrap)
        };
        let ready = self.brokers.iter();
        let ready = ready.filter(|id| link(id) == Link::Ready && !is_old(id));
        if let Some(id) = ready.min_by_key(|id| order(id)) {
            return Some(*id);
        }
        if self.nodes.iter().any(|((purpose, _), node)| {
            *purpose == Purpose::Client && node.link == Link::Connecting
        }) {
            return None;
        }
        let may = |id: &&BrokerId| match link(id) {
            Link::Never => true,
            Link::BackOff(until) => until <= now,
            Link::Ready => is_old(id),
            Link::Connecting => false,
        };
        let id = *self.brokers.iter().filter(may).min_by_key(|id| order(id))?;
        let ready = self.is_ready(now, id, out);
        if !known && let Some(node) = self.nodes.get_mut(&plain(id)) {
            node.bootstrap = true;
        }
        ready.then_some(id)
    }

    /// `ClusterConnectionStates`: doubles with every failure, plus or minus a fifth.
    fn reconnect_wait(&self, id: BrokerId, failures: u32) -> SimDuration {
        let (base, max) = (
            self.config.reconnect_backoff.0,
            self.config.reconnect_backoff_max.0,
        );
        let doublings = failures.saturating_sub(1).min(20);
        let grown = base.saturating_mul(1 << doublings).min(max.max(base));
        let key = [u64::from(self.id.0), u64::from(id.0), u64::from(failures)];
        let (low, high) = (SimDuration(grown / 5 * 4), SimDuration(grown / 5 * 6));
        self.seed.between(Draw::ReconnectBackoff, &key, low, high)
    }
}

impl Reader {
    /// One thing that the sockets brought.
    pub(super) fn take_in(&mut self, now: SimTime, input: Input, out: &mut Effects) {
        match input {
            Input::Opened(NodeId::Broker(id), purpose) => {
                let node = self.net.nodes.entry((purpose, id)).or_default();
                node.link = Link::Ready;
                node.failures = 0;
                if purpose == Purpose::Coordinator {
                    self.flush_group(now, out);
                }
            }
            Input::Closed(NodeId::Broker(id), purpose) => {
                self.on_disconnected(now, (purpose, id), out);
            }
            Input::Response(NodeId::Broker(id), purpose, response) => {
                if self.is_standing(purpose, &response) {
                    return self.on_standing(now, response, out);
                }
                let node = self.net.nodes.get_mut(&(purpose, id));
                if let Some((_, asked)) = node.and_then(|node| node.in_flight.pop_front()) {
                    self.on_response(now, id, asked, response, out);
                }
            }
            _ => {}
        }
    }

    fn on_response(
        &mut self,
        now: SimTime,
        id: BrokerId,
        asked: InFlight,
        response: Response,
        out: &mut Effects,
    ) {
        match (asked, response) {
            (InFlight::Metadata, Response::Metadata { leaders, brokers }) => {
                self.learn_metadata(now, leaders, brokers, out);
            }
            (InFlight::Records, Response::Read(answers)) => self.on_records(id, answers, out),
            (InFlight::Offsets(_), Response::ListOffsets(answers)) => {
                self.on_offsets(now, &answers, out);
            }
            (InFlight::Epochs(asked), Response::OffsetForLeaderEpoch(answers)) => {
                self.on_epochs(now, &asked, &answers, out);
            }
            (InFlight::Coordinator, Response::FindCoordinator(_, found)) => {
                self.on_coordinator_found(now, found, out);
            }
            (InFlight::Group(asked), Response::Group(answer)) => {
                self.on_group_answer(now, asked, *answer, out);
            }
            _ => {}
        }
    }

    /// A connection is gone, and what was on it.
    fn on_disconnected(&mut self, now: SimTime, peer: Peer, out: &mut Effects) {
        let node = self.net.nodes.entry(peer).or_default();
        node.failures += 1;
        let failures = node.failures;
        let lost = std::mem::take(&mut node.in_flight);
        let until = now + self.net.reconnect_wait(peer.1, failures);
        if let Some(node) = self.net.nodes.get_mut(&peer) {
            node.link = Link::BackOff(until);
        }
        self.net.want_metadata();
        self.forget_requests(now, lost, out);
        if peer.0 == Purpose::Coordinator {
            self.on_coordinator_gone(now, peer.1, out);
        }
    }

    /// These requests will have no answer.
    pub(super) fn forget_requests(
        &mut self,
        now: SimTime,
        lost: VecDeque<(SimTime, InFlight)>,
        out: &mut Effects,
    ) {
        for (_, asked) in lost {
            match asked {
                InFlight::Coordinator => {
                    self.on_coordinator_found(now, Err(ErrorCode::NetworkException), out)
                }
                InFlight::Group(asked) => self.on_group_lost(now, asked, out),
                InFlight::Metadata => self.net.asking = false,
                InFlight::Records => {}
                InFlight::Offsets(asked) => self.not_told(now, asked.into_iter()),
                InFlight::Epochs(asked) => {
                    self.not_told(now, asked.into_iter().map(|(partition, _)| partition));
                }
            }
        }
    }

    /// A request that is not answered for `request.timeout.ms` closes its connection, with all that is on it.
    pub(super) fn time_out_requests(&mut self, now: SimTime, out: &mut Effects) {
        self.expire_outbox(now, out);
        let late = |(until, _): &(SimTime, InFlight)| now > *until;
        let overdue: Vec<_> = self
            .net
            .nodes
            .iter()
            .filter(|(_, node)| node.in_flight.iter().any(late))
            .map(|(id, _)| *id)
            .collect();
        for peer in overdue {
            out.note(Observation::RequestTimedOut {
                producer: self.id,
                broker: peer.1,
            });
            out.close(NodeId::Broker(peer.1), peer.0);
            self.on_disconnected(now, peer, out);
        }
    }

    /// The next moment at which something may be tried again, while a call waits.
    pub(super) fn next_alarm(&self, now: SimTime) -> Option<SimTime> {
        let nodes = self.net.nodes.values();
        let late = nodes
            .clone()
            .flat_map(|node| &node.in_flight)
            .map(|(until, _)| *until + SimDuration::from_us(1));
        let links = nodes.filter_map(|node| match node.link {
            Link::BackOff(until) => Some(until),
            Link::Never | Link::Connecting | Link::Ready => None,
        });
        let places = self.places.values().map(|place| match place.standing {
            Standing::Reads(_) => place.no_fetch_before,
            _ => place.not_before,
        });
        let metadata = (self.net.wanted && !self.net.asking).then(|| self.net.may_ask_at());
        let group = self.group_alarm(now);
        late.chain(links)
            .chain(places)
            .chain(metadata)
            .chain(group)
            .filter(|at| *at > now)
            .min()
    }
}
