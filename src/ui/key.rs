//! The key: only the marks that are on this page.

use super::marks;
use super::store::Store;
use crate::model::observation::{LostBecause, Observation};
use crate::model::small::sort;
use crate::model::trace::Trace;
use crate::player::Outline;
use crate::verdict::{Fate, Ledger};
use leptos::prelude::*;

/// A mark of the drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    OnItsWay,
    InALog,
    AboveWatermark,
    Acknowledged,
    Lost,
    Twice,
    OutOfOrder,
    Truncated,
    Retry,
    Leader,
    InSync,
    Deleted,
    Down,
    Stopped,
    Paused,
    Cut,
    Fault,
    Quiet,
}

/// In the order of the key, with their words.
const WORDS: &[(Mark, &str)] = &[
    (Mark::OnItsWay, "a record on its way"),
    (Mark::InALog, "in a log"),
    (Mark::AboveWatermark, "high watermark"),
    (Mark::Acknowledged, "acknowledged"),
    (Mark::Retry, "sent again"),
    (Mark::Lost, "lost"),
    (Mark::Twice, "written twice"),
    (Mark::OutOfOrder, "out of order"),
    (Mark::Truncated, "truncated"),
    (Mark::Leader, "leader"),
    (Mark::InSync, "in sync"),
    (Mark::Deleted, "deleted"),
    (Mark::Down, "down"),
    (Mark::Stopped, "stopped in good order"),
    (Mark::Paused, "paused"),
    (Mark::Cut, "link cut"),
    (Mark::Fault, "a fault you placed"),
    (Mark::Quiet, "quiet time, torn out"),
];

fn marks_of(trace: &Trace, ledger: &Ledger, outline: &Outline, torn: bool) -> Vec<Mark> {
    let mut found = vec![
        Mark::OnItsWay,
        Mark::InALog,
        Mark::AboveWatermark,
        Mark::Leader,
        Mark::InSync,
    ];
    if torn {
        found.push(Mark::Quiet);
    }
    if !outline.incidents.is_empty() {
        found.push(Mark::Fault);
    }
    for row in &ledger.rows {
        found.extend(row.fates.iter().filter_map(|fate| of_fate(*fate)));
    }
    for step in trace.steps() {
        found.extend(step.observations.iter().filter_map(of_observation));
    }
    sort(&mut found);
    found.dedup();
    found
}

fn of_fate(fate: Fate) -> Option<Mark> {
    match fate {
        Fate::LostAfterAck | Fate::LostSilently => Some(Mark::Lost),
        Fate::Duplicated => Some(Mark::Twice),
        Fate::OutOfOrder => Some(Mark::OutOfOrder),
        _ => None,
    }
}

fn of_observation(observation: &Observation) -> Option<Mark> {
    match observation {
        Observation::RecordAcknowledged { .. } => Some(Mark::Acknowledged),
        Observation::LogTruncated { records, .. } if !records.is_empty() => Some(Mark::Truncated),
        Observation::BatchRequeued { .. } => Some(Mark::Retry),
        Observation::UnflushedLost { .. } => Some(Mark::Truncated),
        Observation::LogStartMoved { .. } => Some(Mark::Deleted),
        Observation::BrokerCrashed { .. } => Some(Mark::Down),
        Observation::BrokerStopped { .. } => Some(Mark::Stopped),
        Observation::BrokerPaused { .. } => Some(Mark::Paused),
        Observation::LinkCut { .. } => Some(Mark::Cut),
        Observation::MessageLost {
            because: LostBecause::Fault,
            ..
        } => Some(Mark::Fault),
        _ => None,
    }
}

