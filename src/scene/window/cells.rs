//! Cells, stations and the producers' circles of the window.

use super::columns::Columns;
use super::state::{CellState, CellView, SendView, Station};
use crate::model::board::{Liveness, SendState};
use crate::scene::layout::{CROWN_FROM, Layout, Row};
use crate::scene::marks;
use crate::scene::shape::{Hue, Shape, Text, n};
use crate::scene::tape::Tape;
use crate::scene::words;

/// A record in a log, its top left corner at a point. Its fate is the rim, its hue inside.
pub fn cell(
    tape: &Tape,
    layout: &Layout,
    columns: &Columns,
    cell: &CellView,
    y: f64,
) -> Vec<Shape> {
    let s = layout.sizes.scale;
    let (w, h) = (layout.inside.cell, layout.inside.cell_height);
    let (x, top) = (columns.x(layout, cell.offset.0), y - h / 2.0);
    let hue = tape.hue_of(cell.content);
    let rect = |class| Shape::rect(class, x, top, w, h, 3.0 * s).hue(hue);
    let mut shapes = Vec::new();
    if cell.second {
        shapes.push(Shape::rect(
            "cell behind",
            x + 4.0 * s,
            top - 4.0 * s,
            w,
            h,
            3.0 * s,
        ));
    }
    let Some((body, word)) = classes(cell.state) else {
        return vec![rect("cell landing")];
    };
    shapes.push(rect(body));
    let troubled = cell.second || cell.overtook;
    if troubled && matches!(cell.state, CellState::Committed | CellState::Above) {
        shapes.push(Shape::rect("cell rim", x, top, w, h, 3.0 * s));
    }
    if cell.state == CellState::Lost {
        shapes.push(hatch(x, top, w, h, 6.0 * s));
    }
    shapes.push(
        Shape::text(
            word,
            Text::middle(
                x + w / 2.0,
                y,
                tape.label_of(cell.content),
                layout.sizes.cell_label,
            ),
        )
        .hue(hue),
    );
    if cell.state == CellState::Lost {
        shapes.extend(marks::lost(x + w - 1.0, top + 1.0, 8.5 * s));
    }
    let stroke = match cell.state {
        CellState::Truncated => Some("cutstroke"),
        CellState::Deleted => Some("cutstroke plain"),
        _ => None,
    };
    if let Some(stroke) = stroke {
        shapes.push(Shape::line(
            stroke,
            (x - 3.0, top + h + 3.0),
            (x + w + 3.0, top - 3.0),
        ));
    }
    if cell.overtook {
        shapes.extend(marks::swap(x + w - 2.0, top + 1.0, 8.0 * s));
    }
    if cell.second {
        shapes.extend(marks::pill(
            x + w,
            top + h - 1.0,
            "×2",
            layout.sizes.label.min(12.0),
        ));
    }
    shapes
}

/// The classes of a cell and of its label; none for a cell that has no label yet.
fn classes(state: CellState) -> Option<(&'static str, &'static str)> {
    Some(match state {
        CellState::Landing => return None,
        CellState::Committed => ("cell", "celllabel"),
        CellState::Above => ("cell above", "celllabel"),
        CellState::OutOfReach => ("cell ghost", "celllabel ghost"),
        CellState::Lost => ("cell lost", "celllabel onhatch"),
        CellState::Truncated => ("cell truncated", "celllabel ghost"),
        CellState::Deleted => ("cell deleted", "celllabel ghost"),
    })
}

/// Slanted strokes across a box, each cut at its edges.
fn hatch(x: f64, y: f64, w: f64, h: f64, pitch: f64) -> Shape {
    let step = pitch * std::f64::consts::SQRT_2;
    let mut d = String::new();
    let mut reach = step / 2.0;
    while reach < w + h {
        let (x1, y1) = (reach.min(w), (reach - w).max(0.0));
        let (x2, y2) = ((reach - h).max(0.0), reach.min(h));
        d.push_str(&format!(
            "M{} {}L{} {}",
            n(x + x1),
            n(y + y1),
            n(x + x2),
            n(y + y2)
        ));
        reach += step;
    }
    Shape::path("hatch", d)
}

