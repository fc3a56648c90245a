//! How members of a classic group come together (`GroupMetadataManager.classicGroupJoin…`): they join, and the group waits until
//! all have, or until the slowest has had its time.

use super::super::super::super::config::GroupsConfig;
use super::super::super::super::effects::{Effects, ReplyTo};
use super::super::super::super::ids::NameRank;
use super::super::super::super::state_record::ClassicMember;
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::wire::{
    ErrorCode, GroupResponse, JoinGroup, Joined, MemberId, Response,
};
use super::classic::{ClassicGroup, JoinBy, Member, State, refused};

/// `group.new.member.join.timeout.ms`, which no setting changes: how long a newcomer may wait for its first generation.
const NEW_MEMBER_WAITS: u64 = 300_000_000;

/// What is to be written, and what follows when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Write {
    /// Nothing is waited for.
    State,
    /// A static member came back in the middle of a generation; it is answered then.
    Returned(MemberId),
}

/// What one turn of a classic group needs.
pub(super) struct Turn<'a, 'w> {
    pub(super) now: SimTime,
    pub(super) config: &'a GroupsConfig,
    pub(super) out: &'a mut Effects<'w>,
    pub(super) writes: Vec<Write>,
}

impl Turn<'_, '_> {
    pub(super) fn answer(&mut self, reply: ReplyTo, response: GroupResponse) {
        self.out.reply(reply, Response::Group(Box::new(response)));
    }

    fn join_answer(&mut self, reply: ReplyTo, joined: Joined) {
        self.answer(reply, GroupResponse::JoinGroup(joined));
    }
}

impl ClassicGroup {
    /// `classicGroupJoinToClassicGroup`.
    pub(super) fn join(&mut self, reply: ReplyTo, asked: JoinGroup, turn: &mut Turn<'_, '_>) {
        if !self.supports(&asked.assignors) {
            let error = ErrorCode::InconsistentGroupProtocol;
            return turn.join_answer(reply, refused(error, asked.member));
        }
        let Some(id) = asked.member else {
            return self.join_new(reply, asked, turn);
        };
        if self.pending_joins.contains_key(&id) {
            return self.add(reply, id, asked, turn);
        }
        if let Err(error) = self.validate(id, asked.instance) {
            return turn.join_answer(reply, refused(error, Some(id)));
        }
        let same = self.members.get(&id).is_some_and(|member| {
            member.told.assignors == asked.assignors
                && member.told.subscription == asked.subscription
        });
        let leads = self.leader == Some(id);
        match self.state {
            State::Completing if same => turn.join_answer(reply, self.joined(id)),
            State::Stable if same && !leads => turn.join_answer(reply, self.joined(id)),
            State::Empty => {
                let error = ErrorCode::UnknownMemberId;
                turn.join_answer(reply, refused(error, Some(id)));
            }
            State::Preparing | State::Completing | State::Stable => {
                self.update(reply, id, asked, turn);
                self.rebalance_or_complete(turn);
            }
        }
    }

    /// A newcomer gets an id first, and comes back with it; a static one is known by its instance.
    fn join_new(&mut self, reply: ReplyTo, asked: JoinGroup, turn: &mut Turn<'_, '_>) {
        let id = MemberId {
            name: asked.instance.unwrap_or(asked.name),
            client: asked.client,
            nth: reply.request.0,
        };
        match asked.instance {
            None => {
                let until = turn.now + asked.session_timeout;
                self.pending_joins.insert(id, until);
                turn.join_answer(reply, refused(ErrorCode::MemberIdRequired, Some(id)));
            }
            Some(instance) => match self.static_member(instance) {
                Some(old) => self.replace(reply, (old, id, instance), asked, turn),
                None => self.add(reply, id, asked, turn),
            },
        }
    }

    /// Another process of the same instance takes the place of the older one
    /// (`updateStaticMemberThenRebalanceOrCompleteJoin`).
    fn replace(
        &mut self,
        reply: ReplyTo,
        (old, new, _): (MemberId, MemberId, NameRank),
        asked: JoinGroup,
        turn: &mut Turn<'_, '_>,
    ) {
        let leads = self.leader == Some(old);
        let Some(mut member) = self.members.remove(&old) else {
            return;
        };
        let fenced = ErrorCode::FencedInstanceId;
        if let Some(waiting) = member.joining.take() {
            turn.join_answer(waiting, refused(fenced, Some(old)));
        }
        if let Some(waiting) = member.syncing.take() {
            turn.answer(waiting, GroupResponse::SyncGroup(Err(fenced)));
        }
        self.pending_syncs.retain(|pending| *pending != old);
        member.is_new = false;
        self.members.insert(new, member);
        if leads {
            self.leader = Some(new);
        }
        self.update(reply, new, asked, turn);
        match self.state {
            State::Stable if self.select_assignor() == self.assignor => {
                turn.writes.push(Write::Returned(new));
            }
            State::Stable => self.rebalance_or_complete(turn),
            State::Completing => self.prepare(turn),
            State::Preparing => self.maybe_complete(turn),
            State::Empty => {}
        }
    }

    /// The static member that came back is answered; a leader need not share out again (KIP-814).
    pub(super) fn answer_returned(&mut self, id: MemberId, turn: &mut Turn<'_, '_>) {
        let mut joined = self.joined(id);
        joined.skip_assignment = self.leader == Some(id);
        let session = self.members.get(&id).map(|m| m.told.session_timeout);
        if let Some(member) = self.members.get_mut(&id)
            && let Some(reply) = member.joining.take()
        {
            member.deadline = turn.now + session.unwrap_or_default();
            turn.join_answer(reply, joined);
        }
    }

