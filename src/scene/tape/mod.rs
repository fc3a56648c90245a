//! What a run draws on paper, in the model's words and without a coordinate: lives, messages, marks, fences, and why time was
//! torn out. Made once for a trace.

mod chosen;
mod deleted;
mod fences;
mod frames;
mod hues;
mod lives;
mod marks;
mod messages;
mod reads;
mod reasons;

use super::fold::Fold;
use super::forms::Form;
use super::shape::Hue;
use super::words;
use crate::model::cast::Cast;
use crate::model::history::Steps;
use crate::model::ids::{BrokerId, ClientId, MessageId, NodeId, Offset, RecordId, TopicPartition};
use crate::model::record::{Content, Outcome};
use crate::model::small::Map;
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::model::wire::ErrorCode;
use crate::verdict::{Fate, Ledger};

pub use deleted::Deletion;
pub use fences::Fence;
pub use lives::{Life, Spell, Truncation, Waiting};
pub use marks::{Mark, MarkKind};
pub use reads::Given;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cargo {
    /// Records from a producer to a leader.
    Produce {
        /// Of a batch that was sent before.
        retry: bool,
    },
    /// The leader's answer to it.
    Answer,
    /// Records from a leader to a follower.
    Copies,
    /// Anything else that matters, with its word.
    Control(&'static str),
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It arrived.
    Arrived,
    /// It never did, because its connection broke.
    Broken,
    /// It never did, because a fault chose it.
    Chosen,
    /// The run ended first.
    Open,
}

/// Where the records of a message come to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landing {
    /// In which log.
    pub partition: TopicPartition,
    /// Offset of the first record.
    pub base_offset: Offset,
}

/// A message that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its number.
    pub id: MessageId,
    /// Sender.
    pub from: NodeId,
    /// Receiver.
    pub to: NodeId,
    /// What it is about.
    pub cargo: Cargo,
    /// The records that it carries or speaks of.
    pub records: Vec<RecordId>,
    /// The error that it brings.
    pub error: ErrorCode,
    /// Instants with the part of the way done by then, from 0 to 1. The first is the sending; between two of them it moves
    /// evenly. A held message has two with the same part.
    pub path: Vec<(SimTime, f64)>,
    /// How it ended.
    pub ending: Ending,
    /// Where its records lie after its arrival, if anywhere.
    pub landing: Option<Landing>,
}

impl Message {
    /// When it was sent.
    #[must_use]
    pub fn sent(&self) -> SimTime {
        self.path[0].0
    }

    /// When it arrived or was lost, or the end of the run.
    #[must_use]
    pub fn ended(&self) -> SimTime {
        self.path[self.path.len() - 1].0
    }

    /// True while it is on its way: after its sending and before its end.
    #[must_use]
    pub fn in_flight(&self, now: SimTime) -> bool {
        self.sent() <= now && now < self.ended()
    }

    /// How much of the way is done at an instant of its flight.
    #[must_use]
    pub fn part_at(&self, now: SimTime) -> f64 {
        for pair in self.path.windows(2) {
            let [(from, done), (to, then)] = [pair[0], pair[1]];
            if now < to {
                let whole = to.since(from).0.max(1) as f64;
                return done + (then - done) * now.since(from).0 as f64 / whole;
            }
        }
        self.path[self.path.len() - 1].1
    }

    /// True if this form has room for it: a phone has none for control messages.
    #[must_use]
    pub fn is_drawn(&self, form: Form) -> bool {
        form != Form::Phone || !matches!(self.cargo, Cargo::Control(_))
    }

    /// True for a message that carries records.
    #[must_use]
    pub fn carries(&self) -> bool {
        matches!(self.cargo, Cargo::Produce { .. } | Cargo::Copies)
    }
}

