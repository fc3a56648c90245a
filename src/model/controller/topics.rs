//! What clients ask of the controller: topics, partitions, elections.

use super::super::config::TopicConfig;
use super::super::effects::{Effects, Timer};
use super::super::ids::{BrokerId, LeaderEpoch, PartitionEpoch, TopicId, TopicPartition};
use super::super::scenario::ElectionKind;
use super::super::text::Settings;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{ErrorCode, PartitionRegistration};
use super::Controller;
use super::election::{Change, Election};
use crate::small::Set;

/// `offsets.topic.replication.factor` and `transaction.state.log.replication.factor`, by default.
const INTERNAL_REPLICAS: usize = 3;

/// Leadership that would be given back later than so much after the last change is not waited for.
const HORIZON: SimDuration = SimDuration::from_ms(60_000);

impl Controller {
    /// Creates a topic with given replicas: the first of each partition that is active leads, and those that are active are in
    /// sync (`ReplicationControlManager.createTopic`).
    ///
    /// # Errors
    /// As the controller answers.
    pub(crate) fn create_topic(
        &mut self,
        now: SimTime,
        topic: TopicId,
        replicas: &[Vec<BrokerId>],
        config: TopicConfig,
        out: &mut Effects,
    ) -> Result<(), ErrorCode> {
        let size = replicas.first().map(Vec::len);
        let sound = |ids: &Vec<BrokerId>| {
            let once: Set<_> = ids.iter().collect();
            let known = ids.iter().all(|id| self.image.brokers.contains_key(id));
            let serves = ids.iter().any(|id| self.is_active(*id));
            !ids.is_empty() && once.len() == ids.len() && known && serves && Some(ids.len()) == size
        };
        if replicas.is_empty() || !replicas.iter().all(sound) {
            return Err(ErrorCode::InvalidReplicaAssignment);
        }
        for (partition, replicas) in (0..).zip(replicas) {
            let id = TopicPartition { topic, partition };
            self.add_partition(id, replicas.clone(), config);
        }
        self.publish(out);
        self.arm_balance(now, out);
        Ok(())
    }

    /// Creates an internal topic, if it is not there: one partition, on as many of the brokers as it wants replicas, the highest
    /// ids first. In Kafka fewer brokers than replicas are an error; here the topic makes do with what there is.
    ///
    /// # Errors
    /// If it is there, or no broker serves.
    pub(crate) fn create_internal_topic(
        &mut self,
        now: SimTime,
        topic: TopicId,
        out: &mut Effects,
    ) -> Result<(), ErrorCode> {
        if self.image.partitions.contains_key(&topic.first_partition()) {
            return Err(ErrorCode::TopicAlreadyExists);
        }
        let mut brokers: Vec<_> = self.image.brokers.keys().copied().collect();
        brokers.reverse();
        brokers.truncate(INTERNAL_REPLICAS);
        let mut config = TopicConfig::resolve(&Settings::default(), &self.config).config;
        config.log.retention = None;
        config.log.retention_bytes = None;
        if topic == TopicId::TRANSACTION_STATE {
            config.min_insync_replicas = self.config.transaction_log_min_isr;
            config.unclean_leader_election_enable = false;
        }
        self.create_topic(now, topic, &[brokers], config, out)
    }

    fn add_partition(&mut self, id: TopicPartition, replicas: Vec<BrokerId>, config: TopicConfig) {
        let active = replicas.iter().copied().filter(|id| self.is_active(*id));
        let isr: Set<_> = active.collect();
        let leader = replicas.iter().copied().find(|id| isr.contains(id));
        let size = u32::try_from(replicas.len()).unwrap_or(u32::MAX);
        let registration = PartitionRegistration {
            min_insync_replicas: config.min_insync_replicas.min(size),
            replicas,
            elr: Set::new(),
            last_known_leader: None,
            leader,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(0),
            unclean_election: config.unclean_leader_election_enable,
            log: config.log,
            isr,
        };
        self.image.partitions.insert(id, registration);
    }

