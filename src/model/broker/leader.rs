//! What a leader does: appends, answers fetches, moves the high watermark, changes the ISR.

use super::super::effects::{Effects, Purpose, ReplyTo, Timer};
use super::super::ids::{BrokerEpoch, BrokerId, NodeId, Offset, RecordId, TopicPartition};
use super::super::observation::Observation;
use super::super::producer_state::Admission;
use super::super::record::RecordBatch;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::{
    ErrorCode, FetchPartition, FetchedPartition, PartitionRegistration, ProducedPartition, Request,
    Response,
};
use super::replica::{Leading, Remote};
use super::requests::{ParkedFetch, WaitingPartition, WaitingProduce};
use super::{Broker, Role};
use std::collections::BTreeSet;

impl Broker {
    /// `Partition.makeLeader`: the epoch begins at the log end; nobody else's log end is known yet; whoever is in sync counts
    /// as caught up from now. There is no catching up before.
    pub(super) fn become_leader(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        registration: &PartitionRegistration,
        out: &mut Effects,
    ) {
        self.stop_following(partition);
        let me = self.id;
        let Some(replica) = self.replicas.get_mut(&partition) else {
            return;
        };
        replica.log.begin_epoch(registration.leader_epoch);
        let remote = |id: &BrokerId| {
            let in_sync = registration.isr.contains(id);
            (
                *id,
                Remote::caught_up_at(if in_sync { now } else { SimTime::ZERO }),
            )
        };
        replica.role = Role::Leader(Leading {
            epoch_start: replica.log.end(),
            isr: registration.isr.clone(),
            wished_isr: None,
            remotes: registration
                .replicas
                .iter()
                .filter(|id| **id != me)
                .map(remote)
                .collect(),
        });
        out.note(Observation::BecameLeader {
            broker: me,
            partition,
            leader_epoch: registration.leader_epoch,
        });
    }

    /// The append path (`Partition.appendRecordsToLeader`), one partition after the other, then the answer.
    pub(super) fn on_produce(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        acks: i8,
        timeout_ms: u32,
        batches: Vec<(TopicPartition, RecordBatch)>,
        out: &mut Effects,
    ) {
        let records: Vec<RecordId> = batches
            .iter()
            .flat_map(|(_, batch)| batch.records.clone())
            .collect();
        let partitions: Vec<_> = batches
            .iter()
            .map(|(partition, batch)| self.append(acks, *partition, batch, out))
            .collect();
        if acks == 0 {
            // Nobody hears of an error; the connection is closed instead, so that the client asks who leads.
            let failed = partitions
                .iter()
                .any(|p| p.outcome.error != ErrorCode::None);
            out.0.push(if failed {
                super::super::effects::Effect::Hangup(reply)
            } else {
                super::super::effects::Effect::NoReply(reply)
            });
            return;
        }
        let deadline = now + SimDuration::from_ms(u64::from(timeout_ms));
        // What is decided at once is answered by `settle` in the same turn.
        self.waiting.push(WaitingProduce {
            reply,
            deadline,
            records,
            partitions,
        });
    }

    fn append(
        &mut self,
        acks: i8,
        partition: TopicPartition,
        batch: &RecordBatch,
        out: &mut Effects,
    ) -> WaitingPartition {
        let broker = self.id;
        let appended = self.try_append(acks, partition, batch, out);
        let replica = self.replicas.get(&partition);
        let leader_epoch = replica
            .map(|replica| replica.leader_epoch)
            .unwrap_or_default();
        let (error, base_offset) = match appended {
            Ok(base) => (ErrorCode::None, base),
            Err(error) => {
                let records = batch.records.clone();
                out.note(Observation::BatchRefused {
                    broker,
                    partition,
                    error,
                    records,
                });
                (error, Offset(0))
            }
        };
        let current_leader = if error == ErrorCode::NotLeaderOrFollower {
            self.known_leader(partition)
        } else {
            None
        };
        let end = Offset(base_offset.0 + batch.records.len() as u64);
        WaitingPartition {
            outcome: ProducedPartition {
                partition,
                error,
                base_offset,
                current_leader,
            },
            required: (acks == -1 && error == ErrorCode::None).then_some(end),
            leader_epoch,
        }
    }

