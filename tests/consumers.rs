//! What consumers got and how far groups came, as scenario texts: duplicates, skips, dirty and phantom reads, zombies.
//!
//! Beside the verdict (see `scenarios.rs`) a text in `tests/scenarios/consumers` says what each consumer returned
//! (`# read c1: m1 m2`) and what the group was last said to have committed (`# committed: t-0 at 2`).

use ackscope::model::cast::Cast;
use ackscope::model::ids::NodeId;
use ackscope::model::observation::{GroupFact, Observation, ShareFact};
use ackscope::model::trace::Trace;
use ackscope::share::text;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A kind of trouble, the text that leads to it, and the text that one setting or habit saves from it.
type Row = (&'static str, &'static str, Option<&'static str>);

/// What a group may be given twice (D), what it may skip (K), dirty reads (A), phantoms (P), zombies (Z), and the named
/// schedules of consumers and transactions (S). Applications of their own kinds (Streams, Connect, share groups, retry topics,
/// outboxes) have their texts in `applications`.
const ROWS: &[Row] = &[
    (
        "D1 the log has it twice",
        "producer/plain/response_lost_writes_twice",
        Some("producer/idempotent/response_lost_is_recognised"),
    ),
    (
        "D2, S17 crash between work and commit",
        "applications/s17-commit-after-processing-crash",
        Some("applications/s17-the-same-with-an-idempotent-sink"),
    ),
    (
        "D3 a rebalance before the commit",
        "consumers/d3-rebalance-before-the-commit",
        Some("consumers/d3-the-same-with-auto-commit"),
    ),
    (
        "D3 a member of the newer protocol joins a classic group",
        "consumers/d3-a-newer-member-joins-a-classic-group",
        Some("consumers/d3-the-same-newer-member-with-auto-commit"),
    ),
    (
        "D4 an asynchronous commit that failed",
        "consumers/d4-asynchronous-commit-lost",
        Some("consumers/d4-the-same-synchronous"),
    ),
    (
        "D5 the automatic commit was not due",
        "consumers/d5-auto-commit-not-due",
        None,
    ),
    (
        "D6 committed offsets expired",
        "consumers/d6-committed-offset-expires",
        Some("consumers/d6-the-same-within-its-time"),
    ),
    ("D6 seek", "consumers/d6-seek-back", None),
    (
        "D6 out of range with earliest",
        "consumers/k5-records-are-deleted",
        None,
    ),
    (
        "D6 an unclean loss of __consumer_offsets",
        "consumers/d6-offsets-log-lost",
        Some("consumers/d6-the-same-without-unclean-elections"),
    ),
    (
        "D8 a share group: the lock ends",
        "consumers/d8-a-share-lock-ends",
        Some("consumers/d8-the-same-in-time"),
    ),
    (
        "D8 a share group: a member dies",
        "consumers/d8-a-share-member-dies",
        None,
    ),
    (
        "D7, S21 work longer than max.poll.interval.ms",
        "applications/s21-work-longer-than-the-poll-interval",
        None,
    ),
    (
        "K1, S18 commit before the work",
        "applications/s18-commit-before-processing-crash",
        Some("applications/s17-commit-after-processing-crash"),
    ),
    (
        "K2, S20 automatic commit and hand-off",
        "applications/s20-auto-commit-hand-off",
        Some("applications/s19-auto-commit-in-thread"),
    ),
    (
        "K2 exception, then close()",
        "applications/exception-then-close",
        Some("applications/retry-in-place"),
    ),
    (
        "K3 a later offset is committed first",
        "consumers/k3-a-later-offset-is-committed-first",
        Some("consumers/k3-the-same-in-order"),
    ),
    (
        "K4 latest and a new group",
        "consumers/k4-latest-new-group",
        Some("consumers/k4-the-same-with-earliest"),
    ),
    (
        "K4 latest and a new partition",
        "consumers/k4-latest-new-partition",
        Some("consumers/k4-the-same-with-earliest-new-partition"),
    ),
    (
        "K5 records were deleted, latest",
        "consumers/k5-the-same-with-latest",
        Some("consumers/k5-records-are-deleted"),
    ),
    (
        "K6 a handler gives up",
        "applications/retry-topic-and-dead-letters",
        None,
    ),
    (
        "K7 the log is cut below a position",
        "consumers/k7-the-log-is-cut",
        None,
    ),
    (
        "K4 a duration and a new group",
        "consumers/k4-by-duration",
        Some("consumers/k4-the-same-by-a-longer-duration"),
    ),
    (
        "K6 a share group: rejected",
        "consumers/k6-rejected",
        Some("consumers/d8-released"),
    ),
    (
        "K6 a share group: too many deliveries",
        "consumers/k6-the-delivery-limit",
        None,
    ),
    (
        "A a share group",
        "consumers/a-share-group-reads-what-is-aborted",
        Some("consumers/a-the-same-share-group-committed"),
    ),
    (
        "A, S22 a dirty read",
        "consumers/a-dirty-read",
        Some("consumers/a-the-same-committed"),
    ),
    (
        "A an open transaction holds others back",
        "consumers/a-an-open-transaction-holds-others-back",
        None,
    ),
    (
        "P unclean election",
        "consumers/p-unclean-election",
        Some("consumers/p-the-same-without-unclean-elections"),
    ),
    (
        "P power cut of a lone replica",
        "consumers/p-power-cut-of-a-lone-replica",
        None,
    ),
    (
        "P a lone leader is read",
        "consumers/p-a-lone-leader-is-read",
        Some("consumers/p-a-lone-leader-freezes"),
    ),
    (
        "not P: acks=1 and failover",
        "consumers/p-acks-1-failover-is-none",
        None,
    ),
    (
        "not P, S29: a new leader behind its high watermark",
        "consumers/s29-a-new-leader-behind-its-high-watermark",
        Some("consumers/s29-the-same-with-acks-1"),
    ),
    (
        "Z a member that was put out",
        "consumers/z-a-member-that-was-put-out",
        None,
    ),
    (
        "Z consumers that assign themselves",
        "consumers/z-two-that-assign-themselves",
        Some("consumers/z-a-member-that-was-put-out"),
    ),
    (
        "Z, S15 an idempotent producer without an id",
        "consumers/z-idempotent-without-an-id",
        Some("consumers/z-a-fenced-transaction"),
    ),
    (
        "Z, S15 a transactional producer",
        "transactions/zombie-is-fenced",
        Some("transactions/s15-a-second-producer-takes-over"),
    ),
    (
        "S23 read, process, write",
        "consumers/s23-the-same-without-transactions",
        Some("consumers/s23-read-process-write-crash"),
    ),
    (
        "S23 a zombie worker",
        "consumers/s23-the-same-without-group-metadata",
        Some("consumers/s23-a-zombie-with-group-metadata"),
    ),
    (
        "S24 a late EndTxn",
        "consumers/s24-the-end-of-one-transaction-in-the-next",
        Some("consumers/s24-the-same-with-an-epoch-each"),
    ),
    (
        "S24 a late abort",
        "consumers/s24-a-late-abort-tears-the-next",
        Some("consumers/s24-the-same-late-abort-is-refused"),
    ),
    (
        "S25 a hanging transaction",
        "consumers/s25-a-record-after-the-end-of-its-transaction",
        Some("consumers/s25-the-same-with-verification"),
    ),
    (
        "S26 abort without going back",
        "consumers/s26-abort-without-going-back",
        Some("consumers/s26-the-same-with-seek"),
    ),
];

fn texts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

#[test]
fn every_row_has_its_text_and_every_text_its_row() {
    let named = ROWS
        .iter()
        .flat_map(|(_, text, saved)| [Some(*text), *saved])
        .flatten();
    let named: Vec<_> = named.collect();
    let file = |name: &&str| texts().join(name).with_extension("yaml");
    let missing: Vec<_> = named.iter().filter(|name| !file(name).exists()).collect();
    assert!(missing.is_empty(), "no text for {missing:?}");
    for entry in std::fs::read_dir(texts().join("consumers")).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert!(
            named.iter().any(|name| file(name) == path),
            "{} is in no row",
            path.display()
        );
    }
}

