//! Sentences of readers.

use super::Words;
use crate::model::ids::RecordId;
use crate::model::observation::{AppFact, DeliveryStep, Observation, ShareFact};
use crate::model::wire::{ClientError, ErrorCode};

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
            other => return self.of_share_groups(other),
        })
    }

    /// What becomes of records in share groups.
    fn of_share_groups(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::Share(ShareFact::RecordsDelivered { consumer, records }) => {
                let names: Vec<RecordId> = records.iter().map(|(read, _)| read.record).collect();
                let most = records.iter().map(|(_, times)| *times).max().unwrap_or(1);
                let who = self.client(*consumer);
                match most {
                    0 | 1 => format!("{who} was given {}.", self.records(&names)),
                    most => format!("{who} was given {}, try {most}.", self.records(&names)),
                }
            }
            O::Share(ShareFact::AcknowledgementsCommitted { consumer, results }) => {
                let who = self.client(*consumer);
                let failed = results.iter().find(|(_, error)| *error != ErrorCode::None);
                match failed {
                    Some((_, error)) => {
                        let exception = ClientError::Broker(*error).exception();
                        format!("The acknowledgements of {who} failed with {exception}.")
                    }
                    None => format!("The acknowledgements of {who} are kept."),
                }
            }
            O::App(AppFact::EffectDone { by, record, .. }) => {
                let who = self.client(*by);
                format!(
                    "{who} acted on {} in the outside world.",
                    self.record(*record)
                )
            }
            O::App(AppFact::TaskFailed { client }) => {
                format!("The task of {} failed, and stays so.", self.client(*client))
            }
            O::Share(ShareFact::CallRefused { client, exception }) => {
                format!(
                    "A call of {} failed with {exception}.",
                    self.client(*client)
                )
            }
            O::Share(ShareFact::DeliveryChanged(delivery)) => {
                let (first, last) = (delivery.first, delivery.last);
                let what = if first == last {
                    format!("Offset {first}")
                } else {
                    format!("Offsets {first} to {last}")
                };
                let of = self.partition(delivery.partition);
                match delivery.step {
                    DeliveryStep::Locked { consumer, .. } => {
                        let who = self.client(consumer);
                        format!("{what} of {of}: locked for {who}.")
                    }
                    DeliveryStep::Accepted => format!("{what} of {of}: accepted."),
                    DeliveryStep::Released => format!("{what} of {of}: free for another try."),
                    DeliveryStep::GivenUp => format!("{what} of {of}: given up for good."),
                }
            }
            _ => return None,
        })
    }
}
