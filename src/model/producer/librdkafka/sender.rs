//! The broker threads' loop (`rd_kafka_broker_produce_toppars`): time out, assign, send, and set the alarm.

use super::super::super::effects::{Effects, Purpose};
use super::super::super::ids::{BrokerId, NodeId, Sequence};
use super::super::super::observation::Observation;
use super::super::super::record::ProducerIdentity;
use super::super::super::small::Few;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::{RdError, Request};
use super::super::peers::{Asked, soonest};
use super::super::sizes::BATCH_OVERHEAD;
use super::super::{IDLE_REFRESH, set_timer};
use super::messages::{Batch, Message, fail};
use super::{Lane, RdProducer};

/// Messages of one partition that an idempotent producer has in flight at most (`RD_KAFKA_IDEMP_MAX_INFLIGHT`).
const IDEMPOTENT_IN_FLIGHT: u32 = 5;

/// A request for a message that has no time left gets so much (`rd_kafka_ProduceRequest`).
const LAST_CHANCE: SimDuration = SimDuration::from_ms(100);

impl RdProducer {
    /// One turn. Everything that can happen now happens; the timer is set for the next thing.
    pub(super) fn run(&mut self, now: SimTime, out: &mut Effects) {
        if self.queued.0 > 0 {
            self.busy_until = now + IDLE_REFRESH;
        }
        while let Some(id) = self.peers.overdue(now) {
            out.note(Observation::RequestTimedOut {
                producer: self.id,
                broker: id,
            });
            out.close(NodeId::Broker(id), Purpose::Client);
            self.on_disconnected(now, id, true, out);
        }
        self.assign(now, out);
        self.expire(now, out);
        self.raise_epoch(out);
        self.ask_for_producer_id(now, out);
        while self.send_one(now, out) {}
        self.peers.ask_for_metadata(now, now > self.busy_until, out);
        if self
            .flushing
            .is_some_and(|until| self.queued.0 == 0 || until <= now)
        {
            self.flushing = None;
        }
        let alarm = self.next_alarm(now);
        if alarm != self.alarm {
            self.alarm = alarm;
            set_timer(alarm, out);
        }
    }

    fn expires_at(&self, message: &Message) -> Option<SimTime> {
        let timeout = self.config.message_timeout;
        (timeout.0 > 0).then(|| message.record.sent_at + timeout)
    }

    /// `rd_kafka_broker_toppar_msgq_scan`: messages that wait and whose time is over. What is under way has a request's timeout
    /// of the same length. The gap that an idempotent producer gets is closed by a new epoch.
    fn expire(&mut self, now: SimTime, out: &mut Effects) {
        let queues = self.lanes.iter().map(|lane| &lane.queue);
        let waiting = queues.chain([&self.unassigned]).flatten();
        let is_over = |message: &Message| self.expires_at(message).is_some_and(|at| at <= now);
        if !waiting.into_iter().any(is_over) {
            return;
        }
        let timeout = self.config.message_timeout;
        let over = |message: &Message| message.record.sent_at + timeout <= now;
        let mut expired: Vec<Message> = Vec::new();
        for lane in &mut self.lanes {
            let kept = lane.queue.len();
            let (gone, stay) = lane.queue.drain(..).partition::<Vec<_>, _>(over);
            lane.queue = stay.into();
            expired.extend(gone);
            self.identity.drains |= self.config.enable_idempotence && lane.queue.len() < kept;
        }
        let (gone, stay) = self.unassigned.drain(..).partition::<Vec<_>, _>(over);
        self.unassigned = stay.into();
        expired.extend(gone);
        for message in expired {
            out.note(Observation::BatchExpired {
                producer: self.id,
                records: [message.record.id].as_slice().into(),
                was_sent: message.retries > 0,
            });
            self.done(&message);
            fail(message.record.id, RdError::MsgTimedOut, out);
        }
    }

    /// `rd_kafka_idemp_drain_done`: with nothing in flight, the epoch is raised; sequences start over in every partition.
    fn raise_epoch(&mut self, out: &mut Effects) {
        let drained = self.lanes.iter().all(|lane| lane.in_flight == 0);
        if !self.identity.drains || !drained {
            return;
        }
        self.identity.drains = false;
        if let Some((id, epoch)) = self.identity.current {
            let epoch = epoch.next();
            self.identity.current = Some((id, epoch));
            out.note(Observation::ProducerEpochBumped {
                producer: self.id,
                epoch,
            });
        }
    }

    fn ask_for_producer_id(&mut self, now: SimTime, out: &mut Effects) {
        let asks = self.config.enable_idempotence
            && self.identity.current.is_none()
            && !self.identity.asking;
        if asks && let Some(id) = self.peers.least_loaded(now, out) {
            self.identity.asking = true;
            self.peers.put_in_flight(now, id, Asked::ProducerId);
            out.send(NodeId::Broker(id), Purpose::Client, Request::InitProducerId);
        }
    }

    /// When the messages of a lane may go (`rd_kafka_msgq_allow_wakeup_at`); none if there is none.
    fn ready_at(&self, lane: &Lane) -> Option<SimTime> {
        let first = lane.queue.front()?;
        let full = lane.queue.len() >= self.config.batch_num_messages as usize
            || self.flushing.is_some()
            || first.last_of_batch.is_some()
            || first.retries > 0;
        let linger = if full {
            SimDuration::ZERO
        } else {
            self.config.linger
        };
        Some(first.not_before.max(first.record.sent_at + linger))
    }

