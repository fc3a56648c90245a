//! The paper left and right of the window: the past, and in pencil what comes later. While playing only two clips, two shifts
//! and what appears or goes are touched.

use super::picture::{Parts, Picture};
use super::shapes::{elements, words};
use crate::scene::labels::Seen;
use crate::scene::layout::View;
use leptos::prelude::*;

/// One side.
pub fn side(parts: Parts, picture: &Picture, instance: &str, later: bool) -> AnyView {
    let name = if later { "side-later" } else { "side-past" };
    let clip = format!("{instance}-{name}");
    let clipped = format!("url(#{clip})");
    let (names, width, height) = (
        picture.layout.names,
        picture.layout.width,
        picture.layout.height,
    );
    let of_view =
        move |part: fn(&View) -> f64| move || parts.view.get().map_or(0.0, |view| part(&view));
    let shift_px = of_view(if later {
        |view| view.later_shift
    } else {
        |view| view.past_shift
    });
    let shift = Memo::new(move |_| format!("translate({} 0)", round(shift_px())));
    let from = move || {
        parts
            .view
            .get()
            .map_or(0.0, |view| if later { view.right } else { names })
    };
    let room = move || {
        let edge = parts
            .view
            .get()
            .map_or((0.0, 0.0), |view| (view.left, view.right));
        let room = if later {
            width - edge.1
        } else {
            edge.0 - names
        };
        room.max(0.0)
    };
    let stamps = picture.paper.stamps.iter().map(|stamp| {
        let at = stamp.at;
        let hidden = move || {
            let other_side = (parts.mark.get() < at) != later;
            let gone = !later && parts.gone.get().is_some_and(|gone| at <= gone);
            (other_side || gone).then_some("none")
        };
        view! { <g style:display=hidden>{elements(&stamp.shapes)}</g> }
    });
    let stamps: Vec<_> = stamps.collect();
    view! {
        <clipPath id=clip>
            <rect x=move || round(from()) y="0" width=move || round(room()) height=height />
        </clipPath>
        <g class=name clip-path=clipped aria-hidden="true">
            <g transform=move || shift.get()>
                {elements(&picture.paper.ground)} {elements(&picture.paper.tears)} {stamps}
            </g>
        </g>
    }
    .into_any()
}

/// The words of one side; they are never cut.
pub fn labels(parts: Parts, picture: &Picture, later: bool) -> AnyView {
    let picture = picture.clone();
    let shift_px = move || {
        parts.view.get().map_or(0.0, |view| {
            if later {
                view.later_shift
            } else {
                view.past_shift
            }
        })
    };
    let shift = Memo::new(move |_| format!("translate({} 0)", round(shift_px())));
    let mine = move || -> Vec<Seen> {
        parts
            .seen
            .get()
            .into_iter()
            .filter(|one| one.later == later)
            .collect()
    };
    let key = |one: &Seen| {
        (
            one.index,
            one.text.words.clone(),
            one.text.x.to_bits(),
            one.text.y.to_bits(),
        )
    };
    let one = move |one: Seen| {
        let label = picture.paper.labels.all.get(one.index);
        let inside = if picture.layout.in_cluster(one.text.y - 4.0) {
            " inside"
        } else {
            ""
        };
        label.map(|label| {
            words(
                format!("{} h{}{inside}", label.class, label.hue.0),
                &one.text,
            )
        })
    };
    let class = if later {
        "labels side-later"
    } else {
        "labels side-past"
    };
    view! {
        <g class=class transform=move || shift.get() aria-hidden="true">
            <For each=mine key=key children=one />
        </g>
    }
    .into_any()
}

/// To a tenth of a px: finer is not seen, and a string that is the same changes nothing.
pub fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
