//! Where two runs part: the first step that differs, and the first fate that does.

use super::{Fate, Ledger, Row};
use crate::model::ids::{RecordId, StepIndex};
use crate::model::small::sort_by_key;
use crate::model::time::SimTime;
use crate::model::trace::Trace;

/// A fate that is another in the other run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherFate {
    /// The record.
    pub record: RecordId,
    /// What became of it here.
    pub here: Fate,
    /// What became of it there.
    pub there: Fate,
    /// From when on one of them was so; none if nobody can say.
    pub at: Option<SimTime>,
}

/// Where two runs of one script part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Divergence {
    /// The first step that is not the same in both, with the earlier of its instants; none if the runs are one.
    pub step: Option<(StepIndex, SimTime)>,
    /// The first fate that is not.
    pub fate: Option<OtherFate>,
}

/// Compares two runs. Records are told apart by their numbers, so both should be runs of one script.
#[must_use]
pub fn divergence(here: (&Trace, &Ledger), there: (&Trace, &Ledger)) -> Divergence {
    Divergence {
        step: first_step(here.0, there.0),
        fate: first_fate(here.1, there.1),
    }
}

/// The first step that is not the same in both, with the earlier of its instants.
pub(super) fn first_step(here: &Trace, there: &Trace) -> Option<(StepIndex, SimTime)> {
    let (own, other) = (here.steps(), there.steps());
    let longest = own.len().max(other.len());
    let differs = (0..longest).find(|at| match (own.get(*at), other.get(*at)) {
        (Some(own), Some(other)) => own.at != other.at || own.observations != other.observations,
        _ => true,
    })?;
    let times = [own.get(differs), other.get(differs)].into_iter().flatten();
    let at = times.map(|step| step.at).min()?;
    Some((StepIndex(u32::try_from(differs).ok()?), at))
}

fn first_fate(here: &Ledger, there: &Ledger) -> Option<OtherFate> {
    let differ = |(own, other): &(&Row, &Row)| own.fate() != other.fate();
    let pairs = here.rows.iter().zip(&there.rows).filter(differ);
    let mut all: Vec<OtherFate> = pairs
        .map(|(own, other)| OtherFate {
            record: own.record,
            here: own.fate(),
            there: other.fate(),
            at: [own.decided_at, other.decided_at]
                .into_iter()
                .flatten()
                .min(),
        })
        .collect();
    sort_by_key(&mut all, |other| (other.at.is_none(), other.at));
    all.into_iter().next()
}
