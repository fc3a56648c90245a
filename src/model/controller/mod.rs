//! The KRaft controller: sessions and fencing, registrations, ISR and ELR, elections. Metadata is durable and atomic here.

mod election;
mod sessions;
mod shares;
mod topics;

use super::config::BrokerConfig;
use super::effects::{Effects, Input, ReplyTo, Timer};
use super::ids::{
    BrokerEpoch, BrokerId, ConnectionId, GroupId, LeaderEpoch, PartitionEpoch, TopicPartition,
};
use super::observation::Observation;
use super::scenario::Rule;
use super::small::Map;
use super::time::SimTime;
use super::wire::{
    BrokerRegistration, ErrorCode, MetadataImage, PartitionRegistration, Request, Response,
};
use crate::small::Set;
use election::{Change, Powers};

/// The controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Controller {
    config: BrokerConfig,
    image: MetadataImage,
    /// Brokers that are not heard of any more, and when their last heartbeat came. Periodic heartbeats of the others are
    /// folded: they would change nothing.
    silent: Map<BrokerId, SimTime>,
    /// Fetches of the metadata log that wait for something new.
    parked: Map<BrokerId, (ReplyTo, u64)>,
    /// Brokers that want to stop, and the version of the metadata in which they lead nothing any more.
    leaving: Map<BrokerId, u64>,
    next_broker_epoch: BrokerEpoch,
    /// What became of records in share groups.
    shares: Map<(GroupId, TopicPartition), shares::Kept>,
}

impl Controller {
    /// A controller that counts on all these brokers.
    pub(crate) fn new(config: BrokerConfig, brokers: &[BrokerId]) -> Self {
        let mut image = MetadataImage {
            version: 1,
            ..MetadataImage::default()
        };
        let mut epoch = BrokerEpoch(0);
        for id in brokers {
            epoch = epoch.next();
            image.brokers.insert(
                *id,
                BrokerRegistration {
                    epoch,
                    fenced: false,
                    in_controlled_shutdown: false,
                },
            );
        }
        Self {
            config,
            image,
            silent: Map::new(),
            parked: Map::new(),
            leaving: Map::new(),
            next_broker_epoch: epoch.next(),
            shares: Map::new(),
        }
    }

    /// The metadata log's state.
    pub(crate) fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// One thing reaches the controller.
    pub(crate) fn on(&mut self, now: SimTime, from: BrokerId, input: Input, out: &mut Effects) {
        match input {
            Input::Request(reply, Request::FetchMetadata { have }) => {
                self.parked.insert(from, (reply, have));
                self.answer_parked(out);
            }
            Input::Request(reply, Request::CreateTopics(topic)) => {
                let error = self.create_internal_topic(now, topic, out).err();
                out.reply(reply, Response::CreateTopics(error.unwrap_or_default()));
            }
            Input::Request(reply, Request::BrokerRegistration { previous_epoch }) => {
                self.on_registration(from, previous_epoch, reply, out)
            }
            Input::Request(
                reply,
                Request::BrokerHeartbeat {
                    broker_epoch,
                    metadata_version,
                    want_shut_down,
                },
            ) => {
                let error = self.heartbeat_error(from, broker_epoch);
                let should_shut_down = match error {
                    ErrorCode::None if want_shut_down => self.let_go(from, out),
                    ErrorCode::None => self.on_heartbeat(from, metadata_version, out),
                    _ => false,
                };
                let fenced = !self.is_active(from);
                let response = Response::BrokerHeartbeat {
                    fenced,
                    should_shut_down,
                };
                out.reply(reply, response);
            }
            Input::Request(
                reply,
                Request::AlterPartition {
                    partition,
                    leader_epoch,
                    partition_epoch,
                    isr,
                },
            ) => {
                let error =
                    self.alter_partition(from, partition, leader_epoch, partition_epoch, &isr, out);
                out.reply(reply, Response::AlterPartition { partition, error });
            }
            Input::Request(reply, Request::Share(request)) => self.on_share(reply, *request, out),
            Input::Timer(Timer::SessionCheck) => self.check_sessions(now, out),
            Input::Timer(Timer::LeaderBalance) => self.balance_leaders(out),
            Input::PeerGone(connection) => self.forget_parked(connection),
            Input::Request(..)
            | Input::Response(..)
            | Input::Opened(..)
            | Input::Closed(..)
            | Input::Timer(_) => {}
        }
        self.arm_balance(now, out);
    }