    fn try_append(
        &mut self,
        acks: i8,
        partition: TopicPartition,
        batch: &RecordBatch,
        out: &mut Effects,
    ) -> Result<Offset, ErrorCode> {
        let broker = self.id;
        let replica = self
            .replicas
            .get_mut(&partition)
            .ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if replica.leading().is_none() {
            return Err(ErrorCode::NotLeaderOrFollower);
        }
        if acks == -1 && replica.is_under_min_isr() {
            return Err(ErrorCode::NotEnoughReplicas);
        }
        let records = batch.records.clone();
        match replica.producers.admit(batch) {
            Admission::Refuse(error) => Err(error),
            Admission::Duplicate(base_offset) => {
                out.note(Observation::DuplicateRecognised {
                    broker,
                    partition,
                    base_offset,
                    records,
                });
                Ok(base_offset)
            }
            Admission::Append => {
                let leader_epoch = replica.leader_epoch;
                let base_offset = replica.log.append(batch, leader_epoch);
                let (log, producers) = (&replica.log, &mut replica.producers);
                producers.learn(base_offset, log.from(base_offset));
                out.note(Observation::BatchAppended {
                    broker,
                    partition,
                    base_offset,
                    leader_epoch,
                    records,
                });
                Ok(base_offset)
            }
        }
    }

    /// A follower asks for more, and thereby acknowledges what it has.
    pub(super) fn on_fetch(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        id: BrokerId,
        broker_epoch: BrokerEpoch,
        partitions: Vec<FetchPartition>,
        out: &mut Effects,
    ) {
        self.parked.remove(&id);
        let stale = self
            .image
            .brokers
            .get(&id)
            .is_some_and(|known| known.epoch > broker_epoch);
        if !stale {
            for fetch in &partitions {
                self.acknowledge(now, id, fetch);
            }
        }
        if self.has_answer(&partitions) {
            self.answer_fetch(now, id, reply, &partitions, out);
        } else {
            self.parked.insert(
                id,
                ParkedFetch {
                    reply,
                    since: now,
                    cut_off_at: None,
                    partitions,
                },
            );
        }
    }

    /// Counts a fetch as an acknowledgement, unless it is of another epoch or its log parts from ours
    /// (`Partition.fetchRecords`, `updateFollowerFetchState`).
    fn acknowledge(&mut self, now: SimTime, id: BrokerId, fetch: &FetchPartition) {
        let Some(replica) = self.replicas.get_mut(&fetch.partition) else {
            return;
        };
        if fetch.current_leader_epoch != replica.leader_epoch || diverging(replica, fetch).is_some()
        {
            return;
        }
        let end = replica.log.end();
        if let Some(remote) = replica
            .leading_mut()
            .and_then(|leading| leading.remotes.get_mut(&id))
        {
            remote.on_fetch(now, fetch.fetch_offset, end);
        }
    }

    fn has_answer(&self, partitions: &[FetchPartition]) -> bool {
        partitions
            .iter()
            .any(|fetch| match self.replicas.get(&fetch.partition) {
                Some(replica)
                    if replica.leading().is_some()
                        && fetch.current_leader_epoch == replica.leader_epoch =>
                {
                    fetch.fetch_offset != replica.log.end() || diverging(replica, fetch).is_some()
                }
                _ => true,
            })
    }

    pub(super) fn answer_fetch(
        &mut self,
        _now: SimTime,
        id: BrokerId,
        reply: ReplyTo,
        partitions: &[FetchPartition],
        out: &mut Effects,
    ) {
        let answers: Vec<_> = partitions.iter().map(|fetch| self.fetched(fetch)).collect();
        for answer in &answers {
            if let Some(replica) = self.replicas.get_mut(&answer.partition)
                && let Some(remote) = replica
                    .leading_mut()
                    .and_then(|leading| leading.remotes.get_mut(&id))
            {
                remote.told_high_watermark = answer.high_watermark;
            }
        }
        out.reply(reply, Response::Fetch(answers));
    }

    fn fetched(&self, fetch: &FetchPartition) -> FetchedPartition {
        let mut answer = FetchedPartition {
            partition: fetch.partition,
            leader_epoch: fetch.current_leader_epoch,
            fetch_offset: fetch.fetch_offset,
            error: ErrorCode::None,
            diverging: None,
            entries: Vec::new(),
            high_watermark: Offset(0),
        };
        let Some(replica) = self.replicas.get(&fetch.partition) else {
            answer.error = ErrorCode::UnknownTopicOrPartition;
            return answer;
        };
        answer.high_watermark = replica.high_watermark;
        answer.error = match fetch.current_leader_epoch.cmp(&replica.leader_epoch) {
            std::cmp::Ordering::Less => ErrorCode::FencedLeaderEpoch,
            std::cmp::Ordering::Greater => ErrorCode::UnknownLeaderEpoch,
            std::cmp::Ordering::Equal if replica.leading().is_none() => {
                ErrorCode::NotLeaderOrFollower
            }
            std::cmp::Ordering::Equal => ErrorCode::None,
        };
        if answer.error == ErrorCode::None {
            answer.diverging = diverging(replica, fetch);
            if answer.diverging.is_none() {
                answer.entries = replica.log.from(fetch.fetch_offset).to_vec();
            }
        }
        answer
    }

