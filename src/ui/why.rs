//! Why the gravest thing happened, what decided it, and what would have saved the record: worked out when it is asked for.

use super::ledger::time;
use super::store::Store;
use crate::model::ids::RecordId;
use crate::verdict::answer::{Answer, answer};
use crate::verdict::{Ledger, words};
use leptos::prelude::*;

/// So many ways out are shown.
const SHOWN: usize = 3;

/// The record that fares worst, with its question.
type Asked = (RecordId, String);

/// The question, and when it is opened its answer.
#[component]
pub fn Why() -> impl IntoView {
    let store = expect_context::<Store>();
    let (open, set_open) = signal(false);
    let asked = Memo::new(move |_| store.ledger().with(|ledger| asked(store, ledger)));
    let answer = Memo::new(move |_| {
        let (record, _) = asked.get().filter(|_| open.get())?;
        answered(store, record)
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
    let row = ledger.gravest()?;
    let says = store.outline().with(|outline| {
        let who = outline.cast.value(row.record).to_owned();
        let fate = words::fate_of(&outline.cast, row, row.fate());
        format!("Why is {who} {fate}?")
    });
    Some((row.record, says))
}

fn answered(store: Store, record: RecordId) -> Option<Answer> {
    store.trace().with(|trace| {
        store.ledger().with(|ledger| {
            let row = ledger.rows.get(record.0 as usize)?;
            Some(answer(trace, ledger, row))
        })
    })
}

fn told(store: Store, answer: Answer) -> AnyView {
    let moments = answer.chain.into_iter().map(|moment| {
        let source = moment.source.map(str::to_owned);
        let grounds: Vec<String> = moment.setting.into_iter().chain(source).collect();
        view! { <li>{time(store, moment.link.at)}" "{moment.says}" "<small>{grounds.join(" · ")}</small></li> }
    });
    let decisive = answer.decisive.map(|(_, says)| view! { <p>{says}</p> });
    let none = answer.saved.is_empty();
    let saved = answer.saved.into_iter().take(SHOWN);
    let saved = saved.map(|(_, says)| view! { <li>{says}</li> });
    view! {
        <ol aria-label="Why">{moments.collect_view()}</ol>
        {decisive}
        <p class="over">"What would have saved it"</p>
        <ul aria-label="What would have saved it">{saved.collect_view()}</ul>
        {none.then(|| view! { <p>"No setting that was tried."</p> })}
    }
    .into_any()
}
