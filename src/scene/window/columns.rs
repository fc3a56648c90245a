//! The offset ruler: one for all logs.

use crate::model::ids::Offset;
use crate::scene::layout::Layout;

/// Which offsets have an open column at an instant. Where there are more than fit, the oldest are closed: one leaf each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The first open one.
    pub first: u64,
    /// One past the last.
    pub end: u64,
}

impl Columns {
    /// The columns when the longest log, with what is on its way, ends here.
    #[must_use]
    pub fn of(layout: &Layout, longest: Offset) -> Self {
        let room = layout.inside.columns as u64;
        let end = if layout.inside.stack > 0.0 {
            (longest.0 + 1).max(room)
        } else {
            room
        };
        Self {
            first: end - room,
            end,
        }
    }

    /// True if this offset has a column of its own.
    #[must_use]
    pub fn is_open(&self, offset: u64) -> bool {
        (self.first..self.end).contains(&offset)
    }

    /// All open offsets.
    pub fn open(&self) -> impl Iterator<Item = u64> + use<> {
        self.first..self.end
    }

    /// Left edge of an open column, from the window's left side.
    #[must_use]
    pub fn x(&self, layout: &Layout, offset: u64) -> f64 {
        layout.inside.ruler + (offset as f64 - self.first as f64) * layout.inside.pitch
    }

    /// Where a bar stands whose first offset behind it is this one.
    #[must_use]
    pub fn bar(&self, layout: &Layout, offset: u64) -> f64 {
        if offset < self.first {
            return self.leaf(layout, offset);
        }
        let gap = layout.inside.pitch - layout.inside.cell;
        self.x(layout, offset) - gap / 2.0
    }

    /// Left edge of a closed column.
    #[must_use]
    pub fn leaf(&self, layout: &Layout, offset: u64) -> f64 {
        let stack = layout.inside.stack - layout.px(6.0);
        let left = layout.inside.ruler - layout.inside.stack;
        left + stack * (offset as f64 / self.first.max(1) as f64)
    }
}
