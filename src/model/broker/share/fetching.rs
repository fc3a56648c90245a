//! What a leader gives to consumers of share groups (`DelayedShareFetch`, `ShareFetchUtils`).

use super::super::super::config::OffsetReset;
use super::super::super::effects::{Effects, Purpose};
use super::super::super::ids::{ClientId, GroupId, NodeId, Offset, TopicPartition};
use super::super::super::observation::{Delivery, DeliveryStep, Observation, ShareFact};
use super::super::super::record::Entry;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::transaction::Aborted;
use super::super::super::wire::{
    Acquired, DeliveryState, ErrorCode, KeptShare, Request, ShareFetch, ShareRequest,
    SharedPartition, StateBatch,
};
use super::super::reads::first_since;
use super::super::{Broker, Replica};
use super::Loaded;
use super::partition::{Bounds, SharePartition};

/// What a fetch wants, and what it got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    partitions: Vec<TopicPartition>,
    max_records: u32,
    record_limit: bool,
    pub(super) deadline: SimTime,
    pub(super) answered: Option<Vec<SharedPartition>>,
}

impl Wanted {
    /// Each fetch of a session begins with another partition (`PartitionRotateStrategy`).
    pub(super) fn of(now: SimTime, fetch: &ShareFetch, turn: u32) -> Self {
        let mut partitions = fetch.partitions.clone();
        if !partitions.is_empty() {
            let turn = turn as usize % partitions.len();
            partitions.rotate_left(turn);
        }
        let nothing = fetch.renews || partitions.is_empty() || fetch.max_records == 0;
        Self {
            partitions,
            max_records: fetch.max_records,
            record_limit: fetch.record_limit,
            deadline: now + SimDuration::from_ms(u64::from(fetch.max_wait_ms)),
            answered: nothing.then(Vec::new),
        }
    }
}

impl Broker {
    /// Gives what there is, or says what is wrong, or goes on waiting.
    pub(super) fn serve(
        &mut self,
        now: SimTime,
        (group, member): (GroupId, ClientId),
        wanted: &mut Wanted,
        out: &mut Effects,
    ) {
        if wanted.answered.is_some() {
            return;
        }
        let limits = self.share_config(group);
        let mut told = Vec::new();
        let mut open = Vec::new();
        for partition in &wanted.partitions {
            match self.open_share(group, *partition, out) {
                Ok(true) => open.push(*partition),
                Ok(false) => {}
                Err(error) => told.push(self.share_error(*partition, error)),
            }
        }
        let has_records = open
            .iter()
            .any(|partition| self.has_records_for(group, *partition, limits.max_locks));
        let all_wrong = told.len() == wanted.partitions.len();
        if !has_records && !all_wrong && now < wanted.deadline {
            return;
        }
        let mut left = u64::from(wanted.max_records);
        for partition in open {
            let bounds = Bounds {
                max_records: left,
                batch_size: u64::from(wanted.max_records),
                record_limit: wanted.record_limit,
                until: now + limits.lock,
                max_deliveries: limits.delivery_limit,
                max_locks: limits.max_locks,
            };
            if left == 0 || !self.has_records_for(group, partition, limits.max_locks) {
                continue;
            }
            let Some(shared) = self.give(group, member, partition, &bounds, out) else {
                continue;
            };
            let count = |one: &Acquired| one.last.0 + 1 - one.first.0;
            left = left.saturating_sub(shared.acquired.iter().map(count).sum());
            told.push(shared);
        }
        wanted.answered = Some(told);
    }

    /// True if the partition's state is here; it is asked for where it is not.
    fn open_share(
        &mut self,
        group: GroupId,
        partition: TopicPartition,
        out: &mut Effects,
    ) -> Result<bool, ErrorCode> {
        let replica = self.replicas.get(&partition);
        let replica = replica.ok_or(ErrorCode::UnknownTopicOrPartition)?;
        if replica.leading().is_none() {
            return Err(ErrorCode::NotLeaderOrFollower);
        }
        let leader_epoch = replica.leader_epoch;
        let key = (group, partition);
        match self.sharing.partitions.get(&key) {
            Some(Loaded::Ready(..)) => Ok(true),
            Some(Loaded::Asked(_)) => Ok(false),
            None => {
                let asked = Loaded::Asked(leader_epoch);
                self.sharing.partitions.insert(key, asked);
                let request = ShareRequest::ReadState {
                    group,
                    partition,
                    leader_epoch,
                };
                let request = Request::Share(Box::new(request));
                out.send(NodeId::Controller, Purpose::Control, request);
                Ok(false)
            }
        }
    }

    /// What was kept of a partition is here (`SharePartition.maybeInitialize`).
    pub(super) fn load_share(
        &mut self,
        group: GroupId,
        partition: TopicPartition,
        kept: &KeptShare,
        now: SimTime,
    ) {
        let reset = self.share_config(group).offset_reset;
        let Some(Loaded::Asked(epoch)) = self.sharing.partitions.get(&(group, partition)) else {
            return;
        };
        let epoch = *epoch;
        let Some(replica) = self.replicas.get(&partition) else {
            return;
        };
        let start = match reset {
            OffsetReset::Earliest => replica.log.start(),
            OffsetReset::Latest | OffsetReset::None => replica.high_watermark,
            // Where nothing is that young, Kafka tries again until something is: that will be the next record.
            OffsetReset::ByDuration(back) => {
                let since = SimTime(now.0.saturating_sub(back.0));
                first_since(replica, since).unwrap_or(replica.high_watermark)
            }
        };
        let state = SharePartition::load(kept, start);
        let loaded = Loaded::Ready(epoch, state);
        self.sharing.partitions.insert((group, partition), loaded);
    }