/// All lines of a text that say `# WHAT NAME: …`, or `# WHAT: …`.
fn expected(source: &str, what: &str) -> BTreeMap<String, String> {
    let lines = source
        .lines()
        .filter_map(|line| line.strip_prefix("# ")?.strip_prefix(what));
    let parts = lines.filter_map(|rest| rest.split_once(':'));
    parts
        .map(|(name, says)| (name.trim().to_owned(), says.trim().to_owned()))
        .collect()
}

/// What each consumer returned, in order.
fn read(trace: &Trace, cast: &Cast) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for fact in trace.steps().facts() {
        let (reader, records): (_, Vec<_>) = match fact {
            Observation::RecordsRead { reader, records } => {
                (reader, records.iter().map(|read| read.record).collect())
            }
            Observation::Share(ShareFact::RecordsDelivered { consumer, records }) => {
                let read = records.iter().map(|(read, _)| read.record);
                (consumer, read.collect())
            }
            _ => continue,
        };
        let name = cast.name(NodeId::Client(*reader));
        let values = records.into_iter().map(|record| cast.value(record));
        all.entry(name).or_default().extend(values);
    }
    let joined = all.into_iter();
    joined.map(|(name, all)| (name, all.join(" "))).collect()
}

/// What the last `committed` act was told.
fn committed(trace: &Trace) -> BTreeMap<String, String> {
    let mut facts = trace.steps().facts().iter().rev();
    let told = facts.find_map(|fact| match fact {
        Observation::Group(GroupFact::CommittedTold { offsets }) => Some(offsets),
        _ => None,
    });
    let far = |(partition, offset): &(ackscope::model::ids::TopicPartition, _)| {
        let offset: &Option<ackscope::model::ids::Offset> = offset;
        let offset = offset.map_or("-".to_owned(), |offset| offset.to_string());
        format!("{} at {offset}", partition.partition)
    };
    let told = told.map(|offsets| offsets.iter().map(far).collect::<Vec<_>>().join(", "));
    told.map(|told| (String::new(), told)).into_iter().collect()
}

/// With several seeds, for it does not hang on latencies.
#[test]
fn what_consumers_got_is_as_expected() {
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(texts().join("consumers")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let source = std::fs::read_to_string(&path).expect("a text");
        let mut scenario = text::read(&source).scenario;
        let wanted = (expected(&source, "read"), expected(&source, "committed"));
        for seed in 0..3 {
            scenario.seed = seed;
            let (trace, cast) = (Trace::of(&scenario), Cast::of(&scenario));
            let got = (read(&trace, &cast), committed(&trace));
            if got != wanted {
                wrong.push(format!("{}, seed {seed}\n  got {got:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
