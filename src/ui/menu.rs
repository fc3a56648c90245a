//! A menu that drops from a button. Escape, a click elsewhere and a choice close it.

use leptos::ev;
use leptos::html;
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// A button, and under it the choices.
#[component]
pub fn Menu(
    /// What the button says.
    label: &'static str,
    /// The choices.
    choices: Vec<String>,
    /// Which one was taken.
    on_choice: Callback<usize>,
) -> impl IntoView {
    let (open, set_open) = signal(false);
    let root = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let close = move || {
        set_open.set(false);
        if let Some(button) = button.get_untracked() {
            drop(button.focus());
        }
    };
    let elsewhere = window_event_listener(ev::pointerdown, move |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside = root
            .get_untracked()
            .is_some_and(|root| root.contains(target.as_ref()));
        if !inside && open.get_untracked() {
            set_open.set(false);
        }
    });
    on_cleanup(move || elsewhere.remove());
    let items = choices
        .into_iter()
        .enumerate()
        .map(|(index, choice)| {
            let take = move |_| {
                close();
                on_choice.run(index);
            };
            view! { <li><button type="button" on:click=take>{choice}</button></li> }
        })
        .collect_view();
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            event.prevent_default();
            close();
        }
    };
    let on_leave = move |event: ev::FocusEvent| {
        let target = event
            .related_target()
            .and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside = root
            .get_untracked()
            .is_some_and(|root| root.contains(target.as_ref()));
        if target.is_some() && !inside {
            set_open.set(false);
        }
    };
    view! {
        <div class="menu" node_ref=root on:keydown=on_key on:focusout=on_leave>
            <button type="button" class="plain" node_ref=button aria-expanded=move || open.get().to_string()
                on:click=move |_| set_open.update(|open| *open = !*open)>{label}</button>
            <ul class="menu-list" role="list" hidden=move || !open.get()>{items}</ul>
        </div>
    }
    .into_any()
}
