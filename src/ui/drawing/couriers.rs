//! Couriers: what is on its way rides on the window's left side, and can be lost there.

use super::picture::{Parts, Picture};
use super::shapes::elements;
use super::sides::round;
use crate::model::ids::MessageId;
use crate::scene::couriers::{height, name, radius, shapes, way};
use crate::scene::shape::Figure;
use crate::scene::tape::Message;
use leptos::ev;
use leptos::prelude::*;

/// A finger needs so much, in px from the centre.
const REACH: f64 = 15.0;

/// The dotted ways from all couriers to their slots.
pub fn ways(parts: Parts, picture: &Picture) -> AnyView {
    let picture = picture.clone();
    view! {
        <For
            each=move || parts.flying.get()
            key=|id| *id
            children=move |id| dotted(parts, &picture, id)
        />
    }
    .into_any()
}

/// All couriers at now.
pub fn couriers(parts: Parts, picture: &Picture, on_lose: Callback<MessageId>) -> AnyView {
    let picture = picture.clone();
    view! {
        <For
            each=move || parts.flying.get()
            key=|id| *id
            children=move |id| disc(parts, &picture, id, on_lose)
        />
    }
    .into_any()
}

fn message(picture: &Picture, id: MessageId) -> Option<Message> {
    picture
        .tape
        .messages
        .iter()
        .find(|message| message.id == id)
        .cloned()
}

/// The way from a courier to its slot.
fn dotted(parts: Parts, picture: &Picture, id: MessageId) -> AnyView {
    let Some(message) = message(picture, id) else {
        return ().into_any();
    };
    let picture = picture.clone();
    let hue = message
        .records
        .first()
        .map_or(0, |record| picture.tape.hue(*record).0);
    let d = move || {
        let window = parts.window.get()?;
        let way = way(
            &picture.tape,
            &message,
            &picture.layout,
            &window,
            parts.playhead.get(),
        )?;
        match way.figure {
            Figure::Path(d) => Some(d),
            _ => None,
        }
    };
    view! { <path class=format!("way h{hue}") d=d /> }.into_any()
}

/// A courier that can be clicked away.
fn disc(parts: Parts, picture: &Picture, id: MessageId, on_lose: Callback<MessageId>) -> AnyView {
    let Some(message) = message(picture, id) else {
        return ().into_any();
    };
    let drawn = elements(&shapes(&picture.tape, &message, &picture.layout));
    let label = format!("Lose this message: {}", name(&picture.tape, &message));
    let title = label.clone();
    let reach = radius(&picture.tape, &message, &picture.layout).max(REACH);
    let layout = picture.layout.clone();
    let place = move || {
        let y = height(&message, &layout, parts.playhead.get()).unwrap_or_default();
        format!("translate(0 {})", round(y))
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            event.stop_propagation();
            on_lose.run(id);
        }
    };
    view! {
        <g
            class="loser"
            role="button"
            tabindex="0"
            aria-label=label
            transform=place
            on:click=move |_| on_lose.run(id)
            on:keydown=on_key
        >
            <title>{title}</title>
            <circle class="reach" r=reach + 4.0 />
            {drawn}
        </g>
    }
    .into_any()
}