/// A broker's ring: double in sync, single out of it, dashed when down; solid and crowned when it leads.
pub fn station(layout: &Layout, row: &Row, station: &Station) -> Vec<Shape> {
    let s = layout.sizes.scale;
    let (x, y) = (layout.inside.station, row.y());
    let down = station.liveness == Liveness::Down;
    let ring = match station.liveness {
        Liveness::Down => "ring down",
        Liveness::Paused => "ring paused",
        Liveness::Starting => "ring starting",
        Liveness::Running => "ring",
    };
    let mut shapes = vec![Shape::circle(ring, x, y, 14.0 * s)];
    if station.in_sync && !down {
        let inner = if station.leads {
            "inner leads"
        } else {
            "inner"
        };
        shapes.push(Shape::circle(inner, x, y, 10.5 * s));
    } else if station.leads {
        shapes.push(Shape::circle("inner leads", x, y, 10.5 * s));
    }
    let word = match (down, station.leads) {
        (true, _) => "ringlabel down",
        (_, true) => "ringlabel leads",
        _ => "ringlabel",
    };
    let number = station.broker.to_string();
    shapes.push(Shape::text(
        word,
        Text::middle(x, y, &number, layout.sizes.label),
    ));
    if station.leads && row.height >= CROWN_FROM {
        shapes.push(marks::crown("crown haloed", x, y - 22.0 * s, s));
    }
    shapes
}

/// A producer's sends, in order, clearly apart from the ruler.
pub fn sends(tape: &Tape, layout: &Layout, row: &Row, sends: &[SendView]) -> Vec<Shape> {
    let s = layout.sizes.scale;
    let size = layout.sizes.label;
    let widest = sends
        .iter()
        .map(|send| words::width(tape.label(send.record), size, true))
        .fold(0.0, f64::max);
    let r = (13.0 * s).max(widest / 2.0 + 3.0);
    let left = layout.inside.station - 14.0 * s + r;
    let right = layout
        .inside
        .text
        .map_or(layout.inside.width - 10.0, |text| text - 10.0)
        - r
        - 4.0;
    let pitch = (2.0 * r + 9.0 * s)
        .min(((right - left) / (sends.len().max(2) - 1) as f64).max(2.0 * r + 4.0));
    let room = ((right - left) / pitch).floor().max(0.0) as usize + 1;
    let hidden = sends.len().saturating_sub(room);
    let mut shapes = Vec::new();
    for (index, send) in sends[hidden..].iter().enumerate() {
        shapes.extend(circle(
            tape,
            layout,
            left + index as f64 * pitch,
            row.y(),
            r,
            send,
        ));
    }
    shapes
}

fn circle(tape: &Tape, layout: &Layout, x: f64, y: f64, r: f64, send: &SendView) -> Vec<Shape> {
    let s = layout.sizes.scale;
    let hue = tape.hue(send.record);
    let class = match send.state {
        SendState::Open => "send open",
        SendState::Failed(_) => "send failed",
        SendState::Acknowledged(_) if send.gone => "send no-more",
        SendState::Acknowledged(_) => "send",
    };
    let label = Text::middle(x, y, tape.label(send.record), layout.sizes.label);
    let mut shapes = vec![
        Shape::circle(class, x, y, r).hue(hue),
        Shape::text("celllabel", label),
    ];
    let (bx, by) = (x + r * 0.82, y + r * 0.86);
    match send.state {
        SendState::Acknowledged(Some(_)) => shapes.extend(marks::tick(bx, by, 0.85 * s, hue)),
        SendState::Failed(_) => shapes.extend(marks::octagon(bx, by, 6.5 * s)),
        SendState::Open | SendState::Acknowledged(None) => {}
    }
    if send.gone {
        shapes.extend(marks::lost(x + r * 0.8, y - r * 0.8, 7.0 * s));
    }
    shapes
}

/// Two lines at the right of a row: the first is what matters.
pub fn lines(layout: &Layout, y: f64, [first, second]: &[String; 2]) -> Vec<Shape> {
    let Some(x) = layout.inside.text else {
        return Vec::new();
    };
    let size = layout.sizes.label;
    let line = |words: &String, y: f64, bold: bool, class| {
        let text = Text {
            x,
            y,
            words: words.clone(),
            size,
            bold,
            ..Text::default()
        };
        Shape::text(class, text).hue(Hue(0))
    };
    if second.is_empty() {
        return vec![line(first, y + size * 0.36, true, "fact")];
    }
    vec![
        line(first, y - 3.0 * layout.sizes.scale, true, "fact"),
        line(second, y + size + 1.0, false, "fact second"),
    ]
}
