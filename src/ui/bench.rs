//! The browser's side of `cargo xtask bench`: a function that the page exports and nobody sees.

use crate::measure;
use leptos::prelude::window;
use wasm_bindgen::prelude::wasm_bindgen;

/// Measures so many rounds, by the browser's clock; gives one line of JSON.
#[wasm_bindgen]
#[must_use]
pub fn ackscope_bench(rounds: u32) -> String {
    let clock = window().performance();
    let now_ms = || clock.as_ref().map_or(0.0, web_sys::Performance::now);
    measure::measure(rounds, &now_ms).json()
}

/// Digests of the built-in scenes, as JSON: the browser's side of `tests/golden.rs`.
#[wasm_bindgen]
#[must_use]
pub fn ackscope_digests() -> String {
    measure::digests()
}
