//! What the verdict promises in short, under the rules of several times.

use ackscope::share::text::read;
use ackscope::verdict::words::promised;

const SCRIPT: &str = "steps:\n- {do: topic, name: t, replicas: [[1, 2, 3]], config: {min.insync.replicas: '2'}}\n\
                      - {do: producer, id: p1}\n";

#[test]
fn older_rules_are_told_with_the_promise() {
    let fewer = "fewer than 2 of its brokers go down uncleanly";
    let none = "no broker loses what it had not flushed";
    let older = "Rules of older versions are in force, and can break this.";
    for (era, says) in [
        ("", fewer),
        ("kafka: 3.6.2\n", none),
        ("rules: [no-eligible-leader-replicas]\n", none),
        ("rules: [high-watermark-under-min-isr]\n", fewer),
        ("rules: [no-duplicate-detection]\n", older),
    ] {
        let said = promised(&read(&format!("ackscope: 1\n{era}{SCRIPT}")).scenario);
        assert!(said.contains(says), "{era}{said}");
    }
}

#[test]
fn what_kafka_refuses_promises_nothing() {
    let refused = SCRIPT.replace(
        "id: p1",
        "id: p1, config: {acks: '1', enable.idempotence: 'true'}",
    );
    let said = promised(&read(&format!("ackscope: 1\n{refused}")).scenario);
    assert!(
        said.starts_with("None: Kafka refuses this configuration."),
        "{said}"
    );
    assert_eq!(
        promised(&read("ackscope: 1\nsteps: []\n").scenario),
        "No producer, no promise."
    );
}
