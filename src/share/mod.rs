//! Texts from and to the outside: scenario files, links, pasted configuration, scenes. Whatever comes in is bounded, and
//! what cannot be used is named and left out; what is good is kept.
//!
//! A text ([`text`], by way of YAML) and a link ([`query`]) hold the same pieces. They are put together by one builder, and
//! looked over by one check for what cannot work (an act that names nobody).

use crate::model::scenario::Scenario;

mod build;
mod check;
mod flow;
mod hint;
mod notation;
mod percent;
mod route;
mod yaml;

pub mod paste;
pub mod query;
pub mod scenes;
pub mod text;

/// Longest text that is read, in bytes; of a longer one only this is said.
pub const LONGEST_BYTES: usize = 1 << 20;
/// Most acts of a scenario.
pub const MOST_ACTS: usize = 1000;
/// Most faults of a scenario.
pub const MOST_FAULTS: usize = 200;
/// Most `send()` calls of a scenario.
pub const MOST_VALUES: usize = 2000;
/// Most brokers of a scenario.
pub const MOST_BROKERS: usize = 12;
/// Most partitions of a topic.
pub const MOST_PARTITIONS: usize = 24;
/// Most remarks that are listed; of more only their number is said.
pub const MOST_REMARKS: usize = 200;

/// Something in a text from outside that was not understood, or not used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Remark {
    /// Where: `line 3`, `steps[2]`, `acks`; may be empty.
    pub place: String,
    /// One sentence that names what was wrong and what was done about it.
    pub says: String,
}

impl Remark {
    fn new(place: impl Into<String>, says: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            says: says.into(),
        }
    }
}

/// A text from outside, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What was good.
    pub scenario: Scenario,
    /// What was not.
    pub remarks: Vec<Remark>,
}

impl Reading {
    /// Nothing but a remark about the whole.
    fn refused(says: impl Into<String>) -> Self {
        Self {
            scenario: Scenario::default(),
            remarks: vec![Remark::new("", says)],
        }
    }
}

/// Longest sentence of a remark, in bytes, before it is cut.
const LONGEST_REMARK: usize = 600;

/// A list of remarks of a length that a person reads.
fn bounded(mut remarks: Vec<Remark>) -> Vec<Remark> {
    for text in remarks
        .iter_mut()
        .flat_map(|remark| [&mut remark.place, &mut remark.says])
    {
        if text.len() > LONGEST_REMARK {
            text.truncate(text.floor_char_boundary(LONGEST_REMARK));
            text.push('…');
        }
    }
    if let Some(more) = remarks.len().checked_sub(MOST_REMARKS).filter(|n| *n > 0) {
        remarks.truncate(MOST_REMARKS);
        remarks.push(Remark::new("", format!("And {more} more like these.")));
    }
    remarks
}

/// `text` in quotation marks, cut to a length that fits a sentence.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("“{}…”", &text[..end]),
        None => format!("“{text}”"),
    }
}
