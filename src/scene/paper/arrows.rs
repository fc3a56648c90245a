//! Messages as lines. A casing in the ground's colour lets a line bridge the lanes that it crosses.

use super::Draft;
use crate::scene::layout::Layout;
use crate::scene::marks;
use crate::scene::shape::{Hue, Shape, n};
use crate::scene::tape::{Cargo, Ending, Life, Message, Tape};

/// Line width of a message, in px at scale 1: `style/drawing.css` has the same.
fn line_width(message: &Message) -> f64 {
    match message.cargo {
        Cargo::Produce { .. } => 2.5,
        Cargo::Copies => 2.0,
        Cargo::Answer => 1.5,
        Cargo::Control(_) => 1.25,
    }
}

/// Class of the line, and of its head.
fn classes(message: &Message) -> (&'static str, &'static str) {
    match message.cargo {
        Cargo::Produce { .. } if message.records.len() > 3 => ("arrow produce many", "head"),
        Cargo::Produce { .. } => ("arrow produce", "head"),
        Cargo::Copies if message.records.len() > 3 => ("arrow copies many", "head"),
        Cargo::Copies => ("arrow copies", "head"),
        Cargo::Answer => ("arrow answer", "head"),
        Cargo::Control(_) => ("arrow control", "head control"),
    }
}

/// One line of a message: the way of its one hue, beside the ways of its other hues.
fn strands(tape: &Tape, message: &Message) -> Vec<Hue> {
    let hues: Vec<Hue> = message
        .records
        .iter()
        .map(|record| tape.hue(*record))
        .collect();
    match (message.cargo, hues.as_slice()) {
        (Cargo::Control(_), _) | (_, []) => vec![Hue(0)],
        (Cargo::Answer, [first, ..]) => vec![*first],
        (_, few) if few.len() <= 3 => few.to_vec(),
        (_, [first, ..]) => vec![*first],
    }
}

/// The corners of a message's way on paper; none if it is not drawn in this form.
pub fn corners(message: &Message, layout: &Layout) -> Option<Vec<(f64, f64)>> {
    if !message.is_drawn(layout.form) {
        return None;
    }
    let from = layout.row(message.from)?.y();
    let to = layout.row(message.to)?.y();
    Some(
        message
            .path
            .iter()
            .map(|(at, part)| (layout.x(*at), from + (to - from) * part))
            .collect(),
    )
}

/// Draws all messages: first every casing, so that none covers another message, then the lines.
pub fn draw(draft: &mut Draft, tape: &Tape, layout: &Layout) {
    let drawn: Vec<(&Message, Vec<(f64, f64)>)> = tape
        .messages
        .iter()
        .filter_map(|message| Some((message, trimmed(tape, layout, message)?)))
        .collect();
    for (message, points) in &drawn {
        let air = if matches!(message.cargo, Cargo::Control(_)) {
            2.5
        } else {
            4.0
        };
        let width = line_width(message) * layout.sizes.scale
            + layout.px(air)
            + spread(tape, layout, message);
        for pair in points.windows(2) {
            draft.in_the_way.lines.push([pair[0], pair[1]]);
            casing(draft, layout, pair[0], pair[1], width);
        }
    }
    for (message, points) in &drawn {
        line(draft, tape, layout, message, points);
    }
}

/// Distance of the outermost strands of a message.
fn spread(tape: &Tape, layout: &Layout, message: &Message) -> f64 {
    (strands(tape, message).len() - 1) as f64 * strand_gap(layout, message)
}

fn strand_gap(layout: &Layout, message: &Message) -> f64 {
    layout.px(line_width(message) + 1.5)
}

/// The way of a message without the room that its stations take; none if it is not drawn in this form.
fn trimmed(tape: &Tape, layout: &Layout, message: &Message) -> Option<Vec<(f64, f64)>> {
    let mut points = corners(message, layout)?;
    let last = points.len() - 1;
    let room = layout.px(station_room(tape, message));
    points[last] = shorten(points[last - 1], points[last], room);
    if message.cargo == Cargo::Answer {
        points[0] = shorten(points[1], points[0], layout.px(6.0));
    }
    Some(points)
}

/// Room that a station takes at the end of a line.
fn station_room(tape: &Tape, message: &Message) -> f64 {
    let leads = tape.spells.iter().any(|spell| {
        spell.lane == message.to
            && spell.life == Life::Leads
            && spell.from <= message.ended()
            && spell.to.is_none_or(|to| message.ended() < to)
    });
    match message.cargo {
        _ if message.ending != Ending::Arrived => 0.0,
        Cargo::Produce { .. } => 6.0,
        Cargo::Copies => 5.0,
        Cargo::Answer => 7.0,
        Cargo::Control(_) if leads => 4.0,
        Cargo::Control(_) => 1.0,
    }
}

