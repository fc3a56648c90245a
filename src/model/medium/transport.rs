//! Frames on connections: how they leave, and when they will arrive.

use super::super::effects::{Input, Purpose, ReplyTo};
use super::super::ids::{ConnectionId, MessageId, NodeId};
use super::super::network::{Frame, State};
use super::super::observation::{LostBecause, Observation, Sent};
use super::super::prng::Stem;
use super::super::queue::{Direction, Pending};
use super::super::record::{Entry, Records, copied};
use super::super::scenario::{Api, Phase};
use super::super::time::SimDuration;
use super::super::wire::{ErrorCode, Request, Response};
use super::Medium;

/// Shortest and longest way of a frame between a client and a broker.
const CLIENT_LATENCY: (SimDuration, SimDuration) =
    (SimDuration::from_us(1400), SimDuration::from_us(2200));
/// The same between servers.
pub(super) const SERVER_LATENCY: (SimDuration, SimDuration) =
    (SimDuration::from_us(1100), SimDuration::from_us(1900));

/// Responses that a server writes to a client that has closed, before it closes too.
const WRITES_TO_NOBODY: u8 = 2;

impl Medium {
    /// How long a frame takes: keyed by what it is, so that nothing else changes it. What is set up before the first act
    /// that is not a `topic` or a `producer` takes no time at all.
    #[inline]
    pub(crate) fn latency(&self, from: NodeId, to: NodeId, stem: Stem, nth: u32) -> SimDuration {
        if self.setting_up {
            return SimDuration::ZERO;
        }
        let client = matches!(from, NodeId::Client(_)) || matches!(to, NodeId::Client(_));
        let (low, high) = if client {
            CLIENT_LATENCY
        } else {
            SERVER_LATENCY
        };
        stem.between(u64::from(nth), low, high)
    }

    pub(crate) fn send_request(
        &mut self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
        request: Request,
    ) {
        let over = self.network.current(client, server, purpose);
        let mut sent = leaving((client, server), request.api(), Phase::Request);
        if let Request::Produce { batches, retry, .. } = &request {
            sent.retry = *retry;
            for (_, batch) in batches {
                sent.records.extend_from_slice(&batch.records);
            }
        }
        let connection = over.unwrap_or_default();
        self.put(over, Direction::Up, sent, |message| {
            let reply = ReplyTo {
                connection,
                request: message,
            };
            Input::Request(reply, request)
        });
    }

    pub(crate) fn send_response(&mut self, reply: ReplyTo, response: Response) {
        let Some(connection) = self.network.of_reply(reply) else {
            return;
        };
        if connection.state == State::Left {
            return self.answer_nobody(reply);
        }
        let (ends, purpose) = (connection.ends(Direction::Down), connection.purpose);
        let mut sent = leaving(ends, response.api(), Phase::Response);
        tell(&response, &mut sent);
        self.put(Some(reply.connection), Direction::Down, sent, |_| {
            Input::Response(ends.0, purpose, response)
        });
        self.served(reply);
    }

    /// The client has closed. TCP takes the first response all the same and learns then that nobody is there: the second
    /// cannot be written, and the server closes too (recorded: of three requests that were held, two are processed).
    fn answer_nobody(&mut self, reply: ReplyTo) {
        let connection = self.network.of_reply(reply);
        let unheard = connection.map_or(0, |connection| {
            connection.unheard += 1;
            connection.unheard
        });
        if unheard < WRITES_TO_NOBODY {
            self.served(reply);
        } else {
            self.drop_connection(reply.connection, LostBecause::ConnectionBroken, false);
        }
    }

    /// A server is done with a request: the next one may be taken.
    pub(crate) fn served(&mut self, reply: ReplyTo) {
        let Some(connection) = self.network.of_reply(reply) else {
            return;
        };
        if connection.serving == Some(reply.request) {
            connection.serving = None;
            if !connection.waiting.is_empty() {
                self.schedule(self.now, Pending::Serve(reply.connection));
            } else if connection.is_spent() {
                self.drop_connection(reply.connection, LostBecause::ConnectionBroken, false);
            }
        }
    }

