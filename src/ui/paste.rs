//! Paste what you have: a configuration becomes settings of the scenario, and what was not used is listed with its place.

use super::app::Instance;
use super::marks;
use super::store::Store;
use crate::model::scenario::{Act, Scenario};
use crate::model::small::Map;
use crate::model::text::Settings;
use crate::model::trace::Trace;
use crate::player::{Command, LoadAt};
use crate::share::{Remark, paste};
use leptos::html;
use leptos::prelude::*;
use std::sync::Arc;

/// So many remarks are listed; the rest is counted.
const SHOWN: usize = 200;

/// Text box, button, and what came of it.
#[component]
pub fn Paste() -> impl IntoView {
    let store = expect_context::<Store>();
    let instance = expect_context::<Instance>();
    let field = NodeRef::<html::Textarea>::new();
    let (outcome, set_outcome) = signal(None::<(String, Arc<Trace>)>);
    let apply = move |_| {
        if let Some(field) = field.get_untracked() {
            let says = apply(store, &field.value());
            set_outcome.set(Some((says, store.trace().get_untracked())));
        }
    };
    // What came of it is true until the next edit.
    let outcome = move || {
        let now = store.trace().get();
        outcome
            .get()
            .filter(|(_, of)| Arc::ptr_eq(of, &now))
            .map(|(says, _)| says)
    };
    let hint = instance.id("paste-hint");
    view! {
        <section class="paste" aria-labelledby=instance.id("paste")>
            <h2 id=instance.id("paste")>"Your own configuration"</h2>
            <textarea node_ref=field aria-label="Paste configuration" aria-describedby=hint.clone() rows="3" spellcheck="false"
                autocomplete="off" placeholder="acks=1\nretries=3\nmin.insync.replicas=2"></textarea>
            <p class="hint" id=hint>"A .properties text of a producer, a topic or a broker. It stays on this machine."</p>
            <div class="row-of-buttons">
                <button type="button" class="outlined" on:click=apply>"Apply configuration"</button>
                <span class="outcome" aria-live="polite">{outcome}</span>
            </div>
            <Notices />
        </section>
    }
    .into_any()
}

/// Puts a text into the scenario, and says in one sentence what came of it.
fn apply(store: Store, text: &str) -> String {
    if text.trim().is_empty() {
        return "The box is empty.".to_owned();
    }
    let before = store.with_scenario_untracked(written);
    let reading = store.with_scenario_untracked(|scenario| paste::apply(text, scenario));
    let after = written(&reading.scenario);
    let changed = after
        .iter()
        .filter(|(key, value)| before.get(*key) != Some(*value))
        .count();
    let left_out = reading.remarks.len();
    store.send(Command::Load {
        scenario: Box::new(reading.scenario),
        remarks: reading.remarks,
        at: LoadAt::Same,
    });
    let changed = match changed {
        0 => "No setting changed".to_owned(),
        1 => "1 setting changed".to_owned(),
        many => format!("{many} settings changed"),
    };
    match left_out {
        0 => format!("{changed}."),
        1 => format!("{changed}, 1 notice."),
        many => format!("{changed}, {many} notices."),
    }
}

/// Every setting that is written, by owner and key.
fn written(scenario: &Scenario) -> Map<(String, String), String> {
    let mut all = Map::new();
    let mut add = |owner: &str, settings: &Settings| {
        for (key, value) in &settings.0 {
            all.insert((owner.to_owned(), key.clone()), value.clone());
        }
    };
    add("", &scenario.brokers);
    for act in &scenario.steps {
        match act {
            Act::Producer { id, config, .. } => add(&format!("producer {id}"), config),
            Act::Topic { name, config, .. } => add(&format!("topic {name}"), config),
            _ => {}
        }
    }
    all
}

/// Everything that was not understood of the last link, paste or scenario text.
#[component]
fn Notices() -> impl IntoView {
    let store = expect_context::<Store>();
    let instance = expect_context::<Instance>();
    let remarks = store.remarks();
    let count = Memo::new(move |_| remarks.with(|remarks| remarks.len()));
    let items = move || remarks.with(|remarks| remarks.iter().take(SHOWN).map(item).collect_view());
    let more = move || count.get().checked_sub(SHOWN).filter(|more| *more > 0);
    view! {
        <div class="notices" id=instance.id("notices") class:gone=move || count.get() == 0>
            <div class="notices-head">
                <b>{move || notices(count.get())}</b>
                <button type="button" class="link" on:click=move |_| { store.send(Command::Dismiss); }>"Dismiss"</button>
            </div>
            <ul role="list" aria-label="Notices">{items}</ul>
            {move || more().map(|more| view! { <p class="hint">{format!("and {more} more of the same kind of trouble")}</p> })}
        </div>
    }
    .into_any()
}

/// `3 notices`.
#[must_use]
pub fn notices(count: usize) -> String {
    match count {
        1 => "1 notice".to_owned(),
        many => format!("{many} notices"),
    }
}

fn item(note: &Remark) -> AnyView {
    let place = (!note.place.is_empty())
        .then(|| view! { <span class="num">{note.place.clone()}</span> " " });
    view! { <li>{marks::unknown()}<span>{place}{note.says.clone()}</span></li> }.into_any()
}
