//! The sender's loop (`Sender.runOnce`): expire, resolve, ask, drain, send, and set the alarm.

use super::super::super::effects::{Effects, Purpose};
use super::super::super::ids::{BrokerId, NodeId, TopicPartition};
use super::super::super::observation::Observation;
use super::super::super::small::Few;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::Request;
use super::super::peers::{Asked, soonest};
use super::super::{IDLE_REFRESH, set_timer};
use super::batches::Batch;
use super::responses::acknowledge;
use super::{JavaProducer, Lane, Life};

/// The sender wakes up in the millisecond after the one in which a batch expires. A request that was sent in the millisecond
/// in which its batch was made, with a timeout of the same length, is overdue by then, and that is looked at first.
const LATE: SimDuration = SimDuration::from_ms(1);

impl JavaProducer {
    /// One turn. Everything that can happen now happens; the timer is set for the next thing.
    pub(super) fn run(&mut self, now: SimTime, out: &mut Effects) {
        let expiry = self.next_expiry();
        if expiry.is_some() || self.calling.is_some() {
            self.busy_until = now + IDLE_REFRESH;
        }
        // Before anything expires: what expires now may still be answered before the sender wakes again (`Sender.runOnce`).
        self.resolve_sequences(out);
        // As long as the alarm is set, nothing is late.
        if self.alarm.is_none_or(|at| at <= now) {
            while let Some(id) = self.peers.overdue(now) {
                self.time_out(now, id, out);
                self.oldest = None;
            }
        }
        if expiry.is_some_and(|at| at <= now) {
            self.expire_batches(now, out);
            self.oldest = None;
        }
        if self.calling.is_some() {
            self.go_on_calling(now, out);
            if self.life != Life::Open {
                return;
            }
        }
        self.ask_for_producer_id(now, out);
        if !self.send_transactional(now, out) {
            self.send_batches(now, out);
        }
        if self.manager.is_some() {
            self.go_on_calling(now, out);
            if self.life != Life::Open {
                return;
            }
        }
        self.peers.ask_for_metadata(now, now > self.busy_until, out);
        let alarm = self.next_alarm(now);
        if alarm != self.alarm {
            self.alarm = alarm;
            set_timer(alarm, out);
        }
    }

    /// A request that is not answered for `request.timeout.ms` closes its connection, with all that is on it.
    fn time_out(&mut self, now: SimTime, id: BrokerId, out: &mut Effects) {
        out.note(Observation::RequestTimedOut {
            producer: self.id,
            broker: id,
        });
        out.close(NodeId::Broker(id), Purpose::Client);
        self.on_disconnected(now, id, true, out);
    }

    /// `Sender.getExpiredInflightBatches`, then `RecordAccumulator.expiredBatches`. A request that is on its way is not
    /// recalled: its response will find its batches done.
    fn expire_batches(&mut self, now: SimTime, out: &mut Effects) {
        if self.next_expiry().is_none_or(|at| at > now) {
            return;
        }
        let timeout = self.config.delivery_timeout;
        let over = |batch: &Batch| now.since(batch.created) >= timeout;
        let mut expired: Vec<(TopicPartition, Batch, bool)> = Vec::new();
        for asked in self.peers.nodes.iter_mut().flat_map(|n| &mut n.in_flight) {
            if let Asked::Produce(batches) = &mut asked.what {
                for (partition, batch) in batches.iter_mut() {
                    if over(batch) && !batch.done {
                        expired.push((*partition, batch.clone(), true));
                        batch.done = true;
                    }
                }
            }
        }
        for lane in &mut self.lanes {
            while let Some(batch) = lane.queue.pop_front_if(|head| over(head)) {
                let was_sent = batch.in_retry();
                self.memory = self.memory.saturating_sub(u64::from(batch.memory));
                expired.push((lane.partition, batch, was_sent));
            }
        }
        for (partition, batch, was_sent) in expired {
            self.expire(partition, &batch, was_sent, out);
        }
    }

    /// When the next batch expires.
    fn next_expiry(&mut self) -> Option<SimTime> {
        let oldest = match self.oldest {
            // What is done to batches by transactions is not watched.
            Some(known) if self.manager.is_none() => known,
            _ => self.oldest_batch(),
        };
        self.oldest = Some(oldest);
        Some(oldest? + self.config.delivery_timeout + LATE)
    }

    /// When the oldest batch was made that has no outcome yet.
    fn oldest_batch(&self) -> Option<SimTime> {
        let mut oldest = None;
        for asked in self.peers.nodes.iter().flat_map(|node| &node.in_flight) {
            if let Asked::Produce(batches) = &asked.what {
                for (_, batch) in batches.iter().filter(|(_, batch)| !batch.done) {
                    oldest = soonest(oldest, Some(batch.created));
                }
            }
        }
        for head in self.lanes.iter().filter_map(|lane| lane.queue.front()) {
            oldest = soonest(oldest, Some(head.created));
        }
        oldest
    }

    fn ask_for_producer_id(&mut self, now: SimTime, out: &mut Effects) {
        if self.identity.must_ask()
            && let Some(id) = self.peers.least_loaded(now, out)
        {
            self.identity.asking = true;
            self.peers.put_in_flight(now, id, Asked::ProducerId);
            out.send(NodeId::Broker(id), Purpose::Client, Request::InitProducerId);
        }
    }

