//! The window: its insides change when a step is passed, its place and its head with every instant.

use super::couriers;
use super::names::Open;
use super::picture::{Parts, Picture};
use super::shapes::elements;
use super::sides::round;
use crate::model::ids::MessageId;
use crate::scene::layout::Row;
use crate::scene::shape::{Figure, Shape};
use crate::scene::window::{Group, frame, frame_top};
use leptos::prelude::*;

/// A menu takes so much from the right edge, in px.
const MENU: f64 = 160.0;

/// The window at now.
pub fn window(
    parts: Parts,
    picture: &Picture,
    open: RwSignal<Option<Open>>,
    on_lose: Callback<MessageId>,
) -> AnyView {
    let layout = picture.layout.clone();
    let (top, width, height) = (frame_top(&layout), layout.inside.width, layout.height);
    let place = move || {
        let left = parts.view.get().map_or(0.0, |view| view.left);
        format!("translate({} 0)", round(left))
    };
    view! {
        <g role="group" aria-label=move || parts.sentence.get() transform=place>
            <g aria-hidden="true">
                <rect class="ground-sheet" x="0" y=top width=width height=height - top />
                {groups(parts, true)}
                {couriers::ways(parts, picture)}
                {groups(parts, false)}
                {head(parts, picture)}
                {stations(parts, picture, open)}
            </g>
            {couriers::couriers(parts, picture, on_lose)}
        </g>
    }
    .into_any()
}

/// A broker's ring opens the same menu as its name, for those who point.
fn stations(parts: Parts, picture: &Picture, open: RwSignal<Option<Open>>) -> AnyView {
    let layout = &picture.layout;
    let (x, r, widest) = (layout.inside.station, layout.px(18.0), layout.width - MENU);
    let hit = |row: &Row| {
        let broker = row.lane.broker()?;
        let show = move |_| {
            let left = parts.view.get_untracked().map_or(0.0, |view| view.left + x);
            open.set(Some(Open {
                broker,
                left: left.min(widest),
            }));
        };
        Some(view! { <circle class="station-hit" cx=x cy=row.y() r=r on:click=show /> })
    };
    layout.rows.iter().filter_map(hit).collect_view().into_any()
}

/// What lies under the ways of the couriers, or over them.
fn groups(parts: Parts, under: bool) -> AnyView {
    let mine = move || -> Vec<Group> {
        parts
            .groups
            .get()
            .into_iter()
            .filter(|group| group.under == under)
            .collect()
    };
    view! {
        <For
            each=mine
            key=|group| group.print
            children=|group| view! { <g>{elements(&group.shapes)}</g> }
        />
    }
    .into_any()
}

/// The frame and its words: the same shapes at every instant, with other values.
fn head(parts: Parts, picture: &Picture) -> AnyView {
    let layout = picture.layout.clone();
    let shapes = Memo::new(move |_| {
        let view = parts
            .view
            .get()
            .unwrap_or_else(|| layout.view(parts.playhead.get()));
        frame(&layout, &view, parts.playing.get())
    });
    let count = shapes.with_untracked(Vec::len);
    let one = move |index: usize| {
        let shape: Shape = shapes.with_untracked(|shapes| shapes[index].clone());
        let class = shape.class;
        match shape.figure {
            Figure::Text(text) => {
                let said = move || {
                    shapes.with(|shapes| {
                        if let Figure::Text(text) = &shapes[index].figure {
                            text.words.clone()
                        } else {
                            String::new()
                        }
                    })
                };
                let anchor = match text.anchor {
                    crate::scene::shape::Anchor::Start => "start",
                    crate::scene::shape::Anchor::Middle => "middle",
                    crate::scene::shape::Anchor::End => "end",
                };
                let weight = if text.bold { 600 } else { 400 };
                view! { <text class=class x=text.x y=text.y font-size=text.size font-weight=weight text-anchor=anchor>{said}</text> }.into_any()
            }
            _ => {
                let d = move || {
                    shapes.with(|shapes| {
                        if let Figure::Path(d) = &shapes[index].figure {
                            d.clone()
                        } else {
                            String::new()
                        }
                    })
                };
                view! { <path class=class d=d /> }.into_any()
            }
        }
    };
    (0..count).map(one).collect_view().into_any()
}
