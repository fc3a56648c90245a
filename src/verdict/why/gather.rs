//! All moments of a run that concern a record: one pass over the trace.

use super::{Link, Part};
use crate::model::cast::Cast;
use crate::model::history::Step;
use crate::model::ids::{
    BrokerId, ClientId, GroupId, MessageId, NodeId, Offset, RecordId, TopicPartition,
};
use crate::model::observation::{
    AppFact, Change, DeliveryStep, GroupFact, Observation, Read, Sent, ShareFact, TransactionFact,
};
use crate::model::scenario::{Act, Api, Phase};
use crate::model::small::{Set, sort};
use crate::model::trace::Trace;
use crate::model::transaction::TransactionCall;
use crate::verdict::Row;
use crate::verdict::terms::Terms;

/// What is known of a record while the trace goes by.
pub(super) struct Gather<'a> {
    trace: &'a Trace,
    cast: &'a Cast,
    record: RecordId,
    producer: Option<ClientId>,
    home: Option<TopicPartition>,
    /// What the same producer sent later to the same partition.
    later: Set<RecordId>,
    /// The consumers of the group, or all readers.
    readers: Set<ClientId>,
    group: Option<GroupId>,
    /// Requests with it, and answers to them.
    requests: Set<MessageId>,
    responses: Set<MessageId>,
    /// Where it was appended.
    offsets: Vec<Offset>,
    holders: Set<BrokerId>,
    leader: Option<BrokerId>,
    isr: Vec<BrokerId>,
    sent: bool,
    told: bool,
}

impl<'a> Gather<'a> {
    pub(super) fn all(
        trace: &'a Trace,
        terms: &Terms,
        row: &Row,
        group: Option<GroupId>,
    ) -> Vec<Link> {
        let cast = trace.last_world().cast();
        let producer = cast
            .sends
            .get(row.record.0 as usize)
            .map(|send| send.producer);
        let homes = cast.destinations(trace.steps().facts().iter());
        let later = cast.sends.iter().filter(|send| {
            send.record > row.record
                && Some(send.producer) == producer
                && homes.get(send.record.0 as usize) == Some(&row.partition)
        });
        let mut gather = Self {
            trace,
            cast,
            record: row.record,
            producer,
            home: row.partition,
            later: later.map(|send| send.record).collect(),
            readers: readers(terms, row, group),
            group,
            requests: Set::new(),
            responses: Set::new(),
            offsets: Vec::new(),
            holders: Set::new(),
            leader: None,
            isr: Vec::new(),
            sent: false,
            told: false,
        };
        let mut links = Vec::new();
        for step in trace.steps() {
            gather.step(&step, &mut links);
        }
        links
    }

    fn step(&mut self, step: &Step<'_>, links: &mut Vec<Link>) {
        for (place, fact) in (0..).zip(step.observations) {
            let Some(part) = self.take(fact) else {
                continue;
            };
            let mut isr = self.isr.clone();
            sort(&mut isr);
            links.push(Link {
                step: step.index,
                at: step.at,
                fact: place,
                part,
                holders: self.holders.iter().copied().collect(),
                isr,
            });
        }
    }

    fn take(&mut self, fact: &Observation) -> Option<Part> {
        self.of_producer(fact)
            .or_else(|| self.of_frames(fact))
            .or_else(|| self.of_logs(fact))
            .or_else(|| self.of_cluster(fact))
            .or_else(|| self.of_readers(fact))
            .or_else(|| self.of_transaction(fact))
    }

    fn has(&self, records: &[RecordId]) -> bool {
        records.contains(&self.record)
    }

    fn of_producer(&mut self, fact: &Observation) -> Option<Part> {
        let ours = |id: &ClientId| Some(*id) == self.producer;
        let under_way = self.sent && !self.told;
        Some(match fact {
            Observation::RecordSent { record, .. } if *record == self.record => {
                self.sent = true;
                Part::Sent
            }
            Observation::RecordAcknowledged { record, .. } if *record == self.record => {
                self.told = true;
                Part::Acknowledged
            }
            Observation::RecordFailed { record, .. } if *record == self.record => {
                self.told = true;
                Part::Failed
            }
            Observation::BatchRequeued { records, .. } if self.has(records) => Part::Requeued,
            Observation::BatchExpired { records, .. } if self.has(records) => Part::Expired,
            Observation::RequestTimedOut { producer, .. } if ours(producer) && under_way => {
                Part::TimedOut
            }
            Observation::ProducerEpochBumped { producer, .. } if ours(producer) && under_way => {
                Part::EpochBumped
            }
            Observation::ClientDied { client } | Observation::ClientClosed { client }
                if ours(client) && self.sent =>
            {
                Part::ProducerGone
            }
            Observation::ConnectionReset { client, .. }
                if Some(*client) == self.producer.map(NodeId::Client) && under_way =>
            {
                Part::ConnectionBroke
            }
            _ => return None,
        })
    }

