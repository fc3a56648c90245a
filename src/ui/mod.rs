//! The page. The only layer that names Leptos and the browser: it shows signals and sends commands, and decides nothing
//! about Kafka.

#![allow(
    clippy::disallowed_types,
    reason = "the page lives in one thread of a browser, where listeners share what they change"
)]

mod app;
mod bench;
mod chapter_line;
mod clipboard;
pub mod drawing;
mod faults;
mod header;
mod key;
mod keyboard;
mod ledger;
mod location;
mod marks;
mod menu;
mod panic_screen;
mod paste;
mod raf;
mod scenario_text;
mod settings;
mod sheet;
mod steps;
mod store;
mod theme;
mod transport;
mod verdict;
mod why;

pub use app::{Mounted, mount_into};

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Elements of this class get an instance each; a page without any is Ackscope's own.
const HOSTS: &str = ".ackscope-app";

/// Mounts the app: into every element that asks for it, or as the whole page.
pub fn mount() {
    panic_screen::install();
    let hosts = hosts();
    if hosts.is_empty() {
        if let Some(body) = document().body() {
            document().document_element().into_iter().for_each(|html| {
                drop(html.class_list().add_2("ackscope", "ackscope-page"));
            });
            app::keep(mount_into(&body, 0, true));
        }
        return;
    }
    for (number, host) in (0..).zip(hosts) {
        app::keep(mount_into(&host, number, false));
    }
}

fn hosts() -> Vec<HtmlElement> {
    let Ok(found) = document().query_selector_all(HOSTS) else {
        return Vec::new();
    };
    (0..found.length())
        .filter_map(|index| found.item(index))
        .filter_map(|node| node.dyn_into().ok())
        .collect()
}
