//! What a broker answers: Produce, Fetch, Metadata, InitProducerId, and what waits for an answer.

use super::super::effects::{Effects, ReplyTo, Timer};
use super::super::ids::{BrokerId, ConnectionId, LeaderEpoch, Offset, ProducerId, TopicPartition};
use super::super::record::Records;
use super::super::scenario::Rules;
use super::super::small::{Few, Map};
use super::super::time::{SimDuration, SimTime};
use super::super::transaction::TransactionResponse;
use super::super::wire::{ErrorCode, FetchPartition, ProducedPartition, Request, Response};
use super::coordinators::Held;
use super::{Broker, Replica};

/// A Produce request with `acks=all` that waits for the ISR (`DelayedProduce`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct WaitingProduce {
    pub(super) reply: ReplyTo,
    pub(super) deadline: SimTime,
    pub(super) records: Records,
    pub(super) partitions: Few<WaitingPartition>,
    /// It is a coordinator's: the producers whose markers these are, one for each partition.
    pub(super) markers_of: Option<Box<[ProducerId]>>,
}

impl WaitingProduce {
    fn answer(self) -> Response {
        let Some(producers) = &self.markers_of else {
            let mut partitions = Few::new();
            for waiting in &self.partitions {
                partitions.push(waiting.outcome);
            }
            return Response::Produce {
                partitions,
                records: self.records,
            };
        };
        let partitions = self.partitions.iter().map(|p| p.outcome);
        let told = producers.iter().zip(partitions);
        let told = told.map(|(producer, told)| (*producer, told.partition, told.error));
        let told = TransactionResponse::WriteTxnMarkers(told.collect());
        Response::Transaction(Box::new(told))
    }
}

/// One partition of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct WaitingPartition {
    pub(super) outcome: ProducedPartition,
    /// The high watermark must reach this. None once decided.
    pub(super) required: Option<Offset>,
    /// In this epoch.
    pub(super) leader_epoch: LeaderEpoch,
}

/// A follower's fetch with nothing to answer yet (`DelayedFetch`). In Kafka it comes back empty every
/// `replica.fetch.wait.max.ms` and is sent again; here it waits, and what those fetches would have changed is reckoned.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ParkedFetch {
    pub(super) reply: ReplyTo,
    pub(super) since: SimTime,
    /// Its follower cannot reach this broker since then.
    pub(super) cut_off_at: Option<SimTime>,
    pub(super) partitions: Few<FetchPartition>,
}

impl ParkedFetch {
    /// When the last of the empty fetches came that this one stands for.
    pub(super) fn last_fetch_at(&self, now: SimTime, wait_max: SimDuration) -> SimTime {
        let until = self.cut_off_at.map_or(now, |cut| cut.min(now));
        SimTime(until.0 - until.since(self.since).0 % wait_max.0.max(1))
    }
}

/// `Partition.checkEnoughReplicasReachOffset`.
fn decide(waiting: &mut WaitingPartition, replicas: &Map<TopicPartition, Replica>, rules: Rules) {
    let Some(required) = waiting.required else {
        return;
    };
    let replica = replicas.get(&waiting.outcome.partition);
    let leader =
        replica.filter(|r| r.leader_epoch == waiting.leader_epoch && r.leading().is_some());
    let Some(replica) = leader else {
        waiting.required = None;
        waiting.outcome.error = ErrorCode::NotLeaderOrFollower;
        return;
    };
    if replica.high_watermark < required {
        return;
    }
    waiting.required = None;
    let enough = replica
        .leading()
        .is_some_and(|l| l.maximal_isr_size(rules) >= replica.min_insync_replicas);
    waiting.outcome.error = if enough {
        ErrorCode::None
    } else {
        ErrorCode::NotEnoughReplicasAfterAppend
    };
}

