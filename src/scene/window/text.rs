//! The window in words, for those who do not see it.

use super::consumers;
use super::state::{CellState, LogView, RowView, SendView, Window};
use crate::model::board::SendState;
use crate::model::ids::NodeId;
use crate::model::time::SimTime;
use crate::scene::couriers;
use crate::scene::tape::Tape;
use crate::scene::words;

/// “One instant, 9 061.6 ms” and what is so at it.
#[must_use]
pub fn sentence(tape: &Tape, window: &Window, now: SimTime) -> String {
    let mut parts = vec![format!("One instant, {}", words::instant(now))];
    for (lane, row) in &window.rows {
        parts.push(match row {
            RowView::Producer(sends, _) => producer(tape, *lane, sends),
            RowView::Consumer(reads, words) => {
                consumers::sentence(tape, &tape.called(*lane), reads, words)
            }
            RowView::Controller(says) if says.is_empty() => continue,
            RowView::Controller(says) => format!("Controller: {says}"),
            RowView::Broker(station, logs, [what, _]) => {
                let sync = if station.in_sync { ", in the ISR" } else { "" };
                format!(
                    "Broker {}: {what}{sync}{}",
                    station.broker,
                    records(tape, logs)
                )
            }
        });
    }
    if window.partition.is_some() {
        parts.push(format!("High watermark {}", window.high_watermark));
    }
    let flying: Vec<String> = couriers::in_flight(tape, now)
        .map(|message| couriers::name(tape, message))
        .collect();
    if !flying.is_empty() {
        parts.push(format!("On its way: {}", flying.join("; ")));
    }
    parts.join(". ") + "."
}

fn producer(tape: &Tape, lane: NodeId, sends: &[SendView]) -> String {
    let name = tape.called(lane);
    if sends.is_empty() {
        return format!("{name}: nothing sent yet");
    }
    let each: Vec<String> = sends
        .iter()
        .map(|send| {
            let state = match send.state {
                SendState::Open => "open".to_owned(),
                SendState::Acknowledged(Some(offset)) => format!("acknowledged at offset {offset}"),
                SendState::Acknowledged(None) => "sent, no answer asked for".to_owned(),
                SendState::Failed(error) => format!("failed with {error}"),
            };
            format!("{} {state}", tape.label(send.record))
        })
        .collect();
    format!("{name}: {}", each.join(", "))
}

fn records(tape: &Tape, logs: &[LogView]) -> String {
    let mut text = String::new();
    for log in logs {
        let there = log.cells.iter().filter(|cell| {
            !matches!(
                cell.state,
                CellState::Landing | CellState::Truncated | CellState::Deleted
            )
        });
        let names: Vec<String> = there
            .map(|cell| {
                let lost = if cell.state == CellState::Lost {
                    " (lost)"
                } else {
                    ""
                };
                format!("{}{lost}", tape.label_of(cell.content))
            })
            .collect();
        let log_name = if logs.len() > 1 {
            format!(" of {}", tape.log_name(log.partition))
        } else {
            String::new()
        };
        if names.is_empty() {
            text.push_str(&format!(", log{log_name} empty"));
        } else {
            text.push_str(&format!(", log{log_name}: {}", names.join(", ")));
        }
    }
    text
}
