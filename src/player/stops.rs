//! Where stepping stops: the instants at which something happens that is worth looking at.

use crate::model::history::Steps;
use crate::model::observation::{
    AppFact, GroupFact, LostBecause, Observation, ShareFact, TransactionFact,
};
use crate::model::time::SimTime;

/// True for what a person wants to see happen. Frames as such, acts of the script and chatter are left out: they are drawn,
/// but nobody steps to them.
#[must_use]
pub fn is_notable(observation: &Observation) -> bool {
    use Observation as O;
    match observation {
        O::ActBegan { .. }
        | O::ActEnded { .. }
        | O::FaultHappened { .. }
        | O::MessageSent(_)
        | O::MessageResumed { .. }
        | O::MessageHeld { .. }
        | O::MessageArrived { .. }
        | O::ConnectionReset { .. }
        | O::ConnectionRefused { .. }
        | O::ProducerIdObtained { .. }
        | O::RegistrationRefused { .. }
        | O::RecordAssigned { .. }
        | O::MetadataLearned { .. }
        | O::App(AppFact::ConnectStatusTold { .. })
        | O::PositionTold { .. }
        | O::Group(GroupFact::CommittedTold { .. }) => false,
        O::Transaction(TransactionFact::TransactionDescribed { .. }) => false,
        O::MessageLost { because, .. } => *because == LostBecause::Fault,
        O::ClientRefused { .. }
        | O::ClientClosed { .. }
        | O::ClientDied { .. }
        | O::BatchSplit { .. }
        | O::WaitGivenUp { .. }
        | O::RecordSent { .. }
        | O::RecordAcknowledged { .. }
        | O::RecordFailed { .. }
        | O::LinkCut { .. }
        | O::LinkHealed { .. }
        | O::BatchAppended { .. }
        | O::Transaction(TransactionFact::MarkerWritten { .. })
        | O::Transaction(TransactionFact::TransactionCallReturned { .. })
        | O::RecordsReplicated { .. }
        | O::DuplicateRecognised { .. }
        | O::BatchRefused { .. }
        | O::HighWatermarkAdvanced { .. }
        | O::LogTruncated { .. }
        | O::LeaderElected { .. }
        | O::BecameLeader { .. }
        | O::StoppedLeading { .. }
        | O::InSyncReplicasChanged { .. }
        | O::LogStartMoved { .. }
        | O::UnflushedLost { .. }
        | O::LogRead { .. }
        | O::RequestRefused { .. }
        | O::BrokerCrashed { .. }
        | O::BrokerStopped { .. }
        | O::BrokerPaused { .. }
        | O::BrokerResumed { .. }
        | O::ShutdownBegan { .. }
        | O::BrokerStarted { .. }
        | O::BrokerFenced { .. }
        | O::BrokerUnfenced { .. }
        | O::BatchRequeued { .. }
        | O::BatchExpired { .. }
        | O::ProducerEpochBumped { .. }
        | O::RequestTimedOut { .. }
        | O::App(AppFact::EffectDone { .. })
        | O::App(AppFact::TaskFailed { .. })
        | O::Share(ShareFact::DeliveryChanged(_))
        | O::Share(ShareFact::RecordsDelivered { .. })
        | O::Share(ShareFact::AcknowledgementsCommitted { .. })
        | O::Share(ShareFact::CallRefused { .. })
        | O::RecordsRead { .. }
        | O::ReadFailed { .. }
        | O::PositionReset { .. }
        | O::TruncationNoticed { .. }
        | O::Group(_) => true,
    }
}

/// The instants at which something notable happens, ascending, each once.
#[must_use]
pub fn stops(steps: Steps<'_>) -> Vec<SimTime> {
    let mut stops: Vec<SimTime> = steps
        .iter()
        .filter(|step| step.observations.iter().any(is_notable))
        .map(|step| step.at)
        .collect();
    stops.dedup();
    stops
}

/// The first instant after `at`.
#[must_use]
pub fn after(stops: &[SimTime], at: SimTime) -> Option<SimTime> {
    stops
        .get(stops.partition_point(|stop| *stop <= at))
        .copied()
}

/// The last instant before `at`.
#[must_use]
pub fn before(stops: &[SimTime], at: SimTime) -> Option<SimTime> {
    let earlier = stops.partition_point(|stop| *stop < at);
    earlier.checked_sub(1).map(|place| stops[place])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::history::History;
    use crate::model::ids::{BrokerId, MessageId};

    #[test]
    fn stops_are_the_instants_of_notable_steps_each_once() {
        let crash = Observation::BrokerCrashed {
            broker: BrokerId(1),
        };
        let arrival = Observation::MessageArrived {
            message: MessageId(0),
        };
        let history = History::of(vec![
            (SimTime(10), vec![]),
            (SimTime(20), vec![arrival.clone(), crash.clone()]),
            (SimTime(20), vec![crash.clone()]),
            (SimTime(30), vec![arrival]),
            (SimTime(40), vec![crash]),
        ]);
        let stops = stops(history.steps());
        assert_eq!(stops, [SimTime(20), SimTime(40)]);
        assert_eq!(after(&stops, SimTime(0)), Some(SimTime(20)));
        assert_eq!(after(&stops, SimTime(20)), Some(SimTime(40)));
        assert_eq!(after(&stops, SimTime(40)), None);
        assert_eq!(before(&stops, SimTime(40)), Some(SimTime(20)));
        assert_eq!(before(&stops, SimTime(20)), None);
    }
}
