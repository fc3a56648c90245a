//! A Java consumer: positions, fetches, and what `poll()` returns; its group, if it is in one.
//!
//! It works only while the application is in a call: what its sockets bring in between waits there, as it does with
//! `ClassicKafkaConsumer`, which has no thread of its own but the one that shows a group that the member lives.

mod fetching;
mod group;
mod metadata;
mod net;
mod places;

use super::config::ConsumerConfig;
use super::effects::{Effects, Input, Timer};
use super::ids::{BrokerId, ClientId, Offset, TopicPartition};
use super::observation::Read;
use super::observation::{GroupFact, Observation};
use super::prng::Seed;
use super::time::{SimDuration, SimTime};
use super::wire::{Committed, ReadError};
use crate::small::Map;
use fetching::Fetched;
use group::{Closing, CommitCall, Membership, Progress};
pub use group::{Going, GroupSetup};
use net::Net;
use places::Place;
use std::collections::VecDeque;

/// A reader.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reader {
    id: ClientId,
    config: ConsumerConfig,
    net: Net,
    places: Map<TopicPartition, Place>,
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
    /// Its group, or the one in whose name it commits.
    group: Option<Box<Membership>>,
}

/// A call that waits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Call {
    Poll {
        until: SimTime,
    },
    Position {
        of: TopicPartition,
        until: SimTime,
    },
    Commit {
        call: CommitCall,
        until: SimTime,
    },
    Committed {
        of: Vec<TopicPartition>,
        until: SimTime,
    },
    Close {
        closing: Closing,
        until: SimTime,
    },
}

impl Call {
    fn until(&self) -> SimTime {
        match self {
            Self::Poll { until }
            | Self::Position { until, .. }
            | Self::Commit { until, .. }
            | Self::Committed { until, .. }
            | Self::Close { until, .. } => *until,
        }
    }
}

/// What a call comes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Ended {
    Well,
    With(ReadError),
    At(Offset),
    Told(Committed),
}

/// How a call ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Returned {
    /// Records that `poll()` returned.
    pub(crate) records: u32,
    /// What it threw.
    pub(crate) error: Option<ReadError>,
    /// What `position()` returned.
    pub(crate) position: Option<Offset>,
    /// What `committed()` returned.
    pub(crate) committed: Committed,
}

