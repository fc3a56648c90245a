//! Answers about single records: why, what decided it, what would have saved it.

use ackscope::model::cast::Cast;
use ackscope::model::small::Set;
use ackscope::model::trace::Trace;
use ackscope::verdict::terms::Terms;
use ackscope::verdict::what_if::{self, Decisive, Saving};
use ackscope::verdict::why::{self, Link, Part};
use ackscope::verdict::words::{self, Speaker};
use ackscope::verdict::{Ledger, Row};

/// One moment with its sentence.
pub struct Moment {
    /// The moment.
    pub link: Link,
    /// What happened.
    pub says: String,
    /// The setting that made it so, with its value.
    pub setting: Option<String>,
    /// Where Kafka says or does so.
    pub source: Option<&'static str>,
}

/// All that is answered about one record.
pub struct Answer {
    /// Its row.
    pub row: Row,
    /// Why.
    pub chain: Vec<Moment>,
    /// The step that decided it.
    pub decisive: Option<(Decisive, String)>,
    /// What would have saved it, with sentences.
    pub saved: Vec<(Saving, String)>,
}

/// Answers for one record of the run.
pub fn answer(trace: &Trace, cast: &Cast, ledger: &Ledger, row: &Row) -> Answer {
    let terms = Terms::of(trace.scenario(), cast);
    let speaker = Speaker {
        trace,
        cast,
        terms: &terms,
        record: row.record,
    };
    let chain = why::why(trace, cast, row, row.fate())
        .chain
        .into_iter()
        .map(|link| {
            let (setting, source) = speaker.rests_on(&link).unzip();
            Moment {
                says: speaker.says(&link),
                setting: setting.flatten(),
                source,
                link,
            }
        });
    let decided = what_if::decisive(trace, row);
    let saved = what_if::saved(trace, ledger, row).into_iter();
    Answer {
        chain: chain.collect(),
        decisive: decided.map(|step| {
            let says = words::decisive(trace.scenario(), cast, row, &step);
            (step, says)
        }),
        saved: saved
            .map(|saving| {
                let says = words::saving(cast, row, &saving);
                (saving, says)
            })
            .collect(),
        row: row.clone(),
    }
}

/// The records that are answered for if nobody names one: the first of each trouble.
pub fn telling(ledger: &Ledger) -> Vec<&Row> {
    let mut fates = Set::new();
    let first = |row: &&Row| row.fate().is_trouble() && fates.insert(row.fate());
    ledger.rows.iter().filter(first).collect()
}

/// What a part is called in data.
pub fn part(part: Part) -> String {
    let name = format!("{part:?}");
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(letter.to_lowercase());
    }
    word
}
