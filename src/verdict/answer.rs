//! All that is answered about one record, in sentences: why, what decided it, what would have saved it. What the page shows and the
//! command prints.

use super::terms::Terms;
use super::what_if::{self, Decisive, Saving};
use super::why::{Link, why};
use super::words::{self, Speaker};
use super::{Ledger, Row};
use crate::model::trace::Trace;

/// One moment with its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// An answer for the gravest fate of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Why: oldest first.
    pub chain: Vec<Moment>,
    /// The step that decided it, with its sentence.
    pub decisive: Option<(Decisive, String)>,
    /// What would have saved it, with sentences, the best and cheapest first.
    pub saved: Vec<(Saving, String)>,
}

/// Answers for one row of a run. It takes many runs.
#[must_use]
pub fn answer(trace: &Trace, ledger: &Ledger, row: &Row) -> Answer {
    let (scenario, cast) = (trace.scenario(), trace.last_world().cast());
    let terms = Terms::of(scenario, cast);
    let speaker = Speaker {
        trace,
        cast,
        terms: &terms,
        record: row.record,
    };
    let links = why(trace, &terms, row, row.fate()).chain.into_iter();
    let decisive = what_if::decisive(trace, row).map(|step| {
        let says = words::decisive(scenario, cast, row, &step);
        (step, says)
    });
    let saved = what_if::saved(trace, ledger, row).into_iter();
    Answer {
        chain: links.map(|link| moment(&speaker, link)).collect(),
        decisive,
        saved: saved
            .map(|saving| {
                let says = words::saving(cast, row, &saving);
                (saving, says)
            })
            .collect(),
    }
}

fn moment(speaker: &Speaker<'_>, link: Link) -> Moment {
    let (setting, source) = speaker.rests_on(&link).unzip();
    Moment {
        says: speaker.says(&link),
        setting: setting.flatten(),
        source,
        link,
    }
}
