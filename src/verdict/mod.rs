//! What was promised, what happened. The ledger has one row for each `send()`.

pub mod answer;
pub mod divergence;
pub mod outcome;
pub mod promise;
pub mod terms;
pub mod what_if;
pub mod why;
pub mod words;

mod conditions;
mod final_log;
mod groups;
mod judge;

use crate::model::ids::{GroupId, Offset, RecordId, StepIndex, TopicPartition};
use crate::model::small::Few;
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::model::wire::ClientError;

/// What the application was told of a `send()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// Acknowledged, with the offset unless `acks=0`.
    Acknowledged(Option<Offset>),
    /// An error.
    Failed(ClientError),
    /// Nothing: the run ended first.
    Nothing,
    /// The application never came to call `send()`.
    NeverSent,
}

/// What became of a record. The words of `word()` are the form in `--json`; they never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Acknowledged by a leader, and in no leader's log at the end; or its transaction is aborted there, though the application
    /// was told that it is committed.
    LostAfterAck,
    /// Sent with `acks=0`, and in no leader's log at the end: nobody was told.
    LostSilently,
    /// A consumer was given it, and then no leader had it any more.
    ReadThenGone,
    /// More than one copy in the log.
    Duplicated,
    /// A group was given it more than once, or acted on it more than once where its actions are told.
    ProcessedTwice,
    /// A group moved past it without having been given it, or without having acted on it.
    Skipped,
    /// Its first copy lies behind the first copy of a record that the same producer sent later.
    OutOfOrder,
    /// The application was told of a failure, or aborted its transaction, or never asked to commit it, and it is in the log and
    /// counts.
    WrittenThoughFailed,
    /// The application was told of a failure, and it is not in the log.
    Refused,
    /// In the log within a transaction that was aborted: for readers of committed records it is not there.
    HiddenByAbort,
    /// The run ended before it was decided, or before a group that reads its partition got there.
    Pending,
    /// It was in the log, whatever the application was told, and was deleted: by retention, by a request, or with its topic.
    Deleted,
    /// One copy, below the high watermark: whoever reads from the start gets it once, and each group that reads it was given
    /// it once.
    DeliveredOnce,
}

impl Fate {
    /// All of them, the gravest first.
    pub const ALL: [Self; 13] = [
        Self::LostAfterAck,
        Self::LostSilently,
        Self::ReadThenGone,
        Self::Duplicated,
        Self::ProcessedTwice,
        Self::Skipped,
        Self::OutOfOrder,
        Self::WrittenThoughFailed,
        Self::Refused,
        Self::HiddenByAbort,
        Self::Pending,
        Self::Deleted,
        Self::DeliveredOnce,
    ];

    /// The word in `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::LostAfterAck => "lost-after-ack",
            Self::LostSilently => "lost-silently",
            Self::ReadThenGone => "read-then-gone",
            Self::Duplicated => "duplicated",
            Self::ProcessedTwice => "processed-twice",
            Self::Skipped => "skipped",
            Self::OutOfOrder => "out-of-order",
            Self::WrittenThoughFailed => "written-though-failed",
            Self::Refused => "refused",
            Self::Pending => "pending",
            Self::Deleted => "deleted",
            Self::HiddenByAbort => "hidden-by-abort",
            Self::DeliveredOnce => "delivered-once",
        }
    }

    /// True for what nobody wants.
    #[must_use]
    pub fn is_trouble(self) -> bool {
        !matches!(
            self,
            Self::DeliveredOnce
                | Self::HiddenByAbort
                | Self::Deleted
                | Self::Pending
                | Self::Refused
        )
    }
}

/// How many copies of a record a reader of each isolation level sees at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    /// With `read_uncommitted`.
    pub uncommitted: u32,
    /// With `read_committed`.
    pub committed: u32,
}

/// What one group got of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reception {
    /// The group.
    pub group: GroupId,
    /// How often `poll()` returned it to a member.
    pub delivered: u32,
    /// How often something was done on account of it: outside of Kafka, or in a topic that the application writes. None for
    /// consumers that only poll: what they do with a record is not told.
    pub effects: Option<u32>,
    /// The group will not come back to it: it has committed, or reads on, behind it.
    pub passed: bool,
}

impl Reception {
    /// How often the group worked on it, or was given it where its work is not told.
    #[must_use]
    pub fn times(&self) -> u32 {
        self.effects.unwrap_or(self.delivered)
    }

    /// True if this is what a fate is made of. Fates that come of no group are made of any.
    #[must_use]
    pub fn makes(&self, fate: Fate) -> bool {
        match fate {
            Fate::ProcessedTwice => self.times() > 1,
            Fate::Skipped => self.times() == 0 && self.passed,
            Fate::Pending => self.times() == 0 && !self.passed,
            _ => true,
        }
    }
}

/// One `send()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub record: RecordId,
    /// Its partition; none if it was never decided.
    pub partition: Option<TopicPartition>,
    /// What the application was told.
    pub told: Told,
    /// When it was told.
    pub told_at: Option<SimTime>,
    /// Where it is in the final log of the leader, ascending.
    pub offsets: Few<Offset>,
    /// In how many places a reader sees it at the end.
    pub visible: Visible,
    /// What each group that reads its partition got of it, in the order of the groups.
    pub groups: Vec<Reception>,
    /// The gravest first; never empty.
    pub fates: Few<Fate>,
    /// From when on the gravest fate was so: for a loss, when a leader without the record was elected or its message was
    /// lost; for a duplicate, when the second copy was appended; for what was aborted, when the marker was written; else when
    /// it was told. None if undecided.
    pub decided_at: Option<SimTime>,
}

impl Row {
    /// The gravest fate.
    #[must_use]
    pub fn fate(&self) -> Fate {
        self.fates.first().copied().unwrap_or(Fate::Pending)
    }
}

/// The judgement of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// One for each `send()`, in the order of the script.
    pub rows: Vec<Row>,
    /// The first step in which something went wrong that a fault or the script made go wrong.
    pub first_trouble: Option<StepIndex>,
}

impl Ledger {
    /// Judges a finished run.
    #[must_use]
    pub fn of(trace: &Trace) -> Self {
        judge::judge(trace)
    }

    /// The record that fares worst, the first of those that fare alike; none if none is in trouble.
    #[must_use]
    pub fn gravest(&self) -> Option<&Row> {
        let troubled = self.rows.iter().filter(|row| row.fate().is_trouble());
        troubled.min_by_key(|row| (row.fate(), row.record))
    }

    /// The rows of a fate, as their gravest.
    pub fn with(&self, fate: Fate) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.fate() == fate)
    }
}
