//! Heartbeats of the newer protocol (`GroupMetadataManager.consumerGroupHeartbeat`): everything that a member and its coordinator
//! say to each other goes with them.

use super::super::super::super::assignors::Counts;
use super::super::super::super::config::GroupsConfig;
use super::super::super::super::effects::{Effects, ReplyTo};
use super::super::super::super::ids::GroupId;
use super::super::super::super::observation::LeftBecause;
use super::super::super::super::small::Map;
use super::super::super::super::state_record::{ModernGroup, Reconciling};
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::wire::{
    Beaten, ConsumerGroupHeartbeat, ErrorCode, GroupResponse, MemberId, Response,
};
use super::super::super::Broker;
use super::super::Then;
use super::classic::State;
use super::reconcile::AWAY;
use super::{Group, note_generation, note_left};

/// The clocks of a group's members.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sessions {
    /// Who is not heard of until then is out.
    heard: Map<MemberId, SimTime>,
    /// Who has not given away what it must until then is out.
    revoked: Map<MemberId, SimTime>,
    /// The classic member that has not joined anew until then is out.
    joins: Map<MemberId, SimTime>,
    /// The classic member that joined and has not asked what it has until then is out.
    syncs: Map<MemberId, SimTime>,
}

impl Sessions {
    /// After a change of the coordinator everybody has a whole session.
    pub(super) fn load(now: SimTime, group: &ModernGroup, config: &GroupsConfig) -> Self {
        let mut sessions = Self::default();
        for (id, member) in &group.members {
            sessions.set(*id, now + config.consumer_session_timeout);
            if member.state == Reconciling::Unrevoked {
                sessions.revoked.insert(*id, now + member.rebalance_timeout);
            }
        }
        sessions
    }

    pub(super) fn set(&mut self, id: MemberId, until: SimTime) {
        self.heard.insert(id, until);
    }

    /// A classic member must join by then, unless that was said before.
    pub(super) fn must_join(&mut self, id: MemberId, by: SimTime) {
        self.joins.entry(id).or_insert(by);
    }

    /// A classic member has joined, and shall ask what it has by then.
    pub(super) fn joined(&mut self, id: MemberId, until: SimTime, syncs_by: SimTime) {
        self.set(id, until);
        self.joins.remove(&id);
        self.syncs.insert(id, syncs_by);
    }

    /// A classic member knows what it has.
    pub(super) fn synced(&mut self, id: MemberId, until: SimTime) {
        self.set(id, until);
        self.syncs.remove(&id);
    }

    /// Forgets whoever is in no more.
    pub(super) fn keep(&mut self, group: &ModernGroup) {
        for clocks in [
            &mut self.heard,
            &mut self.revoked,
            &mut self.joins,
            &mut self.syncs,
        ] {
            clocks.retain(|id, _| group.members.contains_key(id));
        }
    }

    /// Who is out by now, and why.
    fn due(&self, now: SimTime) -> Vec<(MemberId, LeftBecause)> {
        let heard = self.heard.iter().map(|clock| (clock, LeftBecause::Silent));
        let slow = self.revoked.iter().chain(self.joins.iter());
        let slow = slow.chain(self.syncs.iter());
        let slow = slow.map(|clock| (clock, LeftBecause::Slow));
        let due = heard.chain(slow).filter(|((_, at), _)| **at <= now);
        due.map(|((id, _), why)| (*id, why)).collect()
    }

    pub(super) fn next_deadline(&self) -> Option<SimTime> {
        let clocks = self.heard.values().chain(self.revoked.values());
        let classic = self.joins.values().chain(self.syncs.values());
        clocks.chain(classic).min().copied()
    }
}

/// An answer that says no.
pub(super) fn refusal(error: ErrorCode) -> Beaten {
    Beaten {
        error,
        epoch: 0,
        interval: SimDuration::ZERO,
        assignment: None,
    }
}

