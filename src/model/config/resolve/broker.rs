//! What the settings of brokers and controller mean.

use super::super::super::scenario::Rules;
use super::super::super::text::Settings;
use super::super::super::time::SimDuration;
use super::super::registry::Owner;
use super::{
    BrokerConfig, LogConfig, NEVER, Reader, Resolution, bytes_or_none, long_or_max, ms_or_max,
    ms_or_none, whole_ms,
};

impl BrokerConfig {
    /// What the written settings of brokers and controller mean (`KafkaConfig.validateValues`).
    #[must_use]
    pub fn resolve(written: &Settings) -> Resolution<Self> {
        let mut reader = Reader::new(Owner::Broker, written);
        if reader.conflicts.is_empty() {
            compare_broker_times(&mut reader);
            super::groups::compare_group_times(&mut reader);
        }
        let config = Self {
            session_timeout: reader.ms_from("broker.session.timeout.ms", 8),
            heartbeat_interval: reader.ms_from("broker.heartbeat.interval.ms", 1),
            replica_lag_time_max: reader.ms_from("replica.lag.time.max.ms", 2),
            replica_fetch_wait_max: reader.ms_from("replica.fetch.wait.max.ms", 0),
            replica_fetch_backoff: reader.ms("replica.fetch.backoff.ms"),
            high_watermark_checkpoint_interval: reader
                .ms_from("replica.high.watermark.checkpoint.interval.ms", 1),
            min_insync_replicas: reader.count("min.insync.replicas"),
            unclean_leader_election_enable: reader.flag("unclean.leader.election.enable"),
            eligible_leader_replicas: reader.number("eligible.leader.replicas.version") == 1,
            controlled_shutdown_enable: reader.flag("controlled.shutdown.enable"),
            leader_imbalance_check_interval: reader.imbalance_check(),
            flush_scheduler_interval: reader.ms_from("log.flush.scheduler.interval.ms", 1),
            retention_check_interval: reader.ms("log.retention.check.interval.ms"),
            producer_id_expiration: reader.ms("producer.id.expiration.ms"),
            producer_id_expiration_check_interval: reader
                .ms("producer.id.expiration.check.interval.ms"),
            transaction_max_timeout: reader.ms("transaction.max.timeout.ms"),
            transaction_abort_interval: reader.ms(ABORT_INTERVAL),
            transactional_id_expiration: reader.ms("transactional.id.expiration.ms"),
            transactional_id_check_interval: reader.ms(REMOVAL_INTERVAL),
            transaction_verification: reader.flag("transaction.partition.verification.enable"),
            transaction_log_min_isr: reader.count("transaction.state.log.min.isr"),
            log: reader.log_defaults(),
            share: reader.share_defaults(),
            groups: reader.groups(),
            rules: Rules::default(),
        };
        reader.resolution(config)
    }

    /// Every setting that the model acts on, with the value that is in effect.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let mut values = vec![
            ("broker.session.timeout.ms", whole_ms(self.session_timeout)),
            (
                "broker.heartbeat.interval.ms",
                whole_ms(self.heartbeat_interval),
            ),
            (
                "replica.lag.time.max.ms",
                whole_ms(self.replica_lag_time_max),
            ),
            (
                "replica.fetch.wait.max.ms",
                whole_ms(self.replica_fetch_wait_max),
            ),
            (
                "replica.fetch.backoff.ms",
                whole_ms(self.replica_fetch_backoff),
            ),
            (
                "replica.high.watermark.checkpoint.interval.ms",
                whole_ms(self.high_watermark_checkpoint_interval),
            ),
            ("min.insync.replicas", self.min_insync_replicas.to_string()),
            (
                "unclean.leader.election.enable",
                self.unclean_leader_election_enable.to_string(),
            ),
            ("message.max.bytes", self.log.max_message_bytes.to_string()),
            (
                "eligible.leader.replicas.version",
                u8::from(self.eligible_leader_replicas).to_string(),
            ),
            (
                "controlled.shutdown.enable",
                self.controlled_shutdown_enable.to_string(),
            ),
            (
                "auto.leader.rebalance.enable",
                self.leader_imbalance_check_interval.is_some().to_string(),
            ),
            (
                "leader.imbalance.check.interval.seconds",
                self.imbalance_check_seconds().to_string(),
            ),
            (
                "producer.id.expiration.ms",
                whole_ms(self.producer_id_expiration),
            ),
            (
                "producer.id.expiration.check.interval.ms",
                whole_ms(self.producer_id_expiration_check_interval),
            ),
        ];
        values.extend(self.log_values());
        values.extend(self.share.values());
        values.extend(self.groups.values());
        values.extend(self.transaction_values());
        values
    }

    /// Those of a log: its flushes, its segments and how long they are kept.
    fn log_values(&self) -> [(&'static str, String); 11] {
        [
            (
                "log.flush.interval.messages",
                long_or_max(self.log.flush_messages),
            ),
            ("log.flush.interval.ms", ms_or_max(self.log.flush)),
            (
                "log.flush.scheduler.interval.ms",
                ms_or_max(self.flush_scheduler_interval),
            ),
            ("log.roll.ms", ms_or_max(self.log.segment)),
            ("log.roll.hours", hours(Some(self.log.segment))),
            ("log.retention.ms", ms_or_none(self.log.retention)),
            ("log.retention.minutes", minutes(self.log.retention)),
            ("log.retention.hours", hours(self.log.retention)),
            ("log.segment.bytes", self.log.segment_bytes.to_string()),
            (
                "log.retention.bytes",
                bytes_or_none(self.log.retention_bytes),
            ),
            (
                "log.retention.check.interval.ms",
                whole_ms(self.retention_check_interval),
            ),
        ]
    }
}

