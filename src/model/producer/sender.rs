//! The sender's loop (`Sender.runOnce`): expire, route, ask, drain, send, and set the alarm.

use super::super::effects::{Effects, Purpose, Timer};
use super::super::ids::{BrokerId, NodeId, TopicPartition};
use super::super::observation::Observation;
use super::super::prng::Draw;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{ClientError, Request};
use super::batches::Batch;
use super::{Asked, InFlight, Link, Producer};

/// So long after its last record a producer that has lost sight of the cluster goes on looking. A real one looks for ever;
/// it would only keep a run from ending.
const IDLE_REFRESH: SimDuration = SimDuration::from_ms(60_000);

impl Producer {
    /// One turn. Everything that can happen now happens; the timer is set for the next thing.
    pub(super) fn run(&mut self, now: SimTime, out: &mut Effects) {
        if self.has_records() {
            self.busy_until = now + IDLE_REFRESH;
        }
        self.time_out_requests(now, out);
        self.expire_batches(now, out);
        self.route(now, out);
        self.resolve_sequences(out);
        self.ask_for_producer_id(now, out);
        self.send_batches(now, out);
        self.ask_for_metadata(now, out);
        match self.next_alarm(now) {
            Some(at) => out.arm(Timer::Sender, at),
            None => out.disarm(Timer::Sender),
        }
    }

