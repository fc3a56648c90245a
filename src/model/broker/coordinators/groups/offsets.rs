//! How far groups are (`OffsetMetadataManager`): commits, questions, and what becomes too old.

use super::super::super::super::effects::{Effects, ReplyTo};
use super::super::super::super::ids::{GroupId, TopicPartition};
use super::super::super::super::observation::GroupFact;
use super::super::super::super::state_record::{CommittedOffset, StateRecord};
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::wire::{
    Committed, ErrorCode, GroupResponse, OffsetCommit, OffsetFetch, Response,
};
use super::super::super::Broker;
use super::super::Then;
use super::classic::State;
use super::{Group, GroupThen, LOG};

/// Offsets that become too old later than so much after the last thing that happened are not waited for.
const HORIZON: SimDuration = SimDuration::from_ms(180_000);

impl Broker {
    pub(super) fn on_offset_commit(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        asked: OffsetCommit,
        out: &mut Effects,
    ) {
        let refusal = self.may_commit(now, &asked);
        let known = |partition: &TopicPartition| self.image.partitions.contains_key(partition);
        let offsets: Vec<_> = asked
            .offsets
            .iter()
            .filter(|(partition, _)| known(partition))
            .map(|(partition, told)| (*partition, CommittedOffset { at: now, ..*told }))
            .collect();
        let error = match refusal {
            Err(error) => error,
            Ok(()) if offsets.len() < asked.offsets.len() => ErrorCode::UnknownTopicOrPartition,
            Ok(()) => ErrorCode::None,
        };
        if error != ErrorCode::None {
            out.note(GroupFact::OffsetsRefused {
                group: asked.group,
                client: asked.client,
                error,
            });
            let told = asked.offsets.iter().map(|(p, _)| (*p, error)).collect();
            let answer = GroupResponse::OffsetCommit(told);
            return out.reply(reply, Response::Group(Box::new(answer)));
        }
        let group = asked.group;
        let record =
            |(partition, value): &(TopicPartition, CommittedOffset)| StateRecord::OffsetCommit {
                group,
                partition: *partition,
                value: Some(*value),
            };
        let records: Vec<_> = offsets.iter().map(record).collect();
        let then = Then::Group(Box::new(GroupThen::Committed {
            reply,
            group,
            client: asked.client,
            offsets,
        }));
        if let Err((error, then)) = self.write_state(now, LOG, records, then, out) {
            self.carry_out(now, Err(error), then, out);
        }
    }

    /// `validateOffsetCommit`: members of this generation, and strangers while nobody is in.
    fn may_commit(&mut self, now: SimTime, asked: &OffsetCommit) -> Result<(), ErrorCode> {
        let who = asked.member.as_ref();
        match self.coordinators.groups.all.get_mut(&asked.group) {
            None => match who {
                Some(who) if who.generation >= 0 => Err(ErrorCode::IllegalGeneration),
                _ => {
                    self.make_classic(now, asked.group);
                    Ok(())
                }
            },
            Some(Group::Classic(known)) => {
                known.may_commit(who)?;
                if let Some(who) = who {
                    known.heard(now, who.member);
                }
                Ok(())
            }
            Some(Group::Modern(known)) => {
                let partitions = asked.offsets.iter().map(|(partition, _)| *partition);
                known.0.may_commit(who, partitions)
            }
        }
    }

    /// `validateTransactionalOffsetCommit`: members of this generation; and who says of no member need not be one.
    pub(in super::super) fn may_commit_in_transaction(
        &mut self,
        now: SimTime,
        asked: &OffsetCommit,
    ) -> Result<(), ErrorCode> {
        if asked.member.is_none() {
            if !self.coordinators.groups.all.contains_key(&asked.group) {
                self.make_classic(now, asked.group);
            }
            return Ok(());
        }
        match self.may_commit(now, asked) {
            // The state of the group does not matter.
            Err(ErrorCode::RebalanceInProgress) => Ok(()),
            Err(ErrorCode::StaleMemberEpoch) => Err(ErrorCode::IllegalGeneration),
            told => told,
        }
    }

    /// How far the group is, as far as that is committed.
    pub(super) fn on_offset_fetch(&self, reply: ReplyTo, asked: &OffsetFetch, out: &mut Effects) {
        let refusal = match (asked.member, self.coordinators.groups.modern(asked.group)) {
            (Some(who), Some(known)) => known.0.may_fetch(&who),
            _ => Ok(()),
        };
        let answer = refusal.map(|()| {
            let told = |partition: &TopicPartition| {
                let pending = &self.coordinators.pending_offsets;
                let told = match pending.is_open(asked.group, *partition) {
                    true => Err(ErrorCode::UnstableOffsetCommit),
                    false => Ok(self.committed(asked.group, *partition)),
                };
                (*partition, told)
            };
            asked.partitions.iter().map(told).collect::<Committed>()
        });
        let answer = GroupResponse::OffsetFetch(answer);
        out.reply(reply, Response::Group(Box::new(answer)));
    }

