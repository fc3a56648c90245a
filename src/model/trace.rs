//! A finished run. A trace is a pure function of a scenario and limits; playback is a playhead over it.

use super::board::Board;
use super::cluster::World;
use super::history::{History, Step, Steps};
use super::ids::StepIndex;
use super::scenario::Scenario;
use super::time::SimTime;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// Nothing more can happen.
    Quiescent,
    /// Nothing more can happen, and the script still waits in this act.
    Stuck {
        /// Its place in the script.
        act: u32,
    },
    /// More steps than allowed.
    StepLimit,
    /// More simulated time than allowed.
    TimeLimit,
    /// The watcher had seen enough.
    Stopped,
}

/// Bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps.
    pub steps: u32,
    /// Simulated time.
    pub until: SimTime,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 100_000,
            until: SimTime(3_600_000_000),
        }
    }
}

/// A keyframe every so many steps: `board_at` re-steps fewer than this.
pub const KEYFRAME_SPACING: usize = 2048;

/// A finished run.
#[derive(Clone, Debug)]
pub struct Trace {
    scenario: Arc<Scenario>,
    history: History,
    keyframes: Vec<World>,
    last: World,
    end: End,
}

impl Trace {
    /// Runs a scenario to its end. Never fails: `end` says how it ended.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        Self::run(
            scenario,
            Limits::default(),
            |_, _| ControlFlow::Continue(()),
        )
    }

    /// The same, within other limits, under the eyes of a watcher that may stop it.
    pub fn watched(
        scenario: &Scenario,
        limits: Limits,
        watch: &mut impl FnMut(&World, &Step) -> ControlFlow<()>,
    ) -> Self {
        Self::run(scenario, limits, |world, history| {
            let step = history.steps().last();
            step.map_or(ControlFlow::Continue(()), |step| watch(world, &step))
        })
    }

    fn run(
        scenario: &Scenario,
        limits: Limits,
        mut after: impl FnMut(&World, &History) -> ControlFlow<()>,
    ) -> Self {
        let mut world = World::new(scenario);
        let mut history = History::with_room(world.cast().sends.len());
        let mut keyframes = Vec::new();
        let end = loop {
            if history.len().is_multiple_of(KEYFRAME_SPACING) {
                keyframes.push(world.clone());
            }
            if history.len() >= limits.steps as usize {
                break End::StepLimit;
            }
            if world.next_at().is_some_and(|at| at > limits.until) {
                break End::TimeLimit;
            }
            if !world.advance(&mut history) {
                break world.why_quiet();
            }
            if after(&world, &history).is_break() {
                break End::Stopped;
            }
        };
        Self {
            scenario: Arc::clone(&world.setup.script.0),
            history,
            keyframes,
            last: world,
            end,
        }
    }

    /// What it is the run of.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// All steps, in order of time.
    #[must_use]
    pub fn steps(&self) -> Steps<'_> {
        self.history.steps()
    }

    /// Why it ended.
    #[must_use]
    pub fn end(&self) -> &End {
        &self.end
    }

    /// The instant of the last step.
    #[must_use]
    pub fn ends_at(&self) -> SimTime {
        self.steps().last().map_or(SimTime::ZERO, |step| step.at)
    }

    /// The last step at or before an instant; none before the first.
    #[must_use]
    pub fn step_at(&self, at: SimTime) -> Option<StepIndex> {
        let after = self.steps().partition_point(|step| step.at <= at);
        after
            .checked_sub(1)
            .and_then(|last| u32::try_from(last).ok())
            .map(StepIndex)
    }

    /// The world after a step: the nearest keyframe at or below, and what happened since.
    #[must_use]
    pub fn world_at(&self, step: StepIndex) -> World {
        let done = (step.0 as usize + 1).min(self.steps().len());
        if done == self.steps().len() {
            return self.last.clone();
        }
        let mut world = self.keyframes[done / KEYFRAME_SPACING].clone();
        let mut again = History::default();
        for _ in 0..done % KEYFRAME_SPACING {
            world.advance(&mut again);
        }
        world
    }

    /// What can be seen at an instant.
    #[must_use]
    pub fn board_at(&self, at: SimTime) -> Board {
        match self.step_at(at) {
            Some(step) => self.world_at(step).board(),
            None => self.keyframes[0].board(),
        }
    }

    /// What can be seen at the end.
    #[must_use]
    pub fn last_board(&self) -> Board {
        self.last.board()
    }

    /// The world at the end.
    #[must_use]
    pub fn last_world(&self) -> &World {
        &self.last
    }
}
