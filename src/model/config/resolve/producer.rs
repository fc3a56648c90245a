//! What the settings of a Java producer mean.

use super::super::super::text::{Settings, Word};
use super::super::super::time::SimDuration;
use super::super::registry::Owner;
use super::super::registry::producer::ROUND_ROBIN;
use super::super::value::Value;
use super::{Partitioner, ProducerConfig, Reader, Resolution, whole_ms};

/// More requests in flight than this, and a leader could forget a batch that may come again.
const MAX_IN_FLIGHT_FOR_IDEMPOTENCE: u32 = 5;

impl ProducerConfig {
    /// What the written settings of a Java producer mean. Kafka reads all values first, and compares them only if each is legal
    /// (`ProducerConfig.postProcessParsedConfig`, `KafkaProducer.configureDeliveryTimeout`).
    #[must_use]
    pub fn resolve(written: &Settings) -> Resolution<Self> {
        let mut reader = Reader::new(Owner::Producer, written);
        let mut config = Self::read(&reader);
        if reader.conflicts.is_empty() {
            config.adjust_backoffs(&mut reader);
            config.adjust_idempotence(&mut reader);
            refuse_transactions(&mut reader, config.enable_idempotence);
            config.adjust_delivery_timeout(&mut reader);
            config.adjust_batch_size(&mut reader);
        }
        reader.resolution(config)
    }

    fn read(reader: &Reader<'_>) -> Self {
        Self {
            acks: match reader.value("acks") {
                Value::Text("0") => 0,
                Value::Text("1") => 1,
                _ => -1,
            },
            retries: reader.count("retries"),
            retry_backoff: reader.ms("retry.backoff.ms"),
            retry_backoff_max: reader.ms("retry.backoff.max.ms"),
            delivery_timeout: reader.ms("delivery.timeout.ms"),
            request_timeout: reader.ms("request.timeout.ms"),
            linger: reader.ms("linger.ms").min(LONGEST_INT_MS),
            batch_size: reader.count("batch.size"),
            max_in_flight: reader.count("max.in.flight.requests.per.connection"),
            enable_idempotence: reader.flag("enable.idempotence"),
            max_block: reader.ms("max.block.ms"),
            buffer_memory: u64::try_from(reader.number("buffer.memory")).unwrap_or(0),
            partitioner: match reader.is_legal("partitioner.class") {
                true => Partitioner::RoundRobin,
                false => Partitioner::BuiltIn {
                    ignores_keys: reader.flag("partitioner.ignore.keys"),
                    adaptive: reader.flag("partitioner.adaptive.partitioning.enable"),
                },
            },
            metadata_max_age: reader.ms("metadata.max.age.ms"),
            rebootstraps: !matches!(
                reader.value("metadata.recovery.strategy"),
                Value::Text(text) if text.eq_ignore_ascii_case("none")
            ),
            max_request_size: reader.count("max.request.size"),
            reconnect_backoff: reader.ms("reconnect.backoff.ms"),
            reconnect_backoff_max: reader.ms("reconnect.backoff.max.ms"),
            transactional_id: match reader.value("transactional.id") {
                Value::Text(text) if reader.is_set("transactional.id") => {
                    Some(Word(text.to_owned()))
                }
                _ => None,
            },
            transaction_timeout: reader.ms("transaction.timeout.ms"),
        }
    }

    fn adjust_backoffs(&mut self, reader: &mut Reader<'_>) {
        if self.retry_backoff > self.retry_backoff_max {
            let longest = whole_ms(self.retry_backoff_max);
            reader.notice(
                "retry.backoff.ms",
                format!(
                    "retry.backoff.ms is greater than retry.backoff.max.ms: every wait is {longest} ms."
                ),
            );
        }
        if reader.is_set("reconnect.backoff.ms") && !reader.is_set("reconnect.backoff.max.ms") {
            self.reconnect_backoff_max = self.reconnect_backoff;
            reader.notice(
                "reconnect.backoff.max.ms",
                "reconnect.backoff.ms is set and reconnect.backoff.max.ms is not: the wait does not grow."
                    .to_owned(),
            );
        }
    }

    /// `ProducerConfig.postProcessAndValidateIdempotenceConfigs`.
    fn adjust_idempotence(&mut self, reader: &mut Reader<'_>) {
        if !self.enable_idempotence {
            return;
        }
        let asked_for = reader.is_set("enable.idempotence");
        let mut because = Vec::new();
        if self.retries == 0 {
            because.push(("retries", "retries=0".to_owned(), NO_RETRIES));
        }
        if self.acks != -1 {
            because.push(("acks", format!("acks={}", self.acks), NOT_ALL));
        }
        for (key, _, says) in because.iter().filter(|_| asked_for) {
            reader.refuse(key, (*says).to_owned());
        }
        if self.max_in_flight > MAX_IN_FLIGHT_FOR_IDEMPOTENCE {
            let key = "max.in.flight.requests.per.connection";
            let current = self.max_in_flight;
            reader.refuse(
                key,
                format!(
                    "To use the idempotent producer, {key} must be set to at most \
                     {MAX_IN_FLIGHT_FOR_IDEMPOTENCE}. Current value is {current}."
                ),
            );
        }
        if !asked_for && !because.is_empty() {
            self.enable_idempotence = false;
            let why: Vec<String> = because.into_iter().map(|(_, written, _)| written).collect();
            let why = why.join(" and ");
            reader.notice(
                "enable.idempotence",
                format!("Idempotence is switched off without an error, because of {why}."),
            );
        }
    }

