//! A broker: the leader of some partitions, a follower of others, a client of the controller.

mod alarms;
mod coordinators;
mod fetches;
mod follower;
mod housekeeping;
mod in_sync;
mod leader;
mod lifecycle;
mod reads;
mod replica;
mod requests;
mod share;

pub use replica::{Replica, ReplicaDisk, Role};

use super::config::BrokerConfig;
use super::effects::{Effects, Input, Purpose, Timer};
use super::ids::{BrokerEpoch, BrokerId, NodeId, Offset, TopicPartition};
use super::observation::Observation;
use super::record::Records;
use super::small::Map;
use super::time::SimTime;
use super::wire::{MetadataImage, PartitionRegistration, Request, Response};
use crate::small::Set;
use alarms::Alarms;
use coordinators::{Coordinators, Verified};
use follower::Fetcher;
use lifecycle::{Registration, Shutdown};
use reads::WaitingRead;
use requests::{ParkedFetch, WaitingProduce};
use share::Sharing;

/// What survives the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Disk {
    pub(crate) replicas: Map<TopicPartition, ReplicaDisk>,
    /// The clean-shutdown file: who wrote it (KIP-966).
    clean_shutdown: Option<BrokerEpoch>,
}

impl Disk {
    /// The power fails: what was not forced to disk is gone. What was cut off, by partition.
    pub(crate) fn lose_unflushed(&mut self) -> Vec<(TopicPartition, Offset, Records)> {
        let cut = |(id, disk): (&TopicPartition, &mut ReplicaDisk)| {
            let records = disk.lose_unflushed();
            (*id, disk.log.end(), records)
        };
        self.replicas.iter_mut().map(cut).collect()
    }
}

/// A broker's process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Broker {
    id: BrokerId,
    config: BrokerConfig,
    /// When the process was started: the phase of its periodic tasks.
    started_at: SimTime,
    registration: Registration,
    shutdown: Shutdown,
    /// What the clean-shutdown file said at the start.
    clean_shutdown: Option<BrokerEpoch>,
    image: MetadataImage,
    replicas: Map<TopicPartition, Replica>,
    fetchers: Map<BrokerId, Fetcher>,
    parked: Map<BrokerId, ParkedFetch>,
    /// Followers whose empty fetches are not folded now, because somebody waits for one.
    unfolded: Set<BrokerId>,
    waiting: Vec<WaitingProduce>,
    reads: Vec<WaitingRead>,
    coordinators: Coordinators,
    sharing: Sharing,
    alarms: Alarms,
}

impl Broker {
    /// A broker that has run for ever, with nothing on it.
    pub(crate) fn established(id: BrokerId, config: BrokerConfig, epoch: BrokerEpoch) -> Self {
        Self::new(
            id,
            config,
            SimTime::ZERO,
            Registration::Done(epoch),
            Disk::default(),
        )
    }

    /// A process that has just come up on a disk.
    pub(crate) fn start(
        now: SimTime,
        id: BrokerId,
        config: BrokerConfig,
        disk: Disk,
        out: &mut Effects,
    ) -> Self {
        let mut broker = Self::new(id, config, now, Registration::Wanted, disk);
        broker.connect_to_controller(out);
        broker
    }

    fn new(
        id: BrokerId,
        config: BrokerConfig,
        started_at: SimTime,
        registration: Registration,
        disk: Disk,
    ) -> Self {
        let clean_shutdown = disk.clean_shutdown;
        let replicas = disk
            .replicas
            .into_iter()
            .map(|(id, disk)| (id, Replica::load(disk)))
            .collect();
        Self {
            id,
            config,
            started_at,
            registration,
            shutdown: Shutdown::No,
            clean_shutdown,
            image: MetadataImage::default(),
            replicas,
            fetchers: Map::new(),
            parked: Map::new(),
            unfolded: Set::new(),
            waiting: Vec::new(),
            reads: Vec::new(),
            coordinators: Coordinators::default(),
            sharing: Sharing::default(),
            alarms: Alarms::default(),
        }
    }

    /// The process dies; what is left is on disk (in the page cache, which survives).
    pub(crate) fn crash(self, now: SimTime) -> Disk {
        let interval = self.config.high_watermark_checkpoint_interval;
        let disk = |replica: Replica| replica.into_disk(now, interval);
        Disk {
            replicas: self
                .replicas
                .into_iter()
                .map(|(id, replica)| (id, disk(replica)))
                .collect(),
            clean_shutdown: None,
        }
    }

    /// The process ends in good order (`LogManager.shutdown`).
    pub(crate) fn end(self) -> Disk {
        let clean_shutdown = self.epoch();
        Disk {
            replicas: self
                .replicas
                .into_iter()
                .map(|(id, replica)| (id, replica.into_clean_disk()))
                .collect(),
            clean_shutdown,
        }
    }

    /// Opens the two connections to the controller.
    pub(crate) fn connect_to_controller(&mut self, out: &mut Effects) {
        out.connect(NodeId::Controller, Purpose::Control);
        out.connect(NodeId::Controller, Purpose::MetadataLog);
    }

    /// True once the controller counts on it: only then it serves clients and followers.
    pub(crate) fn serves(&self) -> bool {
        matches!(self.registration, Registration::Done(_))
    }

    /// Its incarnation, if it is registered.
    pub(crate) fn epoch(&self) -> Option<BrokerEpoch> {
        self.registration.epoch()
    }

    /// The metadata log as this broker knows it.
    pub(crate) fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Its replicas.
    pub(crate) fn replicas(&self) -> &Map<TopicPartition, Replica> {
        &self.replicas
    }