    /// New records complete what waits for them; a moved high watermark does not.
    pub(super) fn answer_parked(&mut self, now: SimTime, out: &mut Effects) {
        let ready: Vec<_> = self
            .parked
            .iter()
            .filter(|(_, parked)| self.has_answer(&parked.partitions))
            .map(|(id, _)| *id)
            .collect();
        for id in ready {
            if let Some(parked) = self.unpark(now, id) {
                self.answer_fetch(now, id, parked.reply, &parked.partitions, out);
            }
        }
    }

    /// A parked fetch would have come back empty by now, with the high watermark that its follower lacks.
    pub(super) fn arm_fetch_wait(&self, now: SimTime, out: &mut Effects) {
        let wait = self.config.replica_fetch_wait_max.0.max(1);
        let next = |parked: &ParkedFetch| {
            parked.since + SimDuration(now.since(parked.since).0 / wait * wait + wait)
        };
        let due = self
            .parked
            .iter()
            .filter(|(id, parked)| self.owes_high_watermark(**id, parked));
        match due.map(|(_, parked)| next(parked)).min() {
            Some(at) => out.arm(Timer::FetchWait, at),
            None => out.disarm(Timer::FetchWait),
        }
    }

    fn owes_high_watermark(&self, id: BrokerId, parked: &ParkedFetch) -> bool {
        parked.partitions.iter().any(|fetch| {
            self.replicas.get(&fetch.partition).is_some_and(|replica| {
                let remote = replica
                    .leading()
                    .and_then(|leading| leading.remotes.get(&id));
                remote.is_some_and(|remote| remote.told_high_watermark < replica.high_watermark)
            })
        })
    }

    pub(super) fn tell_high_watermarks(&mut self, now: SimTime, out: &mut Effects) {
        let wait = self.config.replica_fetch_wait_max.0.max(1);
        let due = |id: BrokerId, parked: &ParkedFetch| {
            now.since(parked.since).0 % wait == 0 && self.owes_high_watermark(id, parked)
        };
        let ready: Vec<_> = self
            .parked
            .iter()
            .filter(|(id, parked)| due(**id, parked))
            .map(|(id, _)| *id)
            .collect();
        for id in ready {
            if let Some(parked) = self.unpark(now, id) {
                self.answer_fetch(now, id, parked.reply, &parked.partitions, out);
            }
        }
        self.arm_fetch_wait(now, out);
    }

    /// `Partition.maybeIncrementLeaderHW`: frozen while the committed ISR is under `min.insync.replicas` (since 3.7); else
    /// the lowest log end of the maximal ISR and of whoever else has kept up.
    pub(super) fn advance_high_watermarks(&mut self, now: SimTime, out: &mut Effects) {
        let (broker, config, image) = (self.id, self.config, &self.image);
        for (partition, replica) in &mut self.replicas {
            if replica.is_under_min_isr() {
                continue;
            }
            let Some(leading) = replica.leading() else {
                continue;
            };
            let (end, isr) = (replica.log.end(), leading.maximal_isr());
            let counts = |id: &BrokerId, remote: &Remote| {
                let active = image.brokers.get(id).is_some_and(|known| !known.fenced);
                isr.contains(id)
                    || active
                        && remote.log_end.is_some()
                        && remote.is_caught_up(now, end, config.replica_lag_time_max)
            };
            let ends = leading
                .remotes
                .iter()
                .filter(|(id, remote)| counts(id, remote))
                .map(|(_, remote)| remote.log_end);
            // A log end that is not known yet (None) holds everything back.
            let lowest = ends.fold(Some(end), |low, end| low.zip(end).map(|(a, b)| a.min(b)));
            if let Some(to) = lowest.filter(|to| *to > replica.high_watermark) {
                replica.move_high_watermark(now, to, config.high_watermark_checkpoint_interval);
                out.note(Observation::HighWatermarkAdvanced {
                    broker,
                    partition: *partition,
                    to,
                });
            }
        }
    }

