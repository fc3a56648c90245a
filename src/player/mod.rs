//! A playhead over a finished trace, and the commands that move it or change the scenario. The page holds one player and
//! asks it by [`Command`]; the player says what has [`Changed`].
//!
//! Every edit makes a new scenario and a fresh run; the playhead stays at its instant. The scenarios before the edit are
//! kept, so nothing that a user has made can be lost. The player knows no clock: who has one sends [`Command::Travel`].

pub mod anchor;
pub mod chapters;
pub mod command;
pub mod edit;
pub mod incidents;
pub mod line;
pub mod outline;
pub mod stops;
pub mod words;

pub use command::{Changed, Command, Edit, Key, LoadAt, Speed};
pub use incidents::{Incident, Place};
pub use outline::Outline;

use crate::model::scenario::Scenario;
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::share::Remark;
use crate::verdict::Ledger;
use edit::Edited;
use std::sync::Arc;

/// Edits that can be taken back; the oldest are forgotten.
pub const UNDO_MOST: usize = 100;

/// A scenario, its run, and a playhead over it.
#[derive(Clone, Debug)]
pub struct Player {
    run: Run,
    playhead: SimTime,
    /// Where the user put the playhead: a run that an edit made shorter only pushes it back for a while.
    wanted: SimTime,
    playing: bool,
    speed: Speed,
    remarks: Arc<Vec<Remark>>,
    reply: Option<String>,
    past: Vec<Moment>,
    future: Vec<Moment>,
    /// The setting that is being typed.
    typing: Option<Key>,
    before_run: fn(&Scenario),
}

/// A scenario and everything that follows from it.
#[derive(Clone, Debug)]
struct Run {
    trace: Arc<Trace>,
    ledger: Arc<Ledger>,
    outline: Arc<Outline>,
}

/// What undo brings back.
#[derive(Clone, Debug)]
struct Moment {
    scenario: Arc<Scenario>,
    remarks: Arc<Vec<Remark>>,
}

impl Run {
    fn of(scenario: &Scenario) -> Self {
        let trace = Trace::of(scenario);
        let ledger = Ledger::of(&trace);
        let outline = Outline::of(&trace, &ledger);
        Self {
            trace: Arc::new(trace),
            ledger: Arc::new(ledger),
            outline: Arc::new(outline),
        }
    }
}

impl Player {
    /// A player of a scenario, its playhead where the run is best looked at first. `before_run` sees every scenario before
    /// it is run: if the run is the last thing that happens, somebody still knows which it was.
    #[must_use]
    pub fn new(scenario: &Scenario, remarks: Vec<Remark>, before_run: fn(&Scenario)) -> Self {
        before_run(scenario);
        let run = Run::of(scenario);
        let playhead = run.outline.telling(&run.ledger, run.trace.ends_at());
        Self {
            run,
            playhead,
            wanted: playhead,
            playing: false,
            speed: Speed::default(),
            remarks: Arc::new(remarks),
            reply: None,
            past: Vec::new(),
            future: Vec::new(),
            typing: None,
            before_run,
        }
    }

