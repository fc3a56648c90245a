//! Texts from and to the outside: scenario files, links, pasted configuration, scenes. Whatever comes in is bounded, and
//! what cannot be used is named and left out; what is good is kept.

use crate::model::scenario::Scenario;

/// Longest text that is read, in bytes; of a longer one only this is said.
pub const LONGEST_BYTES: usize = 1 << 20;

/// Something in a text from outside that was not understood, or not used.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Remark {
    /// Where: `line 3`, `steps[2]`, `acks`; may be empty.
    pub place: String,
    /// One sentence that names what was wrong and what was done about it.
    pub says: String,
}

/// A text from outside, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What was good.
    pub scenario: Scenario,
    /// What was not.
    pub remarks: Vec<Remark>,
}

pub mod paste;
pub mod query;
pub mod scenes;
pub mod text;
