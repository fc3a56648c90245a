//! What the in-sync replicas decide: the high watermark, and who joins and leaves them.

use super::super::config::BrokerConfig;
use super::super::effects::{Effects, Purpose, Timer};
use super::super::ids::{BrokerId, NodeId, Offset, TopicPartition};
use super::super::observation::Observation;
use super::super::scenario::Rule;
use super::super::small::Map;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{BrokerRegistration, ErrorCode, Request};
use super::replica::Remote;
use super::{Broker, Replica};
use crate::small::Set;

/// `Partition.maybeIncrementLeaderHW`: frozen while the committed ISR is under `min.insync.replicas` (since 3.7); else the lowest
/// log end of the maximal ISR and of whoever else has kept up. A log end that is not known yet holds everything back.
fn next_high_watermark(
    now: SimTime,
    replica: &Replica,
    config: &BrokerConfig,
    brokers: &Map<BrokerId, BrokerRegistration>,
) -> Option<Offset> {
    let leading = replica.leading()?;
    let rules = config.rules;
    if replica.is_under_min_isr() && !rules.has(Rule::HighWatermarkUnderMinIsr) {
        return None;
    }
    let end = replica.log.end();
    let mut lowest = end;
    for (id, remote) in &leading.remotes {
        if remote.log_end.is_some_and(|own| own >= lowest) {
            continue;
        }
        let counts = leading.is_in_maximal_isr(*id, rules)
            || remote.log_end.is_some()
                && remote.is_eligible(brokers.get(id), rules)
                && remote.is_caught_up(now, end, config.replica_lag_time_max);
        if counts {
            lowest = remote.log_end.filter(|own| *own > replica.high_watermark)?;
        }
    }
    Some(lowest)
}

impl Broker {
    /// Moves the high watermarks that may move. True if one did.
    pub(super) fn advance_high_watermarks(&mut self, now: SimTime, out: &mut Effects) -> bool {
        let (broker, config, brokers) = (self.id, &self.config, &self.image.brokers);
        let interval = config.high_watermark_checkpoint_interval;
        let mut moved = false;
        for (partition, replica) in &mut self.replicas {
            if replica.high_watermark == replica.log.end() {
                continue;
            }
            let Some(to) = next_high_watermark(now, replica, config, brokers) else {
                continue;
            };
            replica.move_high_watermark(now, to, interval);
            moved = true;
            out.note(Observation::HighWatermarkAdvanced {
                broker,
                partition: *partition,
                to,
            });
        }
        moved
    }

    /// A follower that fetches, and has reached the high watermark and the start of this epoch, may join
    /// (`Partition.maybeExpandIsr`, which only a fetch of that follower brings about).
    pub(super) fn widen_isrs(&mut self, now: SimTime, out: &mut Effects) {
        let mut wishes = Vec::new();
        let rules = self.config.rules;
        let early = rules.has(Rule::JoinBeforeEpochStart);
        for (partition, replica) in &self.replicas {
            let Some(leading) = replica
                .leading()
                .filter(|leading| leading.wished_isr.is_none() && !leading.has_everybody())
            else {
                continue;
            };
            let ready = |(id, remote): (&BrokerId, &Remote)| {
                let eligible = remote.is_eligible(self.image.brokers.get(id), rules);
                let reached = |end: Offset| {
                    end >= replica.high_watermark && (early || end >= leading.epoch_start)
                };
                let fetches = remote.fetched_at(now) || self.parked.contains_key(id);
                (!leading.isr.contains(id)
                    && fetches
                    && eligible
                    && remote.log_end.is_some_and(reached))
                .then_some(*id)
            };
            if let Some(id) = leading.remotes.iter().find_map(ready) {
                let mut wish = leading.isr.clone();
                wish.insert(id);
                wishes.push((*partition, wish));
            }
        }
        if !wishes.is_empty() {
            self.wish(wishes, out);
        }
    }