    fn may_send(&self, lane: &Lane) -> bool {
        if !self.config.enable_idempotence {
            return true;
        }
        let stale = lane.base.map(|(of, _)| of) != self.identity.current;
        self.identity.current.is_some()
            && !self.identity.drains
            && lane.in_flight < IDEMPOTENT_IN_FLIGHT
            && (lane.in_flight == 0 || (!lane.drains && !stale))
    }

    /// Sends one request or opens one connection, if anything is due. True if it did.
    fn send_one(&mut self, now: SimTime, out: &mut Effects) -> bool {
        for at in 0..self.lanes.len() {
            let lane = &self.lanes[at];
            if self.ready_at(lane).is_none_or(|ready| ready > now) || !self.may_send(lane) {
                continue;
            }
            let known = self.peers.leadership(lane.partition);
            match known.and_then(|known| known.leader) {
                Some(leader) if self.peers.is_ready(leader) => {
                    self.send_batch(now, at, leader, out);
                    return true;
                }
                Some(leader) if self.peers.usable(now, leader) => {
                    self.peers.connect(now, leader, out);
                    return true;
                }
                Some(_) => {}
                None => self.peers.wanted = true,
            }
        }
        false
    }

    fn send_batch(&mut self, now: SimTime, at: usize, leader: BrokerId, out: &mut Effects) {
        let batch = self.next_batch(now, at);
        let partition = self.lanes[at].partition;
        let request = Request::Produce {
            acks: i8::try_from(self.config.acks).unwrap_or(i8::MAX),
            timeout_ms: u32::try_from(self.config.request_timeout.0 / 1000).unwrap_or(u32::MAX),
            batches: Few::from_buf([(partition, batch.on_the_wire())]),
            transaction: None,
            retry: batch.messages.iter().any(|message| message.retries > 0),
        };
        out.send(NodeId::Broker(leader), Purpose::Client, request);
        if self.config.acks == 0 {
            for message in &batch.messages {
                self.done(message);
                out.note(Observation::RecordAcknowledged {
                    record: message.record.id,
                    offset: None,
                });
            }
            return;
        }
        self.lanes[at].in_flight += batch.count();
        let expires = batch.messages.first().and_then(|m| self.expires_at(m));
        let most = now + self.config.socket_timeout;
        let due = expires.map_or(most, |at| most.min(at.max(now + LAST_CHANCE)));
        let asked = Asked::Produce(Few::from_buf([(partition, batch)]));
        self.peers.put_in_flight_until(due, leader, asked);
    }

    /// Takes as many messages as make a batch (`rd_kafka_msgset_create_ProduceRequest`). A batch of an idempotent producer that
    /// comes again is the same as before.
    fn next_batch(&mut self, now: SimTime, at: usize) -> Batch {
        let current = self.identity.current;
        let (most, largest) = (self.config.batch_num_messages, self.config.batch_size);
        let idempotent = self.config.enable_idempotence;
        let lane = &mut self.lanes[at];
        lane.drains = false;
        let mut batch = Batch {
            messages: Few::new(),
            identity: None,
        };
        let first = lane.queue.front().map(|first| first.last_of_batch);
        let last = first.flatten().filter(|_| idempotent);
        let mut bytes = BATCH_OVERHEAD;
        while let Some(message) = lane.queue.front() {
            let size = message
                .record
                .content
                .size(batch.messages.len(), message.record.content.timestamp);
            let full = batch.count() >= most || bytes.saturating_add(size) > largest;
            let another = last.is_some_and(|last| message.number > last)
                || (last.is_none() && idempotent && message.last_of_batch.is_some());
            let stops = full || another || message.not_before > now;
            if stops && !batch.messages.is_empty() {
                break;
            }
            bytes += size;
            batch.messages.extend(lane.queue.pop_front());
        }
        let number = batch.messages.first().map_or(0, |first| first.number);
        if let Some((id, epoch)) = current.filter(|_| idempotent) {
            let (_, base) = match lane.base {
                Some(known) if known.0 == (id, epoch) => known,
                _ => ((id, epoch), number),
            };
            lane.base = Some(((id, epoch), base));
            let sequence = u32::try_from(number.saturating_sub(base)).unwrap_or(u32::MAX);
            batch.identity = Some(ProducerIdentity {
                id,
                epoch,
                base_sequence: Sequence(sequence),
            });
        }
        batch
    }

    fn next_alarm(&self, now: SimTime) -> Option<SimTime> {
        let ready = self.lanes.iter().filter_map(|lane| self.ready_at(lane));
        let ready = ready.filter(|at| *at > now).min();
        let queues = self.lanes.iter().map(|lane| &lane.queue);
        let heads = queues.chain([&self.unassigned]).filter_map(|q| q.front());
        let expiry = heads.filter_map(|head| self.expires_at(head)).min();
        let appears = self.unassigned.front();
        let appears = appears.map(|head| head.record.sent_at + self.config.topic_propagation_max);
        let waits = self.queued.0 > 0;
        let active = (self.peers.wanted && now <= self.busy_until) || waits;
        let peers = self.peers.next_alarm(now, active, self.busy_until);
        let own = soonest(soonest(ready, expiry), soonest(appears, self.flushing));
        soonest(own, peers).filter(|at| *at > now)
    }
}
