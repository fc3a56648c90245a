//! What is worth knowing of a run before it is drawn: who is who, where stepping stops, its chapters, what goes wrong, and
//! when each record was first in a log.

use super::chapters::{self, Chapter};
use super::incidents::{self, Incident};
use super::stops;
use crate::model::cast::Cast;
use crate::model::ids::RecordId;
use crate::model::observation::Observation;
use crate::model::small::Map;
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::verdict::Ledger;

/// A run in outline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Who is who.
    pub cast: Cast,
    /// The instants at which stepping stops, ascending.
    pub stops: Vec<SimTime>,
    /// The stations of the line.
    pub chapters: Vec<Chapter>,
    /// What goes wrong, with what is in the script.
    pub incidents: Vec<Incident>,
    /// When a leader first appended each record that was ever in a log.
    pub written_at: Map<RecordId, SimTime>,
}

impl Outline {
    /// The outline of a run.
    #[must_use]
    pub fn of(trace: &Trace, ledger: &Ledger) -> Self {
        let cast = Cast::of(trace.scenario());
        Self {
            stops: stops::stops(trace.steps()),
            chapters: chapters::of(&cast, trace.steps(), ledger),
            incidents: incidents::of(trace.scenario(), &cast, trace.steps()),
            written_at: written_at(trace),
            cast,
        }
    }

    /// Where to look first: at the first trouble, else at the end.
    #[must_use]
    pub fn telling(&self, ledger: &Ledger, end: SimTime) -> SimTime {
        ledger
            .rows
            .iter()
            .filter(|row| row.fate().is_trouble())
            .filter_map(|row| row.decided_at)
            .min()
            .unwrap_or(end)
            .min(end)
    }

    /// The first chapter after an instant.
    #[must_use]
    pub fn chapter_after(&self, at: SimTime) -> Option<SimTime> {
        self.chapters
            .iter()
            .map(|chapter| chapter.at)
            .find(|start| *start > at)
    }

    /// The last chapter before an instant.
    #[must_use]
    pub fn chapter_before(&self, at: SimTime) -> Option<SimTime> {
        self.chapters
            .iter()
            .rev()
            .map(|chapter| chapter.at)
            .find(|start| *start < at)
    }

    /// The chapter that an instant lies in: the last that has begun.
    #[must_use]
    pub fn chapter_at(&self, at: SimTime) -> Option<usize> {
        self.chapters
            .partition_point(|chapter| chapter.at <= at)
            .checked_sub(1)
    }
}

fn written_at(trace: &Trace) -> Map<RecordId, SimTime> {
    let mut written = Map::new();
    for step in trace.steps() {
        for observation in step.observations {
            if let Observation::BatchAppended { records, .. } = observation {
                for record in records {
                    written.entry(*record).or_insert(step.at);
                }
            }
        }
    }
    written
}
