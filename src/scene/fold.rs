//! Simulated time to playing time: dense where something happens, short where only timers wait. The drawing, the scrubber and
//! the player use this one mapping.

use crate::model::time::SimTime;
use crate::model::trace::Trace;

/// A stretch of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From here.
    pub from: SimTime,
    /// To here.
    pub to: SimTime,
    /// True if nothing that is shown happens in it: it is torn out of the paper.
    pub quiet: bool,
}

/// The whole run as alternating spans that follow each other without gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// In order; the first begins at 0.
    pub spans: Vec<Span>,
}

/// One second of playing shows so many microseconds of the run (at speed 1).
pub const SHOWN_PER_SECOND_US: u64 = 4000;
/// A quiet span passes in so many microseconds of playing (at speed 1).
pub const QUIET_PASSES_IN_US: u64 = 400_000;

impl Fold {
    /// The mapping of a trace.
    #[must_use]
    pub fn of(_trace: &Trace) -> Self {
        Self::default()
    }

    /// How long the whole run plays at speed 1, in microseconds.
    #[must_use]
    pub fn length_us(&self) -> u64 {
        0
    }

    /// Playing time of an instant, in microseconds at speed 1.
    #[must_use]
    pub fn to_playing(&self, _at: SimTime) -> u64 {
        0
    }

    /// The instant of a playing time; the end of the run if that is later.
    #[must_use]
    pub fn from_playing(&self, _playing_us: u64) -> SimTime {
        SimTime::ZERO
    }
}
