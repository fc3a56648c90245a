//! The question how far a group is (`fetchCommittedOffsets`), and beginning there.

use super::super::super::effects::Effects;
use super::super::super::ids::TopicPartition;
use super::super::super::time::SimTime;
use super::super::super::wire::{Committed, ErrorCode, GroupRequest, OffsetFetch, ReadError};
use super::super::Reader;
use super::super::places::{Place, Position, Standing};
use super::coordinator::Asked;

impl Reader {
    /// Asks how far the group is. True once it has been told.
    pub(in crate::reader) fn ask_how_far(
        &mut self,
        now: SimTime,
        partitions: Vec<TopicPartition>,
        out: &mut Effects,
    ) -> bool {
        let Some(group) = &self.group else {
            return true;
        };
        if group.told_offsets.is_some() {
            return true;
        }
        if group.asking_offsets || now < group.commits.ask_at || !self.ensure_coordinator(now, out)
        {
            return false;
        }
        let Some(group) = &mut self.group else {
            return true;
        };
        group.asking_offsets = true;
        let request = OffsetFetch {
            group: group.setup.group,
            member: group.newer_member(),
            partitions,
        };
        self.send_to_coordinator(now, GroupRequest::OffsetFetch(request), Asked::Offsets, out);
        false
    }

    /// The answer to OffsetFetch.
    pub(super) fn on_offsets_told(
        &mut self,
        now: SimTime,
        answer: Result<Committed, ErrorCode>,
        _out: &mut Effects,
    ) {
        let wait = self.config.retry_backoff;
        let Some(group) = &mut self.group else { return };
        group.asking_offsets = false;
        match answer {
            Ok(told) if told.iter().all(|(_, far)| far.is_ok()) => {
                group.told_offsets = Some(Ok(told));
            }
            // Offsets of an open transaction: it is asked again.
            Ok(_) => group.commits.ask_at = now + wait,
            Err(ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable) => {
                group.commits.ask_at = now + wait;
            }
            Err(ErrorCode::StaleMemberEpoch | ErrorCode::UnknownMemberId)
                if group.newer.is_some() =>
            {
                group.commits.ask_at = now + wait;
            }
            Err(_) => group.told_offsets = Some(Err(ReadError::Kafka)),
        }
    }

    pub(in crate::reader) fn take_how_far(&mut self) -> Option<Result<Committed, ReadError>> {
        self.group.as_mut()?.told_offsets.take()
    }

    /// `initWithCommittedOffsetsIfNeeded`: whoever has no position begins where the group is. False while that is asked.
    pub(in crate::reader) fn begin_where_the_group_is(
        &mut self,
        now: SimTime,
        out: &mut Effects,
    ) -> Result<bool, ReadError> {
        if self.group.is_none() {
            return Ok(true);
        }
        let unknown = |(_, place): &(&TopicPartition, &Place)| place.standing == Standing::Unknown;
        let fresh: Vec<_> = self
            .places
            .iter()
            .filter(unknown)
            .map(|(id, _)| *id)
            .collect();
        if fresh.is_empty() {
            return Ok(true);
        }
        if !self.ask_how_far(now, fresh.clone(), out) {
            return Ok(false);
        }
        let Some(told) = self.take_how_far() else {
            return Ok(true);
        };
        for (partition, far) in told? {
            let leader = self.net.leader_of(partition);
            let Some(place) = self.places.get_mut(&partition) else {
                continue;
            };
            if place.standing != Standing::Unknown {
                continue;
            }
            match far.ok().flatten() {
                Some(far) => {
                    let position = Position {
                        offset: far.offset,
                        epoch: far.leader_epoch,
                        leader,
                    };
                    *place = Place::default();
                    place.standing = match far.leader_epoch {
                        Some(_) => Standing::AwaitsValidation(position),
                        None => Standing::Reads(position),
                    };
                }
                None => place.has_no_commit = true,
            }
        }
        // Another assignment may have come while it was asked.
        let fresh = |place: &Place| place.standing == Standing::Unknown && !place.has_no_commit;
        Ok(!self.places.values().any(fresh))
    }
}
