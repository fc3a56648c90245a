//! What a change costs in a run: how much longer sends take, how many are refused, how long nothing can be written.

use super::Rerun;
use crate::model::ids::{RecordId, TopicPartition};
use crate::model::observation::Observation;
use crate::model::small::Map;
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::verdict::terms::Terms;
use crate::verdict::{Ledger, Told};

/// The price of a change, in one run; negative where it is a gain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// Microseconds for which no leader, or too few replicas in sync, could take what is written.
    pub unavailable_us: i64,
    /// Sends that the application was told have failed.
    pub refused: i64,
    /// Microseconds from `send()` to “acknowledged”, on the average of what both runs acknowledged.
    pub latency_us: i64,
}

/// A run in figures.
pub(super) struct Figures {
    waits: Map<RecordId, u64>,
    failed: i64,
    unavailable: i64,
}

impl Figures {
    pub(super) fn of(trace: &Trace, ledger: &Ledger) -> Self {
        let failed = |row: &&crate::verdict::Row| matches!(row.told, Told::Failed(_));
        let failed = ledger.rows.iter().filter(failed).count();
        Self {
            waits: waits(trace, ledger),
            failed: i64::try_from(failed).unwrap_or(i64::MAX),
            unavailable: i64::try_from(unavailable(trace)).unwrap_or(i64::MAX),
        }
    }

    /// What another run costs more than this one.
    pub(super) fn against(&self, other: &Rerun) -> Cost {
        let theirs = Self::of(&other.trace, &other.ledger);
        let both = self.waits.iter().filter_map(|(record, own)| {
            let their = theirs.waits.get(record)?;
            Some(i64::try_from(*their).ok()? - i64::try_from(*own).ok()?)
        });
        let (count, sum) = both.fold((0_i64, 0_i64), |(count, sum), more| (count + 1, sum + more));
        Cost {
            unavailable_us: theirs.unavailable - self.unavailable,
            refused: theirs.failed - self.failed,
            latency_us: sum / count.max(1),
        }
    }
}

/// How long each acknowledged send took.
fn waits(trace: &Trace, ledger: &Ledger) -> Map<RecordId, u64> {
    let mut waits = Map::new();
    for step in trace.steps() {
        for fact in step.observations {
            let Observation::RecordSent { record, .. } = fact else {
                continue;
            };
            let row = ledger.rows.get(record.0 as usize);
            let told = row.filter(|row| matches!(row.told, Told::Acknowledged(_)));
            if let Some(told) = told.and_then(|row| row.told_at) {
                waits.insert(*record, told.0.saturating_sub(step.at.0));
            }
        }
    }
    waits
}

/// For how long writes that ask for all in-sync replicas, or any at all, could not be taken; until the script ended.
fn unavailable(trace: &Trace) -> u64 {
    let terms = Terms::of(trace.scenario(), trace.last_world().cast());
    let least = |home: TopicPartition| {
        let ours = terms
            .writers
            .iter()
            .filter(|writer| writer.topic == home.topic);
        ours.filter(|writer| writer.acks == -1)
            .map(|writer| writer.keeping.kept as usize)
            .max()
            .unwrap_or(0)
    };
    let mut leads: Map<TopicPartition, bool> = Map::new();
    let mut syncs: Map<TopicPartition, bool> = Map::new();
    let mut since: Map<TopicPartition, SimTime> = Map::new();
    let (mut total, mut end) = (0, SimTime::ZERO);
    for step in trace.steps() {
        for fact in step.observations {
            let home = match fact {
                Observation::LeaderElected {
                    partition, leader, ..
                } => {
                    leads.insert(*partition, leader.is_some());
                    *partition
                }
                Observation::InSyncReplicasChanged { partition, isr, .. } => {
                    syncs.insert(*partition, isr.len() >= least(*partition));
                    *partition
                }
                Observation::ActEnded { .. } => {
                    end = step.at;
                    continue;
                }
                _ => continue,
            };
            let is_on = |map: &Map<TopicPartition, bool>| map.get(&home).copied().unwrap_or(true);
            if home.topic.is_internal() {
                continue;
            }
            match (is_on(&leads) && is_on(&syncs), since.get(&home).copied()) {
                (false, None) => _ = since.insert(home, step.at),
                (true, Some(from)) => {
                    total += step.at.0.saturating_sub(from.0);
                    since.remove(&home);
                }
                _ => {}
            }
        }
    }
    let open = since.values().map(|from| end.0.saturating_sub(from.0));
    total + open.sum::<u64>()
}
