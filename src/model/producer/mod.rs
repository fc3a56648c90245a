//! Producers: an application that calls `send()`, a store of records that wait, and a sender. Two families of them, each with
//! its own rules: Kafka's Java client, and librdkafka.

mod java;
mod librdkafka;
mod partitioner;
mod peers;
mod sizes;

use super::cast::SendCall;
use super::config::ClientConfig;
use super::effects::{Effects, Input, Timer};
use super::ids::{BrokerId, ClientId, RecordId, TopicId, TransactionalId};
use super::prng::Seed;
use super::text::Text;
use super::time::{SimDuration, SimTime};
use super::transaction::{Protocol, TransactionCall};
use super::wire::OffsetCommit;
use java::JavaProducer;
use librdkafka::RdProducer;
use sizes::Content;

/// So long after its last record a producer goes on refreshing its metadata, and looking for a cluster that it lost. A real
/// one never stops; it would only keep a run from ending.
const IDLE_REFRESH: SimDuration = SimDuration::from_ms(60_000);

/// A producer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Producer {
    /// Kafka's own client.
    Java(Box<JavaProducer>),
    /// librdkafka.
    Librdkafka(Box<RdProducer>),
}

/// How a producer writes in transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Transactional {
    /// Under which name.
    pub(crate) id: TransactionalId,
    /// By which protocol, if it is a Java producer.
    pub(crate) protocol: Protocol,
    /// How long a transaction may stay open, if it is one of librdkafka.
    pub(crate) timeout: SimDuration,
}

/// A record on its way into the producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Record {
    id: RecordId,
    topic: TopicId,
    /// Where the application wants it, if it says so.
    partition: Option<u32>,
    /// Its key's hash by the producer's partitioner, if it has a key.
    hash: Option<u32>,
    content: Content,
    sent_at: SimTime,
}

impl Record {
    fn new(now: SimTime, call: &SendCall, hash: impl Fn(&[u8]) -> u32) -> Self {
        let bytes = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let key = call.key.as_ref().map(Text::as_str);
        Self {
            id: call.record,
            topic: call.topic,
            partition: call.partition,
            hash: key.map(|key| hash(key.as_bytes())),
            content: Content {
                key: key.map(bytes),
                value: bytes(call.value.as_str()),
                timestamp: call.timestamp.unwrap_or(now.on_the_clock_ms()),
            },
            sent_at: now,
        }
    }
}

/// Sets the sender's timer, or stops it.
fn set_timer(alarm: Option<SimTime>, out: &mut Effects) {
    match alarm {
        Some(at) => out.arm(Timer::Sender, at),
        None => out.disarm(Timer::Sender),
    }
}

impl Producer {
    /// A producer that knows only its bootstrap servers.
    pub(crate) fn new(
        id: ClientId,
        config: ClientConfig,
        seed: Seed,
        bootstrap: &[BrokerId],
        transactional: Option<Transactional>,
    ) -> Self {
        match config {
            ClientConfig::Java(config) => Self::Java(Box::new(JavaProducer::new(
                id,
                config,
                seed,
                bootstrap,
                transactional.map(|own| (own.id, own.protocol)),
            ))),
            ClientConfig::Librdkafka(config) => Self::Librdkafka(Box::new(RdProducer::new(
                id,
                config,
                seed,
                bootstrap,
                transactional.map(|own| (own.id, own.timeout)),
            ))),
        }
    }

    /// Asks for metadata and a producer id, and connects to the leaders, as a producer has that sent something before.
    pub(crate) fn warm_up(&mut self, now: SimTime, out: &mut Effects) {
        match self {
            Self::Java(java) => java.warm_up(now, out),
            Self::Librdkafka(rd) => rd.warm_up(now, out),
        }
    }

    /// The application calls `send()`.
    pub(crate) fn send(&mut self, now: SimTime, call: &SendCall, out: &mut Effects) {
        match self {
            Self::Java(java) => java.send(now, call, out),
            Self::Librdkafka(rd) => rd.send(now, call, out),
        }
    }

    /// The application calls one of the transactional methods.
    pub(crate) fn transact(&mut self, now: SimTime, call: TransactionCall, out: &mut Effects) {
        match self {
            Self::Java(java) => java.transact(now, call, out),
            Self::Librdkafka(rd) => rd.transact(now, call, out),
        }
    }

    /// The application calls `sendOffsetsToTransaction()`. librdkafka's is not played.
    pub(crate) fn send_offsets(&mut self, now: SimTime, commit: OffsetCommit, out: &mut Effects) {
        if let Self::Java(java) = self {
            java.send_offsets(now, commit, out);
        }
    }

    /// The application calls `flush()`.
    pub(crate) fn flush(&mut self, now: SimTime, out: &mut Effects) {
        match self {
            Self::Java(java) => java.flush(now, out),
            Self::Librdkafka(rd) => rd.flush(now, out),
        }
    }

    /// The application calls `close()`.
    pub(crate) fn close(&mut self, now: SimTime, timeout: SimDuration, out: &mut Effects) {
        match self {
            Self::Java(java) => java.close(now, timeout, out),
            Self::Librdkafka(rd) => rd.flush(now, out),
        }
    }

    /// True while a call of the application has not returned: it does nothing else until then.
    pub(crate) fn is_busy(&self) -> bool {
        match self {
            Self::Java(java) => java.is_busy(),
            Self::Librdkafka(rd) => rd.is_busy(),
        }
    }

    /// True if nobody waits for its outcomes any more: its process has died.
    pub(crate) fn is_dead(&self) -> bool {
        match self {
            Self::Java(java) => java.is_dead(),
            Self::Librdkafka(rd) => rd.is_dead(),
        }
    }

    /// Its process is gone. It does nothing any more.
    pub(crate) fn die(&mut self, out: &mut Effects) {
        match self {
            Self::Java(java) => java.die(out),
            Self::Librdkafka(rd) => rd.die(out),
        }
    }

    /// One thing reaches the producer.
    pub(crate) fn on(&mut self, now: SimTime, input: &mut Input, out: &mut Effects) {
        match self {
            Self::Java(java) => java.on(now, input, out),
            Self::Librdkafka(rd) => rd.on(now, input.taken(), out),
        }
    }
}
