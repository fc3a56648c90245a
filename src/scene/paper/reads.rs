//! What consumers are given: a ring for each record, on the lane of the one whose `poll()` returned it.

use super::Draft;
use crate::model::ids::NodeId;
use crate::model::ids::RecordId;
use crate::scene::labels::Label;
use crate::scene::layout::Layout;
use crate::scene::shape::{Anchor, Hue, Shape};
use crate::scene::tape::{Given, Tape};

/// More rings than these at one instant are drawn as so many.
const RINGS: usize = 4;

/// Draws what all consumers are given.
pub fn draw(draft: &mut Draft, tape: &Tape, layout: &Layout) {
    let polls = tape
        .given
        .chunk_by(|one, other| (one.at, one.reader) == (other.at, other.reader));
    for poll in polls {
        one(draft, tape, layout, poll);
    }
}

fn one(draft: &mut Draft, tape: &Tape, layout: &Layout, poll: &[Given]) {
    let Some(first) = poll.first() else { return };
    let Some(row) = layout.row(NodeId::Client(first.reader)) else {
        return;
    };
    let s = layout.sizes.scale;
    let (at, x, y) = (first.at, layout.x(first.at), row.y());
    let shown = &poll[..poll.len().min(RINGS)];
    let middle = (shown.len() - 1) as f64 / 2.0;
    let ring = |(index, given): (usize, &Given)| {
        let class = if given.again {
            "readring again"
        } else {
            "readring"
        };
        let x = x + (index as f64 - middle) * 7.0 * s;
        Shape::circle(class, x, y, 4.5 * s).hue(tape.hue(given.record))
    };
    draft.stamp(at, shown.iter().enumerate().map(ring).collect());
    let width = shown.len() as f64 * 7.0 * s + 6.0 * s;
    draft.block(at, x, y, (width, 14.0 * s));
    let records: Vec<RecordId> = poll.iter().map(|given| given.record).collect();
    let size = layout.sizes.label;
    let under = y + 9.0 * s + size;
    let places = [
        (0.0, -size - 20.0 * s, Anchor::Middle),
        (width / 2.0 + 4.0 * s, -size * 0.7 - 8.0 * s, Anchor::Start),
        (-width / 2.0 - 4.0 * s, -size * 0.7 - 8.0 * s, Anchor::End),
    ];
    let again = poll.iter().all(|given| given.again);
    let (words, class, hue) = match again {
        true => (
            format!("{} again", tape.names(&records)),
            "word again",
            Hue(0),
        ),
        false => (tape.names(&records), "recordname", tape.hue(first.record)),
    };
    let label = Label::new(at, 3, (x, under), &words, size)
        .bold()
        .anchor(Anchor::Middle);
    draft.labels.push(label.class(class, hue).or(&places));
}
