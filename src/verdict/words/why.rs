//! The sentences of an answer to “why?”: one for each part that a moment can have.

use super::names_of;
use crate::model::cast::Cast;
use crate::model::ids::{BrokerId, ClientId, GroupId, NodeId, RecordId, TopicPartition};
use crate::model::observation::{
    AppFact, DeliveryStep, GroupFact, LeftBecause, Observation, ShareFact, TransactionFact,
};
use crate::model::record::Outcome;
use crate::model::scenario::Act;
use crate::model::trace::Trace;
use crate::model::transaction::TransactionCall;
use crate::verdict::terms::Terms;
use crate::verdict::why::{Link, Part};

/// Who speaks of whom.
pub struct Speaker<'a> {
    /// The run.
    pub trace: &'a Trace,
    /// Names.
    pub cast: &'a Cast,
    /// What the settings come to.
    pub terms: &'a Terms,
    /// The record that is asked about.
    pub record: RecordId,
}

impl Speaker<'_> {
    /// What happened at that moment, as one sentence.
    #[must_use]
    pub fn says(&self, link: &Link) -> String {
        let Some(fact) = link.observation(self.trace) else {
            return String::new();
        };
        self.of_producer(link, fact)
            .or_else(|| self.of_frame(link, fact))
            .or_else(|| self.of_log(link, fact))
            .or_else(|| self.of_cluster(link, fact))
            .or_else(|| self.of_reader(link, fact))
            .unwrap_or_default()
    }

    fn it(&self) -> &str {
        self.cast.value(self.record)
    }

    fn client(&self, id: ClientId) -> String {
        self.cast.name(NodeId::Client(id))
    }

    fn producer(&self) -> String {
        let send = self.cast.sends.get(self.record.0 as usize);
        send.map(|send| self.client(send.producer))
            .unwrap_or_default()
    }

    fn group(&self, id: GroupId) -> &str {
        let name = self.cast.groups.get(usize::from(id.0));
        name.map_or("", String::as_str)
    }

    fn acks(&self) -> i16 {
        let send = self.cast.sends.get(self.record.0 as usize);
        let writer = send.and_then(|send| self.terms.writer(send.producer, send.topic));
        writer.map_or(-1, |writer| writer.acks)
    }

    fn is_idempotent(&self) -> bool {
        let send = self.cast.sends.get(self.record.0 as usize);
        let writer = send.and_then(|send| self.terms.writer(send.producer, send.topic));
        writer.is_some_and(|writer| writer.idempotent)
    }

    fn of_producer(&self, link: &Link, fact: &Observation) -> Option<String> {
        let (it, producer) = (self.it(), self.producer());
        Some(match (link.part, fact) {
            (Part::Sent, _) => format!("{producer} sends {it}."),
            (Part::Acknowledged, _) => self.acknowledged(link),
            (Part::Failed, Observation::RecordFailed { error, .. }) => {
                format!("{producer} is told {}.", error.exception())
            }
            (Part::Requeued, Observation::BatchRequeued { error, .. }) => {
                format!(
                    "{producer} puts {it} back, to send it again ({}).",
                    error.constant()
                )
            }
            (Part::Expired, Observation::BatchExpired { was_sent, .. }) => match was_sent {
                true => format!("{producer} gives up on {it}; it was sent, and may be written."),
                false => format!("{producer} gives up on {it}; it was never sent."),
            },
            (Part::TimedOut, Observation::RequestTimedOut { broker, .. }) => format!(
                "{producer} has no answer from broker {broker} in time, and closes the connection."
            ),
            (Part::ConnectionBroke, Observation::ConnectionReset { server, .. }) => format!(
                "The connection of {producer} to {} breaks, with all that is on it.",
                names_of(self.cast, *server)
            ),
            (Part::EpochBumped, Observation::ProducerEpochBumped { epoch, .. }) => format!(
                "{producer} begins epoch {epoch}: what is in flight gets new sequence numbers."
            ),
            (Part::ProducerGone, Observation::ClientClosed { .. }) => {
                format!("{producer} is closed.")
            }
            (Part::ProducerGone, _) => format!("The process of {producer} dies."),
            _ => return None,
        })
    }

    fn acknowledged(&self, link: &Link) -> String {
        let (it, producer) = (self.it(), self.producer());
        let who = brokers(&link.holders);
        match (self.acks(), link.holders.as_slice()) {
            (0, _) => format!(
                "{producer} counts {it} as acknowledged: it is in the socket, and nobody will answer."
            ),
            (1, [only]) => format!(
                "{producer} is told that {it} is acknowledged; only the leader, broker {only}, has it."
            ),
            (_, [only]) if link.isr == [*only] => format!(
                "{producer} is told that {it} is acknowledged: the ISR is broker {only} alone, and it has it."
            ),
            _ => format!("{producer} is told that {it} is acknowledged; {who} it."),
        }
    }

    fn of_frame(&self, link: &Link, fact: &Observation) -> Option<String> {
        let (it, producer) = (self.it(), self.producer());
        Some(match (link.part, fact) {
            (Part::RequestLost, _) => format!("The request with {it} is lost on its way."),
            (Part::ResponseLost, _) => format!(
                "The response is lost on its way: {producer} cannot know that {it} was written."
            ),
            (Part::RequestHeld, _) => format!("The request with {it} is held up on its way."),
            (Part::ResponseHeld, _) => {
                format!("The response is held up on its way: {producer} hears nothing of {it}.")
            }
            _ => return None,
        })
    }

    fn of_log(&self, link: &Link, fact: &Observation) -> Option<String> {
        let it = self.it();
        Some(match (link.part, fact) {
            (
                Part::Appended | Part::AppendedAgain,
                Observation::BatchAppended {
                    broker,
                    base_offset,
                    records,
                    ..
                },
            ) => {
                let place = records.iter().position(|record| *record == self.record);
                let place = u64::try_from(place.unwrap_or(0)).unwrap_or(0);
                let offset = base_offset.0 + place;
                match (link.part, self.is_idempotent()) {
                    (Part::Appended, _) => {
                        format!("Broker {broker} appends {it} at offset {offset}.")
                    }
                    (_, true) => format!(
                        "Broker {broker} appends {it} again, at offset {offset}: by its sequence number it is new."
                    ),
                    (_, false) => format!(
                        "Broker {broker} appends {it} again, at offset {offset}: without a sequence number it is a record like any other."
                    ),
                }
            }
            (
                Part::Overtaken,
                Observation::BatchAppended {
                    broker, records, ..
                },
            ) => {
                let first = records
                    .first()
                    .map_or("", |record| self.cast.value(*record));
                format!(
                    "Broker {broker} appends {first}, which was sent later, while {it} is in no log."
                )
            }
            (Part::Copied, Observation::RecordsReplicated { broker, .. }) => {
                format!("Broker {broker} copies {it}.")
            }
            (Part::Recognised, Observation::DuplicateRecognised { broker, .. }) => format!(
                "Broker {broker} recognises {it} by its sequence number, and appends nothing."
            ),
            (Part::Refused, Observation::BatchRefused { broker, error, .. }) => {
                format!("Broker {broker} refuses {it}: {}.", error.constant())
            }
            (Part::Truncated, Observation::LogTruncated { broker, to, .. }) => format!(
                "Broker {broker} cuts its log back to the leader’s, at offset {to}, and {it} with it."
            ),
            (Part::PowerTook, Observation::UnflushedLost { broker, .. }) => {
                format!("Broker {broker} loses what it had not flushed to disk, and {it} with it.")
            }
            (Part::Deleted, Observation::LogStartMoved { to, .. }) => {
                format!("What lies below offset {to} is deleted, {it} with it.")
            }
            _ => return None,
        })
    }

    fn of_cluster(&self, link: &Link, fact: &Observation) -> Option<String> {
        let it = self.it();
        Some(match (link.part, fact) {
            (Part::IsrShrank, Observation::InSyncReplicasChanged { isr, .. }) => {
                match isr.as_slice() {
                    [] => "No replica is in sync any more.".to_owned(),
                    [one] => format!("The ISR is broker {one} alone."),
                    several => format!("The ISR is brokers {}.", list(several)),
                }
            }
            (
                Part::ElectedWith | Part::ElectedWithout,
                Observation::LeaderElected {
                    leader: Some(leader),
                    leader_epoch,
                    unclean,
                    ..
                },
            ) => {
                let clause = match (link.part, unclean) {
                    (Part::ElectedWith, _) => format!("it has {it}"),
                    (_, true) => format!("it was not in sync, and does not have {it}"),
                    (_, false) => format!("it does not have {it}"),
                };
                format!("Broker {leader} is elected leader, epoch {leader_epoch}; {clause}.")
            }
            (Part::NoLeader, _) => "No replica may lead: the partition has no leader.".to_owned(),
            (Part::BrokerDown, Observation::BrokerCrashed { broker }) => {
                format!("Broker {broker} crashes.")
            }
            (Part::BrokerDown, Observation::BrokerStopped { broker }) => {
                format!("Broker {broker} is stopped.")
            }
            (Part::BrokerDown, Observation::BrokerPaused { broker }) => {
                format!("The process of broker {broker} stands still.")
            }
            (Part::Fenced, Observation::BrokerFenced { broker }) => {
                format!(
                    "The controller has not heard of broker {broker} for a session, and fences it."
                )
            }
            (Part::LinkCut, Observation::LinkCut { from, to }) => format!(
                "The link from {} to {} is cut.",
                names_of(self.cast, *from),
                names_of(self.cast, *to)
            ),
            (Part::Asked, Observation::ActBegan { act }) => self.asked(*act)?,
            _ => return None,
        })
    }

    fn asked(&self, act: u32) -> Option<String> {
        Some(match self.trace.scenario().steps.get(act as usize)? {
            Act::Seek { by, offset, .. } => {
                format!("{by} is told to go on from offset {}.", offset.0)
            }
            Act::CommitSync(commit) | Act::CommitAsync(commit) => format!(
                "{} commits offset {} by hand.",
                commit.by,
                commit.offset.map_or(0, |offset| offset.0)
            ),
            Act::DeleteRecords { .. } => "Records are deleted by request.".to_owned(),
            Act::DeleteTopic { .. } => "The topic is deleted.".to_owned(),
            Act::Elect { .. } => "An election is asked for.".to_owned(),
            _ => return None,
        })
    }

    fn of_reader(&self, link: &Link, fact: &Observation) -> Option<String> {
        let it = self.it();
        Some(match (link.part, fact) {
            (Part::Read, Observation::RecordsRead { reader, .. })
            | (
                Part::Read,
                Observation::Share(ShareFact::RecordsDelivered {
                    consumer: reader, ..
                }),
            ) => {
                format!("{} is given {it}.", self.client(*reader))
            }
            (Part::Done, Observation::App(AppFact::EffectDone { by, .. })) => {
                format!("{} acts on {it}.", self.client(*by))
            }
            (Part::ReaderGone, Observation::ClientClosed { client }) => {
                format!("{} is closed.", self.client(*client))
            }
            (
                Part::ReaderGone,
                Observation::ClientDied { client }
                | Observation::App(AppFact::TaskFailed { client }),
            ) => format!("{} dies.", self.client(*client)),
            (Part::PositionReset, Observation::PositionReset { reader, to, .. }) => format!(
                "{} has no offset to go on from, and begins at offset {to} (auto.offset.reset).",
                self.client(*reader)
            ),
            (Part::WentBack, Observation::TruncationNoticed { reader, .. }) => format!(
                "{} learns that the log was cut below its position, and goes back.",
                self.client(*reader)
            ),
            (Part::Released, Observation::Share(ShareFact::DeliveryChanged(change))) => {
                match change.step {
                    DeliveryStep::GivenUp => {
                        format!("{it} is given up: the group will not see it again.")
                    }
                    _ => format!("{it} is released: it may be handed out again."),
                }
            }
            (_, Observation::Group(fact)) => self.of_group(link, fact)?,
            (_, Observation::Transaction(fact)) => self.of_transaction(fact)?,
            _ => return None,
        })
    }

    fn of_group(&self, link: &Link, fact: &GroupFact) -> Option<String> {
        let it = self.it();
        Some(match fact {
            GroupFact::OffsetsCommitted {
                group,
                client,
                offsets,
            } => {
                let (group, client) = (self.group(*group), self.client(*client));
                let to = offsets.iter().find(|(home, _)| self.is_home(home));
                let to = to.map_or(0, |(_, to)| to.0);
                match link.part {
                    Part::CommittedPast => {
                        format!("{client} commits offset {to} for {group}: the group is past {it}.")
                    }
                    _ => format!(
                        "{client} commits offset {to} for {group}: {it} is still ahead of the group."
                    ),
                }
            }
            GroupFact::OffsetsRefused { client, error, .. } => format!(
                "The coordinator refuses a commit of {}: {}.",
                self.client(*client),
                error.constant()
            ),
            GroupFact::CommitReturned { reader, .. } => {
                format!("A commit of {} fails.", self.client(*reader))
            }
            GroupFact::MemberLeft {
                member, because, ..
            } => {
                let why = match because {
                    LeftBecause::Left => {
                        "it left, as one does that is closed or does not poll for max.poll.interval.ms"
                    }
                    LeftBecause::Silent => "nothing was heard of it for a session",
                    LeftBecause::Slow => "it did not give up its partitions in time",
                };
                format!("{} is no member any more: {why}.", self.client(*member))
            }
            GroupFact::AssignmentChanged { reader, .. } => match link.part {
                Part::Assigned => format!("{} is given the partition.", self.client(*reader)),
                _ => format!("{} loses the partition.", self.client(*reader)),
            },
            _ => return None,
        })
    }

    fn is_home(&self, home: &TopicPartition) -> bool {
        let send = self.cast.sends.get(self.record.0 as usize);
        send.is_some_and(|send| {
            send.topic == home.topic && send.partition.is_none_or(|own| own == home.partition)
        })
    }

    fn of_transaction(&self, fact: &TransactionFact) -> Option<String> {
        Some(match fact {
            TransactionFact::MarkerWritten {
                offset, outcome, ..
            } => {
                let how = match outcome {
                    Outcome::Abort => "aborted",
                    Outcome::Commit => "committed",
                };
                format!("A marker at offset {offset} ends the transaction: {how}.")
            }
            TransactionFact::TransactionCallReturned {
                producer,
                call,
                thrown,
            } => {
                let who = self.client(*producer);
                match (call, thrown) {
                    (TransactionCall::Abort, None) => format!("{who} aborts its transaction."),
                    (_, Some(thrown)) => format!("{who} is told {}.", thrown.error.exception()),
                    _ => return None,
                }
            }
            TransactionFact::TransactionDescribed { .. } => return None,
        })
    }
}

/// `1, 2`.
fn list(all: &[BrokerId]) -> String {
    let names: Vec<String> = all.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// `broker 1 has`, `brokers 1, 2 have`, `no broker has`.
fn brokers(all: &[BrokerId]) -> String {
    match all {
        [] => "no broker has".to_owned(),
        [one] => format!("broker {one} has"),
        several => format!("brokers {} have", list(several)),
    }
}
