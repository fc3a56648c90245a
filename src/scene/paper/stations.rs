//! Where messages begin and end: dots where they leave, squares where records come to lie, ticked rings where a producer is
//! told. And the records' names.

use super::Draft;
use super::arrows::corners;
use crate::model::wire::ErrorCode;
use crate::scene::labels::Label;
use crate::scene::layout::Layout;
use crate::scene::marks;
use crate::scene::shape::{Anchor, Hue, Shape};
use crate::scene::tape::{Cargo, Ending, Message, Tape};

/// Draws the ends of all messages.
pub fn draw(draft: &mut Draft, tape: &Tape, layout: &Layout) {
    for message in &tape.messages {
        let Some(corners) = corners(message, layout) else {
            continue;
        };
        let (start, end) = (corners[0], corners[corners.len() - 1]);
        match message.cargo {
            Cargo::Produce { retry } => departure(draft, tape, layout, message, start, retry),
            Cargo::Control(word) => control_word(draft, layout, message, word, &corners),
            Cargo::Answer | Cargo::Copies => {}
        }
        arrival(draft, tape, layout, message, start, end);
    }
}

fn departure(
    draft: &mut Draft,
    tape: &Tape,
    layout: &Layout,
    message: &Message,
    (x, y): (f64, f64),
    retry: bool,
) {
    let s = layout.sizes.scale;
    let at = message.sent();
    let hue = message
        .records
        .first()
        .map_or(Hue(0), |record| tape.hue(*record));
    let few = message.records.len() <= 3;
    let shapes = if retry {
        marks::retry(x, y, s, hue)
    } else {
        let shown = if few {
            message.records.as_slice()
        } else {
            &message.records[..1]
        };
        let middle = (shown.len().max(1) - 1) as f64 / 2.0;
        let dot = |(index, record)| {
            let x = x + (index as f64 - middle) * 5.0 * s;
            Shape::circle("sentdot", x, y, 5.0 * s).hue(tape.hue(record))
        };
        shown.iter().copied().enumerate().map(dot).collect()
    };
    draft.stamp(at, shapes);
    draft.block(at, x, y, (15.0 * s, 15.0 * s));
    let up = y - (if retry { 10.0 } else { 8.0 }) * s - layout.sizes.label * 0.28;
    let priority = if retry { 3 } else { 4 };
    let name = tape.names(&message.records);
    let label = Label::new(at, priority, (x, up), &name, layout.sizes.label)
        .bold()
        .anchor(Anchor::Middle);
    let places: &[(f64, f64, Anchor)] = if retry {
        &[(0.0, -1.1, Anchor::Middle), (0.0, -2.2, Anchor::Middle)]
    } else {
        &[
            (4.0, 0.0, Anchor::End),
            (-4.0, 0.0, Anchor::Start),
            (-10.0, 0.5, Anchor::End),
            (0.0, -1.1, Anchor::Middle),
        ]
    };
    let places: Vec<_> = places
        .iter()
        .map(|(dx, lines, anchor)| (dx * s, lines * layout.sizes.label, *anchor))
        .collect();
    draft
        .labels
        .push(label.class("recordname", hue).or(&places));
}

fn arrival(
    draft: &mut Draft,
    tape: &Tape,
    layout: &Layout,
    message: &Message,
    from: (f64, f64),
    (x, y): (f64, f64),
) {
    let s = layout.sizes.scale;
    let at = message.ended();
    let hue = message
        .records
        .first()
        .map_or(Hue(0), |record| tape.hue(*record));
    match (message.ending, message.cargo) {
        (Ending::Arrived, Cargo::Produce { .. } | Cargo::Copies) if message.landing.is_some() => {
            let (class, half) = match message.cargo {
                Cargo::Copies => ("square copy", 4.0 * s),
                _ => ("square", 5.0 * s),
            };
            let count = message.records.len().min(3);
            let square = |index: usize| {
                let x = x + (index as f64 - (count - 1) as f64 / 2.0) * half * 1.5;
                Shape::rect(class, x - half, y - half, 2.0 * half, 2.0 * half, 0.0)
                    .hue(tape.hue(message.records[index]))
            };
            draft.stamp(at, (0..count).map(square).collect());
            draft.block(at, x, y, (15.0 * s, 15.0 * s));
        }
        (Ending::Arrived, Cargo::Answer) => {
            let shapes = if message.error == ErrorCode::None {
                marks::tick(x, y, s, hue)
            } else {
                marks::octagon(x, y, 6.0 * s)
            };
            draft.stamp(at, shapes);
            draft.block(at, x, y, (15.0 * s, 15.0 * s));
        }
        (Ending::Chosen, _) => {
            let disc = tape.marks.iter().any(|mark| mark.on == Some(message.id));
            let beyond = (y - from.1).signum() * if disc { 1.6 } else { 1.0 };
            draft.stamp(at, vec![marks::diamond(x, y + beyond * 11.0 * s, s)]);
            draft.block(at, x, y + beyond * 8.0 * s, (18.0 * s, 22.0 * s));
            let label = Label::new(
                at,
                2,
                (x + 12.0 * s, y + beyond * 11.0 * s + 4.0 * s),
                "connection reset",
                layout.sizes.label,
            );
            draft.labels.push(label.short("reset").or(&[
                (-24.0 * s, 0.0, Anchor::End),
                (-12.0 * s, 20.0 * s, Anchor::Middle),
                (0.0, -18.0 * s, Anchor::Start),
            ]));
        }
        _ => {}
    }
}

fn control_word(
    draft: &mut Draft,
    layout: &Layout,
    message: &Message,
    word: &str,
    corners: &[(f64, f64)],
) {
    if word.is_empty() {
        return;
    }
    let s = layout.sizes.scale;
    let (a, b) = (corners[0], corners[corners.len() - 1]);
    let middle = (a.0.midpoint(b.0) + 7.0 * s, a.1.midpoint(b.1));
    let label = Label::new(message.sent(), 6, middle, word, layout.sizes.label);
    let quarter = (b.1 - a.1) * 0.25;
    draft.labels.push(label.or(&[
        (-14.0 * s, 0.0, Anchor::End),
        (2.0 * s, quarter, Anchor::Start),
        (-2.0 * s, -quarter, Anchor::Start),
        (-16.0 * s, quarter, Anchor::End),
        (-16.0 * s, -quarter, Anchor::End),
    ]));
}
