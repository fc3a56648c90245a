//! What happens on a lane at one instant, and has a mark and words there.

use super::messages::Frames;
use super::names;
use crate::model::cast::Cast;
use crate::model::history::{Step, Steps};
use crate::model::ids::{BrokerId, LeaderEpoch, MessageId, NodeId, RecordId};
use crate::model::observation::Observation;
use crate::model::small::{Map, sort_by_key};
use crate::model::time::SimTime;
use crate::model::wire::ClientError;
use crate::verdict::Fate;

/// What kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// From here on no leader has the record: crossed disc.
    Lost,
    /// A process dies: buffer stop under a fault diamond.
    Crash,
    /// A process ends in good order: buffer stop alone.
    Stop,
    /// A process stands still from here on: two bars.
    Pause,
    /// An error was told: octagon.
    Refused,
    /// A message is stopped on its way: diamond.
    Held,
    /// A process starts: open ring.
    Start,
    /// A process goes on: open triangle.
    Resume,
    /// A log is cut back: struck square.
    Truncated,
    /// The beginning of a log is deleted: struck square, without colour.
    Deleted,
    /// A broker learns that it leads: crown below the lane.
    Leads,
    /// The controller decides: dot.
    Decides,
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
    /// Where the way of this message ends, and not on the lane itself.
    pub on: Option<MessageId>,
}

impl Mark {
    fn new(at: SimTime, lane: NodeId, kind: MarkKind, words: impl Into<String>) -> Self {
        Self {
            at,
            lane,
            kind,
            words: words.into(),
            short: String::new(),
            on: None,
        }
    }

    fn short(mut self, words: impl Into<String>) -> Self {
        self.short = words.into();
        self
    }
}

/// A run, as far as marks need it.
pub struct Run<'a> {
    /// Who is who.
    pub cast: &'a Cast,
    /// What the records are called.
    pub labels: &'a [String],
    /// What happened.
    pub steps: Steps<'a>,
    /// Its frames.
    pub frames: &'a Frames,
    /// What became of each record, and when.
    pub fates: &'a [(Fate, Option<SimTime>)],
}

impl Run<'_> {
    fn names(&self, records: &[RecordId]) -> String {
        names(records, |record| {
            self.labels
                .get(record.0 as usize)
                .cloned()
                .unwrap_or_default()
        })
    }
}

/// All marks of a run, in the order of time.
pub fn marks(run: &Run) -> Vec<Mark> {
    let mut marks = Vec::new();
    for step in run.steps.iter().filter(|step| !run.frames.is_chatter(step)) {
        marks.extend(
            step.observations
                .iter()
                .filter_map(|fact| of_fact(run, &step, fact)),
        );
        marks.extend(failures(run, &step));
        marks.extend(holds(run, &step));
    }
    marks.extend(losses(run));
    sort_by_key(&mut marks, |mark| (mark.at, mark.kind));
    say_once(&mut marks);
    marks
}

/// The same refusal on the same lane has words the first time only.
fn say_once(marks: &mut [Mark]) {
    let mut said: Map<NodeId, String> = Map::new();
    for mark in marks
        .iter_mut()
        .filter(|mark| mark.kind == MarkKind::Refused)
    {
        if said.insert(mark.lane, mark.words.clone()).as_ref() == Some(&mark.words) {
            mark.words.clear();
        }
    }
}

fn of_fact(run: &Run, step: &Step, fact: &Observation) -> Option<Mark> {
    of_controller(step, fact)
        .or_else(|| of_process(run, step, fact))
        .or_else(|| of_broker(run, step.at, fact))
}

/// What the controller decides.
fn of_controller(step: &Step, fact: &Observation) -> Option<Mark> {
    let words = match fact {
        Observation::BrokerUnfenced { broker } => format!("unfences {broker}"),
        Observation::LeaderElected {
            leader,
            leader_epoch,
            unclean,
            ..
        } if *leader_epoch > LeaderEpoch(0) => match (leader, unclean) {
            (None, _) => "no leader left".to_owned(),
            (Some(id), false) => format!("elects {id}"),
            (Some(id), true) => format!("elects {id}, unclean"),
        },
        Observation::InSyncReplicasChanged { isr, .. }
            if !step.observations.iter().any(is_election) =>
        {
            format!("ISR {}", list(isr))
        }
        _ => return None,
    };
    Some(Mark::new(
        step.at,
        NodeId::Controller,
        MarkKind::Decides,
        words,
    ))
}

/// What becomes of a broker's process.
fn of_process(run: &Run, step: &Step, fact: &Observation) -> Option<Mark> {
    let (broker, kind, words) = match fact {
        Observation::BrokerCrashed { broker } => {
            let unflushed = unflushed(step, *broker);
            if !unflushed.is_empty() {
                let words = format!("power cut: {} not on disk", run.names(&unflushed));
                let lane = NodeId::Broker(*broker);
                let mark = Mark::new(step.at, lane, MarkKind::Crash, words);
                return Some(mark.short("power cut"));
            }
            (broker, MarkKind::Crash, "crash")
        }
        Observation::BrokerStopped { broker } => (broker, MarkKind::Stop, "stops in good order"),
        Observation::BrokerPaused { broker } => (broker, MarkKind::Pause, "pauses"),
        Observation::BrokerResumed { broker } => (broker, MarkKind::Resume, "goes on"),
        Observation::BrokerStarted { broker } => (broker, MarkKind::Start, "starts again"),
        Observation::ShutdownBegan { broker } => (broker, MarkKind::Word, "wants to stop"),
        _ => return None,
    };
    let mark = Mark::new(step.at, NodeId::Broker(*broker), kind, words);
    Some(match kind {
        MarkKind::Stop => mark.short("stops"),
        _ => mark,
    })
}

