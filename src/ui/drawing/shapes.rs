//! One shape of the scene becomes one SVG element.

use crate::scene::shape::{Anchor, Figure, Shape, Text};
use leptos::prelude::*;
use leptos::svg;

/// The class of an element: what it is, and whose.
fn class(shape: &Shape) -> String {
    format!("{} h{}", shape.class, shape.hue.0)
}

/// A shape as an element.
pub fn element(shape: &Shape) -> AnyView {
    let class = class(shape);
    match &shape.figure {
        Figure::Path(d) => svg::path()
            .attr("class", class)
            .attr("d", d.clone())
            .into_any(),
        Figure::Circle { x, y, r } => svg::circle()
            .attr("class", class)
            .attr("cx", *x)
            .attr("cy", *y)
            .attr("r", *r)
            .into_any(),
        Figure::Rect { x, y, w, h, rx } => svg::rect()
            .attr("class", class)
            .attr("x", *x)
            .attr("y", *y)
            .attr("width", *w)
            .attr("height", *h)
            .attr("rx", *rx)
            .into_any(),
        Figure::Text(text) => words(class, text),
    }
}

/// Words as an element.
pub fn words(class: String, text: &Text) -> AnyView {
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let turn = text
        .upright
        .then(|| format!("rotate(-90 {} {})", text.x, text.y));
    svg::text()
        .attr("class", class)
        .attr("x", text.x)
        .attr("y", text.y)
        .attr("font-size", text.size)
        .attr("font-weight", if text.bold { 600 } else { 400 })
        .attr("text-anchor", anchor)
        .attr("transform", turn)
        .child(text.words.clone())
        .into_any()
}

/// Several shapes.
pub fn elements(shapes: &[Shape]) -> Vec<AnyView> {
    shapes.iter().map(element).collect()
}
