//! A consumer of a share group (`ShareConsumerImpl`). Unlike the classic consumer it has a thread of its own for the network: it
//! fetches and lives on while the application does something else.

mod calls;
mod in_hand;
mod membership;
mod net;
mod requests;

use super::config::ShareConsumerConfig;
use super::effects::{Effects, Input, Purpose, Timer};
use super::ids::{BrokerId, ClientId, GroupId, NodeId, Offset, TopicId, TopicPartition};
use super::observation::{Observation, Read, ShareFact};
use super::prng::Seed;
use super::record::Entry;
use super::time::{SimDuration, SimTime};
use super::wire::{ErrorCode, Response, SharedPartition};
use crate::small::Map;
use in_hand::{InHand, Said};
use membership::Membership;
use net::Net;
use requests::{Because, Outgoing, Session};
use std::collections::VecDeque;

/// `default.api.timeout.ms`.
const API_TIMEOUT: SimDuration = SimDuration::from_ms(60_000);

/// Records that a leader gave, and that no `poll()` has returned yet (`ShareCompletedFetch`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Completed {
    from: BrokerId,
    partition: TopicPartition,
    /// Offset, record, and how often it has been given out.
    records: VecDeque<(Offset, Entry, u16)>,
}

impl Completed {
    fn of(from: BrokerId, told: SharedPartition) -> Self {
        let deliveries = |offset: Offset| {
            let held = told.acquired.iter();
            let mut held = held.filter(|one| one.first <= offset && offset <= one.last);
            held.next().map(|one| one.deliveries)
        };
        let records = told.entries.iter();
        let records = records.filter_map(|(at, entry)| Some((*at, *entry, deliveries(*at)?)));
        Self {
            from,
            partition: told.partition,
            records: records.collect(),
        }
    }
}

/// What the application is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Call {
    Poll { until: SimTime },
    Commit { wants: usize, until: SimTime },
    Close { until: SimTime },
}

/// How `poll()` ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Returned {
    /// Records that it returned.
    pub(crate) records: u32,
    /// It threw.
    pub(crate) failed: bool,
}

/// A share consumer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ShareConsumer {
    id: ClientId,
    group: GroupId,
    topic: TopicId,
    config: ShareConsumerConfig,
    net: Net,
    membership: Membership,
    assignment: Vec<TopicPartition>,
    sessions: Map<BrokerId, Session>,
    /// The application wants records, and none have come since.
    fetch_more: bool,
    /// This `poll()` may ask for records.
    may_ask: bool,
    completed: VecDeque<Completed>,
    hand: InHand,
    /// What was said and goes with the next fetch.
    riding: Map<BrokerId, Vec<(TopicPartition, Said)>>,
    /// What was said and is sent by itself.
    outgoing: Vec<Outgoing>,
    /// How many such requests are under way.
    acknowledging: u32,
    /// What `commitSync()` has heard.
    committed: Vec<(TopicPartition, ErrorCode)>,
    call: Option<Call>,
    returned: Option<Returned>,
    /// The script is over: nobody calls any more, and nothing is done for nobody.
    rests: bool,
}

impl ShareConsumer {
    /// A consumer that knows only its bootstrap servers.
    pub(crate) fn new(
        (id, group, topic): (ClientId, GroupId, TopicId),
        config: ShareConsumerConfig,
        seed: Seed,
        bootstrap: &[BrokerId],
    ) -> Self {
        Self {
            id,
            group,
            topic,
            config,
            net: Net::new(id, config.client, seed, bootstrap),
            membership: Membership::default(),
            assignment: Vec::new(),
            sessions: Map::new(),
            fetch_more: false,
            may_ask: false,
            completed: VecDeque::new(),
            hand: InHand::default(),
            riding: Map::new(),
            outgoing: Vec::new(),
            acknowledging: 0,
            committed: Vec::new(),
            call: None,
            returned: None,
            rests: false,
        }
    }

    /// True while the application waits in a call.
    pub(crate) fn is_calling(&self) -> bool {
        self.call.is_some()
    }

