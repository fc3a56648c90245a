//! Whether a run met the condition of a promise, and if not, since when.

use super::promise::{Condition, Subject};
use crate::model::cast::Cast;
use crate::model::ids::{
    BrokerId, ClientId, GroupId, NodeId, RecordId, StepIndex, TopicId, TopicPartition,
};
use crate::model::observation::{
    AppFact, Change, DeliveryStep, GroupFact, Observation, ShareFact, TransactionFact,
};
use crate::model::record::Outcome;
use crate::model::scenario::{Act, Api, Phase, Scenario};
use crate::model::small::{Map, Set};
use crate::model::trace::Trace;

/// What is asked of a run.
pub(super) struct Asked<'a> {
    pub(super) trace: &'a Trace,
    pub(super) cast: &'a Cast,
    pub(super) subject: Subject,
    /// The consumers of the group, or the one that reads.
    pub(super) members: &'a Set<ClientId>,
}

/// The step since which a condition is not met; none if it is met to the end.
pub(super) fn unmet(asked: &Asked<'_>, condition: Condition) -> Option<StepIndex> {
    if is_unmet_from_the_start(asked, condition) {
        return Some(StepIndex(0));
    }
    let mut seen = Seen::default();
    let mut steps = asked.trace.steps().into_iter();
    let found = steps.find(|step| {
        let mut facts = step.observations.iter();
        facts.any(|fact| seen.breaks(asked, condition, fact))
    });
    found.map(|step| step.index)
}

fn is_unmet_from_the_start(asked: &Asked<'_>, condition: Condition) -> bool {
    match condition {
        Condition::Unpromised | Condition::RulesOfToday => true,
        Condition::NoneGivenUp => leaves_out(asked.trace.scenario(), asked),
        _ => false,
    }
}

/// An application of the group leaves out what it fails on, and there is something.
fn leaves_out(scenario: &Scenario, asked: &Asked<'_>) -> bool {
    let is_ours = |name: &str| {
        let id = asked.cast.consumer(name);
        id.is_some_and(|id| asked.members.contains(&id))
    };
    scenario
        .steps
        .iter()
        .filter(|act| act.gives_up())
        .any(|act| match act {
            Act::Process(process) => process.fails.is_some() && is_ours(&process.id.0),
            Act::Connect(connect) => is_ours(&connect.id.0),
            _ => false,
        })
}

/// What has gone by, as far as a condition needs it.
#[derive(Default)]
struct Seen {
    leaders: Map<TopicPartition, BrokerId>,
    unclean: Set<BrokerId>,
    lossy: bool,
    had: Set<ClientId>,
}

impl Seen {
    fn breaks(&mut self, asked: &Asked<'_>, condition: Condition, fact: &Observation) -> bool {
        let topic = asked.subject.topic();
        match condition {
            Condition::Unpromised | Condition::RulesOfToday => true,
            Condition::InTime
            | Condition::SentOnce
            | Condition::SameEpoch
            | Condition::Connected => of_producer(asked, condition, fact),
            Condition::LeaderStays => self.leader_goes(topic, fact),
            Condition::PowerStays => loses_power(topic, fact),
            Condition::FewerUnclean(fewer) => {
                self.lossy |= loses_power(topic, fact);
                if let Observation::BrokerCrashed { broker } = fact {
                    self.unclean.insert(*broker);
                }
                self.lossy && self.unclean.len() >= fewer as usize
            }
            Condition::CleanElections => matches!(
                fact,
                Observation::LeaderElected { partition, unclean: true, .. } if partition.topic == topic
            ),
            Condition::NothingDeleted => matches!(
                fact,
                Observation::LogStartMoved { partition, .. } if partition.topic == topic
            ),
            Condition::ProgressByWork => moves_by_hand(asked, fact),
            Condition::Undisturbed => self.disturbs(asked, fact),
            Condition::NoneGivenUp => matches!(
                fact,
                Observation::Share(ShareFact::DeliveryChanged(change))
                    if change.step == DeliveryStep::GivenUp && is_group(asked, change.group)
            ),
            Condition::NoneAborted => matches!(
                fact,
                Observation::Transaction(TransactionFact::MarkerWritten {
                    partition, outcome: Outcome::Abort, ..
                }) if partition.topic == topic
            ),
        }
    }

    /// Another leads than the one that the records were written to.
    fn leader_goes(&mut self, topic: TopicId, fact: &Observation) -> bool {
        let (partition, leader) = match fact {
            Observation::LeaderElected {
                partition,
                leader: Some(leader),
                ..
            } => (partition, leader),
            Observation::BatchAppended {
                partition, broker, ..
            } => (partition, broker),
            _ => return false,
        };
        let before = self.leaders.insert(*partition, *leader);
        partition.topic == topic && before.is_some_and(|before| before != *leader)
    }

