//! The ledger: one row for each `send()`. What lies after the playhead says so.

use super::app::Instance;
use super::marks;
use super::store::Store;
use crate::model::cast::Cast;
use crate::model::small::sort;
use crate::model::time::SimTime;
use crate::player::{Command, Outline, words};
use crate::verdict::words as verdict;
use crate::verdict::{Fate, Ledger, Row, Told};
use leptos::prelude::*;

/// So many rows are shown at first.
const SHOWN: usize = 100;
/// Up to so many records have a hue each.
const HUES: usize = 4;

/// The hue of a row's record, 1 to 4: its own while there are few, else that of its partition.
#[must_use]
pub fn hue(cast: &Cast, row: &Row) -> usize {
    if cast.sends.len() <= HUES {
        return row.record.0 as usize % HUES + 1;
    }
    row.partition
        .map_or(1, |home| home.partition as usize % HUES + 1)
}

/// The tint of a row whose fate is trouble, or that is not to count.
fn tint(fate: Fate) -> &'static str {
    match fate {
        Fate::LostAfterAck | Fate::LostSilently | Fate::ReadThenGone | Fate::Skipped => "lost",
        Fate::Duplicated | Fate::ProcessedTwice | Fate::OutOfOrder => "dup",
        Fate::WrittenThoughFailed => "wrong",
        Fate::HiddenByAbort => "aborted",
        Fate::Refused | Fate::Pending | Fate::Deleted | Fate::DeliveredOnce => "",
    }
}

fn told_words(told: Told) -> &'static str {
    match told {
        Told::Acknowledged(_) => "acked",
        Told::Failed(error) => error.exception(),
        Told::Nothing => "nothing",
        Told::NeverSent => "never sent",
    }
}

/// What the log has of a record, and from when on.
fn log_words(row: &Row, written: Option<SimTime>) -> (String, Option<SimTime>) {
    match (row.offsets.is_empty(), written, row.decided_at) {
        (true, Some(_), Some(gone)) => (format!("until {}", words::ms(gone)), Some(gone)),
        (true, ..) => (verdict::in_the_log(row), row.decided_at),
        (false, written, _) => (verdict::in_the_log(row), written),
    }
}

/// The last instant of the ledger that the playhead has reached. Changes only when one is passed.
fn reached(store: Store) -> Memo<SimTime> {
    let times = Memo::new(move |_| {
        store
            .ledger()
            .with(|ledger| store.outline().with(|outline| times(ledger, outline)))
    });
    Memo::new(move |_| {
        let playhead = store.playhead().get();
        times.with(|times| {
            let passed = times.partition_point(|at| *at <= playhead);
            passed
                .checked_sub(1)
                .map_or(SimTime::ZERO, |last| times[last])
        })
    })
}

fn times(ledger: &Ledger, outline: &Outline) -> Vec<SimTime> {
    let mut times: Vec<SimTime> = ledger
        .rows
        .iter()
        .flat_map(|row| [row.told_at, row.decided_at])
        .flatten()
        .chain(outline.written_at.values().copied())
        .collect();
    sort(&mut times);
    times.dedup();
    times
}

/// The table.
#[component]
pub fn LedgerTable() -> impl IntoView {
    let store = expect_context::<Store>();
    let heading = expect_context::<Instance>().id("ledger");
    let reached = reached(store);
    let (all, show_all) = signal(false);
    let count = Memo::new(move |_| store.ledger().with(|ledger| ledger.rows.len()));
    let rows = move || {
        let shown = if all.get() { usize::MAX } else { SHOWN };
        store.ledger().with(|ledger| {
            store.outline().with(|outline| {
                ledger
                    .rows
                    .iter()
                    .take(shown)
                    .map(|row| table_row(store, reached, row, outline))
                    .collect_view()
            })
        })
    };
    let late = Memo::new(move |_| {
        let now = reached.get();
        store.ledger().with(|ledger| {
            store
                .outline()
                .with(|outline| times(ledger, outline).last() > Some(&now))
        })
    });
    view! {
        <section class="ledger" aria-labelledby=heading>
            <h2 class="sr" id=heading.clone()>"Records"</h2>
            <table aria-label="Ledger">
                <thead>
                    <tr><th scope="col">"Record"</th><th scope="col">"Told"</th><th scope="col">"In the log"</th><th scope="col">"Fate"</th></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <Show when=move || { count.get() > SHOWN && !all.get() }>
                <button type="button" class="link" on:click=move |_| show_all.set(true)>
                    {move || format!("Show all {}", words::thousands(count.get() as u64))}
                </button>
            </Show>
            <p class="later-note" class:gone=move || !late.get()><i class="tri"></i>"later than this instant"</p>
        </section>
    }
    .into_any()
}

fn table_row(store: Store, reached: Memo<SimTime>, row: &Row, outline: &Outline) -> AnyView {
    let fate = row.fate();
    let decided = row.decided_at;
    let late = move |at: Option<SimTime>| move || at.is_some_and(|at| at > reached.get());
    let lit = move || if late(decided)() { "" } else { tint(fate) };
    let (log, log_since) = log_words(row, outline.written_at.get(&row.record).copied());
    let told_at = row.told_at;
    let chip = format!("chip r{}", hue(&outline.cast, row));
    let also = row.fates.iter().skip(1).filter(|fate| fate.is_trouble());
    let said = std::iter::once(&fate).chain(also);
    let fate_words: Vec<String> = said
        .map(|fate| verdict::fate_of(&outline.cast, row, *fate))
        .collect();
    let fate_words = fate_words.join(", ");
    view! {
        <tr class=lit>
            <th scope="row"><span class=chip>{outline.cast.value(row.record).to_owned()}</span></th>
            <td class:late=late(told_at)><Later when=Signal::derive(late(told_at)) />{told_words(row.told)}" "{told_at.map(|at| time(store, at))}</td>
            <td class:late=late(log_since)><Later when=Signal::derive(late(log_since)) />{log}</td>
            <td class="fate" class:late=late(decided)>
                <Later when=Signal::derive(late(decided)) />
                <Fated store=store at=decided mark=fate words=fate_words late=Signal::derive(late(decided)) />
            </td>
        </tr>
    }
    .into_any()
}

/// Says that a cell lies later: the triangle for the eye, a word for the ear.
#[component]
fn Later(when: Signal<bool>) -> impl IntoView {
    move || {
        when.get()
            .then(|| view! { <i class="tri"></i><span class="sr">"later: "</span> })
    }
}

/// An instant that can be gone to.
pub fn time(store: Store, at: SimTime) -> AnyView {
    view! {
        <button type="button" class="time" on:click=move |_| { store.send(Command::Seek(at)); }>{words::ms(at)}</button>
    }
    .into_any()
}

/// A fate, which leads to its moment.
#[component]
fn Fated(
    store: Store,
    at: Option<SimTime>,
    mark: Fate,
    words: String,
    late: Signal<bool>,
) -> impl IntoView {
    let mark = move || (!late.get()).then(|| marks::fate(mark));
    match at {
        Some(at) => view! {
            <button type="button" class="fated" on:click=move |_| { store.send(Command::Seek(at)); }>{mark}<span>{words}</span></button>
        }
        .into_any(),
        None => view! { <span class="fated">{mark}<span>{words}</span></span> }.into_any(),
    }
}
