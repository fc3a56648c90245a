//! The sentences of verdicts: one place for all of them.

mod grounds;
mod promise;
mod what_if;
mod why;

pub use promise::{condition, outcome, promise, rule, subject};
pub use what_if::{change, cost, decisive, divergence, idle, saving};
pub use why::Speaker;

use super::promise::{Guarantee, Promise, Subject, promises};
use super::terms::Terms;
use super::{Fate, Ledger, Reception, Row, Told};
use crate::model::board::Board;
use crate::model::cast::Cast;
use crate::model::ids::NodeId;
use crate::model::scenario::Scenario;
use crate::model::time::SimTime;
use crate::model::trace::{End, Trace};

/// Narrow no-break space, between thousands and before a unit.
const THIN: char = '\u{202f}';

/// A whole number with its thousands parted.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// An instant in milliseconds, to a tenth, without its unit: `9 061.6`.
#[must_use]
pub fn ms_bare(at: SimTime) -> String {
    let tenths = at.tenths_of_ms();
    let whole = thousands(tenths / 10);
    match tenths % 10 {
        0 => whole,
        part => format!("{whole}.{part}"),
    }
}

/// The same with its unit: `9 061.6 ms`.
#[must_use]
pub fn ms(at: SimTime) -> String {
    format!("{}{THIN}ms", ms_bare(at))
}

/// A fate as the page says it.
#[must_use]
pub fn phrase(fate: Fate) -> &'static str {
    match fate {
        Fate::LostAfterAck => "lost after the ack",
        Fate::LostSilently => "lost, nobody was told",
        Fate::ReadThenGone => "read, then gone",
        Fate::Duplicated => "written more than once",
        Fate::ProcessedTwice => "processed more than once",
        Fate::Skipped => "skipped by a group",
        Fate::OutOfOrder => "out of order",
        Fate::WrittenThoughFailed => "failed, yet written",
        Fate::Refused => "failed, not written",
        Fate::Pending => "undecided",
        Fate::Deleted => "deleted from the log",
        Fate::HiddenByAbort => "aborted, not to count",
        Fate::DeliveredOnce => "in the log once",
    }
}

/// A fate of one record: where groups made it, it says which.
#[must_use]
pub fn fate_of(cast: &Cast, row: &Row, fate: Fate) -> String {
    let of_groups = || -> Vec<(&str, u32)> {
        let found = row.groups.iter().filter(|got| got.makes(fate));
        let name = |got: &Reception| {
            cast.groups
                .get(usize::from(got.group.0))
                .map(String::as_str)
        };
        found
            .filter_map(|got| Some((name(got)?, got.times())))
            .collect()
    };
    let listed = |groups: &[(&str, u32)]| {
        let names: Vec<&str> = groups.iter().map(|(name, _)| *name).collect();
        names.join(" and ")
    };
    match fate {
        Fate::ProcessedTwice => {
            let groups = of_groups();
            let each = groups.iter().map(|(name, times)| match times {
                2 => format!("processed twice by {name}"),
                times => format!("processed {times} times by {name}"),
            });
            each.collect::<Vec<_>>().join(", ")
        }
        Fate::Skipped => {
            let groups = of_groups();
            format!("skipped by {}", listed(&groups))
        }
        Fate::Pending => match of_groups().as_slice() {
            groups if !groups.is_empty() && row.visible.uncommitted > 0 => {
                format!("not yet read by {}", listed(groups))
            }
            _ => phrase(fate).to_owned(),
        },
        Fate::DeliveredOnce if !row.groups.is_empty() => "delivered once".to_owned(),
        _ => phrase(fate).to_owned(),
    }
}

/// What the application was told, as the page says it.
#[must_use]
pub fn told(told: Told) -> String {
    match told {
        Told::Acknowledged(Some(offset)) => format!("acked at offset {offset}"),
        Told::Acknowledged(None) => "acked, no offset".to_owned(),
        Told::Failed(error) => error.exception().to_owned(),
        Told::Nothing => "nothing yet".to_owned(),
        Told::NeverSent => "never sent".to_owned(),
    }
}

/// Where a record is in the final log, as the page says it.
#[must_use]
pub fn in_the_log(row: &Row) -> String {
    match row.offsets.as_slice() {
        [] if row.fate() == Fate::Pending => "—".to_owned(),
        [] => "nowhere".to_owned(),
        [offset] => format!("offset {offset}"),
        several => {
            let all: Vec<_> = several.iter().map(ToString::to_string).collect();
            format!("offsets {}", all.join(", "))
        }
    }
}

