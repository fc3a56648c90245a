//! Who has which hue, and what became of whom.

use crate::model::cast::Cast;
use crate::model::history::Steps;
use crate::model::ids::{Offset, TopicPartition};
use crate::model::observation::Observation;
use crate::model::small::sort;
use crate::model::time::SimTime;
use crate::scene::shape::Hue;
use crate::verdict::{Fate, Ledger};

/// How many hues the tokens have.
const HUES: usize = 4;

/// The hue of each record. One meaning a picture: hue names the record where there are few, else the partition.
pub fn hues(ledger: &Ledger) -> Vec<Hue> {
    let by_record = ledger.rows.len() <= HUES;
    let partitions = partitions(ledger);
    ledger
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let known = row.partition.map(|own| partitions.binary_search(&own));
            let place = if by_record {
                index
            } else {
                known.and_then(Result::ok).unwrap_or(0)
            };
            Hue(u8::try_from(place % HUES).unwrap_or(0) + 1)
        })
        .collect()
}

/// Partitions that records were sent to, ascending.
pub fn partitions(ledger: &Ledger) -> Vec<TopicPartition> {
    let mut all: Vec<TopicPartition> = ledger.rows.iter().filter_map(|row| row.partition).collect();
    sort(&mut all);
    all.dedup();
    all
}

/// The fate of each record and when it was decided.
pub fn fates(cast: &Cast, ledger: &Ledger) -> Vec<(Fate, Option<SimTime>)> {
    cast.sends
        .iter()
        .map(|send| {
            ledger
                .rows
                .iter()
                .find(|row| row.record == send.record)
                .map_or((Fate::Pending, None), |row| (row.fate(), row.decided_at))
        })
        .collect()
}

/// The highest log end that any replica reaches.
pub fn log_end(steps: Steps<'_>) -> Offset {
    let ends =
        steps
            .iter()
            .flat_map(|step| step.observations)
            .map(|observation| match observation {
                Observation::BatchAppended {
                    base_offset,
                    records,
                    ..
                }
                | Observation::RecordsReplicated {
                    base_offset,
                    records,
                    ..
                } => base_offset.0 + records.len() as u64,
                _ => 0,
            });
    Offset(ends.max().unwrap_or(0))
}
