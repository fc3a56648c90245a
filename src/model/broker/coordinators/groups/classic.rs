//! A classic group as its coordinator keeps it (`ClassicGroup`): who is in, in which generation, and who is waited for.

use super::super::super::super::effects::ReplyTo;
use super::super::super::super::ids::NameRank;
use super::super::super::super::small::Map;
use super::super::super::super::state_record::{ClassicMember, ClassicValue};
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::wire::{
    AsMember, Assignor, ErrorCode, Joined, JoinedMember, MemberId,
};

/// What a group is about to do (`ClassicGroupState`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum State {
    /// Nobody is in.
    #[default]
    Empty,
    /// Members join.
    Preparing,
    /// The leader shares out.
    Completing,
    /// Everybody has what they have.
    Stable,
}

/// A member, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub(super) told: ClassicMember,
    /// It waits until everybody has joined.
    pub(super) joining: Option<ReplyTo>,
    /// It waits until the leader has shared out.
    pub(super) syncing: Option<ReplyTo>,
    /// It has not been in a generation yet.
    pub(super) is_new: bool,
    /// It is out unless it is heard of before then.
    pub(super) deadline: SimTime,
}

/// When the next generation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct JoinBy {
    pub(super) at: SimTime,
    /// The first generation of an empty group: how long it waited last, and how long it may wait still.
    pub(super) initial: Option<(SimDuration, SimDuration)>,
}

/// A classic group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct ClassicGroup {
    pub(super) state: State,
    /// It was empty before it prepared.
    pub(super) was_empty: bool,
    pub(super) generation: i32,
    pub(super) assignor: Option<Assignor>,
    pub(super) leader: Option<MemberId>,
    pub(super) members: Map<MemberId, Member>,
    /// Ids that were given out and did not come back yet, and how long they are kept.
    pub(super) pending_joins: Map<MemberId, SimTime>,
    pub(super) pending_syncs: Vec<MemberId>,
    /// Somebody new came while the first generation waited.
    pub(super) new_member: bool,
    pub(super) join_by: Option<JoinBy>,
    pub(super) sync_by: Option<SimTime>,
    /// Since when it has been empty.
    pub(super) empty_since: Option<SimTime>,
}

impl ClassicGroup {
    /// What a former coordinator left: whoever is in has a whole session to be heard of.
    pub(super) fn load(now: SimTime, value: &ClassicValue) -> Self {
        let member = |(id, told): &(MemberId, ClassicMember)| {
            let member = Member {
                told: told.clone(),
                joining: None,
                syncing: None,
                is_new: false,
                deadline: now + told.session_timeout,
            };
            (*id, member)
        };
        Self {
            state: if value.members.is_empty() {
                State::Empty
            } else {
                State::Stable
            },
            generation: value.generation,
            assignor: value.assignor,
            leader: value.leader,
            members: value.members.iter().map(member).collect(),
            empty_since: value.members.is_empty().then_some(now),
            ..Self::default()
        }
    }

    /// What is written of it.
    pub(super) fn value(&self) -> ClassicValue {
        let told = |(id, member): (&MemberId, &Member)| (*id, member.told.clone());
        ClassicValue {
            generation: self.generation,
            assignor: self.assignor,
            leader: self.leader,
            members: self.members.iter().map(told).collect(),
        }
    }

    /// Who has this `group.instance.id`.
    pub(super) fn static_member(&self, instance: NameRank) -> Option<MemberId> {
        let mut members = self.members.iter();
        let found = members.find(|(_, member)| member.told.instance == Some(instance));
        found.map(|(id, _)| *id)
    }

