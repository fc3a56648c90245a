//! The names under which people have Kafka's settings in their files, and Kafka's own.

use crate::model::config::{Owner, elsewhere, setting, setting_of};

/// What a name in a file means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Kafka's key, and whose it is.
    Setting(Owner, String),
    /// Known, and without effect here, because of this.
    Elsewhere(String),
    /// Not known.
    Unknown,
}

/// Beginnings that say only where the file is from, and whose settings follow.
const PREFIXES: &[(&str, Option<Owner>)] = &[
    ("spring.kafka.producer.properties.", Some(Owner::Producer)),
    ("spring.kafka.properties.", None),
    (
        "spring.cloud.stream.kafka.binder.producer-properties.",
        Some(Owner::Producer),
    ),
    ("spring.cloud.stream.kafka.binder.configuration.", None),
    ("producer.override.", Some(Owner::Producer)),
    ("producer.", Some(Owner::Producer)),
    ("topic.", Some(Owner::Topic)),
    ("brokers.", Some(Owner::Broker)),
    ("broker.override.", Some(Owner::Broker)),
    ("kafka.", None),
];

/// Beginnings of what Spring and others have for themselves.
const OTHERS: &[(&str, &str)] = &[
    (
        "spring.kafka.consumer.",
        "it belongs to consumers, which are not played yet",
    ),
    (
        "spring.kafka.listener.",
        "it belongs to consumers, which are not played yet",
    ),
    (
        "spring.kafka.streams.",
        "it belongs to Kafka Streams, which is not played yet",
    ),
    (
        "spring.kafka.",
        "it is Spring's, and the model does not act on it",
    ),
    (
        "spring.",
        "it is Spring's, and the model does not act on it",
    ),
    (
        "consumer.",
        "it belongs to consumers, which are not played yet",
    ),
    (
        "admin.",
        "it belongs to admin clients, which lose no record",
    ),
];

/// Spring Boot's own names of producer settings (`KafkaProperties.Producer`), without their hyphens.
const SPRING: &[(&str, &str)] = &[
    ("acks", "acks"),
    ("batchsize", "batch.size"),
    ("bootstrapservers", "bootstrap.servers"),
    ("buffermemory", "buffer.memory"),
    ("clientid", "client.id"),
    ("compressiontype", "compression.type"),
    ("keyserializer", "key.serializer"),
    ("retries", "retries"),
    ("transactionidprefix", "transactional.id"),
    ("valueserializer", "value.serializer"),
];

/// In a file with one of these, a setting that topics and brokers both have is the brokers'.
const SERVER_FILE: &[&str] = &[
    "advertised.listeners",
    "broker.id",
    "controller.quorum.voters",
    "listeners",
    "log.dir",
    "log.dirs",
    "node.id",
    "process.roles",
    "zookeeper.connect",
];

/// True if the key is one that only a broker's own file has.
pub(super) fn is_of_a_server_file(key: &str) -> bool {
    SERVER_FILE.contains(&key)
}

/// What a name means, in a broker's own file or in any other.
pub(super) fn meaning(name: &str, server_file: bool) -> Meaning {
    let name = name.trim();
    if let Some(key) = name.strip_prefix("KAFKA_") {
        return plain(
            &key.to_ascii_lowercase().replace('_', "."),
            Some(Owner::Broker),
            true,
        );
    }
    if let Some(rest) = name.strip_prefix("spring.kafka.producer.properties[") {
        return plain(rest.trim_end_matches(']'), Some(Owner::Producer), false);
    }
    for (prefix, owner) in PREFIXES {
        if let Some(rest) = name.strip_prefix(prefix)
            && !rest.is_empty()
        {
            return match owner {
                None => meaning(rest, server_file),
                Some(owner) => plain(rest, Some(*owner), false),
            };
        }
    }
    if let Some(key) = name
        .strip_prefix("spring.kafka.producer.")
        .and_then(springs)
    {
        return plain(key, Some(Owner::Producer), false);
    }
    if let Some((_, why)) = OTHERS.iter().find(|(prefix, _)| name.starts_with(prefix)) {
        return Meaning::Elsewhere((*why).to_owned());
    }
    plain(name, None, server_file)
}