    /// Another worker begins on the same source.
    fn second_worker(&mut self, asked: &Asked<'_>, act: u32) -> bool {
        match asked.trace.scenario().steps.get(act as usize) {
            Some(Act::Connect(connect)) if connect.is_source() => {
                let id = asked.cast.consumer(&connect.id.0);
                let ours = id.filter(|id| asked.members.contains(id));
                ours.is_some_and(|id| self.had.insert(id) && self.had.len() > 1)
            }
            _ => false,
        }
    }

    /// Something came between a group's work and its progress.
    fn disturbs(&mut self, asked: &Asked<'_>, fact: &Observation) -> bool {
        let ours = |id: &ClientId| asked.members.contains(id);
        match fact {
            Observation::ClientDied { client } | Observation::ClientClosed { client } => {
                ours(client)
            }
            Observation::App(AppFact::TaskFailed { client }) => ours(client),
            Observation::ActBegan { act } => self.second_worker(asked, *act),
            Observation::Group(GroupFact::AssignmentChanged {
                reader,
                change,
                partitions,
            }) if ours(reader) && !partitions.is_empty() => match change {
                Change::Assigned => {
                    self.had.insert(*reader);
                    false
                }
                Change::Revoked | Change::Lost => self.had.contains(reader),
            },
            Observation::Group(
                GroupFact::OffsetsRefused { group, .. } | GroupFact::MemberLeft { group, .. },
            ) => is_group(asked, *group),
            Observation::Group(GroupFact::CommitReturned {
                reader,
                error: Some(_),
                ..
            }) => ours(reader),
            Observation::ReadFailed { reader, .. } => ours(reader),
            Observation::Transaction(TransactionFact::TransactionCallReturned {
                thrown: Some(_),
                ..
            }) => true,
            Observation::Share(ShareFact::DeliveryChanged(change)) => {
                change.step == DeliveryStep::Released && is_group(asked, change.group)
            }
            _ => false,
        }
    }
}

fn is_group(asked: &Asked<'_>, group: GroupId) -> bool {
    matches!(asked.subject, Subject::Group(own, _) if own == group)
}

/// What befalls a producer and its records.
fn of_producer(asked: &Asked<'_>, condition: Condition, fact: &Observation) -> bool {
    let Subject::Writer(own, topic) = asked.subject else {
        return false;
    };
    let sends = |record: &RecordId| {
        let call = asked.cast.sends.get(record.0 as usize);
        call.is_some_and(|call| call.producer == own && call.topic == topic)
    };
    let node = NodeId::Client(own);
    match (condition, fact) {
        (Condition::InTime, Observation::RecordFailed { record, .. }) => sends(record),
        (Condition::SentOnce, Observation::MessageSent(sent)) => {
            let request = sent.api == Api::Produce && sent.phase == Phase::Request;
            request && sent.retry && sent.from == node
        }
        (Condition::SameEpoch, Observation::ProducerEpochBumped { producer, .. }) => {
            *producer == own
        }
        (Condition::Connected, Observation::ConnectionReset { client, .. }) => *client == node,
        (Condition::Connected, Observation::RequestTimedOut { producer, .. }) => *producer == own,
        _ => false,
    }
}

fn loses_power(topic: TopicId, fact: &Observation) -> bool {
    matches!(
        fact,
        Observation::UnflushedLost { partition, records, .. }
            if partition.topic == topic && !records.is_empty()
    )
}

/// The group's progress moves by something else than its work.
fn moves_by_hand(asked: &Asked<'_>, fact: &Observation) -> bool {
    let ours = |id: &ClientId| asked.members.contains(id);
    match fact {
        Observation::PositionReset { reader, to, .. } => ours(reader) && to.0 > 0,
        Observation::TruncationNoticed { reader, .. } => ours(reader),
        Observation::ActBegan { act } => {
            let act = asked.trace.scenario().steps.get(*act as usize);
            let named = |name: &str| asked.cast.consumer(name).is_some_and(|id| ours(&id));
            match act {
                Some(Act::Seek { by, .. }) => named(&by.0),
                Some(Act::CommitSync(commit) | Act::CommitAsync(commit)) => {
                    commit.offset.is_some() && named(&commit.by.0)
                }
                Some(Act::SendOffsets(offsets)) => {
                    offsets.offset.is_some() && named(&offsets.consumer.0)
                }
                _ => false,
            }
        }
        _ => false,
    }
}
