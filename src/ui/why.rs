//! Why the gravest thing happened, what decided it, and what would have saved the record: worked out when it is asked for.

use super::ledger::time;
use super::store::Store;
use crate::model::ids::RecordId;
use crate::model::time::SimTime;
use crate::verdict::terms::Terms;
use crate::verdict::what_if;
use crate::verdict::why::why;
use crate::verdict::words::{self, Speaker};
use crate::verdict::{Ledger, Row};
use leptos::prelude::*;

/// So many ways out are shown.
const SHOWN: usize = 3;

/// The record that fares worst, with its question.
type Asked = (RecordId, String);

/// An answer in sentences.
#[derive(Clone, Default, PartialEq)]
struct Answer {
    /// Moments, each with what it rests on.
    chain: Vec<(SimTime, String, String)>,
    decisive: Option<String>,
    saved: Vec<String>,
}

/// The question, and when it is opened its answer.
#[component]
pub fn Why() -> impl IntoView {
    let store = expect_context::<Store>();
    let (open, set_open) = signal(false);
    let asked = Memo::new(move |_| store.ledger().with(|ledger| asked(store, ledger)));
    let answer = Memo::new(move |_| {
        let (record, _) = asked.get().filter(|_| open.get())?;
        Some(answer(store, record))
    });
    // Another run is another question; to answer one takes many runs, which no edit should wait for.
    Effect::new(move |_| {
        store.ledger().track();
        set_open.set(false);
    });
    let question = move || asked.get().map(|(_, question)| question);
    view! {
        <Show when=move || asked.with(Option::is_some)>
            <div class="why">
                <button type="button" class="link" aria-expanded=move || open.get().to_string() on:click=move |_| set_open.update(|open| *open = !*open)>
                    {question}
                </button>
                {move || answer.get().map(|answer| told(store, answer))}
            </div>
        </Show>
    }
    .into_any()
}

fn asked(store: Store, ledger: &Ledger) -> Option<Asked> {
    let troubled = ledger.rows.iter().filter(|row| row.fate().is_trouble());
    let row = troubled.min_by_key(|row| (row.fate(), row.record))?;
    let says = store.outline().with(|outline| {
        let who = outline.cast.value(row.record).to_owned();
        let fate = words::fate_of(&outline.cast, row, row.fate());
        format!("Why is {who} {fate}?")
    });
    Some((row.record, says))
}

fn answer(store: Store, record: RecordId) -> Answer {
    store.trace().with(|trace| {
        store.ledger().with(|ledger| {
            let Some(row) = ledger.rows.get(record.0 as usize) else {
                return Answer::default();
            };
            let cast = trace.last_world().cast();
            let terms = Terms::of(trace.scenario(), cast);
            let speaker = Speaker {
                trace,
                cast,
                terms: &terms,
                record,
            };
            let decisive = what_if::decisive(trace, row);
            let saved = what_if::saved(trace, ledger, row);
            Answer {
                chain: moments(&speaker, row),
                decisive: decisive.map(|step| words::decisive(trace.scenario(), cast, row, &step)),
                saved: saved
                    .iter()
                    .take(SHOWN)
                    .map(|saving| words::saving(cast, row, saving))
                    .collect(),
            }
        })
    })
}

fn moments(speaker: &Speaker<'_>, row: &Row) -> Vec<(SimTime, String, String)> {
    let why = why(speaker.trace, speaker.cast, row, row.fate());
    let said = why.chain.iter().map(|link| {
        let (setting, source) = speaker.rests_on(link).unzip();
        let grounds: Vec<String> = setting
            .flatten()
            .into_iter()
            .chain(source.map(str::to_owned))
            .collect();
        (link.at, speaker.says(link), grounds.join(" · "))
    });
    said.collect()
}

fn told(store: Store, answer: Answer) -> AnyView {
    let moments = answer.chain.into_iter().map(|(at, says, grounds)| {
        view! { <li>{time(store, at)}" "{says}" "<small>{grounds}</small></li> }
    });
    let decisive = answer.decisive.map(|says| view! { <p>{says}</p> });
    let none = answer.saved.is_empty();
    let saved = answer
        .saved
        .into_iter()
        .map(|says| view! { <li>{says}</li> });
    view! {
        <ol aria-label="Why">{moments.collect_view()}</ol>
        {decisive}
        <p class="over">"What would have saved it"</p>
        <ul aria-label="What would have saved it">{saved.collect_view()}</ul>
        {none.then(|| view! { <p>"No setting that was tried."</p> })}
    }
    .into_any()
}
