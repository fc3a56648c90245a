//! Names of lanes at the left edge. A broker's name is a button that opens a menu of what can be done to it.

use super::picture::{Parts, Picture};
use crate::model::board::Liveness;
use crate::model::ids::{BrokerId, NodeId};
use crate::scene::layout::Row;
use crate::scene::window::RowView;
use leptos::prelude::*;
use leptos::{ev, html};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// What a broker's menu does.
#[derive(Clone, Copy)]
pub struct Deeds {
    /// Crash it at the playhead.
    pub on_crash: Callback<BrokerId>,
    /// Start it again at the playhead.
    pub on_start: Callback<BrokerId>,
}

/// An open menu.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Open {
    /// Whose.
    pub broker: BrokerId,
    /// How far to the right, in px from the names.
    pub left: f64,
}

/// All names, over the picture.
pub fn names(parts: Parts, instance: &str, open: RwSignal<Option<Open>>, deeds: Deeds) -> AnyView {
    let lanes = move || -> Vec<NodeId> { rows(parts).into_iter().map(|row| row.lane).collect() };
    let instance = StoredValue::new(instance.to_owned());
    let one = move |lane: NodeId| match lane {
        NodeId::Broker(id) => broker(parts, id, open, instance, deeds),
        other => plain(parts, other),
    };
    view! {
        <div class="names">
            <For each=lanes key=|lane| *lane children=one />
        </div>
    }
    .into_any()
}

fn rows(parts: Parts) -> Vec<Row> {
    parts.picture.with(|picture| {
        picture
            .as_ref()
            .map_or(Vec::new(), |picture: &Picture| picture.layout.rows.clone())
    })
}

/// The row of a lane, as CSS: its top and height.
fn place(parts: Parts, lane: NodeId) -> impl Fn() -> String + Copy {
    move || {
        let rows = rows(parts);
        let row = rows.iter().find(|row| row.lane == lane);
        row.map_or(String::new(), |row| {
            format!("top:{:.1}px;height:{:.1}px", row.top, row.height)
        })
    }
}

fn plain(parts: Parts, lane: NodeId) -> AnyView {
    let row = move || rows(parts).into_iter().find(|row| row.lane == lane);
    let name = move || row().map_or(String::new(), |row| row.name);
    let role = move || row().map_or("", |row| row.role);
    let class = if lane == NodeId::Controller {
        "lane-name light"
    } else {
        "lane-name"
    };
    view! {
        <div class=class style=place(parts, lane)>
            <b>{name}</b>
            <span class="role">{role}</span>
        </div>
    }
    .into_any()
}

fn broker(
    parts: Parts,
    id: BrokerId,
    open: RwSignal<Option<Open>>,
    instance: StoredValue<String>,
    deeds: Deeds,
) -> AnyView {
    let button: NodeRef<html::Button> = NodeRef::new();
    let is_open = move || open.get().is_some_and(|open| open.broker == id);
    let here = Open {
        broker: id,
        left: 0.0,
    };
    let menu_id = instance.with_value(|instance| format!("{instance}-menu-{id}"));
    let controls = menu_id.clone();
    let close = move || {
        open.set(None);
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if matches!(event.key().as_str(), "ArrowDown" | "ArrowUp") && !is_open() {
            event.prevent_default();
            event.stop_propagation();
            open.set(Some(here));
        }
    };
    let toggle = move |_| open.set(if is_open() { None } else { Some(here) });
    view! {
        <div class="lane-name" style=place(parts, NodeId::Broker(id))>
            <button
                type="button"
                class="broker"
                node_ref=button
                aria-haspopup="menu"
                aria-expanded=move || is_open().to_string()
                aria-controls=controls
                on:click=toggle
                on:keydown=on_key
            >
                {format!("Broker {id}")}
            </button>
            <Show when=is_open>{menu(parts, id, menu_id.clone(), open, Callback::new(move |()| close()), deeds)}</Show>
        </div>
    }
    .into_any()
}

/// What can be done to a broker. The entry that is impossible now is there, and says so.
fn menu(
    parts: Parts,
    id: BrokerId,
    menu_id: String,
    open: RwSignal<Option<Open>>,
    close: Callback<()>,
    deeds: Deeds,
) -> AnyView {
    let node: NodeRef<html::Div> = NodeRef::new();
    let down =
        move || {
            parts.window.with(|window| {
            let row = window.as_ref().and_then(|window| window.rows.get(&NodeId::Broker(id)));
            matches!(row, Some(RowView::Broker(station, ..)) if station.liveness == Liveness::Down)
        })
        };
    let rows = rows(parts);
    let low = rows
        .iter()
        .rposition(|row| row.lane == NodeId::Broker(id))
        .is_some_and(|index| index * 2 > rows.len());
    Effect::new(move || {
        if let Some(menu) = node.get() {
            focus(&menu, |entries, _| {
                entries.iter().position(|entry| {
                    entry.get_attribute("aria-disabled").as_deref() != Some("true")
                })
            });
        }
    });
    let on_key = move |event: ev::KeyboardEvent| menu_key(&event, node, close);
    let entry = move |words: &'static str, possible: Signal<bool>, deed: Callback<BrokerId>| {
        let act = move |_| {
            if possible.get_untracked() {
                close.run(());
                deed.run(id);
            }
        };
        view! {
            <button type="button" role="menuitem" tabindex="-1" aria-disabled=move || (!possible.get()).to_string() on:click=act>
                {words}
            </button>
        }
    };
    view! {
        <div class="menu-away" on:pointerdown=move |_| close.run(())></div>
        <div
            class=if low { "broker-menu low" } else { "broker-menu" }
            id=menu_id
            role="menu"
            aria-label=format!("Broker {id}")
            style:left=move || format!("{:.0}px", open.get().map_or(0.0, |open| open.left))
            node_ref=node
            on:keydown=on_key
        >
            {entry("Crash", Signal::derive(move || !down()), deeds.on_crash)}
            {entry("Restart", Signal::derive(down), deeds.on_start)}
        </div>
    }
    .into_any()
}

/// Moves the focus among the entries of a menu: `to` is given them and where the focus is.
fn focus(menu: &web_sys::HtmlDivElement, to: impl Fn(&[HtmlElement], usize) -> Option<usize>) {
    let children = menu.children();
    let entries: Vec<HtmlElement> = (0..children.length())
        .filter_map(|index| children.item(index)?.dyn_into().ok())
        .collect();
    let active = document().active_element();
    let now = entries
        .iter()
        .position(|entry| active.as_ref() == Some(entry.as_ref()))
        .unwrap_or(0);
    if let Some(entry) = to(&entries, now).and_then(|index| entries.get(index)) {
        let _ = entry.focus();
    }
}

fn menu_key(event: &ev::KeyboardEvent, node: NodeRef<html::Div>, close: Callback<()>) {
    let Some(menu) = node.get_untracked() else {
        return;
    };
    match event.key().as_str() {
        "Escape" | "Tab" => close.run(()),
        "ArrowDown" => focus(&menu, |entries, now| Some((now + 1) % entries.len().max(1))),
        "ArrowUp" => focus(&menu, |entries, now| {
            Some((now + entries.len().max(1) - 1) % entries.len().max(1))
        }),
        "Home" => focus(&menu, |_, _| Some(0)),
        "End" => focus(&menu, |entries, _| entries.len().checked_sub(1)),
        "Enter" | " " => {
            event.stop_propagation();
            return;
        }
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}
