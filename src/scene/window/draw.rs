//! The window as shapes, from its own left side. In groups, so that the page changes only what changed.

use super::cells;
use super::columns::Columns;
use super::consumers;
use super::state::{CellState, LogView, RowView, Window};
use crate::model::ids::{BrokerId, NodeId};
use crate::scene::layout::{Layout, Row};
use crate::scene::marks;
use crate::scene::shape::{Anchor, Figure, Hue, Shape, Text, n};
use crate::scene::tape::Tape;

/// Shapes that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// True for what lies under the ways of the couriers.
    pub under: bool,
    /// A number that differs if anything in the group does: unchanged groups are left alone.
    pub print: u64,
    /// The shapes, in the order of painting.
    pub shapes: Vec<Shape>,
}

/// The window's insides in the order of painting.
#[must_use]
pub fn groups(tape: &Tape, layout: &Layout, window: &Window) -> Vec<Group> {
    let columns = Columns::of(layout, window.longest);
    let under = [bands(layout, &columns, window)];
    let mut groups = vec![
        ruler(layout, &columns, window),
        corridor(layout, &columns, window),
    ];
    for row in &layout.rows {
        match window.rows.get(&row.lane) {
            Some(RowView::Producer(sends, text)) => {
                let mut shapes = cells::sends(tape, layout, row, sends);
                shapes.extend(cells::lines(layout, row.y(), text));
                groups.push(shapes);
            }
            Some(RowView::Controller(says)) => groups.push(controller(layout, row, says)),
            Some(RowView::Broker(station, logs, text)) => {
                let mut shapes = cells::station(layout, row, station);
                shapes.extend(cells::lines(layout, row.y(), text));
                groups.push(shapes);
                groups.extend(broker_logs(tape, layout, &columns, row, logs));
            }
            Some(RowView::Consumer(reads, text)) => {
                let mut shapes = consumers::draw(tape, layout, &columns, row, reads);
                shapes.extend(cells::lines(layout, row.y(), text));
                groups.push(shapes);
            }
            None => {}
        }
    }
    groups.push(high_watermark(layout, &columns, window));
    let group = |under| {
        move |shapes: Vec<Shape>| Group {
            under,
            print: print(&shapes),
            shapes,
        }
    };
    let over = groups
        .into_iter()
        .filter(|shapes| !shapes.is_empty())
        .map(group(false));
    under.into_iter().map(group(true)).chain(over).collect()
}

/// Soft bands, one for each open column; the one of the first offset that is not committed is tinted.
fn bands(layout: &Layout, columns: &Columns, window: &Window) -> Vec<Shape> {
    let (top, bottom) = (ruler_y(layout) + 7.0, layout.height);
    let gap = layout.inside.pitch - layout.inside.cell;
    let tint = window.partition.map(|_| window.high_watermark.0);
    columns
        .open()
        .map(|offset| {
            let x = columns.x(layout, offset);
            if tint == Some(offset) {
                let up = layout.px(14.0);
                Shape::rect(
                    "band tint",
                    x - gap / 2.0,
                    top - up,
                    layout.inside.pitch,
                    bottom - top + up,
                    0.0,
                )
            } else {
                Shape::rect(
                    "band",
                    x - 1.0,
                    top,
                    layout.inside.cell + 2.0,
                    bottom - top,
                    0.0,
                )
            }
        })
        .collect()
}

/// The line of the offset ruler: just above the first broker's cells.
fn ruler_y(layout: &Layout) -> f64 {
    let logs = layout.inside.logs;
    layout.brokers().next().map_or(layout.top, |row| {
        layout.log_y(row, 0, logs) - layout.inside.cell_height / 2.0 - layout.px(12.0)
    })
}

