//! The last thing that is shown: a panic is a bug of ours. The screen names it, and has the link that reproduces it. Plain
//! DOM, for nothing else may still work.

use super::location;
use crate::model::scenario::Scenario;
use leptos::prelude::document;
use std::panic::PanicHookInfo;
use std::sync::Mutex;

/// The link of the scenario that was run last, or is being run.
static LINK: Mutex<String> = Mutex::new(String::new());

/// Called with every scenario before it is run.
pub fn remember(scenario: &Scenario) {
    let link = location::link(scenario, None);
    if let Ok(mut known) = LINK.lock() {
        *known = link;
    }
}

/// From now on a panic is shown, and written to the console.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        // Nothing can be done about a screen that cannot be shown: the console has the rest.
        let _: Option<()> = show(info);
    }));
}

fn show(info: &PanicHookInfo<'_>) -> Option<()> {
    let link = LINK.try_lock().map(|link| link.clone()).unwrap_or_default();
    let screen = element("div", "ackscope panic", "")?;
    screen.set_attribute("role", "alert").ok()?;
    screen
        .append_child(&*element("h1", "", "This run could not be computed")?)
        .ok()?;
    let says = "This is a fault in Ackscope, not in your settings. The link below brings it about again; \
                please send it with a report.";
    screen.append_child(&*element("p", "", says)?).ok()?;
    let anchor = element("a", "", &link)?;
    anchor.set_attribute("href", &link).ok()?;
    screen.append_child(&anchor).ok()?;
    screen
        .append_child(&*element("pre", "", &info.to_string())?)
        .ok()?;
    document().body()?.append_child(&screen).ok()?;
    Some(())
}

fn element(tag: &str, class: &str, text: &str) -> Option<web_sys::Element> {
    let element = document().create_element(tag).ok()?;
    if !class.is_empty() {
        element.set_class_name(class);
    }
    element.set_text_content((!text.is_empty()).then_some(text));
    Some(element)
}
