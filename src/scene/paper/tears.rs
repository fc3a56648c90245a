//! Folds: quiet time torn out of the paper. Its length stands on the axis, what was waited for in the bare gap.

use super::Draft;
use crate::scene::labels::Label;
use crate::scene::layout::{Layout, Segment};
use crate::scene::shape::{Anchor, Bounds, Hue, Shape, n};
use crate::scene::tape::Tape;
use crate::scene::words;
use std::fmt::Write as _;

/// Draws all folds.
pub fn draw(draft: &mut Draft, tape: &Tape, layout: &Layout) {
    let folds: Vec<&Segment> = layout
        .segments
        .iter()
        .filter(|segment| segment.span.quiet)
        .collect();
    let middle = |segment: &Segment| segment.x + segment.width / 2.0;
    for (index, (segment, reason)) in folds.iter().zip(&tape.reasons).enumerate() {
        let near = |other: Option<&&Segment>| {
            other.map_or(f64::INFINITY, |other| {
                (middle(other) - middle(segment)).abs()
            })
        };
        let alone = near(folds.get(index + 1)).min(near(
            index.checked_sub(1).and_then(|before| folds.get(before)),
        ));
        tear(draft, layout, segment);
        lettering(draft, layout, segment, reason, alone);
    }
}

/// The gap, with a zigzag edge on either side.
fn tear(draft: &mut Draft, layout: &Layout, segment: &Segment) {
    let (tooth, width) = (7.0 * layout.sizes.scale, 4.0 * layout.sizes.scale);
    let teeth = ((layout.height - layout.top) / (2.0 * tooth)).ceil() as usize;
    let (left, right) = (segment.x, segment.x + segment.width);
    let above = layout.top - layout.axis + 3.0;
    let edge = |x: f64| {
        let mut d = format!("M{} {}", n(x), n(layout.top));
        for _ in 0..teeth {
            let _ = write!(d, "l{} {}l-{} {}", n(width), n(tooth), n(width), n(tooth));
        }
        d
    };
    let mut gap = format!("M{} {}V{}", n(left), n(layout.top - above), n(layout.top));
    for _ in 0..teeth {
        let _ = write!(gap, "l{} {}l-{} {}", n(width), n(tooth), n(width), n(tooth));
    }
    let _ = write!(gap, "H{}", n(right));
    for _ in 0..teeth {
        let _ = write!(
            gap,
            "l{} -{}l-{} -{}",
            n(width),
            n(tooth),
            n(width),
            n(tooth)
        );
    }
    let _ = write!(gap, "V{}Z", n(layout.top - above));
    draft.tears.push(Shape::path("gap", gap));
    draft.tears.push(Shape::path("torn", edge(left)));
    draft.tears.push(Shape::path("torn", edge(right)));
    draft.in_the_way.folds.push(Bounds {
        left: left - 2.0,
        top: layout.top,
        right: right + width + 2.0,
        bottom: layout.height,
    });
}

/// `alone` is how far the next fold is: near ones have no room for more than their length.
fn lettering(draft: &mut Draft, layout: &Layout, segment: &Segment, reason: &str, alone: f64) {
    let size = layout.sizes.label;
    let middle = segment.x + segment.width / 2.0 + 2.0 * layout.sizes.scale;
    let length = words::length(segment.span.length());
    let s = layout.sizes.scale;
    let whole = format!("{length} skipped");
    let room = words::width(&whole, size, true) + 8.0 < alone;
    let text = if room {
        whole.as_str()
    } else {
        length.as_str()
    };
    let label = Label::new(
        segment.span.to,
        0,
        (middle, layout.axis - 24.0 * s),
        text,
        size,
    );
    let aside = [
        (-14.0 * s, 0.0, Anchor::End),
        (14.0 * s, 0.0, Anchor::Start),
    ];
    let label = label
        .bold()
        .anchor(Anchor::Middle)
        .short(&length)
        .or(&aside)
        .class("length", Hue(0));
    draft.labels.push(label);
    let foot = (middle + size * 0.36, layout.height - 12.0 * s);
    let mut reason = Label::new(segment.span.to, 0, foot, reason, size).class("reason", Hue(0));
    reason.text.upright = true;
    reason.in_fold = true;
    if reason.text.bounds().top > layout.top {
        draft.labels.push(reason);
    }
}
