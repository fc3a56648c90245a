//! What settings say of groups: those of the brokers that coordinate them, and those of a consumer that is, or commits for, a
//! member.

use super::super::super::time::SimDuration;
use super::super::super::wire::Assignor;
use super::Reader;

/// What brokers do with groups (`GroupCoordinatorConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupsConfig {
    /// `group.initial.rebalance.delay.ms`.
    pub initial_rebalance_delay: SimDuration,
    /// `group.min.session.timeout.ms`.
    pub min_session_timeout: SimDuration,
    /// `group.max.session.timeout.ms`.
    pub max_session_timeout: SimDuration,
    /// `group.consumer.session.timeout.ms`.
    pub consumer_session_timeout: SimDuration,
    /// `group.consumer.heartbeat.interval.ms`.
    pub consumer_heartbeat_interval: SimDuration,
    /// `group.consumer.min.session.timeout.ms` and `.max.`.
    pub consumer_session_bounds: [SimDuration; 2],
    /// `group.consumer.min.heartbeat.interval.ms` and `.max.`.
    pub consumer_heartbeat_bounds: [SimDuration; 2],
    /// `group.consumer.assignment.interval.ms`.
    pub consumer_assignment_interval: SimDuration,
    /// `group.consumer.migration.policy`.
    pub migration: Migration,
    /// `offsets.retention.minutes`.
    pub offsets_retention: SimDuration,
    /// `offsets.retention.check.interval.ms`.
    pub offsets_retention_check_interval: SimDuration,
}

/// Which way a group that is in use may go from one protocol to the other (`ConsumerGroupMigrationPolicy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Migration {
    /// A classic group becomes one of the newer protocol when a member of that one joins.
    pub upgrade: bool,
    /// A group of the newer protocol becomes a classic one when its last member of that one goes.
    pub downgrade: bool,
}

impl Migration {
    const NAMES: [(&str, Self); 4] = [
        ("bidirectional", Self::new(true, true)),
        ("upgrade", Self::new(true, false)),
        ("downgrade", Self::new(false, true)),
        ("disabled", Self::new(false, false)),
    ];

    const fn new(upgrade: bool, downgrade: bool) -> Self {
        Self { upgrade, downgrade }
    }

    fn read(text: &str) -> Self {
        let mut names = Self::NAMES.iter();
        let named = names.find(|(name, _)| name.eq_ignore_ascii_case(text));
        named.map_or(Self::new(true, true), |(_, policy)| *policy)
    }

    fn name(self) -> &'static str {
        let mut names = Self::NAMES.iter();
        let found = names.find(|(_, policy)| *policy == self);
        found.map_or("bidirectional", |(name, _)| name)
    }
}

/// What a consumer does as a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MembershipConfig {
    /// `auto.commit.interval.ms`, if `enable.auto.commit`.
    pub auto_commit: Option<SimDuration>,
    /// `session.timeout.ms`.
    pub session_timeout: SimDuration,
    /// `heartbeat.interval.ms`.
    pub heartbeat_interval: SimDuration,
    /// `max.poll.interval.ms`.
    pub max_poll_interval: SimDuration,
    /// `default.api.timeout.ms`.
    pub default_api_timeout: SimDuration,
    /// `partition.assignment.strategy`.
    pub assignors: Assignors,
    /// `group.protocol` is `consumer` (KIP-848).
    pub newer_protocol: bool,
    /// `group.remote.assignor`.
    pub remote_assignor: Option<Assignor>,
    /// It is of librdkafka: it works by itself, hands out one record a call, and commits what was handed out by a timer.
    pub librdkafka: bool,
    /// `enable.auto.offset.store`, which only librdkafka has.
    pub stores_offsets: bool,
}

/// Assignors, the best first.
pub type Assignors = [Option<Assignor>; 4];

impl MembershipConfig {
    /// Members keep what they have while they join, if all of their assignors allow it (`ConsumerCoordinator`'s constructor).
    #[must_use]
    pub fn is_cooperative(&self) -> bool {
        let mut known = self.assignors.iter().flatten();
        known.all(|assignor| *assignor == Assignor::CooperativeSticky)
    }
}

/// The classes of Kafka's own assignors.
const CLASSES: [(&str, Assignor); 4] = [
    ("RangeAssignor", Assignor::Range),
    ("RoundRobinAssignor", Assignor::RoundRobin),
    ("StickyAssignor", Assignor::Sticky),
    ("CooperativeStickyAssignor", Assignor::CooperativeSticky),
];

/// The assignors of a list of classes; others than Kafka's own are left out.
fn classes(text: &str) -> Assignors {
    let mut found = Assignors::default();
    let known = text.split(',').filter_map(|name| {
        let name = name.trim().rsplit('.').next()?;
        let class = CLASSES.iter().find(|(known, _)| *known == name)?;
        Some(class.1)
    });
    for (place, assignor) in found.iter_mut().zip(known) {
        *place = Some(assignor);
    }
    found
}

