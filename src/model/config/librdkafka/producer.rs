//! What the settings of a producer of librdkafka mean.

use super::super::super::text::Settings;
use super::super::super::time::SimDuration;
use super::{Refusal, Written, microseconds};

/// More requests in flight than this, and a leader could forget a batch that may come again (`RD_KAFKA_IDEMP_MAX_INFLIGHT`).
const MAX_IN_FLIGHT_FOR_IDEMPOTENCE: u32 = 5;

/// How librdkafka chooses partitions. With `random` in the name, records without a key go anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RdPartitioner {
    /// Anywhere, whatever the key.
    Random,
    /// By CRC-32 of the key.
    Consistent,
    /// The default. An empty key counts as none.
    ConsistentRandom,
    /// As the Java client, by murmur2 of the key.
    Murmur2,
    /// As the Java client, and without a key anywhere.
    Murmur2Random,
    /// By FNV-1a of the key.
    Fnv1a,
    /// By FNV-1a of the key, if there is one.
    Fnv1aRandom,
}

impl RdPartitioner {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Random, "random"),
        (Self::Consistent, "consistent"),
        (Self::ConsistentRandom, "consistent_random"),
        (Self::Murmur2, "murmur2"),
        (Self::Murmur2Random, "murmur2_random"),
        (Self::Fnv1a, "fnv1a"),
        (Self::Fnv1aRandom, "fnv1a_random"),
    ];

    /// The partitioner of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, own)| *own == name);
        found.map(|(partitioner, _)| *partitioner)
    }
}

/// The effective configuration of a producer of librdkafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RdProducerConfig {
    /// -1 is `all`; librdkafka lets up to 1000 through.
    pub acks: i16,
    /// Signed batches; off by default.
    pub enable_idempotence: bool,
    /// Unanswered requests on one connection.
    pub max_in_flight: u32,
    /// Re-sends of one message (`message.send.max.retries`).
    pub retries: u32,
    /// First backoff.
    pub retry_backoff: SimDuration,
    /// Longest backoff.
    pub retry_backoff_max: SimDuration,
    /// From `produce()` to the failure of a message; zero is for ever (`message.timeout.ms`).
    pub message_timeout: SimDuration,
    /// How long the broker may wait for the ISR.
    pub request_timeout: SimDuration,
    /// How long a response may take (`socket.timeout.ms`).
    pub socket_timeout: SimDuration,
    /// How long messages wait for company.
    pub linger: SimDuration,
    /// Messages of one batch.
    pub batch_num_messages: u32,
    /// Bytes of one batch.
    pub batch_size: u32,
    /// Bytes of one message (`message.max.bytes`).
    pub message_max_bytes: u32,
    /// Messages that are not done (`queue.buffering.max.messages`; 0 is no limit).
    pub queue_max_messages: u32,
    /// Bytes of messages that are not done (`queue.buffering.max.kbytes`).
    pub queue_max_bytes: u64,
    /// First wait before connecting again.
    pub reconnect_backoff: SimDuration,
    /// Longest wait before connecting again.
    pub reconnect_backoff_max: SimDuration,
    /// How often metadata is asked for without need.
    pub metadata_refresh: SimDuration,
    /// How long a topic that is not there may still appear (`topic.metadata.propagation.max.ms`).
    pub topic_propagation_max: SimDuration,
    /// How long messages without a key go to the same partition (`sticky.partitioning.linger.ms`).
    pub sticky_linger: SimDuration,
    /// Who chooses partitions.
    pub partitioner: RdPartitioner,
    /// Goes back to its bootstrap servers when nobody it knows answers.
    pub rebootstraps: bool,
}

impl RdProducerConfig {
    /// What the written settings mean (`rd_kafka_conf_finalize`, `rd_kafka_topic_conf_finalize`).
    ///
    /// # Errors
    /// The first reason for which librdkafka refuses them.
    pub fn resolve(settings: &Settings) -> Result<Self, Refusal> {
        let written = Written::new(settings)?;
        let transactional = written.is_set("transactional.id");
        let idempotent = written.flag("enable.idempotence");
        if let Some(says) = compared(&written, transactional, idempotent) {
            let says = format!("Failed to create producer: {says}");
            return Err(Refusal::invalid(says));
        }
        Ok(Self::read(&written, transactional || idempotent))
    }

