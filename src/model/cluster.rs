//! The world: all nodes, the network, the queue.

use super::board::Board;
use super::scenario::Scenario;
use super::time::SimTime;
use super::trace::{End, Step};

/// Everything that exists at one instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World;

impl World {
    /// The world before the first step.
    #[must_use]
    pub fn new(_scenario: &Scenario) -> Self {
        Self
    }

    /// When the next step will be, if anything can still happen.
    #[must_use]
    pub fn next_at(&self) -> Option<SimTime> {
        None
    }

    /// The next step, or none if nothing more can happen.
    pub fn step(&mut self) -> Option<Step> {
        None
    }

    /// Why nothing more can happen.
    #[must_use]
    pub fn why_quiet(&self) -> End {
        End::Quiescent
    }

    /// What can be seen now.
    #[must_use]
    pub fn board(&self) -> Board {
        Board::default()
    }
}
