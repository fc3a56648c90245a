//! What happens on a lane at one instant, and has a mark and words there.

use super::messages::Frames;
use super::names;
use crate::model::cast::Cast;
use crate::model::ids::{BrokerId, LeaderEpoch, NodeId, RecordId};
use crate::model::observation::Observation;
use crate::model::time::SimTime;
use crate::model::trace::Step;
use crate::model::wire::ClientError;
use crate::verdict::Fate;
use std::collections::BTreeMap;

/// What kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// From here on no leader has the record: crossed disc.
    Lost,
    /// A process dies: buffer stop under a fault diamond.
    Crash,
    /// An error was told: octagon.
    Refused,
    /// A fault that the user placed and that has no other mark: diamond.
    Placed,
    /// A process starts: open ring.
    Start,
    /// A log is cut back: struck square.
    Truncated,
    /// A broker learns that it leads: crown below the lane.
    Leads,
    /// The controller decides: dot.
    Decides,
    /// A second copy in the log.
    Twice,
    /// Words alone.
    Word,
}

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// On which lane.
    pub lane: NodeId,
    /// What.
    pub kind: MarkKind,
    /// Its words.
    pub words: String,
    /// The same, shorter, where room is short; empty if there is nothing shorter.
    pub short: String,
}

impl Mark {
    fn new(at: SimTime, lane: NodeId, kind: MarkKind, words: impl Into<String>) -> Self {
        Self {
            at,
            lane,
            kind,
            words: words.into(),
            short: String::new(),
        }
    }

    fn short(mut self, words: impl Into<String>) -> Self {
        self.short = words.into();
        self
    }
}

/// All marks of a run, in the order of time.
pub fn marks(
    cast: &Cast,
    steps: &[Step],
    frames: &Frames,
    fates: &[(Fate, Option<SimTime>)],
) -> Vec<Mark> {
    let mut marks = Vec::new();
    for step in steps.iter().filter(|step| !frames.is_chatter(step)) {
        marks.extend(
            step.observations
                .iter()
                .filter_map(|fact| of_fact(cast, step, fact)),
        );
        marks.extend(failures(cast, step));
    }
    marks.extend(losses(cast, steps, fates));
    marks.sort_by_key(|mark| (mark.at, mark.kind));
    say_once(&mut marks);
    marks
}

/// The same refusal on the same lane has words the first time only.
fn say_once(marks: &mut [Mark]) {
    let mut said: BTreeMap<NodeId, String> = BTreeMap::new();
    for mark in marks
        .iter_mut()
        .filter(|mark| mark.kind == MarkKind::Refused)
    {
        if said.insert(mark.lane, mark.words.clone()).as_ref() == Some(&mark.words) {
            mark.words.clear();
        }
    }
}

fn value(cast: &Cast) -> impl Fn(RecordId) -> String + '_ {
    |record| cast.value(record).to_owned()
}

fn of_fact(cast: &Cast, step: &Step, fact: &Observation) -> Option<Mark> {
    let at = step.at;
    let mark = |lane, kind, words: String| Some(Mark::new(at, lane, kind, words));
    match fact {
        Observation::BrokerCrashed { broker } => {
            mark(NodeId::Broker(*broker), MarkKind::Crash, "crash".to_owned())
        }
        Observation::BrokerStarted { broker } => mark(
            NodeId::Broker(*broker),
            MarkKind::Start,
            "starts again".to_owned(),
        ),
        Observation::BrokerUnfenced { broker } => mark(
            NodeId::Controller,
            MarkKind::Decides,
            format!("unfences {broker}"),
        ),
        Observation::BecameLeader {
            broker,
            leader_epoch,
            ..
        } => {
            let first = *leader_epoch == LeaderEpoch(0);
            let words = if first {
                "leader, epoch 0".to_owned()
            } else {
                format!("leader, epoch {leader_epoch}")
            };
            let mark = Mark::new(at, NodeId::Broker(*broker), MarkKind::Leads, words);
            Some(mark.short(format!("epoch {leader_epoch}")))
        }
        Observation::LeaderElected {
            leader,
            leader_epoch,
            unclean,
            ..
        } if *leader_epoch > LeaderEpoch(0) => {
            let words = match (leader, unclean) {
                (None, _) => "no leader left".to_owned(),
                (Some(id), false) => format!("elects {id}"),
                (Some(id), true) => format!("elects {id}, unclean"),
            };
            mark(NodeId::Controller, MarkKind::Decides, words)
        }
        Observation::InSyncReplicasChanged { isr, .. }
            if !step.observations.iter().any(is_election) =>
        {
            mark(
                NodeId::Controller,
                MarkKind::Decides,
                format!("ISR {}", list(isr)),
            )
        }
        Observation::LogTruncated {
            broker, records, ..
        } if !records.is_empty() => {
            let words = format!("cuts off {}", names(records, value(cast)));
            let mark = Mark::new(at, NodeId::Broker(*broker), MarkKind::Truncated, words);
            Some(mark.short("cuts off"))
        }
        Observation::BatchRefused { broker, error, .. } => mark(
            NodeId::Broker(*broker),
            MarkKind::Refused,
            error.constant().to_owned(),
        ),
        Observation::DuplicateRecognised {
            broker, records, ..
        } => {
            let words = format!("already has {}", names(records, value(cast)));
            mark(NodeId::Broker(*broker), MarkKind::Word, words)
        }
        _ => None,
    }
}