/// One heartbeat, and what it changes.
fn beat(
    now: SimTime,
    group: &mut ModernGroup,
    asked: &ConsumerGroupHeartbeat,
    config: &GroupsConfig,
    counts: &Counts,
) -> Beaten {
    let id = asked.who.member;
    let newcomer = !group.members.contains_key(&id);
    let heads = group.members.len();
    if let Err(error) = group.admit(asked) {
        return refusal(error);
    }
    let replaced = newcomer && group.members.len() == heads;
    let had = group.members.get(&id).map(|member| member.assigned.clone());
    let changed = group.hear(asked, newcomer && !replaced);
    group.maybe_raise_epoch(changed, counts);
    group.maybe_share_out(now, config.consumer_assignment_interval, counts);
    group.reconcile(id, asked.owned.as_deref());
    let member = group.members.get(&id);
    let has = member.map(|member| &member.assigned);
    let keys = |of: Option<&Map<_, i32>>| of.map(|of| of.keys().copied().collect::<Vec<_>>());
    let news = asked.full || asked.who.generation == 0 || keys(had.as_ref()) != keys(has);
    Beaten {
        error: ErrorCode::None,
        epoch: member.map_or(0, |member| member.epoch),
        interval: config.consumer_heartbeat_interval,
        assignment: news.then(|| keys(has).unwrap_or_default()),
    }
}

