//! Groups in which both protocols meet (KIP-848): a classic group goes over to the newer protocol when a member of that one joins;
//! classic members go on in it by their own requests; it becomes classic again when the last member of the newer one is gone.

use super::super::super::super::assignors::Counts;
use super::super::super::super::effects::{Effects, ReplyTo};
use super::super::super::super::ids::{GroupId, TopicPartition};
use super::super::super::super::observation::{GroupFact, LeftBecause};
use super::super::super::super::small::Map;
use super::super::super::super::state_record::{
    ByClassic, ClassicMember, ModernGroup, ModernMember, Reconciling,
};
use super::super::super::super::time::SimTime;
use super::super::super::super::wire::{
    AsMember, ErrorCode, GroupResponse, JoinGroup, Joined, MemberId, Response,
};
use super::super::super::Broker;
use super::super::Then;
use super::classic::{ClassicGroup, Member, State, refused};
use super::joining::Turn;
use super::modern::Sessions;
use super::{Group, note_generation};

impl ModernGroup {
    /// A classic group as one of the newer protocol: everybody has what it had (`ConsumerGroup.fromClassicGroup`).
    fn from_classic(known: &ClassicGroup, counts: &Counts) -> Self {
        let generation = known.generation;
        let member = |(id, member): (&MemberId, &Member)| {
            let told = member.told.clone();
            let has = told.assignment.iter().map(|p| (*p, generation));
            let member = ModernMember {
                instance: told.instance,
                rebalance_timeout: told.rebalance_timeout,
                topic: told.subscription.topic,
                assignor: None,
                epoch: generation,
                previous_epoch: generation,
                state: Reconciling::Stable,
                assigned: has.collect(),
                target: told.assignment,
                revoking: Map::new(),
                classic: Some(Box::new(ByClassic {
                    session_timeout: told.session_timeout,
                    assignors: told.assignors,
                    subscription: told.subscription,
                })),
            };
            (*id, member)
        };
        let mut group = Self {
            epoch: generation,
            target_epoch: generation,
            members: known.members.iter().map(member).collect(),
            ..Self::default()
        };
        group.seen = group.topics(counts);
        group
    }

    /// The same the other way round (`ClassicGroup.fromConsumerGroup`).
    fn to_classic(&self) -> ClassicGroup {
        let member = |(id, member): (&MemberId, &ModernMember)| {
            let by = member.classic.as_deref()?.clone();
            let told = ClassicMember {
                instance: member.instance,
                session_timeout: by.session_timeout,
                rebalance_timeout: member.rebalance_timeout,
                assignors: by.assignors,
                subscription: by.subscription,
                assignment: member.target.clone(),
            };
            let member = Member {
                told,
                joining: None,
                syncing: None,
                is_new: false,
                deadline: SimTime::ZERO,
            };
            Some((*id, member))
        };
        let mut group = ClassicGroup {
            state: State::Stable,
            generation: self.epoch,
            members: self.members.iter().filter_map(member).collect(),
            ..ClassicGroup::default()
        };
        group.leader = group.members.keys().next().copied();
        group.assignor = group.select_assignor();
        group
    }

    /// Somebody is in, and nobody but this one speaks the newer protocol.
    fn is_classic_but_for(&self, id: MemberId) -> bool {
        let mut others = self.members.iter().filter(|(of, _)| **of != id);
        others.all(|(_, member)| member.classic.is_some())
    }

    /// An assignor that the newcomer and all classic members know (`supportsClassicProtocols`).
    fn supports(&self, asked: &JoinGroup) -> bool {
        let members = self.members.values();
        let classic: Vec<_> = members.filter_map(|m| m.classic.as_deref()).collect();
        let mut own = asked.assignors.iter();
        own.any(|assignor| classic.iter().all(|by| by.assignors.contains(assignor)))
    }

