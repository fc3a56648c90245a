//! The top of the page: what is played, and what concerns the whole of it.

use super::app::{Instance, load_text};
use super::clipboard::CopyButton;
use super::location;
use super::marks;
use super::menu::Menu;
use super::paste::notices;
use super::store::Store;
use super::theme::Theme;
use crate::player::{Command, LoadAt};
use crate::share;
use leptos::prelude::*;

/// Mark, title, tools.
#[component]
pub fn Header(
    /// The theme.
    theme: Theme,
    /// To open the scenario text.
    show_text: WriteSignal<bool>,
    /// To open the list of keys.
    show_keys: WriteSignal<bool>,
) -> impl IntoView {
    let store = expect_context::<Store>();
    let instance = expect_context::<Instance>();
    let title = move || store.trace().with(|trace| trace.scenario().title.clone());
    let heading = if instance.whole_page {
        view! { <h1 class="title"><b>{title}</b><Edited /><Noticed /></h1> }.into_any()
    } else {
        view! { <h2 class="title"><b>{title}</b><Edited /><Noticed /></h2> }.into_any()
    };
    let link = Callback::new(move |()| {
        let playhead = store.playhead().get_untracked();
        store.with_scenario_untracked(|scenario| location::link(scenario, Some(playhead)))
    });
    let more = ["Scenario text", "Keys", "Theme: system, light, dark"]
        .map(str::to_owned)
        .to_vec();
    let take = Callback::new(move |index: usize| match index {
        0 => show_text.set(true),
        1 => show_keys.set(true),
        _ => theme.turn(),
    });
    view! {
        <header class="top" role=instance.whole_page.then_some("banner")>
            <div class="brand">{marks::logo()}"Ackscope"</div>
            {heading}
            <div class="tools">
                <History />
                <Scenes />
                <CopyButton label="Copy link" text=link />
                <button type="button" class="plain direct" on:click=move |_| show_text.set(true)>"Scenario text"</button>
                <button type="button" class="plain direct" on:click=move |_| show_keys.set(true)>"Keys"</button>
                <button type="button" class="plain direct theme" on:click=move |_| theme.turn()>
                    "Theme: " <span>{move || theme.name()}</span>
                </button>
                <div class="more">
                    <Menu label="More" choices=more on_choice=take />
                </div>
            </div>
        </header>
    }
    .into_any()
}

/// Says that this is no longer the scene of that title.
#[component]
fn Edited() -> impl IntoView {
    let store = expect_context::<Store>();
    let edited = Memo::new(move |_| {
        store.trace().with(|trace| {
            let now = trace.scenario();
            share::scenes::SCENES
                .iter()
                .map(share::scenes::Scene::scenario)
                .find(|scene| scene.title == now.title)
                .is_some_and(|scene| scene != *now)
        })
    });
    view! { <Show when=move || edited.get()><span class="edited">"changed by you"</span></Show> }
        .into_any()
}

/// Says that something of the last text was not used, and leads there.
#[component]
fn Noticed() -> impl IntoView {
    let store = expect_context::<Store>();
    let id = StoredValue::new(expect_context::<Instance>().id("notices"));
    let count = move || store.remarks().with(|remarks| remarks.len());
    let go = move |_| {
        if let Some(notices) = id.with_value(|id| document().get_element_by_id(id)) {
            notices.scroll_into_view();
        }
    };
    view! {
        <Show when=move || count() != 0>
            <button type="button" class="link noticed" on:click=go>{marks::unknown()}<span>{move || notices(count())}</span></button>
        </Show>
    }
    .into_any()
}

/// Undo and redo.
#[component]
fn History() -> impl IntoView {
    let store = expect_context::<Store>();
    let depth = store.depth();
    view! {
        <div class="history">
            <button type="button" class="round" aria-label="Undo" disabled=move || !depth.get().0
                on:click=move |_| { store.send(Command::Undo); }>{marks::line_icon(marks::UNDO)}</button>
            <button type="button" class="round" aria-label="Redo" disabled=move || !depth.get().1
                on:click=move |_| { store.send(Command::Redo); }>{marks::line_icon(marks::REDO)}</button>
        </div>
    }
    .into_any()
}

/// The menu of scenes.
#[component]
fn Scenes() -> impl IntoView {
    let store = expect_context::<Store>();
    let choices = share::scenes::SCENES
        .iter()
        .map(|scene| scene.scenario().title)
        .collect();
    let load = Callback::new(move |index: usize| {
        if let Some(scene) = share::scenes::SCENES.get(index) {
            load_text(store, scene.text, LoadAt::Telling);
        }
    });
    view! { <Menu label="Scenes" choices=choices on_choice=load /> }.into_any()
}
