//! What the written settings mean: the typed configuration, Kafka's quiet adjustments, and what Kafka would refuse.
//! Values plus problems, never a `Result`: the page keeps showing a broken draft.

use super::super::scenario::Rules;
use super::super::text::{Settings, Word};
use super::super::time::SimDuration;
use super::librdkafka::RdProducerConfig;
use super::registry::{Owner, Setting, setting_of, settings_of};
use super::value::Value;
use crate::small::sort_by_key;

mod broker;
mod consumer;
mod groups;
mod producer;
mod share;
mod topic;

pub use consumer::{ConsumerConfig, ConsumerRefused, OffsetReset};
pub use groups::{Assignors, GroupsConfig, MembershipConfig};
pub use share::{ShareConfig, ShareConsumerConfig};

/// Kafka changed or ignored something without an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Notice {
    /// The key that is affected.
    pub key: String,
    /// One sentence.
    pub says: String,
}

/// The real client throws this when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConfigException {
    /// The key that is to blame.
    pub key: String,
    /// Kafka's own text.
    pub says: String,
}

/// What settings mean.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resolution<C> {
    /// The effective configuration. Where `conflicts` is not empty, the client would not have been made.
    pub config: C,
    /// Quiet adjustments.
    pub notices: Vec<Notice>,
    /// What Kafka refuses, in the order in which it checks; the first is the one that is thrown.
    pub conflicts: Vec<ConfigException>,
}

/// The effective configuration of a Java producer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProducerConfig {
    /// -1 is `all`.
    pub acks: i8,
    /// Re-sends of one batch.
    pub retries: u32,
    /// First backoff.
    pub retry_backoff: SimDuration,
    /// Longest backoff.
    pub retry_backoff_max: SimDuration,
    /// From the making of a batch to its failure.
    pub delivery_timeout: SimDuration,
    /// How long a response may take.
    pub request_timeout: SimDuration,
    /// How long a batch may wait for company.
    pub linger: SimDuration,
    /// Bytes of one batch.
    pub batch_size: u32,
    /// Unanswered requests on one connection.
    pub max_in_flight: u32,
    /// Signed batches.
    pub enable_idempotence: bool,
    /// How long `send()` may wait for metadata and memory.
    pub max_block: SimDuration,
    /// Bytes for batches that are not done.
    pub buffer_memory: u64,
    /// Who chooses partitions.
    pub partitioner: Partitioner,
    /// Metadata that is so old is asked for again.
    pub metadata_max_age: SimDuration,
    /// Goes back to its bootstrap servers when nobody it knows answers.
    pub rebootstraps: bool,
    /// Bytes of one request.
    pub max_request_size: u32,
    /// First wait before connecting again.
    pub reconnect_backoff: SimDuration,
    /// Longest wait before connecting again.
    pub reconnect_backoff_max: SimDuration,
    /// The name under which it writes in transactions.
    pub transactional_id: Option<Word>,
    /// How long a transaction may stay open.
    pub transaction_timeout: SimDuration,
}

/// How a Java producer chooses partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partitioner {
    /// By key, or else sticky (KIP-794).
    BuiltIn {
        /// `partitioner.ignore.keys`.
        ignores_keys: bool,
        /// `partitioner.adaptive.partitioning.enable`.
        adaptive: bool,
    },
    /// `org.apache.kafka.clients.producer.RoundRobinPartitioner`.
    RoundRobin,
}

impl Partitioner {
    /// True if partitions with fewer waiting batches are chosen more often.
    #[must_use]
    pub fn is_adaptive(self) -> bool {
        matches!(self, Self::BuiltIn { adaptive: true, .. })
    }
}

/// The effective configuration of a producer of either family.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientConfig {
    /// Kafka's own client.
    Java(ProducerConfig),
    /// librdkafka.
    Librdkafka(RdProducerConfig),
}

impl ClientConfig {
    /// How long it waits for the first word of a broker that accepts its connection and says nothing.
    #[must_use]
    pub fn first_answer_timeout(&self) -> SimDuration {
        match self {
            Self::Java(config) => config.request_timeout,
            Self::Librdkafka(config) => config.socket_timeout,
        }
    }
}

/// The effective configuration of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TopicConfig {
    /// As written; its effect is capped by the number of replicas.
    pub min_insync_replicas: u32,
    /// May a replica that is not in sync lead?
    pub unclean_leader_election_enable: bool,
    /// When its logs are forced to disk, cut into files, and thrown away.
    pub log: LogConfig,
}

