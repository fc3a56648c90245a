//! Frames on connections: how they leave, and when they will arrive.

use super::super::effects::{Input, Purpose, ReplyTo};
use super::super::ids::{ConnectionId, MessageId, NodeId};
use super::super::network::{Frame, State};
use super::super::observation::{LostBecause, Observation, Sent};
use super::super::prng::Stem;
use super::super::queue::{Direction, Pending};
use super::super::record::{Entry, Records, copied, joined};
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

/// A frame before it leaves.
struct Leaving {
    /// The connection, if there is one.
    over: Option<ConnectionId>,
    direction: Direction,
    /// Sender and receiver.
    ends: (NodeId, NodeId),
    api: Api,
    phase: Phase,
    /// For eyes: see [`Sent`].
    records: Records,
    retry: bool,
    error: ErrorCode,
}

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
        let (records, retry) = told_by_request(&request);
        let leaving = Leaving {
            over,
            direction: Direction::Up,
            ends: (client, server),
            api: request.api(),
            phase: Phase::Request,
            records,
            retry,
            error: ErrorCode::None,
        };
        let connection = over.unwrap_or_default();
        self.put(leaving, |request_frame| {
            let reply = ReplyTo {
                connection,
                request: request_frame,
            };
            Input::Request(reply, request)
        });
    }

    pub(crate) fn send_response(&mut self, reply: ReplyTo, response: Response) {
        let Some(connection) = self.network.of_reply(reply) else {
            return;
        };
        let (ends, purpose) = (connection.ends(Direction::Down), connection.purpose);
        let (records, error) = told_by_response(&response);
        let leaving = Leaving {
            over: Some(reply.connection),
            direction: Direction::Down,
            ends,
            api: response.api(),
            phase: Phase::Response,
            records,
            retry: false,
            error,
        };
        self.put(leaving, |_| Input::Response(ends.0, purpose, response));
        self.served(reply);
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
            }
        }
    }

    /// Puts a frame on its way; on a connection that is gone it is lost.
    #[inline]
    fn put(&mut self, leaving: Leaving, load: impl FnOnce(MessageId) -> Input) {
        let (from, to) = leaving.ends;
        let direction = leaving.direction;
        let over = leaving.over.map(|id| (id, direction));
        let kind = (leaving.api, leaving.phase);
        let (message, nth, stem) = self.network.stamp(self.seed, leaving.ends, over, kind);
        let cuts = &self.network.cuts;
        let cut = !cuts.is_empty() && cuts.contains(&leaving.ends);
        let mut sent = Sent {
            message,
            from,
            to,
            api: leaving.api,
            phase: leaving.phase,
            nth,
            records: leaving.records,
            retry: leaving.retry,
            error: leaving.error,
            due: None,
        };
        let due = self.now + self.latency(from, to, stem, nth);
        let connection = leaving
            .over
            .and_then(|id| Some((id, self.network.connections.get_mut(&id)?)));
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
            api: leaving.api,
            phase: leaving.phase,
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