/// How a mark is drawn here.
fn sample(mark: Mark) -> AnyView {
    let drawn = match mark {
        Mark::Acknowledged => return marks::ticked_ring(),
        Mark::Lost => return marks::crossed_disc(),
        Mark::Twice => return marks::fate(Fate::Duplicated),
        Mark::OutOfOrder => return marks::fate(Fate::OutOfOrder),
        Mark::Fault => return marks::diamond(),
        Mark::OnItsWay => view! { <circle cx="12" cy="8" r="6" fill="var(--r1)" /> }.into_any(),
        Mark::InALog => view! { <rect x="6.5" y="2.5" width="11" height="11" rx="1.5" fill="var(--r1t)" stroke="var(--r1)" stroke-width="1.5" /> }.into_any(),
        Mark::AboveWatermark => view! { <path d="M12 1V15" stroke="var(--ink)" stroke-width="3" /> }.into_any(),
        Mark::Truncated => view! {
            <rect x="6.5" y="2.5" width="11" height="11" rx="1.5" fill="none" stroke="var(--lost)" stroke-width="1.5" />
            <path d="M5.5 14.5L18.5 1.5" stroke="var(--lost)" stroke-width="1.5" />
        }.into_any(),
        Mark::Retry => view! {
            <path d="M16.6 6.4A5 5 0 1 0 17 8.6M17.2 3V6.6H13.6" fill="none" stroke="var(--ink)" stroke-width="1.5" stroke-linejoin="round" />
        }.into_any(),
        Mark::Leader => view! {
            <path d="M1 12H23" stroke="var(--ink)" stroke-width="5" />
            <path d="M7 7V1.8L9.6 4L12 1L14.4 4L17 1.8V7Z" fill="var(--ink)" />
        }.into_any(),
        Mark::InSync => view! {
            <circle cx="12" cy="8" r="6.2" fill="none" stroke="var(--ink)" stroke-width="1.5" />
            <circle cx="12" cy="8" r="3.4" fill="none" stroke="var(--ink)" stroke-width="1.5" />
        }.into_any(),
        Mark::Down => view! { <path d="M1.5 8H23" stroke="var(--ink2)" stroke-width="2" stroke-linecap="round" stroke-dasharray="0.1 4.2" /> }.into_any(),
        Mark::Deleted => view! {
            <rect x="6.5" y="2.5" width="11" height="11" rx="1.5" fill="none" stroke="var(--ink3)" stroke-width="1.5" stroke-dasharray="1 3" />
            <path d="M5.5 14.5L18.5 1.5" stroke="var(--ink2)" stroke-width="1.5" />
        }.into_any(),
        Mark::Stopped => view! { <path d="M1 8H23" stroke="var(--ink3)" /><path d="M2.5 1V15" stroke="var(--ink)" stroke-width="3" /> }.into_any(),
        Mark::Paused => view! { <path d="M9 8H24" stroke="var(--ink3)" stroke-width="2" stroke-dasharray="3 4" /><path d="M2 2V14M7 2V14" stroke="var(--ink)" stroke-width="2.5" /> }.into_any(),
        Mark::Cut => view! { <path d="M0 8H24M5 5L9 11M9 5L5 11M15 5L19 11M19 5L15 11" stroke="var(--ink2)" stroke-width="1.25" /> }.into_any(),
        Mark::Quiet => view! {
            <path d="M9 0L6 3L9 6L6 9L9 12L6 15L7 16M18 0L15 3L18 6L15 9L18 12L15 15L16 16" fill="none" stroke="var(--ink3)" stroke-width="1.25" />
        }.into_any(),
    };
    view! { <svg class="mark wide-mark" viewBox="0 0 24 16" width="24" height="16" aria-hidden="true">{drawn}</svg> }.into_any()
}

/// The key, in one line where there is room.
#[component]
pub fn MarksKey() -> impl IntoView {
    let store = expect_context::<Store>();
    let shown = Memo::new(move |_| {
        let torn = store
            .fold()
            .with(|fold| fold.spans.iter().any(|span| span.quiet));
        store.trace().with(|trace| {
            store.ledger().with(|ledger| {
                store
                    .outline()
                    .with(|outline| marks_of(trace, ledger, outline, torn))
            })
        })
    });
    let items = move || {
        let shown = shown.get();
        WORDS
            .iter()
            .filter(|(mark, _)| shown.contains(mark))
            .map(|(mark, says)| view! { <li>{sample(*mark)}<span>{*says}</span></li> })
            .collect_view()
    };
    view! { <ul role="list" class="key" aria-label="Key">{items}</ul> }.into_any()
}