    /// A request that is not answered for `request.timeout.ms` closes its connection, with all that is on it.
    fn time_out_requests(&mut self, now: SimTime, out: &mut Effects) {
        let late = |asked: &InFlight| now.since(asked.sent_at) > self.config.request_timeout;
        let overdue: Vec<_> = self
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
            self.on_disconnected(now, id, true, out);
        }
    }

    fn expire_batches(&mut self, now: SimTime, out: &mut Effects) {
        let mut expired: Vec<(TopicPartition, Batch, bool)> = Vec::new();
        let timeout = self.config.delivery_timeout;
        let over = |batch: &Batch| now.since(batch.created) >= timeout;
        for node in self.nodes.values_mut() {
            for asked in &mut node.in_flight {
                if let Asked::Produce(batches) = &mut asked.what {
                    let gone = batches.extract_if(.., |(_, batch)| over(batch));
                    expired.extend(gone.map(|(partition, batch)| (partition, batch, true)));
                }
            }
        }
        for (partition, queue) in &mut self.queues {
            while queue.front().is_some_and(over) {
                let Some(batch) = queue.pop_front() else {
                    break;
                };
                let was_sent = batch.in_retry();
                expired.push((*partition, batch, was_sent));
            }
        }
        for (partition, batch, was_sent) in expired {
            self.expire(partition, &batch, was_sent, out);
        }
    }

    /// `send()` waits for metadata, at most `max.block.ms`; then the record goes into the accumulator.
    fn route(&mut self, now: SimTime, out: &mut Effects) {
        while let Some(record) = self.unrouted.front().copied() {
            if self.metadata.leaders.contains_key(&record.partition) {
                self.accumulate(now, record);
            } else if now.since(record.sent_at) >= self.config.max_block {
                out.note(Observation::RecordFailed {
                    record: record.id,
                    error: ClientError::Timeout,
                });
            } else {
                self.metadata.wanted = true;
                return;
            }
            self.unrouted.pop_front();
        }
    }

    fn ask_for_producer_id(&mut self, now: SimTime, out: &mut Effects) {
        if self.identity.must_ask()
            && let Some(id) = self.least_loaded(now, out)
        {
            self.identity.asking = true;
            self.put_in_flight(now, id, Asked::ProducerId);
            out.send(NodeId::Broker(id), Purpose::Client, Request::InitProducerId);
        }
    }

    fn ask_for_metadata(&mut self, now: SimTime, out: &mut Effects) {
        let idle = now > self.busy_until && self.metadata.asked_at.is_some();
        if idle || !self.metadata.wanted || self.metadata.asking || now < self.may_ask_at() {
            return;
        }
        if let Some(id) = self.least_loaded(now, out) {
            self.metadata.asking = true;
            self.metadata.asked_at = Some(now);
            self.put_in_flight(now, id, Asked::Metadata);
            out.send(NodeId::Broker(id), Purpose::Client, Request::Metadata);
        }
    }

    /// Metadata is asked for at most once in a backoff, which grows while the answers bring nothing new.
    fn may_ask_at(&self) -> SimTime {
        let Some(asked_at) = self.metadata.asked_at else {
            return SimTime::ZERO;
        };
        let grown = self
            .config
            .retry_backoff
            .0
            .saturating_mul(1 << self.metadata.fruitless.min(20));
        asked_at
            + SimDuration(
                grown.min(
                    self.config
                        .retry_backoff_max
                        .0
                        .max(self.config.retry_backoff.0),
                ),
            )
    }

    fn put_in_flight(&mut self, now: SimTime, id: BrokerId, what: Asked) {
        let node = self.nodes.entry(id).or_default();
        node.in_flight.push_back(InFlight { sent_at: now, what });
    }

    /// A node to ask (`NetworkClient.leastLoadedNode`): a connected one with the fewest requests; if there is none and none
    /// is being connected, one is connected, in a keyed order.
    fn least_loaded(&mut self, now: SimTime, out: &mut Effects) -> Option<BrokerId> {
        let order = |id: &BrokerId| {
            let load = self.nodes.get(id).map_or(0, |node| node.in_flight.len());
            (
                load,
                self.seed.bits(
                    Draw::LeastLoadedNode,
                    &[u64::from(self.id.0), u64::from(id.0)],
                ),
            )
        };
        let free = |id: &BrokerId| {
            self.nodes.get(id).is_some_and(|node| {
                node.link == Link::Ready
                    && node.in_flight.len() < self.config.max_in_flight as usize
            })
        };
        if let Some(id) = self
            .metadata
            .brokers
            .iter()
            .filter(|id| free(id))
            .min_by_key(|id| order(id))
        {
            return Some(*id);
        }
        let busy = |link: Link| matches!(link, Link::Connecting | Link::Ready);
        if self.nodes.values().any(|node| busy(node.link)) {
            return None;
        }
        let may = |id: &&BrokerId| {
            self.nodes
                .get(id)
                .is_none_or(|node| can_connect(now, node.link))
        };
        let id = *self
            .metadata
            .brokers
            .iter()
            .filter(may)
            .min_by_key(|id| order(id))?;
        self.connect(id, out);
        None
    }

    fn connect(&mut self, id: BrokerId, out: &mut Effects) {
        self.nodes.entry(id).or_default().link = Link::Connecting;
        out.connect(NodeId::Broker(id), Purpose::Client);
    }

    /// Ready nodes get one request with at most one batch of each partition.
    fn send_batches(&mut self, now: SimTime, out: &mut Effects) {
        if self.config.enable_idempotence && self.identity.is_missing() {
            return;
        }
        while let Some(id) = self.ready_leader(now) {
            let link = self.nodes.get(&id).map_or(Link::Never, |node| node.link);
            if link != Link::Ready {
                self.connect(id, out);
                continue;
            }
            let batches = self.drain(now, id);
            if batches.is_empty() {
                return;
            }
            self.produce(now, id, batches, out);
        }
    }

    /// A broker that leads a partition with something to send, and can be sent to or connected to.
    fn ready_leader(&mut self, now: SimTime) -> Option<BrokerId> {
        for (partition, queue) in &self.queues {
            let Some(head) = queue.front() else { continue };
            if self.wait_of_head(now, *partition, queue) > SimDuration::ZERO
                || !self.may_drain(*partition, head)
            {
                continue;
            }
            let Some((Some(leader), _)) = self.metadata.leaders.get(partition) else {
                self.metadata.wanted = true;
                continue;
            };
            let usable = self.nodes.get(leader).is_none_or(|node| {
                let room = node.in_flight.len() < self.config.max_in_flight as usize;
                (node.link == Link::Ready && room) || can_connect(now, node.link)
            });
            if usable {
                return Some(*leader);
            }
        }
        None
    }

    fn drain(&mut self, now: SimTime, id: BrokerId) -> Vec<(TopicPartition, Batch)> {
        let mut size = 0;
        let mut drained = Vec::new();
        let led = self
            .metadata
            .leaders
            .iter()
            .filter(|(_, (leader, _))| *leader == Some(id));
        let partitions: Vec<_> = led
            .map(|(partition, (_, epoch))| (*partition, *epoch))
            .collect();
        for (partition, epoch) in partitions {
            let Some(queue) = self.queues.get(&partition) else {
                continue;
            };
            let Some(head) = queue.front() else { continue };
            let waits = self.wait_of_head(now, partition, queue) > SimDuration::ZERO;
            let full = size + head.bytes() > self.config.max_request_size && !drained.is_empty();
            if waits || full || !self.may_drain(partition, head) {
                continue;
            }
            let Some(mut batch) = self
                .queues
                .get_mut(&partition)
                .and_then(|queue| queue.pop_front())
            else {
                continue;
            };
            batch.close();
            batch.epoch_at_attempt = Some(epoch);
            self.sign(partition, &mut batch);
            size += batch.bytes();
            drained.push((partition, batch));
        }
        drained
    }

    fn produce(
        &mut self,
        now: SimTime,
        id: BrokerId,
        batches: Vec<(TopicPartition, Batch)>,
        out: &mut Effects,
    ) {
        let request = Request::Produce {
            acks: self.config.acks,
            timeout_ms: u32::try_from(self.config.request_timeout.0 / 1000).unwrap_or(u32::MAX),
            batches: batches
                .iter()
                .map(|(partition, batch)| (*partition, batch.on_the_wire()))
                .collect(),
            retry: batches.iter().any(|(_, batch)| batch.in_retry()),
        };
        out.send(NodeId::Broker(id), Purpose::Client, request);
        if self.config.acks == 0 {
            // Handed to the socket: that is all that acks=0 waits for.
            for (_, batch) in &batches {
                self.acknowledge(batch, None, out);
            }
        } else {
            self.put_in_flight(now, id, Asked::Produce(batches));
        }
    }

    fn next_alarm(&self, now: SimTime) -> Option<SimTime> {
        let us = SimDuration::from_us(1);
        let asked = self.nodes.values().flat_map(|node| &node.in_flight);
        let late = asked
            .clone()
            .map(|asked| asked.sent_at + self.config.request_timeout + us);
        let sent = asked.filter_map(|asked| match &asked.what {
            Asked::Produce(batches) => batches.iter().map(|(_, batch)| batch.created).min(),
            Asked::Metadata | Asked::ProducerId => None,
        });
        let heads = self
            .queues
            .values()
            .filter_map(|queue| queue.front().map(|batch| batch.created));
        let expiries = sent
            .chain(heads)
            .map(|created| created + self.config.delivery_timeout);
        let waits = self
            .queues
            .iter()
            .map(|(partition, queue)| self.wait_of_head(now, *partition, queue));
        let waits = waits
            .filter(|wait| *wait > SimDuration::ZERO)
            .map(|wait| now + wait);
        let blocked = self
            .unrouted
            .front()
            .map(|record| record.sent_at + self.config.max_block);
        let refreshes = self.metadata.wanted && now <= self.busy_until;
        let metadata = (refreshes && !self.metadata.asking).then(|| self.may_ask_at());
        let links = self.nodes.values().filter_map(|node| match node.link {
            Link::BackOff(until) => Some(until),
            Link::Never | Link::Connecting | Link::Ready => None,
        });
        let needed = refreshes || self.identity.must_ask() || self.has_records();
        let links = links.filter(|_| needed);
        late.chain(expiries)
            .chain(waits)
            .chain(blocked)
            .chain(metadata)
            .chain(links)
            .filter(|at| *at > now)
            .min()
    }

    /// True while the application waits for an outcome.
    fn has_records(&self) -> bool {
        let sent = |asked: &InFlight| matches!(asked.what, Asked::Produce(_));
        !self.unrouted.is_empty()
            || self.queues.values().any(|queue| !queue.is_empty())
            || self
                .nodes
                .values()
                .any(|node| node.in_flight.iter().any(sent))
    }
}

fn can_connect(now: SimTime, link: Link) -> bool {
    match link {
        Link::Never => true,
        Link::BackOff(until) => until <= now,
        Link::Connecting | Link::Ready => false,
    }
}