impl Broker {
    pub(super) fn on_request(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: Request,
        out: &mut Effects,
    ) {
        match request {
            Request::Produce {
                timeout_ms,
                batches,
                transaction: Some((id, protocol)),
                ..
            } => {
                let held = Held {
                    reply,
                    timeout_ms,
                    id,
                    protocol,
                    batches,
                    offsets: None,
                };
                self.on_transactional_produce(now, held, out);
            }
            Request::Read {
                max_wait_ms,
                partitions,
                isolation,
            } => self.on_read(now, reply, max_wait_ms, (partitions, isolation), out),
            Request::ListOffsets(asked, isolation) => {
                self.on_list_offsets(reply, &asked, isolation, out);
            }
            Request::OffsetForLeaderEpoch(asked) => self.on_epoch_ends(reply, &asked, out),
            Request::Share(request) => self.on_share(now, reply, *request, out),
            Request::Metadata => out.reply(reply, self.metadata()),
            Request::InitProducerId => {
                // A fresh id for every producer instance; blocks of ids per broker, as Kafka hands them out.
                let id = ProducerId(u64::from(self.id.0) * 1000 + u64::from(reply.request.0));
                out.reply(reply, Response::InitProducerId(id));
            }
            Request::Group(asked) => self.on_group_request(now, reply, *asked, out),
            Request::Transaction(request) => {
                self.on_transaction_request(now, reply, *request, out);
            }
            Request::FindCoordinator(key) => self.on_find_coordinator(reply, key, out),
            Request::FetchMetadata { .. }
            | Request::CreateTopics(_)
            | Request::Produce { .. }
            | Request::Fetch { .. }
            | Request::AlterPartition { .. }
            | Request::BrokerRegistration { .. }
            | Request::BrokerHeartbeat { .. } => {}
        }
        self.settle(now, out);
    }

    fn metadata(&self) -> Response {
        let leaders = self
            .image
            .partitions
            .iter()
            .filter(|(id, _)| !id.topic.is_internal())
            .map(|(id, p)| (*id, (p.leader, p.leader_epoch)))
            .collect();
        let brokers = self
            .image
            .brokers
            .iter()
            .filter(|(_, broker)| !broker.fenced)
            .map(|(id, _)| *id)
            .collect();
        Response::Metadata { leaders, brokers }
    }

