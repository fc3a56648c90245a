//! The KRaft controller: sessions and fencing, registrations, ISR and ELR, elections. Metadata is durable and atomic here.

mod election;

use super::config::{BrokerConfig, TopicConfig};
use super::effects::{Effects, Input, ReplyTo, Timer};
use super::ids::{
    BrokerEpoch, BrokerId, ConnectionId, LeaderEpoch, PartitionEpoch, TopicPartition,
};
use super::observation::Observation;
use super::time::{SimDuration, SimTime};
use super::wire::{
    BrokerRegistration, ErrorCode, MetadataImage, PartitionRegistration, Request, Response,
};
use election::Change;
use std::collections::{BTreeMap, BTreeSet};

/// The controller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Controller {
    config: BrokerConfig,
    image: MetadataImage,
    /// Brokers that are not heard of any more, and when their last heartbeat came. Periodic heartbeats of the others are
    /// folded: they would change nothing.
    silent: BTreeMap<BrokerId, SimTime>,
    /// Fetches of the metadata log that wait for something new.
    parked: BTreeMap<BrokerId, (ReplyTo, u64)>,
    next_broker_epoch: BrokerEpoch,
}

impl Controller {
    /// A controller that counts on all these brokers.
    pub(in crate::model) fn new(config: BrokerConfig, brokers: &[BrokerId]) -> Self {
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
                },
            );
        }
        Self {
            config,
            image,
            silent: BTreeMap::new(),
            parked: BTreeMap::new(),
            next_broker_epoch: epoch.next(),
        }
    }

    /// The metadata log's state.
    pub(in crate::model) fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Creates a partition: the first replica that is not fenced leads, and those that are not fenced are in sync
    /// (`ReplicationControlManager.createTopic`).
    pub(in crate::model) fn create_partition(
        &mut self,
        partition: TopicPartition,
        replicas: Vec<BrokerId>,
        config: TopicConfig,
        out: &mut Effects,
    ) {
        let isr: BTreeSet<_> = replicas
            .iter()
            .copied()
            .filter(|id| self.is_active(*id))
            .collect();
        let leader = replicas.iter().copied().find(|id| isr.contains(id));
        let registration = PartitionRegistration {
            min_insync_replicas: config
                .min_insync_replicas
                .min(u32::try_from(replicas.len()).unwrap_or(u32::MAX)),
            replicas,
            elr: BTreeSet::new(),
            last_known_leader: None,
            leader,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(0),
            unclean_election: config.unclean_leader_election_enable,
            max_message_bytes: config.max_message_bytes,
            isr,
        };
        self.image.partitions.insert(partition, registration);
        self.publish(out);
    }

    /// One thing reaches the controller.
    pub(in crate::model) fn on(
        &mut self,
        now: SimTime,
        from: BrokerId,
        input: Input,
        out: &mut Effects,
    ) {
        match input {
            Input::Request(reply, Request::FetchMetadata { have }) => {
                self.parked.insert(from, (reply, have));
                self.answer_parked(out);
            }
            Input::Request(reply, Request::BrokerRegistration) => {
                self.on_registration(from, reply, out)
            }
            Input::Request(
                reply,
                Request::BrokerHeartbeat {
                    broker_epoch,
                    metadata_version,
                },
            ) => {
                self.on_heartbeat(from, broker_epoch, metadata_version, reply, out);
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
            Input::Timer(Timer::SessionCheck) => self.check_sessions(now, out),
            Input::PeerGone(connection) => self.forget_parked(connection),
            Input::Request(..)
            | Input::Response(..)
            | Input::Opened(..)
            | Input::Closed(..)
            | Input::Timer(_) => {}
        }
    }

    fn forget_parked(&mut self, connection: ConnectionId) {
        self.parked
            .retain(|_, (reply, _)| reply.connection != connection);
    }

    fn is_active(&self, id: BrokerId) -> bool {
        self.image
            .brokers
            .get(&id)
            .is_some_and(|broker| !broker.fenced)
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

    /// A broker's heartbeats stop reaching the controller; the last one came then.
    pub(in crate::model) fn on_silence(
        &mut self,
        now: SimTime,
        id: BrokerId,
        last_heartbeat: SimTime,
        out: &mut Effects,
    ) {
        if self.is_active(id) {
            self.silent.entry(id).or_insert(last_heartbeat);
            self.arm_session_check(now, out);
        }
    }

    /// A broker's heartbeats reach the controller again.
    pub(in crate::model) fn on_heard(
        &mut self,
        now: SimTime,
        id: BrokerId,
        epoch: BrokerEpoch,
        out: &mut Effects,
    ) {
        self.silent.remove(&id);
        self.arm_session_check(now, out);
        let fenced = self
            .image
            .brokers
            .get(&id)
            .is_some_and(|broker| broker.fenced && broker.epoch == epoch);
        if fenced {
            self.unfence(id, out);
        }
    }

    /// Sessions are looked at eight times in their length, one broker a time (`QuorumController.maybeFenceStaleBrokers`).
    fn arm_session_check(&self, now: SimTime, out: &mut Effects) {
        let Some(oldest) = self.silent.values().min() else {
            return out.disarm(Timer::SessionCheck);
        };
        let period = (self.config.session_timeout.0 / 8).max(1);
        let over = (*oldest + self.config.session_timeout).max(now + SimDuration::from_us(1));
        out.arm(
            Timer::SessionCheck,
            SimTime(over.0.div_ceil(period) * period),
        );
    }

    fn check_sessions(&mut self, now: SimTime, out: &mut Effects) {
        let stalest = self
            .silent
            .iter()
            .min_by_key(|(id, heard)| (**heard, **id))
            .map(|(id, heard)| (*id, *heard));
        if let Some((id, heard)) = stalest
            && heard + self.config.session_timeout <= now
        {
            self.silent.remove(&id);
            self.fence(id, out);
        }
        self.arm_session_check(now, out);
    }

    /// Fencing: out of every ISR, and its partitions get another leader (`handleBrokerFenced`).
    fn fence(&mut self, id: BrokerId, out: &mut Effects) {
        if let Some(broker) = self.image.brokers.get_mut(&id) {
            broker.fenced = true;
        }
        out.note(Observation::BrokerFenced { broker: id });
        self.change_partitions(out, |registration| Change {
            isr: &registration.isr - &BTreeSet::from([id]),
            unclean_shutdown: None,
        });
        self.publish(out);
    }

    fn unfence(&mut self, id: BrokerId, out: &mut Effects) {
        if let Some(broker) = self.image.brokers.get_mut(&id) {
            broker.fenced = false;
        }
        out.note(Observation::BrokerUnfenced { broker: id });
        self.change_partitions(out, |registration| Change {
            isr: registration.isr.clone(),
            unclean_shutdown: None,
        });
        self.publish(out);
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

    fn apply(&mut self, partition: TopicPartition, change: Change, out: &mut Effects) {
        let before = self.image.partitions[&partition].clone();
        let active: BTreeSet<_> = before
            .replicas
            .iter()
            .copied()
            .filter(|id| self.is_active(*id))
            .collect();
        let (after, unclean) = election::build(
            &before,
            change,
            &active,
            self.config.eligible_leader_replicas,
        );
        if after == before {
            return;
        }
        let mut after = after;
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
    }

    /// A process that was killed registers anew. While its old session lasts it is refused; afterwards it comes back
    /// fenced and without its place in ISR and ELR, since it did not shut down cleanly (KIP-966).
    fn on_registration(&mut self, id: BrokerId, reply: ReplyTo, out: &mut Effects) {
        if self.is_active(id) {
            out.note(Observation::RegistrationRefused { broker: id });
            out.reply(
                reply,
                Response::BrokerRegistration(Err(ErrorCode::DuplicateBrokerRegistration)),
            );
            return;
        }
        let epoch = self.next_broker_epoch;
        self.next_broker_epoch = epoch.next();
        self.image.brokers.insert(
            id,
            BrokerRegistration {
                epoch,
                fenced: true,
            },
        );
        self.change_partitions(out, |registration| Change {
            isr: &registration.isr - &BTreeSet::from([id]),
            unclean_shutdown: Some(id),
        });
        self.publish(out);
        out.reply(reply, Response::BrokerRegistration(Ok(epoch)));
    }

    fn on_heartbeat(
        &mut self,
        id: BrokerId,
        epoch: BrokerEpoch,
        version: u64,
        reply: ReplyTo,
        out: &mut Effects,
    ) {
        let registered = self
            .image
            .brokers
            .get(&id)
            .is_some_and(|broker| broker.epoch == epoch);
        // Caught up with its own registration is enough; the heartbeat is sent after that record was read.
        if registered && version > 0 && !self.is_active(id) {
            self.unfence(id, out);
        }
        out.reply(
            reply,
            Response::BrokerHeartbeat {
                fenced: !self.is_active(id),
            },
        );
    }

    /// The checks of `ReplicationControlManager.validateAlterPartitionData`.
    fn alter_partition(
        &mut self,
        from: BrokerId,
        partition: TopicPartition,
        leader_epoch: LeaderEpoch,
        partition_epoch: PartitionEpoch,
        isr: &BTreeMap<BrokerId, BrokerEpoch>,
        out: &mut Effects,
    ) -> ErrorCode {
        let Some(registration) = self.image.partitions.get(&partition) else {
            return ErrorCode::UnknownTopicOrPartition;
        };
        if registration.leader != Some(from) || registration.leader_epoch != leader_epoch {
            return ErrorCode::FencedLeaderEpoch;
        }
        if registration.partition_epoch != partition_epoch {
            return ErrorCode::InvalidUpdateVersion;
        }
        let eligible = |(id, epoch): (&BrokerId, &BrokerEpoch)| {
            self.image
                .brokers
                .get(id)
                .is_some_and(|broker| !broker.fenced && broker.epoch == *epoch)
        };
        if !isr.iter().all(eligible) {
            return ErrorCode::IneligibleReplica;
        }
        let isr = isr.keys().copied().collect();
        self.apply(
            partition,
            Change {
                isr,
                unclean_shutdown: None,
            },
            out,
        );
        self.publish(out);
        ErrorCode::None
    }
}
