//! The page. The only layer that names Leptos and the browser.

pub mod drawing;

/// Mounts the app.
pub fn mount() {}
