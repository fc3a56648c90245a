//! The drawing on the page: shapes of the scene become SVG. Nothing is decided here.

use crate::model::ids::{BrokerId, MessageId};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::verdict::Ledger;
use leptos::prelude::*;
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
    let _ = (trace, ledger, playing, on_crash, on_start, on_lose);
    let name = move || format!("One instant, {} ms", playhead.get().tenths_of_ms() / 10);
    view! {
        <svg class="drawing" id=format!("{instance}-drawing")>
            <g role="group" aria-label=name></g>
        </svg>
    }
}
