//! Settings against the recordings, and against each other.

use ackscope::model::config::{
    BrokerConfig, ConsumerConfig, Owner, ProducerConfig, Resolution, SETTINGS, TopicConfig,
    settings_of,
};
use ackscope::model::small::Map;
use ackscope::model::text::Settings;
use ackscope::model::time::SimDuration;
use serde_json::Value;

fn recording(path: &str) -> Value {
    let path = format!(
        "{}/tests/ground-truth/{path}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&path).expect(&path);
    serde_json::from_str(&text).expect(&path)
}

fn settings(value: &Value) -> Settings {
    serde_json::from_value(value.clone()).expect("settings")
}

/// What the recordings print of a case: the effective values, or what was thrown.
fn outcome(resolution: &Resolution<ProducerConfig>) -> Result<Map<String, String>, String> {
    match resolution.conflicts.first() {
        Some(thrown) => Err(thrown.says.clone()),
        None => Ok(resolution
            .config
            .effective()
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()),
    }
}

#[test]
fn the_java_client_accepts_and_refuses_the_same() {
    let recorded = recording("producer/producer-config-legality");
    let cases = recorded["observed"]["steps"][0]["cases"]
        .as_array()
        .expect("cases");
    assert_eq!(cases.len(), 34);
    for case in cases {
        let expected = match case.get("effective") {
            Some(effective) => Ok(settings(effective).0),
            None => {
                assert_eq!(case["error"], "ConfigException");
                Err(case["says"].as_str().expect("says").to_owned())
            }
        };
        let resolution = ProducerConfig::resolve(&settings(&case["config"]));
        assert_eq!(outcome(&resolution), expected, "{}", case["config"]);
    }
}

fn notices(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let written = pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let resolution = ProducerConfig::resolve(&Settings(written.collect()));
    assert_eq!(resolution.conflicts, [], "{pairs:?}");
    resolution
        .notices
        .into_iter()
        .map(|notice| (notice.key, notice.says))
        .collect()
}

#[test]
fn every_quiet_adjustment_is_said() {
    for (written, key, says) in [
        (
            &[("acks", "1")][..],
            "enable.idempotence",
            "Idempotence is switched off without an error, because of acks=1.",
        ),
        (
            &[("acks", "0"), ("retries", "0")],
            "enable.idempotence",
            "Idempotence is switched off without an error, because of retries=0 and acks=0.",
        ),
        (
            &[("linger.ms", "200000")],
            "delivery.timeout.ms",
            "delivery.timeout.ms is raised to 230000, which is linger.ms + request.timeout.ms.",
        ),
        (
            &[("retry.backoff.ms", "5000")],
            "retry.backoff.ms",
            "retry.backoff.ms is greater than retry.backoff.max.ms: every wait is 1000 ms.",
        ),
        (
            &[("reconnect.backoff.ms", "70")],
            "reconnect.backoff.max.ms",
            "reconnect.backoff.ms is set and reconnect.backoff.max.ms is not: the wait does not grow.",
        ),
        (
            &[("batch.size", "0")],
            "batch.size",
            "batch.size=0 is taken as 1: every record travels in a batch of its own.",
        ),
    ] {
        assert_eq!(
            notices(written),
            [(key.to_owned(), says.to_owned())],
            "{written:?}"
        );
    }
}

#[test]
fn nothing_is_said_where_nothing_was_changed() {
    for written in [
        &[][..],
        &[("acks", "all")],
        &[("acks", "-1"), ("enable.idempotence", "true")],
        &[("acks", "1"), ("enable.idempotence", "false")],
        &[
            ("reconnect.backoff.ms", "70"),
            ("reconnect.backoff.max.ms", "70"),
        ],
        &[("not.a.setting", "is ignored by Kafka")],
    ] {
        assert_eq!(notices(written), [], "{written:?}");
    }
}

#[test]
fn values_are_read_before_they_are_compared_and_in_kafkas_order() {
    for (written, keys) in [
        // `retries` is defined before `acks`, `linger.ms` after both.
        (
            &[("acks", "2"), ("linger.ms", "-1"), ("retries", "-1")][..],
            &["retries", "acks", "linger.ms"][..],
        ),
        // Nothing is compared while a value is illegal.
        (
            &[
                ("acks", "1"),
                ("enable.idempotence", "true"),
                ("metadata.max.idle.ms", "1"),
            ],
            &["metadata.max.idle.ms"],
        ),
        // All that is wrong is listed; the first is what is thrown.
        (
            &[
                ("acks", "1"),
                ("delivery.timeout.ms", "1"),
                ("enable.idempotence", "true"),
                ("max.in.flight.requests.per.connection", "9"),
                ("retries", "0"),
            ],
            &[
                "retries",
                "acks",
                "max.in.flight.requests.per.connection",
                "delivery.timeout.ms",
            ],
        ),
        (
            &[
                ("transaction.timeout.ms", "1000"),
                ("transaction.two.phase.commit.enable", "true"),
            ],
            &["transaction.timeout.ms"],
        ),
    ] {
        let pairs = written
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let resolution = ProducerConfig::resolve(&Settings(pairs.collect()));
        let blamed: Vec<&str> = resolution
            .conflicts
            .iter()
            .map(|c| c.key.as_str())
            .collect();
        assert_eq!(blamed, keys, "{written:?}");
    }
}

#[test]
fn a_refused_value_leaves_the_default() {
    let resolution = ProducerConfig::resolve(&Settings::from([("retries", "many")]));
    assert_eq!(
        resolution.config,
        ProducerConfig::resolve(&Settings::default()).config
    );
}

#[test]
fn what_is_listed_as_modelled_is_what_the_model_has() {
    let brokers = BrokerConfig::resolve(&Settings::default()).config;
    let topic = TopicConfig::resolve(&Settings::default(), &brokers).config;
    let producer = ProducerConfig::resolve(&Settings::default()).config;
    for (owner, values) in [
        (Owner::Producer, producer.values()),
        (Owner::Topic, topic.values()),
        (Owner::Broker, brokers.values()),
    ] {
        let listed: Vec<(&str, &str)> = settings_of(owner)
            .filter(|setting| setting.modelled)
            .map(|setting| {
                (
                    setting.key,
                    if setting.key == "acks" {
                        "-1"
                    } else {
                        setting.default
                    },
                )
            })
            .collect();
        // What Kafka itself has no default for follows from other settings.
        let in_effect = |key: &str, value: &'static str| match value {
            "null" => values.iter().find(|(known, _)| *known == key),
            _ => None,
        };
        let listed: Vec<(&str, &str)> = listed
            .into_iter()
            .map(|(key, value)| {
                (
                    key,
                    in_effect(key, value).map_or(value, |(_, v)| v.as_str()),
                )
            })
            .collect();
        let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let sorted = |mut pairs: Vec<(&'static str, String)>| {
            pairs.sort();
            pairs
        };
        let own = |pairs: Vec<(&'static str, &str)>| {
            sorted(pairs.into_iter().map(|(k, v)| (k, v.to_owned())).collect())
        };
        assert_eq!(own(listed), own(values), "{owner:?}");
    }
}

