//! What the settings promise, in one to three sentences with their condition (`kafka-facts.md` 9.11).

use crate::model::config::{BrokerConfig, ProducerConfig, TopicConfig};
use crate::model::scenario::{Act, Scenario};

/// What the settings of the scenario's first producer and topic promise.
#[must_use]
pub fn promise(scenario: &Scenario) -> String {
    let Some(written) = scenario
        .producer_names()
        .next()
        .and_then(|name| scenario.producer(name))
    else {
        return "No producer, no promise.".to_owned();
    };
    let resolution = ProducerConfig::resolve(written);
    if let Some(conflict) = resolution.conflicts.first() {
        return format!("None: Kafka refuses this configuration. {}", conflict.says);
    }
    let brokers = BrokerConfig::resolve(&scenario.brokers).config;
    let topic = scenario
        .topic_names()
        .next()
        .and_then(|name| scenario.topic(name))
        .cloned()
        .unwrap_or_default();
    let topic = TopicConfig::resolve(&topic, &brokers).config;
    let replicas = scenario.steps.iter().find_map(|act| match act {
        Act::Topic { replicas, .. } => replicas.first().map(Vec::len),
        _ => None,
    });
    let replicas = u32::try_from(replicas.unwrap_or(1)).unwrap_or(u32::MAX);
    let producer = resolution.config;
    format!(
        "{} {}",
        durability(&producer, &topic, replicas),
        duplication(&producer)
    )
}

fn durability(producer: &ProducerConfig, topic: &TopicConfig, replicas: u32) -> String {
    if producer.acks == 0 {
        return "Acknowledged means handed to the socket. A record can vanish, and nobody is told."
            .to_owned();
    }
    if producer.acks == 1 {
        return "Acknowledged means the leader has it. It can be lost if the leader dies before a follower copies it."
            .to_owned();
    }
    let kept = topic.min_insync_replicas.min(replicas);
    let unclean = if topic.unclean_leader_election_enable {
        " An unclean election can still lose it."
    } else {
        ""
    };
    if kept <= 1 {
        return format!(
            "Acknowledged means every in-sync replica has it, and that may be the leader alone (min.insync.replicas is 1).{unclean}"
        );
    }
    format!(
        "Acknowledged means at least {kept} of {replicas} replicas have it. No broker's crash alone can lose it; with fewer in sync, writes are refused.{unclean}"
    )
}

fn duplication(producer: &ProducerConfig) -> &'static str {
    if producer.enable_idempotence {
        "A retry is not written twice."
    } else if producer.acks == 0 || producer.retries == 0 {
        "It is never written twice."
    } else {
        "A retry can write it twice."
    }
}