/// What a log does with what it holds (`LogConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogConfig {
    /// `flush.messages`: after how many records the log is forced to disk.
    pub flush_messages: u64,
    /// `flush.ms`: after how long, if the broker looks at all (`log.flush.scheduler.interval.ms`).
    pub flush: SimDuration,
    /// `segment.ms`: after how long a new file is begun.
    pub segment: SimDuration,
    /// `retention.ms`: how old records may become; none is for ever.
    pub retention: Option<SimDuration>,
    /// `segment.bytes`: how large a file may grow.
    pub segment_bytes: u64,
    /// `retention.bytes`: what stays of a partition that is larger; none is everything.
    pub retention_bytes: Option<u64>,
    /// `max.message.bytes`: bytes that a batch may have.
    pub max_message_bytes: u32,
}

impl Default for LogConfig {
    fn default() -> Self {
        let week = SimDuration::from_ms(604_800_000);
        Self {
            flush_messages: u64::MAX,
            flush: NEVER,
            segment: week,
            retention: Some(week),
            segment_bytes: 1 << 30,
            retention_bytes: None,
            max_message_bytes: 1_048_588,
        }
    }
}

/// So long that it never happens.
pub const NEVER: SimDuration = SimDuration(u64::MAX / 4);

/// The effective configuration of brokers and controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BrokerConfig {
    /// `broker.session.timeout.ms`.
    pub session_timeout: SimDuration,
    /// `broker.heartbeat.interval.ms`.
    pub heartbeat_interval: SimDuration,
    /// `replica.lag.time.max.ms`.
    pub replica_lag_time_max: SimDuration,
    /// `replica.fetch.wait.max.ms`.
    pub replica_fetch_wait_max: SimDuration,
    /// `replica.fetch.backoff.ms`.
    pub replica_fetch_backoff: SimDuration,
    /// `replica.high.watermark.checkpoint.interval.ms`.
    pub high_watermark_checkpoint_interval: SimDuration,
    /// Broker-wide default for topics that do not set it.
    pub min_insync_replicas: u32,
    /// Broker-wide default for topics that do not set it.
    pub unclean_leader_election_enable: bool,
    /// Feature `eligible.leader.replicas.version` is 1 (default for clusters made since 4.1).
    pub eligible_leader_replicas: bool,
    /// `controlled.shutdown.enable`.
    pub controlled_shutdown_enable: bool,
    /// `leader.imbalance.check.interval.seconds`, if `auto.leader.rebalance.enable`.
    pub leader_imbalance_check_interval: Option<SimDuration>,
    /// `log.flush.scheduler.interval.ms`: how often the broker looks for logs to force to disk.
    pub flush_scheduler_interval: SimDuration,
    /// `log.retention.check.interval.ms`.
    pub retention_check_interval: SimDuration,
    /// `producer.id.expiration.ms`.
    pub producer_id_expiration: SimDuration,
    /// `producer.id.expiration.check.interval.ms`.
    pub producer_id_expiration_check_interval: SimDuration,
    /// `transaction.max.timeout.ms`.
    pub transaction_max_timeout: SimDuration,
    /// `transaction.abort.timed.out.transaction.cleanup.interval.ms`.
    pub transaction_abort_interval: SimDuration,
    /// `transactional.id.expiration.ms`.
    pub transactional_id_expiration: SimDuration,
    /// `transaction.remove.expired.transaction.cleanup.interval.ms`.
    pub transactional_id_check_interval: SimDuration,
    /// `transaction.partition.verification.enable`.
    pub transaction_verification: bool,
    /// `transaction.state.log.min.isr`.
    pub transaction_log_min_isr: u32,
    /// Broker-wide defaults for topics that do not set them.
    pub log: LogConfig,
    /// Broker-wide defaults for share groups that do not set them.
    pub share: ShareConfig,
    /// What it does with groups.
    pub groups: GroupsConfig,
    /// Rules of older versions that hold. No setting: the scenario names them.
    pub rules: Rules,
}

/// The settings of one owner, each with Kafka's default where it is unset or refused.
struct Reader<'a> {
    owner: Owner,
    written: &'a Settings,
    notices: Vec<Notice>,
    conflicts: Vec<ConfigException>,
}

