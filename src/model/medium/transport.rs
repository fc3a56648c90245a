//! Frames on connections: how they leave, and when they will arrive.

use super::super::effects::{Purpose, ReplyTo};
use super::super::ids::{ConnectionId, NodeId};
use super::super::network::{Frame, Payload, State};
use super::super::observation::{LostBecause, Observation, Sent};
use super::super::prng::Stem;
use super::super::queue::{Direction, Pending};
use super::super::record::{Entry, Records, copied, joined};
use super::super::time::SimDuration;
use super::super::wire::{ErrorCode, Request, Response};
use super::Medium;

/// Shortest and longest way of a frame between a client and a broker.
const CLIENT_LATENCY: (SimDuration, SimDuration) =
    (SimDuration::from_us(1400), SimDuration::from_us(2200));
/// The same between servers.
pub(super) const SERVER_LATENCY: (SimDuration, SimDuration) =
    (SimDuration::from_us(1100), SimDuration::from_us(1900));

impl Medium {
    /// How long a frame takes: keyed by what it is, so that nothing else changes it. What is set up before the first act
    /// that is not a `topic` or a `producer` takes no time at all.
    pub(in crate::model) fn latency(
        &self,
        from: NodeId,
        to: NodeId,
        stem: Stem,
        nth: u32,
    ) -> SimDuration {
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

    pub(in crate::model) fn send_request(
        &mut self,
        client: NodeId,
        server: NodeId,
        purpose: Purpose,
        request: Request,
    ) {
        let id = self.network.current(client, server, purpose);
        self.put(id, client, server, Direction::Up, Payload::Request(request));
    }

    pub(in crate::model) fn send_response(&mut self, reply: ReplyTo, response: Response) {
        let Some(connection) = self.network.of_reply(reply) else {
            return;
        };
        let (server, client) = connection.ends(Direction::Down);
        self.put(
            Some(reply.connection),
            server,
            client,
            Direction::Down,
            Payload::Response(response),
        );
        self.served(reply);
    }

    /// A server is done with a request: the next one may be taken.
    pub(in crate::model) fn served(&mut self, reply: ReplyTo) {
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
    fn put(
        &mut self,
        id: Option<ConnectionId>,
        from: NodeId,
        to: NodeId,
        direction: Direction,
        payload: Payload,
    ) {
        let kind = (payload.api(), payload.phase());
        let over = id.map(|id| (id, direction));
        let stamp = self.network.stamp(self.seed, (from, to), over, kind);
        let latency = self.latency(from, to, stamp.latency, stamp.nth);
        let (records, retry, error) = summary(&payload);
        let mut sent = Sent {
            message: stamp.message,
            from,
            to,
            api: kind.0,
            phase: kind.1,
            nth: stamp.nth,
            records,
            retry,
            error,
            due: None,
        };
        let cut = !self.network.cuts.is_empty() && self.network.cuts.contains(&(from, to));
        let open = id
            .and_then(|id| self.network.connections.get_mut(&id))
            .filter(|connection| connection.state == State::Open);
        let Some(connection) = open else {
            let message = stamp.message;
            self.note(Observation::MessageSent(sent));
            return self.note(Observation::MessageLost {
                message,
                because: LostBecause::ConnectionBroken,
            });
        };
        let lane = connection.lane(direction);
        let held = cut || lane.held_by.is_some();
        let behind = lane.frames.back().map(|frame| frame.due);
        let due = (self.now + latency).max(behind.unwrap_or_default());
        lane.frames.push_back(Frame {
            message: stamp.message,
            nth: stamp.nth,
            payload,
            due,
            cause: Some(self.step),
        });
        sent.due = (!held).then_some(due);
        self.note(Observation::MessageSent(sent));
        if let Some(id) = id.filter(|_| !held) {
            self.await_arrival(id, direction);
        }
    }

    /// Only the first frame of a lane is awaited: the others are behind it.
    pub(in crate::model) fn await_arrival(&mut self, id: ConnectionId, direction: Direction) {
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

pub(in crate::model) fn lane_of(
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

/// What eyes want to know of a payload: its records, whether it was sent before, its error.
fn summary(payload: &Payload) -> (Records, bool, ErrorCode) {
    match payload {
        Payload::Request(Request::Produce { batches, retry, .. }) => {
            let records = joined(batches.iter().map(|(_, batch)| &batch.records));
            (records, *retry, ErrorCode::None)
        }
        Payload::Response(Response::Produce {
            partitions,
            records,
        }) => {
            let error = first_error(partitions.iter().map(|p| p.error));
            (copied(records), false, error)
        }
        Payload::Response(Response::Fetch(partitions)) => {
            let error = first_error(partitions.iter().map(|p| p.error));
            let entries = partitions.iter().flat_map(|p| &p.entries);
            (records_in(entries), false, error)
        }
        Payload::Response(Response::Read(partitions)) => {
            let error = first_error(partitions.iter().map(|p| p.error));
            let entries = partitions.iter().flat_map(|p| &p.what.entries);
            (records_in(entries), false, error)
        }
        Payload::Response(
            Response::AlterPartition { error, .. } | Response::BrokerRegistration(Err(error)),
        ) => (Records::new(), false, *error),
        Payload::Request(_) | Payload::Response(_) => (Records::new(), false, ErrorCode::None),
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
