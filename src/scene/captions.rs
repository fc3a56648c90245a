//! Observations as sentences: the one place where the model's facts become English. Past tense, Kafka's terms, a dozen words.

use crate::model::cast::Cast;
use crate::model::ids::{
    BrokerId, ClientId, LeaderEpoch, NodeId, Offset, RecordId, TopicPartition,
};
#[cfg(test)]
use crate::model::observation::AppFact;
use crate::model::observation::{LostBecause, Observation};

mod groups;
mod reading;
#[cfg(test)]
mod tests;
mod transactions;

/// So many records are named one by one; of more the first and the last.
const MOST_NAMED: usize = 3;

/// The sentence of an observation; none for what nobody wants to read (frames, acts, chatter).
#[must_use]
pub fn caption(cast: &Cast, observation: &Observation) -> Option<String> {
    let words = Words { cast };
    words
        .of_sends(observation)
        .or_else(|| words.of_batches(observation))
        .or_else(|| words.of_readers(observation))
        .or_else(|| words.of_groups(observation))
        .or_else(|| words.of_transactions(observation))
        .or_else(|| words.of_connections(observation))
        .or_else(|| words.of_logs(observation))
        .or_else(|| words.of_disks(observation))
        .or_else(|| words.of_cluster(observation))
}

struct Words<'a> {
    cast: &'a Cast,
}

