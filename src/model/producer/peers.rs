//! The cluster as a client sees it: metadata, connections, and what is in flight on them (`NetworkClient`,
//! `ClusterConnectionStates`, `Metadata`). Both families of producers stand on it.

use super::super::effects::{Effects, Purpose};
use super::super::ids::{BrokerId, ClientId, LeaderEpoch, NodeId, TopicId, TopicPartition};
use super::super::observation::Observation;
use super::super::prng::{Draw, Seed};
use super::super::small::Few;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::Request;
use crate::small::{Map, Set};
use std::collections::VecDeque;

/// Leaders and epochs as a Metadata response has them.
type Leaders = Map<TopicPartition, (Option<BrokerId>, LeaderEpoch)>;

/// How a client behaves towards the cluster, from its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Manners {
    /// How long a response may take.
    pub(super) request_timeout: SimDuration,
    /// How long its thread sleeps at most while nothing happens. It looks for late responses only when it is awake: zero for
    /// one that looks just in time.
    pub(super) sleeps: SimDuration,
    /// First and longest wait before connecting again.
    pub(super) reconnect: (SimDuration, SimDuration),
    /// First and longest wait before asking for metadata again.
    pub(super) refresh: (SimDuration, SimDuration),
    /// Unanswered requests on one connection.
    pub(super) max_in_flight: u32,
    /// Metadata that is so old is asked for again.
    pub(super) metadata_max_age: SimDuration,
    /// Goes back to its bootstrap servers when it knows nobody who answers (KIP-899).
    pub(super) rebootstraps: bool,
}

/// A partition's leader as the client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Leadership {
    pub(super) partition: TopicPartition,
    pub(super) leader: Option<BrokerId>,
    pub(super) epoch: LeaderEpoch,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Link {
    #[default]
    Never,
    /// Since then.
    Connecting(SimTime),
    Ready,
    /// Not before then.
    BackOff(SimTime),
}

/// A broker as the client sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node<B> {
    pub(super) id: BrokerId,
    pub(super) link: Link,
    pub(super) in_flight: VecDeque<InFlight<B>>,
    /// Connection attempts in a row that failed.
    failures: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct InFlight<B> {
    /// Later than that, and the connection is closed.
    pub(super) due: SimTime,
    pub(super) what: Asked<B>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asked<B> {
    Produce(Few<(TopicPartition, B)>),
    Metadata,
    ProducerId,
    /// The producer's transactions have asked; they know what.
    Transaction,
}

/// What the client knows of the cluster, and its connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peers<B> {
    id: ClientId,
    seed: Seed,
    manners: Manners,
    bootstrap: Vec<BrokerId>,
    /// Whom it may ask at all.
    brokers: Vec<BrokerId>,
    /// By partition.
    leaders: Vec<Leadership>,
    /// By id.
    pub(super) nodes: Vec<Node<B>>,
    /// It should ask for metadata.
    pub(super) wanted: bool,
    /// It has asked somebody.
    pub(super) asking: bool,
    asked_at: Option<SimTime>,
    learned_at: Option<SimTime>,
    /// Answers in a row that brought nothing new, for the backoff.
    fruitless: u32,
}

impl<B> Peers<B> {
    pub(super) fn new(id: ClientId, seed: Seed, manners: Manners, bootstrap: &[BrokerId]) -> Self {
        Self {
            id,
            seed,
            manners,
            bootstrap: bootstrap.to_vec(),
            brokers: bootstrap.to_vec(),
            leaders: Vec::new(),
            nodes: Vec::new(),
            wanted: false,
            asking: false,
            asked_at: None,
            learned_at: None,
            fruitless: 0,
        }
    }

    /// All that is known of one topic, by partition.
    pub(super) fn partitions(&self, topic: TopicId) -> &[Leadership] {
        let from = self.leaders.partition_point(|l| l.partition.topic < topic);
        let to = self.leaders.partition_point(|l| l.partition.topic <= topic);
        &self.leaders[from..to]
    }

    pub(super) fn leadership(&self, partition: TopicPartition) -> Option<&Leadership> {
        let at = self
            .leaders
            .binary_search_by_key(&partition, |known| known.partition);
        at.ok().map(|at| &self.leaders[at])
    }

    pub(super) fn node(&self, id: BrokerId) -> Option<&Node<B>> {
        let at = self.nodes.binary_search_by_key(&id, |node| node.id);
        at.ok().map(|at| &self.nodes[at])
    }

    pub(super) fn node_mut(&mut self, id: BrokerId) -> &mut Node<B> {
        let at = match self.nodes.binary_search_by_key(&id, |node| node.id) {
            Ok(at) => at,
            Err(at) => {
                let node = Node {
                    id,
                    link: Link::Never,
                    in_flight: VecDeque::new(),
                    failures: 0,
                };
                self.nodes.insert(at, node);
                at
            }
        };
        &mut self.nodes[at]
    }

    fn has_room(&self, node: &Node<B>) -> bool {
        node.link == Link::Ready && node.in_flight.len() < self.manners.max_in_flight as usize
    }

