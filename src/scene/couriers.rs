//! Couriers: what is on its way at an instant. A courier rides on the window's left side, and its height is a pure function
//! of the tape and the time.

use super::layout::{CROWN_FROM, Layout};
use super::marks;
use super::shape::{Anchor, Hue, Shape, Text, n};
use super::tape::{Cargo, Message, Tape};
use super::window::{Columns, RowView, Window};
use super::words;
use crate::model::time::SimTime;
use crate::model::wire::ErrorCode;

/// Messages that are on their way, in the order of sending.
pub fn in_flight(tape: &Tape, now: SimTime) -> impl Iterator<Item = &Message> {
    tape.messages
        .iter()
        .filter(move |message| message.in_flight(now))
}

/// A message in a sentence: “Produce m3 from p1 to broker 1”.
#[must_use]
pub fn name(tape: &Tape, message: &Message) -> String {
    let what = match message.cargo {
        Cargo::Produce { retry: true } => format!("Produce {} again", tape.names(&message.records)),
        Cargo::Produce { retry: false } => format!("Produce {}", tape.names(&message.records)),
        Cargo::Answer => format!("answer to {}", tape.names(&message.records)),
        Cargo::Copies => format!("Fetch response with {}", tape.names(&message.records)),
        Cargo::Control("") => "metadata".to_owned(),
        Cargo::Control(word) => word.to_owned(),
    };
    format!(
        "{what} from {} to {}",
        tape.called(message.from),
        tape.called(message.to)
    )
}

/// The height of a courier at an instant, in the picture; none if one of its lanes is not drawn.
#[must_use]
pub fn height(message: &Message, layout: &Layout, now: SimTime) -> Option<f64> {
    if !message.is_drawn(layout.form) {
        return None;
    }
    let from = layout.row(message.from)?.y();
    let to = layout.row(message.to)?.y();
    Some(from + (to - from) * message.part_at(now))
}

/// Radius of a courier.
#[must_use]
pub fn radius(tape: &Tape, message: &Message, layout: &Layout) -> f64 {
    let label = words::width(&label(tape, message), layout.sizes.label, true);
    match message.cargo {
        Cargo::Control(_) => layout.px(7.0),
        _ => (label / 2.0 + 4.5).max(layout.px(15.0)),
    }
}

fn label(tape: &Tape, message: &Message) -> String {
    match message.records.as_slice() {
        [one] => tape.label(*one).to_owned(),
        [first, .., last] => format!("{}–{}", tape.label(*first), tape.label(*last)),
        [] => String::new(),
    }
}

/// The shapes of a courier around its centre.
#[must_use]
pub fn shapes(tape: &Tape, message: &Message, layout: &Layout) -> Vec<Shape> {
    let r = radius(tape, message, layout);
    let s = layout.sizes.scale;
    let hue = message
        .records
        .first()
        .map_or(Hue(0), |record| tape.hue(*record));
    let (disc, word) = match message.cargo {
        Cargo::Produce { .. } | Cargo::Copies => ("courier", "courierword"),
        Cargo::Answer => ("courier hollow", "courierword hollow"),
        Cargo::Control(_) => {
            return vec![
                Shape::circle("courier control", 0.0, 0.0, r),
                Shape::circle("courierdot", 0.0, 0.0, r * 0.36),
            ];
        }
    };
    let text = Text {
        x: 0.0,
        y: layout.sizes.label * 0.36,
        words: label(tape, message),
        anchor: Anchor::Middle,
        size: layout.sizes.label,
        bold: true,
        upright: false,
    };
    let mut shapes = vec![
        Shape::circle(disc, 0.0, 0.0, r).hue(hue),
        Shape::text(word, text).hue(hue),
    ];
    if message.cargo == Cargo::Answer && message.error == ErrorCode::None {
        shapes.extend(marks::tick(r * 0.82, r * 0.82, s, hue));
    } else if message.cargo == Cargo::Answer {
        shapes.extend(marks::octagon(r * 0.82, r * 0.82, 6.0 * s));
    }
    shapes
}

/// Rows with crowns need more air around their stations.
fn row_is_tall(height: f64) -> bool {
    height >= CROWN_FROM
}

/// The dotted way from a courier to its slot, in the window's coordinates; none where it would cross other rows.
#[must_use]
pub fn way(
    tape: &Tape,
    message: &Message,
    layout: &Layout,
    window: &Window,
    now: SimTime,
) -> Option<Shape> {
    let logs = match window.rows.get(&message.to) {
        Some(RowView::Broker(_, logs, _)) => logs,
        _ => return None,
    };
    let columns = Columns::of(layout, window.longest);
    let landing = message.landing?;
    let y = height(message, layout, now)?;
    let index = logs
        .iter()
        .position(|log| log.partition == landing.partition)?;
    let row = layout
        .row(message.to)
        .filter(|_| columns.is_open(landing.base_offset.0))?;
    let slot_y = layout.log_y(row, index, logs.len());
    let x = columns.x(layout, landing.base_offset.0) + layout.inside.cell / 2.0;
    let (half, s) = (layout.inside.cell_height / 2.0 + 3.0, layout.sizes.scale);
    let air = if row_is_tall(row.height) {
        31.0 * s
    } else {
        18.0 * s
    };
    let off = (y - slot_y).abs();
    if off < air.max(half) || off > row.height * 0.75 {
        return None;
    }
    let comes_from_above = y <= slot_y;
    let (end, bend) = if comes_from_above {
        (slot_y - half, -24.0 * s)
    } else {
        (slot_y + half, 24.0 * s)
    };
    let d = format!(
        "M0 {}C{} {},{} {},{} {}",
        n(y),
        n(60.0 * s),
        n(y + 4.0 * s),
        n(x),
        n(end + bend),
        n(x),
        n(end)
    );
    let hue = message
        .records
        .first()
        .map_or(Hue(0), |record| tape.hue(*record));
    Some(Shape::path("way", d).hue(hue))
}