impl Words<'_> {
    /// What applications call, and are told.
    fn of_sends(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::ClientRefused { client } => {
                format!(
                    "{} was not made: Kafka refuses its configuration.",
                    self.client(*client)
                )
            }
            O::ClientClosed { client } => format!("{} was closed.", self.client(*client)),
            O::ClientDied { client } => {
                format!("The process of {} died.", self.client(*client))
            }
            O::WaitGivenUp { .. } => {
                "What the script waits for never comes; it goes on.".to_owned()
            }
            O::RecordSent { record, producer } => {
                format!("{} sent {}.", self.client(*producer), self.record(*record))
            }
            O::RecordAssigned { record, partition } => format!(
                "The partitioner chose {} for {}.",
                self.partition(*partition),
                self.record(*record)
            ),
            O::RecordAcknowledged {
                record,
                offset: Some(offset),
            } => format!(
                "{} was acknowledged at offset {offset}.",
                self.record(*record)
            ),
            O::RecordAcknowledged {
                record,
                offset: None,
            } => format!(
                "{} was acknowledged, without an offset.",
                self.record(*record)
            ),
            O::RecordFailed { record, error } => {
                format!("send() of {} failed with {error}.", self.record(*record))
            }
            _ => return None,
        })
    }

    /// What producers do by themselves.
    fn of_batches(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::ProducerIdObtained { producer } => {
                format!("{} got its producer id.", self.client(*producer))
            }
            O::MetadataLearned {
                producer,
                partition,
                leader,
            } => {
                let (who, partition) = (self.client(*producer), self.partition(*partition));
                match leader {
                    Some(id) => format!("{who} learned that broker {id} leads {partition}."),
                    None => format!("{who} learned that {partition} has no leader."),
                }
            }
            O::BatchRequeued {
                producer,
                records,
                error,
            } => format!(
                "{} will send {} again: {}.",
                self.client(*producer),
                self.records(records),
                error.constant()
            ),
            O::BatchSplit { producer, pieces } => {
                let pieces: Vec<String> =
                    pieces.iter().map(|records| self.records(records)).collect();
                let who = self.client(*producer);
                format!(
                    "{who} split a batch that is too large: {}.",
                    pieces.join(" | ")
                )
            }
            O::BatchExpired {
                producer,
                records,
                was_sent,
            } => {
                let (who, what) = (self.client(*producer), self.records(records));
                let but = if *was_sent {
                    "it may be written"
                } else {
                    "it was never sent"
                };
                format!("{who} gave up on {what} after delivery.timeout.ms; {but}.")
            }
            O::ProducerEpochBumped { producer, epoch } => {
                format!(
                    "{} raised its producer epoch to {epoch}.",
                    self.client(*producer)
                )
            }
            O::RequestTimedOut { producer, broker } => {
                format!(
                    "{} got no response from broker {broker} in request.timeout.ms.",
                    self.client(*producer)
                )
            }
            _ => return None,
        })
    }

    /// Connections and links. Frames on their way are drawn, not told.
    fn of_connections(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::MessageLost {
                because: LostBecause::Fault,
                ..
            } => "A message was lost: its connection broke.".to_owned(),
            O::ConnectionReset { client, server } => {
                format!(
                    "The connection from {} to {} broke.",
                    self.node(*client),
                    self.node(*server)
                )
            }
            O::ConnectionRefused {
                client: NodeId::Client(client),
                server,
            } => format!(
                "{} could not connect to {}.",
                self.client(*client),
                self.node(*server)
            ),
            O::LinkCut { from, to } => {
                format!(
                    "The link from {} to {} was cut.",
                    self.node(*from),
                    self.node(*to)
                )
            }
            O::LinkHealed { from, to } => {
                format!(
                    "The link from {} to {} was healed.",
                    self.node(*from),
                    self.node(*to)
                )
            }
            _ => return None,
        })
    }

    /// What brokers do to their logs.
    fn of_logs(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::BatchAppended {
                broker,
                partition,
                base_offset,
                leader_epoch,
                records,
            } => format!(
                "Broker {broker} appended {} at {} in epoch {leader_epoch}.",
                self.records_of(*partition, records),
                offsets(*base_offset, records.len())
            ),
            O::RecordsReplicated {
                broker,
                base_offset,
                records,
                ..
            } if records.is_empty() => {
                format!("Broker {broker} replicated a control record at offset {base_offset}.")
            }
            O::RecordsReplicated {
                broker,
                partition,
                base_offset,
                records,
            } => format!(
                "Broker {broker} replicated {} at {}.",
                self.records_of(*partition, records),
                offsets(*base_offset, records.len())
            ),
            O::DuplicateRecognised {
                broker,
                partition,
                base_offset,
                records,
            } => format!(
                "Broker {broker} has {} at {} already; it appended nothing.",
                self.records_of(*partition, records),
                offsets(*base_offset, records.len())
            ),
            O::BatchRefused {
                broker,
                partition,
                error,
                records,
            } => format!(
                "Broker {broker} refused {}: {}.",
                self.records_of(*partition, records),
                error.constant()
            ),
            O::HighWatermarkAdvanced {
                broker,
                partition,
                to,
            } => format!(
                "Broker {broker} moved the high watermark{} to {to}.",
                self.of(*partition)
            ),
            _ => return None,
        })
    }

    /// What becomes of logs besides: deletions, losses, looks from outside.
    fn of_disks(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::LogTruncated {
                broker,
                partition,
                to,
                records,
            } => {
                let log = format!(
                    "Broker {broker} truncated its log{} to {to}",
                    self.of(*partition)
                );
                match records.len() {
                    0 => format!("{log}."),
                    1 => format!("{log}: {} is cut off.", self.records(records)),
                    _ => format!("{log}: {} are cut off.", self.records(records)),
                }
            }
            O::LogStartMoved {
                broker,
                partition,
                to,
            } => format!(
                "Broker {broker} deleted what lay below offset {to}{}.",
                self.of(*partition)
            ),
            O::UnflushedLost {
                broker,
                partition,
                to,
                records,
            } => {
                let log = format!("Broker {broker}'s log{} ends at {to}", self.of(*partition));
                match records.is_empty() {
                    true => format!("{log}: nothing was lost."),
                    false => format!("{log}: {} had not been flushed.", self.records(records)),
                }
            }
            O::LogRead {
                partition,
                start,
                end,
            } => format!(
                "A new reader of {} may read from offset {start} up to {end}.",
                self.partition(*partition)
            ),
            O::RequestRefused { error, .. } => {
                format!("The cluster refused: {}.", error.constant())
            }
            _ => return None,
        })
    }

    /// Brokers, leaders, the ISR.
    fn of_cluster(&self, observation: &Observation) -> Option<String> {
        use Observation as O;
        Some(match observation {
            O::LeaderElected {
                partition,
                leader,
                leader_epoch,
                unclean,
            } => self.election(*partition, *leader, *leader_epoch, *unclean),
            O::BecameLeader {
                broker,
                partition,
                leader_epoch,
            } => format!(
                "Broker {broker} leads {} in epoch {leader_epoch}.",
                self.partition(*partition)
            ),
            O::StoppedLeading { broker, partition } => {
                format!(
                    "Broker {broker} leads {} no longer.",
                    self.partition(*partition)
                )
            }
            O::InSyncReplicasChanged {
                partition,
                isr,
                elr,
            } => {
                let isr = format!(
                    "The ISR of {} is {}",
                    self.partition(*partition),
                    brokers(isr)
                );
                match elr.as_slice() {
                    [] => format!("{isr}."),
                    elr => format!("{isr}; eligible to lead: {}.", brokers(elr)),
                }
            }
            O::BrokerCrashed { broker } => format!("Broker {broker} crashed."),
            O::BrokerStopped { broker } => format!("Broker {broker} stopped in good order."),
            O::BrokerPaused { broker } => format!("Broker {broker} was paused."),
            O::BrokerResumed { broker } => format!("Broker {broker} goes on."),
            O::ShutdownBegan { broker } => {
                format!("Broker {broker} wants to stop; the controller takes its leadership away.")
            }
            O::BrokerStarted { broker } => format!("Broker {broker} was started."),
            O::BrokerFenced { broker } => format!("The controller fenced broker {broker}."),
            O::BrokerUnfenced { broker } => format!("The controller unfenced broker {broker}."),
            O::RegistrationRefused { broker } => {
                format!("The controller refused broker {broker}: its last session goes on.")
            }
            _ => return None,
        })
    }

    fn election(
        &self,
        partition: TopicPartition,
        leader: Option<BrokerId>,
        epoch: LeaderEpoch,
        unclean: bool,
    ) -> String {
        let partition = self.partition(partition);
        match leader {
            None => format!("{partition} has no leader, epoch {epoch}."),
            Some(id) if unclean => {
                format!("Broker {id} was elected leader of {partition}, unclean, epoch {epoch}.")
            }
            Some(id) => format!("Broker {id} was elected leader of {partition}, epoch {epoch}."),
        }
    }

    fn client(&self, id: ClientId) -> String {
        self.cast.name(NodeId::Client(id))
    }

    fn node(&self, node: NodeId) -> String {
        match node {
            NodeId::Controller => "the controller".to_owned(),
            NodeId::Broker(id) => format!("broker {id}"),
            NodeId::Client(id) => self.client(id),
        }
    }

    fn record(&self, record: RecordId) -> &str {
        self.cast.value(record)
    }

    fn records(&self, records: &[RecordId]) -> String {
        let names: Vec<&str> = records.iter().map(|record| self.record(*record)).collect();
        match names.as_slice() {
            [] => "nothing".to_owned(),
            [one] => (*one).to_owned(),
            [first, .., last] if names.len() > MOST_NAMED => format!("{first} to {last}"),
            [others @ .., last] => format!("{} and {last}", others.join(", ")),
        }
    }

    /// Records, with their partition where there are several.
    fn records_of(&self, partition: TopicPartition, records: &[RecordId]) -> String {
        format!("{}{}", self.records(records), self.of(partition))
    }

    /// `payments-0`, as Kafka writes it.
    fn partition(&self, partition: TopicPartition) -> String {
        let topic = self.cast.topics.get(usize::from(partition.topic.0));
        let topic = topic.map_or("", String::as_str);
        format!("{topic}-{}", partition.partition)
    }

    /// ` of payments-0` where more than one partition is written to; else nothing.
    fn of(&self, partition: TopicPartition) -> String {
        let other = |send: &crate::model::cast::SendCall| send.destination() != Some(partition);
        match self.cast.sends.iter().any(other) {
            true => format!(" of {}", self.partition(partition)),
            false => String::new(),
        }
    }
}

fn offsets(base: Offset, count: usize) -> String {
    match count {
        0 | 1 => format!("offset {base}"),
        _ => format!("offsets {base}–{}", base.0 + count as u64 - 1),
    }
}

fn brokers(ids: &[BrokerId]) -> String {
    if ids.is_empty() {
        return "empty".to_owned();
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}

/// What is drawn or follows from other sentences, and so has none of its own. Named one by one, so that a new observation
/// is thought of.
#[cfg(test)]
fn is_silent(observation: &Observation) -> bool {
    use Observation as O;
    matches!(
        observation,
        O::ActBegan { .. }
            | O::ActEnded { .. }
            | O::FaultHappened { .. }
            | O::MessageSent(_)
            | O::MessageResumed { .. }
            | O::MessageHeld { .. }
            | O::MessageArrived { .. }
            | O::PositionTold { .. }
            | O::App(AppFact::ConnectStatusTold { .. })
            | O::Group(crate::model::observation::GroupFact::CommittedTold { .. })
            | O::MessageLost {
                because: LostBecause::ConnectionBroken,
                ..
            }
            | O::ConnectionRefused {
                client: NodeId::Broker(_) | NodeId::Controller,
                ..
            }
    )
}
