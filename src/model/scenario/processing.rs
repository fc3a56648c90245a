//! What an act says of an application that works on what its consumer gets. The recorder has no such act; it is this project's own.

use super::super::text::{Settings, Whole, Word, flag};
use super::{ConsumerAct, is_default};
use serde::{Deserialize, Serialize};

/// When an application commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitWhen {
    /// After each batch that `poll()` returned.
    #[default]
    AfterBatch,
    /// After each record.
    AfterRecord,
    /// Before a batch is worked on.
    BeforeBatch,
    /// The consumer does it by itself (`enable.auto.commit`).
    Auto,
    /// Never.
    Never,
}

/// What an application makes of an exception in its work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The exception ends it; nothing is closed, as after a crash.
    #[default]
    Crash,
    /// The exception ends it, and its consumer is closed in good order (`finally { consumer.close(); }`).
    Close,
    /// It tries again in place.
    Retry,
    /// It goes back to the record and polls again (`seek`).
    Seek,
    /// The record is left out.
    Skip,
    /// The record goes to another topic.
    Forward,
}

/// At which point of a record's work an application dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiesAt {
    /// It has the record, and has done nothing with it.
    #[default]
    Received,
    /// The effect is done, and nothing is committed for it.
    Done,
    /// What it emits is written, and nothing is noted of that.
    Emitted,
}

/// A record on which something goes wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// The record's value.
    pub on: Word,
    /// How often; for ever if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Whole>,
}

/// An application dies in the midst of its work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Death {
    /// At the record of this value.
    pub on: Word,
    /// At which point.
    #[serde(default, skip_serializing_if = "is_default")]
    pub at: DiesAt,
}

/// Starts an application: it polls, acts on the outside world for each record, and commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcessAct {
    /// Its name, as other acts call it.
    pub id: Word,
    /// Its group.
    pub group: Word,
    /// The topic; if unset, as in other acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// Settings of its consumer on top of the defaults.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub config: Settings,
    /// Where its effects go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub world: Option<Word>,
    /// How long the work on one record takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes_ms: Option<Whole>,
    /// When it commits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub commit: CommitWhen,
    /// Its listener commits what is done before partitions are taken away (`onPartitionsRevoked`).
    #[serde(default, skip_serializing_if = "is_default", deserialize_with = "flag")]
    pub commit_when_revoked: bool,
    /// A thread of its own works on the records, from a queue; `poll()` goes on meanwhile.
    #[serde(default, skip_serializing_if = "is_default", deserialize_with = "flag")]
    pub hand_off: bool,
    /// It does nothing for a record for which something was done before.
    #[serde(default, skip_serializing_if = "is_default", deserialize_with = "flag")]
    pub idempotent: bool,
    /// Its work throws.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails: Option<Trouble>,
    /// What it makes of that.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_failure: OnFailure,
    /// So long it waits before it tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff_ms: Option<Whole>,
    /// So long it waits with each record before it works on it, as one does that reads a retry topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<Whole>,
    /// After so many tries a record is given up: forwarded, if there is where to, or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Whole>,
    /// Where records go that it forwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forward: Option<Word>,
    /// For each record on which it acts it writes one to this topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emit: Option<Word>,
    /// What it emits is stored with the effect, in one transaction of its database, and written to the topic from there.
    #[serde(default, skip_serializing_if = "is_default", deserialize_with = "flag")]
    pub outbox: bool,
    /// It dies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dies: Option<Death>,
    /// The brokers that it is told of; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bootstrap: Vec<Whole>,
}

impl ProcessAct {
    /// Where it writes, with the name of the topic.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        let both = [self.forward.as_ref(), self.emit.as_ref()];
        both.into_iter().flatten().map(|topic| topic.0.as_str())
    }

    /// Its consumer.
    #[must_use]
    pub fn consumer(&self) -> ConsumerAct {
        let auto = self.commit == CommitWhen::Auto;
        let mut config = Settings::from([("auto.offset.reset", "earliest")]);
        config.0.extend(self.config.0.clone());
        let auto = if auto { "true" } else { "false" };
        config
            .0
            .insert("enable.auto.commit".to_owned(), auto.to_owned());
        ConsumerAct {
            id: self.id.clone(),
            topic: self.topic.clone(),
            group: Some(self.group.clone()),
            bootstrap: self.bootstrap.clone(),
            config,
            ..ConsumerAct::default()
        }
    }

    /// The settings of the producer with which it forwards records.
    #[must_use]
    pub fn producer(&self) -> Settings {
        Settings::from([("acks", "all"), ("linger.ms", "0")])
    }
}
