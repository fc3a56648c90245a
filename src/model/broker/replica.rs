//! One replica: what is on disk, and what only the running process knows.

use super::super::ids::{BrokerId, LeaderEpoch, Offset, PartitionEpoch};
use super::super::partition_log::PartitionLog;
use super::super::producer_state::ProducerState;
use super::super::record::Records;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::PartitionRegistration;
use std::collections::{BTreeMap, BTreeSet};

/// What survives a crash of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReplicaDisk {
    pub(in crate::model) log: PartitionLog,
    /// The last entry of `replication-offset-checkpoint`.
    pub(in crate::model) checkpoint: Offset,
}

/// A replica of a running broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica {
    pub(in crate::model) log: PartitionLog,
    pub(in crate::model) producers: ProducerState,
    pub(in crate::model) high_watermark: Offset,
    /// When the high watermark last moved, and what the checkpoint held before: the periodic checkpoint is folded.
    moved_at: SimTime,
    checkpoint: Offset,
    pub(in crate::model) leader_epoch: LeaderEpoch,
    pub(in crate::model) partition_epoch: PartitionEpoch,
    pub(in crate::model) min_insync_replicas: usize,
    pub(in crate::model) role: Role,
}

/// What the replica does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It leads.
    Leader(Leading),
    /// It follows, if there is anybody to follow.
    Follower(Option<BrokerId>),
}

/// What only a leader knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Leading {
    /// Where its epoch begins.
    pub(in crate::model) epoch_start: Offset,
    /// As the controller committed it.
    pub(in crate::model) isr: BTreeSet<BrokerId>,
    /// What it asked the controller for.
    pub(in crate::model) wished_isr: Option<BTreeSet<BrokerId>>,
    /// All other replicas.
    pub(in crate::model) remotes: BTreeMap<BrokerId, Remote>,
}

/// What a leader knows of another replica (`ReplicaState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Remote {
    /// Its log end, known by its last fetch in this epoch.
    pub(in crate::model) log_end: Option<Offset>,
    /// When it last had everything.
    pub(in crate::model) last_caught_up: SimTime,
    last_fetch_at: SimTime,
    leader_end_at_last_fetch: Offset,
    /// The high watermark that it was last told.
    pub(in crate::model) told_high_watermark: Offset,
}

impl Remote {
    /// A replica of which nothing is known but that.
    pub(in crate::model) fn caught_up_at(at: SimTime) -> Self {
        Self {
            last_caught_up: at,
            ..Self::default()
        }
    }

    /// A fetch was received (`Replica.updateFetchStateOrThrow`).
    pub(in crate::model) fn on_fetch(
        &mut self,
        now: SimTime,
        fetch_offset: Offset,
        leader_end: Offset,
    ) {
        if fetch_offset >= leader_end {
            self.last_caught_up = self.last_caught_up.max(now);
        } else if fetch_offset >= self.leader_end_at_last_fetch {
            self.last_caught_up = self.last_caught_up.max(self.last_fetch_at);
        }
        self.log_end = Some(fetch_offset);
        self.last_fetch_at = now;
        self.leader_end_at_last_fetch = leader_end;
    }

    /// The last of the empty fetches that a parked fetch stands for was received then.
    pub(in crate::model) fn credit(&mut self, until: SimTime) {
        self.last_caught_up = self.last_caught_up.max(until);
        self.last_fetch_at = self.last_fetch_at.max(until);
    }

    /// `ReplicaState.isCaughtUp`.
    pub(in crate::model) fn is_caught_up(
        &self,
        now: SimTime,
        leader_end: Offset,
        lag_max: SimDuration,
    ) -> bool {
        self.log_end == Some(leader_end) || now.since(self.last_caught_up) <= lag_max
    }
}

impl Leading {
    /// Committed and wished members: a member that may be in the ISR soon counts already (KIP-497).
    pub(in crate::model) fn maximal_isr(&self) -> BTreeSet<BrokerId> {
        let mut all = self.isr.clone();
        all.extend(self.wished_isr.iter().flatten());
        all
    }
}

impl Replica {
    /// A replica as it comes from disk, following nobody. The high watermark restarts from its checkpoint.
    pub(in crate::model) fn load(disk: ReplicaDisk) -> Self {
        let high_watermark = disk.checkpoint.min(disk.log.end());
        Self {
            producers: ProducerState::of(disk.log.start(), disk.log.entries()),
            high_watermark,
            moved_at: SimTime::ZERO,
            checkpoint: high_watermark,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(0),
            min_insync_replicas: 1,
            role: Role::Follower(None),
            log: disk.log,
        }
    }

    /// What the disk holds when the process dies now.
    pub(in crate::model) fn into_disk(
        mut self,
        now: SimTime,
        checkpoint_interval: SimDuration,
    ) -> ReplicaDisk {
        self.checkpoint_until(now, checkpoint_interval);
        ReplicaDisk {
            log: self.log,
            checkpoint: self.checkpoint,
        }
    }

    fn checkpoint_until(&mut self, now: SimTime, interval: SimDuration) {
        let tick = |at: SimTime| at.0 / interval.0.max(1);
        if tick(now) > tick(self.moved_at) {
            self.checkpoint = self.high_watermark;
        }
    }

    /// Moves the high watermark, up or (on a follower) down.
    pub(in crate::model) fn move_high_watermark(
        &mut self,
        now: SimTime,
        to: Offset,
        checkpoint_interval: SimDuration,
    ) {
        self.checkpoint_until(now, checkpoint_interval);
        self.high_watermark = to;
        self.moved_at = now;
    }

    /// Cuts the log, and with it what was known of the cut part.
    pub(in crate::model) fn truncate_to(
        &mut self,
        now: SimTime,
        end: Offset,
        checkpoint_interval: SimDuration,
    ) -> Records {
        let cut = self.log.truncate_to(end);
        self.producers = ProducerState::of(self.log.start(), self.log.entries());
        if self.high_watermark > self.log.end() {
            self.move_high_watermark(now, self.log.end(), checkpoint_interval);
        }
        cut
    }

    /// The leader's state, if it leads.
    pub(in crate::model) fn leading(&self) -> Option<&Leading> {
        match &self.role {
            Role::Leader(leading) => Some(leading),
            Role::Follower(_) => None,
        }
    }

    /// The same, to change.
    pub(in crate::model) fn leading_mut(&mut self) -> Option<&mut Leading> {
        match &mut self.role {
            Role::Leader(leading) => Some(leading),
            Role::Follower(_) => None,
        }
    }

    /// Takes over what the metadata log says, besides the role.
    pub(in crate::model) fn learn(&mut self, registration: &PartitionRegistration) {
        self.leader_epoch = registration.leader_epoch;
        self.partition_epoch = registration.partition_epoch;
        self.min_insync_replicas = registration.min_insync_replicas as usize;
    }

    /// Is the committed ISR too small to commit anything (`Partition.isUnderMinIsr`)?
    pub(in crate::model) fn is_under_min_isr(&self) -> bool {
        self.leading()
            .is_some_and(|leading| leading.isr.len() < self.min_insync_replicas)
    }
}
