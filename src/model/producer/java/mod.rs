//! The Java client's producer (`KafkaProducer`, `RecordAccumulator`, `Sender`, `TransactionManager`).

mod batches;
mod calls;
mod identity;
mod responses;
mod sender;
mod transactions;

use super::super::cast::SendCall;
use super::super::config::ProducerConfig;
use super::super::effects::{Effects, Input, Purpose, Timer};
use super::super::ids::{BrokerId, ClientId, NodeId, TopicPartition, TransactionalId};
use super::super::observation::Observation;
use super::super::prng::Seed;
use super::super::time::SimTime;
use super::super::transaction::Protocol;
use super::Record;
use super::partitioner::Sticky;
use super::peers::{Manners, Peers};
use batches::Batch;
use calls::Call;
use identity::{Identity, Sequences};
use std::collections::VecDeque;
use transactions::Manager;

/// A producer of the Java client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JavaProducer {
    id: ClientId,
    config: ProducerConfig,
    seed: Seed,
    peers: Peers<Batch>,
    life: Life,
    /// The call of the application that has not returned.
    calling: Option<Call>,
    /// It waits for memory: everything is sent at once.
    starving: bool,
    /// By partition.
    lanes: Vec<Lane>,
    /// When the oldest batch was made that has no outcome yet, as far as that is known: it is looked for again after everything
    /// that may have ended one.
    oldest: Option<Option<SimTime>>,
    /// Bytes of `buffer.memory` that batches hold.
    memory: u64,
    identity: Identity,
    /// Its transactions, if it has a `transactional.id`.
    manager: Option<Box<Manager>>,
    /// Where records without a key go at present, one for each topic.
    sticky: Vec<Sticky>,
    next_batch: u32,
    /// Until then it looks for leaders also without a record to send.
    busy_until: SimTime,
    /// When its timer will ring.
    alarm: Option<SimTime>,
}

/// Does it live?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Life {
    Open,
    Closed,
    Dead,
}

/// What waits for one partition, and what was sent there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lane {
    partition: TopicPartition,
    queue: VecDeque<Batch>,
    /// Batches on a connection.
    on_the_way: u32,
    sequences: Sequences,
}

impl JavaProducer {
    pub(super) fn new(
        id: ClientId,
        config: ProducerConfig,
        seed: Seed,
        bootstrap: &[BrokerId],
        transactional: Option<(TransactionalId, Protocol)>,
    ) -> Self {
        let manners = Manners {
            request_timeout: config.request_timeout,
            // `NetworkClient.poll` selects for `defaultRequestTimeoutMs` at most, and looks for late responses afterwards.
            sleeps: config.request_timeout,
            reconnect: (config.reconnect_backoff, config.reconnect_backoff_max),
            refresh: (config.retry_backoff, config.retry_backoff_max),
            max_in_flight: config.max_in_flight,
            metadata_max_age: config.metadata_max_age,
            rebootstraps: config.rebootstraps,
        };
        let (timeout, pause) = (config.transaction_timeout, config.retry_backoff);
        let manager = transactional
            .map(|(id, protocol)| Box::new(Manager::new(id, timeout, pause, protocol)));
        Self {
            id,
            config,
            seed,
            peers: Peers::new(id, seed, manners, bootstrap),
            life: Life::Open,
            calling: None,
            starving: false,
            lanes: Vec::new(),
            oldest: None,
            memory: 0,
            identity: Identity::default(),
            manager,
            sticky: Vec::new(),
            next_batch: 0,
            busy_until: SimTime::ZERO,
            alarm: None,
        }
    }

    pub(super) fn warm_up(&mut self, now: SimTime, out: &mut Effects) {
        self.peers.wanted = true;
        self.identity.wanted = self.asks_for_itself();
        self.run(now, out);
    }

    pub(super) fn send(&mut self, now: SimTime, call: &SendCall, out: &mut Effects) {
        out.note(Observation::RecordSent {
            record: call.record,
            producer: self.id,
        });
        self.identity.wanted = self.asks_for_itself();
        self.peers.freshen(now);
        let record = Record::new(now, call, super::partitioner::murmur2);
        self.call(now, Call::Send(record), out);
    }

    /// True if it needs a producer id, and no transaction brings one.
    fn asks_for_itself(&self) -> bool {
        self.config.enable_idempotence && self.manager.is_none()
    }

    pub(super) fn is_dead(&self) -> bool {
        self.life == Life::Dead
    }

    pub(super) fn die(&mut self, out: &mut Effects) {
        self.life = Life::Dead;
        self.calling = None;
        self.peers.nodes.clear();
        out.disarm(Timer::Sender);
    }

    pub(super) fn on(&mut self, now: SimTime, input: &mut Input, out: &mut Effects) {
        if self.life != Life::Open {
            return;
        }
        match input {
            Input::Opened(NodeId::Broker(id), _) => self.peers.opened(*id),
            Input::Closed(NodeId::Broker(id), _) => {
                self.oldest = None;
                self.on_disconnected(now, *id, false, out);
            }
            Input::Response(NodeId::Broker(id), Purpose::Client, response) => {
                self.oldest = None;
                self.on_response(now, *id, response, out);
            }
            Input::Timer(Timer::Sender) => self.alarm = None,
            _ => return,
        }
        self.run(now, out);
    }

    fn lane(&self, partition: TopicPartition) -> Option<&Lane> {
        let at = self.place_of(partition).ok()?;
        Some(&self.lanes[at])
    }

    #[inline]
    fn place_of(&self, partition: TopicPartition) -> Result<usize, usize> {
        // Mostly there is one.
        match self.lanes.first() {
            Some(lane) if lane.partition == partition => Ok(0),
            _ => self
                .lanes
                .binary_search_by_key(&partition, |lane| lane.partition),
        }
    }

    #[inline]
    fn lane_mut(&mut self, partition: TopicPartition) -> &mut Lane {
        let at = match self.place_of(partition) {
            Ok(at) => at,
            Err(at) => {
                self.open_lane(at, partition);
                at
            }
        };
        &mut self.lanes[at]
    }

    #[cold]
    fn open_lane(&mut self, at: usize, partition: TopicPartition) {
        let lane = Lane {
            partition,
            queue: VecDeque::new(),
            on_the_way: 0,
            sequences: Sequences::default(),
        };
        self.lanes.insert(at, lane);
    }
}