    /// The scenario.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        self.run.trace.scenario()
    }

    /// Its run.
    #[must_use]
    pub fn trace(&self) -> &Arc<Trace> {
        &self.run.trace
    }

    /// What became of each record in it.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.run.ledger
    }

    /// Names, stops and chapters of the run.
    #[must_use]
    pub fn outline(&self) -> &Arc<Outline> {
        &self.run.outline
    }

    /// The instant that is looked at.
    #[must_use]
    pub fn playhead(&self) -> SimTime {
        self.playhead
    }

    /// True while it travels.
    #[must_use]
    pub fn playing(&self) -> bool {
        self.playing
    }

    /// How fast.
    #[must_use]
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// What was not understood of the last text from outside.
    #[must_use]
    pub fn remarks(&self) -> &Arc<Vec<Remark>> {
        &self.remarks
    }

    /// Why the last command did nothing, if it was refused.
    #[must_use]
    pub fn reply(&self) -> Option<&str> {
        self.reply.as_deref()
    }

    /// True if there is an edit to take back.
    #[must_use]
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// True if there is an edit to make again.
    #[must_use]
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// Does what is asked, and says what changed.
    pub fn apply(&mut self, command: Command) -> Changed {
        let before = (
            self.playhead,
            self.playing,
            self.speed,
            Arc::clone(&self.remarks),
            self.reply.take(),
        );
        let scenario = self.obey(command);
        Changed {
            scenario,
            playhead: before.0 != self.playhead,
            playing: before.1 != self.playing,
            speed: before.2 != self.speed,
            remarks: !Arc::ptr_eq(&before.3, &self.remarks),
            reply: before.4 != self.reply,
        }
    }

    fn obey(&mut self, command: Command) -> Edit {
        match command {
            Command::SetSetting {
                key,
                value,
                committed,
            } => return self.set(key, value, committed),
            Command::AddFault(fault) => return self.edit(edit::add_fault(self.scenario(), fault)),
            Command::Remove(place) => return self.edit(edit::remove(self.scenario(), place)),
            Command::Crash(broker) => {
                return self.edit(edit::crash(
                    &self.run.trace,
                    &self.run.outline.cast,
                    broker,
                    self.playhead,
                ));
            }
            Command::Start(broker) => {
                return self.edit(edit::start(
                    &self.run.trace,
                    &self.run.outline.cast,
                    broker,
                    self.playhead,
                ));
            }
            Command::Lose(message) => {
                return self.edit(edit::lose(&self.run.trace, &self.run.outline.cast, message));
            }
            Command::Load {
                scenario,
                remarks,
                at,
            } => return self.load(&scenario, remarks, at),
            Command::Undo => return self.undo(),
            Command::Redo => return self.redo(),
            Command::Dismiss => self.remarks = Arc::default(),
            Command::Speed(speed) => self.speed = speed,
            Command::Play => self.play(),
            Command::Pause => self.playing = false,
            Command::Toggle if self.playing => self.playing = false,
            Command::Toggle => self.play(),
            command => self.travel(command),
        }
        Edit::None
    }

    /// The commands that move the playhead.
    fn travel(&mut self, command: Command) {
        let end = self.run.trace.ends_at();
        let outline = Arc::clone(&self.run.outline);
        let (to, still_playing) = match command {
            Command::Seek(at) if at > end => {
                self.reply = Some(format!("The run ends at {}.", words::ms(end)));
                return;
            }
            Command::Seek(at) | Command::SeekClamped(at) => (at, self.playing),
            Command::Travel(at) => (at, self.playing && at < end),
            Command::StepForward => (
                stops::after(&outline.stops, self.playhead).unwrap_or(end),
                false,
            ),
            Command::StepBack => (
                stops::before(&outline.stops, self.playhead).unwrap_or(SimTime::ZERO),
                false,
            ),
            Command::ChapterForward => (
                outline.chapter_after(self.playhead).unwrap_or(end),
                self.playing,
            ),
            Command::ChapterBack => (
                outline
                    .chapter_before(self.playhead)
                    .unwrap_or(SimTime::ZERO),
                self.playing,
            ),
            Command::Home => (SimTime::ZERO, self.playing),
            Command::End => (end, false),
            _ => return,
        };
        self.playing = still_playing;
        self.put(to);
    }

    fn put(&mut self, at: SimTime) {
        self.playhead = at.min(self.run.trace.ends_at());
        self.wanted = self.playhead;
    }

    fn play(&mut self) {
        let end = self.run.trace.ends_at();
        if self.playhead >= end {
            self.put(SimTime::ZERO);
        }
        self.playing = end > SimTime::ZERO;
    }

    fn set(&mut self, key: Key, value: Option<String>, committed: bool) -> Edit {
        let goes_on = self.typing.as_ref() == Some(&key);
        let edit = match edit::set(self.scenario(), &key, value) {
            Ok(Some(scenario)) if goes_on => {
                self.run_anew(&scenario);
                Edit::Continued
            }
            edited => self.edit(edited),
        };
        self.typing = (!committed && (goes_on || edit != Edit::None)).then_some(key);
        edit
    }

    fn edit(&mut self, edited: Edited) -> Edit {
        match edited {
            Ok(Some(scenario)) => {
                self.remember();
                self.run_anew(&scenario);
                Edit::Begun
            }
            Ok(None) => Edit::None,
            Err(reply) => {
                self.reply = Some(reply);
                Edit::None
            }
        }
    }

    fn load(&mut self, scenario: &Scenario, remarks: Vec<Remark>, at: LoadAt) -> Edit {
        let same = scenario == self.scenario();
        if !same {
            self.remember();
            self.run_anew(scenario);
        }
        if !remarks.is_empty() || !self.remarks.is_empty() {
            self.remarks = Arc::new(remarks);
        }
        match at {
            LoadAt::Same => {}
            LoadAt::Telling => {
                self.playing = false;
                self.put(
                    self.run
                        .outline
                        .telling(&self.run.ledger, self.run.trace.ends_at()),
                );
            }
            LoadAt::Instant(at) => {
                self.playing = false;
                self.put(at);
            }
        }
        if same { Edit::None } else { Edit::Begun }
    }

    fn undo(&mut self) -> Edit {
        let Some(moment) = self.past.pop() else {
            return Edit::None;
        };
        self.future.push(self.moment());
        self.bring_back(&moment)
    }

    fn redo(&mut self) -> Edit {
        let Some(moment) = self.future.pop() else {
            return Edit::None;
        };
        self.past.push(self.moment());
        self.bring_back(&moment)
    }

    fn bring_back(&mut self, moment: &Moment) -> Edit {
        self.run_anew(&moment.scenario);
        self.remarks = Arc::clone(&moment.remarks);
        Edit::Begun
    }

    fn moment(&self) -> Moment {
        Moment {
            scenario: Arc::new(self.scenario().clone()),
            remarks: Arc::clone(&self.remarks),
        }
    }

    fn remember(&mut self) {
        if self.past.len() == UNDO_MOST {
            self.past.remove(0);
        }
        self.past.push(self.moment());
        self.future.clear();
    }

    fn run_anew(&mut self, scenario: &Scenario) {
        (self.before_run)(scenario);
        self.typing = None;
        self.run = Run::of(scenario);
        let end = self.run.trace.ends_at();
        self.playhead = self.wanted.min(end);
        self.playing = self.playing && self.playhead < end;
    }
}

#[cfg(test)]
mod tests;
