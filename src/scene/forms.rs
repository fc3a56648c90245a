//! Three forms of the drawing, and the sizes that follow from them.

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// A desk: text beside every row of the window.
    Wide,
    /// A slide or a tablet: larger marks, the same rows.
    Mid,
    /// A hand: the window and a strip of the past.
    Phone,
}

/// Sizes that follow from the form, in px.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// Multiplies marks and line widths.
    pub scale: f64,
    /// Labels, figures, words in the drawing.
    pub label: f64,
    /// Names of lanes; the head of the window.
    pub name: f64,
    /// Labels inside cells.
    pub cell_label: f64,
    /// Width of the column of names.
    pub(super) names: f64,
    /// Edge of a cell, where the row allows it.
    pub(super) cell: f64,
    /// Gap between two cells.
    pub(super) gap: f64,
    /// Centre of the stations, from the window's left side.
    pub(super) station: f64,
    /// First column, from the window's left side.
    pub(super) ruler: f64,
    /// Width of the text column at the right of the window.
    pub(super) text: f64,
    /// Width of a fold.
    pub(super) fold: f64,
    /// Least and greatest px for a millisecond.
    pub(super) per_ms: (f64, f64),
    /// Height of all rows together, where nothing says otherwise.
    pub(super) rows: f64,
    /// How much of the future is left at the right when the paper slides.
    pub(super) ahead: f64,
    /// The window takes no more than this part of the room right of the names.
    pub(super) share: f64,
}

const WIDE: Sizes = Sizes {
    scale: 1.0,
    label: 12.0,
    name: 14.0,
    cell_label: 14.0,
    names: 104.0,
    cell: 40.0,
    gap: 6.0,
    station: 50.0,
    ruler: 86.0,
    text: 112.0,
    fold: 34.0,
    per_ms: (3.6, 9.0),
    rows: 400.0,
    ahead: 220.0,
    share: 0.6,
};

const MID: Sizes = Sizes {
    scale: 1.12,
    label: 13.0,
    name: 16.0,
    cell_label: 15.0,
    names: 112.0,
    cell: 40.0,
    ruler: 92.0,
    station: 52.0,
    text: 116.0,
    rows: 384.0,
    ahead: 90.0,
    per_ms: (3.4, 8.0),
    ..WIDE
};

const PHONE: Sizes = Sizes {
    scale: 1.0,
    label: 12.0,
    cell_label: 12.0,
    names: 74.0,
    cell: 30.0,
    gap: 4.0,
    station: 28.0,
    ruler: 52.0,
    text: 0.0,
    fold: 26.0,
    rows: 320.0,
    ahead: 22.0,
    share: 0.68,
    per_ms: (4.0, 9.0),
    ..WIDE
};

/// From here on a drawing is wide.
const WIDE_FROM: f64 = 1000.0;
/// From here on it is no longer a phone's.
const MID_FROM: f64 = 560.0;

impl Form {
    /// The form for a width.
    #[must_use]
    pub fn of(width: f64) -> Self {
        match width {
            w if w >= WIDE_FROM => Self::Wide,
            w if w >= MID_FROM => Self::Mid,
            _ => Self::Phone,
        }
    }

    /// Its sizes.
    #[must_use]
    pub fn sizes(self) -> Sizes {
        match self {
            Self::Wide => WIDE,
            Self::Mid => MID,
            Self::Phone => PHONE,
        }
    }
}