    /// Can something be sent to that broker, or at least a connection be opened?
    pub(super) fn usable(&self, now: SimTime, id: BrokerId) -> bool {
        self.node(id)
            .is_none_or(|node| self.has_room(node) || can_connect(now, node.link))
    }

    pub(super) fn is_ready(&self, id: BrokerId) -> bool {
        self.node(id).is_some_and(|node| self.has_room(node))
    }

    pub(super) fn connect(&mut self, now: SimTime, id: BrokerId, out: &mut Effects) {
        self.node_mut(id).link = Link::Connecting(now);
        out.connect(NodeId::Broker(id), Purpose::Client);
    }

    pub(super) fn opened(&mut self, id: BrokerId) {
        let node = self.node_mut(id);
        node.link = Link::Ready;
        node.failures = 0;
    }

    pub(super) fn put_in_flight(&mut self, now: SimTime, id: BrokerId, what: Asked<B>) {
        self.put_in_flight_until(now + self.manners.request_timeout, id, what);
    }

    pub(super) fn put_in_flight_until(&mut self, due: SimTime, id: BrokerId, what: Asked<B>) {
        self.node_mut(id)
            .in_flight
            .push_back(InFlight { due, what });
    }

    /// What the next response of that broker answers.
    pub(super) fn answered(&mut self, id: BrokerId) -> Option<Asked<B>> {
        self.node_mut(id)
            .in_flight
            .pop_front()
            .map(|sent| sent.what)
    }

    /// A broker that has not answered, or not accepted a connection, for `request.timeout.ms`.
    pub(super) fn overdue(&self, now: SimTime) -> Option<BrokerId> {
        let is_late = |node: &&Node<B>| {
            let oldest = node.in_flight.front();
            oldest.is_some_and(|sent| sent.due < now)
                || matches!(node.link, Link::Connecting(since) if now.since(since) > self.manners.request_timeout)
        };
        self.nodes.iter().find(is_late).map(|node| node.id)
    }

    /// A connection is gone. What was on it, the oldest first (`NetworkClient.cancelInFlightRequests`).
    pub(super) fn disconnected(&mut self, now: SimTime, id: BrokerId) -> VecDeque<InFlight<B>> {
        let node = self.node_mut(id);
        node.failures += 1;
        let failures = node.failures;
        let lost = std::mem::take(&mut node.in_flight);
        let until = now + self.reconnect_wait(id, failures);
        self.node_mut(id).link = Link::BackOff(until);
        self.wanted = true;
        lost
    }

    /// `ClusterConnectionStates`: doubles with every failure, plus or minus a fifth.
    fn reconnect_wait(&self, id: BrokerId, failures: u32) -> SimDuration {
        let (base, max) = self.manners.reconnect;
        let grown = doubled(base, failures.saturating_sub(1), max.max(base));
        let key = [u64::from(self.id.0), u64::from(id.0), u64::from(failures)];
        self.seed
            .between(Draw::ReconnectBackoff, &key, grown.0, grown.1)
    }

    /// A node to ask (`NetworkClient.leastLoadedNode`): a connected one with the fewest requests; if there is none and none
    /// is being connected, one is connected, in a keyed order.
    pub(super) fn least_loaded(&mut self, now: SimTime, out: &mut Effects) -> Option<BrokerId> {
        let order = |id: BrokerId| {
            let load = self.node(id).map_or(0, |node| node.in_flight.len());
            let key = [u64::from(self.id.0), u64::from(id.0)];
            (load, self.seed.bits(Draw::LeastLoadedNode, &key))
        };
        let all = || self.brokers.iter().copied();
        if let Some(id) = all()
            .filter(|id| self.is_ready(*id))
            .min_by_key(|id| order(*id))
        {
            return Some(id);
        }
        let busy = |link: Link| matches!(link, Link::Connecting(_) | Link::Ready);
        if self.nodes.iter().any(|node| busy(node.link)) {
            return None;
        }
        let may = |id: &BrokerId| {
            self.node(*id)
                .is_none_or(|node| can_connect(now, node.link))
        };
        let Some(id) = all().filter(may).min_by_key(|id| order(*id)) else {
            self.rebootstrap();
            return None;
        };
        self.connect(now, id, out);
        None
    }

    /// Nobody it knows can be asked: it remembers whom it was told of at first (KIP-899).
    fn rebootstrap(&mut self) {
        if self.manners.rebootstraps {
            for id in &self.bootstrap {
                if !self.brokers.contains(id) {
                    self.brokers.push(*id);
                }
            }
        }
    }

    /// Asks for metadata if it is wanted, or too old, and nobody is being asked. `idle`: only the first time.
    pub(super) fn ask_for_metadata(&mut self, now: SimTime, idle: bool, out: &mut Effects) {
        self.wanted |= !idle && self.refresh_at().is_some_and(|at| at <= now);
        if !self.wanted
            || self.asking
            || (idle && self.asked_at.is_some())
            || now < self.may_ask_at()
        {
            return;
        }
        if let Some(id) = self.least_loaded(now, out) {
            self.asking = true;
            self.asked_at = Some(now);
            self.put_in_flight(now, id, Asked::Metadata);
            out.send(NodeId::Broker(id), Purpose::Client, Request::Metadata);
        }
    }