/// Kafka's key for a name of Spring's, which may have hyphens, underscores or capitals.
fn springs(name: &str) -> Option<&'static str> {
    let relaxed = name.replace(['-', '_'], "").to_ascii_lowercase();
    let own = SPRING.iter().find(|(spring, _)| *spring == relaxed);
    own.map(|(_, key)| *key)
        .or_else(|| setting_of(Owner::Producer, name).map(|setting| setting.key))
}

fn plain(key: &str, owner: Option<Owner>, server_file: bool) -> Meaning {
    let brokers = || setting_of(Owner::Broker, key).filter(|_| server_file);
    let known = match owner {
        Some(owner) => setting_of(owner, key),
        None => brokers().or_else(|| setting(key)),
    };
    match (known, elsewhere(key)) {
        (Some(known), _) => Meaning::Setting(known.owner, key.to_owned()),
        (None, Some(why)) => Meaning::Elsewhere(why.to_owned()),
        (None, None) => Meaning::Unknown,
    }
}

/// A number of bytes as Spring's `DataSize` writes it (`16KB`), as Kafka's number.
pub(super) fn bytes(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "B" => 1,
        "KB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        _ => return None,
    };
    let number: u64 = digits.trim().parse().ok()?;
    number.checked_mul(unit).map(|bytes| bytes.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_all_over() {
        let producer = |key: &str| Meaning::Setting(Owner::Producer, key.to_owned());
        let topic = |key: &str| Meaning::Setting(Owner::Topic, key.to_owned());
        let broker = |key: &str| Meaning::Setting(Owner::Broker, key.to_owned());
        for (name, is) in [
            ("acks", producer("acks")),
            ("spring.kafka.producer.acks", producer("acks")),
            ("spring.kafka.producer.batch-size", producer("batch.size")),
            ("spring.kafka.producer.batchSize", producer("batch.size")),
            (
                "spring.kafka.producer.properties.linger.ms",
                producer("linger.ms"),
            ),
            (
                "spring.kafka.producer.properties[linger.ms]",
                producer("linger.ms"),
            ),
            (
                "spring.kafka.properties.request.timeout.ms",
                producer("request.timeout.ms"),
            ),
            ("producer.acks", producer("acks")),
            ("kafka.producer.acks", producer("acks")),
            ("kafka.acks", producer("acks")),
            ("producer.override.acks", producer("acks")),
            ("min.insync.replicas", topic("min.insync.replicas")),
            ("brokers.min.insync.replicas", broker("min.insync.replicas")),
            ("KAFKA_MIN_INSYNC_REPLICAS", broker("min.insync.replicas")),
            ("replica.lag.time.max.ms", broker("replica.lag.time.max.ms")),
            (
                "broker.session.timeout.ms",
                broker("broker.session.timeout.ms"),
            ),
            ("akcs", Meaning::Unknown),
            ("producer.min.insync.replicas", Meaning::Unknown),
            ("producer.", Meaning::Unknown),
            ("KAFKA_NONSENSE", Meaning::Unknown),
        ] {
            assert_eq!(meaning(name, false), is, "{name}");
        }
        assert_eq!(
            meaning("min.insync.replicas", true),
            broker("min.insync.replicas")
        );
        assert_eq!(meaning("acks", true), producer("acks"));
        for name in [
            "spring.kafka.consumer.group-id",
            "spring.application.name",
            "auto.offset.reset",
            "ssl.protocol",
        ] {
            assert!(
                matches!(meaning(name, false), Meaning::Elsewhere(_)),
                "{name}"
            );
        }
    }

    #[test]
    fn sizes_of_spring() {
        for (text, is) in [
            ("16KB", Some("16384")),
            ("1 MB", Some("1048576")),
            ("16384", None),
            ("x", None),
            ("99999999999GB", None),
        ] {
            assert_eq!(bytes(text).as_deref(), is, "{text}");
        }
    }
}
