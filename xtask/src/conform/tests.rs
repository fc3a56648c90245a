//! The recordings that the model must agree with, and that the comparison can fail.

use super::recording::{self, Recording};
use super::{OWN, Outcome, outcome};
use std::path::Path;

/// Recordings that the model plays as Kafka did. The list only grows.
const AGREED: &[&str] = &[
    "acks-0-dead-leader",
    "acks-0-under-min-isr",
    "acks-1-failover-loses",
    "acks-all-failover-keeps",
    "acks-all-in-flight-failover",
    "delivery-timeout-written",
    "in-flight-one-plain",
    "in-flight-reset-idempotent",
    "in-flight-reset-plain",
    "isr-shrinks-under-a-waiting-write-idempotent",
    "isr-shrinks-under-a-waiting-write-plain",
    "isolated-leader-splits",
    "keys-to-partitions",
    "librdkafka-acks-1-failover",
    "librdkafka-config-legality",
    "librdkafka-in-flight-reset-default",
    "librdkafka-in-flight-reset-idempotent",
    "librdkafka-keys-to-partitions",
    "librdkafka-lost-response-default",
    "librdkafka-lost-response-idempotent",
    "librdkafka-message-timeout-written",
    "lost-request-plain",
    "lost-response-idempotent",
    "lost-response-no-retries",
    "lost-response-plain",
    "not-enough-replicas-before-append",
    "producer-config-legality",
    "record-too-large",
    "waiting-write-times-out-idempotent",
    "waiting-write-times-out-plain",
    "share-delivery-count-limit",
    "share-explicit",
    "share-implicit",
    "share-late-acknowledgement",
    "streams-at-least-once-crash",
    "streams-exactly-once-crash",
    "connect-put-fatal-tolerance-all",
    "connect-put-retriable",
    "connect-transform-fails-dead-letter",
    "connect-transform-fails-tolerance-none",
    "connect-transform-retries",
    "connect-transform-retries-off",
    "connect-worker-killed",
    "connect-worker-stopped",
    "read-process-write-crash",
    "transaction-abort",
    "transaction-begin-before-init",
    "transaction-commit",
    "transaction-commit-response-lost",
    "transaction-leader-failover",
    "transaction-produce-response-lost",
    "transaction-record-refused",
    "transaction-stuck-coordinator",
    "transaction-times-out",
    "transaction-zombie-commit",
    "transaction-zombie-fenced",
    "era-transaction-abort",
    "era-transaction-zombie-fenced",
    "librdkafka-zombie-fenced",
    "clean-election-waits",
    "crash-of-all-brokers",
    "eligible-leader-replicas-crash",
    "idle-follower-stays-in-sync",
    "isolated-leader-acks-all",
    "lagging-follower-leaves-and-returns",
    "unclean-election",
    "era-high-watermark-moves-under-min-isr",
    "era-isr-shrinks-under-a-waiting-write-idempotent",
    "era-isr-shrinks-under-a-waiting-write-plain",
    "era-last-replica-standing",
    "leader-moves-gracefully",
    "clean-stop-of-the-leader",
    "eligible-leader-replicas-clean-stop",
    "flushed-every-record",
    "high-watermark-frozen-under-min-isr",
    "lagging-follower-holds-acks-all",
    "last-replica-standing",
    "paused-leader",
    "power-cut-of-all-brokers",
    "buffer-exhausted",
    "epoch-bump-rewrites-what-was-written",
    "flush-and-keys",
    "librdkafka-acks-of-all-kinds",
    "librdkafka-under-min-isr",
    "timestamps-from-the-future",
    "too-large-batch-is-split-idempotent",
    "too-large-batch-is-split-plain",
    "auto-commit-at-the-next-poll",
    "commit-after-processing-crash",
    "commit-before-processing-crash",
    "consumer-leader-failover",
    "first-rebalance-late-reset",
    "kicked-out-for-slow-processing",
    "rebalance-during-processing-cooperative",
    "rebalance-during-processing-eager",
    "rebalance-new-protocol",
    "reset-policies-without-a-commit",
    "retention-overtakes-a-consumer",
    "static-member-returns",
    "two-partitions-two-orders",
    "java-auto-commit-crash-after-poll",
    "librdkafka-auto-commit-crash-after-poll",
    "connect-coordinator-crashes-before-flush",
    "connect-dead-letter-again-after-kill",
    "connect-dead-letters-leader-crashes",
    "connect-killed-while-retrying",
    "connect-leader-crashes",
    "connect-put-fatal-of-singles",
    "connect-put-retriable-and-killed",
    "connect-put-retriable-of-singles",
    "connect-reads-aborted",
    "connect-reads-committed",
    "connect-second-worker-joins",
    "connect-tolerance-all-without-dead-letter-queue",
    "connect-transform-retries-run-out",
    "connect-two-partitions-put-retriable",
    "share-by-duration-all-older",
    "share-by-duration",
    "share-close-explicit",
    "share-close-implicit",
    "share-deleted-records",
    "share-latest",
    "share-leader-fails-with-locks",
    "share-limit-of-group",
    "share-lock-ends-and-another-gets-it",
    "share-lost-acknowledgement",
    "share-lost-fetch-response",
    "share-member-dies-with-locks",
    "share-misuse",
    "share-read-committed-waits",
    "share-read-uncommitted-aborted",
    "share-renew-off",
    "share-renewed-lock",
    "share-throttled-delivery",
    "share-two-consumers",
    "streams-at-least-once-clean-close",
    "streams-at-least-once-reads-aborted",
    "streams-coordinator-crashes",
    "streams-exactly-once-clean-close",
    "streams-leader-crashes",
    "streams-reads-aborted",
    "streams-two-commits-then-crash",
];