    /// `addMemberThenRebalanceOrCompleteJoin`.
    fn add(&mut self, reply: ReplyTo, id: MemberId, asked: JoinGroup, turn: &mut Turn<'_, '_>) {
        if self.state == State::Preparing && self.was_empty {
            self.new_member = true;
        }
        self.pending_joins.remove(&id);
        self.leader.get_or_insert(id);
        let waits = SimDuration(NEW_MEMBER_WAITS);
        let member = Member {
            told: ClassicMember {
                instance: asked.instance,
                session_timeout: asked.session_timeout,
                rebalance_timeout: asked.rebalance_timeout,
                assignors: asked.assignors,
                subscription: asked.subscription,
                assignment: Vec::new(),
            },
            joining: Some(reply),
            syncing: None,
            is_new: true,
            deadline: turn.now + waits,
        };
        self.members.insert(id, member);
        self.rebalance_or_complete(turn);
    }

    fn update(&mut self, reply: ReplyTo, id: MemberId, asked: JoinGroup, turn: &mut Turn<'_, '_>) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        member.told.session_timeout = asked.session_timeout;
        member.told.rebalance_timeout = asked.rebalance_timeout;
        member.told.assignors = asked.assignors;
        member.told.subscription = asked.subscription;
        member.deadline = turn.now + asked.session_timeout;
        // An older request of the same member is answered by nobody any more.
        member.joining = Some(reply);
    }

    pub(super) fn rebalance_or_complete(&mut self, turn: &mut Turn<'_, '_>) {
        if self.state == State::Preparing {
            self.maybe_complete(turn);
        } else {
            self.prepare(turn);
        }
    }

    /// `maybeCompleteJoinPhase`: the first generation of an empty group waits for its time.
    fn maybe_complete(&mut self, turn: &mut Turn<'_, '_>) {
        if self.state == State::Preparing && !self.was_empty && self.all_have_joined() {
            self.complete(turn);
        }
    }

    /// `prepareRebalance`.
    pub(super) fn prepare(&mut self, turn: &mut Turn<'_, '_>) {
        if self.state == State::Completing {
            self.share_out(Err(ErrorCode::RebalanceInProgress), turn);
        }
        self.pending_syncs.clear();
        self.sync_by = None;
        self.was_empty = self.state == State::Empty;
        self.state = State::Preparing;
        self.empty_since = None;
        if self.was_empty {
            let delay = turn.config.initial_rebalance_delay;
            let rest = self.rebalance_timeout().0.saturating_sub(delay.0);
            let rest = SimDuration(rest);
            self.join_by = Some(JoinBy {
                at: turn.now + delay,
                initial: Some((delay, rest)),
            });
        } else if self.all_have_joined() {
            self.complete(turn);
        } else {
            self.join_by = Some(JoinBy {
                at: turn.now + self.rebalance_timeout(),
                initial: None,
            });
        }
    }

    /// The time of the members that are waited for is over (`tryCompleteInitialRebalanceElseSchedule`).
    pub(super) fn join_is_due(&mut self, by: JoinBy, turn: &mut Turn<'_, '_>) {
        self.join_by = None;
        if let Some((delay, rest)) = by.initial
            && self.new_member
            && rest.0 > 0
        {
            self.new_member = false;
            let next = turn.config.initial_rebalance_delay.min(rest);
            let rest = SimDuration(rest.0.saturating_sub(delay.0));
            self.join_by = Some(JoinBy {
                at: turn.now + next,
                initial: Some((next, rest)),
            });
            return;
        }
        self.complete(turn);
    }

    /// The next generation begins, with whoever has joined (`completeClassicGroupJoin`). Static members stay in any case.
    pub(super) fn complete(&mut self, turn: &mut Turn<'_, '_>) {
        self.join_by = None;
        let late = |(_, member): &(&MemberId, &Member)| {
            member.joining.is_none() && member.told.instance.is_none()
        };
        let late: Vec<_> = self
            .members
            .iter()
            .filter(late)
            .map(|(id, _)| *id)
            .collect();
        for id in late {
            self.remove(id);
        }
        if !self.members.is_empty() && !self.elect_leader() {
            self.join_by = Some(JoinBy {
                at: turn.now + self.rebalance_timeout(),
                initial: None,
            });
            return;
        }
        self.generation += 1;
        self.pending_syncs.clear();
        self.new_member = false;
        if self.members.is_empty() {
            self.assignor = None;
            self.leader = None;
            self.state = State::Empty;
            self.empty_since = Some(turn.now);
            turn.writes.push(Write::State);
            return;
        }
        self.assignor = self.select_assignor();
        self.state = State::Completing;
        let ids: Vec<_> = self.members.keys().copied().collect();
        for id in ids {
            let joined = self.joined(id);
            if let Some(member) = self.members.get_mut(&id) {
                member.is_new = false;
                member.deadline = turn.now + member.told.session_timeout;
                if let Some(reply) = member.joining.take() {
                    turn.join_answer(reply, joined);
                }
            }
            self.pending_syncs.push(id);
        }
        self.sync_by = Some(turn.now + self.rebalance_timeout());
    }
}
