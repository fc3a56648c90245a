//! A reader's connections and what it knows of the cluster (`ConsumerNetworkClient`, `Metadata`).

use super::super::config::ConsumerConfig;
use super::super::effects::{Effects, Input, Purpose};
use super::super::ids::{BrokerId, ClientId, LeaderEpoch, NodeId, TopicPartition};
use super::super::observation::Observation;
use super::super::prng::{Draw, Seed};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{Request, Response};
use super::Reader;
use super::places::{Leader, Position, Standing};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Brokers, connections, leaders.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Net {
    id: ClientId,
    seed: Seed,
    config: ConsumerConfig,
    /// Where it may ask at all; `bootstrap.servers` and whoever answered since.
    brokers: BTreeSet<BrokerId>,
    leaders: BTreeMap<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
    nodes: BTreeMap<BrokerId, Node>,
    /// It should ask who leads.
    wanted: bool,
    asking: bool,
    asked_at: Option<SimTime>,
    /// Answers in a row that brought nothing new, for the backoff.
    fruitless: u32,
}

/// A broker as the reader sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    link: Link,
    in_flight: VecDeque<(SimTime, InFlight)>,
    /// Connection attempts in a row that failed.
    failures: u32,
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
            leaders: BTreeMap::new(),
            nodes: BTreeMap::new(),
            wanted: true,
            asking: false,
            asked_at: None,
            fruitless: 0,
        }
    }

    pub(super) fn want_metadata(&mut self) {
        self.wanted = true;
    }

    pub(super) fn leader_of(&self, partition: TopicPartition) -> Leader {
        match self.leaders.get(&partition) {
            Some((leader, epoch)) => (*leader, Some(*epoch)),
            None => (None, None),
        }
    }

    /// Can a request go there? If there is no connection, one is begun as soon as it may be.
    pub(super) fn is_ready(&mut self, now: SimTime, id: BrokerId, out: &mut Effects) -> bool {
        let node = self.nodes.entry(id).or_default();
        match node.link {
            Link::Ready => return true,
            Link::Connecting => {}
            Link::BackOff(until) if until > now => {}
            Link::Never | Link::BackOff(_) => {
                node.link = Link::Connecting;
                out.connect(NodeId::Broker(id), Purpose::Client);
            }
        }
        false
    }

    pub(super) fn is_fetching(&self, id: BrokerId) -> bool {
        let fetch = |(_, what): &(SimTime, InFlight)| *what == InFlight::Records;
        self.nodes
            .get(&id)
            .is_some_and(|node| node.in_flight.iter().any(fetch))
    }

    pub(super) fn put(&mut self, now: SimTime, id: BrokerId, what: InFlight) {
        let node = self.nodes.entry(id).or_default();
        node.in_flight.push_back((now, what));
    }

    /// Whom to ask for metadata (`NetworkClient.leastLoadedNode`).
    fn least_loaded(&mut self, now: SimTime, out: &mut Effects) -> Option<BrokerId> {
        let order = |id: &BrokerId| {
            let load = self.nodes.get(id).map_or(0, |node| node.in_flight.len());
            let key = [u64::from(self.id.0), u64::from(id.0)];
            (load, self.seed.bits(Draw::LeastLoadedNode, &key))
        };
        let link = |id: &BrokerId| self.nodes.get(id).map_or(Link::Never, |node| node.link);
        let ready = self.brokers.iter().filter(|id| link(id) == Link::Ready);
        if let Some(id) = ready.min_by_key(|id| order(id)) {
            return Some(*id);
        }
        if self
            .nodes
            .values()
            .any(|node| node.link == Link::Connecting)
        {
            return None;
        }
        let may = |id: &&BrokerId| match link(id) {
            Link::Never => true,
            Link::BackOff(until) => until <= now,
            Link::Connecting | Link::Ready => false,
        };
        let id = *self.brokers.iter().filter(may).min_by_key(|id| order(id))?;
        self.is_ready(now, id, out);
        None
    }

    /// Metadata is asked for at most once in a backoff, which grows while the answers bring nothing new.
    fn may_ask_at(&self) -> SimTime {
        let Some(asked_at) = self.asked_at else {
            return SimTime::ZERO;
        };
        let (base, max) = (self.config.retry_backoff.0, self.config.retry_backoff_max.0);
        let grown = base.saturating_mul(1 << self.fruitless.min(20));
        asked_at + SimDuration(grown.min(max.max(base)))
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
            Input::Opened(NodeId::Broker(id), _) => {
                let node = self.net.nodes.entry(id).or_default();
                node.link = Link::Ready;
                node.failures = 0;
            }
            Input::Closed(NodeId::Broker(id), _) => self.on_disconnected(now, id),
            Input::Response(NodeId::Broker(id), Purpose::Client, response) => {
                let node = self.net.nodes.get_mut(&id);
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
                self.learn_metadata(leaders, brokers, out);
            }
            (InFlight::Records, Response::Read(answers)) => self.on_records(id, answers, out),
            (InFlight::Offsets(_), Response::ListOffsets(answers)) => {
                self.on_offsets(now, &answers, out);
            }
            (InFlight::Epochs(asked), Response::OffsetForLeaderEpoch(answers)) => {
                self.on_epochs(now, &asked, &answers, out);
            }
            _ => {}
        }
    }

    /// A connection is gone, and what was on it.
    fn on_disconnected(&mut self, now: SimTime, id: BrokerId) {
        let node = self.net.nodes.entry(id).or_default();
        node.failures += 1;
        let failures = node.failures;
        let lost = std::mem::take(&mut node.in_flight);
        let until = now + self.net.reconnect_wait(id, failures);
        if let Some(node) = self.net.nodes.get_mut(&id) {
            node.link = Link::BackOff(until);
        }
        self.net.want_metadata();
        for (_, asked) in lost {
            match asked {
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
        let longest = self.config.request_timeout;
        let late = |(at, _): &(SimTime, InFlight)| now.since(*at) > longest;
        let overdue: Vec<_> = self
            .net
            .nodes
            .iter()
            .filter(|(_, node)| node.in_flight.iter().any(late))
            .map(|(id, _)| *id)
            .collect();
        for id in overdue {
            out.note(Observation::RequestTimedOut {
                producer: self.id,
                broker: id,
            });
            out.close(NodeId::Broker(id), Purpose::Client);
            self.on_disconnected(now, id);
        }
    }

    pub(super) fn ask_for_metadata(&mut self, now: SimTime, out: &mut Effects) {
        if !self.net.wanted || self.net.asking || now < self.net.may_ask_at() {
            return;
        }
        if let Some(id) = self.net.least_loaded(now, out) {
            self.net.asking = true;
            self.net.asked_at = Some(now);
            self.net.put(now, id, InFlight::Metadata);
            out.send(NodeId::Broker(id), Purpose::Client, Request::Metadata);
        }
    }

    /// Takes in a Metadata response. Older epochs than known are not believed (KIP-320).
    fn learn_metadata(
        &mut self,
        leaders: BTreeMap<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
        brokers: BTreeSet<BrokerId>,
        out: &mut Effects,
    ) {
        self.net.asking = false;
        let before = self.net.leaders.clone();
        for (partition, (leader, epoch)) in leaders {
            if self.places.contains_key(&partition) {
                self.learn_leader(partition, leader, epoch, out);
            }
        }
        let fresh = before != self.net.leaders;
        self.net.fruitless = if fresh { 0 } else { self.net.fruitless + 1 };
        let mut led = self.places.keys().map(|id| self.net.leader_of(*id).0);
        self.net.wanted = led.any(|leader| leader.is_none());
        for place in self.places.values_mut() {
            place.no_fetch_before = SimTime::ZERO;
        }
        if !brokers.is_empty() {
            self.net.brokers = brokers;
        }
    }

    pub(super) fn learn_leader(
        &mut self,
        partition: TopicPartition,
        leader: Option<BrokerId>,
        epoch: LeaderEpoch,
        out: &mut Effects,
    ) {
        let known = self.net.leaders.get(&partition);
        if known.is_some_and(|(_, known)| *known > epoch) || known == Some(&(leader, epoch)) {
            return;
        }
        self.net.leaders.insert(partition, (leader, epoch));
        if let Some(place) = self.places.get_mut(&partition) {
            place.learn_leader((leader, Some(epoch)));
        }
        out.note(Observation::MetadataLearned {
            producer: self.id,
            partition,
            leader,
        });
    }

    /// The next moment at which something may be tried again, while a call waits.
    pub(super) fn next_alarm(&self, now: SimTime) -> Option<SimTime> {
        let nodes = self.net.nodes.values();
        let late = nodes
            .clone()
            .flat_map(|node| &node.in_flight)
            .map(|(at, _)| *at + self.config.request_timeout + SimDuration::from_us(1));
        let links = nodes.filter_map(|node| match node.link {
            Link::BackOff(until) => Some(until),
            Link::Never | Link::Connecting | Link::Ready => None,
        });
        let places = self.places.values().map(|place| match place.standing {
            Standing::Reads(_) => place.no_fetch_before,
            _ => place.not_before,
        });
        let metadata = (self.net.wanted && !self.net.asking).then(|| self.net.may_ask_at());
        late.chain(links)
            .chain(places)
            .chain(metadata)
            .filter(|at| *at > now)
            .min()
    }
}
