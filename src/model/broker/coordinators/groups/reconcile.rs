//! What a coordinator of the newer protocol knows and decides of a group (KIP-848): who may speak, what everybody shall have, and
//! what each may have now (`ConsumerGroup`, `TargetAssignmentBuilder`, `CurrentAssignmentBuilder`).

use super::super::super::super::assignors::{Counts, Wanting, broker_range, uniform};
use super::super::super::super::ids::{NameRank, TopicId, TopicPartition};
use super::super::super::super::small::Map;
use super::super::super::super::state_record::{ModernGroup, ModernMember, Reconciling};
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::wire::{
    AsMember, Assignor, ConsumerGroupHeartbeat, ErrorCode, MemberId,
};

/// The epoch of a static member that is away.
pub(super) const AWAY: i32 = -2;

impl ModernGroup {
    pub(super) fn static_member(&self, instance: NameRank) -> Option<MemberId> {
        let mut members = self.members.iter();
        let found = members.find(|(_, member)| member.instance == Some(instance));
        found.map(|(id, _)| *id)
    }

    /// The member that speaks, if it may (`getOrMaybeSubscribe…ConsumerGroupMember`). One that joins is taken in.
    pub(super) fn admit(&mut self, asked: &ConsumerGroupHeartbeat) -> Result<(), ErrorCode> {
        let AsMember {
            member,
            instance,
            generation: epoch,
            ..
        } = asked.who;
        if let Some(instance) = instance {
            match self.static_member(instance) {
                None if epoch == 0 => {}
                None => return Err(ErrorCode::UnknownMemberId),
                Some(known) if epoch == 0 => return self.come_back(known, member),
                Some(known) if known != member => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        match self.members.get(&member) {
            Some(known) => known.check(asked),
            None if epoch == 0 => {
                let mut newly = ModernMember::new(instance, asked.rebalance_timeout, asked.topic);
                newly.assignor = asked.assignor;
                self.members.insert(member, newly);
                Ok(())
            }
            None => Err(ErrorCode::UnknownMemberId),
        }
    }

    /// A process takes the place of a static member, if that one is away or speaks the classic protocol.
    fn come_back(&mut self, known: MemberId, new: MemberId) -> Result<(), ErrorCode> {
        let goes = |member: &ModernMember| member.epoch == AWAY || member.classic.is_some();
        if !self.members.get(&known).is_some_and(goes) {
            return Err(ErrorCode::UnreleasedInstanceId);
        }
        self.replace(known, new);
        Ok(())
    }

    /// What was one member's is another's now (`replaceMember`).
    pub(super) fn replace(&mut self, known: MemberId, new: MemberId) {
        if let Some(mut member) = self.members.remove(&known) {
            member.epoch = 0;
            member.previous_epoch = 0;
            self.members.insert(new, member);
        }
    }

    /// Takes in what a member says of itself. True if that changes what it wants.
    pub(super) fn hear(&mut self, asked: &ConsumerGroupHeartbeat, newcomer: bool) -> bool {
        let Some(member) = self.members.get_mut(&asked.who.member) else {
            return false;
        };
        member.classic = None;
        if asked.full {
            member.rebalance_timeout = asked.rebalance_timeout;
            member.assignor = asked.assignor.or(member.assignor);
            let changed = member.topic != asked.topic;
            member.topic = asked.topic;
            return changed || newcomer;
        }
        newcomer
    }

    /// How many partitions the topics have that somebody wants.
    pub(super) fn topics(&self, counts: &Counts) -> Map<TopicId, u32> {
        let topics = self.members.values().map(|member| member.topic);
        let known = topics.filter_map(|topic| Some((topic, *counts.get(&topic)?)));
        known.collect()
    }

    /// The epoch is raised if somebody came or wants something else, or if a topic was changed.
    pub(super) fn maybe_raise_epoch(&mut self, changed: bool, counts: &Counts) {
        let seen = self.topics(counts);
        if changed || seen != self.seen {
            self.seen = seen;
            self.epoch += 1;
        }
    }

    /// Shares out anew if that is needed and not too soon (`maybeUpdateTargetAssignment`).
    pub(super) fn maybe_share_out(&mut self, now: SimTime, interval: SimDuration, counts: &Counts) {
        let too_soon = self.assigned_at.is_some_and(|at| now < at + interval);
        if self.target_epoch >= self.epoch || too_soon {
            return;
        }
        let wanting: Vec<_> = self
            .members
            .iter()
            .map(|(id, member)| Wanting {
                member: *id,
                instance: member.instance,
                topic: member.topic,
                had: member.target.clone(),
            })
            .collect();
        let liked = |wanted| {
            self.members
                .values()
                .filter(|m| m.assignor == wanted)
                .count()
        };
        let by_range = liked(Some(Assignor::Range)) > liked(Some(Assignor::Sticky));
        let all = if by_range {
            broker_range(&wanting, counts)
        } else {
            uniform(&wanting, counts)
        };
        for (id, target) in all {
            if let Some(member) = self.members.get_mut(&id) {
                member.target = target;
            }
        }
        self.target_epoch = self.epoch;
        self.assigned_at = Some(now);
    }

    /// Nobody else has it, or has still to give it away.
    pub(super) fn is_free(&self, partition: TopicPartition) -> bool {
        let holds = |member: &ModernMember| {
            member.assigned.contains_key(&partition) || member.revoking.contains_key(&partition)
        };
        !self.members.values().any(holds)
    }

    /// A step of a member towards its target (`CurrentAssignmentBuilder.build`).
    pub(super) fn reconcile(&mut self, id: MemberId, owned: Option<&[TopicPartition]>) {
        let target_epoch = self.target_epoch;
        let Some(member) = self.members.get(&id) else {
            return;
        };
        let still_has = |revoking: &Map<TopicPartition, i32>| match owned {
            None => true,
            Some(owned) => owned.iter().any(|p| revoking.contains_key(p)),
        };
        match member.state {
            Reconciling::Stable if member.epoch == target_epoch => return,
            Reconciling::Unrevoked if still_has(&member.revoking) => return,
            _ => {}
        }
        let wants = |p: &TopicPartition| member.target.contains(p) && p.topic == member.topic;
        let (kept, lost): (Vec<_>, Vec<_>) = member
            .assigned
            .iter()
            .map(|(p, epoch)| (*p, *epoch))
            .partition(|(p, _)| wants(p));
        let (mut kept, lost): (Map<_, _>, Map<_, _>) =
            (kept.into_iter().collect(), lost.into_iter().collect());
        let missing = member.target.iter().filter(|p| p.topic == member.topic);
        let missing: Vec<_> = missing
            .filter(|p| !kept.contains_key(*p))
            .copied()
            .collect();
        let mine = |p: &TopicPartition| member.revoking.contains_key(p);
        let (free, held): (Vec<_>, Vec<_>) = missing
            .into_iter()
            .partition(|p| mine(p) || self.is_free(*p));
        let mut changed = member.clone();
        if !lost.is_empty() && still_has(&lost) {
            changed.state = Reconciling::Unrevoked;
            changed.assigned = kept;
            changed.revoking = lost;
        } else {
            for partition in free {
                kept.insert(partition, target_epoch);
            }
            changed.state = match held.is_empty() {
                true => Reconciling::Stable,
                false => Reconciling::Unreleased,
            };
            changed.raise(target_epoch);
            changed.assigned = kept;
            changed.revoking = Map::new();
        }
        self.members.insert(id, changed);
    }

    /// `ConsumerGroup.validateOffsetCommit`; an older epoch will do for what was given in it or before (KIP-1251).
    pub(super) fn may_commit(
        &self,
        who: Option<&AsMember>,
        mut partitions: impl Iterator<Item = TopicPartition>,
    ) -> Result<(), ErrorCode> {
        let Some(who) = who else {
            let empty = self.members.is_empty();
            return if empty {
                Ok(())
            } else {
                Err(ErrorCode::UnknownMemberId)
            };
        };
        if who.generation < 0 && self.members.is_empty() {
            return Ok(());
        }
        let member = self.members.get(&who.member);
        let member = member.ok_or(ErrorCode::UnknownMemberId)?;
        if who.generation == member.epoch {
            return Ok(());
        }
        let given = |p: TopicPartition| {
            let epoch = member.assigned.get(&p).or_else(|| member.revoking.get(&p));
            epoch.is_some_and(|epoch| who.generation >= *epoch)
        };
        if who.generation < member.epoch && partitions.all(given) {
            return Ok(());
        }
        Err(member.wrong_epoch())
    }

    /// `ConsumerGroup.validateOffsetFetch`.
    pub(super) fn may_fetch(&self, who: &AsMember) -> Result<(), ErrorCode> {
        match self.members.get(&who.member) {
            None => Err(ErrorCode::UnknownMemberId),
            Some(member) if member.epoch != who.generation => Err(member.wrong_epoch()),
            Some(_) => Ok(()),
        }
    }
}

impl ModernMember {
    /// `throwIfConsumerGroupMemberEpochIsInvalid`.
    fn check(&self, asked: &ConsumerGroupHeartbeat) -> Result<(), ErrorCode> {
        let epoch = asked.who.generation;
        if epoch == 0 || epoch == self.epoch {
            return Ok(());
        }
        let owned = asked.owned.as_ref();
        let subset = owned.is_some_and(|owned| owned.iter().all(|p| self.assigned.contains_key(p)));
        if epoch < self.epoch && epoch == self.previous_epoch && subset {
            return Ok(());
        }
        Err(ErrorCode::FencedMemberEpoch)
    }

    /// How it hears that it speaks of another epoch than its own.
    fn wrong_epoch(&self) -> ErrorCode {
        match self.classic {
            Some(_) => ErrorCode::IllegalGeneration,
            None => ErrorCode::StaleMemberEpoch,
        }
    }

    fn raise(&mut self, epoch: i32) {
        if epoch != self.epoch {
            self.previous_epoch = self.epoch;
            self.epoch = epoch;
        }
    }
}
