//! Under the drawing: what happens now in words, the buttons, the line of chapters, the speed.

use super::chapter_line::ChapterLine;
use super::marks;
use super::steps::{current, passed};
use super::store::Store;
use crate::player::{Command, Speed, words};
use crate::scene::fold::SHOWN_PER_SECOND_US;
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use std::time::Duration;

/// The words are read out when they have stood for so long.
const SPOKEN_AFTER: Duration = Duration::from_millis(600);

/// The transport.
#[component]
pub fn Transport() -> impl IntoView {
    view! {
        <Caption />
        <div class="transport">
            <Buttons />
            <ChapterLine />
            <SpeedControl />
        </div>
    }
    .into_any()
}

/// The sentence of the last step, and what the player answers if it refused something.
#[component]
fn Caption() -> impl IntoView {
    let store = expect_context::<Store>();
    let passed = passed(store);
    let now = Memo::new(move |_| current(store, passed.get()));
    let time = move || now.get().map(|(at, _)| words::ms(at));
    let says = move || now.get().map(|(_, says)| says);
    view! {
        <p class="caption">
            <span class="num">{time}</span>
            <span>{says}</span>
        </p>
        <p class="sr" aria-live="polite">{spoken(store, now)}</p>
        <p class="reply" role="alert">{move || store.reply().get()}</p>
    }
    .into_any()
}

/// The same for the ear: only what has stood for a moment, and nothing while the playhead runs through it.
fn spoken(
    store: Store,
    now: Memo<Option<(crate::model::time::SimTime, String)>>,
) -> Signal<String> {
    let (spoken, speak) = signal(String::new());
    let waiting: StoredValue<Option<TimeoutHandle>> = StoredValue::new(None);
    let cancel = move || {
        waiting.try_update_value(|waiting| {
            if let Some(timeout) = waiting.take() {
                timeout.clear();
            }
        });
    };
    Effect::new(move |first: Option<()>| {
        let now = now.get();
        cancel();
        if let (Some(()), Some((_, says))) = (first, now) {
            let timeout = set_timeout_with_handle(move || speak.set(says), SPOKEN_AFTER);
            waiting.set_value(timeout.ok());
        }
    });
    on_cleanup(cancel);
    let _ = store;
    spoken.into()
}

#[component]
fn Buttons() -> impl IntoView {
    let store = expect_context::<Store>();
    let playing = store.playing();
    let send = move |command: Command| {
        store.send(command);
    };
    view! {
        <div class="buttons">
            <button type="button" class="round" aria-label="Start over" on:click=move |_| send(Command::Home)>
                {marks::icon(marks::START_OVER)}
            </button>
            <button type="button" class="round" aria-label="Step back" on:click=move |_| send(Command::StepBack)>
                {marks::icon(marks::BACK)}
            </button>
            <button type="button" class="play" aria-label=move || if playing.get() { "Pause" } else { "Play" }
                on:click=move |_| send(Command::Toggle)>
                {move || marks::icon(if playing.get() { marks::PAUSE } else { marks::PLAY })}
            </button>
            <button type="button" class="round" aria-label="Step forward" on:click=move |_| send(Command::StepForward)>
                {marks::icon(marks::FORWARD)}
            </button>
        </div>
    }
    .into_any()
}

/// What one second shows at a speed: `1 s shows 4 ms`.
fn shows(speed: Speed) -> String {
    let thousandths = speed.thousandths(SHOWN_PER_SECOND_US / 1000);
    let part = format!("{:03}", thousandths % 1000);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("1\u{a0}s shows {}{point}{part}\u{a0}ms", thousandths / 1000)
}

#[component]
fn SpeedControl() -> impl IntoView {
    let store = expect_context::<Store>();
    let speed = store.speed();
    let set = move |event| {
        if let Ok(power) = event_target_value(&event).parse() {
            store.send(Command::Speed(Speed::power(power)));
        }
    };
    view! {
        <label class="speed">
            <span class="speed-word">"Speed"</span>
            <input type="range" min=Speed::SLOWEST.to_string() max=Speed::FASTEST.to_string() step="1" aria-label="Speed"
                aria-valuetext=move || shows(speed.get()) prop:value=move || speed.get().exponent().to_string() on:input=set />
            <b>{move || shows(speed.get())}</b>
        </label>
    }
    .into_any()
}
