//! A finished run. A trace is a pure function of a scenario and limits; playback is a playhead over it.

use super::board::Board;
use super::cluster::World;
use super::ids::StepIndex;
use super::observation::Observation;
use super::scenario::Scenario;
use super::time::SimTime;
use std::ops::ControlFlow;

/// One thing that happened, with all that was noted at it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// Its place in the trace.
    pub index: StepIndex,
    /// When.
    pub at: SimTime,
    /// The step without which this one would not be: the sending of what arrives here, the arming of a timer.
    pub cause: Option<StepIndex>,
    /// What was noted, in order. Many steps note nothing that anybody looks at.
    pub observations: Vec<Observation>,
}

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
pub const KEYFRAME_SPACING: usize = 64;

/// A finished run.
#[derive(Clone, Debug)]
pub struct Trace {
    scenario: Scenario,
    steps: Vec<Step>,
    keyframes: Vec<World>,
    last: World,
    end: End,
}

impl Trace {
    /// Runs a scenario to its end. Never fails: `end` says how it ended.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        Self::watched(scenario, Limits::default(), &mut |_, _| {
            ControlFlow::Continue(())
        })
    }

    /// The same, within other limits, under the eyes of a watcher that may stop it.
    pub fn watched(
        scenario: &Scenario,
        limits: Limits,
        watch: &mut impl FnMut(&World, &Step) -> ControlFlow<()>,
    ) -> Self {
        let mut world = World::new(scenario);
        let mut steps = Vec::new();
        let mut keyframes = Vec::new();
        let end = loop {
            if steps.len() % KEYFRAME_SPACING == 0 {
                keyframes.push(world.clone());
            }
            if steps.len() >= limits.steps as usize {
                break End::StepLimit;
            }
            if world.next_at().is_some_and(|at| at > limits.until) {
                break End::TimeLimit;
            }
            let Some(step) = world.step() else {
                break world.why_quiet();
            };
            let flow = watch(&world, &step);
            steps.push(step);
            if flow.is_break() {
                break End::Stopped;
            }
        };
        Self {
            scenario: scenario.clone(),
            steps,
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
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Why it ended.
    #[must_use]
    pub fn end(&self) -> &End {
        &self.end
    }

    /// The instant of the last step.
    #[must_use]
    pub fn ends_at(&self) -> SimTime {
        self.steps.last().map_or(SimTime::ZERO, |step| step.at)
    }

    /// The last step at or before an instant; none before the first.
    #[must_use]
    pub fn step_at(&self, at: SimTime) -> Option<StepIndex> {
        let after = self.steps.partition_point(|step| step.at <= at);
        after.checked_sub(1).map(|index| self.steps[index].index)
    }

    /// The world after a step: the nearest keyframe at or below, and what happened since.
    #[must_use]
    pub fn world_at(&self, step: StepIndex) -> World {
        let done = (step.0 as usize + 1).min(self.steps.len());
        if done == self.steps.len() {
            return self.last.clone();
        }
        let mut world = self.keyframes[done / KEYFRAME_SPACING].clone();
        for _ in 0..done % KEYFRAME_SPACING {
            world.step();
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
