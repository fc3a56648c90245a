//! The line of chapters: a transit line whose dot is the playhead, and the native slider of that name.

use super::steps::{current, passed};
use super::store::Store;
use crate::player::chapters::Chapter;
use crate::player::line::{Line, WHOLE};
use crate::player::{Command, words};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

/// Percent of the line's length, as CSS has it.
fn percent(place: u64) -> String {
    format!("{}.{:02}%", place / (WHOLE / 100), place % (WHOLE / 100))
}

/// A stretch of the line, as CSS has it.
fn stretch(from: u64, to: u64) -> String {
    format!(
        "left:{};width:{}",
        percent(from),
        percent(to.saturating_sub(from))
    )
}

/// The line.
#[component]
pub fn ChapterLine() -> impl IntoView {
    let store = expect_context::<Store>();
    let chapters = Memo::new(move |_| store.outline().with(|outline| outline.chapters.clone()));
    let line = Memo::new(move |_| {
        store.fold().with(|fold| {
            let stations: Vec<u64> = chapters.with(|all| {
                all.iter()
                    .map(|chapter| fold.to_playing(chapter.at))
                    .collect()
            });
            let end = store.trace().with(|trace| trace.ends_at());
            Line::of(&stations, fold.to_playing(end))
        })
    });
    let place = Memo::new(move |_| {
        let playing = store
            .fold()
            .with(|fold| fold.to_playing(store.playhead().get()));
        line.with(|line| line.place_of(playing))
    });
    let reached = Memo::new(move |_| {
        store
            .outline()
            .with(|outline| outline.chapter_at(store.playhead().get()))
    });
    let style = move |done: bool| {
        line.with(|line| {
            let (from, to) = line.ends();
            if done {
                stretch(from, place.get())
            } else {
                stretch(from, to)
            }
        })
    };
    let stations = move || {
        let places = line.with(|line| line.stations().to_vec());
        chapters
            .get()
            .into_iter()
            .zip(places)
            .enumerate()
            .map(|(index, (chapter, at))| station(store, reached, index, &chapter, at))
            .collect_view()
    };
    view! {
        <div class="line" style=move || format!("--stations:{}", chapters.with(Vec::len).max(1))>
            <div class="track" style=move || style(false)></div>
            <div class="track done" style=move || style(true)></div>
            <Slider line=line place=place />
            <ol role="list" class="stations">{stations}</ol>
        </div>
    }
    .into_any()
}

fn station(
    store: Store,
    reached: Memo<Option<usize>>,
    index: usize,
    chapter: &Chapter,
    place: u64,
) -> AnyView {
    let at = chapter.at;
    let passed = move || reached.get().is_some_and(|last| last >= index);
    let here = move || reached.get() == Some(index);
    view! {
        <li class="station" class:passed=passed class:here=here style=format!("left:{}", percent(place))>
            <button type="button" aria-current=move || here().then_some("step")
                on:click=move |_| { store.send(Command::Seek(at)); }>{chapter.title.clone()}</button>
        </li>
    }
    .into_any()
}

/// The playhead as a slider along the line. Arrows go from step to step, page keys from chapter to chapter.
#[component]
fn Slider(line: Memo<Line>, place: Memo<u64>) -> impl IntoView {
    let store = expect_context::<Store>();
    let passed = passed(store);
    let text = Memo::new(move |_| {
        let now = current(store, passed.get());
        let at = if store.playing().get() {
            now.as_ref().map_or_else(Default::default, |(at, _)| *at)
        } else {
            store.playhead().get()
        };
        let says = now.map_or_else(String::new, |(_, says)| format!(": {says}"));
        format!("{}{says}", words::ms(at))
    });
    let seek = move |event| {
        let Ok(to) = event_target_value(&event).parse() else {
            return;
        };
        let playing = line.with_untracked(|line| line.playing_of(to));
        let chapters = store
            .outline()
            .with_untracked(|outline| outline.chapters.clone());
        let at = store.fold().with_untracked(|fold| {
            let exact = chapters
                .iter()
                .find(|chapter| fold.to_playing(chapter.at) == playing);
            exact.map_or_else(|| fold.from_playing(playing), |chapter| chapter.at)
        });
        store.send(Command::SeekClamped(at));
    };
    let on_key = move |event: KeyboardEvent| {
        if let Some(command) = slider_key(&event) {
            event.prevent_default();
            store.send(command);
        }
    };
    let ends = move || line.with(Line::ends);
    view! {
        <input type="range" class="playhead" aria-label="Playhead" step="1" style=move || {
                let (from, to) = ends();
                format!("--from:{};--to:{}", percent(from), percent(to - from))
            }
            min=move || ends().0.to_string() max=move || ends().1.to_string()
            prop:value=move || { ends(); place.get().to_string() } aria-valuetext=move || text.get() on:input=seek on:keydown=on_key />
    }
    .into_any()
}

fn slider_key(event: &KeyboardEvent) -> Option<Command> {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return None;
    }
    Some(match event.key().as_str() {
        "ArrowLeft" | "ArrowDown" => Command::StepBack,
        "ArrowRight" | "ArrowUp" => Command::StepForward,
        "PageDown" => Command::ChapterForward,
        "PageUp" => Command::ChapterBack,
        "Home" => Command::Home,
        "End" => Command::End,
        " " => Command::Toggle,
        _ => return None,
    })
}