/// What a node is called in a sentence.
fn names_of(cast: &Cast, node: NodeId) -> String {
    match node {
        NodeId::Broker(id) => format!("broker {id}"),
        NodeId::Controller => "the controller".to_owned(),
        NodeId::Client(_) => cast.name(node),
    }
}

/// `m3`, `m3 and m4`, `m3, m4 and m5`, `12 records`.
fn names(cast: &Cast, rows: &[&Row]) -> String {
    let names: Vec<_> = rows.iter().map(|row| cast.value(row.record)).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] if rest.len() < 5 => format!("{} and {last}", rest.join(", ")),
        many => format!("{} records", many.len()),
    }
}

/// The verdict in one sentence: “m3 was acknowledged, then lost”.
#[must_use]
pub fn headline(trace: &Trace, ledger: &Ledger) -> String {
    let cast = Cast::of(trace.scenario());
    let refused = |row: &&Row| {
        matches!(
            row.told,
            Told::Failed(crate::model::wire::ClientError::Config)
        )
    };
    if ledger.rows.is_empty() {
        return "Nothing was sent".to_owned();
    }
    if ledger.rows.iter().any(|row| refused(&row)) {
        return "Kafka refuses this configuration: no producer, nothing sent".to_owned();
    }
    let gravest = ledger
        .rows
        .iter()
        .map(Row::fate)
        .min()
        .unwrap_or(Fate::Pending);
    let rows: Vec<_> = ledger.with(gravest).collect();
    let (who, were) = (
        names(&cast, &rows),
        if rows.len() == 1 { "was" } else { "were" },
    );
    let are = if rows.len() == 1 { "is" } else { "are" };
    match gravest {
        Fate::LostAfterAck => format!("{who} {were} acknowledged, then lost"),
        Fate::LostSilently => format!("{who} vanished, and nobody was told"),
        Fate::ReadThenGone => format!("{who} {were} read, and {are} in no log any more"),
        Fate::Duplicated => format!("{who} {are} in the log more than once"),
        Fate::ProcessedTwice => format!("{who} {were} processed more than once"),
        Fate::Skipped => format!("{who} {were} skipped: the group moved past"),
        Fate::OutOfOrder => format!("{who} landed behind a later record"),
        Fate::WrittenThoughFailed => format!("{who} {were} reported failed, and {are} in the log"),
        Fate::Refused => format!("{who} {were} reported failed, and {are} not in the log"),
        Fate::Pending => format!("{who} {are} undecided: {}", why_open(trace, &rows)),
        Fate::Deleted => format!("{who} {were} in the log, and {were} deleted"),
        Fate::HiddenByAbort => format!(
            "{who} {were} aborted, not to count{}",
            the_others(trace, &cast, ledger)
        ),
        Fate::DeliveredOnce if rows.len() == 1 => format!("{who} is in the log once"),
        Fate::DeliveredOnce => format!("All {} records are in the log, once each", rows.len()),
    }
}

/// What is said of the rest where the gravest was aborted: of what is undecided, else of what is in the log once.
fn the_others(trace: &Trace, cast: &Cast, ledger: &Ledger) -> String {
    let open: Vec<_> = ledger.with(Fate::Pending).collect();
    match (open.as_slice(), ledger.with(Fate::DeliveredOnce).count()) {
        ([], 0) => String::new(),
        ([], 1) => "; the other record is in the log once".to_owned(),
        ([], several) => format!("; the other {several} records are in the log, once each"),
        (open, _) => {
            let are = if open.len() == 1 { "is" } else { "are" };
            let (who, why) = (names(cast, open), why_open(trace, open));
            format!("; {who} {are} undecided: {why}")
        }
    }
}

fn why_open(trace: &Trace, rows: &[&Row]) -> &'static str {
    let board = trace.last_board();
    let leaderless = board
        .partitions
        .values()
        .any(|known| known.leader.is_none());
    match trace.end() {
        _ if leaderless => "no leader at the end",
        End::Stuck { .. } => "the script waits for something that never comes",
        _ if rows.iter().any(|row| is_within_open(row, &board)) => {
            "a transaction is open at the end"
        }
        End::StepLimit | End::TimeLimit => "the run was cut short",
        End::Quiescent | End::Stopped => "the run ended first",
    }
}

/// True if the leader's log has it in a transaction that has no end there.
fn is_within_open(row: &Row, board: &Board) -> bool {
    let home = row.partition.and_then(|home| {
        let leader = board.partitions.get(&home)?.leader?;
        board.brokers.get(&leader)?.replicas.get(&home)
    });
    let mut cells = home.into_iter().flat_map(|log| &log.cells);
    cells.any(|cell| cell.record() == Some(row.record) && cell.transactional && cell.ends.is_none())
}

