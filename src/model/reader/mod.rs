//! A Java consumer that was given its partitions (`assign`): positions, fetches, and what `poll()` returns.
//!
//! It works only while the application is in a call: what its sockets bring in between waits there, as it does with
//! `ClassicKafkaConsumer`, which has no thread of its own.

mod fetching;
mod net;
mod places;

use super::config::ConsumerConfig;
use super::effects::{Effects, Input, Timer};
use super::ids::{BrokerId, ClientId, Offset, TopicPartition};
use super::observation::Observation;
use super::observation::Read;
use super::prng::Seed;
use super::time::{SimDuration, SimTime};
use super::wire::ReadError;
use fetching::Fetched;
use net::Net;
use places::Place;
use std::collections::{BTreeMap, VecDeque};

/// A reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reader {
    id: ClientId,
    config: ConsumerConfig,
    net: Net,
    places: BTreeMap<TopicPartition, Place>,
    /// Answers to fetches that were not handed out yet, the oldest first.
    fetched: VecDeque<Fetched>,
    /// What the application is in.
    call: Option<Call>,
    /// How its last call ended, until it is asked.
    returned: Option<Returned>,
    /// What came between two calls.
    inbox: Vec<Input>,
    /// Found while an answer was read; thrown at the next look.
    trouble: Option<ReadError>,
}

/// A call that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Call {
    Poll { until: SimTime },
    Position { of: TopicPartition, until: SimTime },
}

/// How a call ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Returned {
    /// Records that `poll()` returned.
    pub(in crate::model) records: u32,
    /// What it threw.
    pub(in crate::model) error: Option<ReadError>,
    /// What `position()` returned.
    pub(in crate::model) position: Option<Offset>,
}

impl Reader {
    /// A reader of these partitions that knows only its bootstrap servers.
    pub(in crate::model) fn new(
        id: ClientId,
        config: ConsumerConfig,
        seed: Seed,
        bootstrap: &[BrokerId],
        partitions: impl Iterator<Item = TopicPartition>,
    ) -> Self {
        Self {
            id,
            config,
            net: Net::new(id, config, seed, bootstrap),
            places: partitions.map(|id| (id, Place::default())).collect(),
            fetched: VecDeque::new(),
            call: None,
            returned: None,
            inbox: Vec::new(),
            trouble: None,
        }
    }

    /// What it was given.
    pub(in crate::model) fn assignment(&self) -> impl Iterator<Item = TopicPartition> + '_ {
        self.places.keys().copied()
    }

    /// The same, with the position of each, if it is sure of one.
    pub(in crate::model) fn positions(
        &self,
    ) -> impl Iterator<Item = (TopicPartition, Option<Offset>)> + '_ {
        let places = self.places.iter();
        places.map(|(id, place)| (*id, place.valid_offset()))
    }

    /// True while the application waits in a call.
    pub(in crate::model) fn is_calling(&self) -> bool {
        self.call.is_some()
    }

    /// How the last call ended, once.
    pub(in crate::model) fn take_returned(&mut self) -> Option<Returned> {
        self.returned.take()
    }

    /// The application calls `poll()`.
    pub(in crate::model) fn poll(&mut self, now: SimTime, wait: SimDuration, out: &mut Effects) {
        self.begin(now, Call::Poll { until: now + wait }, out);
    }

    /// The application calls `position()`.
    pub(in crate::model) fn position(
        &mut self,
        now: SimTime,
        of: TopicPartition,
        wait: SimDuration,
        out: &mut Effects,
    ) {
        if let Some(offset) = self.places.get(&of).and_then(Place::valid_offset) {
            self.returned = Some(Returned {
                position: Some(offset),
                ..Returned::default()
            });
            return;
        }
        let until = now + wait;
        self.begin(now, Call::Position { of, until }, out);
    }

    /// The application calls `seek()`: the position has no epoch, so nothing of it is doubted.
    pub(in crate::model) fn seek(&mut self, partition: TopicPartition, offset: Offset) {
        let leader = self.net.leader_of(partition);
        if let Some(place) = self.places.get_mut(&partition) {
            place.seek(offset, leader);
        }
    }

    fn begin(&mut self, now: SimTime, call: Call, out: &mut Effects) {
        self.call = Some(call);
        self.returned = None;
        for input in std::mem::take(&mut self.inbox) {
            self.take_in(now, input, out);
        }
        self.turn(now, out);
    }

    /// One thing reaches the reader.
    pub(in crate::model) fn on(&mut self, now: SimTime, input: Input, out: &mut Effects) {
        if self.call.is_none() {
            if !matches!(input, Input::Timer(_)) {
                self.inbox.push(input);
            }
            return;
        }
        self.take_in(now, input, out);
        self.turn(now, out);
    }

    /// One round of the loop in `poll()` or `position()`.
    fn turn(&mut self, now: SimTime, out: &mut Effects) {
        let Some(call) = self.call else {
            return;
        };
        self.time_out_requests(now, out);
        if let Some(error) = self.trouble.take() {
            return self.end_call(Err(error), out);
        }
        if let Err(error) = self.update_positions(now, out) {
            return self.end_call(Err(error), out);
        }
        let until = match call {
            Call::Poll { until } => {
                match self.collect(now) {
                    Err(error) => return self.end_call(Err(error), out),
                    Ok(records) if !records.is_empty() => {
                        self.send_fetches(now, out);
                        return self.hand_out(records, out);
                    }
                    Ok(_) => {}
                }
                self.send_fetches(now, out);
                until
            }
            Call::Position { of, until } => {
                if let Some(offset) = self.places.get(&of).and_then(Place::valid_offset) {
                    return self.end_call(Ok(Some(offset)), out);
                }
                until
            }
        };
        if now >= until {
            let in_vain = match call {
                Call::Poll { .. } => Ok(None),
                Call::Position { .. } => Err(ReadError::Timeout),
            };
            return self.end_call(in_vain, out);
        }
        self.ask_for_metadata(now, out);
        let at = self.next_alarm(now).map_or(until, |at| at.min(until));
        out.arm(Timer::Reader, at);
    }

    fn hand_out(&mut self, records: Vec<Read>, out: &mut Effects) {
        self.call = None;
        out.disarm(Timer::Reader);
        self.returned = Some(Returned {
            records: u32::try_from(records.len()).unwrap_or(u32::MAX),
            ..Returned::default()
        });
        out.note(Observation::RecordsRead {
            reader: self.id,
            records,
        });
    }

    fn end_call(&mut self, result: Result<Option<Offset>, ReadError>, out: &mut Effects) {
        self.call = None;
        out.disarm(Timer::Reader);
        if let Err(error) = result {
            out.note(Observation::ReadFailed {
                reader: self.id,
                error,
            });
        }
        self.returned = Some(Returned {
            records: 0,
            error: result.err(),
            position: result.ok().flatten(),
        });
    }
}