    /// Ready nodes get one request with at most one batch of each partition.
    fn send_batches(&mut self, now: SimTime, out: &mut Effects) {
        if self.config.enable_idempotence && self.identity.is_missing() {
            return;
        }
        if self.lanes.iter().all(|lane| lane.queue.is_empty()) {
            return;
        }
        while let Some(id) = self.ready_leader(now) {
            if !self.peers.is_ready(id) {
                self.peers.connect(now, id, out);
                continue;
            }
            let batches = self.drain(now, id);
            if batches.is_empty() {
                return;
            }
            self.produce(now, id, batches, out);
        }
    }

    /// True if the head of a lane may be sent now.
    fn is_ready(&self, now: SimTime, lane: &Lane) -> bool {
        lane.queue.front().is_some_and(|head| {
            self.wait_of_head(now, lane) == SimDuration::ZERO && self.may_drain(lane, head)
        })
    }

    /// A broker that leads a partition with something to send, and can be sent to or connected to.
    fn ready_leader(&mut self, now: SimTime) -> Option<BrokerId> {
        for at in 0..self.lanes.len() {
            let lane = &self.lanes[at];
            if !self.is_ready(now, lane) {
                continue;
            }
            let known = self.peers.leadership(lane.partition);
            match known.and_then(|known| known.leader) {
                Some(leader) if self.peers.usable(now, leader) => return Some(leader),
                Some(_) => {}
                None => self.peers.wanted = true,
            }
        }
        None
    }

    fn drain(&mut self, now: SimTime, id: BrokerId) -> Few<(TopicPartition, Batch)> {
        let mut size = 0_u32;
        let mut drained = Few::new();
        for at in 0..self.lanes.len() {
            let lane = &self.lanes[at];
            let partition = lane.partition;
            let Some(known) = self.peers.leadership(partition) else {
                continue;
            };
            let Some(head) = lane.queue.front() else {
                continue;
            };
            let full = size.saturating_add(head.bytes()) > self.config.max_request_size;
            if known.leader != Some(id)
                || (full && !drained.is_empty())
                || !self.is_ready(now, lane)
            {
                continue;
            }
            let epoch = known.epoch;
            let lane = &mut self.lanes[at];
            let Some(mut batch) = lane.queue.pop_front() else {
                continue;
            };
            if !lane.queue.is_empty() {
                // What was behind it may be older: batches that came back are reversed without idempotence.
                self.oldest = None;
            }
            lane.on_the_way += 1;
            batch.close();
            batch.epoch_at_attempt = Some(epoch);
            self.sign(partition, &mut batch);
            size = size.saturating_add(batch.bytes());
            drained.push((partition, batch));
        }
        drained
    }

    fn produce(
        &mut self,
        now: SimTime,
        id: BrokerId,
        batches: Few<(TopicPartition, Batch)>,
        out: &mut Effects,
    ) {
        let transactional = self.manager.is_some();
        let request = Request::Produce {
            acks: self.config.acks,
            timeout_ms: u32::try_from(self.config.request_timeout.0 / 1000).unwrap_or(u32::MAX),
            batches: batches
                .iter()
                .map(|(partition, batch)| (*partition, batch.on_the_wire(transactional)))
                .collect(),
            retry: batches.iter().any(|(_, batch)| batch.in_retry()),
            transaction: self.manager.as_ref().map(|own| own.on_the_wire()),
        };
        out.send(NodeId::Broker(id), Purpose::Client, request);
        if self.config.acks == 0 {
            // Handed to the socket: that is all that acks=0 waits for.
            self.oldest = None;
            for (partition, batch) in &batches {
                self.lane_mut(*partition).on_the_way -= 1;
                self.release(batch);
                acknowledge(batch, None, out);
            }
        } else {
            self.peers.put_in_flight(now, id, Asked::Produce(batches));
        }
    }

    fn next_alarm(&mut self, now: SimTime) -> Option<SimTime> {
        let expiry = self.next_expiry();
        let mut wait = None;
        for lane in self.lanes.iter().filter(|lane| !lane.queue.is_empty()) {
            let own = self.wait_of_head(now, lane);
            if own > SimDuration::ZERO && wait.is_none_or(|wait| own < wait) {
                wait = Some(own);
            }
        }
        let batches = soonest(expiry, wait.map(|wait| now + wait));
        let transactions = self.manager.as_ref();
        let asks = transactions.is_some_and(|own| own.is_asking());
        let wakes = transactions.and_then(|own| own.next_alarm(now));
        let active = asks
            || (self.peers.wanted && now <= self.busy_until)
            || self.identity.must_ask()
            || expiry.is_some();
        let peers = self.peers.next_alarm(now, active, self.busy_until);
        let calls = soonest(self.call_ends_at(), wakes);
        soonest(soonest(batches, calls), peers).filter(|at| *at > now)
    }

    /// True while the application waits for an outcome.
    pub(super) fn has_records(&self) -> bool {
        self.oldest_batch().is_some()
    }
}
