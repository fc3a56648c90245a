//! The thirty schedules that a judge of Kafka must get right (S1 to S30): each has a text, what it shows, and a sibling in which one
//! setting, rule or habit makes it otherwise.

use ackscope::model::observation::Observation;
use ackscope::model::scenario::Scenario;
use ackscope::model::trace::Trace;
use ackscope::share::text;
use ackscope::verdict::{Fate, Ledger};
use std::collections::BTreeSet;
use std::path::Path;

/// The schedule, its text and the troubles that it must show, and the sibling's.
type Row = (
    u32,
    &'static str,
    &'static str,
    &'static [&'static str],
    Sibling,
);

/// What makes the difference.
enum Sibling {
    /// Another text.
    Text(&'static str, &'static [&'static str]),
    /// The same without its older rules.
    WithoutRules(&'static [&'static str]),
}

use Sibling::{Text, WithoutRules};

/// What is delivered once is not named; an empty list is a run in which nothing is amiss.
const ROWS: &[Row] = &[
    (
        1,
        "fire and forget",
        "producer/acks_0/request_lost",
        &["lost-silently"],
        Text("producer/plain/request_lost_writes_once", &[]),
    ),
    (
        2,
        "acknowledge, then die",
        "producer/acks_1/leader_dies_before_a_follower_fetched",
        &["lost-after-ack"],
        Text(
            "producer/acks_all/leader_dies_before_a_follower_fetched",
            &[],
        ),
    ),
    (
        3,
        "the safe trio",
        "replication/safe/s3-acks-all-and-two-in-sync",
        &[],
        Text(
            "replication/safe/s3-the-same-with-acks-1",
            &["lost-after-ack"],
        ),
    ),
    (
        3,
        "the safe trio, two of three down",
        "replication/under_min_isr/acks_all_is_refused",
        &["refused"],
        Text(
            "replication/under_min_isr/acks_1_is_acknowledged_and_stays_unseen",
            &["pending"],
        ),
    ),
    (
        4,
        "shrunk to one",
        "replication/shrunk/s4-min-isr-1",
        &["lost-after-ack"],
        Text("replication/shrunk/s4-the-same-with-min-isr-2", &[]),
    ),
    (
        5,
        "last replica standing",
        "replication/shrunk/s5-last-replica-standing",
        &["lost-after-ack"],
        Text(
            "replication/shrunk/s6-the-same-with-eligible-leader-replicas",
            &[],
        ),
    ),
    (
        6,
        "the same with eligible leader replicas",
        "replication/shrunk/s6-the-same-with-eligible-leader-replicas",
        &[],
        Text(
            "replication/shrunk/s5-last-replica-standing",
            &["lost-after-ack"],
        ),
    ),
    (
        7,
        "unclean election",
        "replication/unclean/a_replica_out_of_sync_leads",
        &["lost-after-ack"],
        Text(
            "replication/unclean/s7-the-same-without-unclean-elections",
            &[],
        ),
    ),
    (
        8,
        "lost acknowledgement",
        "producer/plain/response_lost_writes_twice",
        &["duplicated"],
        Text("producer/idempotent/response_lost_is_recognised", &[]),
    ),
    (
        9,
        "lost acknowledgement, idempotent",
        "producer/idempotent/response_lost_is_recognised",
        &[],
        Text("producer/plain/response_lost_writes_twice", &["duplicated"]),
    ),
    (
        10,
        "retry overtakes",
        "producer/plain/reset_with_three_in_flight_reverses_them",
        &["out-of-order"],
        Text("producer/plain/one_in_flight_keeps_order", &[]),
    ),
    (
        11,
        "idempotence keeps order",
        "producer/idempotent/reset_with_three_in_flight_keeps_order",
        &[],
        Text(
            "producer/plain/reset_with_three_in_flight_reverses_them",
            &["out-of-order"],
        ),
    ),
    (
        12,
        "duplicates are recognised after a failover",
        "producer/idempotent/leader_dies_with_the_response_on_its_way",
        &[],
        Text(
            "producer/plain/s12-leader_dies_with_the_response_on_its_way",
            &["duplicated"],
        ),
    ),
    (
        13,
        "appended, not replicated, and failover",
        "producer/acks_all/leader_dies_before_a_follower_fetched",
        &[],
        Text(
            "producer/acks_1/leader_dies_before_a_follower_fetched",
            &["lost-after-ack"],
        ),
    ),
    (
        14,
        "give up and send again",
        "producer/delivery_timeout/s14-sent-again-by-the-application",
        &["written-though-failed"],
        Text("producer/delivery_timeout/s14-the-same-with-more-time", &[]),
    ),
    (
        15,
        "producer restart",
        "consumers/z-idempotent-without-an-id",
        &[],
        Text(
            "transactions/s15-a-second-producer-takes-over",
            &["hidden-by-abort"],
        ),
    ),
    (
        16,
        "error after the append",
        "replication/under_min_isr/s16-a-waiting-write-is-given-up",
        &["duplicated"],
        Text("replication/under_min_isr/s16-the-same-idempotent", &[]),
    ),
    (
        16,
        "error after the append, before 3.7",
        "eras/high_watermark_under_min_isr",
        &["duplicated"],
        WithoutRules(&[]),
    ),
    (
        17,
        "commit after the work",
        "applications/s17-commit-after-processing-crash",
        &["processed-twice"],
        Text(
            "applications/s18-commit-before-processing-crash",
            &["skipped"],
        ),
    ),
    (
        18,
        "commit before the work",
        "applications/s18-commit-before-processing-crash",
        &["skipped"],
        Text(
            "applications/s17-commit-after-processing-crash",
            &["processed-twice"],
        ),
    ),
    (
        19,
        "automatic commit, work in the same thread",
        "applications/s19-auto-commit-in-thread",
        &["processed-twice"],
        Text("applications/s20-auto-commit-hand-off", &["skipped"]),
    ),
    (
        20,
        "automatic commit and hand-off",
        "applications/s20-auto-commit-hand-off",
        &["skipped"],
        Text(
            "applications/s19-auto-commit-in-thread",
            &["processed-twice"],
        ),
    ),
    (
        21,
        "work longer than the poll interval",
        "applications/s21-work-longer-than-the-poll-interval",
        &["processed-twice"],
        Text("applications/s21-the-same-with-a-longer-poll-interval", &[]),
    ),
    (
        22,
        "isolation level",
        "consumers/a-dirty-read",
        &["dirty-read", "hidden-by-abort"],
        Text("consumers/a-the-same-committed", &["hidden-by-abort"]),
    ),
    (
        23,
        "read, process, write",
        "consumers/s23-read-process-write-crash",
        &["hidden-by-abort", "processed-twice"],
        Text(
            "consumers/s23-the-same-without-transactions",
            &["processed-twice"],
        ),
    ),
    (
        24,
        "late EndTxn commits",
        "consumers/s24-the-end-of-one-transaction-in-the-next",
        &["refused", "written-though-failed"],
        Text(
            "consumers/s24-the-same-with-an-epoch-each",
            &["hidden-by-abort"],
        ),
    ),
    (
        24,
        "late EndTxn aborts",
        "consumers/s24-a-late-abort-tears-the-next",
        &["hidden-by-abort", "lost-after-ack"],
        Text(
            "consumers/s24-the-same-late-abort-is-refused",
            &["hidden-by-abort"],
        ),
    ),
    (
        25,
        "hanging transaction",
        "consumers/s25-a-record-after-the-end-of-its-transaction",
        &["hidden-by-abort", "pending"],
        Text(
            "consumers/s25-the-same-with-verification",
            &["hidden-by-abort", "refused"],
        ),
    ),
    (
        26,
        "abort without going back",
        "consumers/s26-abort-without-going-back",
        &["hidden-by-abort"],
        Text(
            "consumers/s26-the-same-with-seek",
            &["hidden-by-abort", "processed-twice"],
        ),
    ),
    (
        27,
        "isolated leader",
        "replication/isolated/s27-acks-1",
        &["lost-after-ack"],
        Text("replication/isolated/s27-the-same-with-acks-all", &[]),
    ),
    (
        28,
        "power cut of all",
        "replication/power/all_at_once_takes_what_was_not_flushed",
        &["lost-after-ack"],
        Text("replication/power/flushed_after_each_record", &[]),
    ),
    (
        29,
        "a new leader behind its high watermark",
        "consumers/s29-a-new-leader-behind-its-high-watermark",
        &[],
        Text("consumers/s29-the-same-with-acks-1", &["lost-after-ack"]),
    ),
    (
        30,
        "truncation to the high watermark",
        "eras/truncate_to_high_watermark",
        &["lost-after-ack"],
        WithoutRules(&[]),
    ),
];

fn read(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/scenarios")
        .join(name);
    let source = std::fs::read_to_string(path.with_extension("yaml"))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    text::read(&source).scenario
}

/// The fates of a run's records, and `dirty-read` if somebody was given what was then aborted.
fn shows(scenario: &Scenario) -> BTreeSet<&'static str> {
    let trace = Trace::of(scenario);
    let ledger = Ledger::of(&trace);
    let fates = ledger.rows.iter().flat_map(|row| &row.fates);
    let fates = fates.filter(|fate| **fate != Fate::DeliveredOnce);
    let mut all: BTreeSet<_> = fates.map(|fate| fate.word()).collect();
    let hidden = ledger
        .rows
        .iter()
        .filter(|row| row.fate() == Fate::HiddenByAbort);
    let hidden: BTreeSet<_> = hidden.map(|row| row.record).collect();
    let mut facts = trace.steps().facts().iter();
    let is_dirty = |fact: &Observation| match fact {
        Observation::RecordsRead { records, .. } => {
            records.iter().any(|read| hidden.contains(&read.record))
        }
        _ => false,
    };
    all.extend(facts.any(is_dirty).then_some("dirty-read"));
    all
}

