//! The window's head: words that cannot be taken for a length, set into the top of the frame.

use crate::model::time::SimTime;
use crate::scene::layout::{Layout, View};
use crate::scene::shape::{Anchor, Bounds, Figure, Shape, Text, n};
use crate::scene::words;

/// The head at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Its words, from the window's left side.
    pub text: Text,
    /// The frame is open for them from here.
    pub from: f64,
    /// To here.
    pub to: f64,
}

/// The head: “stopped at 9 061.6 ms”, or “at 9 061.6 ms” while playing or where there is little room.
#[must_use]
pub fn head(layout: &Layout, now: SimTime, playing: bool) -> Head {
    let width = layout.inside.width;
    let size = layout.sizes.name;
    let when = words::instant(now);
    let long = format!("stopped at {when}");
    let fits = words::width(&long, size, true) < width - layout.px(36.0);
    let words = if playing || !fits {
        format!("at {when}")
    } else {
        long
    };
    let half = words::width(&words, size, true) / 2.0 + layout.px(9.0);
    Head {
        text: Text {
            x: width / 2.0,
            y: frame_top(layout) + size * 0.36,
            words,
            anchor: Anchor::Middle,
            size,
            bold: true,
            upright: false,
        },
        from: width / 2.0 - half,
        to: width / 2.0 + half,
    }
}

/// The top of the frame.
#[must_use]
pub fn frame_top(layout: &Layout) -> f64 {
    layout.axis - layout.px(13.0)
}

/// The frame's lines and words, from the window's left side. Words that would leave the picture are empty.
#[must_use]
pub fn frame(layout: &Layout, view: &View, playing: bool) -> Vec<Shape> {
    let head = head(layout, view.now, playing);
    let width = layout.inside.width;
    let top = frame_top(layout);
    let left = format!("M{} {}H0V{}", n(head.from), n(top), n(layout.height));
    let right = format!(
        "M{} {}H{}V{}",
        n(head.to),
        n(top),
        n(width),
        n(layout.height)
    );
    let size = layout.sizes.label;
    let air = 8.0;
    let word = |x: f64, anchor, said: &str, room: f64| {
        let fits = words::width(said, size, false) + air <= room;
        Shape::text(
            "shoulder",
            Text {
                x,
                y: top + size * 0.1 - 2.0,
                words: if fits { said.to_owned() } else { String::new() },
                anchor,
                size,
                ..Text::default()
            },
        )
    };
    vec![
        Shape::path("window-frame", left),
        Shape::path("window-frame", right),
        Shape::text("headwords", head.text),
        word(-air, Anchor::End, "past", view.left),
        word(
            width + air,
            Anchor::Start,
            "later",
            layout.width - view.right,
        ),
    ]
}

/// Room that the words of the frame take, in picture x.
#[must_use]
pub fn shoulders(layout: &Layout, view: &View) -> Vec<Bounds> {
    let texts = frame(layout, view, false)
        .into_iter()
        .filter_map(|shape| match shape.figure {
            Figure::Text(text) => Some(text.bounds().moved(view.left, 0.0).grown(5.0, 0.0)),
            _ => None,
        });
    texts.collect()
}
