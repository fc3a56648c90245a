//! Pasted configuration.

use super::yaml::said;
use ackscope::model::scenario::Scenario;
use ackscope::share::scenes::scene;
use ackscope::share::{paste, text};

fn base() -> Scenario {
    scene("acks-1").expect("a scene").scenario()
}

fn pasted(text: &str) -> (Scenario, Vec<String>) {
    let reading = paste::apply(text, &base());
    (reading.scenario, said(&reading.remarks))
}

fn producer(scenario: &Scenario) -> Vec<(&str, &str)> {
    let settings = scenario.producer("p1").expect("a producer");
    settings
        .0
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect()
}

#[test]
fn a_producers_file() {
    let (scenario, remarks) = pasted(
        "# Our service\nbootstrap.servers=kafka-1.internal:9092\nacks = all\nretries: 5\nlinger.ms 20\n\
         key.serializer=org.apache.kafka.common.serialization.StringSerializer\n\
         sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n    password=\"secret\";\n\
         akcs=1\nmin.insync.replicas=2\nreplica.lag.time.max.ms=10000\nauto.offset.reset=earliest\ntransactional.id=tx\ntransaction.two.phase.commit.enable=false\n",
    );
    assert_eq!(
        remarks,
        [
            "line 2: “bootstrap.servers” is known to Kafka, but has no effect here.",
            "line 6: “key.serializer” is known to Kafka, but has no effect here.",
            "line 7: “sasl.jaas.config” has no effect here: it is about authentication, which loses no record.",
            "line 9: “akcs” is no setting of Kafka's that this page knows; it was not used. Did you mean “acks”?",
            "line 12: “auto.offset.reset” has no effect here: it belongs to consumers, which are not played yet.",
            "line 14: “transaction.two.phase.commit.enable” is checked, but has no effect here.",
        ]
    );
    assert_eq!(
        producer(&scenario),
        [
            ("acks", "all"),
            ("linger.ms", "20"),
            ("retries", "5"),
            ("transaction.two.phase.commit.enable", "false"),
            ("transactional.id", "tx")
        ]
    );
    assert_eq!(
        scenario
            .topic("payments")
            .and_then(|s| s.get("min.insync.replicas")),
        Some("2")
    );
    assert_eq!(
        scenario.brokers.get("replica.lag.time.max.ms"),
        Some("10000")
    );
    assert_eq!(scenario.steps.len(), base().steps.len());
    assert!(
        !text::write(&scenario).contains("internal"),
        "addresses stay out of links"
    );
}

#[test]
fn the_text_is_the_whole_configuration_of_whom_it_speaks() {
    let (scenario, remarks) = pasted("retries=3");
    assert_eq!(remarks, [""; 0]);
    assert_eq!(producer(&scenario), [("retries", "3")]);
    assert_eq!(scenario.brokers, base().brokers);
    // Legal in the user's service, so legal here, whatever the scene's producer had set.
    let (scenario, remarks) = pasted("enable.idempotence=true");
    assert_eq!(remarks, [""; 0]);
    assert_eq!(producer(&scenario), [("enable.idempotence", "true")]);
}

#[test]
fn springs_file() {
    let (scenario, remarks) = pasted(
        "spring.application.name=orders\nspring.kafka.bootstrap-servers=kafka:9092\nspring.kafka.producer.acks=1\n\
         spring.kafka.producer.batch-size=32KB\nspring.kafka.producer.retries=${RETRIES:7}\n\
         spring.kafka.producer.properties.enable.idempotence=false\nspring.kafka.producer.properties[linger.ms]=9\n\
         spring.kafka.producer.buffer-memory=${MEMORY}\nspring.kafka.consumer.group-id=g\n",
    );
    assert_eq!(
        remarks,
        [
            "line 1: “spring.application.name” has no effect here: it is Spring's, and the model does not act on it.",
            "line 2: “spring.kafka.bootstrap-servers” has no effect here: it is Spring's, and the model does not act on it.",
            "line 5: “retries” takes its value from elsewhere; its default “7” is used.",
            "line 8: “buffer.memory” takes its value from elsewhere, “${MEMORY}”; it was not used.",
            "line 9: “spring.kafka.consumer.group-id” has no effect here: it belongs to consumers, which are not played yet.",
        ]
    );
    assert_eq!(
        producer(&scenario),
        [
            ("acks", "1"),
            ("batch.size", "32768"),
            ("enable.idempotence", "false"),
            ("linger.ms", "9"),
            ("retries", "7"),
        ]
    );
}

#[test]
fn a_brokers_file() {
    let (scenario, remarks) = pasted(
        "node.id=1\nmin.insync.replicas=2\nunclean.leader.election.enable=true\nbroker.session.timeout.ms=6000\n",
    );
    assert_eq!(
        remarks,
        ["line 1: “node.id” is known to Kafka, but has no effect here."]
    );
    let brokers: Vec<&str> = scenario.brokers.0.keys().map(String::as_str).collect();
    assert_eq!(
        brokers,
        [
            "broker.session.timeout.ms",
            "min.insync.replicas",
            "unclean.leader.election.enable"
        ]
    );
    assert_eq!(scenario.topic("payments"), base().topic("payments"));
}

#[test]
fn what_kafka_refuses_is_kept_and_said_in_its_words() {
    for (text, set, remarks) in [
        (
            "acks=2",
            ("acks", "2"),
            &[
                "line 1: Invalid value 2 for configuration acks: String must be one of: all, -1, 0, 1",
            ][..],
        ),
        (
            "acks=1\nenable.idempotence=true",
            ("enable.idempotence", "true"),
            &[
                "line 1: Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
            ],
        ),
        (
            "retries = 3x ",
            ("retries", "3x "),
            &["line 1: Invalid value 3x  for configuration retries: Not a number of type INT"],
        ),
        (
            "compression.type=brotli",
            ("compression.type", "brotli"),
            &[
                "line 1: Invalid value brotli for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd",
            ],
        ),
        (
            "acks=1\nacks=0\nacks=1",
            ("acks", "1"),
            &[
                "line 2: “acks” was set in line 1 already; this later value counts.",
                "line 3: “acks” was set in line 2 already; this later value counts.",
            ],
        ),
    ] {
        let (scenario, said) = pasted(text);
        assert_eq!(said, remarks, "{text}");
        assert!(producer(&scenario).contains(&set), "{text}");
    }
    // What was refused before is not said again.
    let broken = paste::apply("acks=2", &base()).scenario;
    assert_eq!(paste::apply("linger.ms=1", &broken).remarks, []);
}

#[test]
fn a_text_without_settings_is_said() {
    for text in ["", "\n \n", "# only a comment"] {
        assert_eq!(
            pasted(text),
            (base(), vec![": The text holds no settings.".to_owned()])
        );
    }
    let nobody = paste::apply("acks=1", &Scenario::default());
    assert_eq!(
        said(&nobody.remarks),
        ["line 1: There is nobody whose setting “acks” could be."]
    );
    assert_eq!(nobody.scenario, Scenario::default());
}
