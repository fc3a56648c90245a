//! Where a reader stands in each partition (`SubscriptionState`): found, doubted, lost and found again.

use super::super::config::OffsetReset;
use super::super::effects::{Effects, Purpose};
use super::super::ids::{BrokerId, LeaderEpoch, NodeId, Offset, TopicPartition};
use super::super::observation::Observation;
use super::super::time::SimTime;
use super::super::wire::{Asked, ErrorCode, OffsetSpec, ReadError, Request, Told};
use super::Reader;
use super::net::InFlight;

/// A partition's leader as a client knows it; both absent where it knows nothing.
pub(super) type Leader = (Option<BrokerId>, Option<LeaderEpoch>);

/// Never again.
const FOR_EVER: SimTime = SimTime(u64::MAX);

/// A place to read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Position {
    pub(super) offset: Offset,
    /// Epoch of the last record that was read before it; none after a reset or a `seek()`.
    pub(super) epoch: Option<LeaderEpoch>,
    pub(super) leader: Leader,
}

/// What is known of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Standing {
    /// Nothing yet.
    #[default]
    Unknown,
    /// The policy decides.
    AwaitsReset,
    /// Another leader must say whether it has the epoch that far (KIP-320).
    AwaitsValidation(Position),
    /// Sure.
    Reads(Position),
}

/// A partition of the assignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) standing: Standing,
    /// A reset or a validation is under way, or failed: not again before then.
    pub(super) not_before: SimTime,
    /// The group has never committed anything here.
    pub(super) has_no_commit: bool,
    /// The leader sent an error: no fetch before metadata has come, or this moment.
    pub(super) no_fetch_before: SimTime,
}

impl Place {
    /// The offset of a position that nobody doubts.
    pub(super) fn valid_offset(&self) -> Option<Offset> {
        self.reads().map(|position| position.offset)
    }

    pub(super) fn reads(&self) -> Option<Position> {
        match self.standing {
            Standing::Reads(position) => Some(position),
            Standing::Unknown | Standing::AwaitsReset | Standing::AwaitsValidation(_) => None,
        }
    }

    pub(super) fn seek(&mut self, offset: Offset, leader: Leader) {
        *self = Self {
            standing: Standing::Reads(Position {
                offset,
                epoch: None,
                leader,
            }),
            ..Self::default()
        };
    }

    pub(super) fn lose(&mut self) {
        *self = Self {
            standing: Standing::AwaitsReset,
            ..Self::default()
        };
    }

    /// Another leader, or another epoch: what was read so far may not be there (`maybeValidatePosition`).
    pub(super) fn learn_leader(&mut self, leader: Leader) {
        let (Standing::Reads(position) | Standing::AwaitsValidation(position)) = self.standing
        else {
            return;
        };
        if leader.0.is_none() || position.leader == leader {
            return;
        }
        let position = Position { leader, ..position };
        *self = Self::default();
        self.standing = if position.epoch.is_some() && leader.1.is_some() {
            Standing::AwaitsValidation(position)
        } else {
            Standing::Reads(position)
        };
    }
}

impl Reader {
    /// `updateFetchPositions`: whoever has no position gets one from the policy, whoever has a doubted one asks.
    pub(super) fn update_positions(
        &mut self,
        now: SimTime,
        out: &mut Effects,
    ) -> Result<(), ReadError> {
        self.ask_for_validation(now, out);
        if !self.begin_where_the_group_is(now, out)? {
            return Ok(());
        }
        let grouped = self.group.is_some();
        let unknown = |place: &Place| {
            let settled = place.not_before == FOR_EVER;
            place.standing == Standing::Unknown && !settled && (place.has_no_commit || !grouped)
        };
        if self.places.values().any(unknown) {
            if self.config.offset_reset == OffsetReset::None {
                if self.config.membership.librdkafka {
                    // It says so once for each partition, and leaves it alone.
                    let lost = self.places.values_mut().filter(|place| unknown(place));
                    lost.for_each(|place| place.not_before = FOR_EVER);
                }
                return Err(ReadError::NoOffsetForPartition);
            }
            for place in self.places.values_mut().filter(|place| unknown(place)) {
                place.lose();
            }
        }
        self.ask_for_resets(now, out);
        Ok(())
    }

    /// The partitions for which `what` is something and whose time has come, by the leader that can be asked now.
    fn askable<T: Copy>(
        &mut self,
        now: SimTime,
        out: &mut Effects,
        what: impl Fn(&Place) -> Option<T>,
    ) -> Vec<(BrokerId, Vec<Asked<T>>)> {
        let mut by_leader: Vec<(BrokerId, Vec<Asked<T>>)> = Vec::new();
        let waiting: Vec<_> = self
            .places
            .iter()
            .filter(|(_, place)| place.not_before <= now)
            .filter_map(|(id, place)| Some((*id, what(place)?)))
            .collect();
        for (partition, what) in waiting {
            let (leader, epoch) = self.net.leader_of(partition);
            let Some(leader) = leader else {
                self.net.want_metadata();
                continue;
            };
            if !self.net.is_ready(now, leader, out) {
                continue;
            }
            let asked = Asked {
                partition,
                current_leader_epoch: epoch,
                what,
            };
            match by_leader.iter_mut().find(|(id, _)| *id == leader) {
                Some((_, list)) => list.push(asked),
                None => by_leader.push((leader, vec![asked])),
            }
            if let Some(place) = self.places.get_mut(&partition) {
                place.not_before = now + self.config.request_timeout;
            }
        }
        by_leader
    }

