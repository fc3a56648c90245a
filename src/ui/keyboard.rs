//! Keys of the whole page: space and k play, arrows step, and so on. Never while somebody types, never what another widget
//! has already used, and on a page with several instances only for the one that has the focus.

use super::store::Store;
use crate::player::Command;
use leptos::ev::{self, KeyboardEvent};
use leptos::leptos_dom::helpers::window_event_listener;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Keys and what they do, as the help shows them.
pub const KEYS: &[(&str, &str)] = &[
    ("Space or k", "Play, pause"),
    ("← or ,", "Step back"),
    ("→ or .", "Step forward"),
    ("[ and ]", "Previous and next chapter"),
    ("Home, End", "Start and end of the run"),
    ("- and +", "Slower, faster"),
    ("Ctrl+Z, Ctrl+Shift+Z", "Undo, redo"),
    ("?", "These keys"),
];

/// Where typing goes elsewhere than to the player.
const TYPING: &str = "input:not([type=range]), textarea, select, [contenteditable], dialog";
/// Where keys have a meaning of their own.
const WIDGETS: &str = "[role=menu], [role=listbox], [role=slider], [role=dialog]";
/// Keys that move a slider; the others are the page's even there.
const SLIDES: &[&str] = &[
    "ArrowLeft",
    "ArrowRight",
    "ArrowUp",
    "ArrowDown",
    "Home",
    "End",
    "PageUp",
    "PageDown",
];
/// What space and Enter press.
const PRESSED: &str = "button, a, summary, [role=button], [role=menuitem]";

/// Listens until the owner is disposed of. `main` is the instance that also has the keys when nothing has the focus.
pub fn listen(store: Store, root: NodeRef<leptos::html::Div>, main: bool, help: WriteSignal<bool>) {
    let handle = window_event_listener(ev::keydown, move |event| {
        if event.default_prevented() || !is_ours(root, main) || is_busy(&event) {
            return;
        }
        if event.key() == "?" {
            help.set(true);
            event.prevent_default();
        } else if let Some(command) = command(store, &event) {
            store.send(command);
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

fn is_ours(root: NodeRef<leptos::html::Div>, main: bool) -> bool {
    let Some(root) = root.get_untracked() else {
        return false;
    };
    match document().active_element() {
        Some(focused) if focused.tag_name() != "BODY" => root.contains(Some(&focused)),
        _ => main,
    }
}

fn is_busy(event: &KeyboardEvent) -> bool {
    let Some(target) = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
    else {
        return false;
    };
    let within = |what: &str| target.closest(what).ok().flatten().is_some();
    let presses = matches!(event.key().as_str(), " " | "Enter");
    let slides = SLIDES.contains(&event.key().as_str()) && within("input[type=range]");
    within(TYPING) || slides || within(WIDGETS) || (presses && within(PRESSED))
}

fn command(store: Store, event: &KeyboardEvent) -> Option<Command> {
    let key = event.key();
    if event.ctrl_key() || event.meta_key() {
        return match (key.to_lowercase().as_str(), event.shift_key()) {
            ("z", false) => Some(Command::Undo),
            ("z", true) | ("y", _) => Some(Command::Redo),
            _ => None,
        };
    }
    if event.alt_key() {
        return None;
    }
    Some(match key.as_str() {
        " " | "k" => Command::Toggle,
        "ArrowLeft" | "," => Command::StepBack,
        "ArrowRight" | "." => Command::StepForward,
        "[" => Command::ChapterBack,
        "]" => Command::ChapterForward,
        "Home" => Command::Home,
        "End" => Command::End,
        "-" => faster(store, -1),
        "+" | "=" => faster(store, 1),
        _ => return None,
    })
}

fn faster(store: Store, by: i8) -> Command {
    let now = store.speed().get_untracked().exponent();
    Command::Speed(crate::player::Speed::power(now.saturating_add(by)))
}
