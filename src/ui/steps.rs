//! What happens, in words: the steps around the playhead, each with its time. The text equivalent of the drawing.

use super::app::Instance;
use super::store::Store;
use crate::model::cast::Cast;
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::player::{Command, Outline, stops, words};
use crate::scene::captions;
use leptos::prelude::*;

/// So many steps are listed.
const SHOWN: usize = 5;
/// So many of them lie after the current one.
const AHEAD: usize = 2;

/// The sentences of everything that happens at one instant.
#[must_use]
pub fn happening(trace: &Trace, cast: &Cast, at: SimTime) -> String {
    let steps = trace.steps();
    let from = steps.partition_point(|step| step.at < at);
    let sentences: Vec<String> = steps
        .since(from)
        .into_iter()
        .take_while(|step| step.at == at)
        .flat_map(|step| step.observations)
        .filter(|observation| stops::is_notable(observation))
        .filter_map(|observation| captions::caption(cast, observation))
        .collect();
    sentences.join(" ")
}

/// Number of stops at or before the playhead. Changes only when one is passed.
#[must_use]
pub fn passed(store: Store) -> Memo<usize> {
    Memo::new(move |_| {
        let playhead = store.playhead().get();
        store
            .outline()
            .with(|outline| outline.stops.partition_point(|stop| *stop <= playhead))
    })
}

/// The last stop at or before the playhead, with its sentences.
#[must_use]
pub fn current(store: Store, passed: usize) -> Option<(SimTime, String)> {
    store.outline().with(|outline| {
        let at = *outline.stops.get(passed.checked_sub(1)?)?;
        let says = store
            .trace()
            .with(|trace| happening(trace, &outline.cast, at));
        Some((at, says))
    })
}

/// One listed step.
#[derive(Clone, PartialEq)]
struct Listed {
    at: SimTime,
    says: String,
    now: bool,
    later: bool,
}

fn listed(trace: &Trace, outline: &Outline, passed: usize) -> Vec<Listed> {
    let count = outline.stops.len();
    let last = (passed + AHEAD).max(SHOWN).min(count);
    (last.saturating_sub(SHOWN)..last)
        .map(|index| Listed {
            at: outline.stops[index],
            says: happening(trace, &outline.cast, outline.stops[index]),
            now: index + 1 == passed,
            later: index >= passed,
        })
        .collect()
}

/// The list.
#[component]
pub fn Steps() -> impl IntoView {
    let store = expect_context::<Store>();
    let heading = expect_context::<Instance>().id("steps");
    let passed = passed(store);
    let rows = Memo::new(move |_| {
        store.trace().with(|trace| {
            store
                .outline()
                .with(|outline| listed(trace, outline, passed.get()))
        })
    });
    let row = move |step: Listed| {
        let at = step.at;
        let class = match (step.now, step.later) {
            (true, _) => "now",
            (_, true) => "late",
            _ => "",
        };
        view! {
            <li class=class aria-current=step.now.then_some("step")>
                <button type="button" class="time" on:click=move |_| { store.send(Command::Seek(at)); }>
                    {words::ms(at)}
                </button>
                <span>{step.says}</span>
            </li>
        }
    };
    view! {
        <section class="steps" aria-labelledby=heading>
            <h2 id=heading.clone()>"What happens"</h2>
            <ol role="list">{move || rows.get().into_iter().map(row).collect_view()}</ol>
        </section>
    }
    .into_any()
}