#[test]
fn every_modelled_setting_changes_what_is_in_effect() {
    for setting in SETTINGS.iter().filter(|setting| setting.modelled) {
        let other = match setting.default {
            "all" => "0",
            "true" => "false",
            "false" => "true",
            "1" if setting.key == "eligible.leader.replicas.version" => "0",
            "120000" => "240000",
            "1073741824" => "2097152",
            "rebootstrap" => "none",
            _ if setting.key == "partitioner.class" => {
                "org.apache.kafka.clients.producer.RoundRobinPartitioner"
            }
            "bidirectional" => "downgrade",
            _ if setting.key.ends_with("record.lock.duration.ms") => "2000",
            "2000" => "200",
            _ => "7",
        };
        let written = Settings::from([(setting.key, other)]);
        let values = match setting.owner {
            Owner::Producer => ProducerConfig::resolve(&written).config.values(),
            Owner::Topic => {
                let brokers = BrokerConfig::resolve(&Settings::default()).config;
                TopicConfig::resolve(&written, &brokers).config.values()
            }
            Owner::Broker => BrokerConfig::resolve(&written).config.values(),
            Owner::Consumer | Owner::Group => unreachable!("neither is on the page"),
        };
        let value = values.iter().find(|(key, _)| *key == setting.key);
        // A session is at least eight checks of the controller long.
        let expected = if setting.key == "broker.session.timeout.ms" {
            "8"
        } else {
            other
        };
        assert_eq!(
            value.map(|(_, v)| v.as_str()),
            Some(expected),
            "{}",
            setting.key
        );
    }
}

