//! Where everything is: rows, the window's offset ruler, and time on paper. Made once for a tape and a size.
//!
//! Two coordinate systems. *Paper* x begins at the left end of the run and knows nothing of the window. *Picture* x is what
//! is seen: left of the window the paper lies still or has slid to the left, right of it the paper goes on.

use super::fold::Span;
use super::forms::{Form, Sizes};
use super::tape::Tape;
use super::words;
use crate::model::ids::{ClientId, NodeId};
use crate::model::time::{SimDuration, SimTime};

/// Room above the rows: lengths of folds, figures of time.
const HEAD: f64 = 56.0;
/// Paper before the first instant.
const LEAD_IN: f64 = 10.0;
/// A cell is never narrower than this.
const LEAST_CELL: f64 = 24.0;
/// Columns that are always there, so that an empty log has room.
const LEAST_COLUMNS: usize = 3;
/// Rows below this height have no crowns in the window.
pub const CROWN_FROM: f64 = 40.0;

/// One lane and its room.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Whose.
    pub lane: NodeId,
    /// What is always true: its name.
    pub name: String,
    /// And its role.
    pub role: &'static str,
    /// Top edge.
    pub top: f64,
    /// Height.
    pub height: f64,
}

impl Row {
    /// The lane itself.
    #[must_use]
    pub fn y(&self) -> f64 {
        self.top + self.height / 2.0
    }

    /// True for what belongs to the cluster.
    #[must_use]
    pub fn in_cluster(&self) -> bool {
        !matches!(self.lane, NodeId::Client(_))
    }
}

/// A span of the fold on paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// The span.
    pub span: Span,
    /// Its left end.
    pub x: f64,
    /// Its width.
    pub width: f64,
}

/// The window's insides, from its left side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inside {
    /// Width of the window.
    pub width: f64,
    /// Centre of the stations.
    pub station: f64,
    /// Left edge of the first column.
    pub ruler: f64,
    /// Columns that can be open at once.
    pub columns: usize,
    /// Width of a cell.
    pub cell: f64,
    /// Height of a cell.
    pub cell_height: f64,
    /// Logs in a broker's row, at most.
    pub logs: usize,
    /// From one column to the next.
    pub pitch: f64,
    /// Room for closed columns left of the open ones; 0 if all are open.
    pub stack: f64,
    /// Left edge of the text; none if there is no room for text.
    pub text: Option<f64>,
}

/// Where everything is.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The form.
    pub form: Form,
    /// Its sizes.
    pub sizes: Sizes,
    /// Width of the picture.
    pub width: f64,
    /// Height of the picture.
    pub height: f64,
    /// The rule of the time axis.
    pub axis: f64,
    /// Top of the first row.
    pub top: f64,
    /// Where the names end and the paper begins.
    pub names: f64,
    /// The lanes, from the top.
    pub rows: Vec<Row>,
    /// Top and bottom of the cluster's band.
    pub cluster: (f64, f64),
    /// The window's insides.
    pub inside: Inside,
    /// Px for a millisecond.
    pub per_ms: f64,
    /// Time on paper.
    pub segments: Vec<Segment>,
    /// Paper that is seen at once, left and right of the window together.
    pub visible: f64,
}

impl Layout {
    /// The layout of a tape in this width, and in this height if one is given.
    #[must_use]
    pub fn of(tape: &Tape, width: f64, height: Option<f64>) -> Self {
        let form = Form::of(width);
        let sizes = form.sizes();
        let top = HEAD * sizes.scale;
        let room = height.map_or(sizes.rows, |height| (height - top - 6.0).max(200.0));
        let rows = rows(tape, form, top, room);
        let inside = inside(tape, &sizes, width - sizes.names, &rows);
        let bottom = rows.last().map_or(top, |row| {
            let words = row.y() + inside.cell_height / 2.0 + 10.0 + sizes.label * 1.3;
            words.max(row.top + row.height)
        });
        let cluster = band(&rows, top, bottom);
        let visible = (width - sizes.names - inside.width).max(40.0);
        let (per_ms, segments) = on_paper(tape, &sizes, visible);
        Self {
            form,
            sizes,
            width,
            height: (bottom + 6.0).ceil(),
            axis: top - 10.0 * sizes.scale,
            top,
            names: sizes.names,
            rows,
            cluster,
            inside,
            per_ms,
            segments,
            visible,
        }
    }

    /// The row of a lane, if it is drawn in this form.
    #[must_use]
    pub fn row(&self, lane: NodeId) -> Option<&Row> {
        self.rows.iter().find(|row| row.lane == lane)
    }