    fn of_frames(&mut self, fact: &Observation) -> Option<Part> {
        match fact {
            Observation::MessageSent(sent) => {
                self.know(sent);
                None
            }
            Observation::MessageLost { message, .. } if self.requests.contains(message) => {
                Some(Part::RequestLost)
            }
            Observation::MessageLost { message, .. } if self.responses.contains(message) => {
                Some(Part::ResponseLost)
            }
            Observation::MessageHeld { message } if self.requests.contains(message) => {
                Some(Part::RequestHeld)
            }
            Observation::MessageHeld { message } if self.responses.contains(message) => {
                Some(Part::ResponseHeld)
            }
            _ => None,
        }
    }

    fn know(&mut self, sent: &Sent) {
        if sent.api != Api::Produce || !self.has(&sent.records) {
            return;
        }
        match sent.phase {
            Phase::Request => self.requests.insert(sent.message),
            Phase::Response => self.responses.insert(sent.message),
        };
    }

    fn of_logs(&mut self, fact: &Observation) -> Option<Part> {
        Some(match fact {
            Observation::BatchAppended {
                broker,
                base_offset,
                records,
                ..
            } => {
                let Some(place) = records.iter().position(|record| *record == self.record) else {
                    let overtakes = self.sent
                        && self.offsets.is_empty()
                        && records.iter().any(|record| self.later.contains(record));
                    return overtakes.then_some(Part::Overtaken);
                };
                let again = !self.offsets.is_empty();
                let place = u64::try_from(place).unwrap_or(0);
                self.offsets.push(Offset(base_offset.0 + place));
                self.holders.insert(*broker);
                self.leader = Some(*broker);
                match again {
                    true => Part::AppendedAgain,
                    false => Part::Appended,
                }
            }
            Observation::RecordsReplicated {
                broker, records, ..
            } if self.has(records) => {
                self.holders.insert(*broker);
                Part::Copied
            }
            Observation::DuplicateRecognised { records, .. } if self.has(records) => {
                Part::Recognised
            }
            Observation::BatchRefused { records, .. } if self.has(records) => Part::Refused,
            Observation::LogTruncated {
                broker, records, ..
            } if self.has(records) => {
                self.holders.remove(broker);
                Part::Truncated
            }
            Observation::UnflushedLost {
                broker, records, ..
            } if self.has(records) => {
                self.holders.remove(broker);
                Part::PowerTook
            }
            Observation::LogStartMoved { partition, to, .. }
                if Some(*partition) == self.home
                    && self.offsets.iter().any(|offset| offset < to) =>
            {
                Part::Deleted
            }
            _ => return None,
        })
    }

    fn of_cluster(&mut self, fact: &Observation) -> Option<Part> {
        Some(match fact {
            Observation::InSyncReplicasChanged { partition, isr, .. }
                if Some(*partition) == self.home =>
            {
                let shrank = isr.len() < self.isr.len() || self.isr.is_empty();
                self.isr.clone_from(isr);
                return shrank.then_some(Part::IsrShrank);
            }
            Observation::LeaderElected {
                partition, leader, ..
            } if Some(*partition) == self.home => {
                self.leader = *leader;
                match leader {
                    None => Part::NoLeader,
                    _ if self.offsets.is_empty() => return None,
                    Some(leader) if self.holders.contains(leader) => Part::ElectedWith,
                    Some(_) => Part::ElectedWithout,
                }
            }
            Observation::BrokerCrashed { broker }
            | Observation::BrokerStopped { broker }
            | Observation::BrokerPaused { broker }
                if self.matters(*broker) =>
            {
                Part::BrokerDown
            }
            Observation::BrokerFenced { broker } if self.matters(*broker) && self.sent => {
                Part::Fenced
            }
            Observation::LinkCut { .. } => Part::LinkCut,
            Observation::ActBegan { act } if self.asks(*act) => Part::Asked,
            _ => return None,
        })
    }

    /// It leads, or has the record.
    fn matters(&self, broker: BrokerId) -> bool {
        self.leader == Some(broker) || self.holders.contains(&broker) || self.leader.is_none()
    }

