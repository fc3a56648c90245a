//! What goes wrong in this scenario, as a list: each with its moment, and a button that takes it out.

use super::app::Instance;
use super::marks;
use super::store::Store;
use crate::player::{Command, Incident, words};
use leptos::prelude::*;

/// The list.
#[component]
pub fn Faults() -> impl IntoView {
    let store = expect_context::<Store>();
    let heading = expect_context::<Instance>().id("faults");
    let incidents = Memo::new(move |_| store.outline().with(|outline| outline.incidents.clone()));
    let none = move || incidents.with(Vec::is_empty);
    view! {
        <section class="faults" aria-labelledby=heading>
            <h2 id=heading.clone()>"Faults"</h2>
            <ul role="list" aria-label="Faults">
                {move || incidents.get().into_iter().map(|incident| item(store, incident)).collect_view()}
            </ul>
            <p class="hint" class:gone=move || !none()>
                "Nothing goes wrong. Click a broker in the drawing to crash it at this instant, or a message to lose it."
            </p>
        </section>
    }
    .into_any()
}

fn item(store: Store, incident: Incident) -> AnyView {
    let place = incident.place;
    let when = match incident.at {
        Some(at) => view! {
            <button type="button" class="time" on:click=move |_| { store.send(Command::Seek(at)); }>{words::ms(at)}</button>
        }
        .into_any(),
        None => view! { <span class="num">"does not happen"</span> }.into_any(),
    };
    let tied_to =
        (!incident.tied_to.is_empty()).then(|| view! { <small>{incident.tied_to.clone()}</small> });
    let remove = format!("Remove: {}", incident.what);
    view! {
        <li class:never=incident.at.is_none()>
            {marks::diamond()}
            <span class="what">{incident.what}{tied_to}</span>
            {when}
            <button type="button" class="round small" aria-label=remove on:click=move |_| { store.send(Command::Remove(place)); }>
                {marks::line_icon(marks::CROSS)}
            </button>
        </li>
    }
    .into_any()
}
