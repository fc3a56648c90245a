//! A sheet over the page: the browser's own modal dialog, which keeps the focus and gives it back.

use leptos::html;
use leptos::prelude::*;

/// A titled sheet with its content, which exists only while it is open.
#[component]
pub fn Sheet(
    /// Whether it is open.
    open: ReadSignal<bool>,
    /// To close it.
    set_open: WriteSignal<bool>,
    /// Its heading and name.
    title: &'static str,
    /// Its class beside `sheet`.
    class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else {
            return;
        };
        if open.get() && !dialog.open() {
            drop(dialog.show_modal());
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    let children = StoredValue::new(children);
    view! {
        <dialog class=format!("dialog {class}") node_ref=dialog aria-label=title on:close=move |_| set_open.set(false)>
            <div class="dialog-head">
                <h2>{title}</h2>
                <button type="button" class="round" aria-label="Close" on:click=move |_| set_open.set(false)>
                    {super::marks::line_icon(super::marks::CROSS)}
                </button>
            </div>
            <Show when=move || open.get()>{children.with_value(|children| children())}</Show>
        </dialog>
    }
    .into_any()
}