    /// The act of the script does to the record what no fault does.
    fn asks(&self, act: u32) -> bool {
        let topic = |name: &Option<crate::model::text::Word>| {
            let named = self.cast.topic(name.as_ref().map(|name| name.0.as_str()));
            self.home.map(|home| home.topic) == named
        };
        let reader = |name: &str| {
            let id = self.cast.consumer(name);
            id.is_some_and(|id| self.readers.contains(&id))
        };
        match self.trace.scenario().steps.get(act as usize) {
            Some(Act::Seek { by, .. }) => reader(&by.0),
            Some(Act::CommitSync(commit) | Act::CommitAsync(commit)) => {
                commit.offset.is_some() && reader(&commit.by.0)
            }
            Some(Act::DeleteRecords { topic: name, .. } | Act::Elect { topic: name, .. }) => {
                topic(name)
            }
            Some(Act::DeleteTopic { topic: one, name }) => {
                topic(&one.clone().or_else(|| name.clone()))
            }
            _ => false,
        }
    }

    fn of_readers(&mut self, fact: &Observation) -> Option<Part> {
        let ours = |id: &ClientId| self.readers.contains(id);
        Some(match fact {
            Observation::RecordsRead { reader, records } if ours(reader) => {
                return records
                    .iter()
                    .any(|read| self.is_it(read))
                    .then_some(Part::Read);
            }
            Observation::Share(ShareFact::RecordsDelivered { consumer, records })
                if ours(consumer) =>
            {
                let read = records.iter().any(|(read, _)| self.is_it(read));
                return read.then_some(Part::Read);
            }
            Observation::App(AppFact::EffectDone { by, record, .. })
                if ours(by) && self.cast.origin_of(*record) == self.record =>
            {
                Part::Done
            }
            Observation::ClientDied { client }
            | Observation::ClientClosed { client }
            | Observation::App(AppFact::TaskFailed { client })
                if ours(client) =>
            {
                Part::ReaderGone
            }
            Observation::PositionReset {
                reader, partition, ..
            } if ours(reader) && Some(*partition) == self.home => Part::PositionReset,
            Observation::TruncationNoticed {
                reader, partition, ..
            } if ours(reader) && Some(*partition) == self.home => Part::WentBack,
            Observation::Group(fact) => return self.of_group(fact),
            Observation::Share(ShareFact::DeliveryChanged(change)) => {
                let is_it = Some(change.partition) == self.home
                    && Some(change.group) == self.group
                    && self
                        .offsets
                        .iter()
                        .any(|offset| (change.first..=change.last).contains(offset));
                let gone = matches!(change.step, DeliveryStep::Released | DeliveryStep::GivenUp);
                return (is_it && gone).then_some(Part::Released);
            }
            _ => return None,
        })
    }

    fn is_it(&self, read: &Read) -> bool {
        self.cast.origin_of(read.record) == self.record
    }

    fn of_group(&self, fact: &GroupFact) -> Option<Part> {
        let ours = |id: &ClientId| self.readers.contains(id);
        let here = |partition: &TopicPartition| Some(*partition) == self.home;
        Some(match fact {
            GroupFact::OffsetsCommitted { group, offsets, .. } if Some(*group) == self.group => {
                let (_, to) = offsets.iter().find(|(partition, _)| here(partition))?;
                match self.offsets.last() {
                    Some(own) if to > own => Part::CommittedPast,
                    _ => Part::CommittedShort,
                }
            }
            GroupFact::OffsetsRefused { group, .. } if Some(*group) == self.group => {
                Part::CommitFailed
            }
            GroupFact::CommitReturned {
                reader,
                error: Some(_),
                ..
            } if ours(reader) => Part::CommitFailed,
            GroupFact::MemberLeft { group, .. } if Some(*group) == self.group => Part::MemberLeft,
            GroupFact::AssignmentChanged {
                reader,
                change,
                partitions,
            } if ours(reader) && partitions.iter().any(here) => match change {
                Change::Assigned => Part::Assigned,
                Change::Revoked | Change::Lost => Part::Revoked,
            },
            _ => return None,
        })
    }

    fn of_transaction(&self, fact: &Observation) -> Option<Part> {
        match fact {
            Observation::Transaction(TransactionFact::MarkerWritten {
                partition, offset, ..
            }) if Some(*partition) == self.home
                && self.offsets.last().is_some_and(|own| own < offset) =>
            {
                Some(Part::Marked)
            }
            Observation::Transaction(TransactionFact::TransactionCallReturned {
                producer,
                call,
                thrown,
            }) if Some(*producer) == self.producer && self.sent => {
                let aborts = *call == TransactionCall::Abort || thrown.is_some();
                aborts.then_some(Part::Aborting)
            }
            _ => None,
        }
    }
}

/// Who reads the partition of a row: the group's consumers, or all.
fn readers(terms: &Terms, row: &Row, group: Option<GroupId>) -> Set<ClientId> {
    let topic = row.partition.map(|home| home.topic);
    let ours = terms.audiences.iter().filter(|audience| {
        Some(audience.topic) == topic && (group.is_none() || audience.group == group)
    });
    ours.flat_map(|audience| audience.members.iter().copied())
        .collect()
}
