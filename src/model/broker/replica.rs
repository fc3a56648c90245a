//! One replica: what is on disk, and what only the running process knows.

use super::super::config::LogConfig;
use super::super::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch, ProducerId};
use super::super::partition_log::PartitionLog;
use super::super::producer_state::{Guard, ProducerState};
use super::super::record::Records;
use super::super::scenario::{Rule, Rules};
use super::super::small::Map;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{BrokerRegistration, PartitionRegistration};
use crate::small::Set;

/// What survives a crash of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReplicaDisk {
    pub(crate) log: PartitionLog,
    /// The last entry of `replication-offset-checkpoint`.
    pub(crate) checkpoint: Offset,
    /// The last entry of `log-start-offset-checkpoint`.
    start_checkpoint: Offset,
    /// The end of what was forced to disk: a power cut leaves no more.
    flushed: Offset,
    /// Where the last snapshot of producers was taken.
    snapshot: Offset,
}

impl ReplicaDisk {
    /// The power fails: what was not forced to disk is gone, and with it the snapshots.
    pub(crate) fn lose_unflushed(&mut self) -> Records {
        self.snapshot = Offset(0);
        self.log.truncate_to(self.flushed)
    }
}

/// How often first offsets are written to disk (`log.flush.start.offset.checkpoint.interval.ms`).
const START_CHECKPOINT_INTERVAL: SimDuration = SimDuration::from_ms(60_000);

/// An offset that is written to disk from time to time: the writing is folded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Checkpointed {
    moved_at: SimTime,
    on_disk: Offset,
}

impl Checkpointed {
    fn new(on_disk: Offset) -> Self {
        Self {
            moved_at: SimTime::ZERO,
            on_disk,
        }
    }

    /// What is on disk now, if it holds this since it last moved.
    fn until(&self, now: SimTime, interval: SimDuration, holds: Offset) -> Offset {
        let tick = |at: SimTime| at.0 / interval.0.max(1);
        if tick(now) > tick(self.moved_at) {
            holds
        } else {
            self.on_disk
        }
    }

    /// It moves from what it held.
    fn moves(&mut self, now: SimTime, interval: SimDuration, held: Offset) {
        self.on_disk = self.until(now, interval, held);
        self.moved_at = now;
    }
}

/// A replica of a running broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Replica {
    pub(crate) log: PartitionLog,
    pub(crate) producers: ProducerState,
    /// Producers about whose transactions a coordinator is being asked, or was in vain.
    pub(super) guards: Map<ProducerId, Guard>,
    pub(crate) high_watermark: Offset,
    checkpoint: Checkpointed,
    start_checkpoint: Checkpointed,
    flushed: Offset,
    /// When the log was last forced to disk.
    pub(super) flushed_at: SimTime,
    snapshot: Offset,
    pub(crate) leader_epoch: LeaderEpoch,
    pub(crate) partition_epoch: PartitionEpoch,
    pub(crate) min_insync_replicas: usize,
    pub(crate) config: LogConfig,
    pub(crate) role: Role,
    /// As a follower: its log was found to agree with the leader's in this epoch.
    pub(super) aligned: bool,
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
    pub(crate) epoch_start: Offset,
    /// As the controller committed it.
    pub(crate) isr: Set<BrokerId>,
    /// What it asked the controller for.
    pub(crate) wished_isr: Option<Set<BrokerId>>,
    /// All other replicas.
    pub(crate) remotes: Map<BrokerId, Remote>,
}

/// What a leader knows of another replica (`ReplicaState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Remote {
    /// Its log end, known by its last fetch in this epoch.
    pub(crate) log_end: Option<Offset>,
    /// Its incarnation, by the same fetch (KIP-903).
    pub(crate) broker_epoch: Option<BrokerEpoch>,
    /// When it last had everything.
    pub(crate) last_caught_up: SimTime,
    last_fetch_at: SimTime,
    leader_end_at_last_fetch: Offset,
    /// The high watermark that it was last told.
    pub(crate) told_high_watermark: Offset,
    /// The first offset that it was last told.
    pub(crate) told_log_start: Offset,
}

impl Remote {
    /// A replica of which nothing is known but that.
    pub(crate) fn caught_up_at(at: SimTime) -> Self {
        Self {
            last_caught_up: at,
            ..Self::default()
        }
    }

