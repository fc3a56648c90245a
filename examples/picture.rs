//! One instant of a run as a page of its own, for looking at the drawing without building the page:
//! `cargo run --no-default-features --example picture -- SCENE TIME_MS WIDTH [light|dark] > picture.html`.
//! SCENE is the short name of a built-in scene, or a file with a scenario.

use ackscope::model::ids::NodeId;
use ackscope::model::time::SimTime;
use ackscope::model::trace::Trace;
use ackscope::scene::couriers;
use ackscope::scene::layout::{Layout, Row, View};
use ackscope::scene::paper::Paper;
use ackscope::scene::shape::{Anchor, Figure, Shape, Text};
use ackscope::scene::tape::Tape;
use ackscope::scene::window::{Window, frame, frame_top, groups, sentence, shoulders};
use ackscope::share::scenes::{self, Scene};
use ackscope::share::text;
use ackscope::verdict::Ledger;

/// All that is drawn at one instant.
struct Still {
    tape: Tape,
    layout: Layout,
    paper: Paper,
    window: Window,
    view: View,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [scene, time_ms, width, rest @ ..] = words.as_slice() else {
        eprintln!("which SCENE, at which TIME_MS, in which WIDTH?");
        return;
    };
    let scenario = scenes::scene(scene).map_or_else(
        || text::read(&std::fs::read_to_string(scene).unwrap_or_default()).scenario,
        Scene::scenario,
    );
    let now = SimTime((time_ms.parse::<f64>().unwrap_or(0.0) * 1000.0) as u64);
    let trace = Trace::of(&scenario);
    let tape = Tape::of(&trace, &Ledger::of(&trace));
    let layout = Layout::of(&tape, width.parse().unwrap_or(1096.0), None);
    let still = Still {
        paper: Paper::of(&tape, &layout),
        window: Window::of(&tape, &trace.board_at(now), now),
        view: layout.view(now),
        layout,
        tape,
    };
    eprintln!("{}", sentence(&still.tape, &still.window, now));
    println!("{}", page(&still, rest.first().map_or("", String::as_str)));
}

fn page(still: &Still, theme: &str) -> String {
    let css = |name: &str| std::fs::read_to_string(format!("style/{name}.css")).unwrap_or_default();
    let Layout {
        width,
        height,
        cluster,
        sizes,
        ..
    } = &still.layout;
    let names: String = still
        .layout
        .rows
        .iter()
        .map(|row| lane_name(still, row))
        .collect();
    format!(
        "<!doctype html><meta charset=utf-8><style>{}{}body{{margin:20px;background:var(--paper)}}</style>\
         <body class=ackscope data-theme=\"{theme}\">\
         <svg class=\"drawing\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" style=\"--s:{}\">\
         <rect class=\"zone\" y=\"{}\" width=\"{width}\" height=\"{}\"/>{names}{}{}{}</svg>",
        css("tokens"),
        css("drawing"),
        sizes.scale,
        cluster.0,
        cluster.1 - cluster.0,
        side(still, false),
        side(still, true),
        opened(still),
    )
}

fn lane_name(still: &Still, row: &Row) -> String {
    let light = row.lane == NodeId::Controller;
    let name = Text {
        x: 12.0,
        y: row.y() + 5.0,
        words: row.name.clone(),
        size: if light {
            still.layout.sizes.label
        } else {
            still.layout.sizes.name
        },
        bold: !light,
        ..Text::default()
    };
    words(if light { "word" } else { "" }, &name)
}

/// The paper left or right of the window.
fn side(still: &Still, later: bool) -> String {
    let (layout, view) = (&still.layout, &still.view);
    let (class, shift, from, to) = if later {
        ("side-later", view.later_shift, view.right, layout.width)
    } else {
        ("side-past", view.past_shift, layout.names, view.left)
    };
    let stamps: String = still
        .paper
        .stamps
        .iter()
        .filter(|stamp| (stamp.at > view.now) == later && layout.x(stamp.at) >= view.gone_before)
        .map(|stamp| all(&stamp.shapes))
        .collect();
    let reserved = shoulders(layout, view);
    let seen = still.paper.labels.seen(layout, view, false, &reserved);
    let labels: String = seen
        .iter()
        .filter(|one| one.later == later)
        .map(|one| {
            let label = &still.paper.labels.all[one.index];
            let inside = if layout.in_cluster(one.text.y - 4.0) {
                " inside"
            } else {
                ""
            };
            words(
                &format!("{} h{}{inside}", label.class, label.hue.0),
                &one.text,
            )
        })
        .collect();
    format!(
        "<clipPath id=\"{class}\"><rect x=\"{from}\" width=\"{}\" height=\"{}\"/></clipPath>\
         <g class=\"{class}\" clip-path=\"url(#{class})\"><g transform=\"translate({shift} 0)\">{}{}{stamps}</g></g>\
         <g class=\"labels {class}\" transform=\"translate({shift} 0)\">{labels}</g>",
        (to - from).max(0.0),
        layout.height,
        all(&still.paper.ground),
        all(&still.paper.tears),
    )
}

/// The window with its couriers.
fn opened(still: &Still) -> String {
    let (layout, view, tape) = (&still.layout, &still.view, &still.tape);
    let all_groups = groups(tape, layout, &still.window);
    let layer = |under: bool| -> String {
        all_groups
            .iter()
            .filter(|group| group.under == under)
            .map(|group| all(&group.shapes))
            .collect()
    };
    let flying: Vec<_> = couriers::in_flight(tape, view.now).collect();
    let ways: String = flying
        .iter()
        .filter_map(|message| couriers::way(tape, message, layout, &still.window, view.now))
        .map(|way| element(&way))
        .collect();
    let discs: String = flying
        .iter()
        .filter_map(|message| {
            let y = couriers::height(message, layout, view.now)?;
            let shapes = all(&couriers::shapes(tape, message, layout));
            Some(format!("<g transform=\"translate(0 {y})\">{shapes}</g>"))
        })
        .collect();
    let top = frame_top(layout);
    format!(
        "<g transform=\"translate({} 0)\"><rect class=\"ground-sheet\" y=\"{top}\" width=\"{}\" height=\"{}\"/>{}{ways}{}{}{discs}</g>",
        view.left,
        layout.inside.width,
        layout.height - top,
        layer(true),
        layer(false),
        all(&frame(layout, view, false)),
    )
}

fn all(shapes: &[Shape]) -> String {
    shapes.iter().map(element).collect()
}

fn element(shape: &Shape) -> String {
    let class = format!("{} h{}", shape.class, shape.hue.0);
    match &shape.figure {
        Figure::Path(d) => format!("<path class=\"{class}\" d=\"{d}\"/>"),
        Figure::Circle { x, y, r } => {
            format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>")
        }
        Figure::Rect { x, y, w, h, rx } => {
            format!(
                "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" rx=\"{rx}\"/>"
            )
        }
        Figure::Text(text) => words(&class, text),
    }
}

fn words(class: &str, text: &Text) -> String {
    let anchor = match text.anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let turn = if text.upright {
        format!("rotate(-90 {} {})", text.x, text.y)
    } else {
        String::new()
    };
    let said = text.words.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<text class=\"{class}\" transform=\"{turn}\" x=\"{}\" y=\"{}\" font-size=\"{}\" font-weight=\"{}\" text-anchor=\"{anchor}\">{said}</text>",
        text.x,
        text.y,
        text.size,
        if text.bold { 600 } else { 400 },
    )
}
