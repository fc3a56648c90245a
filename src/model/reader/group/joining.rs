//! Joining a classic group, from the member's side (`AbstractCoordinator.joinGroupIfNeeded`, `ConsumerCoordinator.onJoinPrepare`,
//! `onJoinComplete`).

use super::super::super::assignors::{Counts, assign};
use super::super::super::effects::Effects;
use super::super::super::ids::TopicPartition;
use super::super::super::observation::Change;
use super::super::super::time::SimTime;
use super::super::super::wire::{
    AsMember, Assignor, ErrorCode, GroupRequest, JoinGroup, Joined, NO_GENERATION, ReadError,
    Subscription,
};
use super::super::Reader;
use super::coordinator::{Asked, Sent};
use super::{Membership, State};
use crate::small::Set;

/// How far a join is (the future of JoinGroup and SyncGroup together).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Join {
    #[default]
    Idle,
    UnderWay,
    /// What the leader gave.
    Done(Vec<TopicPartition>),
    Failed(JoinFailure),
}

/// What is done after a join that came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum JoinFailure {
    /// Join again at once.
    Again,
    /// Join again in the next round.
    Later,
    /// Throw it.
    Throw(ReadError),
}

impl Membership {
    fn as_member(&self) -> Option<AsMember> {
        Some(AsMember {
            group: self.setup.group,
            member: self.member?,
            instance: self.setup.instance,
            generation: self.generation,
        })
    }

    /// Who it is, as long as it is in a generation that has begun.
    pub(super) fn stable_member(&self) -> Option<AsMember> {
        self.as_member().filter(|_| self.state == State::Stable)
    }

    pub(super) fn any_member(&self) -> Option<AsMember> {
        self.as_member()
    }

    /// `resetStateAndRejoin`.
    pub(super) fn fall_out(&mut self, forget_member: bool) {
        self.state = State::Unjoined;
        self.generation = NO_GENERATION;
        self.assignor = None;
        if forget_member {
            self.member = None;
        }
        self.rejoin = true;
        self.prepare = true;
    }

    fn was_reset(&self) -> bool {
        self.generation == NO_GENERATION && self.assignor.is_none()
    }

    /// The counts of its topic, for the question whether something has changed since it shared out.
    fn own_counts(&self) -> Counts {
        let own = self.counts.iter();
        let own = own.filter(|(topic, _)| Some(**topic) == self.setup.topic);
        own.map(|(topic, count)| (*topic, *count)).collect()
    }
}

impl Reader {
    fn rejoin_needed_or_pending(&mut self) -> bool {
        let Some(group) = &mut self.group else {
            return false;
        };
        let changed = group
            .shared_out
            .as_ref()
            .is_some_and(|then| *then != group.own_counts());
        group.rejoin |= changed;
        group.rejoin || group.join != Join::Idle
    }