    fn ask_for_resets(&mut self, now: SimTime, out: &mut Effects) {
        let spec = match self.config.offset_reset {
            OffsetReset::Earliest => OffsetSpec::Earliest,
            OffsetReset::Latest => OffsetSpec::Latest,
            OffsetReset::ByDuration(age) => OffsetSpec::Since(SimTime(now.0.saturating_sub(age.0))),
            OffsetReset::None => return,
        };
        let lost = |place: &Place| (place.standing == Standing::AwaitsReset).then_some(spec);
        for (leader, list) in self.askable(now, out, lost) {
            let asked = list.iter().map(|asked| asked.partition).collect();
            self.net.put(now, leader, InFlight::Offsets(asked));
            let request = Request::ListOffsets(list.into_iter().collect(), self.config.isolation());
            out.send(NodeId::Broker(leader), Purpose::Client, request);
        }
    }

    fn ask_for_validation(&mut self, now: SimTime, out: &mut Effects) {
        let doubted = |place: &Place| match place.standing {
            Standing::AwaitsValidation(position) => position.epoch,
            Standing::Unknown | Standing::AwaitsReset | Standing::Reads(_) => None,
        };
        for (leader, list) in self.askable(now, out, doubted) {
            let asked = list
                .iter()
                .filter_map(|asked| match self.places.get(&asked.partition)?.standing {
                    Standing::AwaitsValidation(position) => Some((asked.partition, position)),
                    _ => None,
                })
                .collect();
            self.net.put(now, leader, InFlight::Epochs(asked));
            let request = Request::OffsetForLeaderEpoch(list.into_iter().collect());
            out.send(NodeId::Broker(leader), Purpose::Client, request);
        }
    }

    /// The answer to ListOffsets (`OffsetFetcher.resetPositionsAsync`). An offset that does not exist leaves the partition
    /// waiting for `request.timeout.ms`.
    pub(super) fn on_offsets(
        &mut self,
        now: SimTime,
        answers: &[Told<Option<Offset>>],
        out: &mut Effects,
    ) {
        for answer in answers {
            let leader = self.net.leader_of(answer.partition);
            let Some(place) = self.places.get_mut(&answer.partition) else {
                continue;
            };
            if place.standing != Standing::AwaitsReset {
                continue;
            }
            match (answer.error, answer.what) {
                (ErrorCode::None, Some(offset)) => {
                    place.seek(offset, leader);
                    out.note(Observation::PositionReset {
                        reader: self.id,
                        partition: answer.partition,
                        to: offset,
                    });
                }
                (ErrorCode::None, None) => {}
                _ => {
                    place.not_before = now + self.config.retry_backoff;
                    self.net.want_metadata();
                }
            }
        }
    }

    /// The answer to OffsetForLeaderEpoch (`SubscriptionState.maybeCompleteValidation`).
    pub(super) fn on_epochs(
        &mut self,
        now: SimTime,
        asked: &[(TopicPartition, Position)],
        answers: &[Told<Option<(LeaderEpoch, Offset)>>],
        out: &mut Effects,
    ) {
        for answer in answers {
            let (Some((_, position)), Some(place)) = (
                asked.iter().find(|(id, _)| *id == answer.partition),
                self.places.get_mut(&answer.partition),
            ) else {
                continue;
            };
            if place.standing != Standing::AwaitsValidation(*position) {
                continue;
            }
            if answer.error != ErrorCode::None {
                place.not_before = now + self.config.retry_backoff;
                self.net.want_metadata();
                continue;
            }
            let cut_at = match answer.what {
                Some((_, end)) if end >= position.offset => {
                    *place = Place::default();
                    place.standing = Standing::Reads(*position);
                    continue;
                }
                known => known,
            };
            out.note(Observation::TruncationNoticed {
                reader: self.id,
                partition: answer.partition,
                from: position.offset,
                to: cut_at.map(|(_, end)| end),
            });
            match (self.config.offset_reset, cut_at) {
                (OffsetReset::None, _) => {
                    place.not_before = now;
                    self.trouble = Some(ReadError::LogTruncation);
                }
                (_, Some((epoch, end))) => {
                    *place = Place::default();
                    place.standing = Standing::Reads(Position {
                        offset: end,
                        epoch: Some(epoch),
                        leader: position.leader,
                    });
                }
                (_, None) => place.lose(),
            }
        }
    }

    /// These requests got no answer.
    pub(super) fn not_told(
        &mut self,
        now: SimTime,
        partitions: impl Iterator<Item = TopicPartition>,
    ) {
        for partition in partitions {
            if let Some(place) = self.places.get_mut(&partition) {
                place.not_before = now + self.config.retry_backoff;
            }
        }
    }
}