    /// A peer's connection is gone: its parked fetch is, too. A waiting write stays; its answer will go nowhere.
    pub(super) fn forget_connection(
        &mut self,
        now: SimTime,
        connection: ConnectionId,
        out: &mut Effects,
    ) {
        let gone: Vec<_> = self
            .parked
            .iter()
            .filter(|(_, parked)| parked.reply.connection == connection)
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.unpark(now, id);
        }
        self.forget_reads(connection);
        self.end_sessions_of(connection, out);
        self.forget_standing_of(now, connection, out);
    }

    /// Frames between this broker and a follower are held from now on: its parked fetch stands for no more fetches.
    pub(crate) fn on_link_cut(&mut self, now: SimTime, peer: BrokerId) {
        if let Some(parked) = self.parked.get_mut(&peer) {
            parked.cut_off_at.get_or_insert(now);
        }
    }

    /// Takes a parked fetch out, with the credit that it earned.
    pub(super) fn unpark(&mut self, now: SimTime, id: BrokerId) -> Option<ParkedFetch> {
        let parked = self.parked.remove(&id)?;
        let until = parked.last_fetch_at(now, self.config.replica_fetch_wait_max);
        for fetch in &parked.partitions {
            if let Some(leading) = self
                .replicas
                .get_mut(&fetch.partition)
                .and_then(|replica| replica.leading_mut())
                && let Some(remote) = leading.remotes.get_mut(&id)
            {
                remote.credit(until);
            }
        }
        Some(parked)
    }

    /// After something that may have changed anything: decides what can be decided of the waiting writes, answers those that
    /// are decided, and sets the timers.
    pub(super) fn settle(&mut self, now: SimTime, out: &mut Effects) {
        self.complete_waiting(now, out);
        self.widen_isrs(now, out);
        self.arm_timers(now, out);
    }

    /// The same after records were appended: nobody joins an ISR by that.
    pub(super) fn settle_writes(&mut self, now: SimTime, out: &mut Effects) {
        self.complete_waiting(now, out);
        self.arm_timers(now, out);
    }

    /// Moves the high watermarks that can move, and answers everybody whose wait is over.
    fn complete_waiting(&mut self, now: SimTime, out: &mut Effects) {
        self.advance_high_watermarks(now, out);
        self.decide_waiting(out);
        if !self.coordinators.is_idle() {
            self.carry_out_waiting(now, out);
        }
        if !self.parked.is_empty() {
            self.answer_parked(now, out);
        }
        self.answer_readers(now, out);
    }

    /// Answers those who read, where anybody does.
    fn answer_readers(&mut self, now: SimTime, out: &mut Effects) {
        if !self.reads.is_empty() {
            self.answer_reads(now, out);
        }
        if !self.sharing.is_idle() {
            self.settle_shares(now, out);
        }
    }

    /// The same after a follower's fetch: it brings no records, and without a high watermark that moves it completes nothing.
    pub(super) fn settle_fetch(&mut self, now: SimTime, out: &mut Effects) {
        if self.advance_high_watermarks(now, out) {
            self.decide_waiting(out);
            if !self.coordinators.is_idle() {
                self.carry_out_waiting(now, out);
            }
            self.answer_readers(now, out);
            self.arm_purgatory(out);
        }
        self.widen_isrs(now, out);
        self.arm_isr_expiration(now, out);
        self.arm_fetch_wait(now, out);
    }

    fn decide_waiting(&mut self, out: &mut Effects) {
        let mut at = 0;
        while let Some(produce) = self.waiting.get_mut(at) {
            let mut open = false;
            for partition in &mut produce.partitions {
                decide(partition, &self.replicas, self.config.rules);
                open |= partition.required.is_some();
            }
            if open {
                at += 1;
            } else {
                let produce = self.waiting.remove(at);
                out.reply(produce.reply, produce.answer());
            }
        }
    }

    pub(super) fn expire_waiting(&mut self, now: SimTime, out: &mut Effects) {
        for produce in self
            .waiting
            .iter_mut()
            .filter(|produce| produce.deadline <= now)
        {
            for partition in produce
                .partitions
                .iter_mut()
                .filter(|p| p.required.is_some())
            {
                partition.required = None;
                partition.outcome.error = ErrorCode::RequestTimedOut;
            }
        }
        self.settle(now, out);
    }

    fn arm_purgatory(&mut self, out: &mut Effects) {
        let purgatory = self.waiting.iter().map(|produce| produce.deadline).min();
        self.alarms.set(Timer::Purgatory, purgatory, out);
    }

    fn arm_timers(&mut self, now: SimTime, out: &mut Effects) {
        self.arm_purgatory(out);
        self.arm_isr_expiration(now, out);
        self.arm_fetch_wait(now, out);
        self.arm_housekeeping(now, out);
    }

    /// What a leader's epoch leaves behind when it ends: nobody waits in it any more.
    pub(super) fn end_epoch(&mut self, now: SimTime, partition: TopicPartition, out: &mut Effects) {
        let asks = |parked: &ParkedFetch| {
            parked
                .partitions
                .iter()
                .any(|fetch| fetch.partition == partition)
        };
        let ids: Vec<_> = self
            .parked
            .iter()
            .filter(|(_, parked)| asks(parked))
            .map(|(id, _)| *id)
            .collect();
        for id in ids {
            if let Some(parked) = self.unpark(now, id) {
                self.answer_fetch(id, parked.reply, &parked.partitions, out);
            }
        }
    }

    /// The leader that this broker knows, for a client that asked the wrong one (KIP-951).
    pub(super) fn known_leader(
        &self,
        partition: TopicPartition,
    ) -> Option<(BrokerId, LeaderEpoch)> {
        let registration = self.image.partitions.get(&partition)?;
        registration
            .leader
            .filter(|id| *id != self.id)
            .map(|id| (id, registration.leader_epoch))
    }
}