/// A whole run, ready to be drawn at any size.
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    /// Who is who.
    pub cast: Cast,
    /// Which time is torn out.
    pub fold: Fold,
    /// What was waited for, one for each quiet span.
    pub reasons: Vec<String>,
    /// What each process did over time.
    pub spells: Vec<Spell>,
    /// In the order of sending.
    pub messages: Vec<Message>,
    /// In the order of time.
    pub marks: Vec<Mark>,
    /// Logs that were cut back, in the order of time.
    pub truncations: Vec<Truncation>,
    /// Records that were deleted from logs, in the order of time.
    pub deletions: Vec<Deletion>,
    /// Every advance of a leader's high watermark, in the order of time.
    pub advances: Vec<(SimTime, TopicPartition, Offset)>,
    /// Records that wait in their producers.
    pub waits: Vec<Waiting>,
    /// Links that were cut.
    pub fences: Vec<Fence>,
    /// What consumers were given, in the order of time.
    pub given: Vec<Given>,
    /// The group of each consumer that has one.
    pub groups: Map<ClientId, String>,
    /// Short label of each record.
    pub labels: Vec<String>,
    /// Hue of each record.
    pub hues: Vec<Hue>,
    /// Fate of each record and when it was decided.
    pub fates: Vec<(Fate, Option<SimTime>)>,
    /// Partitions that the script sends to, ascending.
    pub partitions: Vec<TopicPartition>,
    /// The highest log end of the run.
    pub log_end: Offset,
}

impl Tape {
    /// The tape of a finished and judged run.
    #[must_use]
    pub fn of(trace: &Trace, ledger: &Ledger) -> Self {
        let (scenario, steps) = (trace.scenario(), trace.steps());
        let mut tape = Self::of_steps(Cast::of(scenario), steps, ledger);
        tape.groups = reads::groups(&tape.cast, scenario);
        tape.given = reads::given(steps, &tape.groups);
        lives::begin_late(
            &mut tape.spells,
            &reads::starts(&tape.cast, scenario, steps),
        );
        tape
    }

    /// The same from its parts.
    #[must_use]
    pub fn of_steps(cast: Cast, steps: Steps<'_>, ledger: &Ledger) -> Self {
        let frames = messages::Frames::of(steps);
        let fold = Fold::of_intervals(&frames.intervals(steps));
        let fates = hues::fates(&cast, ledger);
        let messages = frames.drawn(steps);
        let values: Vec<&str> = cast.sends.iter().map(|send| send.value.as_str()).collect();
        let labels = words::labels(&values);
        let marks = marks::marks(&marks::Run {
            cast: &cast,
            labels: &labels,
            steps,
            frames: &frames,
            fates: &fates,
        });
        Self {
            reasons: reasons::reasons(&cast, &labels, steps, &frames, &fold),
            spells: lives::spells(&cast, steps),
            truncations: lives::truncations(steps),
            deletions: deleted::deletions(steps),
            advances: lives::committed(steps),
            waits: lives::waits(steps),
            fences: fences::fences(steps),
            given: reads::given(steps, &Map::new()),
            groups: Map::new(),
            labels,
            hues: hues::hues(ledger),
            partitions: hues::partitions(ledger),
            log_end: hues::log_end(steps),
            messages,
            marks,
            fates,
            fold,
            cast,
        }
    }

    /// A record's label.
    #[must_use]
    pub fn label(&self, record: RecordId) -> &str {
        self.labels
            .get(record.0 as usize)
            .map_or("", String::as_str)
    }

    /// A record's hue.
    #[must_use]
    pub fn hue(&self, record: RecordId) -> Hue {
        self.hues
            .get(record.0 as usize)
            .copied()
            .unwrap_or_default()
    }

    /// What is written on a cell of a log.
    #[must_use]
    pub fn label_of(&self, content: Content) -> &str {
        match content {
            Content::Record(record) => self.label(record),
            Content::Marker(Outcome::Commit) => "C",
            Content::Marker(Outcome::Abort) => "A",
            Content::State => "",
        }
    }

