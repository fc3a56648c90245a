//! What the settings of brokers and controller mean.

use super::super::super::text::Settings;
use super::super::registry::Owner;
use super::{BrokerConfig, Reader, Resolution, whole_ms};

impl BrokerConfig {
    /// What the written settings of brokers and controller mean (`KafkaConfig.validateValues`).
    #[must_use]
    pub fn resolve(written: &Settings) -> Resolution<Self> {
        let mut reader = Reader::new(Owner::Broker, written);
        if reader.conflicts.is_empty() {
            compare_broker_times(&mut reader);
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
            message_max_bytes: reader.count("message.max.bytes"),
            eligible_leader_replicas: reader.number("eligible.leader.replicas.version") == 1,
        };
        reader.resolution(config)
    }

    /// Every setting that the model acts on, with the value that is in effect.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        vec![
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
            ("message.max.bytes", self.message_max_bytes.to_string()),
            (
                "eligible.leader.replicas.version",
                u8::from(self.eligible_leader_replicas).to_string(),
            ),
        ]
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