fn line(draft: &mut Draft, tape: &Tape, layout: &Layout, message: &Message, points: &[(f64, f64)]) {
    let s = layout.sizes.scale;
    let (class, head_class) = classes(message);
    let hues = strands(tape, message);
    let (gap, spread) = (strand_gap(layout, message), spread(tape, layout, message));
    for (index, hue) in hues.iter().enumerate() {
        let aside = (index as f64) * gap - spread / 2.0;
        draft
            .ground
            .push(Shape::path(class, through(points, aside)).hue(*hue));
    }
    let (before, tip) = (points[points.len() - 2], points[points.len() - 1]);
    if message.ending == Ending::Arrived {
        let size = if matches!(message.cargo, Cargo::Control(_)) {
            5.0
        } else {
            6.5 + spread / 2.0
        };
        draft
            .ground
            .push(marks::head(head_class, before, tip, size * s).hue(hues[0]));
    } else if message.ending != Ending::Open {
        draft
            .ground
            .push(blunt(class, before, tip, 5.0 * s).hue(hues[0]));
    }
}

/// The second point, moved towards the first.
fn shorten(from: (f64, f64), to: (f64, f64), by: f64) -> (f64, f64) {
    let length = (to.0 - from.0).hypot(to.1 - from.1).max(1e-6);
    let part = (by / length).min(0.9);
    (to.0 - (to.0 - from.0) * part, to.1 - (to.1 - from.1) * part)
}

/// A path through points, all moved aside by the same distance across the first stretch.
fn through(points: &[(f64, f64)], aside: f64) -> String {
    let (a, b) = (points[0], points[1]);
    let length = (b.0 - a.0).hypot(b.1 - a.1).max(1e-6);
    let (dx, dy) = (-(b.1 - a.1) / length * aside, (b.0 - a.0) / length * aside);
    let corners: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{} {}", n(x + dx), n(y + dy)))
        .collect();
    format!("M{}", corners.join("L"))
}

/// The casing of a stretch: in the colour of the cluster's band inside it, of the paper outside, and not near its ends.
fn casing(draft: &mut Draft, layout: &Layout, from: (f64, f64), to: (f64, f64), width: f64) {
    let air = layout.px(9.0);
    let (a, b) = (shorten(to, from, air), shorten(from, to, air));
    if (b.1 - a.1).abs() < 1.0 || (a.1 - b.1).signum() != (from.1 - to.1).signum() {
        return;
    }
    let edge = layout.cluster.0;
    let at_edge = (a.0 + (b.0 - a.0) * (edge - a.1) / (b.1 - a.1), edge);
    let mut push = |from: (f64, f64), to: (f64, f64)| {
        let class = if layout.in_cluster(from.1.midpoint(to.1)) {
            "casing inside"
        } else {
            "casing"
        };
        let (half, bottom) = (width / 2.0, [(from.0, from.1), (to.0, to.1)]);
        let length = (to.0 - from.0).hypot(to.1 - from.1).max(1e-6);
        let (dx, dy) = (
            -(to.1 - from.1) / length * half,
            (to.0 - from.0) / length * half,
        );
        let d = format!(
            "M{} {}L{} {}L{} {}L{} {}Z",
            n(bottom[0].0 + dx),
            n(bottom[0].1 + dy),
            n(bottom[1].0 + dx),
            n(bottom[1].1 + dy),
            n(bottom[1].0 - dx),
            n(bottom[1].1 - dy),
            n(bottom[0].0 - dx),
            n(bottom[0].1 - dy)
        );
        draft.ground.push(Shape::path(class, d));
    };
    if a.1.min(b.1) < edge && edge < a.1.max(b.1) {
        push(a, at_edge);
        push(at_edge, b);
    } else {
        push(a, b);
    }
}

/// The end of a message that never arrived: a bar across its line.
fn blunt(class: &'static str, from: (f64, f64), tip: (f64, f64), half: f64) -> Shape {
    let length = (tip.0 - from.0).hypot(tip.1 - from.1).max(1e-6);
    let (dx, dy) = (
        (tip.1 - from.1) / length * half,
        -(tip.0 - from.0) / length * half,
    );
    let class = if class.starts_with("arrow control") {
        "blunt control"
    } else {
        "blunt"
    };
    Shape::line(class, (tip.0 - dx, tip.1 - dy), (tip.0 + dx, tip.1 + dy))
}