impl<'a> Reader<'a> {
    /// Reads every value that is written, in Kafka's order, and keeps what Kafka throws.
    fn new(owner: Owner, written: &'a Settings) -> Self {
        let mut set: Vec<(&Setting, &str)> = settings_of(owner)
            .filter_map(|setting| Some((setting, written.get(setting.key)?)))
            .collect();
        sort_by_key(&mut set, |(setting, _)| setting.checked);
        let conflicts = set
            .iter()
            .filter_map(|(setting, text)| setting.read(text).err())
            .collect();
        Self {
            owner,
            written,
            notices: Vec::new(),
            conflicts,
        }
    }

    /// True if a person wrote this key, be it with the default.
    fn is_set(&self, key: &str) -> bool {
        self.written.get(key).is_some()
    }

    /// True if a person wrote this key, and Kafka accepts the value.
    fn is_legal(&self, key: &str) -> bool {
        self.is_set(key) && !self.conflicts.iter().any(|conflict| conflict.key == key)
    }

    fn value(&self, key: &str) -> Value<'a> {
        let setting = setting_of(self.owner, key).expect("the registry lists what is resolved");
        self.written
            .get(key)
            .and_then(|text| setting.read(text).ok())
            .unwrap_or_else(|| setting.read(setting.default).expect("a default is legal"))
    }

    fn number(&self, key: &str) -> i64 {
        match self.value(key) {
            Value::Number(number) => number,
            other => unreachable!("{key} is a number, not {other:?}"),
        }
    }

    fn flag(&self, key: &str) -> bool {
        match self.value(key) {
            Value::Flag(flag) => flag,
            other => unreachable!("{key} is a flag, not {other:?}"),
        }
    }

    /// A number of 32 bits that Kafka allows only from 0 on.
    fn count(&self, key: &str) -> u32 {
        u32::try_from(self.number(key)).unwrap_or(0)
    }

    /// Milliseconds that Kafka allows only from 0 on; more than a clock can count are for ever.
    fn ms(&self, key: &str) -> SimDuration {
        let us = self.long(key).saturating_mul(1000);
        SimDuration(us).min(NEVER)
    }

    /// A number that Kafka allows only from 0 on; its largest is without limit.
    fn long(&self, key: &str) -> u64 {
        match self.number(key) {
            i64::MAX => u64::MAX,
            number => u64::try_from(number).unwrap_or(0),
        }
    }

    /// Milliseconds; below 0 there is no bound.
    fn ms_unless_negative(&self, key: &str) -> Option<SimDuration> {
        (self.number(key) >= 0).then(|| self.ms(key))
    }

    /// Milliseconds that Kafka does not bound, but a clock needs at least `least`.
    fn ms_from(&mut self, key: &str, least: u32) -> SimDuration {
        if self.number(key) < i64::from(least) {
            self.notice(
                key,
                format!(
                    "Kafka accepts {key}={}; here it is taken as {least}.",
                    self.number(key)
                ),
            );
            return SimDuration::from_ms(u64::from(least));
        }
        self.ms(key)
    }

    fn notice(&mut self, key: &str, says: String) {
        self.notices.push(Notice {
            key: key.to_owned(),
            says,
        });
    }

    fn refuse(&mut self, key: &str, says: String) {
        self.conflicts.push(ConfigException {
            key: key.to_owned(),
            says,
        });
    }

    fn resolution<C>(self, config: C) -> Resolution<C> {
        Resolution {
            config,
            notices: self.notices,
            conflicts: self.conflicts,
        }
    }
}

fn long_or_max(number: u64) -> String {
    i64::try_from(number).unwrap_or(i64::MAX).to_string()
}

/// Milliseconds as Kafka writes them; for ever is its largest number.
fn ms_or_max(duration: SimDuration) -> String {
    if duration >= NEVER {
        i64::MAX.to_string()
    } else {
        whole_ms(duration)
    }
}

fn ms_or_none(duration: Option<SimDuration>) -> String {
    duration.map_or_else(|| "-1".to_owned(), ms_or_max)
}

/// Bytes as Kafka writes them; -1 is without limit.
fn bytes_or_none(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "-1".to_owned(), |bytes| bytes.to_string())
}

/// Milliseconds as Kafka writes them.
fn whole_ms(duration: SimDuration) -> String {
    (duration.0 / 1000).to_string()
}