/// What the settings promise the first who writes, in short: whether what is acknowledged stays, and whether a retry is
/// written twice.
#[must_use]
pub fn promised(scenario: &Scenario) -> String {
    let cast = Cast::of(scenario);
    let terms = Terms::of(scenario, &cast);
    if let Some((_, says)) = terms.refused.first() {
        return format!("None: Kafka refuses this configuration. {says}");
    }
    let of_first = |promise: &Promise| matches!(promise.subject, Subject::Writer(..));
    let all = promises(&terms);
    let mut ours = all.iter().filter(|promise| of_first(promise)).take(4);
    let wanted = [Guarantee::Duplication, Guarantee::Durability];
    let said = wanted.map(|guarantee| ours.find(|promise| promise.guarantee == guarantee));
    match said {
        [Some(once), Some(stays)] => format!("{} {}", self::promise(stays), rule(once)),
        _ => "No producer, no promise.".to_owned(),
    }
}

/// What was observed, in one sentence for each fate, with records and times.
#[must_use]
pub fn observed(trace: &Trace, ledger: &Ledger) -> String {
    let cast = Cast::of(trace.scenario());
    let mut sentences = Vec::new();
    for fate in Fate::ALL.into_iter().rev() {
        let rows: Vec<_> = ledger.with(fate).collect();
        if rows.is_empty() {
            continue;
        }
        match (fate, rows.as_slice()) {
            (fate, [row]) if fate.is_trouble() => sentences.push(alone(&cast, row)),
            _ => sentences.push(format!("{} {}.", names(&cast, &rows), phrase(fate))),
        }
    }
    sentences.join(" ")
}

/// What happened to the only record of its fate, with its times.
fn alone(cast: &Cast, row: &Row) -> String {
    let who = cast.value(row.record);
    let told = row.told_at.map(ms).unwrap_or_default();
    let when = row.decided_at.map(ms).unwrap_or_default();
    match row.fate() {
        Fate::LostAfterAck => {
            format!("{who} acknowledged at {told}; from {when} no leader has it.")
        }
        Fate::LostSilently => {
            format!("{who} acknowledged at {told}; gone at {when}, without an error.")
        }
        Fate::ReadThenGone => {
            format!("{who} given to a consumer at {when}; at the end no leader has it.")
        }
        Fate::ProcessedTwice => format!("{who} processed again at {when}."),
        Fate::Skipped => format!("{who} passed over at {when}, without having been processed."),
        Fate::Duplicated => format!("{who} appended again at {when}: {}.", in_the_log(row)),
        Fate::OutOfOrder => {
            format!("{who} appended at {when}, behind a record that was sent later.")
        }
        Fate::WrittenThoughFailed => format!(
            "{who} reported failed at {told}; it is at {}.",
            in_the_log(row)
        ),
        Fate::Refused
        | Fate::Pending
        | Fate::Deleted
        | Fate::HiddenByAbort
        | Fate::DeliveredOnce => {
            format!("{who} {}.", phrase(row.fate()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{GroupId, RecordId};
    use crate::verdict::Visible;

    /// What groups got of a record, and what is said of it.
    const SAID: &[(Fate, u32, Option<u32>, bool, &str)] = &[
        (Fate::ProcessedTwice, 2, None, true, "processed twice by g"),
        (
            Fate::ProcessedTwice,
            1,
            Some(3),
            true,
            "processed 3 times by g",
        ),
        (Fate::Skipped, 0, None, true, "skipped by g"),
        (Fate::Skipped, 1, Some(0), true, "skipped by g"),
        (Fate::Pending, 0, None, false, "not yet read by g"),
        (Fate::Pending, 1, None, true, "undecided"),
        (Fate::DeliveredOnce, 1, None, true, "delivered once"),
        (Fate::Duplicated, 2, None, true, "written more than once"),
    ];

    #[test]
    fn what_groups_did_is_said_of_them() {
        let cast = Cast {
            groups: vec!["g".to_owned()],
            ..Cast::default()
        };
        for (fate, delivered, effects, passed, says) in SAID {
            let got = Reception {
                group: GroupId(0),
                delivered: *delivered,
                effects: *effects,
                passed: *passed,
            };
            let row = Row {
                record: RecordId(0),
                partition: None,
                told: Told::Nothing,
                told_at: None,
                offsets: Vec::new().into(),
                visible: Visible {
                    uncommitted: 1,
                    committed: 1,
                },
                groups: vec![got],
                fates: vec![*fate].into(),
                decided_at: None,
            };
            assert_eq!(fate_of(&cast, &row, *fate), *says);
        }
    }
}
