//! Lanes: the life of each process. Fences: links that are cut.

use super::Draft;
use crate::model::ids::NodeId;
use crate::scene::labels::Label;
use crate::scene::layout::{Layout, Row};
use crate::scene::marks;
use crate::scene::shape::{Anchor, Shape, n};
use crate::scene::tape::{Fence, Life, Tape};

/// How far below the lane of the node that is cut off its fence runs, as a part of the way to the next lane.
const FENCE_AT: f64 = 0.55;

/// Draws lanes and fences.
pub fn draw(draft: &mut Draft, tape: &Tape, layout: &Layout) {
    for spell in &tape.spells {
        let Some(row) = layout.row(spell.lane) else {
            continue;
        };
        let from = if spell.from.0 == 0 {
            0.0
        } else {
            layout.x(spell.from)
        };
        let to = spell.to.map_or(layout.paper_end(), |to| layout.x(to));
        let class = match spell.life {
            Life::Runs => "lane",
            Life::Leads => "lane leads",
            Life::Starts => "lane starts",
            Life::Paused => "lane paused",
            Life::Down => "lane down",
            Life::Stopped => "lane stopped",
        };
        draft
            .ground
            .push(Shape::line(class, (from, row.y()), (to, row.y())));
    }
    for wait in &tape.waits {
        let Some(row) = layout.row(NodeId::Client(wait.producer)) else {
            continue;
        };
        let (from, y, hue) = (layout.x(wait.from), row.y(), tape.hue(wait.record));
        let to = wait.to.map_or(layout.paper_end(), |to| layout.x(to));
        draft
            .ground
            .push(Shape::line("wait", (from, y), (to, y)).hue(hue));
        draft.stamp(
            wait.from,
            vec![Shape::circle("sendring", from, y, layout.px(3.0)).hue(hue)],
        );
    }
    for fence in &tape.fences {
        self::fence(draft, fence, layout);
    }
}

/// The heights at which a fence runs: between the lane that is cut off and its neighbours on the sides of the others.
fn heights(fence: &Fence, layout: &Layout) -> Vec<f64> {
    let index = |lane: NodeId| layout.rows.iter().position(|row| row.lane == lane);
    let Some(around) = index(fence.around) else {
        return Vec::new();
    };
    let between = |a: &Row, b: &Row| a.y() + (b.y() - a.y()) * FENCE_AT;
    let others: Vec<usize> = fence
        .others
        .iter()
        .filter_map(|lane| index(*lane))
        .collect();
    let mut heights = Vec::new();
    if others.iter().any(|other| *other < around) {
        heights.push(between(&layout.rows[around], &layout.rows[around - 1]));
    }
    if others.iter().any(|other| *other > around) {
        heights.push(between(&layout.rows[around], &layout.rows[around + 1]));
    }
    heights
}

fn fence(draft: &mut Draft, fence: &Fence, layout: &Layout) {
    let from = layout.x(fence.from);
    let to = fence.to.map_or(layout.paper_end(), |to| layout.x(to));
    let s = layout.sizes.scale;
    for (index, y) in heights(fence, layout).into_iter().enumerate() {
        let mut d = format!("M{} {}H{}", n(from), n(y), n(to));
        let mut x = from + 16.0 * s;
        while x < to - 4.0 * s {
            let z = n(3.0 * s);
            let cross = format!(
                "M{} {}l{} {}m0 -{}l-{} {}",
                n(x - z),
                n(y - z),
                2.0 * z,
                2.0 * z,
                2.0 * z,
                2.0 * z,
                2.0 * z
            );
            d.push_str(&cross);
            x += 16.0 * s;
        }
        draft.ground.push(Shape::path("fence", d));
        draft.stamp(fence.from, vec![marks::diamond(from, y, s)]);
        draft.block(fence.from, from, y, (16.0 * s, 16.0 * s));
        if index == 0 {
            let words = if fence.others.len() > 1 {
                "links cut"
            } else {
                "link cut"
            };
            let label = Label::new(
                fence.from,
                2,
                (from + 4.0 * s, y + 16.0 * s),
                words,
                layout.sizes.label,
            );
            draft.labels.push(label.or(&[
                (-4.0 * s, 3.0 * s, Anchor::Middle),
                (-14.0 * s, -12.0 * s, Anchor::End),
                (7.0 * s, -23.0 * s, Anchor::Start),
                (-4.0 * s, -29.0 * s, Anchor::Middle),
            ]));
        }
    }
}
