//! What the settings of a topic mean.

use super::super::super::text::Settings;
use super::super::registry::{Owner, setting_of};
use super::{BrokerConfig, ConfigException, Reader, Resolution, TopicConfig};

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
            max_message_bytes: brokers.message_max_bytes,
        };
        if reader.is_legal("max.message.bytes") {
            config.max_message_bytes = reader.count("max.message.bytes");
        }
        if reader.is_legal("min.insync.replicas") {
            config.min_insync_replicas = reader.count("min.insync.replicas");
        }
        if reader.is_legal("unclean.leader.election.enable") {
            config.unclean_leader_election_enable = reader.flag("unclean.leader.election.enable");
        }
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
            ("max.message.bytes", self.max_message_bytes.to_string()),
        ]
    }
}