    fn forget_parked(&mut self, connection: ConnectionId) {
        self.parked
            .retain(|_, (reply, _)| reply.connection != connection);
    }

    fn is_active(&self, id: BrokerId) -> bool {
        self.image
            .brokers
            .get(&id)
            .is_some_and(BrokerRegistration::is_active)
    }

    fn publish(&mut self, out: &mut Effects) {
        self.image.version += 1;
        self.answer_parked(out);
    }

    fn answer_parked(&mut self, out: &mut Effects) {
        let version = self.image.version;
        let ready: Vec<_> = self
            .parked
            .iter()
            .filter(|(_, (_, have))| *have < version)
            .map(|(id, _)| *id)
            .collect();
        for id in ready {
            if let Some((reply, _)) = self.parked.remove(&id) {
                out.reply(reply, Response::FetchMetadata(Box::new(self.image.clone())));
            }
        }
    }

    fn change_partitions(
        &mut self,
        out: &mut Effects,
        change: impl Fn(&PartitionRegistration) -> Change,
    ) {
        let ids: Vec<_> = self.image.partitions.keys().copied().collect();
        for partition in ids {
            let wish = change(&self.image.partitions[&partition]);
            self.apply(partition, wish, out);
        }
    }

    /// True if anything changed.
    fn apply(&mut self, partition: TopicPartition, change: Change, out: &mut Effects) -> bool {
        let Some(before) = self.image.partitions.get(&partition).cloned() else {
            return false;
        };
        let active: Set<_> = before
            .replicas
            .iter()
            .copied()
            .filter(|id| self.is_active(*id))
            .collect();
        let (mut after, unclean) = election::build(&before, change, &active, self.powers());
        if after == before {
            return false;
        }
        after.partition_epoch = before.partition_epoch.next();
        if (&after.isr, &after.elr) != (&before.isr, &before.elr) {
            let (isr, elr) = (
                after.isr.iter().copied().collect(),
                after.elr.iter().copied().collect(),
            );
            out.note(Observation::InSyncReplicasChanged {
                partition,
                isr,
                elr,
            });
        }
        if after.leader != before.leader {
            after.leader_epoch = before.leader_epoch.next();
            out.note(Observation::LeaderElected {
                partition,
                leader: after.leader,
                leader_epoch: after.leader_epoch,
                unclean,
            });
        }
        self.image.partitions.insert(partition, after);
        true
    }

    fn powers(&self) -> Powers {
        let rules = self.config.rules;
        let elr = self.config.eligible_leader_replicas;
        Powers {
            elr: elr && !rules.has(Rule::NoEligibleLeaderReplicas),
            unclean_setting: !rules.has(Rule::UncleanSettingIgnored),
        }
    }

    /// A process that has started registers. While its old session lasts it is refused; afterwards it comes back fenced and
    /// without its place in the ISR; if it did not shut down in good order, also without its place in the ELR (KIP-966).
    fn on_registration(
        &mut self,
        id: BrokerId,
        previous_epoch: Option<BrokerEpoch>,
        reply: ReplyTo,
        out: &mut Effects,
    ) {
        let known = self.image.brokers.get(&id);
        if known.is_some_and(|broker| !broker.fenced) {
            out.note(Observation::RegistrationRefused { broker: id });
            out.reply(
                reply,
                Response::BrokerRegistration(Err(ErrorCode::DuplicateBrokerRegistration)),
            );
            return;
        }
        let clean = known.is_some_and(|broker| Some(broker.epoch) == previous_epoch);
        let epoch = self.next_broker_epoch;
        self.next_broker_epoch = epoch.next();
        self.image.brokers.insert(
            id,
            BrokerRegistration {
                epoch,
                fenced: true,
                in_controlled_shutdown: false,
            },
        );
        self.change_partitions(out, |registration| Change {
            unclean_shutdown: (!clean).then_some(id),
            ..Change::without(registration, id)
        });
        self.publish(out);
        out.reply(reply, Response::BrokerRegistration(Ok(epoch)));
    }

