//! Which settings make a consumer of librdkafka impossible.

use super::super::super::text::Settings;
use super::{Refusal, Written};

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
