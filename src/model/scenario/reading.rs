//! What acts say of readers.

use super::super::text::{Settings, Whole, Word, flag};
use super::{Family, is_default};
use serde::{Deserialize, Serialize};

/// Starts a consumer. One that is given no partitions subscribes to the topic, as a member of its group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerAct {
    /// Its name, as other acts call it.
    pub id: Word,
    /// The topic; if unset, as in other acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// Its group: it is a member, or, with partitions of its own, commits in its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Word>,
    /// The partitions that it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assign: Option<Vec<Whole>>,
    /// The client library. Only the Java consumer is modelled.
    #[serde(default, skip_serializing_if = "is_default")]
    pub family: Family,
    /// The brokers that it is told of; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bootstrap: Vec<Whole>,
    /// Consumer settings on top of the defaults; what is absent is unset.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub config: Settings,
}

/// One name or several.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Names {
    /// One.
    One(Word),
    /// Several, in turn.
    Several(Vec<Word>),
}

impl Names {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Word] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// Consumers call `poll()` in turn, until one of these is so, or one of them throws.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollAct {
    /// Who.
    pub by: Names,
    /// So many records were returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Whole>,
    /// So many calls returned any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<Whole>,
    /// Nothing was returned for so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<Whole>,
    /// So much time has passed; 20 s if unset, as in the recordings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Whole>,
    /// How long one call waits; 100 ms if unset, as in the recordings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice_ms: Option<Whole>,
}

/// A consumer commits where it is, or one offset.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitAct {
    /// Who.
    pub by: Word,
    /// The topic; if unset, as in other acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// The partition of the offset; 0 if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Whole>,
    /// The offset; where it is, everywhere, if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<Whole>,
}

/// Offsets go with a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendOffsetsAct {
    /// The producer.
    pub by: Word,
    /// The consumer.
    pub consumer: Word,
    /// The topic of the offset; if unset, as in other acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// The partition of the offset; 0 if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Whole>,
    /// The offset; where the consumer is, everywhere, if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<Whole>,
    /// The group is named, and no member of it.
    #[serde(default, skip_serializing_if = "is_default", deserialize_with = "flag")]
    pub without_member: bool,
}

/// Somebody asks how far a group is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommittedAct {
    /// A consumer, of its own group and of one partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Word>,
    /// Else the cluster is asked, of everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Word>,
    /// The topic; if unset, as in other acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// The partition; 0 if unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<Whole>,
}

impl ConsumerAct {
    /// The name of its group: the step's own word, or `group.id`.
    #[must_use]
    pub fn group_name(&self) -> Option<&str> {
        let named = self.group.as_ref().map(|group| group.0.as_str());
        named.or_else(|| self.config.get("group.id"))
    }
}