    /// True once somebody has told it of the cluster.
    pub(super) fn has_learned(&self) -> bool {
        self.learned_at.is_some()
    }

    /// When metadata will be too old.
    fn refresh_at(&self) -> Option<SimTime> {
        self.learned_at.map(|at| at + self.manners.metadata_max_age)
    }

    /// A refresh that fell into a time in which nothing was sent is made up for.
    pub(super) fn freshen(&mut self, now: SimTime) {
        self.wanted |= self.refresh_at().is_some_and(|at| at <= now);
    }

    /// Metadata is asked for at most once in a backoff, which grows while the answers bring nothing new.
    fn may_ask_at(&self) -> SimTime {
        let Some(asked_at) = self.asked_at else {
            return SimTime::ZERO;
        };
        let (base, max) = self.manners.refresh;
        let grown = base.0.saturating_mul(1 << self.fruitless.min(20));
        asked_at + SimDuration(grown.min(max.0.max(base.0)))
    }

    /// When something here is due next. `active`: it looks for leaders now; `until`: and goes on so long.
    pub(super) fn next_alarm(&self, now: SimTime, active: bool, until: SimTime) -> Option<SimTime> {
        let just_after = SimDuration::from_us(1);
        let of_node = |node: &Node<B>| {
            let oldest = node.in_flight.front();
            let late = oldest.map(|sent| (sent.due + just_after).max(now + self.manners.sleeps));
            let link = match node.link {
                Link::Connecting(since) => Some(since + self.manners.request_timeout + just_after),
                Link::BackOff(until) if active => Some(until),
                Link::BackOff(_) | Link::Never | Link::Ready => None,
            };
            soonest(late, link.filter(|at| *at > now))
        };
        let nodes = self.nodes.iter().filter_map(of_node).min();
        let ask = (self.wanted && !self.asking && active).then(|| self.may_ask_at());
        let refresh = self.refresh_at().filter(|at| !self.asking && *at <= until);
        let metadata = soonest(ask, refresh).filter(|at| *at > now);
        soonest(nodes, metadata)
    }

    /// Takes in a Metadata response. Older epochs than known are not believed (KIP-320).
    pub(super) fn learn(
        &mut self,
        now: SimTime,
        leaders: &Leaders,
        brokers: &Set<BrokerId>,
        out: &mut Effects,
    ) {
        self.asking = false;
        self.wanted = false;
        self.learned_at = Some(now);
        let known = self.leaders.len();
        self.leaders
            .retain(|known| leaders.contains_key(&known.partition));
        let mut fresh = self.leaders.len() != known;
        for (partition, (leader, epoch)) in leaders {
            fresh |= self.learn_leader(*partition, *leader, *epoch, out);
        }
        self.fruitless = if fresh { 0 } else { self.fruitless + 1 };
        if !brokers.is_empty() && !brokers.iter().eq(&self.brokers) {
            self.brokers.clear();
            self.brokers.extend(brokers);
        }
    }

    /// True if that is news.
    pub(super) fn learn_leader(
        &mut self,
        partition: TopicPartition,
        leader: Option<BrokerId>,
        epoch: LeaderEpoch,
        out: &mut Effects,
    ) -> bool {
        let news = Leadership {
            partition,
            leader,
            epoch,
        };
        match self
            .leaders
            .binary_search_by_key(&partition, |known| known.partition)
        {
            Ok(at) if self.leaders[at].epoch > epoch || self.leaders[at] == news => return false,
            Ok(at) => self.leaders[at] = news,
            Err(at) => self.leaders.insert(at, news),
        }
        out.note(Observation::MetadataLearned {
            producer: self.id,
            partition,
            leader,
        });
        true
    }

    /// Closes every connection, for good.
    pub(super) fn close_all(&mut self, out: &mut Effects) {
        for node in self.nodes.drain(..) {
            if matches!(node.link, Link::Connecting(_) | Link::Ready) {
                out.close(NodeId::Broker(node.id), Purpose::Client);
            }
        }
        self.asking = false;
    }
}

fn can_connect(now: SimTime, link: Link) -> bool {
    match link {
        Link::Never => true,
        Link::BackOff(until) => until <= now,
        Link::Connecting(_) | Link::Ready => false,
    }
}

/// The earlier of two, if there is one.
pub(super) fn soonest(one: Option<SimTime>, other: Option<SimTime>) -> Option<SimTime> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// `ExponentialBackoff`: doubled that often but never above `max`; the bounds of its jitter of a fifth.
pub(super) fn doubled(
    base: SimDuration,
    times: u32,
    max: SimDuration,
) -> (SimDuration, SimDuration) {
    let grown = base.0.saturating_mul(1 << times.min(20)).min(max.0);
    (SimDuration(grown / 5 * 4), SimDuration(grown / 5 * 6))
}