/// What a broker loses with its power in this step.
fn unflushed(step: &Step, of: BrokerId) -> Vec<RecordId> {
    let lost = step.observations.iter().filter_map(|fact| match fact {
        Observation::UnflushedLost {
            broker, records, ..
        } if *broker == of => Some(records.iter().copied()),
        _ => None,
    });
    lost.flatten().collect()
}

/// What happens at a broker.
fn of_broker(run: &Run, at: SimTime, fact: &Observation) -> Option<Mark> {
    let mark = |broker: &BrokerId, kind, words: String| {
        Mark::new(at, NodeId::Broker(*broker), kind, words)
    };
    Some(match fact {
        Observation::BecameLeader {
            broker,
            leader_epoch,
            ..
        } => mark(
            broker,
            MarkKind::Leads,
            format!("leader, epoch {leader_epoch}"),
        )
        .short(format!("epoch {leader_epoch}")),
        Observation::LogTruncated {
            broker, records, ..
        } if !records.is_empty() => {
            let words = format!("cuts off {}", run.names(records));
            mark(broker, MarkKind::Truncated, words).short("cuts off")
        }
        Observation::LogStartMoved { broker, to, .. } => {
            let words = format!("deletes what lies below {to}");
            mark(broker, MarkKind::Deleted, words).short("deletes")
        }
        Observation::BatchRefused { broker, error, .. } => {
            mark(broker, MarkKind::Refused, error.constant().to_owned())
        }
        Observation::DuplicateRecognised {
            broker, records, ..
        } => mark(
            broker,
            MarkKind::Word,
            format!("already has {}", run.names(records)),
        ),
        _ => return None,
    })
}

fn is_election(fact: &Observation) -> bool {
    matches!(fact, Observation::LeaderElected { .. })
}

fn list(ids: &[BrokerId]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}

/// One mark for all records of a producer that failed in the same step with the same exception.
fn failures(run: &Run, step: &Step) -> Vec<Mark> {
    let mut failed: Map<(NodeId, ClientError), Vec<RecordId>> = Map::new();
    for fact in step.observations {
        if let Observation::RecordFailed { record, error } = fact {
            let producer = run
                .cast
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
            let words = format!("{}: {}", run.names(&records), error.exception());
            Mark::new(step.at, lane, MarkKind::Refused, words).short(error.exception())
        })
        .collect()
}

/// Messages that a fault stops; a cut link has its fence.
fn holds(run: &Run, step: &Step) -> Vec<Mark> {
    let facts = || step.observations.iter();
    if facts().any(|fact| matches!(fact, Observation::LinkCut { .. })) {
        return Vec::new();
    }
    let held = facts().filter_map(|fact| match fact {
        Observation::MessageHeld { message } => run.frames.siding(*message),
        _ => None,
    });
    held.map(|(message, lane, at)| Mark {
        on: Some(message),
        ..Mark::new(at, lane, MarkKind::Held, "held")
    })
    .collect()
}

/// The crossed discs: where a record was lost, and when.
fn losses(run: &Run) -> Vec<Mark> {
    let mut at_once: Map<(SimTime, NodeId, bool), Vec<RecordId>> = Map::new();
    for (send, (fate, decided_at)) in run.cast.sends.iter().zip(run.fates) {
        if let (Fate::LostAfterAck | Fate::LostSilently, Some(at)) = (fate, decided_at) {
            let (place, has_copy) = place_of_loss(run.steps, send.record, *at);
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
            let who = run.names(&records);
            if has_copy {
                let words = format!("{who} lost: no leader has it");
                return Mark::new(at, lane, MarkKind::Lost, words).short(format!("{who} lost"));
            }
            if lane.broker().is_some() {
                return Mark::new(at, lane, MarkKind::Lost, format!("{who} lost"));
            }
            let died_with = records
                .first()
                .and_then(|record| run.frames.died_with(*record, at));
            let (message, ended) = died_with.unzip();
            Mark {
                on: message,
                ..Mark::new(
                    ended.unwrap_or(at),
                    lane,
                    MarkKind::Lost,
                    format!("{who} lost"),
                )
            }
        })
        .collect()
}

/// The broker that has the last copy of a record at an instant, or the one whose power took it; true if the copy is there.
fn place_of_loss(steps: Steps<'_>, record: RecordId, at: SimTime) -> (Option<BrokerId>, bool) {
    let mut holders: Vec<BrokerId> = Vec::new();
    let mut without_power: Option<BrokerId> = None;
    for fact in steps
        .iter()
        .take_while(|step| step.at <= at)
        .flat_map(|step| step.observations)
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
            Observation::UnflushedLost {
                broker, records, ..
            } if records.contains(&record) => {
                holders.retain(|holder| holder != broker);
                without_power = without_power.or(Some(*broker));
            }
            _ => {}
        }
    }
    match holders.last() {
        Some(holder) => (Some(*holder), true),
        None => (without_power, false),
    }
}
