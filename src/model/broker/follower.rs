//! What a follower does: one fetch at a time from each leader, truncation where the logs part.

use super::super::effects::{Effects, Purpose, Timer};
use super::super::ids::{BrokerId, NodeId, TopicPartition};
use super::super::observation::Observation;
use super::super::record::Records;
use super::super::scenario::Rule;
use super::super::small::Few;
use super::super::time::SimTime;
use super::super::wire::{ErrorCode, FetchPartition, FetchedBesides, FetchedPartition, Request};
use super::{Broker, Role};

/// The thread that fetches from one leader (`ReplicaFetcherThread`; `num.replica.fetchers` is 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fetcher {
    /// Its connection is being opened.
    Connecting,
    /// A fetch is out.
    Fetching,
    /// After an error.
    BackingOff,
    /// It follows nothing of this leader now; the connection is open.
    Idle,
}

impl Broker {
    /// Follows a new leader from the own log end: there is no truncation to the high watermark (KIP-101, KIP-595).
    pub(super) fn become_follower(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        leader: Option<BrokerId>,
        out: &mut Effects,
    ) {
        if let Some(replica) = self.replicas.get_mut(&partition) {
            replica.role = Role::Follower(leader);
            replica.aligned = false;
            replica.guards.clear();
        }
        let Some(leader) = leader else { return };
        if self.config.rules.has(Rule::TruncateToHighWatermark) {
            self.truncate_to_high_watermark(now, partition, out);
        }
        match self.fetchers.get(&leader) {
            None => {
                self.fetchers.insert(leader, Fetcher::Connecting);
                out.connect(NodeId::Broker(leader), Purpose::Replication);
            }
            Some(Fetcher::Idle) => self.fetch(leader, out),
            Some(Fetcher::BackingOff) => {
                out.disarm(Timer::FetchBackoff(leader));
                self.fetch_again(leader, out);
            }
            Some(Fetcher::Connecting | Fetcher::Fetching) => {}
        }
    }

    /// What a follower did first before KIP-101.
    fn truncate_to_high_watermark(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        out: &mut Effects,
    ) {
        let (broker, interval) = (self.id, self.config.high_watermark_checkpoint_interval);
        let Some(replica) = self.replicas.get_mut(&partition) else {
            return;
        };
        let to = replica.high_watermark;
        if to < replica.log.end() {
            let records = replica.truncate_to(now, to, interval);
            out.note(Observation::LogTruncated {
                broker,
                partition,
                to,
                records,
            });
        }
    }

    pub(super) fn stop_following(&mut self, partition: TopicPartition) {
        if let Some(replica) = self.replicas.get_mut(&partition) {
            replica.role = Role::Follower(None);
        }
    }

    fn followed(&self, leader: BrokerId) -> Few<FetchPartition> {
        let follows = |role: &Role| matches!(role, Role::Follower(Some(id)) if *id == leader);
        let rules = self.config.rules;
        let says_epoch = |replica: &super::Replica| {
            let aligned = rules.has(Rule::UnfencedFetches) && replica.aligned;
            !rules.has(Rule::TruncateToHighWatermark) && !aligned
        };
        let fetch = |(partition, replica): (&TopicPartition, &super::Replica)| FetchPartition {
            partition: *partition,
            fetch_offset: replica.log.end(),
            last_fetched_epoch: replica.log.latest_epoch().filter(|_| says_epoch(replica)),
            current_leader_epoch: replica.leader_epoch,
        };
        let mut followed = Few::new();
        for (partition, replica) in &self.replicas {
            if follows(&replica.role) {
                followed.push(fetch((partition, replica)));
            }
        }
        followed
    }

    fn fetch(&mut self, leader: BrokerId, out: &mut Effects) {
        let partitions = self.followed(leader);
        let (Some(broker_epoch), false) = (self.epoch(), partitions.is_empty()) else {
            self.fetchers.insert(leader, Fetcher::Idle);
            return;
        };
        self.fetchers.insert(leader, Fetcher::Fetching);
        let request = Request::Fetch {
            replica: self.id,
            broker_epoch,
            partitions,
        };
        out.send(NodeId::Broker(leader), Purpose::Replication, request);
    }

    pub(super) fn on_fetcher_opened(&mut self, leader: BrokerId, out: &mut Effects) {
        self.fetch(leader, out);
    }

    /// The connection could not be opened, or broke: `replica.fetch.backoff.ms`, then anew.
    pub(super) fn back_off(&mut self, now: SimTime, leader: BrokerId, out: &mut Effects) {
        if self.followed(leader).is_empty() {
            self.fetchers.remove(&leader);
            return;
        }
        self.fetchers.insert(leader, Fetcher::BackingOff);
        out.close(NodeId::Broker(leader), Purpose::Replication);
        out.arm(
            Timer::FetchBackoff(leader),
            now + self.config.replica_fetch_backoff,
        );
    }

