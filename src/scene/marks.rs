//! The marks of the key, each made of a few shapes around a point. `s` is the scale of the form.

use super::shape::{Hue, Shape, Text, n};

/// An arrow's head, its tip at the second point.
#[must_use]
pub fn head(class: &'static str, from: (f64, f64), tip: (f64, f64), size: f64) -> Shape {
    let angle = (tip.1 - from.1).atan2(tip.0 - from.0);
    let corner = |turn: f64| {
        let direction = angle + turn;
        format!(
            "{} {}",
            n(tip.0 + direction.cos() * size * 1.4),
            n(tip.1 + direction.sin() * size * 1.4)
        )
    };
    let back = std::f64::consts::PI;
    Shape::path(
        class,
        format!(
            "M{} {}L{}L{}Z",
            n(tip.0),
            n(tip.1),
            corner(back - 0.42),
            corner(back + 0.42)
        ),
    )
}

/// Acknowledged: a ticked ring.
#[must_use]
pub fn tick(x: f64, y: f64, s: f64, hue: Hue) -> Vec<Shape> {
    let stroke = format!(
        "M{} {}l{} {}l{} {}",
        n(x - 2.8 * s),
        n(y + 0.2 * s),
        n(2.0 * s),
        n(2.2 * s),
        n(3.6 * s),
        n(-4.4 * s)
    );
    vec![
        Shape::circle("tickring", x, y, 6.0 * s).hue(hue),
        Shape::path("tickmark", stroke).hue(hue),
    ]
}

/// Lost: a crossed disc.
#[must_use]
pub fn lost(x: f64, y: f64, r: f64) -> Vec<Shape> {
    let c = r * 0.36;
    let cross = format!(
        "M{} {}l{} {}m0 {}l{} {}",
        n(x - c),
        n(y - c),
        n(2.0 * c),
        n(2.0 * c),
        n(-2.0 * c),
        n(-2.0 * c),
        n(2.0 * c)
    );
    vec![
        Shape::circle("lostdisc", x, y, r),
        Shape::path("lostcross", cross),
    ]
}

/// Told of an error: an octagon.
#[must_use]
pub fn octagon(x: f64, y: f64, r: f64) -> Vec<Shape> {
    let corners: Vec<String> = (0..8)
        .map(|corner| {
            let angle = std::f64::consts::PI * (0.125 + 0.25 * f64::from(corner));
            format!("{} {}", n(x + r * angle.cos()), n(y + r * angle.sin()))
        })
        .collect();
    let bang = format!(
        "M{} {}v{}M{} {}v{}",
        n(x),
        n(y - r * 0.5),
        n(r * 0.6),
        n(x),
        n(y + r * 0.34),
        n(r * 0.2)
    );
    vec![
        Shape::path("octagon", format!("M{}Z", corners.join("L"))),
        Shape::path("bang", bang),
    ]
}

/// A fault that the user placed: a diamond.
#[must_use]
pub fn diamond(x: f64, y: f64, s: f64) -> Shape {
    let z = n(7.5 * s);
    Shape::path(
        "diamond",
        format!("M{} {}l{z} {z}l-{z} {z}l-{z} -{z}z", n(x), n(y - 7.5 * s)),
    )
}

/// The end of a process: a buffer stop.
#[must_use]
pub fn stop(x: f64, y: f64, s: f64) -> Shape {
    Shape::rect("stop", x - 2.0 * s, y - 15.0 * s, 4.0 * s, 30.0 * s, 0.0)
}

/// A process stands still: two bars.
#[must_use]
pub fn pause(x: f64, y: f64, s: f64) -> Vec<Shape> {
    let bar = |dx: f64| Shape::rect("stop", x + dx * s, y - 8.0 * s, 3.0 * s, 16.0 * s, 0.0);
    vec![bar(-5.0), bar(2.0)]
}

