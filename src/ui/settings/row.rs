//! One setting: its dot, its key, its control, and what is to be said of it.

use super::super::app::Instance;
use super::super::marks;
use super::super::store::Store;
use super::state::{Group, Known, Standing, State, state};
use crate::model::config::Setting;
use crate::model::config::registry::Kind;
use crate::player::{Command, Key};
use leptos::prelude::*;

/// Values that mean the same as another one, and need no place in a list.
const ALIASES: &[(&str, &str)] = &[("acks", "-1")];

/// The words that a setting may have, if they are few.
fn choices(setting: Option<&Setting>) -> Option<Vec<&'static str>> {
    let setting = setting?;
    let words: &[&str] = match setting.kind {
        Kind::Bool => &["true", "false"],
        Kind::Choice(words) | Kind::AnyCaseChoice(words) => words,
        _ => return None,
    };
    let mut words: Vec<&'static str> = words.to_vec();
    words.retain(|word| !ALIASES.contains(&(setting.key, word)));
    Some(words)
}

/// The row.
#[component]
pub fn SettingRow(
    group: Group,
    key: String,
    known: Memo<Known>,
    set_doc: WriteSignal<(&'static str, &'static str)>,
) -> impl IntoView {
    let instance = expect_context::<Instance>();
    let setting = group.setting(&key);
    let id = instance.id(&format!("set-{}-{}-{key}", group.owner as u8, group.name)
        .replace(char::is_whitespace, "_"));
    let state = {
        let (group, key) = (group.clone(), key.clone());
        Memo::new(move |_| known.with(|known| state(known, &group, &key)))
    };
    let doc = setting.map_or(("", ""), |setting| (setting.key, setting.doc));
    let tell = move || set_doc.set(doc);
    let class = move || match state.with(|state| state.standing) {
        Standing::Set => "setting set",
        Standing::Follows => "setting follows",
        Standing::Default => "setting",
    };
    let address = Key {
        owner: group.owner,
        name: group.name,
        key: key.clone(),
    };
    let control = control(setting, &address, state, &id);
    view! {
        <div class=class on:focusin=move |_| tell() on:pointerenter=move |_| tell()>
            <i class="state" class:set=move || state.with(|state| state.standing == Standing::Set)
                class:follows=move || state.with(|state| state.standing == Standing::Follows)></i>
            <label class="name" for=id.clone()>{broken_at_dots(&key)}</label>
            {control}
            <Unset address=address state=state />
            <Sayings id=format!("{id}-says") doc=doc.1 state=state />
        </div>
    }
    .into_any()
}

/// A key that may be broken after its dots.
fn broken_at_dots(key: &str) -> AnyView {
    key.split_inclusive('.')
        .map(|part| view! { {part.to_owned()}<wbr /> })
        .collect_view()
        .into_any()
}

fn control(
    setting: Option<&'static Setting>,
    address: &Key,
    state: Memo<State>,
    id: &str,
) -> AnyView {
    match choices(setting) {
        Some(words) => choice(words, setting, address, state, id),
        None => field(setting, address, state, id),
    }
}

fn choice(
    words: Vec<&'static str>,
    setting: Option<&'static Setting>,
    address: &Key,
    state: Memo<State>,
    id: &str,
) -> AnyView {
    let store = expect_context::<Store>();
    let known = words.clone();
    let stranger = Memo::new(move |_| {
        state
            .with(|state| state.written.clone())
            .filter(|written| !known.contains(&written.as_str()))
    });
    let is_written = move |word: &str| state.with(|state| state.written.as_deref() == Some(word));
    let options = words
        .into_iter()
        .map(|word| view! { <option value=word prop:selected=move || is_written(word)>{word}</option> })
        .collect_view();
    let default = setting.map_or("", |setting| setting.default);
    let shown = move || {
        state.with(|state| {
            state
                .written
                .clone()
                .unwrap_or_else(|| state.in_force.clone())
        })
    };
    let to = address.clone();
    let set = move |event| {
        let value = event_target_value(&event);
        let value = (!value.is_empty()).then_some(value);
        store.send(Command::SetSetting {
            key: to.clone(),
            value,
            committed: true,
        });
    };
    view! {
        <span class="choice">
            <span aria-hidden="true">{shown}</span>
        <select id=id.to_owned() class="value" aria-label=address.key.clone() aria-describedby=format!("{id}-says") on:change=set
            aria-invalid=move || state.with(|state| (!state.refused.is_empty()).then_some("true"))>
            <option value="" prop:selected=move || state.with(|state| state.written.is_none())>{format!("(default: {default})")}</option>
            {options}
            {move || stranger.get().map(|word| view! { <option value=word.clone() prop:selected=true>{word.clone()}</option> })}
        </select>
        </span>
    }
    .into_any()
}

fn field(
    setting: Option<&'static Setting>,
    address: &Key,
    state: Memo<State>,
    id: &str,
) -> AnyView {
    let store = expect_context::<Store>();
    let numeric = setting
        .is_some_and(|setting| matches!(setting.kind, Kind::Number { .. } | Kind::NumberOr { .. }));
    let send = {
        let to = address.clone();
        move |value: String, committed: bool| {
            let value = (!value.trim().is_empty()).then_some(value);
            store.send(Command::SetSetting {
                key: to.clone(),
                value,
                committed,
            });
        }
    };
    let typed = send.clone();
    view! {
        <input id=id.to_owned() class="value" type="text" inputmode=numeric.then_some("numeric") autocomplete="off" spellcheck="false"
            aria-label=address.key.clone() aria-describedby=format!("{id}-says")
            aria-invalid=move || state.with(|state| (!state.refused.is_empty()).then_some("true"))
            placeholder=move || state.with(|state| state.in_force.clone())
            prop:value=move || state.with(|state| state.written.clone().unwrap_or_default())
            on:input=move |event| typed(event_target_value(&event), false)
            on:change=move |event| send(event_target_value(&event), true) />
    }
    .into_any()
}

/// The way back to unset.
#[component]
fn Unset(address: Key, state: Memo<State>) -> impl IntoView {
    let store = expect_context::<Store>();
    let is_set = move || state.with(|state| state.written.is_some());
    let label = format!("Unset {}", address.key);
    let unset = move |_| {
        store.send(Command::SetSetting {
            key: address.clone(),
            value: None,
            committed: true,
        });
    };
    view! {
        <button type="button" class="round small" class:gone=move || !is_set() aria-label=label on:click=unset>
            {marks::line_icon(marks::CROSS)}
        </button>
    }
    .into_any()
}

/// What the setting does, for the ear; what Kafka says to its value, for all.
#[component]
fn Sayings(id: String, doc: &'static str, state: Memo<State>) -> impl IntoView {
    let notices = move || {
        state.with(|state| {
            state
                .notices
                .iter()
                .map(|says| view! { <small class="notice">{says.clone()}</small> })
                .collect_view()
        })
    };
    let refused = move || {
        state.with(|state| {
            state
                .refused
                .iter()
                .map(|says| {
                    view! {
                        <small class="refusal">
                            {marks::octagon()}
                            <span><b>"Kafka refuses this"</b><code>"ConfigException: "{says.clone()}</code></span>
                        </small>
                    }
                })
                .collect_view()
        })
    };
    view! {
        <div class="says" id=id>
            <span class="sr">{doc}</span>
            {notices}
            {refused}
        </div>
    }
    .into_any()
}