    /// Gives a topic more partitions, each with as many replicas as its first, on brokers in turn. Kafka's placer begins at a
    /// broker by chance (`StripedReplicaPlacer`).
    ///
    /// # Errors
    /// As the controller answers.
    pub(crate) fn add_partitions(
        &mut self,
        topic: TopicId,
        total: u32,
        config: TopicConfig,
        out: &mut Effects,
    ) -> Result<(), ErrorCode> {
        let first = TopicPartition {
            topic,
            partition: 0,
        };
        let size = match self.image.partitions.get(&first) {
            Some(partition) => partition.replicas.len(),
            None => return Err(ErrorCode::UnknownTopicOrPartition),
        };
        let present = self.image.partitions.keys().filter(|id| id.topic == topic);
        let present = u32::try_from(present.count()).unwrap_or(u32::MAX);
        if total <= present {
            return Err(ErrorCode::InvalidPartitions);
        }
        let brokers: Vec<BrokerId> = self.image.brokers.keys().copied().collect();
        for partition in present..total {
            let turn = brokers
                .iter()
                .cycle()
                .skip(partition as usize % brokers.len());
            let replicas = turn.take(size).copied().collect();
            self.add_partition(TopicPartition { topic, partition }, replicas, config);
        }
        self.publish(out);
        Ok(())
    }

    /// Deletes a topic: the metadata log does not know it any more.
    ///
    /// # Errors
    /// As the controller answers.
    pub(crate) fn delete_topic(
        &mut self,
        topic: TopicId,
        out: &mut Effects,
    ) -> Result<(), ErrorCode> {
        let before = self.image.partitions.len();
        self.image.partitions.retain(|id, _| id.topic != topic);
        if self.image.partitions.len() == before {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        self.publish(out);
        Ok(())
    }

    /// `ReplicationControlManager.electLeader`.
    ///
    /// # Errors
    /// As the controller answers.
    pub(crate) fn elect_leader(
        &mut self,
        partition: TopicPartition,
        kind: ElectionKind,
        out: &mut Effects,
    ) -> Result<(), ErrorCode> {
        let known = self.image.partitions.get(&partition);
        let known = known.ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let (needed, election, failure) = match kind {
            ElectionKind::Preferred => (
                known.leader != known.replicas.first().copied(),
                Election::Preferred,
                ErrorCode::PreferredLeaderNotAvailable,
            ),
            ElectionKind::Unclean => (
                known.leader.is_none(),
                Election::Unclean,
                ErrorCode::EligibleLeadersNotAvailable,
            ),
        };
        if !needed {
            return Err(ErrorCode::ElectionNotNeeded);
        }
        let change = Change {
            election,
            ..Change::of(known.isr.clone())
        };
        if !self.apply(partition, change, out) {
            return Err(failure);
        }
        self.publish(out);
        Ok(())
    }

    /// Leadership goes back to preferred replicas that are in sync (`maybeBalancePartitionLeaders`).
    pub(super) fn balance_leaders(&mut self, out: &mut Effects) {
        let ids: Vec<_> = self.image.partitions.keys().copied().collect();
        for partition in ids {
            // Where nothing is to be done the answer is an error, and nobody asked.
            _ = self.elect_leader(partition, ElectionKind::Preferred, out);
        }
    }

    /// The controller looks for leaders that are not the preferred ones every so often, from the start of the run.
    pub(super) fn arm_balance(&self, now: SimTime, out: &mut Effects) {
        let every = self.config.leader_imbalance_check_interval;
        let Some(every) = every.filter(|every| *every <= HORIZON) else {
            return;
        };
        let imbalanced = self.image.partitions.values().any(|partition| {
            let preferred = partition.replicas.first().copied();
            partition.leader != preferred && preferred.is_some_and(|id| partition.isr.contains(&id))
        });
        if imbalanced {
            let ticks = (now.0 / every.0.max(1)).saturating_add(1);
            out.arm(Timer::LeaderBalance, SimTime(ticks * every.0.max(1)));
        } else {
            out.disarm(Timer::LeaderBalance);
        }
    }
}