#[test]
fn each_of_thirty_schedules_shows_what_it_is_for_and_its_sibling_something_else() {
    let mut wrong = Vec::new();
    for (number, says, text, shown, sibling) in ROWS {
        let scenario = read(text);
        let (other, instead) = match sibling {
            Text(other, instead) => (read(other), instead),
            WithoutRules(instead) => {
                let mut without = scenario.clone();
                without.rules.clear();
                (without, instead)
            }
        };
        let got = (shows(&scenario), shows(&other));
        let wanted = (
            shown.iter().copied().collect(),
            instead.iter().copied().collect(),
        );
        if got != wanted || got.0 == got.1 {
            wrong.push(format!(
                "S{number} {says}: {text}\n  wanted {wanted:?}\n  got    {got:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let numbers: BTreeSet<u32> = ROWS.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=30).collect());
}

/// What looks like trouble and is none, the text that shows it, and the fates that it has besides. (Compaction is not modelled.)
const FALSE_ALARMS: &[(&str, &str, &[&str])] = &[
    (
        "offset holes, and a marker at the end",
        "transactions/holes-and-a-marker-at-the-end",
        &["hidden-by-abort"],
    ),
    (
        "interleaved transactions",
        "transactions/one-committed-one-aborted",
        &["hidden-by-abort"],
    ),
    (
        "retention, deletion",
        "replication/admin/deleted_and_too_old",
        &["deleted"],
    ),
    (
        "deleted after it was read",
        "replication/admin/deleted-after-it-was-read",
        &["deleted"],
    ),
    (
        "aborted records that nobody is given",
        "consumers/a-the-same-committed",
        &["hidden-by-abort"],
    ),
];

#[test]
fn what_only_looks_like_trouble_is_none() {
    for (says, text, besides) in FALSE_ALARMS {
        assert_eq!(
            shows(&read(text)),
            besides.iter().copied().collect(),
            "{says}"
        );
    }
}
