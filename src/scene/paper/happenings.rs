//! What happens on a lane: crashes, starts, crowns, elections, losses, refusals.

use super::Draft;
use super::arrows::corners;
use crate::scene::labels::Label;
use crate::scene::layout::Layout;
use crate::scene::marks;
use crate::scene::shape::Anchor::{End, Middle, Start};
use crate::scene::shape::{Anchor, Hue, Shape};
use crate::scene::tape::{Mark, MarkKind, Tape};

/// A place for words: offset from the mark at scale 1, lines of text further down, where on the point.
type Place = (f64, f64, f64, Anchor);

/// Where the words of a kind of mark stand, and what room the mark takes: centre and size, at scale 1.
struct Manner {
    priority: u8,
    room: Option<[f64; 4]>,
    places: &'static [Place],
    class: &'static str,
    bold: bool,
}

/// At the right, a little up; else at the other corners.
const BESIDE: &[Place] = &[
    (12.0, -9.0, 0.0, Start),
    (-12.0, -9.0, 0.0, End),
    (12.0, 8.0, 1.0, Start),
    (-12.0, 8.0, 1.0, End),
    (0.0, -12.0, -1.0, Middle),
];
/// Above; else beside or below.
const ABOVE: &[Place] = &[
    (0.0, -12.0, 0.0, Middle),
    (-10.0, -11.0, 0.0, End),
    (10.0, -11.0, 0.0, Start),
    (0.0, 12.0, 1.0, Middle),
    (10.0, 8.0, 1.0, Start),
    (-10.0, 8.0, 1.0, End),
];
/// Over the diamond of a crash.
const OVER_CRASH: &[Place] = &[
    (0.0, -34.0, 0.0, Middle),
    (-12.0, -18.0, 0.0, End),
    (12.0, -18.0, 0.0, Start),
    (0.0, 18.0, 1.0, Middle),
];
/// Over the bar of a stop.
const OVER_BAR: &[Place] = &[
    (0.0, -20.0, 0.0, Middle),
    (-8.0, -9.0, 0.0, End),
    (8.0, -9.0, 0.0, Start),
    (0.0, 20.0, 1.0, Middle),
    (8.0, 8.0, 1.0, Start),
    (-8.0, 8.0, 1.0, End),
];
/// Right of a crown, which is below its lane.
const BY_CROWN: &[Place] = &[
    (19.0, 21.0, 0.0, Start),
    (18.0, 31.0, 0.0, Start),
    (18.0, -12.0, 0.0, Start),
];
/// Close to a dot.
const BY_DOT: &[Place] = &[
    (8.0, -7.0, 0.0, Start),
    (-8.0, -7.0, 0.0, End),
    (8.0, 5.0, 1.0, Start),
    (-8.0, 5.0, 1.0, End),
];

const PLAIN: Manner = Manner {
    priority: 2,
    room: Some([0.0, 0.0, 16.0, 16.0]),
    places: ABOVE,
    class: "word",
    bold: false,
};
const TROUBLE: Manner = Manner {
    priority: 1,
    room: Some([0.0, 0.0, 18.0, 18.0]),
    places: BESIDE,
    class: "word told",
    bold: true,
};

fn manner(kind: MarkKind) -> Manner {
    match kind {
        MarkKind::Lost => Manner {
            class: "word lost",
            ..TROUBLE
        },
        MarkKind::Refused => TROUBLE,
        MarkKind::Crash => Manner {
            room: Some([0.0, -7.0, 18.0, 46.0]),
            places: OVER_CRASH,
            ..PLAIN
        },
        MarkKind::Stop => Manner {
            room: Some([0.0, 0.0, 10.0, 32.0]),
            places: OVER_BAR,
            ..PLAIN
        },
        MarkKind::Start
        | MarkKind::Pause
        | MarkKind::Resume
        | MarkKind::Truncated
        | MarkKind::Deleted
        | MarkKind::Held => PLAIN,
        MarkKind::Leads => Manner {
            priority: 7,
            room: Some([8.0, 16.0, 16.0, 12.0]),
            places: BY_CROWN,
            ..PLAIN
        },
        MarkKind::Decides => Manner {
            priority: 5,
            room: Some([0.0, 0.0, 9.0, 9.0]),
            places: BY_DOT,
            ..PLAIN
        },
        MarkKind::Word => Manner {
            priority: 5,
            room: None,
            places: BESIDE,
            ..PLAIN
        },
    }
}

