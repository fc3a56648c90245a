//! The sentences of promises and of what was seen of them.

use super::{ms, names_of, phrase};
use crate::model::cast::Cast;
use crate::model::ids::{NodeId, StepIndex};
use crate::model::observation::Observation;
use crate::model::trace::Trace;
use crate::verdict::outcome::{Outcome, Verdict};
use crate::verdict::promise::{Condition, Promise, Rule, Subject};

/// Whom a promise is made to: `p1 to t`, `group g on t`.
#[must_use]
pub fn subject(cast: &Cast, subject: Subject) -> String {
    let topic = cast.topics.get(usize::from(subject.topic().0));
    let topic = topic.map_or("", String::as_str);
    match subject {
        Subject::Writer(producer, _) => {
            format!("{} to {topic}", cast.name(NodeId::Client(producer)))
        }
        Subject::Group(group, _) => {
            let name = cast.groups.get(usize::from(group.0));
            format!("group {} on {topic}", name.map_or("", String::as_str))
        }
        Subject::Reader(reader, _) => format!("{} on {topic}", cast.name(NodeId::Client(reader))),
    }
}

/// A promise with its conditions: one to three sentences.
#[must_use]
pub fn promise(promise: &Promise) -> String {
    let says = rule(promise);
    let conditions = promise.conditions.as_slice();
    if promise.is_empty() {
        return format!("{says} Nothing more is promised.");
    }
    if conditions.contains(&Condition::RulesOfToday) {
        return format!("{says} Rules of older versions are in force, and can break this.");
    }
    if conditions.is_empty() {
        return format!("{says} No fault changes that.");
    }
    let all: Vec<String> = conditions.iter().map(|one| condition(*one)).collect();
    format!("{says} That holds while {}.", listed(&all))
}

/// `a`, `a and b`, `a, b and c`.
fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// What settings promise, without the conditions.
#[must_use]
pub fn rule(promise: &Promise) -> String {
    let (kept, replicas) = promise.kept;
    let says = match promise.rule {
        Rule::FireAndForget => {
            "Acknowledged means handed to the socket (acks=0): a record can vanish, and nobody is told."
        }
        Rule::SentOnce => {
            "A record is sent once (retries=0), and the application is told what came of it; “failed” does not mean “not written”."
        }
        Rule::SentUntilAcknowledged => {
            "A record is sent again until it is acknowledged; then, and only then, it counts as written."
        }
        Rule::NeverTwice => "A record is never sent again, so it is never written twice.",
        Rule::Recognised => "A retry is not written twice: the leader knows its sequence number.",
        Rule::WrittenAgain => {
            "A retry can write a record twice: nothing tells the leader that it has it."
        }
        Rule::ReadAgain => {
            "A source is read again from where it was last noted to be, and what was written since is written again."
        }
        Rule::OrderBySequence => {
            "Records of a partition stay in the order of send(): the leader refuses a sequence number out of turn."
        }
        Rule::OrderByOneInFlight => {
            "Records of a partition stay in the order of send(): one request is in flight at a time."
        }
        Rule::OrderUnlessAgain => {
            "Records of a partition stay in the order of send() as long as none is sent again: a retry comes behind what was sent meanwhile."
        }
        Rule::OrderOfConnection => {
            "Records of a partition stay in the order of send() on one connection."
        }
        Rule::OnLeader => "Acknowledged means the leader has it (acks=1).",
        Rule::OnWhoIsInSync => {
            "Acknowledged means every in-sync replica has it, and that may be the leader alone (min.insync.replicas is 1)."
        }
        Rule::OnSeveral => {
            return format!(
                "Acknowledged means at least {kept} of {replicas} replicas have it; with fewer in sync, writes are refused."
            );
        }
        Rule::Polled => {
            "Each record is returned by poll() from the group's offset on; what is not committed comes again."
        }
        Rule::WorkThenProgress => {
            "Each record is worked on before the group moves past it: at least once."
        }
        Rule::ProgressThenWork => {
            "The group can move past a record before it is worked on: at most once."
        }
        Rule::OneTransaction => {
            "Output and offsets are one transaction: in Kafka, each record has its effect once."
        }
        Rule::HandedOut => {
            "Each record is handed out until somebody accepts it, or it was tried too often."
        }
        Rule::IdempotentWork => "Doing the work again changes nothing.",
        Rule::BelowHighWatermark => "Readers see only what all in-sync replicas have.",
        Rule::CommittedOnly => {
            "Readers see only what is committed: nothing of a transaction that is open or was aborted."
        }
        Rule::Everything => {
            "Readers see transactions before they end (read_uncommitted), also those that will be aborted."
        }
    };
    says.to_owned()
}