    /// The classic member that speaks (`validateConsumerGroupMember`, `throwIfMemberDoesNotUseClassicProtocol`).
    fn by_classic(&self, who: &AsMember) -> Result<&ModernMember, ErrorCode> {
        if let Some(instance) = who.instance {
            match self.static_member(instance) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(known) if known != who.member => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        let member = self.members.get(&who.member);
        member.ok_or(ErrorCode::UnknownMemberId)
    }

    fn in_generation(&self, who: &AsMember) -> Result<&ModernMember, ErrorCode> {
        let member = self.by_classic(who)?;
        match member.classic {
            None => Err(ErrorCode::UnknownMemberId),
            Some(_) if member.epoch != who.generation => Err(ErrorCode::IllegalGeneration),
            Some(_) => Ok(member),
        }
    }

    /// What the heartbeat of a classic member is answered (`classicGroupHeartbeatToConsumerGroup`): it joins anew whenever that
    /// would bring it further.
    pub(super) fn classic_heartbeat(&self, who: &AsMember) -> ErrorCode {
        let member = match self.in_generation(who) {
            Err(error) => return error,
            Ok(member) => member,
        };
        let has = |p: &TopicPartition| member.assigned.contains_key(p) || self.is_free(*p);
        let joins = member.epoch < self.target_epoch
            || match member.state {
                Reconciling::Stable => false,
                Reconciling::Unrevoked => true,
                Reconciling::Unreleased => member.target.iter().all(has),
            };
        match joins {
            true => ErrorCode::RebalanceInProgress,
            false => ErrorCode::None,
        }
    }

    /// Takes in a classic member that joins (`getOrMaybeSubscribe…ConsumerGroupMember`). True if that changes what is wanted.
    fn take_in(&mut self, id: MemberId, asked: &JoinGroup) -> Result<bool, ErrorCode> {
        let mut newcomer = !self.members.contains_key(&id);
        if let Some(instance) = asked.instance {
            match (self.static_member(instance), asked.member) {
                (None, Some(_)) => return Err(ErrorCode::UnknownMemberId),
                (Some(known), Some(_)) if known != id => return Err(ErrorCode::FencedInstanceId),
                (Some(known), None) => {
                    self.replace(known, id);
                    newcomer = false;
                }
                _ => {}
            }
        }
        let topic = asked.subscription.topic;
        let newly = || ModernMember::new(asked.instance, asked.rebalance_timeout, topic);
        let member = self.members.entry(id).or_insert_with(newly);
        let changed = member.topic != topic;
        member.topic = topic;
        member.rebalance_timeout = asked.rebalance_timeout;
        member.classic = Some(Box::new(ByClassic {
            session_timeout: asked.session_timeout,
            assignors: asked.assignors.clone(),
            subscription: asked.subscription.clone(),
        }));
        Ok(changed || newcomer)
    }
}

impl Broker {
    /// A member of the newer protocol joins a classic group: that goes over to its protocol, if it may
    /// (`validateOnlineUpgrade`, `convertToConsumerGroup`).
    pub(super) fn upgrade(&mut self, now: SimTime, group: GroupId, out: &mut Effects) {
        let (config, counts) = (self.config.groups, self.counts());
        if !config.migration.upgrade {
            return;
        }
        let Some(known) = self.coordinators.groups.classic_mut(group) else {
            return;
        };
        let mut turn = Turn {
            now,
            config: &config,
            out,
            writes: Vec::new(),
        };
        known.unload(ErrorCode::RebalanceInProgress, &mut turn);
        let converted = ModernGroup::from_classic(known, &counts);
        let sessions: Vec<_> = known
            .members
            .iter()
            .map(|(id, member)| (*id, now + member.told.session_timeout))
            .collect();
        let mut clocks = Sessions::default();
        for (id, until) in sessions {
            clocks.set(id, self.unless_it_stands(group, id, until));
        }
        let converted = Group::Modern(Box::new((converted, clocks)));
        self.coordinators.groups.all.insert(group, converted);
        out.note(GroupFact::ProtocolChanged { group, newer: true });
    }

    /// The group is a classic one from now on (`convertToClassicGroup`).
    fn downgrade(&mut self, now: SimTime, group: GroupId, rebalance: bool, out: &mut Effects) {
        let Some(known) = self.coordinators.groups.modern(group) else {
            return;
        };
        let mut converted = known.0.to_classic();
        for (id, member) in converted.members.iter_mut() {
            let until = now + member.told.session_timeout;
            member.deadline = self.unless_it_stands(group, *id, until);
        }
        let converted = Group::Classic(Box::new(converted));
        self.coordinators.groups.all.insert(group, converted);
        out.note(GroupFact::ProtocolChanged {
            group,
            newer: false,
        });
        if rebalance {
            self.turn(now, group, out, |known, turn| known.prepare(turn));
        }
    }

    /// A member is out. If nobody is left who speaks the newer protocol, and it may, the group goes back to the classic one
    /// (`validateOnlineDowngradeWithFencedMembers`). True if it did.
    pub(super) fn downgrade_without(
        &mut self,
        now: SimTime,
        group: GroupId,
        id: MemberId,
        out: &mut Effects,
    ) -> bool {
        let may = self.config.groups.migration.downgrade;
        let Some(known) = self.coordinators.groups.modern_mut(group) else {
            return false;
        };
        if !may || known.0.members.len() < 2 || !known.0.is_classic_but_for(id) {
            return false;
        }
        known.0.members.remove(&id);
        self.downgrade(now, group, true, out);
        true
    }