    /// True once it is in the group and has what it was given; it never waits.
    pub(super) fn join_if_needed(
        &mut self,
        now: SimTime,
        out: &mut Effects,
    ) -> Result<bool, ReadError> {
        while self.rejoin_needed_or_pending() {
            if !self.ensure_coordinator(now, out) {
                return Ok(false);
            }
            let deaf = self.is_deaf();
            if self.group.as_ref().is_some_and(|group| group.prepare) {
                if deaf && !self.places.is_empty() {
                    return Ok(false);
                }
                if !self.prepare_to_join(now, out) {
                    return Ok(false);
                }
                if let Some(group) = &mut self.group {
                    group.prepare = false;
                }
            }
            let Some(group) = &mut self.group else {
                return Ok(false);
            };
            match std::mem::take(&mut group.join) {
                Join::Idle => self.send_join(now, out),
                Join::UnderWay => {
                    group.join = Join::UnderWay;
                    return Ok(false);
                }
                Join::Done(given) if deaf => {
                    group.join = Join::Done(given);
                    return Ok(false);
                }
                Join::Done(given) => {
                    if !group.was_reset() && group.state == State::Stable {
                        if !self.has_told_what_goes(&given) {
                            if let Some(group) = &mut self.group {
                                group.join = Join::Done(given);
                            }
                            return Ok(false);
                        }
                        self.take_assignment(now, given, out);
                        if let Some(group) = &mut self.group {
                            group.prepare = true;
                        }
                    } else {
                        group.fall_out(true);
                    }
                }
                Join::Failed(failure) => {
                    group.rejoin = true;
                    match failure {
                        JoinFailure::Again => {}
                        JoinFailure::Later => return Ok(false),
                        JoinFailure::Throw(error) => return Err(error),
                    }
                }
            }
            if self
                .group
                .as_ref()
                .is_some_and(|group| group.join == Join::UnderWay)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `onJoinPrepare`: what was read is committed, then what was had is given up, as far as the protocol wants it. False while
    /// the commit is under way.
    fn prepare_to_join(&mut self, now: SimTime, out: &mut Effects) -> bool {
        if !self.commit_before_joining(now, out) {
            return false;
        }
        let Some(group) = &mut self.group else {
            return false;
        };
        let lost = group.generation == NO_GENERATION || group.member.is_none();
        let eager = !group.config.is_cooperative();
        group.shared_out = None;
        let had: Vec<_> = self.places.keys().copied().collect();
        if (lost || eager) && !self.has_told(lost, &had) {
            return false;
        }
        if lost && !had.is_empty() {
            self.tell_change(Change::Lost, had, out);
            self.set_assignment(&Set::new());
        } else if !lost && eager {
            self.tell_change(Change::Revoked, had, out);
            self.set_assignment(&Set::new());
        }
        true
    }

    fn send_join(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let Some(topic) = group.setup.topic else {
            return;
        };
        group.state = State::Preparing;
        group.join = Join::UnderWay;
        let request = JoinGroup {
            group: group.setup.group,
            member: group.member,
            client: self.id,
            name: group.setup.name,
            instance: group.setup.instance,
            session_timeout: group.config.session_timeout,
            rebalance_timeout: group.config.max_poll_interval,
            assignors: group.config.assignors.iter().flatten().copied().collect(),
            subscription: Subscription {
                topic,
                owned: self.places.keys().copied().collect(),
                generation: group.generation,
                memory: group.memory.clone(),
            },
        };
        let asked = Asked::Join(group.sent());
        self.send_to_coordinator(now, GroupRequest::JoinGroup(request), asked, out);
        self.arm_member(now, out);
    }

    pub(super) fn fail_join(&mut self, failure: JoinFailure) {
        if let Some(group) = &mut self.group
            && group.join == Join::UnderWay
        {
            group.join = Join::Failed(failure);
            group.leads = None;
        }
    }

    /// The answer to JoinGroup.
    pub(super) fn on_joined(
        &mut self,
        now: SimTime,
        sent: Sent,
        joined: Joined,
        out: &mut Effects,
    ) {
        let Some(group) = &mut self.group else { return };
        let failure = match joined.error {
            ErrorCode::None if group.state != State::Preparing => JoinFailure::Later,
            ErrorCode::None => {
                group.state = State::Completing;
                group.heartbeat.begin(now, &group.config);
                group.generation = joined.generation;
                group.member = joined.member;
                group.assignor = joined.assignor;
                if joined.leader == joined.member {
                    group.leads = Some((joined.members, joined.skip_assignment));
                    self.share_out(now, out);
                } else {
                    self.send_sync(now, Vec::new(), out);
                }
                return;
            }
            ErrorCode::UnknownMemberId => {
                if group.sent() == sent {
                    group.fall_out(true);
                }
                JoinFailure::Again
            }
            ErrorCode::MemberIdRequired => {
                group.generation = NO_GENERATION;
                group.assignor = None;
                group.member = joined.member;
                group.rejoin = true;
                JoinFailure::Again
            }
            ErrorCode::RebalanceInProgress => JoinFailure::Again,
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable => JoinFailure::Later,
            error => JoinFailure::Throw(ReadError::Broker(error)),
        };
        self.fail_join(failure);
    }

    /// The leader shares out, as soon as it knows the topics.
    pub(in crate::reader) fn share_out(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let (Some((members, skip)), Some(assignor)) = (group.leads.clone(), group.assignor) else {
            return;
        };
        if self.net.told_at.is_none() {
            self.net.want_metadata();
            return;
        }
        group.leads = None;
        group.shared_out = Some(group.own_counts());
        let shares = if skip {
            Vec::new()
        } else {
            let topics: Set<_> = members.iter().map(|m| m.subscription.topic).collect();
            let counts = group
                .counts
                .iter()
                .filter(|(topic, _)| topics.contains(topic));
            let counts = counts.map(|(topic, count)| (*topic, *count)).collect();
            assign(assignor, group.config.librdkafka, &members, &counts)
                .into_iter()
                .collect()
        };
        self.send_sync(now, shares, out);
    }

    fn send_sync(
        &mut self,
        now: SimTime,
        shares: Vec<(super::MemberId, Vec<TopicPartition>)>,
        out: &mut Effects,
    ) {
        let Some(group) = &self.group else { return };
        let Some(who) = group.any_member() else {
            return;
        };
        let asked = Asked::Sync(group.sent());
        self.send_to_coordinator(now, GroupRequest::SyncGroup(who, shares), asked, out);
    }

    /// The answer to SyncGroup.
    pub(super) fn on_synced(
        &mut self,
        _now: SimTime,
        sent: Sent,
        answer: Result<Vec<TopicPartition>, ErrorCode>,
        _out: &mut Effects,
    ) {
        let Some(group) = &mut self.group else { return };
        let failure = match answer {
            Ok(given) if !group.was_reset() && group.state == State::Completing => {
                group.state = State::Stable;
                group.rejoin = false;
                group.joined = group.any_member();
                if group.join == Join::UnderWay {
                    group.join = Join::Done(given);
                }
                return;
            }
            Ok(_) | Err(ErrorCode::RebalanceInProgress) => JoinFailure::Again,
            Err(error @ (ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration)) => {
                if group.sent() == sent {
                    group.fall_out(error == ErrorCode::UnknownMemberId);
                }
                JoinFailure::Again
            }
            Err(ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable) => {
                JoinFailure::Later
            }
            Err(error) => JoinFailure::Throw(ReadError::Broker(error)),
        };
        self.fail_join(failure);
    }

    /// True once its listener knows what a cooperative member gives away.
    fn has_told_what_goes(&mut self, given: &[TopicPartition]) -> bool {
        let cooperative = self.group.as_ref();
        if !cooperative.is_some_and(|group| group.config.is_cooperative()) {
            return true;
        }
        let had = self.places.keys().copied();
        let gone: Vec<_> = had.filter(|id| !given.contains(id)).collect();
        self.has_told(false, &gone)
    }

    /// `onJoinComplete`: what is new, what goes, and whether the group has to come together once more for what goes.
    fn take_assignment(&mut self, now: SimTime, given: Vec<TopicPartition>, out: &mut Effects) {
        let had: Set<_> = self.places.keys().copied().collect();
        let has: Set<_> = given.into_iter().collect();
        let Some(group) = &mut self.group else { return };
        if group.config.is_cooperative() {
            let gone: Vec<_> = had.difference(&has).copied().collect();
            if !gone.is_empty() {
                group.rejoin = true;
                self.tell_change(Change::Revoked, gone, out);
            }
        }
        let Some(group) = &mut self.group else { return };
        let assignors = &group.config.assignors;
        if assignors.contains(&Some(Assignor::Sticky)) {
            group.memory = Some((group.generation, has.iter().copied().collect()));
        }
        group.commits.begin_interval(now);
        self.set_assignment(&has);
        self.tell_change(Change::Assigned, has.difference(&had).copied(), out);
    }
}
