//! The drawing on the page: shapes of the scene become SVG. Nothing is decided here.

mod couriers;
mod names;
mod picture;
mod shapes;
mod sides;
mod size;
mod window;

use crate::model::ids::{BrokerId, MessageId};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::verdict::Ledger;
use leptos::html;
use leptos::prelude::*;
use picture::{Parts, Picture};
use std::sync::Arc;

/// One run as one picture, opened at the playhead.
#[component]
pub fn Drawing(
    /// The finished run.
    trace: Signal<Arc<Trace>>,
    /// Its judgement.
    ledger: Signal<Arc<Ledger>>,
    /// Where the playhead is.
    playhead: Signal<SimTime>,
    /// True while playing: labels keep their place.
    playing: Signal<bool>,
    /// Prefix of all element ids.
    #[prop(into)]
    instance: String,
    /// Crash this broker at the playhead.
    on_crash: Callback<BrokerId>,
    /// Start it again at the playhead.
    on_start: Callback<BrokerId>,
    /// Lose this message.
    on_lose: Callback<MessageId>,
) -> impl IntoView {
    let host: NodeRef<html::Div> = NodeRef::new();
    let width = size::width_of(host);
    let parts = Parts::new(trace, ledger, playhead, playing, width);
    let deeds = names::Deeds { on_crash, on_start };
    let open = RwSignal::new(None);
    let names = names::names(parts, &instance, open, deeds);
    let instance = StoredValue::new(instance);
    let svg = move || {
        let picture = parts.picture.get();
        picture.map(|picture| {
            instance.with_value(|instance| svg(parts, &picture, instance, open, on_lose))
        })
    };
    view! {
        <div class="drawing-host" node_ref=host>
            {svg}
            {names}
        </div>
    }
}

/// The picture in one size: built anew when the run or the width changes, touched little by little as time goes.
fn svg(
    parts: Parts,
    picture: &Picture,
    instance: &str,
    open: RwSignal<Option<names::Open>>,
    on_lose: Callback<MessageId>,
) -> AnyView {
    let layout = &picture.layout;
    let (width, height) = (layout.width, layout.height);
    let (top, bottom) = layout.cluster;
    view! {
        <svg
            class="drawing"
            width=width
            height=height
            viewBox=format!("0 0 {width} {height}")
            style=format!("--s:{}", layout.sizes.scale)
        >
            <rect class="zone" x="0" y=top width=width height=bottom - top aria-hidden="true" />
            {sides::side(parts, picture, instance, false)}
            {sides::side(parts, picture, instance, true)}
            {sides::labels(parts, picture, false)}
            {sides::labels(parts, picture, true)}
            {window::window(parts, picture, open, on_lose)}
        </svg>
    }
    .into_any()
}
