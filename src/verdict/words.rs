//! The sentences of verdicts: one place for all of them.

use super::Ledger;
use crate::model::trace::Trace;

/// The verdict in one sentence: “m3 was acknowledged, then lost”.
#[must_use]
pub fn headline(_trace: &Trace, _ledger: &Ledger) -> String {
    String::new()
}

/// What was observed, in one to three sentences with records and times.
#[must_use]
pub fn observed(_trace: &Trace, _ledger: &Ledger) -> String {
    String::new()
}
