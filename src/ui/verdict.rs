//! The verdict of the whole run: one sentence, what was promised, what was observed.

use super::marks;
use super::store::Store;
use crate::model::trace::End;
use crate::verdict::words;
use leptos::prelude::*;

/// The verdict.
#[component]
pub fn Verdict() -> impl IntoView {
    let store = expect_context::<Store>();
    let trace = store.trace();
    let ledger = store.ledger();
    let headline = Memo::new(move |_| {
        trace.with(|trace| ledger.with(|ledger| words::headline(trace, ledger)))
    });
    let observed = Memo::new(move |_| {
        trace.with(|trace| ledger.with(|ledger| words::observed(trace, ledger)))
    });
    let promise = Memo::new(move |_| store.with_scenario(words::promised));
    let unfinished = Memo::new(move |_| trace.with(|trace| unfinished(trace.end())));
    view! {
        <section class="verdict" role="status" aria-label="Verdict">
            <p class="over">"Verdict of the whole run "</p>
            <p class="big">{move || headline.get()}" "</p>
            <dl>
                <dt>"Promise "</dt>
                <dd>{move || promise.get()}" "</dd>
                <dt>"Observed "</dt>
                <dd>{move || observed.get()}" "</dd>
            </dl>
            <super::why::Why />
            {move || unfinished.get().map(|says| view! { <p class="unfinished">{marks::octagon()}<span>{says}</span></p> })}
        </section>
    }
    .into_any()
}

/// What is to be said of a run that did not come to rest.
fn unfinished(end: &End) -> Option<String> {
    Some(match end {
        End::Quiescent | End::Stopped => return None,
        End::Stuck { act } => format!(
            "The script waits in step {} for something that never happens.",
            act + 1
        ),
        End::StepLimit => {
            "The run is cut off here: it has more steps than are computed.".to_owned()
        }
        End::TimeLimit => "The run is cut off here: it lasts longer than an hour.".to_owned(),
    })
}
