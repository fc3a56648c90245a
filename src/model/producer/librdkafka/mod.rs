//! A producer of librdkafka (`rdkafka_msg.c`, `rdkafka_broker.c`, `rdkafka_request.c`, `rdkafka_idempotence.c`). Its clocks and
//! its retries belong to messages, not to batches, and what comes back is put where it was before: order survives.

mod answers;
mod messages;
mod sender;
mod transactions;

use super::super::cast::SendCall;
use super::super::config::RdProducerConfig;
use super::super::effects::{Effects, Input, Purpose, Timer};
use super::super::ids::{
    BrokerId, ClientId, NodeId, ProducerEpoch, ProducerId, TopicPartition, TransactionalId,
};
use super::super::observation::Observation;
use super::super::prng::Seed;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::RdError;
use super::partitioner::Sticky;
use super::peers::{Manners, Peers};
use messages::{Batch, Message};
use std::collections::VecDeque;
use transactions::Transactions;

/// How long `flush()` waits at most: what the recorder's `close` gives it.
const FLUSH_AT_MOST: SimDuration = SimDuration::from_ms(10_000);

/// A producer of librdkafka.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RdProducer {
    id: ClientId,
    config: RdProducerConfig,
    seed: Seed,
    peers: Peers<Batch>,
    dead: bool,
    /// `flush()` has been called and returns then at the latest.
    flushing: Option<SimTime>,
    /// Messages of topics that it knows nothing of yet.
    unassigned: VecDeque<Message>,
    /// By partition.
    lanes: Vec<Lane>,
    /// Messages that are not done, and their bytes.
    queued: (u32, u64),
    identity: Identity,
    /// Its transactions, if it has a `transactional.id`.
    transactions: Option<Box<Transactions>>,
    /// Where messages without a key go, and since when.
    sticky: Vec<(Sticky, SimTime)>,
    /// Draws for messages without a key so far.
    draws: u32,
    busy_until: SimTime,
    /// When its timer will ring.
    alarm: Option<SimTime>,
}

/// Who it is to the brokers, if it is idempotent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Identity {
    asking: bool,
    current: Option<(ProducerId, ProducerEpoch)>,
    /// Once nothing is in flight, the epoch is raised (`RD_KAFKA_IDEMP_STATE_DRAIN_BUMP`).
    drains: bool,
}

/// A partition (`rd_kafka_toppar_t`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Lane {
    partition: TopicPartition,
    /// By `Message::number`.
    queue: VecDeque<Message>,
    next_number: u64,
    /// Messages that were sent and not answered.
    in_flight: u32,
    /// Nothing is sent until nothing is in flight.
    drains: bool,
    /// The identity that its sequences belong to, and the number of the message that has sequence 0.
    base: Option<((ProducerId, ProducerEpoch), u64)>,
    /// The number after the last acknowledged message.
    acked: u64,
}

impl RdProducer {
    pub(super) fn new(
        id: ClientId,
        config: RdProducerConfig,
        seed: Seed,
        bootstrap: &[BrokerId],
        transactional: Option<(TransactionalId, SimDuration)>,
    ) -> Self {
        let manners = Manners {
            request_timeout: config.socket_timeout,
            sleeps: SimDuration::ZERO,
            reconnect: (config.reconnect_backoff, config.reconnect_backoff_max),
            refresh: (config.retry_backoff, config.retry_backoff_max),
            max_in_flight: config.max_in_flight,
            metadata_max_age: config.metadata_refresh,
            rebootstraps: config.rebootstraps,
        };
        Self {
            id,
            config,
            seed,
            peers: Peers::new(id, seed, manners, bootstrap),
            dead: false,
            flushing: None,
            unassigned: VecDeque::new(),
            lanes: Vec::new(),
            queued: (0, 0),
            identity: Identity::default(),
            transactions: transactional
                .map(|(id, timeout)| Box::new(Transactions::new(id, timeout))),
            sticky: Vec::new(),
            draws: 0,
            busy_until: SimTime::ZERO,
            alarm: None,
        }
    }

    pub(super) fn warm_up(&mut self, now: SimTime, out: &mut Effects) {
        self.peers.wanted = true;
        self.run(now, out);
    }

    pub(super) fn send(&mut self, now: SimTime, call: &SendCall, out: &mut Effects) {
        out.note(Observation::RecordSent {
            record: call.record,
            producer: self.id,
        });
        self.peers.freshen(now);
        let own = self.transactions.as_ref();
        if own.is_some_and(|own| !own.takes_messages()) {
            return messages::fail(call.record, RdError::NoTransaction, out);
        }
        self.produce(now, call, out);
        self.run(now, out);
    }

    pub(super) fn flush(&mut self, now: SimTime, out: &mut Effects) {
        self.flushing = Some(now + FLUSH_AT_MOST);
        self.run(now, out);
    }

    pub(super) fn is_busy(&self) -> bool {
        let calls = self
            .transactions
            .as_ref()
            .is_some_and(|own| own.is_calling());
        calls || self.flushing.is_some()
    }

    pub(super) fn is_dead(&self) -> bool {
        self.dead
    }

    pub(super) fn die(&mut self, out: &mut Effects) {
        self.dead = true;
        self.flushing = None;
        self.peers.nodes.clear();
        out.disarm(Timer::Sender);
    }

    pub(super) fn on(&mut self, now: SimTime, input: Input, out: &mut Effects) {
        if self.dead {
            return;
        }
        match input {
            Input::Opened(NodeId::Broker(id), _) => self.peers.opened(id),
            Input::Closed(NodeId::Broker(id), _) => self.on_disconnected(now, id, false, out),
            Input::Response(NodeId::Broker(id), Purpose::Client, response) => {
                self.on_response(now, id, response, out);
            }
            Input::Timer(Timer::Sender) => self.alarm = None,
            _ => return,
        }
        self.run(now, out);
    }

    fn lane_mut(&mut self, partition: TopicPartition) -> &mut Lane {
        let known = self
            .lanes
            .binary_search_by_key(&partition, |lane| lane.partition);
        let at = match known {
            Ok(at) => at,
            Err(at) => {
                let lane = Lane {
                    partition,
                    queue: VecDeque::new(),
                    next_number: 0,
                    in_flight: 0,
                    drains: false,
                    base: None,
                    acked: 0,
                };
                self.lanes.insert(at, lane);
                at
            }
        };
        &mut self.lanes[at]
    }
}
