//! What acts say of share groups and their consumers (KIP-932).

use super::super::text::{Settings, Whole, Word};
use super::ConsumerAct;
use serde::{Deserialize, Serialize};

/// Gives a share group settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareGroupAct {
    /// The group.
    pub group: Word,
    /// Its settings on top of the brokers'; what is absent is unset.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub config: Settings,
}

/// Starts a consumer of a share group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareConsumerAct {
    /// Its name, as other acts call it.
    pub id: Word,
    /// Its group.
    pub group: Word,
    /// The topic; if unset, as in other acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Word>,
    /// The brokers that it is told of; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bootstrap: Vec<Whole>,
    /// Its settings on top of the defaults; what is absent is unset.
    #[serde(default, skip_serializing_if = "Settings::is_empty")]
    pub config: Settings,
}

impl ShareConsumerAct {
    /// The same as a consumer.
    #[must_use]
    pub fn consumer(&self) -> ConsumerAct {
        ConsumerAct {
            id: self.id.clone(),
            topic: self.topic.clone(),
            group: Some(self.group.clone()),
            config: self.config.clone(),
            ..ConsumerAct::default()
        }
    }
}

/// A share consumer calls `poll()` until one of these is so, or a call throws.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharePollAct {
    /// Who.
    pub by: Word,
    /// So many records were returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Whole>,
    /// Nothing was returned for so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<Whole>,
    /// So much time has passed; 20 s if unset, as in the recordings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<Whole>,
}

/// What an application makes of records that it was given (`AcknowledgeType`).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum AcknowledgeAs {
    /// Processed.
    #[default]
    Accept,
    /// Not processed; somebody else may try.
    Release,
    /// Not processed, and nobody shall try again.
    Reject,
    /// Still at it.
    Renew,
}

/// A share consumer acknowledges records of partition 0, as far as it remembers them; nothing is sent yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareAckAct {
    /// Who.
    pub by: Word,
    /// Which.
    pub offsets: Vec<Whole>,
    /// How.
    #[serde(rename = "as")]
    pub kind: AcknowledgeAs,
}