    /// The hue of a cell of a log; what no application sent has none.
    #[must_use]
    pub fn hue_of(&self, content: Content) -> Hue {
        content.record().map_or(Hue(0), |record| self.hue(record))
    }

    /// A record's fate, if it is decided by then.
    #[must_use]
    pub fn fate_at(&self, record: RecordId, now: SimTime) -> Option<Fate> {
        let (fate, decided_at) = self.fates.get(record.0 as usize)?;
        decided_at.is_some_and(|at| at <= now).then_some(*fate)
    }

    /// What a broker's process does at an instant.
    #[must_use]
    pub fn life_at(&self, broker: BrokerId, now: SimTime) -> Option<Life> {
        let lane = NodeId::Broker(broker);
        let of_it = |spell: &&Spell| spell.lane == lane && spell.from <= now;
        let last = self
            .spells
            .iter()
            .filter(of_it)
            .max_by_key(|spell| spell.from);
        last.map(|spell| spell.life)
    }

    /// How far the leaders of a partition have committed by an instant; what was lost since counts no more.
    #[must_use]
    pub fn committed_by(&self, partition: TopicPartition, now: SimTime) -> Offset {
        let cuts = self.truncations.iter().rev();
        let lost = cuts
            .filter(|cut| cut.partition == partition && cut.at <= now)
            .find_map(|cut| {
                let first = cut
                    .records
                    .iter()
                    .position(|record| self.is_ever_lost(*record))?;
                Some((cut.at, Offset(cut.to.0 + first as u64)))
            });
        let of_it = self
            .advances
            .iter()
            .filter(|(at, of, _)| *at <= now && *of == partition);
        let counted = of_it.map(|(at, _, to)| match lost {
            Some((since, below)) if *at <= since => (*to).min(below),
            _ => *to,
        });
        counted.max().unwrap_or_default()
    }

    fn is_ever_lost(&self, record: RecordId) -> bool {
        let fate = self.fates.get(record.0 as usize);
        matches!(fate, Some((Fate::LostAfterAck | Fate::LostSilently, _)))
    }

    /// What a log is called where there are several: `P0`, or with its topic where there are several of them.
    #[must_use]
    pub fn log_name(&self, partition: TopicPartition) -> String {
        if self
            .partitions
            .iter()
            .all(|other| other.topic == partition.topic)
        {
            return format!("P{}", partition.partition);
        }
        let topics: Vec<&str> = self.cast.topics.iter().map(String::as_str).collect();
        let topic = words::labels(&topics)
            .into_iter()
            .nth(usize::from(partition.topic.0));
        format!("{}-{}", topic.unwrap_or_default(), partition.partition)
    }

    /// Labels of several records: `m1, m2`, or `m1 to m9` from the fourth on.
    #[must_use]
    pub fn names(&self, records: &[RecordId]) -> String {
        names(records, |record| self.label(record).to_owned())
    }

    /// A node's name in a sentence: “broker 1”, “p1”, “the controller”.
    #[must_use]
    pub fn called(&self, node: NodeId) -> String {
        called(&self.cast, node)
    }
}

/// What is shown of a run, each item from its first to its last instant: what may not be torn out.
#[must_use]
pub fn shown(steps: Steps<'_>) -> Vec<(SimTime, SimTime)> {
    messages::Frames::of(steps).intervals(steps)
}

/// A node's name in a sentence.
fn called(cast: &Cast, node: NodeId) -> String {
    match node {
        NodeId::Controller => "the controller".to_owned(),
        NodeId::Broker(BrokerId(id)) => format!("broker {id}"),
        NodeId::Client(_) => cast.name(node),
    }
}

/// Names of several records in a sentence.
fn names(records: &[RecordId], name: impl Fn(RecordId) -> String) -> String {
    match records {
        [] => String::new(),
        [first, .., last] if records.len() > 3 => format!("{} to {}", name(*first), name(*last)),
        few => {
            let all: Vec<String> = few.iter().map(|record| name(*record)).collect();
            all.join(", ")
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
