//! What would have saved you? The same schedule with one setting changed at a time, and with the pairs that make sense: what
//! changes the fate of a record for the better, and what that costs.

use super::change::{Change, Place};
use super::cost::{Cost, Figures};
use super::{Rerun, refusals};
use crate::model::ids::RecordId;
use crate::model::observation::Observation;
use crate::model::scenario::{Act, Scenario};
use crate::model::small::sort_by_key;
use crate::model::trace::Trace;
use crate::verdict::{Fate, Ledger, Row};

/// A change that makes a record's fate better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    /// One change, or two that belong together.
    pub changes: Vec<Change>,
    /// What becomes of the record then.
    pub fate: Fate,
    /// The first record that is worse off for it, and what becomes of it.
    pub worse: Option<(RecordId, Fate)>,
    /// What it costs in this run.
    pub cost: Cost,
}

/// Whose setting a proposal is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Topic,
    Producer,
    Consumer,
    Application,
    Streams,
    Connector,
}

/// What is tried, the most usual first.
const PROPOSALS: &[(For, &str, &str)] = &[
    (For::Producer, "acks", "all"),
    (For::Producer, "enable.idempotence", "true"),
    (For::Topic, "min.insync.replicas", "2"),
    (For::Topic, "min.insync.replicas", "1"),
    (For::Topic, "unclean.leader.election.enable", "false"),
    (For::Producer, "max.in.flight.requests.per.connection", "1"),
    (For::Producer, "retries", "2147483647"),
    (For::Producer, "retries", "0"),
    (For::Producer, "acks", "1"),
    (For::Producer, "delivery.timeout.ms", "600000"),
    (For::Producer, "message.timeout.ms", "600000"),
    (For::Producer, "max.block.ms", "600000"),
    (For::Topic, "flush.messages", "1"),
    (For::Topic, "retention.ms", "-1"),
    (For::Topic, "retention.bytes", "-1"),
    (For::Topic, "max.message.bytes", "1048588"),
    (For::Consumer, "auto.offset.reset", "earliest"),
    (For::Consumer, "isolation.level", "read_committed"),
    (For::Consumer, "enable.auto.commit", "false"),
    (For::Consumer, "enable.auto.commit", "true"),
    (For::Consumer, "max.poll.records", "1"),
    (For::Consumer, "max.poll.interval.ms", "900000"),
    (For::Consumer, "session.timeout.ms", "120000"),
    (For::Application, "commit", "after_record"),
    (For::Application, "commit", "after_batch"),
    (For::Application, "commit", "before_batch"),
    (For::Application, "hand_off", "false"),
    (For::Application, "commit_when_revoked", "true"),
    (For::Application, "on_failure", "retry"),
    (For::Application, "idempotent", "true"),
    (For::Application, "outbox", "true"),
    (For::Streams, "processing.guarantee", "exactly_once_v2"),
    (For::Connector, "errors.tolerance", "none"),
    (For::Connector, "errors.retry.timeout", "-1"),
];

/// What is tried together, where neither alone is enough.
const PAIRS: &[[(For, &str, &str); 2]] = &[
    [
        (For::Producer, "acks", "all"),
        (For::Topic, "min.insync.replicas", "2"),
    ],
    [
        (For::Producer, "acks", "all"),
        (For::Producer, "enable.idempotence", "true"),
    ],
    [
        (For::Producer, "acks", "all"),
        (For::Topic, "unclean.leader.election.enable", "false"),
    ],
    [
        (For::Topic, "min.insync.replicas", "2"),
        (For::Topic, "unclean.leader.election.enable", "false"),
    ],
    [
        (For::Producer, "enable.idempotence", "true"),
        (For::Producer, "max.in.flight.requests.per.connection", "5"),
    ],
    [
        (For::Producer, "enable.idempotence", "true"),
        (For::Producer, "retries", "2147483647"),
    ],
    [
        (For::Producer, "acks", "all"),
        (For::Topic, "flush.messages", "1"),
    ],
    [
        (For::Consumer, "enable.auto.commit", "false"),
        (For::Application, "commit", "after_batch"),
    ],
];