fn shapes(kind: MarkKind, x: f64, y: f64, s: f64) -> Vec<Shape> {
    match kind {
        MarkKind::Lost => marks::lost(x, y, 8.0 * s),
        MarkKind::Crash => vec![marks::stop(x, y, s), marks::diamond(x, y - 22.0 * s, s)],
        MarkKind::Stop => vec![marks::stop(x, y, s)],
        MarkKind::Pause => marks::pause(x, y, s),
        MarkKind::Resume => vec![marks::resume(x, y, s)],
        MarkKind::Deleted => marks::deleted(x, y, s),
        MarkKind::Refused => marks::octagon(x, y, 8.0 * s),
        MarkKind::Start => vec![Shape::circle("startring", x, y, 5.5 * s)],
        MarkKind::Truncated => marks::truncated(x, y, s),
        MarkKind::Held => vec![marks::diamond(x, y, s)],
        MarkKind::Leads => vec![marks::crown("crown", x + 8.0 * s, y + 16.0 * s, 0.85 * s)],
        MarkKind::Decides => vec![Shape::circle("decides", x, y, 4.0 * s)],
        MarkKind::Word => Vec::new(),
    }
}

/// Draws all marks.
pub fn draw(draft: &mut Draft, tape: &Tape, layout: &Layout) {
    for mark in &tape.marks {
        let Some(row) = layout.row(mark.lane) else {
            continue;
        };
        let s = layout.sizes.scale;
        let (x, y) = end_of_way(mark, tape, layout).unwrap_or((layout.x(mark.at), row.y()));
        let manner = manner(mark.kind);
        let shapes = shapes(mark.kind, x, y, s);
        if !shapes.is_empty() {
            draft.stamp(mark.at, shapes);
        }
        if let Some([dx, dy, w, h]) = manner.room {
            draft.block(mark.at, x + dx * s, y + dy * s, (w * s, h * s));
        }
        if !mark.words.is_empty() {
            draft.labels.push(words(mark, &manner, (x, y), layout));
        }
    }
}

fn words(mark: &Mark, manner: &Manner, (x, y): (f64, f64), layout: &Layout) -> Label {
    let (s, size) = (layout.sizes.scale, layout.sizes.label);
    let offset = |place: &Place| (place.0 * s, place.1 * s + place.2 * size, place.3);
    let (dx, dy, anchor) = offset(&manner.places[0]);
    let others: Vec<_> = manner.places[1..]
        .iter()
        .map(|place| {
            let (ox, oy, anchor) = offset(place);
            (ox - dx, oy - dy, anchor)
        })
        .collect();
    let mut label = Label::new(
        mark.at,
        manner.priority,
        (x + dx, y + dy),
        &mark.words,
        size,
    )
    .anchor(anchor)
    .class(manner.class, Hue(0))
    .short(&mark.short)
    .or(&others);
    label.text.bold = manner.bold;
    label
}

/// Where the way of a mark's message ends, or where it began to wait.
fn end_of_way(mark: &Mark, tape: &Tape, layout: &Layout) -> Option<(f64, f64)> {
    let id = mark.on?;
    let message = tape.messages.iter().find(|message| message.id == id)?;
    let corners = corners(message, layout)?;
    if mark.kind == MarkKind::Held {
        let began = message.path.iter().position(|(at, _)| *at == mark.at)?;
        return corners.get(began).copied();
    }
    corners.last().copied()
}
