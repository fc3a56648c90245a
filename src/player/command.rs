//! What can be asked of the player, and what it says has changed.

use super::incidents::Place;
use crate::model::config::Owner;
use crate::model::ids::{BrokerId, MessageId};
use crate::model::scenario::{Fault, Scenario};
use crate::model::time::SimTime;
use crate::share::Remark;

/// One setting of the scenario: whose, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Whose configuration.
    pub owner: Owner,
    /// The producer's or topic's name; empty for the brokers.
    pub name: String,
    /// Kafka's key.
    pub key: String,
}

/// How fast the playhead travels: a power of two on a slider, for speed is felt on a log scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Speed(i8);

impl Speed {
    /// Slowest: one sixteenth.
    pub const SLOWEST: i8 = -4;
    /// Fastest: sixteen times.
    pub const FASTEST: i8 = 4;

    /// Two to that power, within bounds.
    #[must_use]
    pub fn power(of_two: i8) -> Self {
        Self(of_two.clamp(Self::SLOWEST, Self::FASTEST))
    }

    /// The exponent.
    #[must_use]
    pub fn exponent(self) -> i8 {
        self.0
    }

    /// Something per second at speed 1, at this speed, in thousandths: whole for every power and every multiple of 16.
    #[must_use]
    pub fn thousandths(self, at_speed_one: u64) -> u64 {
        let up = u32::from(self.0.max(0).unsigned_abs());
        let down = u32::from(self.0.min(0).unsigned_abs());
        ((at_speed_one * 1000) << up) >> down
    }
}

/// What the user, or the page for the user, asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Let the playhead travel; from the start if it stands at the end.
    Play,
    /// Stop it.
    Pause,
    /// One or the other.
    Toggle,
    /// To an instant of the run. One that is later than the end is refused.
    Seek(SimTime),
    /// To an instant, or to the end if that is earlier: a drag.
    SeekClamped(SimTime),
    /// The playhead has travelled to this instant; it stops at the end.
    Travel(SimTime),
    /// To the next instant at which something worth looking at happens.
    StepForward,
    /// To the previous one.
    StepBack,
    /// To the next chapter.
    ChapterForward,
    /// To the previous chapter.
    ChapterBack,
    /// To the start of the run.
    Home,
    /// To its end.
    End,
    /// How fast.
    Speed(Speed),
    /// Writes a setting, or unsets it.
    SetSetting {
        /// Which.
        key: Key,
        /// The text as the user wrote it; none unsets.
        value: Option<String>,
        /// False while the user still types: what follows for the same key is the same edit.
        committed: bool,
    },
    /// Adds a fault.
    AddFault(Fault),
    /// Removes something that goes wrong, from the faults or from the script.
    Remove(Place),
    /// Crashes a broker at the playhead.
    Crash(BrokerId),
    /// Starts a broker at the playhead.
    Start(BrokerId),
    /// Loses a message of this run.
    Lose(MessageId),
    /// Another scenario, with what was not understood of its text.
    Load {
        /// The scenario.
        scenario: Box<Scenario>,
        /// What was left out.
        remarks: Vec<Remark>,
        /// Where the playhead goes: an instant, or wherever this run is best looked at first.
        at: LoadAt,
    },
    /// Forgets the remarks.
    Dismiss,
    /// Takes the last edit back.
    Undo,
    /// Makes it again.
    Redo,
}

/// Where the playhead stands after a scenario was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadAt {
    /// Where it was: the scenario is an edit of the one before.
    Same,
    /// At the first trouble of the run, else at its end.
    Telling,
    /// At this instant, or at the end if that is earlier.
    Instant(SimTime),
}

/// What an edit of the scenario is to the history of edits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edit {
    /// There was none.
    #[default]
    None,
    /// A new one.
    Begun,
    /// The last one goes on: the user still types.
    Continued,
}

/// What a command has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// The scenario, and with it trace, ledger and outline.
    pub scenario: Edit,
    /// The playhead.
    pub playhead: bool,
    /// Whether it travels.
    pub playing: bool,
    /// How fast.
    pub speed: bool,
    /// The remarks on the last text from outside.
    pub remarks: bool,
    /// What the player answers: a refusal, or nothing any more.
    pub reply: bool,
}
