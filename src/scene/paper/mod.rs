//! The tape on paper: lanes, arrows, marks and folds of a whole run, in paper x. Made once for a tape and a layout.
//!
//! The same paper lies left of the window, where it is the past, and right of it, where it is what comes later: there it is
//! moved by the window's width and drawn in pencil. Lines are cut by the window; a stamp is on one side or the other.

mod arrows;
mod axis;
mod happenings;
mod lanes;
mod reads;
mod stations;
mod tears;

use super::labels::{Ground, Label, Labels, Obstacle};
use super::layout::Layout;
use super::shape::{Bounds, Shape};
use super::tape::Tape;
use crate::model::time::SimTime;

/// A mark at one instant: it is seen whole, or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Stamp {
    /// The instant.
    pub at: SimTime,
    /// Its shapes.
    pub shapes: Vec<Shape>,
}

/// A whole run on paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// Hairlines, lanes, fences, arrows.
    pub ground: Vec<Shape>,
    /// Torn out time, over all that.
    pub tears: Vec<Shape>,
    /// Marks, in the order of painting.
    pub stamps: Vec<Stamp>,
    /// Words.
    pub labels: Labels,
}

/// What is collected while a paper is made.
#[derive(Default)]
struct Draft {
    ground: Vec<Shape>,
    tears: Vec<Shape>,
    stamps: Vec<Stamp>,
    labels: Vec<Label>,
    in_the_way: Ground,
}

impl Draft {
    fn stamp(&mut self, at: SimTime, shapes: Vec<Shape>) {
        self.stamps.push(Stamp { at, shapes });
    }

    fn block(&mut self, at: SimTime, x: f64, y: f64, size: (f64, f64)) {
        self.in_the_way.obstacles.push(Obstacle {
            at,
            bounds: Bounds::around(x, y, size.0, size.1),
        });
    }
}

impl Paper {
    /// The paper of a tape.
    #[must_use]
    pub fn of(tape: &Tape, layout: &Layout) -> Self {
        let mut draft = Draft::default();
        draft.in_the_way.axis = layout.axis;
        axis::draw(&mut draft, layout);
        lanes::draw(&mut draft, tape, layout);
        arrows::draw(&mut draft, tape, layout);
        stations::draw(&mut draft, tape, layout);
        reads::draw(&mut draft, tape, layout);
        happenings::draw(&mut draft, tape, layout);
        tears::draw(&mut draft, tape, layout);
        Self {
            ground: draft.ground,
            tears: draft.tears,
            stamps: draft.stamps,
            labels: Labels::place(draft.labels, draft.in_the_way),
        }
    }
}
