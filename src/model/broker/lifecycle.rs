//! Registration, unfencing, and the two connections to the controller.

use super::super::effects::{Effects, Purpose, Timer};
use super::super::ids::{BrokerEpoch, NodeId};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{Request, Response};
use super::{Broker, Role};
use std::collections::BTreeMap;

/// How long a broker waits before it registers or connects again (`BrokerLifecycleManager` starts at 100 ms).
const RETRY: SimDuration = SimDuration::from_ms(100);

/// Where a broker is on its way into the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Registration {
    /// Not asked for, or refused.
    Wanted,
    /// Registered; reading the metadata log until its own registration.
    CatchingUp(BrokerEpoch),
    /// Unfenced once: it serves from now on, even if it is fenced again (there is no self-fencing).
    Done(BrokerEpoch),
}

impl Registration {
    pub(super) fn epoch(self) -> Option<BrokerEpoch> {
        match self {
            Self::Wanted => None,
            Self::CatchingUp(epoch) | Self::Done(epoch) => Some(epoch),
        }
    }
}

impl Broker {
    pub(super) fn on_controller_opened(&mut self, purpose: Purpose, out: &mut Effects) {
        match (purpose, self.registration) {
            (Purpose::Control, Registration::Wanted) => self.register(out),
            (Purpose::Control, Registration::CatchingUp(_)) => self.ask_to_be_unfenced(out),
            (Purpose::Control, Registration::Done(_)) => self.repeat_isr_wishes(out),
            (Purpose::MetadataLog, Registration::CatchingUp(_) | Registration::Done(_)) => {
                self.read_metadata_log(out)
            }
            _ => {}
        }
    }

    pub(super) fn on_controller_closed(
        &mut self,
        now: SimTime,
        _purpose: Purpose,
        out: &mut Effects,
    ) {
        out.arm(Timer::Registration, now + RETRY);
    }

    pub(super) fn on_registration_timer(&mut self, out: &mut Effects) {
        self.connect_to_controller(out);
    }

    fn register(&self, out: &mut Effects) {
        out.send(
            NodeId::Controller,
            Purpose::Control,
            Request::BrokerRegistration,
        );
    }

    fn read_metadata_log(&self, out: &mut Effects) {
        let have = self.image.version;
        out.send(
            NodeId::Controller,
            Purpose::MetadataLog,
            Request::FetchMetadata { have },
        );
    }

    fn ask_to_be_unfenced(&self, out: &mut Effects) {
        if let Registration::CatchingUp(broker_epoch) = self.registration
            && self.image.version > 0
        {
            let metadata_version = self.image.version;
            out.send(
                NodeId::Controller,
                Purpose::Control,
                Request::BrokerHeartbeat {
                    broker_epoch,
                    metadata_version,
                },
            );
        }
    }

    pub(super) fn on_controller_response(
        &mut self,
        now: SimTime,
        response: Response,
        out: &mut Effects,
    ) {
        match response {
            Response::BrokerRegistration(Ok(epoch)) => {
                self.registration = Registration::CatchingUp(epoch);
                self.read_metadata_log(out);
            }
            Response::BrokerRegistration(Err(_)) => out.arm(Timer::Registration, now + RETRY),
            Response::FetchMetadata(image) => {
                let first = self.image.version == 0;
                self.learn_image(now, *image, out);
                self.read_metadata_log(out);
                if first {
                    self.ask_to_be_unfenced(out);
                }
            }
            Response::BrokerHeartbeat { .. } => {
                if let Registration::CatchingUp(epoch) = self.registration {
                    self.registration = Registration::Done(epoch);
                }
            }
            Response::AlterPartition { partition, error } => {
                self.on_isr_answer(now, partition, error, out)
            }
            Response::Produce { .. }
            | Response::Fetch(_)
            | Response::Read(_)
            | Response::ListOffsets(_)
            | Response::OffsetForLeaderEpoch(_)
            | Response::Metadata { .. }
            | Response::InitProducerId(_) => {}
        }
    }

    /// After the connection to the controller came back: what was asked for and not answered is asked again.
    fn repeat_isr_wishes(&mut self, out: &mut Effects) {
        let mut wishes = BTreeMap::new();
        for (partition, replica) in &self.replicas {
            if let Role::Leader(leading) = &replica.role
                && let Some(wish) = &leading.wished_isr
            {
                wishes.insert(*partition, wish.clone());
            }
        }
        for (partition, wish) in wishes {
            self.send_isr_wish(partition, &wish, out);
        }
    }
}