    /// How the last `poll()` ended, once.
    pub(crate) fn take_returned(&mut self) -> Option<Returned> {
        self.returned.take()
    }

    fn is_closing(&self) -> bool {
        matches!(self.call, Some(Call::Close { .. }))
    }

    /// The script is over.
    pub(crate) fn rest(&mut self, out: &mut Effects) {
        self.rests = true;
        out.disarm(Timer::ShareConsumer);
    }

    /// Acknowledgements to be sent by themselves; those for a broker that is known not to lead any more fail at once.
    fn queue(
        &mut self,
        now: SimTime,
        said: Vec<(BrokerId, TopicPartition, Said)>,
        because: Because,
        until: SimTime,
    ) {
        for (from, partition, said) in said {
            let leader = self.net.leader_of(partition);
            let moved = leader.is_some_and(|leader| leader != from);
            let session = self.sessions.get(&from);
            let known = session.is_some_and(|session| session.partitions.contains(&partition));
            if moved || !known {
                self.on_told(because, partition, &said, ErrorCode::NotLeaderOrFollower);
                continue;
            }
            let same = |one: &&mut Outgoing| one.to == from && one.because == because;
            match self.outgoing.iter_mut().find(same) {
                Some(outgoing) => outgoing.said.push((partition, said)),
                None => self.outgoing.push(Outgoing {
                    to: from,
                    because,
                    said: vec![(partition, said)],
                    not_before: now,
                    until,
                }),
            }
        }
    }

    /// Looks for records to return (`collect`); what was said before goes with the fetch, or by itself.
    fn collect(
        &mut self,
        now: SimTime,
        said: Vec<(BrokerId, TopicPartition, Said)>,
        out: &mut Effects,
    ) {
        let mut said = said;
        if self.hand.is_empty() && !self.hand.has_renewals() {
            self.take_completed();
            if self.hand.is_empty() {
                // Control records are settled without the application.
                let gaps = self.hand.take_said();
                self.queue(now, gaps, Because::Async, now + API_TIMEOUT);
                self.ask_for_more(&mut said);
            }
        } else if self.hand.has_renewals() {
            self.hand.take_renewed();
            if self.hand.has_renewals() {
                self.ask_for_more(&mut said);
            }
        }
        self.queue(now, said, Because::Async, now + API_TIMEOUT);
        let records = self.hand.records();
        if records.is_empty() {
            return;
        }
        self.call = None;
        self.returned = Some(Returned {
            records: u32::try_from(records.len()).unwrap_or(u32::MAX),
            failed: false,
        });
        out.note(Observation::Share(ShareFact::RecordsDelivered {
            consumer: self.id,
            records,
        }));
    }

    fn ask_for_more(&mut self, said: &mut Vec<(BrokerId, TopicPartition, Said)>) {
        if !std::mem::take(&mut self.may_ask) {
            return;
        }
        self.fetch_more = true;
        for (from, partition, said) in said.drain(..) {
            self.riding.entry(from).or_default().push((partition, said));
        }
    }

    /// At least `max.poll.records`, and to the end of a batch, if there are so many (`ShareFetchCollector.collect`).
    fn take_completed(&mut self) {
        let most = self.config.client.max_poll_records as usize;
        let mut count = 0;
        while let Some(head) = self.completed.front_mut() {
            let (from, partition) = (head.from, head.partition);
            let Some((offset, entry, _)) = head.records.front() else {
                self.completed.pop_front();
                continue;
            };
            if count >= most && (entry.begins_batch || entry.record().is_none()) {
                return;
            }
            match entry.record() {
                None => self.hand.add_gap(from, partition, *offset),
                Some(record) => {
                    let offset = *offset;
                    let read = Read {
                        partition,
                        offset,
                        record,
                    };
                    let deliveries = head.records.front().map_or(1, |(_, _, count)| *count);
                    self.hand.add(from, read, deliveries);
                    count += 1;
                }
            }
            head.records.pop_front();
        }
    }