    pub(super) fn fetch_again(&mut self, leader: BrokerId, out: &mut Effects) {
        if self.followed(leader).is_empty() {
            self.fetchers.remove(&leader);
            return;
        }
        self.fetchers.insert(leader, Fetcher::Connecting);
        out.connect(NodeId::Broker(leader), Purpose::Replication);
    }

    pub(super) fn on_fetched(
        &mut self,
        now: SimTime,
        leader: BrokerId,
        partitions: &mut [FetchedPartition],
        out: &mut Effects,
    ) {
        let mut failed = false;
        for fetched in partitions {
            failed |= !self.take_in(now, leader, fetched, out);
        }
        self.arm_housekeeping(now, out);
        if failed {
            self.back_off(now, leader, out);
        } else {
            self.fetch(leader, out);
        }
    }

    /// Takes in what was fetched of one partition; false after an error that calls for a pause. An answer to a question that
    /// is no longer the present one is ignored (`AbstractFetcherThread.processFetchRequest`).
    fn take_in(
        &mut self,
        now: SimTime,
        leader: BrokerId,
        fetched: &mut FetchedPartition,
        out: &mut Effects,
    ) -> bool {
        let (broker, partition) = (self.id, fetched.partition);
        let interval = self.config.high_watermark_checkpoint_interval;
        let rules = self.config.rules;
        let Some(replica) = self.replicas.get_mut(&partition) else {
            return true;
        };
        let present = replica.role == Role::Follower(Some(leader))
            && (rules.has(Rule::UnfencedFetches) || replica.leader_epoch == fetched.leader_epoch)
            && replica.log.end() == fetched.fetch_offset;
        if !present {
            return true;
        }
        if fetched.error == ErrorCode::OffsetOutOfRange {
            return self.start_over(now, fetched, out);
        }
        if fetched.error != ErrorCode::None {
            return false;
        }
        if let Some(FetchedBesides::Diverging(epoch, leader_end)) = fetched.besides.as_deref() {
            let (epoch, leader_end) = (*epoch, *leader_end);
            // A follower that does not know that epoch goes back to its next lower one and asks again (KIP-279).
            let to = match replica.log.end_offset_for(epoch) {
                _ if rules.has(Rule::NoTruncationByOlderEpochs) => leader_end,
                Some((known, end)) if known == epoch => end.min(leader_end),
                Some((_, end)) => end,
                None => leader_end,
            };
            let to = to.min(replica.log.end());
            let records = replica.truncate_to(now, to, interval);
            out.note(Observation::LogTruncated {
                broker,
                partition,
                to,
                records,
            });
            return true;
        }
        replica.aligned = true;
        if !fetched.entries.is_empty() {
            let base_offset = replica.log.end();
            let bytes = fetched
                .entries
                .iter()
                .map(|entry| u64::from(entry.batch_bytes));
            replica.before_append(now, fetched.entries[0].at, bytes.sum());
            replica.log.append_fetched(&fetched.entries);
            if let Some(FetchedBesides::States(states)) = fetched.besides.take().map(|it| *it) {
                replica.log.append_states(states);
            }
            replica.producers.learn(base_offset, &fetched.entries);
            replica.after_append(now);
            let mut records = Records::new();
            for entry in &fetched.entries {
                records.extend(entry.record());
            }
            out.note(Observation::RecordsReplicated {
                broker,
                partition,
                base_offset,
                records,
            });
        }
        let to = fetched.high_watermark.min(replica.log.end());
        if to != replica.high_watermark {
            replica.move_high_watermark(now, to, interval);
        }
        replica.raise_log_start(now, fetched.log_start);
        true
    }

    /// The leader has nothing at this log's end (`AbstractFetcherThread.fetchOffsetAndTruncate`): cut it to the leader's end, or
    /// throw it away and begin where the leader's begins. False if neither helps.
    fn start_over(&mut self, now: SimTime, fetched: &FetchedPartition, out: &mut Effects) -> bool {
        let (broker, partition) = (self.id, fetched.partition);
        let interval = self.config.high_watermark_checkpoint_interval;
        let Some(replica) = self.replicas.get_mut(&partition) else {
            return true;
        };
        let leader_end = match fetched.besides.as_deref() {
            Some(FetchedBesides::LogEnd(end)) => *end,
            _ => replica.log.end(),
        };
        let (to, records) = if leader_end < replica.log.end() {
            let to = leader_end;
            (to, replica.truncate_to(now, to, interval))
        } else if fetched.log_start > replica.log.end() {
            let to = fetched.log_start;
            (to, replica.begin_anew(now, to, interval))
        } else {
            return false;
        };
        out.note(Observation::LogTruncated {
            broker,
            partition,
            to,
            records,
        });
        true
    }
}