    /// When its last heartbeat reached the controller, seen from now (`broker.heartbeat.interval.ms` since its start).
    pub(crate) fn last_heartbeat(&self, now: SimTime) -> SimTime {
        let interval = self.config.heartbeat_interval.0.max(1);
        SimTime(now.0 - now.since(self.started_at).0 % interval)
    }

    /// One thing reaches the broker.
    pub(crate) fn on(&mut self, now: SimTime, input: &mut Input, out: &mut Effects) {
        // What is large and frequent is looked at where it is.
        match input {
            Input::Request(
                reply,
                Request::Produce {
                    acks,
                    timeout_ms,
                    batches,
                    transaction: None,
                    ..
                },
            ) => {
                let (asked, wanted) = (Verified::default(), (*acks, *timeout_ms));
                self.on_produce(now, *reply, wanted, batches, &asked, out);
                self.settle_writes(now, out);
            }
            Input::Request(
                reply,
                Request::Fetch {
                    replica,
                    broker_epoch,
                    partitions,
                },
            ) => {
                self.on_fetch(now, *reply, (*replica, *broker_epoch), partitions, out);
            }
            Input::Response(
                NodeId::Broker(leader),
                Purpose::Replication,
                Response::Fetch(partitions),
            ) => {
                self.on_fetched(now, *leader, partitions, out);
            }
            _ => self.on_rare(now, input.taken(), out),
        }
    }

    fn on_rare(&mut self, now: SimTime, input: Input, out: &mut Effects) {
        if let Input::Timer(timer) = &input {
            self.alarms.rang(*timer);
        }
        match input {
            Input::Request(reply, request) => self.on_request(now, reply, request, out),
            Input::Response(NodeId::Broker(peer), purpose, response) => {
                self.on_transactions_answer(now, peer, purpose, response, out);
            }
            Input::Response(_, _, response) => self.on_controller_response(now, response, out),
            Input::Opened(
                NodeId::Broker(peer),
                purpose @ (Purpose::Markers | Purpose::Verification),
            ) => self.on_transactions_opened(now, peer, purpose, out),
            Input::Closed(
                NodeId::Broker(peer),
                purpose @ (Purpose::Markers | Purpose::Verification),
            ) => self.on_transactions_closed(now, peer, purpose, out),
            Input::Opened(NodeId::Broker(leader), _) => self.on_fetcher_opened(leader, out),
            Input::Opened(_, purpose) => self.on_controller_opened(purpose, out),
            Input::Closed(NodeId::Broker(leader), _) => self.back_off(now, leader, out),
            Input::Closed(_, purpose) => self.on_controller_closed(now, purpose, out),
            Input::PeerGone(connection) => self.forget_connection(now, connection, out),
            Input::Timer(Timer::Purgatory) => self.expire_waiting(now, out),
            Input::Timer(Timer::IsrExpiration) => self.shrink_isrs(now, out),
            Input::Timer(Timer::FetchWait) => self.tell_high_watermarks(now, out),
            Input::Timer(Timer::FetchBackoff(leader)) => self.fetch_again(leader, out),
            Input::Timer(Timer::Registration) => self.on_registration_timer(out),
            Input::Timer(Timer::Shutdown) => self.ask_to_shut_down(now, out),
            Input::Timer(Timer::FlushLogs) => self.flush_logs(now, out),
            Input::Timer(Timer::Retention) => self.delete_old_files(now, out),
            Input::Timer(Timer::ReadWait) => self.answer_reads(now, out),
            Input::Timer(Timer::Groups) => self.groups_look(now, out),
            Input::Timer(Timer::StateWait) => self.carry_out_waiting(now, out),
            Input::Timer(Timer::Share) => self.settle(now, out),
            Input::Timer(Timer::Transactions) => self.on_transactions_timer(now, out),
            Input::Timer(
                Timer::Sender
                | Timer::Application
                | Timer::ShareConsumer
                | Timer::SessionCheck
                | Timer::LeaderBalance
                | Timer::Reader
                | Timer::Member,
            ) => {}
        }
    }

    /// The metadata log went on: roles change, ISRs change.
    pub(crate) fn learn_image(&mut self, now: SimTime, image: MetadataImage, out: &mut Effects) {
        self.image = image;
        self.forget_deleted(now, out);
        let mine = self
            .image
            .partitions
            .iter()
            .filter(|(_, p)| p.replicas.contains(&self.id));
        let mine: Vec<_> = mine
            .map(|(partition, registration)| (*partition, registration.clone()))
            .collect();
        for (partition, registration) in mine {
            self.learn_partition(now, partition, &registration, out);
        }
        self.send_markers(now, out);
        self.settle(now, out);
    }

    fn learn_partition(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        registration: &PartitionRegistration,
        out: &mut Effects,
    ) {
        let known = self.replicas.contains_key(&partition);
        let replica = self
            .replicas
            .entry(partition)
            .or_insert_with(|| Replica::load(ReplicaDisk::default()));
        let idle = matches!(replica.role, Role::Follower(None));
        let new_epoch = !known || idle || registration.leader_epoch > replica.leader_epoch;
        if !new_epoch {
            if registration.partition_epoch > replica.partition_epoch {
                replica.learn(registration);
                if let Some(leading) = replica.leading_mut() {
                    leading.isr.clone_from(&registration.isr);
                    leading.wished_isr = None;
                }
            }
            return;
        }
        let was_leader = replica.leading().is_some();
        replica.learn(registration);
        self.end_epoch(now, partition, out);
        self.forget_shares(partition);
        if registration.leader == Some(self.id) {
            self.become_leader(now, partition, registration, out);
        } else {
            if was_leader {
                out.note(Observation::StoppedLeading {
                    broker: self.id,
                    partition,
                });
            }
            self.become_follower(now, partition, registration.leader, out);
        }
        if partition.topic.is_internal() {
            self.reload_coordinator(now, partition, out);
        }
    }
}
