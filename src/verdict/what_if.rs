//! What if? The same scenario with one thing changed, run again: which step decided (`decisive`), which setting would have
//! saved a record (`saved`), which did nothing (`idle`), and what a change costs (`cost`).

mod change;
mod cost;
mod decisive;
mod idle;
mod saved;

pub use change::{Change, Place};
pub use cost::Cost;
pub use decisive::{Decisive, Removed, decisive};
pub use idle::{Idle, idle};
pub use saved::{Saving, saved};

use super::{Fate, Ledger};
use crate::model::ids::RecordId;
use crate::model::observation::Observation;
use crate::model::scenario::Scenario;
use crate::model::trace::Trace;

/// A run that was made only to be compared.
pub(super) struct Rerun {
    trace: Trace,
    ledger: Ledger,
}

impl Rerun {
    fn of(scenario: &Scenario) -> Self {
        let trace = Trace::of(scenario);
        let ledger = Ledger::of(&trace);
        Self { trace, ledger }
    }

    fn fate(&self, record: RecordId) -> Option<Fate> {
        self.ledger
            .rows
            .get(record.0 as usize)
            .map(super::Row::fate)
    }
}

/// How many clients and requests of the script were refused in a run: what Kafka does not take.
fn refusals(trace: &Trace) -> usize {
    let refused = |fact: &&Observation| {
        matches!(
            fact,
            Observation::ClientRefused { .. } | Observation::RequestRefused { .. }
        )
    };
    trace.steps().facts().iter().filter(refused).count()
}
