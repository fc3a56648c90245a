//! Stands where the drawing will stand.

use crate::model::ids::{BrokerId, MessageId};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::player::words;
use crate::verdict::Ledger;
use leptos::prelude::*;
use std::sync::Arc;

/// The signature of the drawing.
#[component]
pub fn Drawing(
    trace: Signal<Arc<Trace>>,
    ledger: Signal<Arc<Ledger>>,
    playhead: Signal<SimTime>,
    playing: Signal<bool>,
    #[prop(into)] instance: String,
    on_crash: Callback<BrokerId>,
    on_start: Callback<BrokerId>,
    on_lose: Callback<MessageId>,
) -> impl IntoView {
    let _ = (trace, ledger, playing, on_start, on_lose);
    let name = move || format!("One instant, {}", words::ms(playhead.get()));
    view! {
        <svg class="drawing" id=format!("{instance}-drawing") viewBox="0 0 800 300">
            <g role="group" aria-label=name></g>
        </svg>
        <button on:click=move |_| on_crash.run(BrokerId(2))>"Crash 2"</button>
    }
    .into_any()
}
