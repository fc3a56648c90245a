//! Consumers in the window: what each was given, on the ruler of the logs, and where it reads next.

use super::columns::Columns;
use super::state::{Reading, RowView};
use crate::model::board::ConsumerBoard;
use crate::model::ids::{ClientId, NodeId, Offset, RecordId, TopicPartition};
use crate::model::small::Set;
use crate::scene::layout::{Layout, Row};
use crate::scene::marks;
use crate::scene::shape::{Hue, Shape, Text, n};
use crate::scene::tape::{Given, Life, Tape};

/// One partition of a consumer.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadView {
    /// Which.
    pub partition: TopicPartition,
    /// What it was given of it, each offset once: the record, and whether its group had it before.
    pub given: Vec<(Offset, RecordId, bool)>,
    /// Where it reads next, if it knows.
    pub position: Option<Offset>,
    /// It reads this partition now.
    pub owned: bool,
}

impl Reading<'_> {
    /// The row of a consumer; none before it is made.
    pub(super) fn consumer(&self, id: ClientId, shown: &[TopicPartition]) -> Option<RowView> {
        let lane = NodeId::Client(id);
        let alive = |spell: &&crate::scene::tape::Spell| {
            spell.lane == lane && spell.from <= self.now && spell.to.is_none_or(|to| self.now < to)
        };
        let life = self.tape.spells.iter().find(alive)?.life;
        let board = self.board.consumers.get(&id);
        let own: Vec<&Given> = self
            .tape
            .given
            .iter()
            .filter(|given| given.reader == id && given.at <= self.now)
            .collect();
        let touched: Set<TopicPartition> = own.iter().map(|given| given.partition).collect();
        let reads = shown.iter().filter_map(|partition| {
            let owned = board.and_then(|board| board.positions.get(partition));
            if owned.is_none() && !touched.contains(partition) {
                return None;
            }
            Some(ReadView {
                partition: *partition,
                given: given_of(&own, *partition),
                position: owned.copied().flatten(),
                owned: owned.is_some(),
            })
        });
        let words = words(life, board, &own);
        Some(RowView::Consumer(reads.collect(), words))
    }
}

/// What was given of a partition: of each offset what came last.
fn given_of(own: &[&Given], partition: TopicPartition) -> Vec<(Offset, RecordId, bool)> {
    let mut all: Vec<(Offset, RecordId, bool)> = Vec::new();
    for given in own.iter().filter(|given| given.partition == partition) {
        all.retain(|(offset, ..)| *offset != given.offset);
        all.push((given.offset, given.record, given.again));
    }
    all
}

fn words(life: Life, board: Option<&ConsumerBoard>, own: &[&Given]) -> [String; 2] {
    let again = own.iter().filter(|given| given.again).count();
    let first = match (life, board) {
        (Life::Stopped, _) => "closed".to_owned(),
        (Life::Down, _) => "process is gone".to_owned(),
        (_, Some(board)) if board.positions.is_empty() => "has no partition".to_owned(),
        _ => match own.len() {
            0 => "nothing read yet".to_owned(),
            count => format!("{count} read"),
        },
    };
    let second = match again {
        0 => String::new(),
        count => format!("{count} of them again"),
    };
    [first, second]
}

/// The shapes of a consumer's row.
pub fn draw(
    tape: &Tape,
    layout: &Layout,
    columns: &Columns,
    row: &Row,
    reads: &[ReadView],
) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let count = reads.len().max(1);
    let pitch = ((row.height - 8.0) / count as f64).min(layout.px(26.0));
    for (index, read) in reads.iter().enumerate() {
        let y = row.y() + (index as f64 - (count - 1) as f64 / 2.0) * pitch;
        shapes.extend(one(
            tape,
            layout,
            columns,
            read,
            y,
            tape.partitions.len() > 1,
        ));
    }
    shapes
}

fn one(
    tape: &Tape,
    layout: &Layout,
    columns: &Columns,
    read: &ReadView,
    y: f64,
    named: bool,
) -> Vec<Shape> {
    let s = layout.sizes.scale;
    let from = columns.x(layout, columns.first) - 3.0 - layout.inside.stack;
    let to = columns.x(layout, columns.end) + 2.0;
    let class = if read.owned {
        "readline"
    } else {
        "readline gone"
    };
    let mut shapes = vec![Shape::line(class, (from, y), (to, y))];
    if named {
        let name = Text {
            anchor: crate::scene::shape::Anchor::End,
            ..Text::middle(
                from - 7.0,
                y,
                &tape.log_name(read.partition),
                layout.sizes.label,
            )
        };
        shapes.push(Shape::text("partname", name));
    }
    for (offset, record, again) in &read.given {
        let hue = tape.hue(*record);
        if !columns.is_open(offset.0) {
            let x = columns.leaf(layout, offset.0);
            shapes.push(Shape::circle("readring", x, y, 2.0 * s).hue(hue));
            continue;
        }
        let x = columns.x(layout, offset.0) + layout.inside.cell / 2.0;
        if *again {
            shapes.push(Shape::circle(
                "readring behind",
                x + 3.0 * s,
                y - 3.0 * s,
                6.5 * s,
            ));
        }
        let class = if *again { "readring again" } else { "readring" };
        shapes.push(Shape::circle(class, x, y, 6.5 * s).hue(hue));
        if *again {
            shapes.extend(marks::pill(x + 11.0 * s, y + 7.0 * s, "×2", 9.0 * s));
        }
    }
    if let Some(position) = read.position {
        shapes.push(triangle(columns.bar(layout, position.0), y, s));
    }
    shapes
}

/// Where it reads next: a triangle that stands on the line.
fn triangle(x: f64, y: f64, s: f64) -> Shape {
    let (half, high) = (5.0 * s, 8.0 * s);
    let d = format!(
        "M{} {}l{} {}h{}Z",
        n(x),
        n(y - 1.0),
        n(-half),
        n(-high),
        n(2.0 * half)
    );
    Shape::path("position", d).hue(Hue(0))
}

/// The row in words.
pub fn sentence(tape: &Tape, name: &str, reads: &[ReadView], words: &[String; 2]) -> String {
    let mut parts = vec![format!("{name}: {}", words[0])];
    if !words[1].is_empty() {
        parts.push(words[1].clone());
    }
    for read in reads {
        let names: Vec<&str> = read
            .given
            .iter()
            .map(|(_, record, _)| tape.label(*record))
            .collect();
        if !names.is_empty() {
            parts.push(format!("was given {}", names.join(", ")));
        }
        if let Some(position) = read.position {
            let of = if tape.partitions.len() > 1 {
                format!(" of {}", tape.log_name(read.partition))
            } else {
                String::new()
            };
            parts.push(format!("reads{of} from {position} next"));
        }
    }
    parts.join(", ")
}