    /// The last committed value: what the high watermark has not passed does not count yet.
    pub(crate) fn committed(
        &self,
        group: GroupId,
        partition: TopicPartition,
    ) -> Option<CommittedOffset> {
        let latest = self.coordinators.offsets.get(&(group, partition)).copied();
        let replica = self.replicas.get(&LOG)?;
        if replica.high_watermark >= replica.log.end() {
            return latest;
        }
        let states = replica.log.states_from(super::Offset(0)).iter().rev();
        let mut below = states.filter(|(at, _)| *at < replica.high_watermark);
        below.find_map(|(_, record)| match record {
            StateRecord::OffsetCommit {
                group: of,
                partition: place,
                value,
            } if (*of, *place) == (group, partition) => Some(*value),
            _ => None,
        })?
    }

    /// How far a group is everywhere, if this broker coordinates it.
    pub(crate) fn committed_everywhere(
        &self,
        group: GroupId,
    ) -> Option<Vec<(TopicPartition, CommittedOffset)>> {
        self.coordinates(LOG).then(|| {
            let own = self.coordinators.offsets.keys();
            let own = own.filter(|(of, _)| *of == group);
            own.filter_map(|(_, place)| Some((*place, self.committed(group, *place)?)))
                .collect()
        })
    }

    /// How far all groups are that this broker coordinates.
    pub(crate) fn all_committed(
        &self,
    ) -> impl Iterator<Item = ((GroupId, TopicPartition), super::Offset)> {
        let known = self
            .coordinates(LOG)
            .then(|| self.coordinators.offsets.keys());
        known.into_iter().flatten().filter_map(|(group, place)| {
            let value = self.committed(*group, *place)?;
            Some(((*group, *place), value.offset))
        })
    }

    /// Since when nobody has needed the offsets of a group; none while somebody is in.
    fn unused_since(&self, group: GroupId, committed_at: SimTime) -> Option<SimTime> {
        match self.coordinators.groups.all.get(&group) {
            None => Some(committed_at),
            Some(Group::Classic(known)) if known.state == State::Empty => Some(
                known
                    .empty_since
                    .map_or(committed_at, |at| at.max(committed_at)),
            ),
            Some(Group::Modern(known)) if known.0.members.is_empty() => Some(committed_at),
            Some(Group::Classic(_) | Group::Modern(_)) => None,
        }
    }

    fn old_at(&self, key: &(GroupId, TopicPartition), far: &CommittedOffset) -> Option<SimTime> {
        let unused = self.unused_since(key.0, far.at)?;
        Some(unused + self.config.groups.offsets_retention)
    }

    /// When it looks for old offsets next, if some will be old soon.
    pub(super) fn next_expiry(&self, now: SimTime) -> Option<SimTime> {
        let offsets = self.coordinators.offsets.iter();
        let old = offsets.filter_map(|(key, far)| self.old_at(key, far)).min();
        let every = self.config.groups.offsets_retention_check_interval.0.max(1);
        let look = |old: SimTime| SimTime(old.0.max(now.0 + 1).div_ceil(every) * every);
        old.map(look).filter(|at| at.since(now) <= HORIZON)
    }

    /// `cleanupExpiredOffsets`.
    pub(super) fn forget_old_offsets(&mut self, now: SimTime, out: &mut Effects) {
        if self.coordinators.groups.expiry.is_none_or(|at| at > now) || !self.coordinates(LOG) {
            return;
        }
        let offsets = self.coordinators.offsets.iter();
        let is_old = |(key, far): &(&(GroupId, TopicPartition), &CommittedOffset)| {
            self.old_at(key, far).is_some_and(|at| at <= now)
        };
        let old: Vec<_> = offsets.filter(is_old).map(|(key, _)| *key).collect();
        let record = |(group, partition): &(GroupId, TopicPartition)| StateRecord::OffsetCommit {
            group: *group,
            partition: *partition,
            value: None,
        };
        let records: Vec<_> = old.iter().map(record).collect();
        if !records.is_empty() {
            // Nobody waits for it.
            let _ = self.write_state(now, LOG, records, Then::Nothing, out);
        }
    }
}