    /// A fetch was received (`Replica.updateFetchStateOrThrow`).
    pub(crate) fn on_fetch(
        &mut self,
        now: SimTime,
        broker_epoch: BrokerEpoch,
        fetch_offset: Offset,
        leader_end: Offset,
    ) {
        self.broker_epoch = Some(broker_epoch);
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
    pub(crate) fn credit(&mut self, until: SimTime) {
        self.last_caught_up = self.last_caught_up.max(until);
        self.last_fetch_at = self.last_fetch_at.max(until);
    }

    /// Did it fetch just now?
    pub(crate) fn fetched_at(&self, now: SimTime) -> bool {
        self.broker_epoch.is_some() && self.last_fetch_at == now
    }

    /// True if it may be in sync: it is active, and the incarnation that fetched (`Partition.isReplicaIsrEligible`).
    pub(crate) fn is_eligible(&self, known: Option<&BrokerRegistration>, rules: Rules) -> bool {
        let unchecked = rules.has(Rule::UncheckedBrokerEpoch);
        known.is_some_and(|known| {
            known.is_active() && (unchecked || self.broker_epoch == Some(known.epoch))
        })
    }

    /// `ReplicaState.isCaughtUp`.
    pub(crate) fn is_caught_up(
        &self,
        now: SimTime,
        leader_end: Offset,
        lag_max: SimDuration,
    ) -> bool {
        self.log_end == Some(leader_end) || now.since(self.last_caught_up) <= lag_max
    }
}

impl Leading {
    /// True if every replica is in sync: nobody is left who could join.
    pub(crate) fn has_everybody(&self) -> bool {
        self.isr.len() > self.remotes.len()
    }

    /// Committed and wished members: a member that may be in the ISR soon counts already (KIP-497).
    pub(crate) fn is_in_maximal_isr(&self, id: BrokerId, rules: Rules) -> bool {
        let wished = self.wished_isr.as_ref();
        self.isr.contains(&id)
            || !rules.has(Rule::CommittedIsrOnly) && wished.is_some_and(|isr| isr.contains(&id))
    }

    /// How many those are, with the leader itself.
    pub(crate) fn maximal_isr_size(&self, rules: Rules) -> usize {
        let wished = self.wished_isr.iter().flatten();
        let more = wished.filter(|id| !self.isr.contains(id)).count();
        match rules.has(Rule::CommittedIsrOnly) {
            true => self.isr.len(),
            false => self.isr.len() + more,
        }
    }
}

impl Replica {
    /// A replica as it comes from disk, following nobody. The high watermark restarts from its checkpoint.
    pub(crate) fn load(disk: ReplicaDisk) -> Self {
        let mut log = disk.log;
        log.restart_at(disk.start_checkpoint);
        let high_watermark = disk.checkpoint.min(log.end()).max(log.start());
        Self {
            producers: ProducerState::of(&log, disk.snapshot),
            guards: Map::new(),
            high_watermark,
            checkpoint: Checkpointed::new(high_watermark),
            start_checkpoint: Checkpointed::new(disk.start_checkpoint),
            flushed: disk.flushed.min(log.end()),
            flushed_at: SimTime::ZERO,
            snapshot: disk.snapshot,
            leader_epoch: LeaderEpoch(0),
            partition_epoch: PartitionEpoch(0),
            min_insync_replicas: 1,
            config: LogConfig::default(),
            role: Role::Follower(None),
            aligned: false,
            log,
        }
    }

    /// What the disk holds when the process dies now.
    pub(crate) fn into_disk(self, now: SimTime, interval: SimDuration) -> ReplicaDisk {
        ReplicaDisk {
            checkpoint: self.checkpoint.until(now, interval, self.high_watermark),
            start_checkpoint: self.start_checkpoint.until(
                now,
                START_CHECKPOINT_INTERVAL,
                self.log.start(),
            ),
            flushed: self.flushed,
            snapshot: self.snapshot,
            log: self.log,
        }
    }

    /// What the disk holds after a shutdown in good order (`LogManager.shutdown`): everything is forced to disk, a snapshot of
    /// the producers is taken.
    pub(crate) fn into_clean_disk(self) -> ReplicaDisk {
        let end = self.log.end();
        ReplicaDisk {
            checkpoint: self.high_watermark,
            start_checkpoint: self.log.start(),
            flushed: end,
            snapshot: end,
            log: self.log,
        }
    }

    /// Before something is appended: begins a new file if the present one is old or full. The old one is forced to disk, and a
    /// snapshot of the producers is taken (`UnifiedLog.roll`).
    pub(super) fn before_append(&mut self, now: SimTime, next: SimTime, bytes: u64) {
        let config = self.config;
        if self
            .log
            .roll(next, config.segment, bytes, config.segment_bytes)
        {
            self.flush(now);
            self.snapshot = self.log.end();
        }
    }