/// It goes on: an open triangle.
#[must_use]
pub fn resume(x: f64, y: f64, s: f64) -> Shape {
    Shape::path(
        "startring",
        format!(
            "M{} {}v{}l{} {}Z",
            n(x - 4.0 * s),
            n(y - 6.0 * s),
            n(12.0 * s),
            n(10.0 * s),
            n(-6.0 * s)
        ),
    )
}

/// A leader's crown.
#[must_use]
pub fn crown(class: &'static str, x: f64, y: f64, s: f64) -> Shape {
    let points = [
        (-7.0, 5.0),
        (-8.0, -4.0),
        (-3.4, -0.6),
        (0.0, -6.0),
        (3.4, -0.6),
        (8.0, -4.0),
        (7.0, 5.0),
    ];
    let corners: Vec<String> = points
        .iter()
        .map(|(dx, dy)| format!("{} {}", n(x + dx * s), n(y + dy * s)))
        .collect();
    Shape::path(class, format!("M{}Z", corners.join("L")))
}

/// Sent again: an open ring with an arrow.
#[must_use]
pub fn retry(x: f64, y: f64, s: f64, hue: Hue) -> Vec<Shape> {
    let r = n(6.0 * s);
    let arc = format!(
        "M{} {}A{r} {r} 0 1 0 {} {}",
        n(x + 4.2 * s),
        n(y - 4.2 * s),
        n(x + 6.0 * s),
        n(y + 0.8 * s)
    );
    vec![
        Shape::circle("retryground", x, y, 6.5 * s),
        Shape::path("retryring", arc).hue(hue),
        head(
            "retryhead",
            (x + 0.6 * s, y - 7.8 * s),
            (x + 6.2 * s, y - 2.4 * s),
            4.2 * s,
        )
        .hue(hue),
    ]
}

/// A log is cut back: a struck square.
#[must_use]
pub fn truncated(x: f64, y: f64, s: f64) -> Vec<Shape> {
    struck("cutcell", "cutstroke", x, y, s)
}

/// The beginning of a log is deleted: a struck square, without colour, for it is no trouble.
#[must_use]
pub fn deleted(x: f64, y: f64, s: f64) -> Vec<Shape> {
    struck("cutcell plain", "cutstroke plain", x, y, s)
}

fn struck(cell: &'static str, stroke: &'static str, x: f64, y: f64, s: f64) -> Vec<Shape> {
    let z = 5.0 * s;
    vec![
        Shape::rect(cell, x - z, y - z, 2.0 * z, 2.0 * z, 0.0),
        Shape::line(
            stroke,
            (x - z - 2.0 * s, y + z + 2.0 * s),
            (x + z + 2.0 * s, y - z - 2.0 * s),
        ),
    ]
}

/// Words in a pill.
#[must_use]
pub fn pill(x: f64, y: f64, words: &str, size: f64) -> Vec<Shape> {
    let w = super::words::width(words, size, true) + 9.0;
    let h = size + 4.0;
    vec![
        Shape::rect("pill", x - w / 2.0, y - h / 2.0, w, h, h / 2.0),
        Shape::text("pillword", Text::middle(x, y, words, size)),
    ]
}

/// Overtook: two opposed arrows in a pill.
#[must_use]
pub fn swap(x: f64, y: f64, r: f64) -> Vec<Shape> {
    let (w, h, q, e) = (r * 1.45, r * 1.02, r * 0.78, r * 0.36);
    let shafts = format!(
        "M{} {}h{}M{} {}h{}",
        n(x - q),
        n(y - e),
        n(q * 1.3),
        n(x + q),
        n(y + e),
        n(-q * 1.3)
    );
    vec![
        Shape::rect("pill", x - w, y - h, 2.0 * w, 2.0 * h, h),
        Shape::path("swapshaft", shafts),
        head("swaphead", (x, y - e), (x + q * 1.15, y - e), r * 0.5),
        head("swaphead", (x, y + e), (x - q * 1.15, y + e), r * 0.5),
    ]
}
