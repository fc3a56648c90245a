//! What the drawing shows of a run: which frames are drawn as arrows, and which facts have a place in time. What is not
//! here is chatter (empty fetches, metadata that changed nothing), and time without anything that is here may be torn out.

use crate::model::observation::{Observation, Sent};
use crate::model::scenario::{Api, Phase};

/// True for a frame that is drawn: it carries records, or tells of them.
#[must_use]
pub fn frame(sent: &Sent) -> bool {
    match (sent.api, sent.phase) {
        (Api::Produce, _) => true,
        (Api::Fetch, Phase::Response) => !sent.records.is_empty(),
        _ => false,
    }
}

/// True for a fact that has a mark or changes what the window holds, frames aside.
#[must_use]
pub fn fact(observation: &Observation) -> bool {
    matches!(
        observation,
        Observation::RecordSent { .. }
            | Observation::RecordAcknowledged { .. }
            | Observation::RecordFailed { .. }
            | Observation::FaultHappened { .. }
            | Observation::LinkCut { .. }
            | Observation::LinkHealed { .. }
            | Observation::BatchAppended { .. }
            | Observation::RecordsReplicated { .. }
            | Observation::DuplicateRecognised { .. }
            | Observation::BatchRefused { .. }
            | Observation::HighWatermarkAdvanced { .. }
            | Observation::LogTruncated { .. }
            | Observation::LeaderElected { .. }
            | Observation::BecameLeader { .. }
            | Observation::StoppedLeading { .. }
            | Observation::InSyncReplicasChanged { .. }
            | Observation::BrokerCrashed { .. }
            | Observation::BrokerStarted { .. }
            | Observation::BatchExpired { .. }
    )
}