fn recordings() -> Vec<Recording> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(OWN);
    recording::all(&own).expect("the project's own copy of the recordings")
}

#[test]
fn the_model_agrees_with_what_was_recorded() {
    let recordings = recordings();
    for id in AGREED {
        let recording = recordings
            .iter()
            .find(|recording| recording.id == *id)
            .expect(id);
        assert_eq!(outcome(recording), Outcome::Agrees, "{id}");
    }
}

/// Of the recordings that this project made itself, those that the model does not play as Kafka did yet. The list only shrinks.
const NOT_YET: &[&str] = &[];

#[test]
fn the_model_agrees_with_what_this_project_recorded() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(OWN)
        .join("own");
    let mut agreed = 0;
    for recording in recording::all(&own).expect("own recordings") {
        let id = recording.id.as_str();
        match outcome(&recording) {
            Outcome::Agrees => agreed += 1,
            Outcome::Unsupported(_) => {}
            differs => assert!(NOT_YET.contains(&id), "{id}: {differs:?}"),
        }
    }
    assert!(agreed >= 126, "{agreed}");
}

#[test]
fn a_recording_of_something_else_is_told_apart() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(OWN)
        .join("producer/acks-1-failover-loses.json");
    let text = std::fs::read_to_string(path).expect("the recording");
    for (truth, lie, place) in [
        (
            r#"{"value": "m4", "outcome": "acked", "partition": 0, "offset": 2}"#,
            r#"{"value": "m4", "outcome": "acked", "partition": 0, "offset": 3}"#,
            "/sends/p1/3/offset",
        ),
        (r#""leader": 2,"#, r#""leader": 3,"#, "/final/t/0/leader"),
        (
            r#"{"offset": 2, "leader_epoch": 1, "value": "m4"}"#,
            r#"{"offset": 2, "leader_epoch": 2, "value": "m4"}"#,
            "/final/t/0/replica_logs/1/2/leader_epoch",
        ),
    ] {
        assert!(text.contains(truth), "{truth}");
        let recording = recording::of(&text.replace(truth, lie)).expect("a recording");
        match outcome(&recording) {
            Outcome::Differs(_, difference) => assert_eq!(difference.place, place),
            other => panic!("{lie}: {other:?}"),
        }
    }
}

#[test]
fn what_is_not_modelled_is_said() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(OWN)
        .join("producer/acks-1-failover-loses.json");
    let text = std::fs::read_to_string(path).expect("the recording");
    for (known, unknown, word) in [
        (r#""do": "crash""#, r#""do": "freeze""#, "freeze"),
        (r#""do": "send""#, r#""do": "shout""#, "shout"),
    ] {
        assert!(text.contains(known), "{known}");
        let recording = recording::of(&text.replace(known, unknown)).expect("a recording");
        match outcome(&recording) {
            Outcome::Unsupported(why) => assert!(why.contains(word), "{why}"),
            other => panic!("{unknown}: {other:?}"),
        }
    }
}
