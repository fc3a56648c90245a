//! With which client an application sends.

use serde::{Deserialize, Serialize};

/// Which client library a client is made with: each has its own settings, defaults and habits.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Kafka's own Java client.
    #[default]
    Java,
    /// librdkafka and what is built on it: the clients for Python, Go, .NET and more by Confluent.
    Librdkafka,
}
