//! The choice among frames: which control frames matter, and which retries are left out.

use super::frames::Frame;
use crate::model::history::Steps;
use crate::model::ids::{
    BrokerId, ClientId, LeaderEpoch, MessageId, NodeId, RecordId, TopicPartition,
};
use crate::model::observation::Observation;
use crate::model::scenario::{Api, Phase};
use crate::model::small::{Map, Set};
use crate::model::time::{SimDuration, SimTime};

/// More attempts than this for one batch, and the middle ones are left out.
const ATTEMPTS: usize = 6;
/// So many of the first are drawn then, and so many of the last.
const ATTEMPTS_KEPT: (usize, usize) = (3, 2);
/// How soon after an election the controller's news of it leaves.
const NEWS_WITHIN: SimDuration = SimDuration(1000);
/// Control frames that matter: what the controller tells of an election, what a producer learns that it did not know, and a
/// leader's wish to change the ISR that was granted. Each with its word.
pub fn control(all: &Map<MessageId, Frame>, steps: Steps<'_>) -> Map<MessageId, &'static str> {
    let mut chosen = Map::new();
    let mut known: Map<(ClientId, TopicPartition), Option<BrokerId>> = Map::new();
    for step in steps {
        let arrived = || {
            step.observations.iter().filter_map(|fact| match fact {
                Observation::MessageArrived { message } => all.get(message),
                _ => None,
            })
        };
        for fact in step.observations {
            match fact {
                Observation::LeaderElected { leader_epoch, .. }
                    if *leader_epoch > LeaderEpoch(0) =>
                {
                    chosen.extend(news(all, step.at).map(|id| (id, "")));
                }
                Observation::MetadataLearned {
                    producer,
                    partition,
                    leader,
                } => {
                    let before = known.insert((*producer, *partition), *leader);
                    if before.is_some_and(|before| before != *leader) {
                        for answer in arrived().filter(|frame| frame.sent.api == Api::Metadata) {
                            chosen.insert(answer.sent.message, "");
                            chosen.extend(asked(all, answer).map(|id| (id, "metadata")));
                        }
                    }
                }
                Observation::InSyncReplicasChanged { .. } => {
                    let wishes = arrived().filter(|frame| frame.sent.api == Api::AlterPartition);
                    chosen.extend(wishes.map(|frame| (frame.sent.message, "AlterPartition")));
                }
                _ => {}
            }
        }
    }
    chosen
}

/// What the controller sends to each broker right after an instant: the first answer to each one's fetch of the metadata log.
fn news(all: &Map<MessageId, Frame>, since: SimTime) -> impl Iterator<Item = MessageId> {
    let mut told: Map<NodeId, MessageId> = Map::new();
    for (id, frame) in all {
        let answer = frame.sent.from == NodeId::Controller
            && frame.sent.api == Api::Fetch
            && frame.sent.phase == Phase::Response;
        if answer && since <= frame.at() && frame.at() <= since + NEWS_WITHIN {
            told.entry(frame.sent.to).or_insert(*id);
        }
    }
    told.into_values()
}

/// The request that a response answers: the last one before it on the way back.
fn asked(all: &Map<MessageId, Frame>, answer: &Frame) -> Option<MessageId> {
    all.range(..answer.sent.message)
        .rev()
        .find(|(_, frame)| {
            frame.sent.api == answer.sent.api
                && frame.sent.phase == Phase::Request
                && frame.sent.from == answer.sent.to
                && frame.sent.to == answer.sent.from
        })
        .map(|(id, _)| *id)
}

/// The middle of each long row of attempts for the same batch, with the answers to them.
pub fn thinned(all: &Map<MessageId, Frame>) -> Set<MessageId> {
    let mut attempts: Map<(NodeId, &[RecordId]), Vec<MessageId>> = Map::new();
    for (id, frame) in all {
        if frame.sent.api == Api::Produce && frame.sent.phase == Phase::Request {
            let batch = (frame.sent.from, frame.sent.records.as_slice());
            attempts.entry(batch).or_default().push(*id);
        }
    }
    let mut left_out = Set::new();
    for ((producer, records), ids) in attempts.iter().filter(|(_, ids)| ids.len() > ATTEMPTS) {
        let middle = ids[ATTEMPTS_KEPT.0]..ids[ids.len() - ATTEMPTS_KEPT.1];
        let same = |frame: &Frame| {
            let end = if frame.sent.phase == Phase::Request {
                frame.sent.from
            } else {
                frame.sent.to
            };
            frame.sent.api == Api::Produce
                && end == *producer
                && frame.sent.records[..] == **records
        };
        left_out.extend(
            all.range(middle)
                .filter(|(_, frame)| same(frame))
                .map(|(id, _)| *id),
        );
    }
    left_out
}
