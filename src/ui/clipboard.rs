//! Copying: a button that says for two seconds whether it worked.

use leptos::leptos_dom::helpers::set_timeout;
use leptos::prelude::*;
use std::time::Duration;
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

/// How long the answer stands.
const ANSWER: Duration = Duration::from_secs(2);

/// A button that copies what `text` gives at that moment.
#[component]
pub fn CopyButton(
    /// What the button says.
    label: &'static str,
    /// Its class.
    #[prop(default = "plain")]
    class: &'static str,
    /// What is copied.
    #[prop(into)]
    text: Callback<(), String>,
) -> impl IntoView {
    let (said, say) = signal::<Option<&'static str>>(None);
    let answer = move |what: &'static str| {
        say.set(Some(what));
        set_timeout(
            move || {
                say.try_set(None);
            },
            ANSWER,
        );
    };
    let copy = move |_| {
        write(&text.run(()), move |done| {
            answer(if done { "Copied" } else { "Not copied" })
        })
    };
    view! {
        <button type="button" class=class on:click=copy>
            <span aria-live="polite">{move || said.get().unwrap_or(label)}</span>
        </button>
    }
    .into_any()
}

/// Writes to the clipboard, then tells whether the browser let us.
fn write(text: &str, told: impl Fn(bool) + Copy + 'static) {
    let promise = window().navigator().clipboard().write_text(text);
    let good = Closure::once_into_js(move |_: JsValue| told(true));
    let bad = Closure::once_into_js(move |_: JsValue| told(false));
    let then = js_sys::Reflect::get(&promise, &JsValue::from_str("then"))
        .ok()
        .and_then(|then| then.dyn_into::<js_sys::Function>().ok());
    match then {
        Some(then) => drop(then.call2(&promise, &good, &bad)),
        None => told(false),
    }
}

use wasm_bindgen::JsCast;