fn ruler(layout: &Layout, columns: &Columns, window: &Window) -> Vec<Shape> {
    let s = layout.sizes.scale;
    let size = layout.sizes.label;
    let y = ruler_y(layout);
    let left = columns.x(layout, columns.first) - 3.0 - layout.inside.stack;
    let right = columns.x(layout, columns.end) + 2.0;
    let mut shapes = vec![
        Shape::line("ruler", (left, y), (right, y)),
        marks::head("rulerhead", (left, y), (right + 5.0 * s, y), 4.5 * s),
    ];
    let tint = window.partition.map(|_| window.high_watermark.0);
    for offset in columns.open() {
        let text = Text {
            bold: tint == Some(offset),
            ..Text::middle(
                columns.x(layout, offset) + layout.inside.cell / 2.0,
                y - 9.0 * s,
                &offset.to_string(),
                size,
            )
        };
        shapes.push(Shape::text("offset", text));
    }
    if columns.first > 0 {
        let range = format!("0–{}", columns.first - 1);
        let text = Text {
            bold: false,
            ..Text::middle(
                left + (layout.inside.stack - 6.0 * s) / 2.0,
                y - 9.0 * s,
                &range,
                size,
            )
        };
        shapes.push(Shape::text("offset", text));
    }
    let (x, anchor) = layout
        .inside
        .text
        .map_or((left - 5.0 * s, Anchor::End), |x| (x, Anchor::Start));
    let text = Text {
        x,
        y: y - 9.0 * s + size * 0.36,
        words: "offset".to_owned(),
        anchor,
        size,
        ..Text::default()
    };
    shapes.push(Shape::text("fact second", text));
    shapes
}

fn controller(layout: &Layout, row: &Row, says: &str) -> Vec<Shape> {
    if says.is_empty() {
        return Vec::new();
    }
    let text = Text {
        x: layout.inside.station - layout.px(14.0),
        y: (row.y() - layout.px(4.0)).min(ruler_y(layout) - layout.px(30.0))
            + layout.sizes.label * 0.36,
        words: says.to_owned(),
        size: layout.sizes.label,
        ..Text::default()
    };
    vec![Shape::text("fact second", text)]
}

/// The track that joins the in-sync replicas; it bends round one that is not among them.
fn corridor(layout: &Layout, columns: &Columns, window: &Window) -> Vec<Shape> {
    let s = layout.sizes.scale;
    let x = layout.inside.station;
    let is_in = |row: &Row| {
        row.lane
            .broker()
            .is_some_and(|id: BrokerId| window.in_sync.contains(&id))
    };
    let rows: Vec<&Row> = layout.brokers().collect();
    let (Some(first), Some(last)) = (
        rows.iter().position(|row| is_in(row)),
        rows.iter().rposition(|row| is_in(row)),
    ) else {
        return Vec::new();
    };
    if first == last || window.partition.is_none() {
        return Vec::new();
    }
    let mut d = format!("M{} {}", n(x), n(rows[first].y()));
    for row in &rows[first + 1..=last] {
        let y = row.y();
        if is_in(row) {
            d.push_str(&format!("L{} {}", n(x), n(y)));
        } else {
            let (out, near) = (x + 27.0 * s, 26.0 * s);
            d.push_str(&format!(
                "L{} {}C{} {},{} {},{} {}C{} {},{} {},{} {}",
                n(x),
                n(y - near - 6.0 * s),
                n(x),
                n(y - near + 8.0 * s),
                n(out),
                n(y - near + 4.0 * s),
                n(out),
                n(y),
                n(out),
                n(y + near - 4.0 * s),
                n(x),
                n(y + near - 8.0 * s),
                n(x),
                n(y + near + 6.0 * s)
            ));
        }
    }
    let mut shapes = vec![
        Shape::path("corridor", d.clone()),
        Shape::path("corridor inside", d),
    ];
    let neighbours = rows[first..=last]
        .windows(2)
        .find(|pair| is_in(pair[0]) && is_in(pair[1]));
    let words_end = x + 13.0 * s + crate::scene::words::width("in sync", layout.sizes.label, false);
    let clear = words_end + 6.0 < columns.bar(layout, window.high_watermark.0);
    let roomy = |pair: &&[&Row]| clear && pair[1].y() - pair[0].y() > 60.0 * s;
    if let Some([above, below]) = neighbours.filter(roomy) {
        let text = Text {
            x: x + 13.0 * s,
            y: above.y().midpoint(below.y()) + layout.sizes.label * 0.36,
            words: "in sync".to_owned(),
            size: layout.sizes.label,
            ..Text::default()
        };
        shapes.push(Shape::text("fact second haloed", text));
    }
    shapes
}