impl Reader {
    /// A reader of these partitions that knows only its bootstrap servers.
    pub(crate) fn new(
        id: ClientId,
        config: ConsumerConfig,
        seed: Seed,
        bootstrap: &[BrokerId],
        partitions: impl Iterator<Item = TopicPartition>,
        group: Option<GroupSetup>,
    ) -> Self {
        let membership = |setup| Membership::new(setup, config.membership, SimTime::ZERO);
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
            group: group.map(membership).map(Box::new),
        }
    }

    /// It has just been made: a member of the newer protocol begins to work by itself.
    pub(crate) fn start(&mut self, now: SimTime, out: &mut Effects) {
        self.begin_as_member(now, out);
    }

    /// What it was given.
    pub(crate) fn assignment(&self) -> impl Iterator<Item = TopicPartition> + '_ {
        self.places.keys().copied()
    }

    /// The same, with the position of each, if it is sure of one.
    pub(crate) fn positions(&self) -> impl Iterator<Item = (TopicPartition, Option<Offset>)> + '_ {
        let places = self.places.iter();
        places.map(|(id, place)| (*id, place.valid_offset()))
    }

    /// The application does not want to wait for its `poll()` any more (`wakeup()`).
    pub(crate) fn wake_up(&mut self) {
        self.call = None;
    }

    /// It is of librdkafka, whose errors come with the records.
    pub(crate) fn is_librdkafka(&self) -> bool {
        self.config.membership.librdkafka
    }

    /// True while the application waits in a call.
    pub(crate) fn is_calling(&self) -> bool {
        self.call.is_some()
    }

    /// How the last call ended, once.
    pub(crate) fn take_returned(&mut self) -> Option<Returned> {
        self.returned.take()
    }

    /// The application calls `poll()`.
    pub(crate) fn poll(&mut self, now: SimTime, wait: SimDuration, out: &mut Effects) {
        self.note_poll(now);
        self.begin(now, Call::Poll { until: now + wait }, out);
    }

    /// The application calls `position()`.
    pub(crate) fn position(
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
    pub(crate) fn seek(&mut self, partition: TopicPartition, offset: Offset) {
        let leader = self.net.leader_of(partition);
        if let Some(place) = self.places.get_mut(&partition) {
            place.seek(offset, leader);
        }
    }

    /// The application calls `commitSync()`, of where it is or of these offsets.
    pub(crate) fn commit_sync(
        &mut self,
        now: SimTime,
        given: &[(TopicPartition, Offset)],
        out: &mut Effects,
    ) {
        let offsets = self.given_or_consumed(now, given);
        if offsets.is_empty() && self.config.membership.librdkafka {
            let (reader, act, error) = (self.id, None, Some(ReadError::NoOffset));
            return out.note(GroupFact::CommitReturned { reader, act, error });
        }
        let call = CommitCall::new(offsets);
        let until = now + self.config.membership.default_api_timeout;
        self.begin(now, Call::Commit { call, until }, out);
    }

    /// The application calls `committed()`.
    pub(crate) fn committed(&mut self, now: SimTime, of: Vec<TopicPartition>, out: &mut Effects) {
        let until = now + self.config.membership.default_api_timeout;
        self.begin(now, Call::Committed { of, until }, out);
    }

    /// The application calls `close()`.
    pub(crate) fn close(&mut self, now: SimTime, wait: SimDuration, out: &mut Effects) {
        let call = Call::Close {
            closing: Closing::Commits,
            until: now + wait,
        };
        self.begin(now, call, out);
    }

    /// What its sockets brought between two calls.
    fn take_in_what_came(&mut self, now: SimTime, out: &mut Effects) {
        for input in std::mem::take(&mut self.inbox) {
            self.take_in(now, input, out);
        }
    }

    fn begin(&mut self, now: SimTime, call: Call, out: &mut Effects) {
        self.returned = None;
        self.take_in_what_came(now, out);
        self.call = Some(call);
        self.turn(now, out);
    }

    /// One thing reaches the reader.
    pub(crate) fn on(&mut self, now: SimTime, input: Input, out: &mut Effects) {
        if input == Input::Timer(Timer::Member) {
            self.look_after_membership(now, out);
            if self.call.is_some() {
                self.turn(now, out);
            }
            return;
        }
        if self.call.is_none() {
            // The background thread of a member reads what its coordinator says.
            if self.is_attended(&input) {
                self.take_in(now, input, out);
                self.after_background(now, out);
            } else if !matches!(input, Input::Timer(_)) {
                self.inbox.push(input);
            }
            return;
        }
        self.take_in(now, input, out);
        self.turn(now, out);
    }

    /// True for what is read although no call waits: the thread that shows that a member lives reads all that comes.
    fn is_attended(&self, input: &Input) -> bool {
        !matches!(input, Input::Timer(_)) && (self.works_alone() || self.has_joined())
    }

    /// One round of the loop in a call.
    fn turn(&mut self, now: SimTime, out: &mut Effects) {
        let Some(mut call) = self.call.take() else {
            return;
        };
        self.time_out_requests(now, out);
        let ended = match &mut call {
            Call::Poll { until } => {
                let until = *until;
                match self.go_on_polling(now, until, out) {
                    Ok(records) if !records.is_empty() => return self.hand_out(now, records, out),
                    Ok(_) if now >= until || self.is_telling() => Some(Ended::Well),
                    Ok(_) => None,
                    Err(error) => Some(Ended::With(error)),
                }
            }
            Call::Position { of, .. } => {
                let error = self.trouble.take();
                let updated = error.map_or_else(|| self.update_positions(now, out), Err);
                let at = self.places.get(of).and_then(Place::valid_offset);
                match (updated, at) {
                    (Err(error), _) => Some(Ended::With(error)),
                    (Ok(()), Some(at)) => Some(Ended::At(at)),
                    (Ok(()), None) => None,
                }
            }
            Call::Commit { call, .. } => match self.go_on_committing(now, call, out) {
                Some(Err(error)) => Some(Ended::With(error)),
                Some(Ok(())) => Some(Ended::Well),
                None => None,
            },
            Call::Committed { of, .. } => {
                self.ask_how_far(now, of.clone(), out);
                match self.take_how_far() {
                    Some(Ok(told)) => Some(Ended::Told(told)),
                    Some(Err(error)) => Some(Ended::With(error)),
                    None => None,
                }
            }
            Call::Close { closing, until } => {
                let until = *until;
                self.go_on_closing(now, until, closing, out)
                    .then_some(Ended::Well)
            }
        };
        if let Some(ended) = ended {
            return self.end_call(&call, ended, out);
        }
        let until = call.until();
        if now >= until {
            return self.end_call(&call, Ended::With(ReadError::Timeout), out);
        }
        self.ask_for_metadata(now, out);
        let mut at = self.next_alarm(now).map_or(until, |at| at.min(until));
        if let Call::Commit { call, .. } = &call {
            at = Self::retries_at(call, now).map_or(at, |retry| retry.min(at));
        }
        self.call = Some(call);
        out.arm(Timer::Reader, at);
    }

    /// One round of `poll()`: the group, positions, what is there, what is to be asked for.
    fn go_on_polling(
        &mut self,
        now: SimTime,
        until: SimTime,
        out: &mut Effects,
    ) -> Result<Vec<Read>, ReadError> {
        if let Some(error) = self.trouble.take() {
            return Err(error);
        }
        match self.work_on_group(now, out)? {
            Progress::Ready => self.update_positions(now, out)?,
            Progress::NotYet => {}
            Progress::Blocked if now >= until => {}
            Progress::Blocked => return Ok(Vec::new()),
        }
        if self.is_telling() {
            return Ok(Vec::new());
        }
        if self.is_asking_the_group() && now < until {
            return Ok(Vec::new());
        }
        let records = self.collect(now)?;
        self.send_fetches(now, out);
        Ok(records)
    }

    fn hand_out(&mut self, now: SimTime, records: Vec<Read>, out: &mut Effects) {
        out.disarm(Timer::Reader);
        self.store_offsets(&records);
        self.note_end_of_call();
        self.returned = Some(Returned {
            records: u32::try_from(records.len()).unwrap_or(u32::MAX),
            ..Returned::default()
        });
        out.note(Observation::RecordsRead {
            reader: self.id,
            records,
        });
        self.arm_member(now, out);
    }

    fn end_call(&mut self, call: &Call, ended: Ended, out: &mut Effects) {
        self.note_end_of_call();
        out.disarm(Timer::Reader);
        let commits = matches!(call, Call::Commit { .. });
        let error = match &ended {
            Ended::With(error) => Some(*error),
            _ => None,
        };
        let reader = self.id;
        if commits {
            let act = None;
            out.note(GroupFact::CommitReturned { reader, act, error });
        } else if let Some(error) = error {
            out.note(Observation::ReadFailed { reader, error });
        }
        let mut returned = Returned {
            error,
            ..Returned::default()
        };
        match ended {
            Ended::At(at) => returned.position = Some(at),
            Ended::Told(told) => returned.committed = told,
            Ended::Well | Ended::With(_) => {}
        }
        self.returned = Some(returned);
    }
}