    fn heartbeat_error(&self, id: BrokerId, epoch: BrokerEpoch) -> ErrorCode {
        let known = self.image.brokers.get(&id);
        match known.is_some_and(|broker| broker.epoch == epoch) {
            true => ErrorCode::None,
            false => ErrorCode::StaleBrokerEpoch,
        }
    }

    /// A broker that has caught up is counted on. It need not stop.
    fn on_heartbeat(&mut self, id: BrokerId, version: u64, out: &mut Effects) -> bool {
        // Caught up with its own registration is enough; the heartbeat is sent after that record was read.
        let fenced = self.image.brokers.get(&id).is_some_and(|b| b.fenced);
        if version > 0 && fenced {
            self.unfence(id, out);
        }
        false
    }

    /// A broker wants to stop (`BrokerHeartbeatManager.calculateNextBrokerState`): whoever leads nothing may do so at once;
    /// others first lose their leadership, and wait until all brokers know.
    fn let_go(&mut self, id: BrokerId, out: &mut Effects) -> bool {
        let leads = |c: &Self| c.image.partitions.values().any(|p| p.leader == Some(id));
        let fenced = self.image.brokers.get(&id).is_some_and(|b| b.fenced);
        if fenced || !self.leaving.contains_key(&id) && !leads(self) {
            if !fenced {
                self.fence(id, out);
            }
            return true;
        }
        if let Some(version) = self.leaving.get(&id).copied() {
            let knows = |other: &BrokerId| {
                let have = self.parked.get(other).map(|(_, have)| *have);
                have.is_some_and(|have| have >= version)
            };
            let active = |(other, _): &(&BrokerId, _)| self.is_active(**other);
            let all_know = self
                .image
                .brokers
                .iter()
                .filter(active)
                .all(|(other, _)| knows(other));
            if all_know && !leads(self) {
                self.fence(id, out);
                return true;
            }
            return false;
        }
        if let Some(broker) = self.image.brokers.get_mut(&id) {
            broker.in_controlled_shutdown = true;
        }
        out.note(Observation::ShutdownBegan { broker: id });
        self.change_partitions(out, |registration| Change::without(registration, id));
        self.publish(out);
        self.leaving.insert(id, self.image.version);
        false
    }

    /// The checks of `ReplicationControlManager.validateAlterPartitionData`.
    fn alter_partition(
        &mut self,
        from: BrokerId,
        partition: TopicPartition,
        leader_epoch: LeaderEpoch,
        partition_epoch: PartitionEpoch,
        isr: &Map<BrokerId, BrokerEpoch>,
        out: &mut Effects,
    ) -> ErrorCode {
        let Some(registration) = self.image.partitions.get(&partition) else {
            return ErrorCode::UnknownTopicOrPartition;
        };
        if registration.leader != Some(from) || registration.leader_epoch != leader_epoch {
            return ErrorCode::FencedLeaderEpoch;
        }
        let rules = self.config.rules;
        let other = registration.partition_epoch != partition_epoch;
        if other && !rules.has(Rule::UncheckedPartitionEpoch) {
            return ErrorCode::InvalidUpdateVersion;
        }
        let eligible = |(id, epoch): (&BrokerId, &BrokerEpoch)| {
            self.image.brokers.get(id).is_some_and(|broker| {
                let same = broker.epoch == *epoch || rules.has(Rule::UncheckedBrokerEpoch);
                broker.is_active() && same
            })
        };
        if !isr.iter().all(eligible) {
            return ErrorCode::IneligibleReplica;
        }
        let isr = isr.keys().copied().collect();
        self.apply(partition, Change::of(isr), out);
        self.publish(out);
        ErrorCode::None
    }
}