#[test]
fn every_modelled_setting_of_a_consumer_changes_it() {
    let usual = ConsumerConfig::resolve(&Settings::default(), None).expect("legal");
    // These name a group, a member of it and its commits, which a consumer of no group has no use for; the name of a member is
    // one of many, and the broker's assignor goes with the newer protocol.
    let of_groups = [
        "group.id",
        "group.instance.id",
        "enable.auto.commit",
        "auto.commit.interval.ms",
        "group.remote.assignor",
    ];
    let modelled = settings_of(Owner::Consumer).filter(|setting| setting.modelled);
    for setting in modelled.filter(|setting| !of_groups.contains(&setting.key)) {
        let other = match setting.default {
            "latest" => "earliest",
            "read_uncommitted" => "read_committed",
            "classic" => "consumer",
            list if list.contains("RangeAssignor") => "StickyAssignor",
            _ => "7",
        };
        let changed = ConsumerConfig::resolve(&Settings::from([(setting.key, other)]), None);
        assert_ne!(changed.expect(setting.key), usual, "{}", setting.key);
    }
}

#[test]
fn a_topic_falls_back_to_its_brokers_and_refuses_unknown_names() {
    let brokers = BrokerConfig::resolve(&Settings::from([
        ("min.insync.replicas", "2"),
        ("unclean.leader.election.enable", "true"),
    ]))
    .config;
    let unset = TopicConfig::resolve(&Settings::default(), &brokers);
    assert_eq!(unset.config.min_insync_replicas, 2);
    assert!(unset.config.unclean_leader_election_enable);
    let set = TopicConfig::resolve(
        &Settings::from([
            ("min.insync.replicas", "1"),
            ("unclean.leader.election.enable", "false"),
        ]),
        &brokers,
    );
    assert_eq!(set.config.min_insync_replicas, 1);
    assert!(!set.config.unclean_leader_election_enable);
    for (key, value, says) in [
        ("acks", "1", "Unknown topic config name: acks"),
        (
            "min.insync.replicas",
            "0",
            "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1",
        ),
        (
            "max.compaction.lag.ms",
            "zero",
            "Invalid value zero for configuration max.compaction.lag.ms: Not a number of type LONG",
        ),
    ] {
        let refused = TopicConfig::resolve(&Settings::from([(key, value)]), &brokers);
        let says_all: Vec<&str> = refused.conflicts.iter().map(|c| c.says.as_str()).collect();
        assert_eq!(says_all, [says]);
        assert_eq!(refused.config, unset.config);
    }
    let lags = [
        ("max.compaction.lag.ms", "5"),
        ("min.compaction.lag.ms", "6"),
    ];
    let refused = TopicConfig::resolve(&Settings::from(lags), &brokers);
    assert_eq!(
        refused.conflicts.first().map(|c| c.says.as_str()),
        Some("conflict topic config setting min.compaction.lag.ms (6) > max.compaction.lag.ms (5)")
    );
}

#[test]
fn brokers_refuse_impossible_times_and_complain_about_bad_ones() {
    let refused = BrokerConfig::resolve(&Settings::from([("replica.fetch.wait.max.ms", "30001")]));
    let blamed: Vec<&str> = refused.conflicts.iter().map(|c| c.key.as_str()).collect();
    assert_eq!(
        blamed,
        ["replica.socket.timeout.ms", "replica.fetch.wait.max.ms"]
    );
    let odd = BrokerConfig::resolve(&Settings::from([("broker.session.timeout.ms", "3000")]));
    assert_eq!(odd.conflicts, []);
    assert_eq!(
        odd.notices.first().map(|notice| notice.says.as_str()),
        Some(
            "Brokers may be fenced between two heartbeats: 2000 ms is more than half of the session, 3000 ms."
        )
    );
    let never = BrokerConfig::resolve(&Settings::from([("broker.heartbeat.interval.ms", "-4")]));
    assert_eq!(never.conflicts, []);
    assert_eq!(never.config.heartbeat_interval, SimDuration::from_ms(1));
    assert_eq!(
        never.notices.first().map(|notice| notice.says.as_str()),
        Some("Kafka accepts broker.heartbeat.interval.ms=-4; here it is taken as 1.")
    );
}