    /// A classic member joins a group of the newer protocol, and is answered at once (`classicGroupJoinToConsumerGroup`).
    pub(super) fn join_modern(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        asked: &JoinGroup,
        out: &mut Effects,
    ) {
        let group = asked.group;
        let answer = |joined| Response::Group(Box::new(GroupResponse::JoinGroup(joined)));
        let id = asked.member.unwrap_or(MemberId {
            name: asked.instance.unwrap_or(asked.name),
            client: asked.client,
            nth: reply.request.0,
        });
        let told = self.admit_classic(now, id, asked, out);
        let (joined, changed) = match told {
            Err(error) => return out.reply(reply, answer(refused(error, Some(id)))),
            Ok(told) => told,
        };
        let until = now + asked.session_timeout;
        if let Some(known) = self.coordinators.groups.modern_mut(group) {
            known.1.joined(id, until, now + asked.rebalance_timeout);
        }
        if !changed {
            return out.reply(reply, answer(joined));
        }
        let failed = refused(ErrorCode::CoordinatorNotAvailable, Some(id));
        let then = Then::Reply(reply, Box::new((answer(joined), answer(failed))));
        self.write_group(now, group, None, then, out);
        self.standings_have_news(now);
    }

    /// What a classic member that joins is told, and whether that changed anything.
    fn admit_classic(
        &mut self,
        now: SimTime,
        id: MemberId,
        asked: &JoinGroup,
        out: &mut Effects,
    ) -> Result<(Joined, bool), ErrorCode> {
        let (config, counts, group) = (self.config.groups, self.counts(), asked.group);
        let may_meet = config.migration.upgrade || config.migration.downgrade;
        let known = self.coordinators.groups.modern_mut(group);
        let known = known.ok_or(ErrorCode::UnknownMemberId)?;
        if !may_meet || !known.0.supports(asked) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        if asked.member.is_none() && asked.instance.is_none() {
            return Err(ErrorCode::MemberIdRequired);
        }
        let before = known.0.clone();
        let changed = known.0.take_in(id, asked)?;
        let replaced = asked.instance.and_then(|one| before.static_member(one));
        let replaced = replaced.and_then(|old| before.members.get(&old));
        let goes_back = config.migration.downgrade
            && replaced.is_some_and(|old| old.classic.is_none())
            && known.0.is_classic_but_for(id);
        known.0.maybe_raise_epoch(changed, &counts);
        if !goes_back {
            let interval = config.consumer_assignment_interval;
            known.0.maybe_share_out(now, interval, &counts);
        }
        let rebalance = goes_back && known.0.target_epoch < known.0.epoch;
        if !rebalance {
            known.0.reconcile(id, Some(&asked.subscription.owned));
        }
        let joined = Joined {
            error: ErrorCode::None,
            member: Some(id),
            generation: known.0.members.get(&id).map_or(0, |member| member.epoch),
            assignor: asked.assignors.first().copied(),
            leader: None,
            members: Vec::new(),
            skip_assignment: false,
        };
        known.1.keep(&known.0);
        let changed = known.0 != before;
        if known.0.epoch != before.epoch {
            note_generation(group, known.0.epoch, known.0.members.keys(), out);
        }
        if goes_back {
            self.downgrade(now, group, rebalance, out);
        }
        Ok((joined, changed))
    }

    /// A classic member asks what it has (`classicGroupSyncToConsumerGroup`).
    pub(super) fn sync_modern(
        &mut self,
        now: SimTime,
        who: &AsMember,
    ) -> Result<Vec<TopicPartition>, ErrorCode> {
        let known = self.coordinators.groups.modern_mut(who.group);
        let known = known.ok_or(ErrorCode::UnknownMemberId)?;
        let member = known.0.in_generation(who)?;
        let joins = known.0.target_epoch > member.epoch && member.state != Reconciling::Unrevoked;
        if joins {
            known
                .1
                .must_join(who.member, now + member.rebalance_timeout);
            return Err(ErrorCode::RebalanceInProgress);
        }
        let session = member.classic.as_ref().map(|by| by.session_timeout);
        let has = member.assigned.keys().copied().collect();
        let until = now + session.unwrap_or_default();
        known.1.synced(who.member, until);
        Ok(has)
    }

    /// A classic member of a group of the newer protocol was heard of; whether it has to join is known.
    pub(super) fn heard_classic(&mut self, now: SimTime, who: &AsMember, joins: bool) {
        let Some(known) = self.coordinators.groups.modern_mut(who.group) else {
            return;
        };
        let Some(member) = known.0.members.get(&who.member) else {
            return;
        };
        let session = member.classic.as_ref().map(|by| by.session_timeout);
        known.1.set(who.member, now + session.unwrap_or_default());
        if joins {
            known
                .1
                .must_join(who.member, now + member.rebalance_timeout);
        }
    }

    /// A classic member goes (`classicGroupLeaveToConsumerGroup`).
    pub(super) fn leave_by_classic(
        &mut self,
        now: SimTime,
        who: &AsMember,
        out: &mut Effects,
    ) -> ErrorCode {
        let Some(known) = self.coordinators.groups.modern(who.group) else {
            return ErrorCode::UnknownMemberId;
        };
        if let Err(error) = known.0.by_classic(who) {
            return error;
        }
        self.forget_standing(who);
        self.take_out_modern(now, who.group, who.member, LeftBecause::Left, out);
        self.write_group(now, who.group, None, Then::Nothing, out);
        self.standings_have_news(now);
        ErrorCode::None
    }
}
