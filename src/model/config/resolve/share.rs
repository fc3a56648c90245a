//! What the settings of share groups mean (KIP-932): the brokers' defaults, a group's own on top, and those of its consumers.

use super::super::super::text::Settings;
use super::super::super::time::SimDuration;
use super::super::registry::Owner;
use super::consumer::{ConsumerConfig, ConsumerRefused, OffsetReset};
use super::{Reader, whole_ms};

/// What holds for a share group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShareConfig {
    /// `share.auto.offset.reset`. Brokers have none.
    pub offset_reset: OffsetReset,
    /// `share.isolation.level`. Brokers have none.
    pub read_committed: bool,
    /// `share.renew.acknowledge.enable`. Brokers have none.
    pub renews: bool,
    /// How long a record is locked.
    pub lock: SimDuration,
    /// The shortest lock that a group may have.
    pub min_lock: SimDuration,
    /// How long a member may be silent.
    pub session_timeout: SimDuration,
    /// The shortest such time that a group may have.
    pub min_session_timeout: SimDuration,
    /// How often a member is heard.
    pub heartbeat_interval: SimDuration,
    /// The shortest such interval that a group may have.
    pub min_heartbeat_interval: SimDuration,
    /// How long between two assignments.
    pub assignment_interval: SimDuration,
    /// How often a record is given out.
    pub delivery_limit: u16,
    /// Records of a partition under way.
    pub max_locks: u64,
}

impl Reader<'_> {
    /// What holds for share groups that say nothing.
    pub(super) fn share_defaults(&self) -> ShareConfig {
        let min_lock = self.ms("group.share.min.record.lock.duration.ms");
        ShareConfig {
            offset_reset: OffsetReset::Latest,
            read_committed: false,
            renews: true,
            lock: self.ms("group.share.record.lock.duration.ms"),
            min_lock,
            session_timeout: self.ms("group.share.session.timeout.ms"),
            min_session_timeout: self.ms("group.share.min.session.timeout.ms"),
            heartbeat_interval: self.ms("group.share.heartbeat.interval.ms"),
            min_heartbeat_interval: self.ms("group.share.min.heartbeat.interval.ms"),
            assignment_interval: self.ms("group.share.assignment.interval.ms"),
            delivery_limit: small(self.number("group.share.delivery.count.limit")),
            max_locks: self.long("group.share.partition.max.record.locks"),
        }
    }
}

fn small(number: i64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

impl ShareConfig {
    /// What a group's own settings make of it. Kafka refuses what is below the brokers' bounds; here it is raised to them.
    #[must_use]
    pub fn of_group(self, written: &Settings) -> Self {
        let reader = Reader::new(Owner::Group, written);
        let ms = |key: &str, unset: SimDuration| {
            if reader.is_legal(key) {
                reader.ms(key)
            } else {
                unset
            }
        };
        let number = |key: &str, unset: u64| {
            if reader.is_legal(key) {
                reader.long(key)
            } else {
                unset
            }
        };
        let limit = number("share.delivery.count.limit", u64::from(self.delivery_limit));
        Self {
            offset_reset: OffsetReset::read(reader.text("share.auto.offset.reset"))
                .unwrap_or(self.offset_reset),
            read_committed: reader.text("share.isolation.level") == "read_committed",
            renews: reader.flag("share.renew.acknowledge.enable"),
            lock: ms("share.record.lock.duration.ms", self.lock).max(self.min_lock),
            session_timeout: ms("share.session.timeout.ms", self.session_timeout)
                .max(self.min_session_timeout),
            heartbeat_interval: ms("share.heartbeat.interval.ms", self.heartbeat_interval)
                .max(self.min_heartbeat_interval),
            assignment_interval: ms("share.assignment.interval.ms", self.assignment_interval),
            delivery_limit: u16::try_from(limit).unwrap_or(self.delivery_limit),
            max_locks: number("share.partition.max.record.locks", self.max_locks),
            ..self
        }
    }

    /// The brokers' settings, with the value that is in effect.
    pub(super) fn values(&self) -> [(&'static str, String); 9] {
        [
            (
                "group.share.session.timeout.ms",
                whole_ms(self.session_timeout),
            ),
            (
                "group.share.min.session.timeout.ms",
                whole_ms(self.min_session_timeout),
            ),
            (
                "group.share.heartbeat.interval.ms",
                whole_ms(self.heartbeat_interval),
            ),
            (
                "group.share.min.heartbeat.interval.ms",
                whole_ms(self.min_heartbeat_interval),
            ),
            (
                "group.share.assignment.interval.ms",
                whole_ms(self.assignment_interval),
            ),
            (
                "group.share.delivery.count.limit",
                self.delivery_limit.to_string(),
            ),
            ("group.share.record.lock.duration.ms", whole_ms(self.lock)),
            (
                "group.share.min.record.lock.duration.ms",
                whole_ms(self.min_lock),
            ),
            (
                "group.share.partition.max.record.locks",
                self.max_locks.to_string(),
            ),
        ]
    }
}

/// The effective configuration of a consumer of a share group (`ShareConsumerConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ShareConsumerConfig {
    /// What it shares with other consumers.
    pub client: ConsumerConfig,
    /// `share.acknowledgement.mode=explicit`: every record must be acknowledged before the next `poll()`.
    pub explicit: bool,
    /// `share.acquire.mode=record_limit`: never more than `max.poll.records` are locked.
    pub record_limit: bool,
}

/// A share consumer refuses these (`ShareConsumerConfig`).
const REFUSED: [&str; 10] = [
    "auto.offset.reset",
    "enable.auto.commit",
    "group.instance.id",
    "group.protocol",
    "group.remote.assignor",
    "heartbeat.interval.ms",
    "interceptor.classes",
    "isolation.level",
    "partition.assignment.strategy",
    "session.timeout.ms",
];

impl ShareConsumerConfig {
    /// What the written settings mean.
    ///
    /// # Errors
    /// What the constructor throws.
    pub fn resolve(written: &Settings, group: &str) -> Result<Self, ConsumerRefused> {
        let refuse = |says: String| ConsumerRefused {
            exception: "ConfigException",
            says,
        };
        if let Some(key) = REFUSED.iter().find(|key| written.get(key).is_some()) {
            return Err(refuse(format!(
                "{key} cannot be set when using a share group."
            )));
        }
        let choice = |key: &str, words: [&str; 2]| match written.get(key) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case(words[0]) => Ok(false),
            Some(text) if text.eq_ignore_ascii_case(words[1]) => Ok(true),
            Some(text) => Err(refuse(format!(
                "Invalid value {text} for configuration {key}"
            ))),
        };
        let explicit = choice("share.acknowledgement.mode", ["implicit", "explicit"])?;
        let record_limit = choice("share.acquire.mode", ["batch_optimized", "record_limit"])?;
        let mut others = written.clone();
        others.0.retain(|key, _| !key.starts_with("share."));
        Ok(Self {
            client: ConsumerConfig::resolve(&others, Some(group))?,
            explicit,
            record_limit,
        })
    }
}
