//! Frames on connections: how they leave, and when they will arrive.

use super::super::effects::{Input, Purpose, ReplyTo};
use super::super::ids::{ConnectionId, NodeId};
use super::super::network::{Frame, State};
use super::super::observation::{LostBecause, Observation, Sent};
use super::super::prng::Stem;
use super::super::queue::{Direction, Pending};
use super::super::record::{Entry, Records, copied, joined};
use super::super::scenario::{Api, Phase};
use super::super::time::{SimDuration, SimTime};
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

/// The way that a frame takes.
struct Way {
    /// The connection, if there is one.
    id: Option<ConnectionId>,
    direction: Direction,
    /// Sender and receiver.
    ends: (NodeId, NodeId),
}

impl Medium {
    /// How long a frame takes: keyed by what it is, so that nothing else changes it. What is set up before the first act
    /// that is not a `topic` or a `producer` takes no time at all.
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
        let id = self.network.current(client, server, purpose);
        let (records, retry) = told_by_request(&request);
        let way = Way {
            id,
            direction: Direction::Up,
            ends: (client, server),
        };
        let (mut sent, due) = self.stamped(&way, request.api(), Phase::Request);
        sent.records = records;
        sent.retry = retry;
        let reply = ReplyTo {
            connection: id.unwrap_or_default(),
            request: sent.message,
        };
        self.put(&way, sent, due, Input::Request(reply, request));
    }

    pub(crate) fn send_response(&mut self, reply: ReplyTo, response: Response) {
        let Some(connection) = self.network.of_reply(reply) else {
            return;
        };
        if connection.state == State::Left {
            return self.answer_nobody(reply);
        }
        let (ends, purpose) = (connection.ends(Direction::Down), connection.purpose);
        let (records, error) = told_by_response(&response);
        let way = Way {
            id: Some(reply.connection),
            direction: Direction::Down,
            ends,
        };
        let (mut sent, due) = self.stamped(&way, response.api(), Phase::Response);
        sent.records = records;
        sent.error = error;
        self.put(&way, sent, due, Input::Response(ends.0, purpose, response));
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

    /// A frame's number among its kind, and when it arrives if nothing is before it.
    fn stamped(&mut self, way: &Way, api: Api, phase: Phase) -> (Sent, SimTime) {
        let (from, to) = way.ends;
        let over = way.id.map(|id| (id, way.direction));
        let stamp = self.network.stamp(self.seed, way.ends, over, (api, phase));
        let latency = self.latency(from, to, stamp.latency, stamp.nth);
        let sent = Sent {
            message: stamp.message,
            from,
            to,
            api,
            phase,
            nth: stamp.nth,
            records: Records::new(),
            retry: false,
            error: ErrorCode::None,
            due: None,
        };
        (sent, self.now + latency)
    }

    /// Puts a frame on its way; on a connection that is gone it is lost.
    fn put(&mut self, way: &Way, mut sent: Sent, due: SimTime, load: Input) {
        let cuts = &self.network.cuts;
        let cut = !cuts.is_empty() && cuts.contains(&way.ends);
        let connection = way.id.and_then(|id| self.network.connections.get_mut(&id));
        let open = connection.filter(|connection| connection.state == State::Open);
        let message = sent.message;
        let Some(connection) = open else {
            self.note(Observation::MessageSent(sent));
            let because = LostBecause::ConnectionBroken;
            return self.note(Observation::MessageLost { message, because });
        };
        let lane = connection.lane(way.direction);
        let held = cut || lane.held_by.is_some();
        let behind = lane.frames.back().map(|frame| frame.due);
        let due = behind.map_or(due, |behind| due.max(behind));
        lane.frames.push_back(Frame {
            message,
            nth: sent.nth,
            api: sent.api,
            phase: sent.phase,
            due,
            cause: Some(self.step),
            load,
        });
        sent.due = (!held).then_some(due);
        self.note(Observation::MessageSent(sent));
        if let Some(id) = way.id.filter(|_| !held) {
            self.await_arrival(id, way.direction);
        }
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

fn first_error(mut errors: impl Iterator<Item = ErrorCode>) -> ErrorCode {
    errors
        .find(|error| *error != ErrorCode::None)
        .unwrap_or_default()
}

/// What eyes want to know of a request: its records, and whether it was sent before.
fn told_by_request(request: &Request) -> (Records, bool) {
    match request {
        Request::Produce { batches, retry, .. } => {
            let records = joined(batches.iter().map(|(_, batch)| &batch.records));
            (records, *retry)
        }
        _ => (Records::new(), false),
    }
}

/// What eyes want to know of a response: its records, and its error.
fn told_by_response(response: &Response) -> (Records, ErrorCode) {
    match response {
        Response::Produce {
            partitions,
            records,
        } => {
            let error = first_error(partitions.iter().map(|p| p.error));
            (copied(records), error)
        }
        Response::Fetch(partitions) => {
            let error = first_error(partitions.iter().map(|p| p.error));
            let entries = partitions.iter().flat_map(|p| &p.entries);
            (records_in(entries), error)
        }
        Response::Read(partitions) => {
            let error = first_error(partitions.iter().map(|p| p.error));
            let entries = partitions.iter().flat_map(|p| &p.what.entries);
            (records_in(entries), error)
        }
        Response::AlterPartition { error, .. } | Response::BrokerRegistration(Err(error)) => {
            (Records::new(), *error)
        }
        _ => (Records::new(), ErrorCode::None),
    }
}

fn records_in<'a>(entries: impl Iterator<Item = &'a Entry>) -> Records {
    let mut records = Records::new();
    for entry in entries {
        if let Some(record) = entry.record() {
            records.push(record);
        }
    }
    records
}
