//! What members of a classic group do between two generations: they learn what they have, show that they live, and go
//! (`GroupMetadataManager.classicGroupSync`, `…Leave`, `expireClassicGroupMemberHeartbeat`).

use super::super::super::super::effects::ReplyTo;
use super::super::super::super::ids::TopicPartition;
use super::super::super::super::time::SimTime;
use super::super::super::super::wire::{AsMember, ErrorCode, GroupResponse, MemberId};
use super::classic::{ClassicGroup, State, refused};
use super::joining::Turn;

/// What the leader says that everybody has.
pub(super) type Shares = Vec<(MemberId, Vec<TopicPartition>)>;

/// A deadline that never comes.
pub(super) const NEVER: SimTime = SimTime(u64::MAX);

impl ClassicGroup {
    /// A member asks what it has. What the leader brings with it is given back: it has to be written first.
    pub(super) fn sync(
        &mut self,
        reply: ReplyTo,
        who: &AsMember,
        shares: Shares,
        turn: &mut Turn<'_, '_>,
    ) -> Option<Shares> {
        let wrong = match self.validate(who.member, who.instance) {
            Err(error) => Some(error),
            Ok(()) if who.generation != self.generation => Some(ErrorCode::IllegalGeneration),
            Ok(()) if self.state == State::Empty => Some(ErrorCode::UnknownMemberId),
            Ok(()) if self.state == State::Preparing => Some(ErrorCode::RebalanceInProgress),
            Ok(()) => None,
        };
        if let Some(error) = wrong {
            turn.answer(reply, GroupResponse::SyncGroup(Err(error)));
            return None;
        }
        self.pending_syncs.retain(|pending| *pending != who.member);
        if self.pending_syncs.is_empty() {
            self.sync_by = None;
        }
        let member = self.members.get_mut(&who.member)?;
        if self.state == State::Stable {
            let has = member.told.assignment.clone();
            turn.answer(reply, GroupResponse::SyncGroup(Ok(has)));
            return None;
        }
        member.syncing = Some(reply);
        (self.leader == Some(who.member)).then_some(shares)
    }

    /// Everybody who asked is told what they have, or why not (`propagateAssignment`).
    pub(super) fn share_out(&mut self, shares: Result<Shares, ErrorCode>, turn: &mut Turn<'_, '_>) {
        let ids: Vec<_> = self.members.keys().copied().collect();
        for id in ids {
            let Some(member) = self.members.get_mut(&id) else {
                continue;
            };
            let answer = match &shares {
                Ok(shares) => {
                    let mine = shares.iter().find(|(member, _)| *member == id);
                    Ok(mine.map(|(_, mine)| mine.clone()).unwrap_or_default())
                }
                Err(error) => Err(*error),
            };
            member.told.assignment = answer.clone().unwrap_or_default();
            if let Some(reply) = member.syncing.take() {
                member.deadline = turn.now + member.told.session_timeout;
                turn.answer(reply, GroupResponse::SyncGroup(answer));
            }
        }
    }

    /// A heartbeat, or a commit, which counts as one.
    pub(super) fn heard(&mut self, now: SimTime, id: MemberId) {
        if let Some(member) = self.members.get_mut(&id) {
            member.deadline = now + member.told.session_timeout;
        }
    }

    /// `classicGroupLeaveToClassicGroup`.
    pub(super) fn leave(&mut self, who: &AsMember, turn: &mut Turn<'_, '_>) -> ErrorCode {
        if self.pending_joins.contains_key(&who.member) {
            self.remove(who.member);
        } else if let Err(error) = self.validate(who.member, who.instance) {
            return error;
        } else {
            self.take_out(who.member, turn);
        }
        if matches!(self.state, State::Stable | State::Completing) {
            self.prepare(turn);
        } else {
            self.rebalance_if_waited_for(turn);
        }
        ErrorCode::None
    }

    fn rebalance_if_waited_for(&mut self, turn: &mut Turn<'_, '_>) {
        if self.state == State::Preparing && !self.was_empty && self.all_have_joined() {
            self.complete(turn);
        }
    }

    /// A member is out, and whoever waits in its name is told.
    fn take_out(&mut self, id: MemberId, turn: &mut Turn<'_, '_>) {
        if let Some(gone) = self.remove(id)
            && let Some(reply) = gone.joining
        {
            let answer = refused(ErrorCode::UnknownMemberId, None);
            turn.answer(reply, GroupResponse::JoinGroup(answer));
        }
    }

    /// Whatever is over by now. The members that fell silent.
    pub(super) fn expire(&mut self, turn: &mut Turn<'_, '_>) -> Vec<MemberId> {
        let now = turn.now;
        let due = self
            .pending_joins
            .iter()
            .filter(|(_, until)| **until <= now);
        let due: Vec<_> = due.map(|(id, _)| *id).collect();
        for id in due {
            self.remove(id);
            self.rebalance_if_waited_for(turn);
        }
        let mut silent = Vec::new();
        let due = self.members.iter().filter(|(_, m)| m.deadline <= now);
        let due: Vec<_> = due.map(|(id, _)| *id).collect();
        for id in due {
            let Some(member) = self.members.get_mut(&id) else {
                continue;
            };
            if !member.is_new && (member.joining.is_some() || member.syncing.is_some()) {
                // Whoever waits for the others need not show that it lives.
                member.deadline = NEVER;
                continue;
            }
            silent.push(id);
            self.take_out(id, turn);
            if matches!(self.state, State::Stable | State::Completing) {
                self.prepare(turn);
            } else if self.state == State::Preparing && self.all_have_joined() {
                self.complete(turn);
            }
        }
        if let Some(by) = self.join_by.filter(|by| by.at <= now) {
            self.join_is_due(by, turn);
        }
        if self.sync_by.is_some_and(|by| by <= now) {
            self.sync_is_due(turn);
        }
        silent
    }

    /// Members that joined and did not ask what they have are out (`expirePendingSync`).
    fn sync_is_due(&mut self, turn: &mut Turn<'_, '_>) {
        self.sync_by = None;
        let waits = matches!(self.state, State::Completing | State::Stable);
        if waits && !self.pending_syncs.is_empty() {
            for id in std::mem::take(&mut self.pending_syncs) {
                self.remove(id);
            }
            self.prepare(turn);
        }
    }

    /// Nobody waits here any more: the coordinator is another (`onClassicGroupUnloaded`), or the group goes over to the newer
    /// protocol.
    pub(super) fn unload(&mut self, error: ErrorCode, turn: &mut Turn<'_, '_>) {
        let ids: Vec<_> = self.members.keys().copied().collect();
        for id in ids {
            let Some(member) = self.members.get_mut(&id) else {
                continue;
            };
            if let Some(reply) = member.joining.take() {
                turn.answer(reply, GroupResponse::JoinGroup(refused(error, Some(id))));
            }
            if let Some(reply) = member.syncing.take() {
                turn.answer(reply, GroupResponse::SyncGroup(Err(error)));
            }
        }
    }
}