    /// `KafkaProducer.configureDeliveryTimeout`.
    fn adjust_delivery_timeout(&mut self, reader: &mut Reader<'_>) {
        let least = (self.linger + self.request_timeout).min(LONGEST_INT_MS);
        if self.delivery_timeout >= least {
            return;
        }
        let key = "delivery.timeout.ms";
        if reader.is_set(key) {
            let says =
                format!("{key} should be equal to or larger than linger.ms + request.timeout.ms");
            reader.refuse(key, says);
        } else {
            self.delivery_timeout = least;
            let least = whole_ms(least);
            reader.notice(
                key,
                format!("{key} is raised to {least}, which is linger.ms + request.timeout.ms."),
            );
        }
    }

    fn adjust_batch_size(&mut self, reader: &mut Reader<'_>) {
        if self.batch_size == 0 {
            self.batch_size = 1;
            reader.notice(
                "batch.size",
                "batch.size=0 is taken as 1: every record travels in a batch of its own."
                    .to_owned(),
            );
        }
    }

    /// What the recordings print of a producer that was made (`tests/ground-truth/producer/producer-config-legality.json`).
    #[must_use]
    pub fn effective(&self) -> Vec<(&'static str, String)> {
        let recorded = [
            "acks",
            "enable.idempotence",
            "retries",
            "max.in.flight.requests.per.connection",
        ];
        self.values()
            .into_iter()
            .filter(|(key, _)| recorded.contains(key))
            .collect()
    }

    /// Every setting that the model acts on, with the value that is in effect.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        vec![
            ("acks", self.acks.to_string()),
            ("enable.idempotence", self.enable_idempotence.to_string()),
            ("retries", self.retries.to_string()),
            ("delivery.timeout.ms", whole_ms(self.delivery_timeout)),
            ("request.timeout.ms", whole_ms(self.request_timeout)),
            (
                "max.in.flight.requests.per.connection",
                self.max_in_flight.to_string(),
            ),
            ("linger.ms", whole_ms(self.linger)),
            ("batch.size", self.batch_size.to_string()),
            ("retry.backoff.ms", whole_ms(self.retry_backoff)),
            ("retry.backoff.max.ms", whole_ms(self.retry_backoff_max)),
            ("max.block.ms", whole_ms(self.max_block)),
            ("max.request.size", self.max_request_size.to_string()),
            ("buffer.memory", self.buffer_memory.to_string()),
            ("reconnect.backoff.ms", whole_ms(self.reconnect_backoff)),
            (
                "reconnect.backoff.max.ms",
                whole_ms(self.reconnect_backoff_max),
            ),
            ("metadata.max.age.ms", whole_ms(self.metadata_max_age)),
            (
                "transactional.id",
                self.transactional_id
                    .as_ref()
                    .map_or("null", |id| id.0.as_str())
                    .to_owned(),
            ),
            ("transaction.timeout.ms", whole_ms(self.transaction_timeout)),
            (
                "metadata.recovery.strategy",
                if self.rebootstraps {
                    "rebootstrap"
                } else {
                    "none"
                }
                .to_owned(),
            ),
        ]
        .into_iter()
        .chain(self.partitioner.values())
        .collect()
    }
}

const NO_RETRIES: &str = "Must set retries to non-zero when using the idempotent producer.";
const NOT_ALL: &str = "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.";

impl Partitioner {
    fn values(self) -> [(&'static str, String); 3] {
        let (class, ignores_keys, adaptive) = match self {
            Self::RoundRobin => (ROUND_ROBIN, false, true),
            Self::BuiltIn {
                ignores_keys,
                adaptive,
            } => ("null", ignores_keys, adaptive),
        };
        [
            ("partitioner.class", class.to_owned()),
            ("partitioner.ignore.keys", ignores_keys.to_string()),
            (
                "partitioner.adaptive.partitioning.enable",
                adaptive.to_string(),
            ),
        ]
    }
}

/// Where Kafka keeps milliseconds in an INT.
const LONGEST_INT_MS: SimDuration = SimDuration::from_ms(i32::MAX as u64);

/// The end of `postProcessAndValidateIdempotenceConfigs`: what a transactional producer may not be.
fn refuse_transactions(reader: &mut Reader<'_>, idempotent: bool) {
    if reader.is_set("transactional.id") && !idempotent {
        let says = "Cannot set a transactional.id without also enabling idempotence.";
        reader.refuse("transactional.id", says.to_owned());
    }
    if reader.flag("transaction.two.phase.commit.enable") && reader.is_set("transaction.timeout.ms")
    {
        reader.refuse(
            "transaction.timeout.ms",
            "Cannot set transaction.timeout.ms when transaction.two.phase.commit.enable is set to true. Transactions will not \
             expire with two-phase commit enabled."
                .to_owned(),
        );
    }
}