    fn share_error(&self, partition: TopicPartition, error: ErrorCode) -> SharedPartition {
        SharedPartition {
            partition,
            error,
            acknowledge_error: ErrorCode::None,
            acquired: Vec::new(),
            entries: Vec::new(),
            current_leader: self.known_leader(partition),
        }
    }

    fn has_records_for(&mut self, group: GroupId, partition: TopicPartition, locks: u64) -> bool {
        let committed = self.share_config(group).read_committed;
        let Some(replica) = self.replicas.get(&partition) else {
            return false;
        };
        let (begin, end) = (replica.log.start(), visible_end(replica, committed));
        let Some(state) = self.sharing.ready(group, partition) else {
            return false;
        };
        state.on_log_start(begin);
        state.may_acquire(locks) && state.next_fetch_offset() < end.0
    }

    /// Acquires records for a member.
    fn give(
        &mut self,
        group: GroupId,
        member: ClientId,
        partition: TopicPartition,
        bounds: &Bounds,
        out: &mut Effects,
    ) -> Option<SharedPartition> {
        let committed = self.share_config(group).read_committed;
        let (broker, replica) = (self.id, self.replicas.get(&partition)?);
        let Some(Loaded::Ready(_, state)) = self.sharing.partitions.get_mut(&(group, partition))
        else {
            return None;
        };
        let from = state.next_fetch_offset();
        let read = batches_from(replica, from, visible_end(replica, committed));
        let mut acquired = state.acquire(member, bounds, from, &read);
        if committed {
            let hidden = aborted_of(replica, &acquired);
            acquired = state.leave_out(acquired, &hidden);
        }
        let mut entries = Vec::new();
        for one in &acquired {
            let count = usize::try_from(one.last.0 + 1 - one.first.0).unwrap_or(0);
            let lying = replica.log.from(one.first).iter().take(count);
            entries.extend((one.first.0..).map(Offset).zip(lying.copied()));
            out.note(Observation::Share(ShareFact::DeliveryChanged(Box::new(
                Delivery {
                    broker,
                    group,
                    partition,
                    first: one.first,
                    last: one.last,
                    deliveries: one.deliveries,
                    step: DeliveryStep::Locked {
                        consumer: member,
                        until: bounds.until,
                    },
                },
            ))));
        }
        Some(SharedPartition {
            partition,
            error: ErrorCode::None,
            acknowledge_error: ErrorCode::None,
            acquired,
            entries,
            current_leader: None,
        })
    }

    /// Tells what became of records.
    pub(super) fn note_settled(
        &self,
        group: GroupId,
        partition: TopicPartition,
        changed: &[StateBatch],
        out: &mut Effects,
    ) {
        for batch in changed {
            out.note(Observation::Share(ShareFact::DeliveryChanged(Box::new(
                Delivery {
                    broker: self.id,
                    group,
                    partition,
                    first: batch.first,
                    last: batch.last,
                    deliveries: batch.deliveries,
                    step: match batch.state {
                        DeliveryState::Acknowledged => DeliveryStep::Accepted,
                        DeliveryState::Archived => DeliveryStep::GivenUp,
                        DeliveryState::Available | DeliveryState::Acquired => {
                            DeliveryStep::Released
                        }
                    },
                },
            ))));
        }
    }
}

/// Up to where a group may see the log (`share.isolation.level`).
fn visible_end(replica: &Replica, committed: bool) -> Offset {
    if committed {
        replica.last_stable()
    } else {
        replica.high_watermark
    }
}

/// What of these belongs to aborted transactions. Their control records are not among it.
fn aborted_of(replica: &Replica, acquired: &[Acquired]) -> Vec<u64> {
    let mut hidden = Vec::new();
    for one in acquired {
        let all = replica.producers.transactions();
        let all = all.map(|all| all.aborted_between(one.first, one.last.next()));
        let aborted: Vec<_> = all.into_iter().flatten().collect();
        let is_aborted = |at: u64, entry: &Entry| {
            let producer = entry.producer.map(|(id, ..)| id);
            let within = |own: &Aborted| {
                Some(own.producer) == producer && own.first.0 <= at && at <= own.last.0
            };
            entry.transactional && entry.record().is_some() && aborted.iter().any(within)
        };
        let lying = (one.first.0..=one.last.0).zip(replica.log.from(one.first));
        hidden.extend(
            lying
                .filter(|(at, entry)| is_aborted(*at, entry))
                .map(|(at, _)| at),
        );
    }
    hidden
}

/// The bounds of the log's batches that a consumer may see, from the one on that holds this offset.
fn batches_from(replica: &Replica, from: u64, end: Offset) -> Vec<(u64, u64)> {
    let start = replica.log.start();
    let all: Vec<(u64, &Entry)> = (start.0..).zip(replica.log.from(start)).collect();
    let seen = all.iter().filter(|(at, _)| *at < end.0);
    let mut batches: Vec<(u64, u64)> = Vec::new();
    for (at, entry) in seen {
        match batches.last_mut() {
            Some(batch) if !entry.begins_batch => batch.1 = *at,
            _ => batches.push((*at, *at)),
        }
    }
    batches.retain(|(_, last)| *last >= from);
    batches
}
