//! The address bar: it always holds the whole scenario, and where the playhead stands when it stands. A new edit is a new
//! entry of the browser's history; typing and scrubbing rewrite the last one. Going back loads what is then in the bar.

use super::store::Store;
use crate::model::scenario::Scenario;
use crate::model::time::{SimDuration, SimTime};
use crate::player::{Command, Edit, LoadAt};
use crate::share::{self, Remark};
use leptos::ev;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle, window_event_listener};
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsValue;

/// Name of the playhead in the query.
const PLAYHEAD: &str = "t";
/// The playhead is written when it has rested for so long: browsers refuse to rewrite the bar too often.
const REST: Duration = Duration::from_millis(300);

/// What a link holds.
pub struct Link {
    /// The scenario, if there is one.
    pub scenario: Option<Scenario>,
    /// What was not understood.
    pub remarks: Vec<Remark>,
    /// The playhead, if it is said.
    pub playhead: Option<SimTime>,
}

/// Reads the address bar.
#[must_use]
pub fn read() -> Link {
    let search = window().location().search().unwrap_or_default();
    read_query(&search)
}

fn read_query(search: &str) -> Link {
    let query = search.strip_prefix('?').unwrap_or(search);
    let mut remarks = Vec::new();
    let mut playhead = None;
    let mut kept: Vec<&str> = Vec::new();
    for part in query.split('&') {
        match part.split_once('=') {
            Some((PLAYHEAD, text)) => match SimDuration::parse(text) {
                Ok(since_start) => playhead = Some(SimTime::ZERO + since_start),
                Err(says) => remarks.push(Remark {
                    place: PLAYHEAD.to_owned(),
                    says: format!("{says}. The playhead stands where it tells most."),
                }),
            },
            _ => kept.push(part),
        }
    }
    let reading = share::query::read(&kept.join("&"));
    let (scenario, found) = match reading {
        Some(reading) => (Some(reading.scenario), reading.remarks),
        None => (None, Vec::new()),
    };
    remarks.extend(found);
    Link {
        scenario,
        remarks,
        playhead,
    }
}

/// The query of a scenario and a playhead, with its `?`.
#[must_use]
pub fn query(scenario: &Scenario, playhead: Option<SimTime>) -> String {
    let query = share::query::write(scenario);
    let playhead = playhead.map_or_else(String::new, |at| {
        let joint = if query.is_empty() { "" } else { "&" };
        format!("{joint}{PLAYHEAD}={}", at.since(SimTime::ZERO))
    });
    format!("?{query}{playhead}")
}

/// The whole address of a scenario: what somebody else can open.
#[must_use]
pub fn link(scenario: &Scenario, playhead: Option<SimTime>) -> String {
    let here = window().location().href().unwrap_or_default();
    let page = here.split(['?', '#']).next().unwrap_or_default();
    format!("{page}{}", query(scenario, playhead))
}

/// Ties a store to the address bar, until the owner is disposed of.
pub fn own(store: Store) {
    write(store, false);
    let going_back = StoredValue::new(false);
    store.on_edit(Callback::new(move |edit| {
        if !going_back.get_value() {
            write(store, edit == Edit::Begun);
        }
    }));
    let popped = window_event_listener(ev::popstate, move |_| {
        going_back.set_value(true);
        load(store);
        going_back.set_value(false);
    });
    on_cleanup(move || popped.remove());
    follow_playhead(store);
}

fn load(store: Store) {
    let link = read();
    let Some(scenario) = link.scenario else {
        return;
    };
    store.send(Command::Load {
        scenario: Box::new(scenario),
        remarks: link.remarks,
        at: link.playhead.map_or(LoadAt::Same, LoadAt::Instant),
    });
}

fn follow_playhead(store: Store) {
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let cancel = move || {
        waiting.try_update_value(|waiting| {
            if let Some(timeout) = waiting.take() {
                timeout.clear();
            }
        });
    };
    Effect::new(move |first: Option<()>| {
        let playing = store.playing().get();
        store.playhead().track();
        cancel();
        if first.is_some() && !playing {
            let timeout = set_timeout_with_handle(move || write(store, false), REST);
            waiting.set_value(timeout.ok());
        }
    });
    on_cleanup(cancel);
}

/// Writes the bar; a browser that refuses keeps what it has.
fn write(store: Store, new_entry: bool) {
    let playhead = store.playhead().get_untracked();
    let query = store.with_scenario_untracked(|scenario| query(scenario, Some(playhead)));
    let address = query + &window().location().hash().unwrap_or_default();
    let Ok(history) = window().history() else {
        return;
    };
    let written = if new_entry {
        history.push_state_with_url(&JsValue::NULL, "", Some(&address))
    } else {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&address))
    };
    drop(written);
}
