//! The only clock: while the playhead travels, every frame of the browser moves it by what has passed on the wall.
//!
//! One second shows four milliseconds, a quiet span passes in less than half a second ([`crate::scene::fold`]). A long
//! frame, as after a hidden tab, counts as a short one. Who asked for less motion gets one still after the other.

use super::store::Store;
use crate::model::time::SimTime;
use crate::player::{Command, stops};
use crate::scene::fold::Fold;
use leptos::leptos_dom::helpers::{
    AnimationFrameRequestHandle, TimeoutHandle, request_animation_frame_with_handle,
    set_timeout_with_handle,
};
use leptos::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// A frame that took longer counts as this, in milliseconds.
const LONGEST_FRAME_MS: f64 = 100.0;
/// A still is shown so long at speed 1, in milliseconds.
const STILL_MS: u64 = 1000;

/// What the loop remembers from frame to frame.
#[derive(Default)]
struct Loop {
    frame: Option<AnimationFrameRequestHandle>,
    still: Option<TimeoutHandle>,
    /// When the last frame was, on the browser's clock.
    last_ms: f64,
    /// Where the playhead is, finer than a microsecond of playing.
    playing_us: f64,
    /// Where that was shown; elsewhere means that somebody else has moved it.
    shown: SimTime,
    fold: Option<Arc<Fold>>,
}

impl Loop {
    fn cancel(&mut self) {
        if let Some(frame) = self.frame.take() {
            frame.cancel();
        }
        if let Some(still) = self.still.take() {
            still.clear();
        }
    }
}

/// Lets the playhead of a store travel whenever it plays, until the owner is disposed of.
pub fn drive(store: Store) {
    let state = StoredValue::new_local(Loop::default());
    Effect::new(move |_| {
        let playing = store.playing().get();
        state.update_value(|state| {
            state.cancel();
            state.last_ms = now_ms();
            state.fold = None;
        });
        if playing {
            next(store, state);
        }
    });
    on_cleanup(move || {
        state.try_update_value(Loop::cancel);
    });
}

fn next(store: Store, state: StoredValue<Loop, LocalStorage>) {
    if wants_less_motion() {
        let exponent = store.speed().get_untracked().exponent();
        let wait = (STILL_MS << exponent.min(0).unsigned_abs()) >> exponent.max(0).unsigned_abs();
        let still =
            set_timeout_with_handle(move || on_still(store, state), Duration::from_millis(wait));
        state.update_value(|state| state.still = still.ok());
    } else {
        let frame = request_animation_frame_with_handle(move || on_frame(store, state));
        state.update_value(|state| state.frame = frame.ok());
    }
}

fn on_frame(store: Store, state: StoredValue<Loop, LocalStorage>) {
    if !store.playing().get_untracked() {
        return;
    }
    let fold = store.fold().get_untracked();
    let playhead = store.playhead().get_untracked();
    let speed = store.speed().get_untracked();
    let at = state.try_update_value(|state| {
        let now = now_ms();
        let elapsed = (now - state.last_ms).clamp(0.0, LONGEST_FRAME_MS);
        state.last_ms = now;
        let same_fold = state
            .fold
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, &fold));
        if !same_fold || playhead != state.shown {
            state.playing_us = as_float(fold.to_playing(playhead));
            state.fold = Some(Arc::clone(&fold));
        }
        state.playing_us += elapsed * as_float(speed.thousandths(1));
        fold.from_playing(as_whole(state.playing_us)).max(playhead)
    });
    if let Some(at) = at {
        store.send(Command::Travel(at));
        let shown = store.playhead().get_untracked();
        state.update_value(|state| state.shown = shown);
        if store.playing().get_untracked() {
            next(store, state);
        }
    }
}

fn on_still(store: Store, state: StoredValue<Loop, LocalStorage>) {
    if !store.playing().get_untracked() {
        return;
    }
    if !document().hidden() {
        let playhead = store.playhead().get_untracked();
        let end = store.trace().with_untracked(|trace| trace.ends_at());
        let at = store
            .outline()
            .with_untracked(|outline| stops::after(&outline.stops, playhead));
        store.send(Command::Travel(at.unwrap_or(end)));
    }
    if store.playing().get_untracked() {
        next(store, state);
    }
}

/// True if the user has asked the system for less motion.
#[must_use]
pub fn wants_less_motion() -> bool {
    window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}

fn now_ms() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Microseconds of one run are far below what a float holds exactly.
fn as_float(us: u64) -> f64 {
    us as f64
}

/// Never negative, never beyond the length of a run.
fn as_whole(us: f64) -> u64 {
    us.max(0.0) as u64
}