    fn wish(&mut self, wishes: Vec<(TopicPartition, Set<BrokerId>)>, out: &mut Effects) {
        for (partition, wish) in wishes {
            self.send_isr_wish(partition, &wish, out);
            if let Some(leading) = self
                .replicas
                .get_mut(&partition)
                .and_then(|replica| replica.leading_mut())
            {
                leading.wished_isr = Some(wish);
            }
        }
    }

    pub(super) fn send_isr_wish(
        &self,
        partition: TopicPartition,
        wish: &Set<BrokerId>,
        out: &mut Effects,
    ) {
        let Some(replica) = self.replicas.get(&partition) else {
            return;
        };
        let epoch_of = |id: &BrokerId| {
            let remote = replica
                .leading()
                .and_then(|leading| leading.remotes.get(id));
            let fetched = remote.and_then(|remote| remote.broker_epoch);
            let known = self.image.brokers.get(id).map(|known| known.epoch);
            fetched.or(known).unwrap_or_default()
        };
        let request = Request::AlterPartition {
            partition,
            leader_epoch: replica.leader_epoch,
            partition_epoch: replica.partition_epoch,
            isr: wish.iter().map(|id| (*id, epoch_of(id))).collect(),
        };
        out.send(NodeId::Controller, Purpose::Control, request);
    }

    /// A refused member is forgotten; after any other error the metadata log will bring the truth.
    pub(super) fn on_isr_answer(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        error: ErrorCode,
        out: &mut Effects,
    ) {
        if error == ErrorCode::IneligibleReplica
            && let Some(leading) = self
                .replicas
                .get_mut(&partition)
                .and_then(|replica| replica.leading_mut())
        {
            leading.wished_isr = None;
        }
        self.settle(now, out);
    }

    /// Members of the ISR that lack something, and since when.
    fn lagging<'a>(
        &'a self,
        now: SimTime,
        replica: &'a Replica,
    ) -> impl Iterator<Item = (BrokerId, SimTime)> + 'a {
        let (wait, end) = (self.config.replica_fetch_wait_max, replica.log.end());
        let leading = replica.leading();
        let leading = leading.filter(|leading| leading.wished_isr.is_none());
        leading.into_iter().flat_map(move |leading| {
            leading.remotes.iter().filter_map(move |(id, remote)| {
                if remote.log_end == Some(end) || !leading.isr.contains(id) {
                    return None;
                }
                let parked = self.parked.get(id);
                let parked = parked.map(|parked| parked.last_fetch_at(now, wait));
                Some((*id, remote.last_caught_up.max(parked.unwrap_or_default())))
            })
        })
    }

    /// The leader looks twice in `replica.lag.time.max.ms` (`ReplicaManager`, "isr-expiration"); looks that would find
    /// nothing are folded.
    pub(super) fn arm_isr_expiration(&mut self, now: SimTime, out: &mut Effects) {
        let period = (self.config.replica_lag_time_max.0 / 2).max(1);
        let mut longest: Option<SimTime> = None;
        for replica in self.replicas.values() {
            self.lagging(now, replica).for_each(|(_, since)| {
                longest = Some(longest.map_or(since, |other| other.min(since)));
            });
        }
        let look = longest.map(|since| {
            let instant = SimDuration::from_us(1);
            let over = since + self.config.replica_lag_time_max + instant;
            let ticks = over
                .max(now + instant)
                .since(self.started_at)
                .0
                .div_ceil(period);
            self.started_at + SimDuration(ticks * period)
        });
        self.alarms.set(Timer::IsrExpiration, look, out);
    }

    pub(super) fn shrink_isrs(&mut self, now: SimTime, out: &mut Effects) {
        let mut wishes = Vec::new();
        let lag_max = self.config.replica_lag_time_max;
        for (partition, replica) in &self.replicas {
            let Some(leading) = replica.leading() else {
                continue;
            };
            let out_of_sync: Set<_> = self
                .lagging(now, replica)
                .filter(|(_, since)| now.since(*since) > lag_max)
                .map(|(id, _)| id)
                .collect();
            if !out_of_sync.is_empty() {
                wishes.push((
                    *partition,
                    leading.isr.difference(&out_of_sync).copied().collect(),
                ));
            }
        }
        self.wish(wishes, out);
        self.settle(now, out);
    }
}
