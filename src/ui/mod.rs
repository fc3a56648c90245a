//! The page. The only layer that names Leptos and the browser.

mod bench;
pub mod drawing;

/// Mounts the app.
pub fn mount() {}
