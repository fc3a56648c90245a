//! The time axis: a thin rule with ticks, and a hairline down from each.

use super::Draft;
use crate::model::time::SimTime;
use crate::scene::labels::Label;
use crate::scene::layout::{Layout, Segment};
use crate::scene::shape::{Anchor, Hue, Shape};
use crate::scene::words;

/// Distances of ticks, in µs.
const STEPS_US: [u64; 10] = [
    100, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 500_000,
];
/// Ticks are at least so far apart, in px at scale 1.
const APART: f64 = 40.0;

/// Draws the axis.
pub fn draw(draft: &mut Draft, layout: &Layout) {
    draft.ground.push(Shape::line(
        "axis",
        (0.0, layout.axis),
        (layout.paper_end(), layout.axis),
    ));
    for segment in layout.segments.iter().filter(|segment| !segment.span.quiet) {
        for at in ticks(layout, segment) {
            let x = layout.x(at);
            draft
                .ground
                .push(Shape::line("hair", (x, layout.axis), (x, layout.height)));
            let foot = (x, layout.axis - layout.px(4.0));
            draft
                .ground
                .push(Shape::line("axis", foot, (x, layout.axis)));
            let words = if at == SimTime::ZERO {
                words::instant(at)
            } else {
                words::bare_instant(at)
            };
            let label = Label::new(
                at,
                9,
                (x, layout.axis - layout.px(8.0)),
                &words,
                layout.sizes.label,
            );
            draft
                .labels
                .push(label.anchor(Anchor::Middle).class("figure", Hue(0)));
        }
    }
}

/// The instants with a tick in a span: as close as can be, and at least one where there is any.
fn ticks(layout: &Layout, segment: &Segment) -> Vec<SimTime> {
    let wide_enough = |step: &&u64| **step as f64 / 1000.0 * layout.per_ms >= layout.px(APART);
    let first = STEPS_US
        .iter()
        .position(|step| wide_enough(&step))
        .unwrap_or(STEPS_US.len() - 1);
    let inside = |step: u64| -> Vec<SimTime> {
        let (from, to) = (segment.span.from.0, segment.span.to.0);
        (from.div_ceil(step)..=to / step)
            .map(|tick| SimTime(tick * step))
            .filter(|at| at.0 < to)
            .collect()
    };
    let regular = inside(STEPS_US[first]);
    if !regular.is_empty() {
        return regular;
    }
    let finer = STEPS_US[..first].iter().rev().map(|step| inside(*step));
    finer
        .into_iter()
        .find(|ticks| !ticks.is_empty())
        .map_or(Vec::new(), |ticks| ticks[..1].to_vec())
}
