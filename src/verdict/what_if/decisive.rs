//! The decisive step: the last thing that was done to the cluster or its clients without which the fate would be another. It
//! is not guessed: the scenario is run again without it.

use super::Rerun;
use crate::model::ids::StepIndex;
use crate::model::observation::Observation;
use crate::model::scenario::{Act, FaultKind, Scenario};
use crate::model::small::sort_by_key;
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::verdict::{Fate, Row};

/// So many candidates are tried.
const TRIED: usize = 40;

/// What was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Removed {
    /// The fault at this place.
    Fault(u32),
    /// The act at this place of the script.
    Act(u32),
    /// The trouble that the application of this act has with its work.
    Trouble(u32),
}

/// The step without which a record would have had another fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decisive {
    /// What was left out.
    pub removed: Removed,
    /// When it was.
    pub step: StepIndex,
    /// When it was.
    pub at: SimTime,
    /// What would have become of the record.
    pub fate: Fate,
}

/// The decisive step for a row's gravest fate; none if no single thing that was done decided it.
#[must_use]
pub fn decisive(trace: &Trace, row: &Row) -> Option<Decisive> {
    let scenario = trace.scenario();
    let mut tried = candidates(trace);
    if let Some(decided) = row.decided_at {
        tried.retain(|(_, _, at)| *at <= decided);
    }
    // Who comes late is looked at last: most of the time somebody else's trouble says more.
    sort_by_key(&mut tried, |(removed, ..)| !is_arrival(scenario, *removed));
    tried
        .into_iter()
        .rev()
        .take(TRIED)
        .find_map(|(removed, step, at)| {
            let without = Rerun::of(&removed.from(scenario));
            let fate = without.fate(row.record)?;
            (fate != row.fate()).then_some(Decisive {
                removed,
                step,
                at,
                fate,
            })
        })
}

/// A reader that joins others.
fn is_arrival(scenario: &Scenario, removed: Removed) -> bool {
    let Removed::Act(place) = removed else {
        return false;
    };
    let act = scenario.steps.get(place as usize);
    act.is_some_and(arrives)
}

fn arrives(act: &Act) -> bool {
    matches!(
        act,
        Act::Consumer(_)
            | Act::ShareConsumer(_)
            | Act::Process(_)
            | Act::Streams(_)
            | Act::Connect(_)
    )
}

impl Removed {
    /// The scenario without it. Acts keep their places: something that does nothing takes its place.
    fn from(self, scenario: &Scenario) -> Scenario {
        let mut without = scenario.clone();
        match self {
            Self::Fault(place) => {
                let place = place as usize;
                if place < without.faults.len() {
                    without.faults.remove(place);
                }
            }
            Self::Act(place) => {
                if let Some(act) = without.steps.get_mut(place as usize) {
                    *act = Act::Sleep { ms: 0 };
                }
            }
            Self::Trouble(place) => {
                if let Some(Act::Process(process)) = without.steps.get_mut(place as usize) {
                    process.dies = None;
                    process.fails = None;
                }
            }
        }
        without
    }
}

/// What was done, in the order in which it was.
fn candidates(trace: &Trace) -> Vec<(Removed, StepIndex, SimTime)> {
    let acts = &trace.scenario().steps;
    let mut found = Vec::new();
    let mut readers = 0;
    for step in trace.steps() {
        for fact in step.observations {
            let removed = match fact {
                Observation::FaultHappened { fault } if harms(trace.scenario(), *fault) => {
                    Removed::Fault(*fault)
                }
                Observation::ActBegan { act } => match acts.get(*act as usize) {
                    Some(Act::Process(process))
                        if process.dies.is_some() || process.fails.is_some() =>
                    {
                        Removed::Trouble(*act)
                    }
                    Some(done) if decides(done) => Removed::Act(*act),
                    Some(reader) if arrives(reader) && readers > 0 => Removed::Act(*act),
                    Some(reader) if arrives(reader) => {
                        readers += 1;
                        continue;
                    }
                    _ => continue,
                },
                _ => continue,
            };
            found.push((removed, step.index, step.at));
        }
    }
    found
}

/// A broker that is started again ends a trouble.
fn harms(scenario: &Scenario, fault: u32) -> bool {
    let fault = scenario.faults.get(fault as usize);
    fault.is_some_and(|fault| !matches!(fault.then, FaultKind::Start(_)))
}

/// Can the act decide a fate? Not what begins everything, nor what ends a trouble, nor what only looks.
fn decides(act: &Act) -> bool {
    matches!(
        act,
        Act::Close { .. }
            | Act::Die { .. }
            | Act::Crash(_)
            | Act::Stop(_)
            | Act::Pause(_)
            | Act::PowerCut { .. }
            | Act::Cut { .. }
            | Act::Reset { .. }
            | Act::Fault { .. }
            | Act::Seek { .. }
            | Act::CommitSync(_)
            | Act::CommitAsync(_)
            | Act::AbortTxn { .. }
            | Act::SendOffsets(_)
            | Act::ShareAck(_)
            | Act::KillConnect { .. }
            | Act::StopConnect { .. }
            | Act::Elect { .. }
            | Act::DeleteRecords { .. }
            | Act::AddPartitions { .. }
            | Act::DeleteTopic { .. }
            | Act::Init { .. }
    )
}
