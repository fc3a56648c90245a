//! What happens on a lane: crashes, starts, crowns, elections, losses, refusals.

use super::Draft;
use crate::scene::labels::Label;
use crate::scene::layout::Layout;
use crate::scene::marks;
use crate::scene::shape::{Anchor, Hue, Shape};
use crate::scene::tape::{Mark, MarkKind, Tape};

/// How a mark is drawn and where its words may stand.
struct Look {
    shapes: Vec<Shape>,
    /// Centre and size of the room that it takes.
    room: Option<(f64, f64, f64, f64)>,
    priority: u8,
    word: (f64, f64, Anchor),
    others: Vec<(f64, f64, Anchor)>,
    class: &'static str,
    bold: bool,
}

/// Draws all marks.
pub fn draw(draft: &mut Draft, tape: &Tape, layout: &Layout) {
    for mark in &tape.marks {
        let Some(row) = layout.row(mark.lane) else {
            continue;
        };
        let (x, y, s) = (layout.x(mark.at), row.y(), layout.sizes.scale);
        let look = look(mark, x, y, s, layout.sizes.label);
        if !look.shapes.is_empty() {
            draft.stamp(mark.at, look.shapes);
        }
        if let Some((dx, dy, w, h)) = look.room {
            draft.block(mark.at, x + dx * s, y + dy * s, (w * s, h * s));
        }
        if mark.words.is_empty() {
            continue;
        }
        let (dx, dy, anchor) = look.word;
        let point = (x + dx * s, y + dy * s);
        let mut label = Label::new(
            mark.at,
            look.priority,
            point,
            &mark.words,
            layout.sizes.label,
        )
        .anchor(anchor)
        .class(look.class, Hue(0))
        .short(&mark.short);
        label.text.bold = look.bold;
        let others: Vec<_> = look
            .others
            .iter()
            .map(|(ox, oy, anchor)| ((ox - dx) * s, (oy - dy) * s, *anchor))
            .collect();
        draft.labels.push(label.or(&others));
    }
}

fn look(mark: &Mark, x: f64, y: f64, s: f64, size: f64) -> Look {
    use Anchor::{End, Middle, Start};
    let line = size / s;
    let beside = vec![
        (-12.0, -8.0, End),
        (12.0, 8.0 + line, Start),
        (-12.0, 8.0 + line, End),
        (0.0, -12.0 - line, Middle),
    ];
    let above = vec![
        (-10.0, -11.0, End),
        (10.0, -11.0, Start),
        (0.0, 12.0 + line, Middle),
        (10.0, 8.0 + line, Start),
        (-10.0, 8.0 + line, End),
    ];
    let plain = |shapes, room, priority, word, others| Look {
        shapes,
        room,
        priority,
        word,
        others,
        class: "word",
        bold: false,
    };
    match mark.kind {
        MarkKind::Lost => Look {
            class: "word lost",
            bold: true,
            ..plain(
                marks::lost(x, y, 8.0 * s),
                Some((0.0, 0.0, 18.0, 18.0)),
                1,
                (13.0, -8.0, Start),
                beside,
            )
        },
        MarkKind::Crash => {
            let bar = Shape::rect("stop", x - 2.0 * s, y - 15.0 * s, 4.0 * s, 30.0 * s, 0.0);
            let shapes = vec![bar, marks::diamond(x, y - 22.0 * s, s)];
            let others = vec![
                (-12.0, -18.0, End),
                (12.0, -18.0, Start),
                (0.0, 18.0 + line, Middle),
            ];
            plain(
                shapes,
                Some((0.0, -7.0, 18.0, 46.0)),
                2,
                (0.0, -34.0, Middle),
                others,
            )
        }
        MarkKind::Refused => Look {
            class: "word told",
            bold: true,
            ..plain(
                marks::octagon(x, y, 8.0 * s),
                Some((0.0, 0.0, 18.0, 18.0)),
                1,
                (12.0, -9.0, Start),
                beside,
            )
        },
        MarkKind::Placed => plain(
            vec![marks::diamond(x, y, s)],
            Some((0.0, 0.0, 16.0, 16.0)),
            2,
            (12.0, -9.0, Start),
            beside,
        ),
        MarkKind::Start => {
            let ring = Shape::circle("startring", x, y, 5.5 * s);
            plain(
                vec![ring],
                Some((0.0, 0.0, 15.0, 15.0)),
                2,
                (0.0, -12.0, Middle),
                above,
            )
        }
        MarkKind::Truncated => plain(
            marks::truncated(x, y, s),
            Some((0.0, 0.0, 16.0, 16.0)),
            2,
            (0.0, -12.0, Middle),
            above,
        ),
        MarkKind::Leads => {
            let below = vec![(18.0, 31.0, Start), (18.0, -12.0, Start)];
            plain(
                vec![marks::crown("crown", x + 8.0 * s, y + 16.0 * s, 0.85 * s)],
                Some((8.0, 16.0, 16.0, 12.0)),
                7,
                (19.0, 21.0, Start),
                below,
            )
        }
        MarkKind::Decides => {
            let others = vec![
                (-8.0, -7.0, End),
                (8.0, 5.0 + line, Start),
                (-8.0, 5.0 + line, End),
            ];
            plain(
                vec![Shape::circle("decides", x, y, 4.0 * s)],
                Some((0.0, 0.0, 9.0, 9.0)),
                5,
                (8.0, -7.0, Start),
                others,
            )
        }
        MarkKind::Twice => plain(
            marks::pill(x, y - 14.0 * s, "×2", size * 0.95),
            Some((0.0, -14.0, 26.0, 18.0)),
            2,
            (16.0, -10.0, Start),
            beside,
        ),
        MarkKind::Word => plain(Vec::new(), None, 5, (9.0, -9.0, Start), above),
    }
}