/// How often the coordinator looks for transactional ids that have not been used for too long.
const REMOVAL_INTERVAL: &str = "transaction.remove.expired.transaction.cleanup.interval.ms";
/// How often the coordinator looks for transactions that have been open for too long.
const ABORT_INTERVAL: &str = "transaction.abort.timed.out.transaction.cleanup.interval.ms";

impl BrokerConfig {
    fn transaction_values(&self) -> [(&'static str, String); 6] {
        [
            (
                "transaction.max.timeout.ms",
                whole_ms(self.transaction_max_timeout),
            ),
            (ABORT_INTERVAL, whole_ms(self.transaction_abort_interval)),
            (
                "transactional.id.expiration.ms",
                whole_ms(self.transactional_id_expiration),
            ),
            (
                REMOVAL_INTERVAL,
                whole_ms(self.transactional_id_check_interval),
            ),
            (
                "transaction.partition.verification.enable",
                self.transaction_verification.to_string(),
            ),
            (
                "transaction.state.log.min.isr",
                self.transaction_log_min_isr.to_string(),
            ),
        ]
    }
}

fn minutes(duration: Option<SimDuration>) -> String {
    duration.map_or_else(|| "-1".to_owned(), |d| (d.0 / 60_000_000).to_string())
}

fn hours(duration: Option<SimDuration>) -> String {
    duration.map_or_else(|| "-1".to_owned(), |d| (d.0 / 3_600_000_000).to_string())
}

impl BrokerConfig {
    fn imbalance_check_seconds(&self) -> u64 {
        self.leader_imbalance_check_interval
            .map_or(300, |interval| interval.0 / 1_000_000)
    }
}

impl Reader<'_> {
    fn imbalance_check(&self) -> Option<SimDuration> {
        let seconds = self.long("leader.imbalance.check.interval.seconds");
        let interval = SimDuration(seconds.saturating_mul(1_000_000)).min(NEVER);
        self.flag("auto.leader.rebalance.enable")
            .then_some(interval)
    }

    /// What holds for topics that say nothing; the finer unit wins (`KafkaConfig.extractLogConfigMap`).
    fn log_defaults(&self) -> LogConfig {
        let flush = match self.is_legal("log.flush.interval.ms") {
            true => "log.flush.interval.ms",
            false => "log.flush.scheduler.interval.ms",
        };
        let hours = |key: &str| SimDuration::from_ms(self.long(key).saturating_mul(3_600_000));
        let minutes = |key: &str| SimDuration::from_ms(self.long(key).saturating_mul(60_000));
        let segment = match self.is_legal("log.roll.ms") {
            true => self.ms("log.roll.ms"),
            false => hours("log.roll.hours").min(NEVER),
        };
        let retention = if self.is_legal("log.retention.ms") {
            self.ms_unless_negative("log.retention.ms")
        } else if self.is_legal("log.retention.minutes") {
            let set = self.number("log.retention.minutes") >= 0;
            set.then(|| minutes("log.retention.minutes"))
        } else {
            let set = self.number("log.retention.hours") >= 0;
            set.then(|| hours("log.retention.hours"))
        };
        LogConfig {
            flush_messages: self.long("log.flush.interval.messages"),
            flush: self.ms(flush),
            segment,
            retention,
            segment_bytes: self.long("log.segment.bytes"),
            retention_bytes: u64::try_from(self.number("log.retention.bytes")).ok(),
            max_message_bytes: self.count("message.max.bytes"),
        }
    }
}

/// What a broker does not start with, and what it only complains about.
fn compare_broker_times(reader: &mut Reader<'_>) {
    let wait = "replica.fetch.wait.max.ms";
    if reader.number(wait) > reader.number("replica.socket.timeout.ms") {
        let says = "requirement failed: replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent \
                    unnecessary socket timeouts";
        reader.refuse("replica.socket.timeout.ms", says.to_owned());
    }
    if reader.number(wait) > reader.number("replica.lag.time.max.ms") {
        let says = "requirement failed: replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms \
                    to prevent frequent changes in ISR";
        reader.refuse(wait, says.to_owned());
    }
    let interval = reader.number("broker.heartbeat.interval.ms");
    let session = reader.number("broker.session.timeout.ms");
    if interval.saturating_mul(2) > session {
        reader.notice(
            "broker.heartbeat.interval.ms",
            format!("Brokers may be fenced between two heartbeats: {interval} ms is more than half of the session, {session} ms."),
        );
    }
}
