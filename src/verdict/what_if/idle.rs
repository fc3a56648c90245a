//! Which of the settings that somebody wrote down did nothing in this run: unset, the fates are the same.

use super::change::{Change, Place, written};
use super::{Rerun, refusals};
use crate::model::trace::Trace;
use crate::verdict::Ledger;
use crate::verdict::divergence::first_step;

/// So many settings are tried.
const TRIED: usize = 60;

/// A setting that made no difference to any fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Whose.
    pub place: Place,
    /// Which.
    pub key: String,
    /// What was written.
    pub value: String,
    /// True if without it the whole run is the same, step by step.
    pub same_run: bool,
}

/// The written settings without which every record would have had the same fates.
#[must_use]
pub fn idle(trace: &Trace, ledger: &Ledger) -> Vec<Idle> {
    let scenario = trace.scenario();
    let refused = refusals(trace);
    let tried = written(scenario).into_iter().take(TRIED);
    let found = tried.filter_map(|(place, key, value)| {
        let change = Change {
            place,
            key,
            value: None,
        };
        let rerun = Rerun::of(&change.apply(scenario)?);
        let same = ledger.rows.len() == rerun.ledger.rows.len()
            && ledger
                .rows
                .iter()
                .zip(&rerun.ledger.rows)
                .all(|(own, other)| own.fates == other.fates);
        let same_run = first_step(trace, &rerun.trace).is_none();
        (same && refusals(&rerun.trace) <= refused).then_some(Idle {
            place: change.place,
            key: change.key,
            value,
            same_run,
        })
    });
    found.collect()
}