/// A condition, as it stands behind “while”.
#[must_use]
pub fn condition(condition: Condition) -> String {
    let says = match condition {
        Condition::Unpromised => "nothing is promised",
        Condition::RulesOfToday => "no rules of older versions are in force",
        Condition::InTime => "each record can be written in its time",
        Condition::SentOnce => "no request is sent again",
        Condition::SameEpoch => "the producer keeps its epoch",
        Condition::Connected => "no connection breaks",
        Condition::LeaderStays => "the leader stays",
        Condition::PowerStays => "no broker loses what it had not flushed",
        Condition::FewerUnclean(fewer) => {
            return format!(
                "fewer than {fewer} of its brokers go down uncleanly and lose what they had not flushed"
            );
        }
        Condition::CleanElections => "no replica out of sync is elected",
        Condition::NothingDeleted => "nothing is deleted",
        Condition::ProgressByWork => "nothing but the work moves the group’s offset",
        Condition::Undisturbed => "nobody goes, or loses partitions, before it has committed",
        Condition::NoneGivenUp => "no record is given up",
        Condition::NoneAborted => "no transaction is aborted",
    };
    says.to_owned()
}

/// What there was instead, where a condition was not met.
fn instead(condition: Condition) -> String {
    let says = match condition {
        Condition::Unpromised => "nothing was promised",
        Condition::RulesOfToday => "rules of older versions are in force",
        Condition::InTime => "time ran out, or the error was final",
        Condition::SentOnce => "a request was sent again",
        Condition::SameEpoch => "the producer began a new epoch",
        Condition::Connected => "a connection broke",
        Condition::LeaderStays => "another leader was elected",
        Condition::PowerStays => "a broker lost what it had not flushed",
        Condition::FewerUnclean(fewer) => {
            return format!(
                "{fewer} of its brokers went down uncleanly, and unflushed records were lost"
            );
        }
        Condition::CleanElections => "a replica out of sync was elected",
        Condition::NothingDeleted => "records were deleted",
        Condition::ProgressByWork => "the group’s offset was moved by something else than its work",
        Condition::Undisturbed => "somebody went, lost partitions or could not commit",
        Condition::NoneGivenUp => "a record was given up",
        Condition::NoneAborted => "a transaction was aborted",
    };
    says.to_owned()
}

/// What was seen of a promise, in one sentence.
#[must_use]
pub fn outcome(trace: &Trace, cast: &Cast, verdict: &Verdict) -> String {
    match &verdict.outcome {
        Outcome::Holds { .. } if verdict.promise.is_empty() => {
            "Nothing was promised, and nothing came of it.".to_owned()
        }
        Outcome::Holds { despite: None } => "Kept; nothing put it to the test.".to_owned(),
        Outcome::Holds {
            despite: Some(step),
        } => match trouble(trace, cast, *step) {
            Some(says) => format!("Kept, although {says}."),
            None => "Kept.".to_owned(),
        },
        Outcome::Undecided { record } => {
            format!(
                "Undecided: the run ended before it was known of {}.",
                cast.value(*record)
            )
        }
        Outcome::Broken { witness, outside } => {
            let who = cast.value(witness.record);
            let at = witness
                .at
                .map(|at| format!(" ({})", ms(at)))
                .unwrap_or_default();
            let what = phrase(witness.fate);
            match outside {
                None => format!("Broken, though every condition was met: {who} was {what}{at}."),
                Some((Condition::Unpromised, _)) => {
                    format!("Nothing was promised: {who} was {what}{at}.")
                }
                Some((condition, since)) => {
                    let (instead, since) = (instead(*condition), at_of(trace, *since));
                    format!(
                        "Not kept: {who} was {what}{at}. The promise does not cover it, for {instead}{since}."
                    )
                }
            }
        }
    }
}

fn at_of(trace: &Trace, step: StepIndex) -> String {
    match trace.steps().get(step.0 as usize) {
        Some(step) if step.index.0 > 0 => format!(" ({})", ms(step.at)),
        _ => String::new(),
    }
}

/// What went wrong in a step: `broker 1 crashed at 12 ms`.
fn trouble(trace: &Trace, cast: &Cast, step: StepIndex) -> Option<String> {
    let step = trace.steps().get(step.0 as usize)?;
    let node = |node: &NodeId| names_of(cast, *node);
    let says = step.observations.iter().find_map(|fact| {
        Some(match fact {
            Observation::BrokerCrashed { broker } => format!("broker {broker} crashed"),
            Observation::BrokerStopped { broker } => format!("broker {broker} was stopped"),
            Observation::BrokerPaused { broker } => format!("broker {broker} stood still"),
            Observation::UnflushedLost { broker, .. } => format!("broker {broker} lost its power"),
            Observation::LinkCut { from, to } => {
                format!("the link from {} to {} was cut", node(from), node(to))
            }
            Observation::ClientDied { client } => {
                format!("{} died", cast.name(NodeId::Client(*client)))
            }
            Observation::MessageHeld { .. } => "a message was held up".to_owned(),
            Observation::MessageLost { .. } => "a message was lost".to_owned(),
            _ => return None,
        })
    });
    let says = says.unwrap_or_else(|| "a fault struck".to_owned());
    Some(format!("{says} at {}", ms(step.at)))
}
