//! What became of each record outside of Kafka: done once, twice, or never. Whatever was made of a record counts for the record.

use crate::model::cast::Cast;
use crate::model::ids::RecordId;
use crate::model::observation::{AppFact, Observation};
use crate::model::trace::Trace;

/// How often something was done for a record of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Processed {
    /// The record.
    pub record: RecordId,
    /// How often.
    pub times: u32,
}

impl Processed {
    /// In a word: `never`, `once`, `twice`, or how often.
    #[must_use]
    pub fn word(self) -> String {
        match self.times {
            0 => "never".to_owned(),
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            times => format!("{times} times"),
        }
    }
}

/// What applications did outside of Kafka, in order: the origin of each effect.
#[must_use]
pub fn ledger(trace: &Trace, cast: &Cast) -> Vec<RecordId> {
    let facts = trace.steps().iter().flat_map(|step| step.observations);
    let effects = facts.filter_map(|fact| match fact {
        Observation::App(AppFact::EffectDone { record, .. }) => Some(cast.origin_of(*record)),
        _ => None,
    });
    effects.collect()
}

/// For each record of the script, how often something was done for it.
#[must_use]
pub fn processed(trace: &Trace, cast: &Cast) -> Vec<Processed> {
    let done = ledger(trace, cast);
    let times = |record: RecordId| done.iter().filter(|effect| **effect == record).count();
    let rows = cast.sends.iter().map(|send| Processed {
        record: send.record,
        times: u32::try_from(times(send.record)).unwrap_or(u32::MAX),
    });
    rows.collect()
}
