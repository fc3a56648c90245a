//! Registration, unfencing, and the two connections to the controller.

use super::super::effects::{Effects, Purpose, Timer};
use super::super::ids::{BrokerEpoch, NodeId};
use super::super::small::Map;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{Request, Response};
use super::{Broker, Role};

/// How long a broker waits before it registers or connects again (`BrokerLifecycleManager` starts at 100 ms).
const RETRY: SimDuration = SimDuration::from_ms(100);

/// How long a broker that wants to stop waits for the controller before it stops all the same (`KafkaBroker.shutdown`).
const PATIENCE: SimDuration = SimDuration::from_ms(300_000);
/// It asks a second time so soon after the first answer.
const SOON: SimDuration = SimDuration::from_ms(50);

/// Where a broker is on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Shutdown {
    /// It is not.
    #[default]
    No,
    /// It asked the controller.
    Asked { answered: bool, until: SimTime },
    /// It may end.
    Granted,
}

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
        self.on_keeper_lost(now);
        out.arm(Timer::Registration, now + RETRY);
    }

    pub(super) fn on_registration_timer(&mut self, out: &mut Effects) {
        self.connect_to_controller(out);
    }

    fn register(&self, out: &mut Effects) {
        let previous_epoch = self.clean_shutdown;
        out.send(
            NodeId::Controller,
            Purpose::Control,
            Request::BrokerRegistration { previous_epoch },
        );
    }

    /// SIGTERM: the broker asks the controller to take its leadership away, and serves until then
    /// (`BrokerLifecycleManager.beginControlledShutdown`).
    pub(crate) fn begin_shutdown(&mut self, now: SimTime, out: &mut Effects) {
        let asks = self.config.controlled_shutdown_enable && self.serves();
        self.shutdown = if asks {
            Shutdown::Asked {
                answered: false,
                until: now + PATIENCE,
            }
        } else {
            Shutdown::Granted
        };
        self.ask_to_shut_down(now, out);
    }

    /// It was told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.shutdown != Shutdown::No
    }

    /// The controller let it go; the process may end.
    pub(crate) fn may_end(&self) -> bool {
        self.shutdown == Shutdown::Granted
    }

    pub(super) fn ask_to_shut_down(&mut self, now: SimTime, out: &mut Effects) {
        let (Shutdown::Asked { until, .. }, Some(broker_epoch)) = (self.shutdown, self.epoch())
        else {
            return;
        };
        if now >= until {
            self.shutdown = Shutdown::Granted;
            return;
        }
        let request = Request::BrokerHeartbeat {
            broker_epoch,
            metadata_version: self.image.version,
            want_shut_down: true,
        };
        out.send(NodeId::Controller, Purpose::Control, request);
        let next = now + self.config.heartbeat_interval;
        out.arm(Timer::Shutdown, next.min(until));
    }

    fn on_heartbeat_answer(&mut self, now: SimTime, should_shut_down: bool, out: &mut Effects) {
        if let Registration::CatchingUp(epoch) = self.registration {
            self.registration = Registration::Done(epoch);
        }
        if let Shutdown::Asked { answered, .. } = &mut self.shutdown {
            let first = !std::mem::replace(answered, true);
            if should_shut_down {
                self.shutdown = Shutdown::Granted;
            } else if first {
                out.arm(Timer::Shutdown, now + SOON);
            }
        }
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
                    want_shut_down: false,
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
            Response::BrokerHeartbeat {
                should_shut_down, ..
            } => self.on_heartbeat_answer(now, should_shut_down, out),
            Response::AlterPartition { partition, error } => {
                self.on_isr_answer(now, partition, error, out)
            }
            Response::Share(response) => self.on_share_kept(now, *response, out),
            Response::Produce { .. }
            | Response::Fetch(_)
            | Response::Read(_)
            | Response::ListOffsets(_)
            | Response::OffsetForLeaderEpoch(_)
            | Response::Metadata { .. }
            | Response::InitProducerId(_)
            | Response::FindCoordinator(..)
            | Response::Group(_)
            | Response::Transaction(_)
            | Response::CreateTopics(_) => {}
        }
    }

    /// After the connection to the controller came back: what was asked for and not answered is asked again.
    fn repeat_isr_wishes(&mut self, out: &mut Effects) {
        let mut wishes = Map::new();
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