impl Broker {
    /// How many partitions each topic has.
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        let known = self.image.partitions.keys();
        for partition in known.filter(|partition| !partition.topic.is_internal()) {
            *counts.entry(partition.topic).or_default() += 1;
        }
        counts
    }

    pub(super) fn on_modern_heartbeat(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        asked: ConsumerGroupHeartbeat,
        out: &mut Effects,
    ) {
        let answer = |answer: Beaten| {
            Response::Group(Box::new(GroupResponse::ConsumerGroupHeartbeat(answer)))
        };
        if !self.coordinates(super::LOG) {
            return out.reply(reply, answer(refusal(ErrorCode::NotCoordinator)));
        }
        let group = asked.who.group;
        if asked.who.generation < 0 {
            let error = self.leave_modern(now, &asked, out);
            let mut told = refusal(error);
            told.epoch = asked.who.generation;
            return out.reply(reply, answer(told));
        }
        self.make_modern(now, group, asked.who.generation == 0, out);
        let (config, counts) = (self.config.groups, self.counts());
        let Some(known) = self.coordinators.groups.modern_mut(group) else {
            return out.reply(reply, answer(refusal(ErrorCode::GroupIdNotFound)));
        };
        let before = known.0.clone();
        let told = beat(now, &mut known.0, &asked, &config, &counts);
        if told.error != ErrorCode::None {
            known.0 = before;
            return out.reply(reply, answer(told));
        }
        let id = asked.who.member;
        known.1.set(id, now + config.consumer_session_timeout);
        known.1.keep(&known.0);
        let member = known.0.members.get(&id);
        match member.filter(|member| member.state == Reconciling::Unrevoked) {
            Some(member) => {
                let until = now + member.rebalance_timeout;
                if known.1.revoked.get(&id).is_none() {
                    known.1.revoked.insert(id, until);
                }
            }
            None => {
                known.1.revoked.remove(&id);
            }
        }
        if known.0 == before {
            if asked.stands && told.assignment.is_none() {
                let interval = config.consumer_heartbeat_interval;
                let who = asked.who;
                return self.stand(now, reply, who, Some(Box::new(asked)), interval, out);
            }
            return out.reply(reply, answer(told));
        }
        if known.0.epoch != before.epoch {
            note_generation(group, known.0.epoch, known.0.members.keys(), out);
        }
        let failed = answer(refusal(ErrorCode::CoordinatorNotAvailable));
        let then = Then::Reply(reply, Box::new((answer(told), failed)));
        self.write_group(now, group, None, then, out);
        self.standings_have_news(now);
    }

    /// A group of the newer protocol (`getOrMaybeCreateConsumerGroup`); a classic one in which somebody is goes over to it, if it
    /// may.
    fn make_modern(&mut self, now: SimTime, group: GroupId, joins: bool, out: &mut Effects) {
        if !joins {
            return;
        }
        let groups = &mut self.coordinators.groups.all;
        match groups.get(&group) {
            Some(Group::Modern(_)) => {}
            Some(Group::Classic(known)) if known.state != State::Empty => {
                self.upgrade(now, group, out);
            }
            Some(Group::Classic(_)) | None => {
                groups.insert(group, Group::Modern(Box::default()));
            }
        }
    }

    /// `consumerGroupLeave`: for good, or, if it is static, for a while.
    fn leave_modern(
        &mut self,
        now: SimTime,
        asked: &ConsumerGroupHeartbeat,
        out: &mut Effects,
    ) -> ErrorCode {
        let heard = self.stop_standing(now, &asked.who);
        let (group, id) = (asked.who.group, asked.who.member);
        let session = self.config.groups.consumer_session_timeout;
        let Some(known) = self.coordinators.groups.modern_mut(group) else {
            return ErrorCode::UnknownMemberId;
        };
        if let Some(heard) = heard {
            known.1.set(id, heard + session);
        }
        let Some(member) = known.0.members.get_mut(&id) else {
            return ErrorCode::UnknownMemberId;
        };
        if asked.who.generation == AWAY {
            member.epoch = AWAY;
            member.revoking = Map::new();
            for (_, epoch) in member.assigned.iter_mut() {
                *epoch = 0;
            }
        } else {
            self.take_out_modern(now, group, id, LeftBecause::Left, out);
        }
        self.write_group(now, group, None, Then::Nothing, out);
        self.standings_have_news(now);
        ErrorCode::None
    }

    /// A member is out: the group's epoch is raised (`consumerGroupFenceMember`), unless it becomes a classic one.
    pub(super) fn take_out_modern(
        &mut self,
        now: SimTime,
        group: GroupId,
        id: MemberId,
        because: LeftBecause,
        out: &mut Effects,
    ) {
        note_left(group, id, because, out);
        if self.downgrade_without(now, group, id, out) {
            return;
        }
        let counts = self.counts();
        if let Some(known) = self.coordinators.groups.modern_mut(group) {
            known.0.members.remove(&id);
            known.1.keep(&known.0);
            known.0.maybe_raise_epoch(true, &counts);
            note_generation(group, known.0.epoch, known.0.members.keys(), out);
        }
    }

    /// Members that fell silent, or were too slow, are out.
    pub(super) fn expire_modern(&mut self, now: SimTime, group: GroupId, out: &mut Effects) {
        let Some(known) = self.coordinators.groups.modern(group) else {
            return;
        };
        let due = known.1.due(now);
        if due.is_empty() {
            return;
        }
        for (id, because) in due {
            let known = self.coordinators.groups.modern(group);
            if known.is_some_and(|known| known.0.members.contains_key(&id)) {
                self.take_out_modern(now, group, id, because, out);
            }
        }
        self.write_group(now, group, None, Then::Nothing, out);
        self.standings_have_news(now);
    }

    /// Would the heartbeat be answered with something new, if it came now?
    pub(super) fn modern_has_news(&self, now: SimTime, asked: &ConsumerGroupHeartbeat) -> bool {
        if !self.coordinates(super::LOG) {
            return true;
        }
        let Some(known) = self.coordinators.groups.modern(asked.who.group) else {
            return true;
        };
        let (mut copy, counts) = (known.0.clone(), self.counts());
        // What waits for the next assignment is asked at its time.
        let at = copy.assigned_at.map_or(now, |at| {
            now.max(at + self.config.groups.consumer_assignment_interval)
        });
        let told = beat(at, &mut copy, asked, &self.config.groups, &counts);
        let same = told.error == ErrorCode::None
            && told.epoch == asked.who.generation
            && told.assignment.is_none();
        !same
    }
}
