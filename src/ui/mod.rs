//! The page. The only layer that names Leptos and the browser.

/// Mounts the app.
pub fn mount() {}