    /// Rows that hold logs.
    pub fn brokers(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows.iter().filter(|row| row.lane.broker().is_some())
    }

    /// The height of one of several logs in a broker's row.
    #[must_use]
    pub fn log_y(&self, row: &Row, index: usize, count: usize) -> f64 {
        let pitch = self.inside.cell_height + 4.0;
        row.y() + (index as f64 - (count.max(1) - 1) as f64 / 2.0) * pitch
    }

    /// Paper x of an instant.
    #[must_use]
    pub fn x(&self, at: SimTime) -> f64 {
        let Some(segment) = self
            .segments
            .iter()
            .find(|segment| at < segment.span.to)
            .or(self.segments.last())
        else {
            return 0.0;
        };
        let whole = segment.span.length().0.max(1) as f64;
        let part = (at.since(segment.span.from).0 as f64 / whole).min(1.0);
        segment.x + part * segment.width
    }

    /// The instant of a paper x, to the microsecond.
    #[must_use]
    pub fn time(&self, x: f64) -> SimTime {
        let Some(segment) = self
            .segments
            .iter()
            .find(|segment| x < segment.x + segment.width)
            .or(self.segments.last())
        else {
            return SimTime::ZERO;
        };
        let part = ((x - segment.x) / segment.width).clamp(0.0, 1.0);
        segment.span.from + SimDuration((part * segment.span.length().0 as f64).round() as u64)
    }

    /// Right end of the paper.
    #[must_use]
    pub fn paper_end(&self) -> f64 {
        self.segments
            .last()
            .map_or(0.0, |segment| segment.x + segment.width)
    }

    /// Px at this scale.
    #[must_use]
    pub fn px(&self, value: f64) -> f64 {
        value * self.sizes.scale
    }

    /// True if a point of this height lies in the cluster's band.
    #[must_use]
    pub fn in_cluster(&self, y: f64) -> bool {
        self.cluster.0 < y && y < self.cluster.1
    }

    /// What is seen at an instant.
    #[must_use]
    pub fn view(&self, now: SimTime) -> View {
        let x = self.x(now);
        let over = self.paper_end() - self.visible;
        let hidden = if over < 0.5 { 0.0 } else { over };
        let scroll =
            (x - (self.visible - self.sizes.ahead).max(self.visible * 0.5)).clamp(0.0, hidden);
        let left = self.names + x - scroll;
        View {
            now,
            x,
            scroll,
            gone_before: if scroll > 0.0 {
                scroll + self.px(8.0)
            } else {
                f64::NEG_INFINITY
            },
            left,
            right: left + self.inside.width,
            past_shift: self.names - scroll,
            later_shift: self.names - scroll + self.inside.width,
        }
    }
}

/// Where the window is at an instant. While the run fits the window travels and the paper stands; else the paper slides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The instant.
    pub now: SimTime,
    /// The same on paper.
    pub x: f64,
    /// Paper that has slid out at the left.
    pub scroll: f64,
    /// Marks left of this paper x have begun to slide out, and are not seen.
    pub gone_before: f64,
    /// The window's left side in the picture.
    pub left: f64,
    /// Its right side.
    pub right: f64,
    /// How far the paper left of the window is moved: from paper x to picture x.
    pub past_shift: f64,
    /// How far the paper right of it is moved.
    pub later_shift: f64,
}

/// The cluster's band: from the controller to below the last broker.
fn band(rows: &[Row], top: f64, bottom: f64) -> (f64, f64) {
    let inside = |row: &&Row| row.in_cluster();
    let first = rows.iter().find(inside).map_or(top, |row| row.top);
    let below = rows.iter().rfind(|row| row.in_cluster());
    match below.filter(|last| Some(*last) != rows.last()) {
        Some(last) => (first, last.top + last.height),
        None if below.is_some() => (first, bottom),
        None => (top, top),
    }
}

