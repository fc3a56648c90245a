//! What can be told of applications: what they do outside of Kafka, and how they are.

use super::super::ids::{ClientId, RecordId};

/// Something of an application.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AppFact {
    /// An application did something outside of Kafka.
    EffectDone {
        /// Which.
        by: ClientId,
        /// To which outside world.
        world: u16,
        /// On account of which record.
        record: RecordId,
    },
    /// The task of a connector was killed by an exception, and nobody starts it again.
    TaskFailed {
        /// The worker.
        client: ClientId,
    },
    /// A Connect worker was asked how it is.
    ConnectStatusTold {
        /// The worker.
        client: ClientId,
        /// Whether its task has failed; none if the worker is gone.
        failed: Option<bool>,
    },
}
