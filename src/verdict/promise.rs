//! What the settings promise, in one to three sentences with their condition (`kafka-facts.md` 9.11).

use crate::model::config::librdkafka::RdProducerConfig;
use crate::model::config::{BrokerConfig, ProducerConfig, TopicConfig};
use crate::model::scenario::{Act, Family, Rule, Rules, Scenario};
use crate::model::text::Settings;

/// What the settings of the scenario's first producer and topic promise.
#[must_use]
pub fn promise(scenario: &Scenario) -> String {
    let first = scenario.steps.iter().find_map(|act| match act {
        Act::Producer { family, config, .. } => Some((*family, config)),
        _ => None,
    });
    let Some((family, written)) = first else {
        return "No producer, no promise.".to_owned();
    };
    let producer = match terms(family, written) {
        Ok(terms) => terms,
        Err(says) => return format!("None: Kafka refuses this configuration. {says}"),
    };
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
    format!(
        "{} {}{}",
        durability(&producer, &topic, replicas),
        duplication(&producer),
        older_rules(scenario)
    )
}

/// What rules of older times leave of a promise. Those that only move the high watermark break none of it.
fn older_rules(scenario: &Scenario) -> &'static str {
    let rules = Rules::of(scenario.kafka, &scenario.rules);
    let harmless = |rule: &Rule| {
        matches!(
            rule,
            Rule::HighWatermarkUnderMinIsr
                | Rule::UncleanSettingIgnored
                | Rule::EpochKeptBetweenTransactions
        )
    };
    let elr = Rule::NoEligibleLeaderReplicas;
    if Rule::ALL
        .iter()
        .any(|rule| rules.has(*rule) && *rule != elr && !harmless(rule))
    {
        " Rules of older versions are in force, and can break this."
    } else if rules.has(elr) {
        " Without eligible leader replicas (before 4.1), the last replica in sync can lose it with its power."
    } else {
        ""
    }
}

/// What a promise is made of.
struct Terms {
    acks: i16,
    enable_idempotence: bool,
    retries: u32,
}

/// The terms of a producer, or why its library refuses its settings.
fn terms(family: Family, written: &Settings) -> Result<Terms, String> {
    match family {
        Family::Java => {
            let resolution = ProducerConfig::resolve(written);
            if let Some(conflict) = resolution.conflicts.first() {
                return Err(conflict.says.clone());
            }
            let config = resolution.config;
            Ok(Terms {
                acks: config.acks.into(),
                enable_idempotence: config.enable_idempotence,
                retries: config.retries,
            })
        }
        Family::Librdkafka => {
            let config = RdProducerConfig::resolve(written).map_err(|refusal| refusal.says)?;
            Ok(Terms {
                acks: config.acks,
                enable_idempotence: config.enable_idempotence,
                retries: config.retries,
            })
        }
    }
}

fn durability(producer: &Terms, topic: &TopicConfig, replicas: u32) -> String {
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

fn duplication(producer: &Terms) -> &'static str {
    if producer.enable_idempotence {
        "A retry is not written twice."
    } else if producer.acks == 0 || producer.retries == 0 {
        "It is never written twice."
    } else {
        "A retry can write it twice."
    }
}