/// Rows from the top: producers, controller, brokers, consumers. Heights share the room, brokers get what is left.
fn rows(tape: &Tape, form: Form, top: f64, room: f64) -> Vec<Row> {
    let producers = tape.cast.producers.len();
    let brokers = tape.cast.brokers.len().max(1) as f64;
    let producer = match producers {
        0 | 1 => 60.0,
        2 => 52.0,
        _ => 40.0,
    };
    let controller = if form == Form::Phone { 0.0 } else { 42.0 };
    let consumers = tape.cast.consumers.len();
    let consumer = if consumers > 2 { 42.0 } else { 50.0 };
    let clients = producer * producers as f64 + consumer * consumers as f64;
    let left = room - clients - controller;
    let broker = (left / brokers).clamp(46.0, 112.0);
    let mut rows = Vec::new();
    let mut y = top;
    let mut push = |lane, name, role, height| {
        rows.push(Row {
            lane,
            name,
            role,
            top: y,
            height,
        });
        y += height;
    };
    for (index, name) in (0u16..).zip(&tape.cast.producers) {
        push(
            NodeId::Client(ClientId(index)),
            name.clone(),
            "producer",
            producer,
        );
    }
    if controller > 0.0 {
        push(NodeId::Controller, "Controller".to_owned(), "", controller);
    }
    for id in &tape.cast.brokers {
        push(NodeId::Broker(*id), format!("Broker {id}"), "", broker);
    }
    for (index, name) in tape.cast.consumers.iter().enumerate() {
        let id = u16::try_from(producers + index).unwrap_or(u16::MAX);
        let lane = NodeId::Client(ClientId(id));
        push(lane, name.clone(), "consumer", consumer);
    }
    rows
}

/// The window's insides: cells as large as rows allow, as narrow as the columns need, the oldest columns closed if even
/// that is too wide.
fn inside(tape: &Tape, sizes: &Sizes, room: f64, rows: &[Row]) -> Inside {
    let logs = tape.partitions.len().clamp(1, 3);
    let broker = rows
        .iter()
        .find(|row| row.lane.broker().is_some())
        .map_or(80.0, |row| row.height);
    let cell_height = ((broker - 10.0) / logs as f64 - 4.0)
        .min(sizes.cell)
        .floor();
    let widest = tape
        .labels
        .iter()
        .map(|label| words::width(label, sizes.cell_label, true))
        .fold(0.0, f64::max);
    let least = LEAST_CELL.max(widest + 6.0);
    let best = sizes.cell.max(widest + 8.0);
    let wanted = (tape.log_end.0 as usize + 1).max(LEAST_COLUMNS);
    let beside = sizes.ruler
        + if sizes.text > 0.0 {
            sizes.text + 8.0
        } else {
            8.0
        };
    let for_columns = (room * sizes.share - beside).max(3.0 * (least + sizes.gap));
    let fits = |cell: f64| (for_columns / (cell + sizes.gap)).floor() as usize;
    let (columns, cell, stack) = if wanted <= fits(best) {
        (wanted, best, 0.0)
    } else if wanted <= fits(least) {
        (wanted, for_columns / wanted as f64 - sizes.gap, 0.0)
    } else {
        let stack = 30.0;
        let open = ((for_columns - stack) / (least + sizes.gap))
            .floor()
            .max(2.0);
        (open as usize, least, stack)
    };
    let cell = cell.floor();
    let pitch = cell + sizes.gap;
    let end = sizes.ruler + stack + pitch * columns as f64;
    Inside {
        width: end + beside - sizes.ruler,
        station: sizes.station,
        ruler: sizes.ruler + stack,
        columns,
        cell,
        cell_height,
        logs,
        pitch,
        stack,
        text: (sizes.text > 0.0).then_some(end + 10.0),
    }
}

/// Time on paper: as many px for a millisecond as let the whole run be seen, within bounds. If the run is shorter than the
/// paper, time goes on at its end.
fn on_paper(tape: &Tape, sizes: &Sizes, visible: f64) -> (f64, Vec<Segment>) {
    let spans = &tape.fold.spans;
    let quiet = spans.iter().filter(|span| span.quiet).count() as f64;
    let active_us: u64 = spans
        .iter()
        .filter(|span| !span.quiet)
        .map(|span| span.length().0)
        .sum();
    let active_ms = (active_us as f64 / 1000.0).max(1.0);
    let best = (visible - LEAD_IN - quiet * sizes.fold) / active_ms;
    let per_ms = best.clamp(sizes.per_ms.0 * sizes.scale, sizes.per_ms.1 * sizes.scale);
    let mut x = LEAD_IN;
    let mut segments: Vec<Segment> = Vec::new();
    for span in spans {
        let width = if span.quiet {
            sizes.fold
        } else {
            span.length().0 as f64 / 1000.0 * per_ms
        };
        segments.push(Segment {
            span: *span,
            x,
            width,
        });
        x += width;
    }
    if let Some(last) = segments.last_mut().filter(|_| x < visible) {
        let more = SimDuration(((visible - x) / per_ms * 1000.0) as u64);
        last.span.to += more;
        last.width = visible - last.x;
    }
    (per_ms, segments)
}

#[cfg(test)]
mod tests;
