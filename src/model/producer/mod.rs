//! A Java producer: an application that calls `send()`, an accumulator of batches, and a sender.

mod batches;
mod identity;
mod responses;
mod sender;

use super::config::ProducerConfig;
use super::effects::{Effects, Input, Purpose, Timer};
use super::ids::{BrokerId, ClientId, LeaderEpoch, NodeId, Offset, RecordId, TopicPartition};
use super::observation::Observation;
use super::prng::Seed;
use super::time::SimTime;
use super::wire::{ClientError, Response};
use batches::{Batch, Record};
use identity::Identity;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A producer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Producer {
    id: ClientId,
    config: ProducerConfig,
    seed: Seed,
    metadata: Metadata,
    /// Records whose `send()` still waits for metadata.
    unrouted: VecDeque<Record>,
    queues: BTreeMap<TopicPartition, VecDeque<Batch>>,
    nodes: BTreeMap<BrokerId, Node>,
    identity: Identity,
    next_batch: u32,
    bootstrap: Vec<BrokerId>,
    /// Until then it looks for leaders also without a record to send.
    busy_until: SimTime,
}

/// What the producer knows of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Metadata {
    /// Where it may ask at all; `bootstrap.servers` and whoever answered since.
    brokers: BTreeSet<BrokerId>,
    leaders: BTreeMap<TopicPartition, (Option<BrokerId>, LeaderEpoch)>,
    /// It should ask.
    wanted: bool,
    /// It has asked somebody.
    asking: bool,
    asked_at: Option<SimTime>,
    /// Answers in a row that brought nothing new, for the backoff.
    fruitless: u32,
}

/// A broker as the producer sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    link: Link,
    in_flight: VecDeque<InFlight>,
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

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct InFlight {
    sent_at: SimTime,
    what: Asked,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asked {
    Produce(Vec<(TopicPartition, Batch)>),
    Metadata,
    ProducerId,
}

impl Producer {
    /// A producer that knows only its bootstrap servers.
    pub(in crate::model) fn new(
        id: ClientId,
        config: ProducerConfig,
        seed: Seed,
        bootstrap: &[BrokerId],
    ) -> Self {
        Self {
            id,
            config,
            seed,
            metadata: Metadata {
                brokers: bootstrap.iter().copied().collect(),
                ..Metadata::default()
            },
            unrouted: VecDeque::new(),
            queues: BTreeMap::new(),
            nodes: BTreeMap::new(),
            identity: Identity::default(),
            next_batch: 0,
            bootstrap: bootstrap.to_vec(),
            busy_until: SimTime::ZERO,
        }
    }

    /// Asks for metadata and a producer id, and connects to the leaders, as a producer has that sent something before.
    pub(in crate::model) fn warm_up(&mut self, now: SimTime, out: &mut Effects) {
        self.metadata.wanted = true;
        self.identity.wanted = self.config.enable_idempotence;
        self.run(now, out);
    }

    /// The application calls `send()`.
    pub(in crate::model) fn send(
        &mut self,
        now: SimTime,
        record: RecordId,
        partition: TopicPartition,
        bytes: u32,
        out: &mut Effects,
    ) {
        out.note(Observation::RecordSent {
            record,
            producer: self.id,
        });
        self.unrouted.push_back(Record {
            id: record,
            partition,
            bytes,
            sent_at: now,
        });
        self.identity.wanted = self.config.enable_idempotence;
        self.run(now, out);
    }

    /// One thing reaches the producer.
    pub(in crate::model) fn on(&mut self, now: SimTime, input: Input, out: &mut Effects) {
        match input {
            Input::Opened(NodeId::Broker(id), _) => {
                let node = self.nodes.entry(id).or_default();
                node.link = Link::Ready;
                node.failures = 0;
            }
            Input::Closed(NodeId::Broker(id), _) => self.on_disconnected(now, id, false, out),
            Input::Response(NodeId::Broker(id), Purpose::Client, response) => {
                self.on_response(now, id, response, out)
            }
            Input::Timer(Timer::Sender) => {}
            _ => return,
        }
        self.run(now, out);
    }

    fn on_response(&mut self, now: SimTime, id: BrokerId, response: Response, out: &mut Effects) {
        let Some(asked) = self
            .nodes
            .get_mut(&id)
            .and_then(|node| node.in_flight.pop_front())
        else {
            return;
        };
        match (asked.what, response) {
            (Asked::Produce(batches), Response::Produce { partitions, .. }) => {
                for (partition, batch) in batches {
                    if let Some(answer) = partitions
                        .iter()
                        .find(|answer| answer.partition == partition)
                    {
                        self.on_produced(now, partition, batch, *answer, out);
                    }
                }
            }
            (Asked::Metadata, Response::Metadata { leaders, brokers }) => {
                self.learn_metadata(leaders, &brokers, out);
            }
            (Asked::ProducerId, Response::InitProducerId(producer_id)) => {
                self.identity.obtained(producer_id);
                out.note(Observation::ProducerIdObtained { producer: self.id });
            }
            _ => {}
        }
    }

    fn acknowledge(&self, batch: &Batch, base_offset: Option<Offset>, out: &mut Effects) {
        for (index, record) in (0..).zip(&batch.records) {
            let offset = base_offset.map(|base| Offset(base.0 + index));
            out.note(Observation::RecordAcknowledged {
                record: *record,
                offset,
            });
        }
    }

    fn fail(&self, batch: &Batch, error: ClientError, out: &mut Effects) {
        for record in &batch.records {
            out.note(Observation::RecordFailed {
                record: *record,
                error,
            });
        }
    }
}
