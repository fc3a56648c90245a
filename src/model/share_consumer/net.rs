//! A share consumer's connections, and what it knows of the cluster (`NetworkClientDelegate`, `Metadata`,
//! `CoordinatorRequestManager`). A request to a broker that was lost fails at once, or with the attempt to connect again.

use super::super::config::ConsumerConfig;
use super::super::effects::{Effects, Purpose};
use super::super::ids::{BrokerId, ClientId, LeaderEpoch, NodeId, TopicPartition};
use super::super::prng::{Draw, Seed};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::Request;
use super::requests::Asked;
use crate::small::{Map, Set};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Link {
    #[default]
    Never,
    Connecting,
    Ready,
    /// Not before then.
    BackOff(SimTime),
}

/// A broker as the consumer sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    link: Link,
    /// Sent, the oldest first.
    in_flight: VecDeque<(SimTime, Asked)>,
    /// They wait for the connection.
    unsent: Vec<(Request, Asked)>,
    failures: u32,
}

/// Who leads what, and the ways there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Net {
    id: ClientId,
    seed: Seed,
    config: ConsumerConfig,
    brokers: Set<BrokerId>,
    pub(super) leaders: Map<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
    nodes: Map<(BrokerId, Purpose), Node>,
    pub(super) wants_metadata: bool,
    pub(super) asks_metadata: bool,
    asked_at: Option<SimTime>,
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
            wants_metadata: true,
            asks_metadata: false,
            asked_at: None,
        }
    }

    pub(super) fn leader_of(&self, partition: TopicPartition) -> Option<BrokerId> {
        self.leaders.get(&partition).and_then(|known| known.0)
    }

    /// Takes in who leads, unless it knows better already.
    pub(super) fn learn_leader(
        &mut self,
        partition: TopicPartition,
        leader: Option<BrokerId>,
        epoch: LeaderEpoch,
    ) {
        let known = self.leaders.get(&partition);
        if known.is_none_or(|(_, known)| *known <= epoch) {
            self.leaders.insert(partition, (leader, epoch));
        }
    }

    pub(super) fn learn_brokers(&mut self, brokers: Set<BrokerId>) {
        if !brokers.is_empty() {
            self.brokers = brokers;
        }
    }

    /// True if nothing of that kind is on its way to the broker, or has to be sent there.
    pub(super) fn is_free(&self, id: BrokerId) -> bool {
        let node = self.nodes.get(&(id, Purpose::Client));
        node.is_none_or(|node| {
            let sent = node.in_flight.iter().map(|(_, asked)| asked);
            let mut all = sent.chain(node.unsent.iter().map(|(_, asked)| asked));
            !all.any(Asked::is_of_shares)
        })
    }

    /// Sends a request, or keeps it until there is a connection. What failed at once comes back.
    pub(super) fn ask(
        &mut self,
        now: SimTime,
        to: (BrokerId, Purpose),
        request: Request,
        asked: Asked,
        out: &mut Effects,
    ) -> Option<Asked> {
        let node = self.nodes.entry(to).or_default();
        match node.link {
            Link::Ready => {
                node.in_flight.push_back((now, asked));
                out.send(NodeId::Broker(to.0), to.1, request);
            }
            Link::BackOff(until) if until > now => return Some(asked),
            Link::Connecting => node.unsent.push((request, asked)),
            Link::Never | Link::BackOff(_) => {
                node.link = Link::Connecting;
                out.connect(NodeId::Broker(to.0), to.1);
                node.unsent.push((request, asked));
            }
        }
        None
    }

    pub(super) fn on_opened(&mut self, now: SimTime, to: (BrokerId, Purpose), out: &mut Effects) {
        let node = self.nodes.entry(to).or_default();
        node.link = Link::Ready;
        node.failures = 0;
        for (request, asked) in std::mem::take(&mut node.unsent) {
            node.in_flight.push_back((now, asked));
            out.send(NodeId::Broker(to.0), to.1, request);
        }
    }

    /// The connection is gone, or there will be none; what was on it or for it comes back.
    pub(super) fn on_closed(&mut self, now: SimTime, to: (BrokerId, Purpose)) -> Vec<Asked> {
        let node = self.nodes.entry(to).or_default();
        node.failures += 1;
        let failures = node.failures;
        let sent = std::mem::take(&mut node.in_flight);
        let unsent = std::mem::take(&mut node.unsent);
        let until = now + self.reconnect_wait(to.0, failures);
        if let Some(node) = self.nodes.get_mut(&to) {
            node.link = Link::BackOff(until);
        }
        self.wants_metadata = true;
        let sent = sent.into_iter().map(|(_, asked)| asked);
        sent.chain(unsent.into_iter().map(|(_, asked)| asked))
            .collect()
    }

    /// The oldest request that was sent there has an answer.
    pub(super) fn answered(&mut self, from: (BrokerId, Purpose)) -> Option<Asked> {
        let node = self.nodes.get_mut(&from)?;
        node.in_flight.pop_front().map(|(_, asked)| asked)
    }

    /// Connections with a request that has gone without an answer for `request.timeout.ms`.
    pub(super) fn overdue(&self, now: SimTime) -> Vec<(BrokerId, Purpose)> {
        let longest = self.config.request_timeout;
        let late = |(at, _): &(SimTime, Asked)| now.since(*at) > longest;
        let nodes = self.nodes.iter();
        nodes
            .filter(|(_, node)| node.in_flight.iter().any(late))
            .map(|(id, _)| *id)
            .collect()
    }

    /// Whom to ask what anybody knows (`NetworkClient.leastLoadedNode`). A connection is begun where there is none.
    pub(super) fn anybody(&mut self, now: SimTime, out: &mut Effects) -> Option<BrokerId> {
        let link = |id: &BrokerId| {
            let node = self.nodes.get(&(*id, Purpose::Client));
            node.map_or(Link::Never, |node| node.link)
        };
        let load = |id: &BrokerId| {
            let node = self.nodes.get(&(*id, Purpose::Client));
            let key = [u64::from(self.id.0), u64::from(id.0)];
            let waits = node.map_or(0, |node| node.in_flight.len());
            (waits, self.seed.bits(Draw::LeastLoadedNode, &key))
        };
        let ready = self.brokers.iter().filter(|id| link(id) == Link::Ready);
        if let Some(id) = ready.min_by_key(|id| load(id)) {
            return Some(*id);
        }
        let connects = |node: &Node| node.link == Link::Connecting;
        if self.nodes.values().any(connects) {
            return None;
        }
        let may = |id: &&BrokerId| match link(id) {
            Link::Never => true,
            Link::BackOff(until) => until <= now,
            Link::Connecting | Link::Ready => false,
        };
        let id = *self.brokers.iter().filter(may).min_by_key(|id| load(id))?;
        self.nodes.entry((id, Purpose::Client)).or_default().link = Link::Connecting;
        out.connect(NodeId::Broker(id), Purpose::Client);
        None
    }

    fn may_ask_at(&self) -> SimTime {
        let wait = self.config.retry_backoff;
        self.asked_at.map_or(SimTime::ZERO, |at| at + wait)
    }

    /// Asks who leads, if that is wanted and may be.
    pub(super) fn ask_for_metadata(&mut self, now: SimTime, out: &mut Effects) {
        if !self.wants_metadata || self.asks_metadata || now < self.may_ask_at() {
            return;
        }
        if let Some(id) = self.anybody(now, out) {
            self.asks_metadata = true;
            self.asked_at = Some(now);
            let to = (id, Purpose::Client);
            self.ask(now, to, Request::Metadata, Asked::Metadata, out);
        }
    }

    /// The next moment at which something may be tried again.
    pub(super) fn next_alarm(&self, now: SimTime) -> Option<SimTime> {
        let late = self.nodes.values().flat_map(|node| &node.in_flight);
        let late = late.map(|(at, _)| *at + self.config.request_timeout + SimDuration::from_us(1));
        let links = self.nodes.values().filter_map(|node| match node.link {
            Link::BackOff(until) => Some(until),
            Link::Never | Link::Connecting | Link::Ready => None,
        });
        let metadata = (self.wants_metadata && !self.asks_metadata).then(|| self.may_ask_at());
        let all = late.chain(links).chain(metadata);
        all.filter(|at| *at > now).min()
    }

    /// `ClusterConnectionStates`: doubles with every failure, plus or minus a fifth.
    fn reconnect_wait(&self, id: BrokerId, failures: u32) -> SimDuration {
        let base = self.config.reconnect_backoff.0;
        let max = self.config.reconnect_backoff_max.0;
        let doublings = failures.saturating_sub(1).min(20);
        let grown = base.saturating_mul(1 << doublings).min(max.max(base));
        let key = [u64::from(self.id.0), u64::from(id.0), u64::from(failures)];
        let (low, high) = (SimDuration(grown / 5 * 4), SimDuration(grown / 5 * 6));
        self.seed.between(Draw::ReconnectBackoff, &key, low, high)
    }
}
