//! What the settings of a topic mean.

use super::super::super::text::Settings;
use super::super::registry::{Owner, setting_of};
use super::{
    BrokerConfig, ConfigException, LogConfig, Reader, Resolution, TopicConfig, bytes_or_none,
    long_or_max, ms_or_max, ms_or_none,
};

impl TopicConfig {
    /// What the written settings of a topic mean, on top of those of its brokers (`LogConfig.validate`).
    #[must_use]
    pub fn resolve(written: &Settings, brokers: &BrokerConfig) -> Resolution<Self> {
        let mut reader = Reader::new(Owner::Topic, written);
        let unknown = written
            .0
            .keys()
            .filter(|key| setting_of(Owner::Topic, key).is_none());
        let unknown = unknown.map(|key| ConfigException {
            key: key.clone(),
            says: format!("Unknown topic config name: {key}"),
        });
        reader.conflicts.splice(0..0, unknown);
        if reader.conflicts.is_empty() {
            let (least, most) = ("min.compaction.lag.ms", "max.compaction.lag.ms");
            let (min, max) = (reader.number(least), reader.number(most));
            if min > max {
                let says =
                    format!("conflict topic config setting {least} ({min}) > {most} ({max})");
                reader.refuse(least, says);
            }
        }
        let mut config = Self {
            min_insync_replicas: brokers.min_insync_replicas,
            unclean_leader_election_enable: brokers.unclean_leader_election_enable,
            log: brokers.log,
        };
        if reader.is_legal("max.message.bytes") {
            config.log.max_message_bytes = reader.count("max.message.bytes");
        }
        if reader.is_legal("min.insync.replicas") {
            config.min_insync_replicas = reader.count("min.insync.replicas");
        }
        if reader.is_legal("unclean.leader.election.enable") {
            config.unclean_leader_election_enable = reader.flag("unclean.leader.election.enable");
        }
        reader.log_settings(&mut config.log);
        reader.resolution(config)
    }

    /// Every setting that the model acts on, with the value that is in effect.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        vec![
            ("min.insync.replicas", self.min_insync_replicas.to_string()),
            (
                "unclean.leader.election.enable",
                self.unclean_leader_election_enable.to_string(),
            ),
            ("flush.messages", long_or_max(self.log.flush_messages)),
            ("flush.ms", ms_or_max(self.log.flush)),
            ("segment.ms", ms_or_max(self.log.segment)),
            ("retention.ms", ms_or_none(self.log.retention)),
            ("segment.bytes", self.log.segment_bytes.to_string()),
            ("retention.bytes", bytes_or_none(self.log.retention_bytes)),
            ("max.message.bytes", self.log.max_message_bytes.to_string()),
        ]
    }
}

impl Reader<'_> {
    fn log_settings(&self, log: &mut LogConfig) {
        if self.is_legal("flush.messages") {
            log.flush_messages = self.long("flush.messages");
        }
        for (key, to) in [
            ("flush.ms", &mut log.flush),
            ("segment.ms", &mut log.segment),
        ] {
            if self.is_legal(key) {
                *to = self.ms(key);
            }
        }
        if self.is_legal("retention.ms") {
            log.retention = self.ms_unless_negative("retention.ms");
        }
        if self.is_legal("segment.bytes") {
            log.segment_bytes = self.long("segment.bytes");
        }
        if self.is_legal("retention.bytes") {
            log.retention_bytes = u64::try_from(self.number("retention.bytes")).ok();
        }
    }
}