/// Which changes of settings would have made the gravest fate of a row better, the best and cheapest first.
#[must_use]
pub fn saved(trace: &Trace, ledger: &Ledger, row: &Row) -> Vec<Saving> {
    let scenario = trace.scenario();
    let figures = Figures::of(trace, ledger);
    let refused = refusals(trace);
    let attempt = |changes: Vec<Change>| -> Option<Saving> {
        let changed = changes
            .iter()
            .try_fold(scenario.clone(), |so_far, change| change.apply(&so_far))?;
        let rerun = Rerun::of(&changed);
        let fate = rerun.fate(row.record)?;
        (fate > row.fate() && refusals(&rerun.trace) <= refused).then(|| Saving {
            changes,
            fate,
            worse: worse(ledger, &rerun.ledger),
            cost: figures.against(&rerun),
        })
    };
    let mut all: Vec<Saving> = singles(scenario)
        .into_iter()
        .filter(|change| !only_puts_off(trace, change))
        .filter_map(|one| attempt(vec![one]))
        .collect();
    let saves = |all: &[Saving], change: &Change| {
        let ours = |saving: &&Saving| saving.changes.contains(change);
        all.iter()
            .filter(ours)
            .any(|saving| !saving.fate.is_trouble())
    };
    for pair in pairs(scenario) {
        if !pair.iter().any(|change| saves(&all, change)) {
            all.extend(attempt(pair));
        }
    }
    sort_by_key(&mut all, |saving| {
        (
            saving.fate.is_trouble(),
            saving.worse.is_some(),
            std::cmp::Reverse(saving.fate),
            saving.cost,
            saving.changes.len(),
        )
    });
    all
}

/// To wait longer for somebody who is dead saves nobody: the run ends first, and that is all.
fn only_puts_off(trace: &Trace, change: &Change) -> bool {
    let died = |fact: &Observation| matches!(fact, Observation::ClientDied { .. });
    change.key == "session.timeout.ms" && trace.steps().facts().iter().any(died)
}

/// The first record that a change makes worse.
fn worse(before: &Ledger, after: &Ledger) -> Option<(RecordId, Fate)> {
    let rows = before.rows.iter().zip(&after.rows);
    let found = rows
        .into_iter()
        .find(|(before, after)| after.fate() < before.fate());
    found.map(|(_, after)| (after.record, after.fate()))
}

fn singles(scenario: &Scenario) -> Vec<Change> {
    let mut all = Vec::new();
    for (whose, key, value) in PROPOSALS {
        all.extend(changes(scenario, (*whose, key, value)));
    }
    all.push(Change {
        place: Place::Version,
        key: "kafka".to_owned(),
        value: Some(crate::model::scenario::Era::Now.version().to_owned()),
    });
    all
}

fn pairs(scenario: &Scenario) -> Vec<Vec<Change>> {
    let mut all = Vec::new();
    for [one, other] in PAIRS {
        for first in changes(scenario, *one) {
            let seconds = changes(scenario, *other).into_iter();
            all.extend(seconds.map(|second| vec![first.clone(), second]));
        }
    }
    all
}

/// A proposal for everybody whom it fits.
fn changes(scenario: &Scenario, (whose, key, value): (For, &str, &str)) -> Vec<Change> {
    let fits = scenario.steps.iter().filter_map(|act| match (whose, act) {
        (For::Topic, Act::Topic { name, replicas, .. }) => {
            let fewest = replicas.iter().map(Vec::len).min().unwrap_or(0);
            let asks = key == "min.insync.replicas" && value == "2";
            (!asks || fewest >= 2).then(|| Place::Topic(name.0.clone()))
        }
        (For::Producer, Act::Producer { id, family, .. }) => {
            let librdkafka = *family == crate::model::scenario::Family::Librdkafka;
            let fits = match key {
                "message.timeout.ms" => librdkafka,
                "delivery.timeout.ms" | "max.block.ms" => !librdkafka,
                _ => true,
            };
            fits.then(|| Place::Producer(id.0.clone()))
        }
        (For::Consumer, Act::Consumer(own)) => Some(Place::Consumer(own.id.0.clone())),
        (For::Consumer, Act::Process(own)) => Some(Place::Consumer(own.id.0.clone())),
        (For::Application, Act::Process(own)) => Some(Place::Application(own.id.0.clone())),
        (For::Streams, Act::Streams(own)) => Some(Place::Streams(own.id.0.clone())),
        (For::Connector, Act::Connect(own)) => Some(Place::Connector(own.id.0.clone())),
        _ => None,
    });
    fits.map(|place| Change {
        place,
        key: key.to_owned(),
        value: Some(value.to_owned()),
    })
    .collect()
}
