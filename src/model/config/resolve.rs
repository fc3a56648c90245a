//! What the written settings mean: the typed configuration, Kafka's quiet adjustments, and what Kafka would refuse.
//! Values plus problems, never a `Result`: the page keeps showing a broken draft.

use super::super::text::Settings;
use super::super::time::SimDuration;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// How long `send()` may wait for metadata.
    pub max_block: SimDuration,
    /// Bytes of one request.
    pub max_request_size: u32,
    /// First wait before connecting again.
    pub reconnect_backoff: SimDuration,
    /// Longest wait before connecting again.
    pub reconnect_backoff_max: SimDuration,
}

/// The effective configuration of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TopicConfig {
    /// As written; its effect is capped by the number of replicas.
    pub min_insync_replicas: u32,
    /// May a replica that is not in sync lead?
    pub unclean_leader_election_enable: bool,
}

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
}

impl ProducerConfig {
    /// What the written settings of a Java producer mean (`ProducerConfig.postProcessAndValidateIdempotenceConfigs`).
    #[must_use]
    pub fn resolve(_written: &Settings) -> Resolution<Self> {
        let ms = SimDuration::from_ms;
        Resolution {
            config: Self {
                acks: -1,
                retries: 2_147_483_647,
                retry_backoff: ms(100),
                retry_backoff_max: ms(1000),
                delivery_timeout: ms(120_000),
                request_timeout: ms(30_000),
                linger: ms(5),
                batch_size: 16_384,
                max_in_flight: 5,
                enable_idempotence: true,
                max_block: ms(60_000),
                max_request_size: 1_048_576,
                reconnect_backoff: ms(50),
                reconnect_backoff_max: ms(1000),
            },
            notices: Vec::new(),
            conflicts: Vec::new(),
        }
    }
}

impl TopicConfig {
    /// What the written settings of a topic mean, on top of those of its brokers.
    #[must_use]
    pub fn resolve(_written: &Settings, brokers: &BrokerConfig) -> Resolution<Self> {
        Resolution {
            config: Self {
                min_insync_replicas: brokers.min_insync_replicas,
                unclean_leader_election_enable: brokers.unclean_leader_election_enable,
            },
            notices: Vec::new(),
            conflicts: Vec::new(),
        }
    }
}

impl BrokerConfig {
    /// What the written settings of brokers and controller mean.
    #[must_use]
    pub fn resolve(_written: &Settings) -> Resolution<Self> {
        let ms = SimDuration::from_ms;
        Resolution {
            config: Self {
                session_timeout: ms(9000),
                heartbeat_interval: ms(2000),
                replica_lag_time_max: ms(30_000),
                replica_fetch_wait_max: ms(500),
                replica_fetch_backoff: ms(1000),
                high_watermark_checkpoint_interval: ms(5000),
                min_insync_replicas: 1,
                unclean_leader_election_enable: false,
                eligible_leader_replicas: true,
            },
            notices: Vec::new(),
            conflicts: Vec::new(),
        }
    }
}