    /// One thing reaches the consumer.
    pub(crate) fn on(&mut self, now: SimTime, input: Input, out: &mut Effects) {
        match input {
            Input::Opened(NodeId::Broker(id), purpose) => {
                self.net.on_opened(now, (id, purpose), out);
            }
            Input::Closed(NodeId::Broker(id), purpose) => self.on_closed(now, (id, purpose)),
            Input::Response(NodeId::Broker(id), purpose, response) => {
                if let Some(asked) = self.net.answered((id, purpose)) {
                    self.on_response(now, id, asked, response);
                }
            }
            _ => {}
        }
        self.turn(now, out);
    }

    fn on_closed(&mut self, now: SimTime, from: (BrokerId, Purpose)) {
        for asked in self.net.on_closed(now, from) {
            self.on_failed(now, from.0, asked);
        }
    }

    fn on_response(
        &mut self,
        now: SimTime,
        from: BrokerId,
        asked: requests::Asked,
        response: Response,
    ) {
        match response {
            Response::Metadata { leaders, brokers } => {
                self.net.asks_metadata = false;
                self.net.wants_metadata = false;
                for (partition, (leader, epoch)) in leaders {
                    if partition.topic == self.topic {
                        self.net.learn_leader(partition, leader, epoch);
                        self.net.wants_metadata |= leader.is_none();
                    }
                }
                self.net.learn_brokers(brokers);
            }
            Response::FindCoordinator(_, found) => self.on_coordinator(now, found),
            Response::Share(response) => self.on_share_response(now, from, asked, *response),
            _ => {}
        }
    }

    /// What the network thread does in one round, and what the call under way makes of it.
    fn turn(&mut self, now: SimTime, out: &mut Effects) {
        for to in self.net.overdue(now) {
            out.note(Observation::RequestTimedOut {
                producer: self.id,
                broker: to.0,
            });
            out.close(NodeId::Broker(to.0), to.1);
            self.on_closed(now, to);
        }
        if matches!(self.call, Some(Call::Poll { .. })) && !self.completed.is_empty() {
            self.collect(now, Vec::new(), out);
        }
        self.work(now, out);
        self.end_call(now, out);
        if self.rests && self.call.is_none() {
            return out.disarm(Timer::ShareConsumer);
        }
        self.net.ask_for_metadata(now, out);
        self.keep_membership(now, out);
        let call = self.call.map(|call| match call {
            Call::Poll { until } | Call::Commit { until, .. } | Call::Close { until } => until,
        });
        let sessions = self
            .sessions
            .values()
            .map(|session| session.no_fetch_before);
        let outgoing = self.outgoing.iter().map(|outgoing| outgoing.not_before);
        let next = sessions
            .chain(outgoing)
            .chain(self.membership.next_alarm())
            .chain(self.net.next_alarm(now))
            .chain(call)
            .filter(|at| *at > now)
            .min();
        match next {
            Some(at) => out.arm(Timer::ShareConsumer, at),
            None => out.disarm(Timer::ShareConsumer),
        }
    }

    /// Ends the call under way, if it has what it waits for or has waited long enough.
    fn end_call(&mut self, now: SimTime, out: &mut Effects) {
        match self.call {
            Some(Call::Poll { until }) if now >= until => {
                self.call = None;
                self.returned = Some(Returned::default());
            }
            Some(Call::Commit { wants, until }) => {
                if self.committed.len() >= wants || now >= until {
                    self.call = None;
                    out.note(Observation::Share(ShareFact::AcknowledgementsCommitted {
                        consumer: self.id,
                        results: std::mem::take(&mut self.committed),
                    }));
                }
            }
            Some(Call::Close { until }) => {
                let settled = self.outgoing.is_empty() && self.acknowledging == 0;
                if settled && self.membership.joined && !self.membership.leaving {
                    self.membership.leaving = true;
                    self.membership.hurry(now);
                }
                if (settled && !self.membership.joined) || now >= until {
                    self.call = None;
                    self.rests = true;
                    out.note(Observation::ClientClosed { client: self.id });
                }
            }
            Some(Call::Poll { .. }) | None => {}
        }
    }
}