    /// After something was appended: forces it to disk if so much has gathered (`flush.messages`).
    pub(super) fn after_append(&mut self, now: SimTime) {
        let unflushed = self.log.end().0.saturating_sub(self.flushed.0);
        if unflushed >= self.config.flush_messages {
            self.flush(now);
        }
    }

    /// Forces everything to disk.
    pub(super) fn flush(&mut self, now: SimTime) {
        self.flushed = self.log.end();
        self.flushed_at = now;
    }

    /// True if something is not on disk yet.
    pub(super) fn is_dirty(&self) -> bool {
        self.flushed < self.log.end()
    }

    /// Moves the high watermark, up or (on a follower) down.
    pub(crate) fn move_high_watermark(
        &mut self,
        now: SimTime,
        to: Offset,
        checkpoint_interval: SimDuration,
    ) {
        self.checkpoint
            .moves(now, checkpoint_interval, self.high_watermark);
        self.high_watermark = to;
        self.producers.stable_below(to);
    }

    /// Where readers of decided records may read to: what was deleted holds nobody back (`maybeIncrementFirstUnstableOffset`).
    pub(crate) fn last_stable(&self) -> Offset {
        let stable = self.producers.last_stable(self.high_watermark);
        stable.max(self.log.start()).min(self.high_watermark)
    }

    /// Moves the first offset up. True if it moved.
    pub(super) fn raise_log_start(&mut self, now: SimTime, to: Offset) -> bool {
        let held = self.log.start();
        let moved = self.log.raise_start(to).is_some();
        if moved {
            self.start_checkpoint
                .moves(now, START_CHECKPOINT_INTERVAL, held);
        }
        moved
    }

    /// Deletes files that are too old or too much. The new first offset, if it moved.
    pub(super) fn delete_old_files(&mut self, now: SimTime) -> Option<Offset> {
        let held = self.log.start();
        let start = self.log.delete_old_files(
            now,
            self.config.retention,
            self.config.retention_bytes,
            self.high_watermark,
        )?;
        self.start_checkpoint
            .moves(now, START_CHECKPOINT_INTERVAL, held);
        self.flushed = self.flushed.max(start);
        Some(start)
    }

    /// Throws the log away and begins at an offset.
    pub(super) fn begin_anew(
        &mut self,
        now: SimTime,
        at: Offset,
        checkpoint_interval: SimDuration,
    ) -> Records {
        let held = self.log.start();
        let cut = self.log.begin_anew(at);
        self.start_checkpoint
            .moves(now, START_CHECKPOINT_INTERVAL, held);
        self.producers = ProducerState::default();
        self.flushed = at;
        self.snapshot = at;
        self.move_high_watermark(now, at, checkpoint_interval);
        cut
    }

    /// Cuts the log, and with it what was known of the cut part.
    pub(crate) fn truncate_to(
        &mut self,
        now: SimTime,
        end: Offset,
        checkpoint_interval: SimDuration,
    ) -> Records {
        let cut = self.log.truncate_to(end);
        self.flushed = self.flushed.min(self.log.end());
        if self.snapshot > self.log.end() {
            self.snapshot = Offset(0);
        }
        self.producers = ProducerState::of(&self.log, self.snapshot);
        if self.high_watermark > self.log.end() {
            self.move_high_watermark(now, self.log.end(), checkpoint_interval);
        }
        cut
    }

    /// The leader's state, if it leads.
    pub(crate) fn leading(&self) -> Option<&Leading> {
        match &self.role {
            Role::Leader(leading) => Some(leading),
            Role::Follower(_) => None,
        }
    }

    /// The same, to change.
    pub(crate) fn leading_mut(&mut self) -> Option<&mut Leading> {
        match &mut self.role {
            Role::Leader(leading) => Some(leading),
            Role::Follower(_) => None,
        }
    }

    /// True if an offset is within the log, or its end.
    pub(crate) fn holds(&self, offset: Offset) -> bool {
        self.log.start() <= offset && offset <= self.log.end()
    }

    /// Takes over what the metadata log says, besides the role.
    pub(crate) fn learn(&mut self, registration: &PartitionRegistration) {
        self.leader_epoch = registration.leader_epoch;
        self.partition_epoch = registration.partition_epoch;
        self.min_insync_replicas = registration.min_insync_replicas as usize;
        self.config = registration.log;
    }

    /// Is the committed ISR too small to commit anything (`Partition.isUnderMinIsr`)?
    pub(crate) fn is_under_min_isr(&self) -> bool {
        self.leading()
            .is_some_and(|leading| leading.isr.len() < self.min_insync_replicas)
    }
}
