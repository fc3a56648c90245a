//! What the drawing is made of, in the end: paths, circles, rectangles and words with coordinates. The page turns each into
//! one element and decides nothing.

use super::words;

/// Which hue a shape takes from the tokens: 0 is ink, 1 to 4 name a record or a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hue(pub u8);

/// Where a text stands on its point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// It begins there.
    #[default]
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// The geometry of a shape, in px.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// An SVG path.
    Path(String),
    /// A circle.
    Circle {
        /// Centre.
        x: f64,
        /// Centre.
        y: f64,
        /// Radius.
        r: f64,
    },
    /// A rectangle.
    Rect {
        /// Left.
        x: f64,
        /// Top.
        y: f64,
        /// Width.
        w: f64,
        /// Height.
        h: f64,
        /// Radius of the corners.
        rx: f64,
    },
    /// Words.
    Text(Text),
}

/// Words at a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// The point.
    pub x: f64,
    /// The base line.
    pub y: f64,
    /// The words.
    pub words: String,
    /// Where on the point.
    pub anchor: Anchor,
    /// Size in px.
    pub size: f64,
    /// Semibold.
    pub bold: bool,
    /// Set upright, read from the foot.
    pub upright: bool,
}

impl Text {
    /// Semibold words centred on a point.
    #[must_use]
    pub fn middle(x: f64, y: f64, words: &str, size: f64) -> Self {
        Self {
            x,
            y: y + size * 0.36,
            words: words.to_owned(),
            anchor: Anchor::Middle,
            size,
            bold: true,
            upright: false,
        }
    }
}

/// One shape. Its class says what it is; colours and line widths follow from that in `style/drawing.css`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Its geometry.
    pub figure: Figure,
    /// What it is.
    pub class: &'static str,
    /// Whose it is.
    pub hue: Hue,
}

impl Shape {
    /// A path.
    #[must_use]
    pub fn path(class: &'static str, d: String) -> Self {
        Self::new(class, Figure::Path(d))
    }

    /// A straight line.
    #[must_use]
    pub fn line(class: &'static str, from: (f64, f64), to: (f64, f64)) -> Self {
        Self::path(
            class,
            format!("M{} {}L{} {}", n(from.0), n(from.1), n(to.0), n(to.1)),
        )
    }

    /// A circle.
    #[must_use]
    pub fn circle(class: &'static str, x: f64, y: f64, r: f64) -> Self {
        Self::new(class, Figure::Circle { x, y, r })
    }

    /// A rectangle with round corners.
    #[must_use]
    pub fn rect(class: &'static str, x: f64, y: f64, w: f64, h: f64, rx: f64) -> Self {
        Self::new(class, Figure::Rect { x, y, w, h, rx })
    }

    /// Words.
    #[must_use]
    pub fn text(class: &'static str, text: Text) -> Self {
        Self::new(class, Figure::Text(text))
    }

    /// The same in a hue.
    #[must_use]
    pub fn hue(mut self, hue: Hue) -> Self {
        self.hue = hue;
        self
    }

    fn new(class: &'static str, figure: Figure) -> Self {
        Self {
            figure,
            class,
            hue: Hue(0),
        }
    }
}

/// An axis-parallel box.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Left.
    pub left: f64,
    /// Top.
    pub top: f64,
    /// Right.
    pub right: f64,
    /// Bottom.
    pub bottom: f64,
}

impl Bounds {
    /// The box of this size around a point.
    #[must_use]
    pub fn around(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self {
            left: x - w / 2.0,
            top: y - h / 2.0,
            right: x + w / 2.0,
            bottom: y + h / 2.0,
        }
    }

    /// True if they share more than an edge.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && self.right > other.left
            && self.top < other.bottom
            && self.bottom > other.top
    }

    /// True if a straight line from one point to another passes through.
    #[must_use]
    pub fn is_crossed(&self, from: (f64, f64), to: (f64, f64)) -> bool {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        for (start, way, least, most) in [
            (from.0, dx, self.left, self.right),
            (from.1, dy, self.top, self.bottom),
        ] {
            if way.abs() < 1e-9 {
                if start <= least || start >= most {
                    return false;
                }
                continue;
            }
            let (a, b) = ((least - start) / way, (most - start) / way);
            enters = enters.max(a.min(b));
            leaves = leaves.min(a.max(b));
        }
        enters < leaves
    }

    /// The same with more room on all sides.
    #[must_use]
    pub fn grown(&self, dx: f64, dy: f64) -> Self {
        Self {
            left: self.left - dx,
            top: self.top - dy,
            right: self.right + dx,
            bottom: self.bottom + dy,
        }
    }

    /// The same, moved.
    #[must_use]
    pub fn moved(&self, dx: f64, dy: f64) -> Self {
        Self {
            left: self.left + dx,
            top: self.top + dy,
            right: self.right + dx,
            bottom: self.bottom + dy,
        }
    }
}

impl Text {
    /// The room that the words take.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let width = words::width(&self.words, self.size, self.bold);
        if self.upright {
            return Bounds {
                left: self.x - self.size * 0.8,
                top: self.y - width,
                right: self.x + self.size * 0.25,
                bottom: self.y,
            };
        }
        let left = match self.anchor {
            Anchor::Start => self.x,
            Anchor::Middle => self.x - width / 2.0,
            Anchor::End => self.x - width,
        };
        Bounds {
            left,
            top: self.y - self.size * 0.8,
            right: left + width,
            bottom: self.y + self.size * 0.25,
        }
    }
}

/// A coordinate, rounded to a hundredth of a px and written as short as can be.
#[must_use]
pub fn n(value: f64) -> f64 {
    let rounded = (value * 100.0).round() / 100.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_only_touch_do_not_overlap() {
        let one = Bounds::around(0.0, 0.0, 10.0, 10.0);
        assert!(!one.overlaps(&one.moved(10.0, 0.0)));
        assert!(one.overlaps(&one.moved(9.9, 0.0)));
        assert!(!one.overlaps(&one.moved(0.0, -10.0)));
    }

    #[test]
    fn a_line_crosses_a_box_or_passes_by() {
        let room = Bounds::around(0.0, 0.0, 10.0, 10.0);
        assert!(room.is_crossed((-20.0, -1.0), (20.0, 1.0)));
        assert!(room.is_crossed((0.0, -20.0), (0.0, 20.0)));
        assert!(room.is_crossed((0.0, 0.0), (1.0, 1.0)));
        assert!(!room.is_crossed((-20.0, 8.0), (20.0, 8.0)));
        assert!(!room.is_crossed((-20.0, 0.0), (-10.0, 0.0)));
        assert!(!room.is_crossed((0.0, 14.0), (14.0, 0.0)));
    }

    #[test]
    fn words_take_room_where_their_anchor_says() {
        let at = |anchor| {
            Text {
                x: 100.0,
                y: 50.0,
                words: "crash".to_owned(),
                anchor,
                size: 12.0,
                ..Text::default()
            }
            .bounds()
        };
        assert_eq!(at(Anchor::Start).left, 100.0);
        assert_eq!(at(Anchor::End).right, 100.0);
        let middle = at(Anchor::Middle);
        assert!((middle.left + middle.right - 200.0).abs() < 1e-9);
    }

    #[test]
    fn coordinates_are_short() {
        for (value, text) in [
            (1.0 / 3.0, "0.33"),
            (-0.001, "0"),
            (12.0, "12"),
            (7.505, "7.51"),
        ] {
            assert_eq!(n(value).to_string(), text);
        }
    }
}
