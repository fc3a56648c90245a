//! Fetches of a reader, and what `poll()` takes out of their answers (`AbstractFetch`, `FetchCollector`).

use super::super::config::OffsetReset;
use super::super::effects::{Effects, Purpose};
use super::super::ids::{BrokerId, NodeId, Offset, RecordId, TopicPartition};
use super::super::observation::Read;
use super::super::record::Entry;
use super::super::small::Few;
use super::super::time::SimTime;
use super::super::transaction::Aborted;
use super::super::wire::{Asked, ErrorCode, ReadError, ReadRecords, Request, Told};
use super::Reader;
use super::net::InFlight;
use super::places::Position;
use smallvec::SmallVec;

/// One partition of an answer to a fetch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fetched {
    from: BrokerId,
    partition: TopicPartition,
    /// Where it was asked from.
    offset: Offset,
    error: ErrorCode,
    entries: SmallVec<[Entry; 1]>,
    /// Transactions that must be left out.
    aborted: Option<Box<[Aborted]>>,
    /// Entries that were handed out or passed over.
    taken: usize,
    /// It was looked at: errors are told once.
    opened: bool,
}

impl Fetched {
    /// The next offset that it can hand out.
    fn next(&self) -> Offset {
        Offset(self.offset.0 + self.taken as u64)
    }

    /// The next entry as a reader gets it: control records are passed over, and so are records of transactions that must be
    /// left out (`CompletedFetch.nextFetchedRecord`).
    fn visible(&self, entry: &Entry) -> Option<RecordId> {
        let (record, offset) = (entry.record()?, self.next());
        let is_aborted = |own: &Aborted| {
            let producer = entry.producer.map(|(id, ..)| id);
            entry.transactional
                && producer == Some(own.producer)
                && own.first <= offset
                && offset <= own.last
        };
        let aborted = self.aborted.as_ref();
        let hidden = aborted.is_some_and(|all| all.iter().any(is_aborted));
        (!hidden).then_some(record)
    }
}

impl Reader {
    /// Asks each leader for more of what is read from it: one request at a time to a broker, nothing of a partition whose
    /// records still wait here, and nothing of a broker from which some do.
    pub(super) fn send_fetches(&mut self, now: SimTime, out: &mut Effects) {
        let mut requests: Vec<(BrokerId, Few<Asked<Offset>>)> = Vec::new();
        let standing: Vec<_> = self
            .places
            .iter()
            .filter(|(_, place)| place.no_fetch_before <= now)
            .filter_map(|(id, place)| Some((*id, place.reads()?)))
            .collect();
        for (partition, position) in standing {
            if self.fetched.iter().any(|f| f.partition == partition) {
                continue;
            }
            let (Some(leader), epoch) = position.leader else {
                self.net.want_metadata();
                continue;
            };
            let waits_here = self.fetched.iter().any(|fetched| fetched.from == leader);
            if waits_here || self.net.is_fetching(leader) || !self.net.is_ready(now, leader, out) {
                continue;
            }
            let asked = Asked {
                partition,
                current_leader_epoch: epoch,
                what: position.offset,
            };
            match requests.iter_mut().find(|(id, _)| *id == leader) {
                Some((_, list)) => list.push(asked),
                None => requests.push((leader, [asked].into_iter().collect())),
            }
        }
        for (leader, partitions) in requests {
            self.net.put(now, leader, InFlight::Records);
            let request = Request::Read {
                max_wait_ms: u32::try_from(self.config.fetch_max_wait.0 / 1000).unwrap_or(u32::MAX),
                partitions,
                isolation: self.config.isolation(),
            };
            out.send(NodeId::Broker(leader), Purpose::Client, request);
        }
    }

    /// The answer to a fetch. Records wait to be handed out; a new leader is believed at once (KIP-951).
    pub(super) fn on_records(
        &mut self,
        from: BrokerId,
        answers: Few<Told<ReadRecords>>,
        out: &mut Effects,
    ) {
        for answer in answers {
            if let Some((leader, epoch)) = answer.what.current_leader {
                self.learn_leader(answer.partition, Some(leader), epoch, out);
            }
            if answer.error == ErrorCode::None && answer.what.entries.is_empty() {
                continue;
            }
            self.fetched.push_back(Fetched {
                from,
                partition: answer.partition,
                offset: answer.what.offset,
                error: answer.error,
                entries: answer.what.entries,
                aborted: answer.what.aborted,
                taken: 0,
                opened: false,
            });
        }
    }

    /// What `poll()` returns now, at most `max.poll.records`.
    pub(super) fn collect(&mut self, now: SimTime) -> Result<Vec<Read>, ReadError> {
        let most = self.config.max_poll_records as usize;
        let mut records = Vec::new();
        while records.len() < most {
            let Some(head) = self.fetched.front() else {
                break;
            };
            if !head.opened {
                match self.open_head(now) {
                    Ok(true) => {}
                    Ok(false) => {
                        self.fetched.pop_front();
                        continue;
                    }
                    // What there is is returned first; the error comes with the next call.
                    Err(_) if !records.is_empty() => break,
                    Err(error) => {
                        self.fetched.pop_front();
                        return Err(error);
                    }
                }
            }
            if !self.take_from_head(most, &mut records) {
                self.fetched.pop_front();
            }
        }
        Ok(records)
    }

    /// Looks at the oldest answer for the first time (`FetchCollector.initialize`). True if it has records for the position.
    fn open_head(&mut self, now: SimTime) -> Result<bool, ReadError> {
        let Some(head) = self.fetched.front_mut() else {
            return Ok(false);
        };
        let Some(place) = self.places.get_mut(&head.partition) else {
            return Ok(false);
        };
        let Some(position) = place.reads() else {
            return Ok(false);
        };
        match head.error {
            ErrorCode::None => {
                head.opened = true;
                Ok(position.offset == head.offset)
            }
            ErrorCode::OffsetOutOfRange if position.offset != head.offset => Ok(false),
            ErrorCode::OffsetOutOfRange if self.config.offset_reset == OffsetReset::None => {
                Err(ReadError::OffsetOutOfRange)
            }
            ErrorCode::OffsetOutOfRange => {
                place.lose();
                Ok(false)
            }
            error => {
                place.no_fetch_before = now + self.config.retry_backoff;
                if error != ErrorCode::UnknownLeaderEpoch {
                    self.net.want_metadata();
                }
                Ok(false)
            }
        }
    }

    /// Hands out records of the oldest answer. False if nothing of it is left, or if it is of no use any more.
    fn take_from_head(&mut self, most: usize, records: &mut Vec<Read>) -> bool {
        let Some(head) = self.fetched.front_mut() else {
            return false;
        };
        let Some(place) = self.places.get_mut(&head.partition) else {
            return false;
        };
        let Some(position) = place.reads().filter(|at| at.offset == head.next()) else {
            return false;
        };
        let mut epoch = None;
        while records.len() < most
            && let Some(entry) = head.entries.get(head.taken)
        {
            epoch = Some(entry.leader_epoch);
            if let Some(record) = head.visible(entry) {
                records.push(Read {
                    partition: head.partition,
                    offset: head.next(),
                    record,
                });
            }
            head.taken += 1;
        }
        place.standing = super::places::Standing::Reads(Position {
            offset: head.next(),
            epoch: epoch.or(position.epoch),
            leader: position.leader,
        });
        head.taken < head.entries.len()
    }
}