/// One group for each cell, so that an append touches nothing else.
fn broker_logs(
    tape: &Tape,
    layout: &Layout,
    columns: &Columns,
    row: &Row,
    logs: &[LogView],
) -> Vec<Vec<Shape>> {
    let mut groups = Vec::new();
    for (index, log) in logs.iter().enumerate() {
        let y = layout.log_y(row, index, logs.len());
        if logs.len() > 1 {
            // Where there is no room between ring and ruler it stands at the window's edge.
            let (anchor, x) = match layout.inside.text {
                Some(_) => (Anchor::End, layout.inside.ruler - layout.inside.stack - 7.0),
                None => (Anchor::Start, 4.0),
            };
            let name = Text {
                anchor,
                ..Text::middle(x, y, &tape.log_name(log.partition), layout.sizes.label)
            };
            let hue = log
                .cells
                .first()
                .map_or(Hue(0), |cell| tape.hue_of(cell.content));
            groups.push(vec![Shape::text("partname", name).hue(hue)]);
        }
        groups.push(leaves(tape, layout, columns, log, y));
        for cell in log
            .cells
            .iter()
            .filter(|cell| columns.is_open(cell.offset.0))
        {
            groups.push(cells::cell(tape, layout, columns, cell, y));
        }
    }
    groups
}

/// Closed records: one leaf each.
fn leaves(tape: &Tape, layout: &Layout, columns: &Columns, log: &LogView, y: f64) -> Vec<Shape> {
    let h = layout.inside.cell_height - 4.0;
    let closed = log
        .cells
        .iter()
        .filter(|cell| cell.offset.0 < columns.first && cell.state != CellState::Truncated);
    let mut shapes = Vec::new();
    for cell in closed {
        let (x, next) = (
            columns.leaf(layout, cell.offset.0),
            columns.leaf(layout, cell.offset.0 + 1),
        );
        let class = match cell.state {
            CellState::Lost => "leaf lost",
            CellState::OutOfReach | CellState::Deleted => "leaf ghost",
            _ => "leaf",
        };
        shapes.push(
            Shape::rect(class, x, y - h / 2.0, (next - x).max(1.5), h, 0.0)
                .hue(tape.hue_of(cell.content)),
        );
    }
    shapes
}

/// The bar of the high watermark, through the rows of the in-sync replicas, broken where one is not among them.
fn high_watermark(layout: &Layout, columns: &Columns, window: &Window) -> Vec<Shape> {
    if window.partition.is_none() {
        return Vec::new();
    }
    let x = columns.bar(layout, window.high_watermark.0);
    let reach = layout.inside.cell_height / 2.0 + 6.0;
    let mut runs: Vec<(f64, f64)> = Vec::new();
    let mut broken = true;
    for row in layout.brokers() {
        let counts = matches!(row.lane, NodeId::Broker(id) if window.in_sync.contains(&id));
        match runs.last_mut() {
            Some(run) if counts && !broken => run.1 = row.y() + reach,
            _ if counts => runs.push((row.y() - reach, row.y() + reach)),
            _ => {}
        }
        broken = !counts;
    }
    let mut shapes: Vec<Shape> = runs
        .iter()
        .map(|(top, bottom)| Shape::line("watermark", (x, *top), (x, *bottom)))
        .collect();
    let Some((_, bottom)) = runs.last() else {
        return shapes;
    };
    let size = layout.sizes.label;
    let words = format!("high watermark {}", window.high_watermark);
    let half = crate::scene::words::width(&words, size, false) / 2.0;
    let y = bottom + 2.0 + size;
    let next = layout
        .brokers()
        .map(|row| row.y() - layout.inside.cell_height / 2.0)
        .find(|top| *top > *bottom);
    if y + size * 0.3 < next.unwrap_or(layout.height) {
        let x = x.clamp(
            half + 8.0,
            (layout.inside.width - half - 8.0).max(half + 8.0),
        );
        let text = Text {
            x,
            y,
            words,
            anchor: Anchor::Middle,
            size,
            ..Text::default()
        };
        shapes.push(Shape::text("fact second haloed", text));
    }
    shapes
}

/// FNV-1a over everything that can be seen of the shapes.
fn print(shapes: &[Shape]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut take = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for shape in shapes {
        take(shape.class.as_bytes());
        take(&[shape.hue.0]);
        match &shape.figure {
            Figure::Path(d) => take(d.as_bytes()),
            Figure::Circle { x, y, r } => [*x, *y, *r]
                .iter()
                .for_each(|value| take(&value.to_bits().to_le_bytes())),
            Figure::Rect { x, y, w, h, .. } => [*x, *y, *w, *h]
                .iter()
                .for_each(|value| take(&value.to_bits().to_le_bytes())),
            Figure::Text(text) => {
                take(text.words.as_bytes());
                take(&[u8::from(text.bold)]);
                [text.x, text.y]
                    .iter()
                    .for_each(|value| take(&value.to_bits().to_le_bytes()));
            }
        }
    }
    hash
}