fn is_election(fact: &Observation) -> bool {
    matches!(fact, Observation::LeaderElected { .. })
}

fn list(ids: &[BrokerId]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}

/// One mark for all records of a producer that failed in the same step with the same exception.
fn failures(cast: &Cast, step: &Step) -> Vec<Mark> {
    let mut failed: BTreeMap<(NodeId, ClientError), Vec<RecordId>> = BTreeMap::new();
    for fact in &step.observations {
        if let Observation::RecordFailed { record, error } = fact {
            let producer = cast
                .sends
                .get(record.0 as usize)
                .map(|send| NodeId::Client(send.producer));
            if let Some(producer) = producer {
                failed.entry((producer, *error)).or_default().push(*record);
            }
        }
    }
    failed
        .into_iter()
        .map(|((lane, error), records)| {
            let words = format!("{}: {}", names(&records, value(cast)), error.exception());
            Mark::new(step.at, lane, MarkKind::Refused, words).short(error.exception())
        })
        .collect()
}

/// The crossed discs: where a record was lost, and when.
fn losses(cast: &Cast, steps: &[Step], fates: &[(Fate, Option<SimTime>)]) -> Vec<Mark> {
    let mut at_once: BTreeMap<(SimTime, NodeId, bool), Vec<RecordId>> = BTreeMap::new();
    for (send, (fate, decided_at)) in cast.sends.iter().zip(fates) {
        if let (Fate::LostAfterAck | Fate::LostSilently, Some(at)) = (fate, decided_at) {
            let place = place_of_loss(steps, send.record, *at);
            let has_copy = place.is_some();
            let lane = place.map_or(NodeId::Client(send.producer), NodeId::Broker);
            at_once
                .entry((*at, lane, has_copy))
                .or_default()
                .push(send.record);
        }
    }
    at_once
        .into_iter()
        .map(|((at, lane, has_copy), records)| {
            let who = names(&records, value(cast));
            let words = if has_copy {
                format!("{who} lost: no leader has it")
            } else {
                format!("{who} lost")
            };
            Mark::new(at, lane, MarkKind::Lost, words).short(format!("{who} lost"))
        })
        .collect()
}

/// The broker that has the last copy of a record at an instant.
fn place_of_loss(steps: &[Step], record: RecordId, at: SimTime) -> Option<BrokerId> {
    let mut holders: Vec<BrokerId> = Vec::new();
    for fact in steps
        .iter()
        .take_while(|step| step.at <= at)
        .flat_map(|step| &step.observations)
    {
        match fact {
            Observation::BatchAppended {
                broker, records, ..
            }
            | Observation::RecordsReplicated {
                broker, records, ..
            } if records.contains(&record) => {
                holders.push(*broker);
            }
            Observation::LogTruncated {
                broker, records, ..
            } if records.contains(&record) => {
                holders.retain(|holder| holder != broker);
            }
            _ => {}
        }
    }
    holders.last().copied()
}