    /// A follower that has reached the high watermark and the start of this epoch may join (`Partition.maybeExpandIsr`).
    pub(super) fn widen_isrs(&mut self, _now: SimTime, out: &mut Effects) {
        let mut wishes = Vec::new();
        for (partition, replica) in &self.replicas {
            let Some(leading) = replica
                .leading()
                .filter(|leading| leading.wished_isr.is_none())
            else {
                continue;
            };
            let ready = |(id, remote): (&BrokerId, &Remote)| {
                let active = self
                    .image
                    .brokers
                    .get(id)
                    .is_some_and(|known| !known.fenced);
                let reached =
                    |end: Offset| end >= replica.high_watermark && end >= leading.epoch_start;
                (active && !leading.isr.contains(id) && remote.log_end.is_some_and(reached))
                    .then_some(*id)
            };
            if let Some(id) = leading.remotes.iter().find_map(ready) {
                let mut wish = leading.isr.clone();
                wish.insert(id);
                wishes.push((*partition, wish));
            }
        }
        self.wish(wishes, out);
    }

    fn wish(&mut self, wishes: Vec<(TopicPartition, BTreeSet<BrokerId>)>, out: &mut Effects) {
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
        wish: &BTreeSet<BrokerId>,
        out: &mut Effects,
    ) {
        let Some(replica) = self.replicas.get(&partition) else {
            return;
        };
        let epoch_of = |id: &BrokerId| {
            self.image
                .brokers
                .get(id)
                .map(|known| known.epoch)
                .unwrap_or_default()
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

    fn lagging(&self, now: SimTime, partition: TopicPartition) -> Vec<(BrokerId, SimTime)> {
        let Some(replica) = self.replicas.get(&partition) else {
            return Vec::new();
        };
        let Some(leading) = replica
            .leading()
            .filter(|leading| leading.wished_isr.is_none())
        else {
            return Vec::new();
        };
        let wait = self.config.replica_fetch_wait_max;
        let behind = leading.remotes.iter().filter(|(id, remote)| {
            leading.isr.contains(id) && remote.log_end != Some(replica.log.end())
        });
        let caught_up = |id: &BrokerId, remote: &Remote| {
            let parked = self
                .parked
                .get(id)
                .map(|parked| parked.last_fetch_at(now, wait));
            remote.last_caught_up.max(parked.unwrap_or_default())
        };
        behind
            .map(|(id, remote)| (*id, caught_up(id, remote)))
            .collect()
    }

    /// The leader looks twice in `replica.lag.time.max.ms` (`ReplicaManager`, "isr-expiration"); looks that would find
    /// nothing are folded.
    pub(super) fn arm_isr_expiration(&self, now: SimTime, out: &mut Effects) {
        let period = (self.config.replica_lag_time_max.0 / 2).max(1);
        let lagging = self
            .replicas
            .keys()
            .flat_map(|partition| self.lagging(now, *partition));
        let over = lagging
            .map(|(_, since)| since + self.config.replica_lag_time_max + SimDuration::from_us(1))
            .min();
        match over {
            Some(over) => {
                let over = over.max(now + SimDuration::from_us(1));
                let ticks = over.since(self.started_at).0.div_ceil(period);
                out.arm(
                    Timer::IsrExpiration,
                    self.started_at + SimDuration(ticks * period),
                );
            }
            None => out.disarm(Timer::IsrExpiration),
        }
    }

    pub(super) fn shrink_isrs(&mut self, now: SimTime, out: &mut Effects) {
        let mut wishes = Vec::new();
        let lag_max = self.config.replica_lag_time_max;
        for (partition, replica) in &self.replicas {
            let Some(leading) = replica.leading() else {
                continue;
            };
            let out_of_sync: BTreeSet<_> = self
                .lagging(now, *partition)
                .into_iter()
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

/// Where a follower's log parts from the leader's, if it does (KIP-595): the leader's end of the follower's last epoch.
fn diverging(
    replica: &super::Replica,
    fetch: &FetchPartition,
) -> Option<(super::super::ids::LeaderEpoch, Offset)> {
    let asked = fetch.last_fetched_epoch?;
    let (epoch, end) = replica.log.end_offset_for(asked).unwrap_or_default();
    (epoch < asked || end < fetch.fetch_offset).then_some((epoch, end))
}