    /// Puts a frame on its way; on a connection that is gone it is lost.
    #[inline]
    fn put(
        &mut self,
        over: Option<ConnectionId>,
        direction: Direction,
        mut sent: Sent,
        load: impl FnOnce(MessageId) -> Input,
    ) {
        let ends = (sent.from, sent.to);
        let kind = (sent.api, sent.phase);
        let way = over.map(|id| (id, direction));
        let (message, nth, stem) = self.network.stamp(self.seed, ends, way, kind);
        (sent.message, sent.nth) = (message, nth);
        let cuts = &self.network.cuts;
        let cut = !cuts.is_empty() && cuts.contains(&ends);
        let due = self.now + self.latency(ends.0, ends.1, stem, nth);
        let connection = over.and_then(|id| Some((id, self.network.connections.get_mut(&id)?)));
        let open = connection.filter(|(_, connection)| connection.state == State::Open);
        let Some((id, connection)) = open else {
            self.tell(Observation::MessageSent(sent));
            let because = LostBecause::ConnectionBroken;
            return self.tell(Observation::MessageLost { message, because });
        };
        let lane = connection.lane(direction);
        let held = cut || lane.held_by.is_some();
        let behind = lane.frames.back().map(|frame| frame.due);
        let due = behind.map_or(due, |behind| due.max(behind));
        lane.frames.push_back(Frame {
            message,
            nth,
            api: kind.0,
            phase: kind.1,
            due,
            cause: Some(self.step),
            load: load(message),
        });
        let waits = held || lane.arrival.is_some();
        if !waits && behind.is_none() {
            let arrival = Pending::Arrival(id, direction);
            lane.arrival = Some(self.queue.push(due, arrival, Some(self.step)));
        } else if !waits {
            self.await_arrival(id, direction);
        }
        sent.due = (!held).then_some(due);
        self.tell(Observation::MessageSent(sent));
    }

    /// Only the first frame of a lane is awaited: the others are behind it.
    pub(crate) fn await_arrival(&mut self, id: ConnectionId, direction: Direction) {
        let Some(connection) = self.network.connections.get_mut(&id) else {
            return;
        };
        let lane = connection.lane(direction);
        if lane.arrival.is_some() || lane.held_by.is_some() {
            return;
        }
        if let Some(first) = lane.frames.front() {
            let arrival = Pending::Arrival(id, direction);
            lane.arrival = Some(self.queue.push(first.due, arrival, first.cause));
        }
    }
}

pub(crate) fn lane_of(
    connection: &super::super::network::Connection,
    direction: Direction,
) -> &super::super::network::Lane {
    match direction {
        Direction::Up => &connection.up,
        Direction::Down => &connection.down,
    }
}

/// A frame of which nothing is known but who sends what to whom.
#[inline(always)]
fn leaving((from, to): (NodeId, NodeId), api: Api, phase: Phase) -> Sent {
    Sent {
        message: MessageId(0),
        from,
        to,
        api,
        phase,
        nth: 0,
        records: Records::new(),
        retry: false,
        error: ErrorCode::None,
        due: None,
    }
}

/// What eyes want to know of a response: its records, and its first error.
fn tell(response: &Response, sent: &mut Sent) {
    match response {
        Response::Produce {
            partitions,
            records,
        } => {
            sent.records = copied(records);
            for partition in partitions {
                sent.fails(partition.error);
            }
        }
        Response::Fetch(partitions) => {
            for partition in partitions {
                sent.fails(partition.error);
                sent.carries(&partition.entries);
            }
        }
        Response::Read(partitions) => {
            for partition in partitions {
                sent.fails(partition.error);
                sent.carries(&partition.what.entries);
            }
        }
        Response::AlterPartition { error, .. } | Response::BrokerRegistration(Err(error)) => {
            sent.error = *error;
        }
        _ => {}
    }
}

impl Sent {
    fn fails(&mut self, error: ErrorCode) {
        if self.error == ErrorCode::None {
            self.error = error;
        }
    }

    fn carries(&mut self, entries: &[Entry]) {
        for entry in entries {
            if let Some(record) = entry.record() {
                self.records.push(record);
            }
        }
    }
}
