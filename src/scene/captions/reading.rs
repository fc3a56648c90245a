//! Sentences of readers.

use super::Words;
use crate::model::ids::RecordId;
use crate::model::observation::Observation;

impl Words<'_> {
    /// What readers get, and how they find their place.
    pub(super) fn of_readers(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::RecordsRead { reader, records } => {
                let records: Vec<RecordId> = records.iter().map(|read| read.record).collect();
                format!("{} read {}.", self.client(*reader), self.records(&records))
            }
            O::ReadFailed { reader, error } => {
                format!(
                    "A call of {} failed with {}.",
                    self.client(*reader),
                    error.exception()
                )
            }
            O::PositionReset {
                reader,
                partition,
                to,
            } => format!(
                "{} begins {} at offset {to}, by auto.offset.reset.",
                self.client(*reader),
                self.partition(*partition)
            ),
            O::TruncationNoticed {
                reader, from, to, ..
            } => {
                let who = self.client(*reader);
                match to {
                    Some(to) => format!("{who} stood at {from}, and the log was cut at {to}."),
                    None => format!("{who} stood at {from}, of which the leader knows nothing."),
                }
            }
            _ => return None,
        })
    }
}