    /// `ClassicGroup.validateMember`.
    pub(super) fn validate(
        &self,
        id: MemberId,
        instance: Option<NameRank>,
    ) -> Result<(), ErrorCode> {
        if let Some(instance) = instance {
            match self.static_member(instance) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(existing) if existing != id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains_key(&id) {
            Ok(())
        } else {
            Err(ErrorCode::UnknownMemberId)
        }
    }

    /// What a heartbeat is answered now (`classicGroupHeartbeatToClassicGroup`).
    pub(super) fn heartbeat(&self, who: &AsMember) -> ErrorCode {
        if let Err(error) = self.validate(who.member, who.instance) {
            return error;
        }
        match self.state {
            _ if who.generation != self.generation => ErrorCode::IllegalGeneration,
            State::Empty => ErrorCode::UnknownMemberId,
            State::Preparing => ErrorCode::RebalanceInProgress,
            State::Completing | State::Stable => ErrorCode::None,
        }
    }

    /// `ClassicGroup.validateOffsetCommit`.
    pub(super) fn may_commit(&self, who: Option<&AsMember>) -> Result<(), ErrorCode> {
        match who {
            None if self.state == State::Empty => return Ok(()),
            None => return Err(ErrorCode::UnknownMemberId),
            Some(who) if who.generation < 0 && self.state == State::Empty => return Ok(()),
            Some(who) => {
                self.validate(who.member, who.instance)?;
                if who.generation != self.generation {
                    return Err(ErrorCode::IllegalGeneration);
                }
            }
        }
        if self.state == State::Completing {
            return Err(ErrorCode::RebalanceInProgress);
        }
        Ok(())
    }

    /// Is there an assignor that everybody and this newcomer know?
    pub(super) fn supports(&self, assignors: &[Assignor]) -> bool {
        let known = |assignor: &Assignor| {
            let mut members = self.members.values();
            members.all(|member| member.told.assignors.contains(assignor))
        };
        !assignors.is_empty() && assignors.iter().any(known)
    }

    /// The assignor that most members like best, of those that all know (`selectProtocol`).
    pub(super) fn select_assignor(&self) -> Option<Assignor> {
        let liked = |member: &Member| {
            let mut own = member.told.assignors.iter();
            own.find(|assignor| self.supports(&[**assignor])).copied()
        };
        let votes: Vec<_> = self.members.values().filter_map(liked).collect();
        let count = |assignor: &Assignor| votes.iter().filter(|vote| *vote == assignor).count();
        let most = votes.iter().map(count).max()?;
        votes.iter().find(|vote| count(vote) == most).copied()
    }

    pub(super) fn rebalance_timeout(&self) -> SimDuration {
        let longest = self.members.values().map(|m| m.told.rebalance_timeout);
        longest.max().unwrap_or_default()
    }

    pub(super) fn all_have_joined(&self) -> bool {
        self.pending_joins.is_empty() && self.members.values().all(|m| m.joining.is_some())
    }

    /// Takes a member out, and lets another lead if it led.
    pub(super) fn remove(&mut self, id: MemberId) -> Option<Member> {
        let gone = self.members.remove(&id);
        self.pending_joins.remove(&id);
        self.pending_syncs.retain(|pending| *pending != id);
        if self.leader == Some(id) {
            self.leader = self.members.keys().next().copied();
        }
        gone
    }

    /// The leader is one that has joined (`maybeElectNewJoinedLeader`). False if there is none.
    pub(super) fn elect_leader(&mut self) -> bool {
        let joined = |id: &MemberId| {
            let member = self.members.get(id);
            member.is_some_and(|member| member.joining.is_some())
        };
        match self.leader {
            None => false,
            Some(leader) if joined(&leader) => true,
            Some(_) => match self.members.keys().find(|id| joined(id)).copied() {
                None => false,
                other => {
                    self.leader = other;
                    true
                }
            },
        }
    }

    /// Everybody, for the leader.
    fn everybody(&self) -> Vec<JoinedMember> {
        let joined = |(id, member): (&MemberId, &Member)| JoinedMember {
            member: *id,
            instance: member.told.instance,
            subscription: member.told.subscription.clone(),
        };
        self.members.iter().map(joined).collect()
    }

    /// What a member of this generation is told of it.
    pub(super) fn joined(&self, id: MemberId) -> Joined {
        let leads = self.leader == Some(id);
        Joined {
            error: ErrorCode::None,
            member: Some(id),
            generation: self.generation,
            assignor: self.assignor,
            leader: self.leader,
            members: if leads { self.everybody() } else { Vec::new() },
            skip_assignment: false,
        }
    }

    /// The next moment at which something is over.
    pub(super) fn next_deadline(&self) -> Option<SimTime> {
        let sessions = self.members.values().map(|member| member.deadline);
        let given_out = self.pending_joins.values().copied();
        let phases = self.join_by.map(|by| by.at).into_iter().chain(self.sync_by);
        sessions.chain(given_out).chain(phases).min()
    }
}

/// An answer that says no.
pub(super) fn refused(error: ErrorCode, member: Option<MemberId>) -> Joined {
    Joined {
        error,
        member,
        generation: -1,
        assignor: None,
        leader: None,
        members: Vec::new(),
        skip_assignment: false,
    }
}
