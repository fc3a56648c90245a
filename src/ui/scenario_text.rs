//! The scenario as text: to read, to change, to take away in a bug report.

use super::app::load_text;
use super::clipboard::CopyButton;
use super::marks;
use super::sheet::Sheet;
use super::store::Store;
use crate::model::scenario::Scenario;
use crate::player::LoadAt;
use crate::share;
use leptos::html;
use leptos::prelude::*;

/// The sheet with the text.
#[component]
pub fn ScenarioText(open: ReadSignal<bool>, set_open: WriteSignal<bool>) -> impl IntoView {
    view! {
        <Sheet open=open set_open=set_open title="Scenario text" class="text">
            <Editor />
        </Sheet>
    }
    .into_any()
}

#[component]
fn Editor() -> impl IntoView {
    let store = expect_context::<Store>();
    let field = NodeRef::<html::Textarea>::new();
    let (outcome, set_outcome) = signal(String::new());
    let text = store.with_scenario_untracked(text_of);
    let now = Callback::new({
        let text = text.clone();
        move |()| {
            field
                .get_untracked()
                .map_or_else(|| text.clone(), |field| field.value())
        }
    });
    let apply = move |_| {
        set_outcome.set(apply(store, &now.run(())));
    };
    let remarks = move || {
        store.remarks().with(|remarks| {
            remarks
                .iter()
                .map(|note| view! { <li>{marks::unknown()}<span><span class="num">{note.place.clone()}</span>" "{note.says.clone()}</span></li> })
                .collect_view()
        })
    };
    let (link, set_link) = signal(String::new());
    let ready = move || set_link.set(data_link(&now.run(())));
    view! {
        <p class="mut">"Everything this run depends on. Change it and apply; Undo takes it back."</p>
        <textarea node_ref=field aria-label="Scenario text" spellcheck="false" autocomplete="off" prop:value=text></textarea>
        <div class="row-of-buttons">
            <button type="button" class="filled" on:click=apply>"Apply scenario"</button>
            <CopyButton label="Copy text" class="outlined" text=now />
            <a class="outlined" download="scenario.yaml" href=move || link.get() on:pointerdown=move |_| ready() on:focus=move |_| ready()>"Download"</a>
            <span class="outcome" aria-live="polite">{move || outcome.get()}</span>
        </div>
        <ul role="list" class="remarks" aria-label="Not understood">{remarks}</ul>
    }
    .into_any()
}

/// The text of a scenario; that of a scene as it was written, with its comments.
fn text_of(scenario: &Scenario) -> String {
    share::scenes::SCENES
        .iter()
        .find(|scene| scene.scenario() == *scenario)
        .map_or_else(
            || share::text::write(scenario),
            |scene| scene.text.to_owned(),
        )
}

/// Loads the text, unless nothing in it is a scenario.
fn apply(store: Store, text: &str) -> String {
    let reading = share::text::read(text);
    if reading.scenario.steps.is_empty() {
        return "There is no step in this text, so nothing was changed.".to_owned();
    }
    let same_script =
        store.with_scenario_untracked(|now| now.steps.len() == reading.scenario.steps.len());
    let at = if same_script {
        LoadAt::Same
    } else {
        LoadAt::Telling
    };
    load_text(store, text, at);
    match reading.remarks.len() {
        0 => "Applied.".to_owned(),
        1 => "Applied. 1 thing was not used:".to_owned(),
        many => format!("Applied. {many} things were not used:"),
    }
}

fn data_link(text: &str) -> String {
    let encoded: String = js_sys::encode_uri_component(text).into();
    format!("data:text/yaml;charset=utf-8,{encoded}")
}