/// What must not be above what in the newer protocol, in the order in which a broker looks (`GroupCoordinatorConfig.validate`).
const ORDERED: [[&str; 3]; 6] = [
    [
        "group.consumer.max.heartbeat.interval.ms",
        "greater",
        "group.consumer.min.heartbeat.interval.ms",
    ],
    [
        "group.consumer.heartbeat.interval.ms",
        "greater",
        "group.consumer.min.heartbeat.interval.ms",
    ],
    [
        "group.consumer.heartbeat.interval.ms",
        "less",
        "group.consumer.max.heartbeat.interval.ms",
    ],
    [
        "group.consumer.max.session.timeout.ms",
        "greater",
        "group.consumer.min.session.timeout.ms",
    ],
    [
        "group.consumer.session.timeout.ms",
        "greater",
        "group.consumer.min.session.timeout.ms",
    ],
    [
        "group.consumer.session.timeout.ms",
        "less",
        "group.consumer.max.session.timeout.ms",
    ],
];

/// A broker does not start with bounds that its own values break.
pub(super) fn compare_group_times(reader: &mut Reader<'_>) {
    for [one, how, other] in ORDERED {
        let (value, bound) = (reader.number(one), reader.number(other));
        let broken = match how {
            "less" => value > bound,
            _ => value < bound,
        };
        if broken {
            let says = format!("requirement failed: {one} must be {how} than or equal to {other}");
            reader.refuse(one, says);
        }
    }
}

impl Reader<'_> {
    pub(super) fn groups(&self) -> GroupsConfig {
        let minutes = self.long("offsets.retention.minutes");
        GroupsConfig {
            initial_rebalance_delay: self.ms("group.initial.rebalance.delay.ms"),
            min_session_timeout: self.ms("group.min.session.timeout.ms"),
            max_session_timeout: self.ms("group.max.session.timeout.ms"),
            consumer_session_timeout: self.ms("group.consumer.session.timeout.ms"),
            consumer_heartbeat_interval: self.ms("group.consumer.heartbeat.interval.ms"),
            consumer_session_bounds: [
                self.ms("group.consumer.min.session.timeout.ms"),
                self.ms("group.consumer.max.session.timeout.ms"),
            ],
            consumer_heartbeat_bounds: [
                self.ms("group.consumer.min.heartbeat.interval.ms"),
                self.ms("group.consumer.max.heartbeat.interval.ms"),
            ],
            consumer_assignment_interval: self.ms("group.consumer.assignment.interval.ms"),
            migration: Migration::read(self.text("group.consumer.migration.policy")),
            offsets_retention: SimDuration::from_ms(minutes.saturating_mul(60_000)),
            offsets_retention_check_interval: self.ms("offsets.retention.check.interval.ms"),
        }
    }

    pub(super) fn membership(&self) -> MembershipConfig {
        let commits = self.is_set("group.id") && self.flag("enable.auto.commit");
        let remote = self.text("group.remote.assignor");
        MembershipConfig {
            auto_commit: commits.then(|| self.ms("auto.commit.interval.ms")),
            session_timeout: self.ms("session.timeout.ms"),
            heartbeat_interval: self.ms("heartbeat.interval.ms"),
            max_poll_interval: self.ms("max.poll.interval.ms"),
            default_api_timeout: self.ms("default.api.timeout.ms"),
            assignors: classes(self.text("partition.assignment.strategy")),
            newer_protocol: self.text("group.protocol").eq_ignore_ascii_case("consumer"),
            remote_assignor: match remote {
                "range" => Some(Assignor::Range),
                "uniform" => Some(Assignor::Sticky),
                _ => None,
            },
            librdkafka: false,
            stores_offsets: true,
        }
    }
}

impl GroupsConfig {
    /// Every setting that the model acts on, with the value that is in effect.
    #[must_use]
    pub fn values(&self) -> [(&'static str, String); 13] {
        let ms = |time: SimDuration| (time.0 / 1000).to_string();
        [
            (
                "group.initial.rebalance.delay.ms",
                ms(self.initial_rebalance_delay),
            ),
            ("group.min.session.timeout.ms", ms(self.min_session_timeout)),
            ("group.max.session.timeout.ms", ms(self.max_session_timeout)),
            (
                "group.consumer.session.timeout.ms",
                ms(self.consumer_session_timeout),
            ),
            (
                "group.consumer.heartbeat.interval.ms",
                ms(self.consumer_heartbeat_interval),
            ),
            (
                "group.consumer.min.session.timeout.ms",
                ms(self.consumer_session_bounds[0]),
            ),
            (
                "group.consumer.max.session.timeout.ms",
                ms(self.consumer_session_bounds[1]),
            ),
            (
                "group.consumer.min.heartbeat.interval.ms",
                ms(self.consumer_heartbeat_bounds[0]),
            ),
            (
                "group.consumer.max.heartbeat.interval.ms",
                ms(self.consumer_heartbeat_bounds[1]),
            ),
            (
                "group.consumer.assignment.interval.ms",
                ms(self.consumer_assignment_interval),
            ),
            (
                "group.consumer.migration.policy",
                self.migration.name().to_owned(),
            ),
            (
                "offsets.retention.minutes",
                (self.offsets_retention.0 / 60_000_000).to_string(),
            ),
            (
                "offsets.retention.check.interval.ms",
                ms(self.offsets_retention_check_interval),
            ),
        ]
    }
}
