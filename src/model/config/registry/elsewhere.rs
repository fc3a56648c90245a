//! Keys that Kafka, or a framework around it, knows and that nobody here owns. So that a pasted file is not called unknown.

/// Keys, as a whole, and why they have no effect here.
const KEYS: &[(&[&str], &str)] = &[
    (
        &[
            "auto.commit.interval.ms",
            "auto.offset.reset",
            "check.crcs",
            "enable.auto.commit",
            "exclude.internal.topics",
            "fetch.max.bytes",
            "fetch.max.wait.ms",
            "fetch.min.bytes",
            "group.id",
            "group.instance.id",
            "group.protocol",
            "group.remote.assignor",
            "heartbeat.interval.ms",
            "isolation.level",
            "key.deserializer",
            "max.partition.fetch.bytes",
            "max.poll.interval.ms",
            "max.poll.records",
            "partition.assignment.strategy",
            "session.timeout.ms",
            "value.deserializer",
        ],
        "it belongs to consumers, which are not played yet",
    ),
    (
        &[
            "block.on.buffer.full",
            "metadata.fetch.timeout.ms",
            "timeout.ms",
        ],
        "Kafka dropped it long ago",
    ),
    (
        &[
            "batch.num.messages",
            "delivery.report.only.error",
            "enable.auto.offset.store",
            "enable.gapless.guarantee",
            "message.send.max.retries",
            "message.timeout.ms",
            "partitioner",
            "queue.buffering.max.kbytes",
            "queue.buffering.max.messages",
            "queue.buffering.max.ms",
            "queuing.strategy",
            "request.required.acks",
            "statistics.interval.ms",
        ],
        "librdkafka has it; the Java client is modelled",
    ),
    (
        &["client.rack", "allow.auto.create.topics"],
        "it belongs to clients, and the model does not act on it",
    ),
];

/// Beginnings of keys, and why they have no effect here.
const FAMILIES: &[(&str, &str)] = &[
    ("sasl.", "it is about authentication, which loses no record"),
    ("ssl.", "it is about encryption, which loses no record"),
    ("listener.name.", "it is about addresses and security"),
    ("zookeeper.", "Kafka 4 has no ZooKeeper"),
    (
        "group.",
        "it belongs to group coordinators, which are not played yet",
    ),
    (
        "offsets.",
        "it belongs to group coordinators, which are not played yet",
    ),
    (
        "share.",
        "it belongs to share groups, which are not played yet",
    ),
    (
        "transaction.",
        "it belongs to transactions, and the model does not act on it",
    ),
    (
        "transactional.",
        "it belongs to transactions, and the model does not act on it",
    ),
    (
        "remote.log.",
        "it is about tiered storage, which is not modelled",
    ),
    (
        "log.cleaner.",
        "it is about compaction, which is not modelled",
    ),
    ("log.", "the model does not act on it"),
    ("socket.", "it is about sockets, which are not modelled"),
    ("metric", "it is about metrics"),
    ("auto.include.jmx", "it is about metrics"),
    ("quota.", "it is about quotas, which are not modelled"),
    (
        "replication.quota.",
        "it is about quotas, which are not modelled",
    ),
    (
        "leader.replication.throttled.",
        "it is about quotas, which are not modelled",
    ),
    (
        "follower.replication.throttled.",
        "it is about quotas, which are not modelled",
    ),
    (
        "delegation.token.",
        "it is about authentication, which loses no record",
    ),
    (
        "controller.quorum.",
        "one controller is modelled, not its quorum",
    ),
    ("schema.registry.", "it belongs to a serializer"),
    ("confluent.", "it is not one of Apache Kafka's"),
];

/// Why a key that is in none of our tables has no effect, if Kafka or something around it knows the key.
#[must_use]
pub fn elsewhere(key: &str) -> Option<&'static str> {
    let whole = KEYS.iter().find(|(keys, _)| keys.contains(&key));
    let family = || FAMILIES.iter().find(|(start, _)| key.starts_with(start));
    whole
        .map(|(_, why)| *why)
        .or_else(|| family().map(|(_, why)| *why))
}

#[cfg(test)]
mod tests {
    use super::elsewhere;

    #[test]
    fn security_and_consumers_are_known_and_nonsense_is_not() {
        assert!(elsewhere("ssl.truststore.location").is_some_and(|why| why.contains("encryption")));
        assert!(elsewhere("auto.offset.reset").is_some_and(|why| why.contains("consumers")));
        for key in ["", "akcs", "ssl", "max.pol.records", "min.insync.replica"] {
            assert_eq!(elsewhere(key), None, "{key}");
        }
    }
}