    fn read(written: &Written<'_>, idempotent: bool) -> Self {
        let count = |name| u32::try_from(written.number(name)).unwrap_or(u32::MAX);
        let ms = |name| SimDuration::from_ms(u64::from(count(name)));
        let message_timeout = ms("message.timeout.ms");
        let linger = linger(written);
        let refresh = written.number("topic.metadata.refresh.interval.ms");
        let mut max_in_flight = count("max.in.flight.requests.per.connection");
        if idempotent {
            max_in_flight = max_in_flight.min(MAX_IN_FLIGHT_FOR_IDEMPOTENCE);
        }
        Self {
            acks: i16::try_from(written.number("request.required.acks")).unwrap_or(-1),
            enable_idempotence: idempotent,
            max_in_flight,
            retries: count("message.send.max.retries"),
            retry_backoff: ms("retry.backoff.ms"),
            retry_backoff_max: ms("retry.backoff.max.ms"),
            linger: match message_timeout {
                SimDuration::ZERO => linger,
                timeout if timeout <= linger => SimDuration(timeout.0.saturating_sub(100)),
                _ => linger,
            },
            message_timeout,
            request_timeout: ms("request.timeout.ms"),
            socket_timeout: ms("socket.timeout.ms"),
            batch_num_messages: count("batch.num.messages"),
            batch_size: count("batch.size"),
            message_max_bytes: count("message.max.bytes"),
            queue_max_messages: count("queue.buffering.max.messages"),
            queue_max_bytes: u64::from(count("queue.buffering.max.kbytes")) * 1024,
            reconnect_backoff: ms("reconnect.backoff.ms"),
            reconnect_backoff_max: ms("reconnect.backoff.max.ms"),
            metadata_refresh: match u64::try_from(refresh) {
                Ok(ms) if ms > 0 => SimDuration::from_ms(ms),
                _ => SimDuration::from_ms(u64::from(u32::MAX)),
            },
            topic_propagation_max: ms("topic.metadata.propagation.max.ms"),
            sticky_linger: match written.set("sticky.partitioning.linger.ms") {
                Some(_) => ms("sticky.partitioning.linger.ms"),
                None => SimDuration(linger.0 * 2),
            },
            partitioner: RdPartitioner::named(written.text("partitioner"))
                .unwrap_or(RdPartitioner::ConsistentRandom),
            rebootstraps: !written
                .text("metadata.recovery.strategy")
                .eq_ignore_ascii_case("none"),
        }
    }
}

fn linger(written: &Written<'_>) -> SimDuration {
    let us = microseconds(written.text("queue.buffering.max.ms")).unwrap_or(0);
    SimDuration(u64::try_from(us).unwrap_or(0))
}

fn compared(written: &Written<'_>, transactional: bool, idempotent: bool) -> Option<String> {
    if transactional && written.is_set("enable.idempotence") && !idempotent {
        return Some("`transactional.id` requires `enable.idempotence=true`".to_owned());
    }
    let transaction = written.number("transaction.timeout.ms");
    if transactional
        && written.is_set("socket.timeout.ms")
        && transaction + 100 < written.number("socket.timeout.ms")
    {
        return Some(
            "`socket.timeout.ms` must be set <= `transaction.timeout.ms` + 100".to_owned(),
        );
    }
    let idempotent = idempotent || transactional;
    if idempotent {
        let clash = clash_with_idempotence(written);
        if clash.is_some() {
            return clash;
        }
    } else if written.flag("enable.gapless.guarantee") {
        return Some(
            "`enable.gapless.guarantee` requires `enable.idempotence` to be enabled".to_owned(),
        );
    }
    let late = || clash_of_topic(written, idempotent, transactional);
    backoffs_crossed(written).or_else(late)
}

/// What an idempotent producer may not be given, of its global properties.
fn clash_with_idempotence(written: &Written<'_>) -> Option<String> {
    let set_above =
        |name, most: u32| written.is_set(name) && written.number(name) > i64::from(most);
    let when = "when `enable.idempotence` is true";
    if set_above(
        "max.in.flight.requests.per.connection",
        MAX_IN_FLIGHT_FOR_IDEMPOTENCE,
    ) {
        let most = MAX_IN_FLIGHT_FOR_IDEMPOTENCE;
        return Some(format!("`max.in.flight` must be set <= {most} {when}"));
    }
    let retries = "message.send.max.retries";
    if written.is_set(retries) && written.number(retries) < 1 {
        return Some(format!("`retries` must be set >= 1 {when}"));
    }
    let threshold = "queue.buffering.backpressure.threshold";
    set_above(threshold, 1).then(|| format!("`{threshold}` must be set to 1 {when}"))
}

/// What is compared of the properties of topics, last of all.
fn clash_of_topic(written: &Written<'_>, idempotent: bool, transactional: bool) -> Option<String> {
    let timeout = written.number("message.timeout.ms");
    let linger = i64::try_from(linger(written).0).unwrap_or(i64::MAX);
    if timeout != 0
        && timeout.saturating_mul(1000) <= linger
        && written.is_set("queue.buffering.max.ms")
    {
        return Some("`message.timeout.ms` must be greater than `linger.ms`".to_owned());
    }
    if !idempotent {
        return None;
    }
    let when = "when `enable.idempotence` is true";
    if written.number("request.required.acks") != -1 {
        return Some(format!("`acks` must be set to `all` {when}"));
    }
    if written
        .text("queuing.strategy")
        .eq_ignore_ascii_case("lifo")
    {
        return Some(format!("`queuing.strategy` must be set to `fifo` {when}"));
    }
    let longer = timeout > written.number("transaction.timeout.ms");
    (transactional && written.is_set("message.timeout.ms") && longer)
        .then(|| "`message.timeout.ms` must be set <= `transaction.timeout.ms`".to_owned())
}

pub(super) fn backoffs_crossed(written: &Written<'_>) -> Option<String> {
    let (first, longest) = ("reconnect.backoff.ms", "reconnect.backoff.max.ms");
    (written.number(longest) < written.number(first))
        .then(|| format!("`{longest}` must be >= `{first}`"))
}
