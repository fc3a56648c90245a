//! The small marks beside words: what became of a record, what a setting is, what a button does. The word always stands
//! beside the mark, so marks are hidden from screen readers.

use crate::verdict::Fate;
use leptos::prelude::*;

/// A mark of 16 by 16.
fn mark(class: &'static str, inside: AnyView) -> AnyView {
    view! {
        <svg class=format!("mark {class}") viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            {inside}
        </svg>
    }
    .into_any()
}

/// A line that is drawn, not filled.
fn stroke(path: &'static str) -> AnyView {
    view! { <path d=path fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" /> }
        .into_any()
}

/// The mark of a fate.
#[must_use]
pub fn fate(fate: Fate) -> AnyView {
    match fate {
        Fate::DeliveredOnce | Fate::Deleted => ticked_ring(),
        Fate::LostAfterAck | Fate::LostSilently => crossed_disc(),
        Fate::Duplicated => twice(),
        Fate::ReadThenGone => mark("read-gone", stroke("M1.5 8Q8 1.8 14.5 8Q8 14.2 1.5 8ZM3.5 13L12.5 3")),
        Fate::ProcessedTwice => mark("again", stroke("M13 8a5 5 0 1 1 -1.6 -3.7M13.4 1.8V4.8H10.4M8 6V10M6 8H10")),
        Fate::Skipped => mark("skipped", stroke("M2 10.5Q8 1.5 14 10.5M14 6.8V10.5H10.3M8 11.5V13")),
        Fate::OutOfOrder => swapped(),
        Fate::WrittenThoughFailed => octagon(),
        Fate::Refused => mark("refused", stroke("M2.5 8a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0M4.2 11.8L11.8 4.2")),
        Fate::HiddenByAbort => mark("aborted", stroke("M2.5 8a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0M5.2 8H10.8")),
        Fate::Pending => mark("pending", view! {
            <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 2.32" />
        }.into_any()),
    }
}

/// Fine.
#[must_use]
pub fn ticked_ring() -> AnyView {
    mark(
        "fine",
        stroke("M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0M5.3 8.3L7.2 10.2L10.8 6.2"),
    )
}

/// Gone.
#[must_use]
pub fn crossed_disc() -> AnyView {
    mark("crossed", view! {
        <circle cx="8" cy="8" r="6.5" fill="currentColor" />
        <path d="M5.6 5.6L10.4 10.4M10.4 5.6L5.6 10.4" fill="none" stroke="var(--on)" stroke-width="1.75" stroke-linecap="round" />
    }.into_any())
}

/// There more than once.
fn twice() -> AnyView {
    mark("twice", view! {
        <rect x="0.5" y="3" width="15" height="10" rx="5" fill="currentColor" />
        <path d="M4 6.2L7 9.8M7 6.2L4 9.8M9 7a1.5 1.5 0 0 1 3 0c0 1.2 -3 1.6 -3 3h3.2" fill="none" stroke="var(--on)"
            stroke-width="1.2" stroke-linecap="round" stroke-linejoin="round" />
    }.into_any())
}

/// In another order.
fn swapped() -> AnyView {
    mark("swapped", view! {
        <rect x="0.5" y="3" width="15" height="10" rx="5" fill="currentColor" />
        <path d="M4 6.6H11.6L9.8 5M12 9.6H4.4L6.2 11.2" fill="none" stroke="var(--on)" stroke-width="1.2"
            stroke-linecap="round" stroke-linejoin="round" />
    }.into_any())
}

/// Refused, or told wrong.
#[must_use]
pub fn octagon() -> AnyView {
    mark("octagon", view! {
        <path d="M5.2 1.5H10.8L14.5 5.2V10.8L10.8 14.5H5.2L1.5 10.8V5.2Z" fill="currentColor" />
        <path d="M8 4.6V8.6M8 11.2V11.3" stroke="var(--paper)" stroke-width="1.75" stroke-linecap="round" />
    }.into_any())
}

/// Not understood.
#[must_use]
pub fn unknown() -> AnyView {
    mark("unknown", view! {
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.25" stroke-dasharray="2.2 1.57" />
        <path d="M6.4 6.6a1.6 1.6 0 1 1 2.4 1.4c-.6.4-.8.6-.8 1.2M8 11.1V11.2" fill="none" stroke="currentColor"
            stroke-width="1.25" stroke-linecap="round" />
    }.into_any())
}

/// A fault that somebody placed.
#[must_use]
pub fn diamond() -> AnyView {
    mark(
        "diamond",
        view! { <path d="M8 2L14 8L8 14L2 8Z" fill="currentColor" /> }.into_any(),
    )
}

/// Ackscope.
#[must_use]
pub fn logo() -> AnyView {
    view! {
        <svg class="mark logo" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d="M1.5 10a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0 -17 0M6 10.4L8.8 13.2L14.2 7.2" fill="none"
                stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" />
        </svg>
    }
    .into_any()
}

/// An icon of a button, filled.
#[must_use]
pub fn icon(path: &'static str) -> AnyView {
    mark(
        "icon",
        view! { <path d=path fill="currentColor" /> }.into_any(),
    )
}

/// An icon of a button, drawn.
#[must_use]
pub fn line_icon(path: &'static str) -> AnyView {
    mark("icon", stroke(path))
}

/// Play.
pub const PLAY: &str = "M5 2.8V13.2L13.4 8Z";
/// Pause.
pub const PAUSE: &str = "M4 3H7V13H4ZM9 3H12V13H9Z";
/// To the start.
pub const START_OVER: &str = "M3 3H5V13H3ZM13 3V13L5.6 8Z";
/// One step forward.
pub const FORWARD: &str = "M4.5 3V13L12 8Z";
/// One step back.
pub const BACK: &str = "M11.5 3V13L4 8Z";
/// Undo.
pub const UNDO: &str = "M6 3L2.8 6.2L6 9.4M3 6.2H10a3.4 3.4 0 0 1 0 6.8H6";
/// Redo.
pub const REDO: &str = "M10 3L13.2 6.2L10 9.4M13 6.2H6a3.4 3.4 0 0 0 0 6.8H10";
/// Away with it.
pub const CROSS: &str = "M4 4L12 12M12 4L4 12";
