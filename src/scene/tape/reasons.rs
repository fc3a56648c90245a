//! Why nothing happened for a while: a fold says what was waited for. Read off the trace: what comes first after the wait
//! tells what the wait was for.

use super::messages::Frames;
use super::{called, names};
use crate::model::cast::Cast;
use crate::model::history::Steps;
use crate::model::ids::{BrokerId, NodeId, RecordId};
use crate::model::observation::Observation;
use crate::model::scenario::{Api, Phase};
use crate::model::time::SimTime;
use crate::model::wire::{ClientError, ErrorCode};
use crate::scene::fold::Fold;

/// One reason for each quiet span of the fold.
pub fn reasons(
    cast: &Cast,
    labels: &[String],
    steps: Steps<'_>,
    frames: &Frames,
    fold: &Fold,
) -> Vec<String> {
    let mut reasons = Vec::new();
    for (index, span) in fold.spans.iter().enumerate().filter(|(_, span)| span.quiet) {
        let until = fold.spans.get(index + 1).map_or(span.to, |next| next.to);
        let after = steps.partition_point(|step| step.at < span.to);
        let upto = steps.partition_point(|step| step.at <= until);
        let next = steps.until(upto).since(after);
        let past = steps.until(after);
        let reason = retries(cast, frames, span.from, span.to)
            .or_else(|| waited_for(cast, labels, frames, past, next))
            .unwrap_or_else(|| "nothing happens".to_owned());
        reasons.push(reason);
    }
    reasons
}

fn retries(cast: &Cast, frames: &Frames, from: SimTime, to: SimTime) -> Option<String> {
    let (producer, count) = frames.retries_between(from, to)?;
    Some(format!(
        "{} tries {count} more times",
        called(cast, producer)
    ))
}

/// The first fact after the wait that tells what it was for. Facts of one instant are asked in their order.
fn waited_for(
    cast: &Cast,
    labels: &[String],
    frames: &Frames,
    past: Steps<'_>,
    next: Steps<'_>,
) -> Option<String> {
    next.into_iter().find_map(|step| {
        let facts = || step.observations.iter();
        let session = facts()
            .find_map(|fact| session(past, fact))
            .or_else(|| facts().find_map(|fact| held(labels, frames, fact)));
        session.or_else(|| facts().find_map(|fact| plain(cast, past, fact)))
    })
}

/// A broker is fenced, or its leaderships are moved: its session has timed out.
fn session(past: Steps<'_>, fact: &Observation) -> Option<String> {
    match fact {
        Observation::BrokerFenced { broker } if is_silent(past, *broker) => {
            Some(format!("broker {broker}’s session times out"))
        }
        _ => None,
    }
}

/// A message that was held goes on, or is lost.
fn held(labels: &[String], frames: &Frames, fact: &Observation) -> Option<String> {
    match fact {
        Observation::MessageResumed { message, .. } | Observation::MessageLost { message, .. } => {
            let records = frames.held(*message)?;
            let value =
                |record: RecordId| labels.get(record.0 as usize).cloned().unwrap_or_default();
            Some(format!("{} held on the way", names(records, value)))
        }
        _ => None,
    }
}

fn plain(cast: &Cast, past: Steps<'_>, fact: &Observation) -> Option<String> {
    let broker = |id: &BrokerId, what: &str| Some(format!("broker {id} {what}"));
    match fact {
        Observation::BrokerStarted { broker: id } => broker(id, "stays down"),
        Observation::RegistrationRefused { broker: id } => broker(id, "is not let in yet"),
        Observation::BrokerUnfenced { broker: id } => broker(id, "starts up"),
        Observation::BrokerCrashed { broker: id }
        | Observation::BrokerStopped { broker: id }
        | Observation::BrokerPaused { broker: id } => broker(id, "runs on"),
        Observation::BrokerResumed { broker: id } => broker(id, "stands still"),
        Observation::LogStartMoved { .. } => Some("nothing is deleted yet".to_owned()),
        Observation::LinkHealed { .. } => Some("links stay cut".to_owned()),
        Observation::RequestTimedOut { .. } => Some("request.timeout.ms passes".to_owned()),
        Observation::RecordFailed { error, .. } => Some(match error {
            ClientError::Timeout => "delivery.timeout.ms passes".to_owned(),
            _ => "waits for the answer".to_owned(),
        }),
        Observation::BatchExpired { .. } => Some("delivery.timeout.ms passes".to_owned()),
        Observation::InSyncReplicasChanged { isr, .. } => Some(match last_isr_size(past) {
            Some(before) if isr.len() > before => "a follower catches up".to_owned(),
            _ => "replica.lag.time.max.ms passes".to_owned(),
        }),
        Observation::LogTruncated { broker: id, .. }
        | Observation::RecordsReplicated { broker: id, .. } => broker(
            id,
            if restarted(past, *id) {
                "comes back"
            } else {
                "has not fetched"
            },
        ),
        Observation::MessageSent(sent) => match (sent.api, sent.phase) {
            (Api::Produce, Phase::Request) if sent.retry => {
                Some(format!("{} waits to send again", called(cast, sent.from)))
            }
            (Api::Produce, Phase::Request) => {
                Some(format!("{} has nothing to send", called(cast, sent.from)))
            }
            (Api::Produce, Phase::Response) if sent.error == ErrorCode::RequestTimedOut => {
                Some("the leader waits for the ISR".to_owned())
            }
            (Api::BrokerRegistration, _) => sent
                .from
                .broker()
                .and_then(|id| broker(&id, "waits to register")),
            _ => None,
        },
        Observation::RecordSent { producer, .. } => Some(format!(
            "{} has nothing to send",
            called(cast, NodeId::Client(*producer))
        )),
        _ => None,
    }
}

/// True if the session that the controller knows of this broker was broken off: its process died or stands still.
fn is_silent(past: Steps<'_>, wanted: BrokerId) -> bool {
    last(past, |fact| match fact {
        Observation::BrokerCrashed { broker }
        | Observation::BrokerStopped { broker }
        | Observation::BrokerPaused { broker }
            if *broker == wanted =>
        {
            Some(true)
        }
        Observation::BrokerResumed { broker } | Observation::BrokerUnfenced { broker }
            if *broker == wanted =>
        {
            Some(false)
        }
        _ => None,
    })
    .unwrap_or(false)
}

/// True if this broker was down before and has been started.
fn restarted(past: Steps<'_>, wanted: BrokerId) -> bool {
    last(past, |fact| match fact {
        Observation::BrokerStarted { broker } if *broker == wanted => Some(()),
        _ => None,
    })
    .is_some()
}

fn last_isr_size(past: Steps<'_>) -> Option<usize> {
    last(past, |fact| match fact {
        Observation::InSyncReplicasChanged { isr, .. } => Some(isr.len()),
        _ => None,
    })
}

fn last<T>(past: Steps<'_>, wanted: impl Fn(&Observation) -> Option<T>) -> Option<T> {
    past.facts().iter().rev().find_map(wanted)
}
