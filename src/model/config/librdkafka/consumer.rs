//! Which settings make a consumer of librdkafka impossible.

use super::super::super::text::Settings;
use super::super::super::time::SimDuration;
use super::super::super::wire::Assignor;
use super::super::{Assignors, ConsumerConfig, MembershipConfig, OffsetReset};
use super::{Refusal, Written};

/// What the settings of a consumer of librdkafka mean; none if it would not be made.
#[must_use]
pub fn resolve(settings: &Settings, group: Option<&str>) -> Option<ConsumerConfig> {
    let mut settings = settings.clone();
    if let Some(group) = group {
        settings.0.insert("group.id".to_owned(), group.to_owned());
    }
    if refusal(&settings).is_some() {
        return None;
    }
    let written = Written::new(&settings).ok()?;
    let ms = |name: &str| SimDuration::from_ms(u64::try_from(written.number(name)).unwrap_or(0));
    let mut assignors = Assignors::default();
    let named = written.text("partition.assignment.strategy").split(',');
    let known = named.filter_map(|name| match name.trim() {
        "range" => Some(Assignor::Range),
        "roundrobin" => Some(Assignor::RoundRobin),
        "cooperative-sticky" => Some(Assignor::CooperativeSticky),
        _ => None,
    });
    for (place, assignor) in assignors.iter_mut().zip(known) {
        *place = Some(assignor);
    }
    let commits = written.flag("enable.auto.commit");
    Some(ConsumerConfig {
        offset_reset: match written
            .text("auto.offset.reset")
            .to_ascii_lowercase()
            .as_str()
        {
            "smallest" | "earliest" | "beginning" => OffsetReset::Earliest,
            "error" => OffsetReset::None,
            _ => OffsetReset::Latest,
        },
        read_committed: written.text("isolation.level") == "read_committed",
        max_poll_records: 1,
        fetch_max_wait: ms("fetch.wait.max.ms"),
        request_timeout: ms("socket.timeout.ms"),
        retry_backoff: ms("retry.backoff.ms"),
        retry_backoff_max: ms("retry.backoff.max.ms"),
        reconnect_backoff: ms("reconnect.backoff.ms"),
        reconnect_backoff_max: ms("reconnect.backoff.max.ms"),
        metadata_max_age: ms("topic.metadata.refresh.interval.ms"),
        membership: MembershipConfig {
            auto_commit: commits.then(|| ms("auto.commit.interval.ms")),
            session_timeout: ms("session.timeout.ms"),
            heartbeat_interval: ms("heartbeat.interval.ms"),
            max_poll_interval: ms("max.poll.interval.ms"),
            default_api_timeout: SimDuration::from_ms(60_000),
            assignors,
            newer_protocol: written
                .text("group.protocol")
                .eq_ignore_ascii_case("consumer"),
            remote_assignor: None,
            librdkafka: true,
            stores_offsets: written.flag("enable.auto.offset.store"),
        },
    })
}

/// Why Python's `Consumer()` would not be made with these settings, if it would not (`rd_kafka_conf_finalize`).
#[must_use]
pub fn refusal(settings: &Settings) -> Option<Refusal> {
    let written = match Written::new(settings) {
        Ok(written) => written,
        Err(refusal) => return Some(refusal),
    };
    if !written.is_set("group.id") {
        let says = "Failed to create consumer: group.id must be set".to_owned();
        return Some(Refusal {
            error: "ValueError",
            says,
        });
    }
    let says = compared(&written)?;
    Some(Refusal::invalid(format!(
        "Failed to create consumer: {says}"
    )))
}

/// What is not supported with `group.protocol=consumer`, in the order of the checks, and what is said of it.
const BROKER_SIDE: [(&str, &str); 4] = [
    (
        "session.timeout.ms",
        "`group.protocol=consumer` or share consumer. It is defined broker side",
    ),
    (
        "partition.assignment.strategy",
        "`group.protocol=consumer`. Use `group.remote.assignor` instead",
    ),
    (
        "group.protocol.type",
        "`group.protocol=consumer` or share consumer",
    ),
    (
        "heartbeat.interval.ms",
        "`group.protocol=consumer` or share consumer. It is defined broker side",
    ),
];

fn compared(written: &Written<'_>) -> Option<String> {
    if written
        .text("group.protocol")
        .eq_ignore_ascii_case("consumer")
    {
        let set = BROKER_SIDE.iter().find(|(name, _)| written.is_set(name));
        if let Some((name, of)) = set {
            return Some(format!("`{name}` is not supported for {of}"));
        }
    } else if written.number("max.poll.interval.ms") < written.number("session.timeout.ms") {
        return Some("`max.poll.interval.ms`must be >= `session.timeout.ms`".to_owned());
    }
    let largest = written.number("message.max.bytes");
    if written.is_set("fetch.max.bytes") && written.number("fetch.max.bytes") < largest {
        return Some("`fetch.max.bytes` must be >= `message.max.bytes`".to_owned());
    }
    let fetched = match written.set("fetch.max.bytes") {
        Some(_) => written.number("fetch.max.bytes"),
        None => written
            .number("fetch.max.bytes")
            .min(written.number("queued.max.messages.kbytes") * 1024)
            .max(largest),
    };
    let received = "receive.message.max.bytes";
    if written.is_set(received) && written.number(received) < fetched + 512 {
        return Some(format!("`{received}` must be >= `fetch.max.bytes` + 512"));
    }
    super::producer::backoffs_crossed(written)
}
