//! Answers about single records: why, what decided it, what would have saved it.

use ackscope::model::cast::Cast;
use ackscope::model::config::{Owner, setting_of};
use ackscope::model::scenario::Scenario;
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
            let grounds = words::grounds(link.part);
            let key = grounds.and_then(|(setting, _)| setting);
            Moment {
                says: speaker.says(&link),
                setting: key.map(|key| setting(trace.scenario(), cast, row, key)),
                source: grounds.map(|(_, source)| source),
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

/// `acks=1`: what is written, else Kafka's default.
fn setting(scenario: &Scenario, cast: &Cast, row: &Row, (owner, key): (Owner, &str)) -> String {
    let send = cast.sends.get(row.record.0 as usize);
    let name = |names: &[String], at: u16| names.get(usize::from(at)).cloned().unwrap_or_default();
    let written = match (owner, send) {
        (Owner::Producer, Some(send)) => scenario
            .producer(&name(&cast.producers, send.producer.0))
            .and_then(|settings| settings.get(key)),
        (Owner::Topic, Some(send)) => scenario
            .topic(&name(&cast.topics, send.topic.0))
            .and_then(|settings| settings.get(key))
            .or_else(|| scenario.brokers.get(key)),
        _ => None,
    };
    let usual = setting_of(owner, key).map_or("", |setting| setting.default);
    match owner {
        Owner::Consumer => key.to_owned(),
        _ => format!("{key}={}", written.unwrap_or(usual)),
    }
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
