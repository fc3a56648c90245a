//! Every recording has its expected ledger as text (`tests/ledgers`), and clients who saw what the recording shows do not
//! contradict it: a wrong text cannot be blessed unnoticed.

use super::jepsen::compare::{Compared, laws};
use super::recording::{self, Recording};
use super::{OWN, play, witness};
use ackscope::model::cast::Cast;
use ackscope::model::scenario::Scenario;
use ackscope::model::trace::Trace;
use ackscope::verdict::{Ledger, Row, Told};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Where the texts are.
const LEDGERS: &str = "tests/ledgers";
/// How to write them anew.
const RENEW: &str = "RENEW=1 cargo test -p xtask ledgers";

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folders that hold recordings, by the name of their text.
fn folders() -> BTreeMap<String, Vec<Recording>> {
    let root = project().join(OWN);
    let mut found = BTreeMap::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).expect("a folder");
        let inner = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.is_dir());
        let inner: Vec<_> = inner.collect();
        if inner.is_empty() {
            let name = folder
                .strip_prefix(&root)
                .expect("below")
                .display()
                .to_string();
            found.insert(
                name.replace('/', "-"),
                recording::all(&folder).expect("recordings"),
            );
        }
        open.extend(inner);
    }
    found
}

fn judged(recording: &Recording) -> (Scenario, Cast, Ledger) {
    let scenario =
        play::scenario(recording, 0).unwrap_or_else(|says| panic!("{}: {says}", recording.id));
    let (cast, ledger) = (Cast::of(&scenario), Ledger::of(&Trace::of(&scenario)));
    (scenario, cast, ledger)
}

/// A row without its record and its offsets, which are told with the first of several that are alike.
fn shape(cast: &Cast, row: &Row) -> String {
    let told = match row.told {
        Told::Acknowledged(Some(_)) => "acked".to_owned(),
        Told::Acknowledged(None) => "acked without offset".to_owned(),
        Told::Failed(error) => error.exception().to_owned(),
        Told::Nothing => "told nothing".to_owned(),
        Told::NeverSent => "never sent".to_owned(),
    };
    let mut text = format!(
        "{told}, seen {}/{}",
        row.visible.uncommitted, row.visible.committed
    );
    for got in &row.groups {
        let name = &cast.groups[usize::from(got.group.0)];
        let effects = got
            .effects
            .map_or(String::new(), |effects| format!(" done {effects}"));
        let passed = if got.passed { " passed" } else { "" };
        write!(text, ", {name} {}{effects}{passed}", got.delivered).expect("a string");
    }
    let fates: Vec<_> = row.fates.iter().map(|fate| fate.word()).collect();
    format!("{text}: {}", fates.join("+"))
}

/// Where a row's record is said to be, and is.
fn places(row: &Row) -> String {
    let told = match row.told {
        Told::Acknowledged(Some(offset)) => offset.to_string(),
        _ => "-".to_owned(),
    };
    let there: Vec<_> = row.offsets.iter().map(ToString::to_string).collect();
    let home = row
        .partition
        .map_or("?".to_owned(), |home| home.partition.to_string());
    format!(
        "{home}/{told}→{}",
        if there.is_empty() {
            "-".to_owned()
        } else {
            there.join(",")
        }
    )
}

/// A value; of a long one its beginning and its length.
fn name(value: &str) -> String {
    match value.len() {
        0..20 => value.to_owned(),
        long => format!("{}…×{long}", value.chars().take(3).collect::<String>()),
    }
}

/// A recording's ledger: its rows in order, those that are alike on one line.
fn text(recording: &Recording) -> String {
    let (_, cast, ledger) = judged(recording);
    let mut text = format!("{}\n", recording.id);
    let mut rows = ledger.rows.as_slice();
    while let Some(first) = rows.first() {
        let alike = rows
            .iter()
            .take_while(|row| shape(&cast, row) == shape(&cast, first))
            .count();
        let (own, rest) = rows.split_at(alike);
        rows = rest;
        let all: Vec<_> = own
            .iter()
            .map(|row| format!("{} {}", name(cast.value(row.record)), places(row)))
            .collect();
        let all = match all.as_slice() {
            [first, _, _, _, .., last] => format!("{first} … {last} ({})", all.len()),
            few => few.join(" "),
        };
        writeln!(text, "  {all} {}", shape(&cast, first)).expect("a string");
    }
    text
}

#[test]
fn every_recording_has_its_ledger() {
    let folder = project().join(LEDGERS);
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for (name, recordings) in folders() {
        let ours: String = recordings.iter().map(text).collect();
        let path = folder.join(format!("{name}.txt"));
        known.insert(path.clone());
        if std::env::var_os("RENEW").is_some() {
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(&path, &ours).expect("a text");
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        let differ = wanted
            .lines()
            .zip(ours.lines())
            .find(|(wanted, ours)| wanted != ours);
        if wanted != ours {
            wrong.push(format!("{name}: {differ:#?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nIf this is right: {RENEW}",
        wrong.join("\n")
    );
    let entries = std::fs::read_dir(&folder).expect("a folder");
    let there: BTreeSet<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(there, known, "a text of no folder");
}

/// True if what varied from run to run is something that clients saw.
fn varies(recording: &Recording) -> bool {
    let seen = ["/sends", "/delivered", "/final"];
    let mut varies = recording.varies.iter();
    varies.any(|pointer| {
        let logs_only = pointer.contains("/replica_logs")
            || pointer.ends_with("/leader")
            || pointer.ends_with("/isr")
            || pointer.ends_with("/leader_epoch");
        pointer.contains("/returned")
            || !logs_only && seen.iter().any(|start| pointer.starts_with(start))
    })
}

/// Laws that recordings speak of, beside those of all records.
const SPOKEN: [&str; 12] = [
    laws::GONE,
    laws::DUPLICATED,
    laws::DUPLICATE,
    laws::LOST_UNSEEN,
    laws::LOST_WRITE,
    laws::LOST_AND_POLLED,
    laws::WRITTEN,
    laws::HIDDEN_DIRTY,
    laws::AGAIN,
    laws::UNREAD,
    laws::OUT_OF_ORDER,
    laws::WENT_BACK,
];

#[test]
fn clients_of_recordings_do_not_contradict_the_ledger() {
    let mut wrong = Vec::new();
    let mut tried: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut compared, mut left_out) = (0, Vec::new());
    for recording in folders().into_values().flatten() {
        let (scenario, cast, ledger) = judged(&recording);
        let seen = witness::seen(&recording, &scenario, &cast).filter(|_| !varies(&recording));
        let Some((seen, settled)) = seen else {
            left_out.push(recording.id);
            continue;
        };
        let mut both = Compared::new(&cast, &ledger, &seen, settled);
        both.compare();
        compared += 1;
        wrong.extend(
            both.wrong
                .iter()
                .map(|(law, says)| format!("{}: {law}\n    {says}", recording.id)),
        );
        for (law, times) in both.tried {
            *tried.entry(law).or_default() += times;
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(
        compared > 400,
        "only {compared} recordings are compared; not {left_out:?}"
    );
    for law in SPOKEN {
        assert!(tried.contains_key(law), "no recording speaks of: {law}");
    }
}
