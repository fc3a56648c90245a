//! The coordinator of groups: who is in, what each has, how far each group is (`GroupCoordinatorService`, `GroupMetadataManager`,
//! `OffsetMetadataManager`). Requests come here; what is written goes to `__consumer_offsets`.

mod classic;
mod joining;
mod membership;
mod migration;
mod modern;
mod offsets;
mod reconcile;
mod standing;

use super::super::super::effects::{Effects, ReplyTo, Timer};
use super::super::super::ids::{GroupId, Offset, TopicId, TopicPartition};
use super::super::super::observation::{GroupFact, LeftBecause};
use super::super::super::small::Map;
use super::super::super::state_record::{CommittedOffset, GroupValue, ModernGroup, StateRecord};
use super::super::super::time::SimTime;
use super::super::super::wire::{
    AsMember, ErrorCode, GroupRequest, GroupResponse, MemberId, Response,
};
use super::super::Broker;
use super::Then;
use classic::{ClassicGroup, State, refused};
use joining::{Turn, Write};
use membership::Shares;
use modern::Sessions;
use standing::Standing;

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Group {
    Classic(Box<ClassicGroup>),
    /// With the clocks of its members, which nobody writes down.
    Modern(Box<(ModernGroup, Sessions)>),
}

/// All groups that this broker coordinates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in super::super) struct Groups {
    all: Map<GroupId, Group>,
    /// Heartbeats that stand for those that would follow them.
    standing: Vec<Standing>,
    /// When it looks for old offsets next.
    expiry: Option<SimTime>,
}

/// What follows when a change of a group is committed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum GroupThen {
    /// Everybody learns what they have.
    ShareOut(GroupId, i32, Shares),
    /// A static member that came back is answered.
    Returned(GroupId, MemberId),
    /// A commit is answered.
    Committed {
        reply: ReplyTo,
        group: GroupId,
        client: super::super::super::ids::ClientId,
        offsets: Vec<(TopicPartition, CommittedOffset)>,
    },
}

const LOG: TopicPartition = TopicPartition {
    topic: TopicId::CONSUMER_OFFSETS,
    partition: 0,
};

impl Broker {
    /// A request about a group.
    pub(in super::super) fn on_group_request(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        request: GroupRequest,
        out: &mut Effects,
    ) {
        if !self.coordinates(LOG) {
            let answer = not_coordinator(&request, ErrorCode::NotCoordinator);
            return out.reply(reply, Response::Group(Box::new(answer)));
        }
        match request {
            GroupRequest::JoinGroup(asked) => {
                let group = asked.group;
                let limits = &self.config.groups;
                let session = asked.session_timeout;
                if session < limits.min_session_timeout || session > limits.max_session_timeout {
                    let answer = refused(ErrorCode::InvalidSessionTimeout, asked.member);
                    let answer = GroupResponse::JoinGroup(answer);
                    return out.reply(reply, Response::Group(Box::new(answer)));
                }
                if self.coordinators.groups.is_modern_in_use(group) {
                    self.join_modern(now, reply, &asked, out);
                    return self.arm_groups(now, out);
                }
                if asked.member.is_some() && self.coordinators.groups.classic(group).is_none() {
                    let answer = refused(ErrorCode::UnknownMemberId, asked.member);
                    let answer = GroupResponse::JoinGroup(answer);
                    return out.reply(reply, Response::Group(Box::new(answer)));
                }
                self.make_classic(now, group);
                self.turn(now, group, out, |known, turn| {
                    known.join(reply, asked, turn)
                });
            }
            GroupRequest::SyncGroup(who, shares) => self.on_sync(now, reply, &who, shares, out),
            GroupRequest::Heartbeat(who, stands) => {
                self.on_heartbeat(now, reply, who, stands, out);
            }
            GroupRequest::LeaveGroup(who) => {
                let error = self.on_leave(now, &who, out);
                let answer = GroupResponse::LeaveGroup(error);
                out.reply(reply, Response::Group(Box::new(answer)));
            }
            GroupRequest::OffsetCommit(asked) => self.on_offset_commit(now, reply, asked, out),
            GroupRequest::OffsetFetch(asked) => self.on_offset_fetch(reply, &asked, out),
            GroupRequest::ConsumerGroupHeartbeat(asked) => {
                self.on_modern_heartbeat(now, reply, asked, out);
            }
        }
        self.arm_groups(now, out);
    }

    fn on_leave(&mut self, now: SimTime, who: &AsMember, out: &mut Effects) -> ErrorCode {
        if self.coordinators.groups.modern(who.group).is_some() {
            return self.leave_by_classic(now, who, out);
        }
        let mut error = ErrorCode::UnknownMemberId;
        self.turn(now, who.group, out, |known, turn| {
            error = known.leave(who, turn);
        });
        self.forget_standing(who);
        if error == ErrorCode::None {
            note_left(who.group, who.member, LeftBecause::Left, out);
        }
        error
    }

    /// A classic group of that name; one that nobody is in may be of the other kind until now.
    fn make_classic(&mut self, now: SimTime, group: GroupId) {
        let groups = &mut self.coordinators.groups;
        let empty = match groups.all.get(&group) {
            None => true,
            Some(Group::Classic(_)) => false,
            Some(Group::Modern(known)) => known.0.members.is_empty(),
        };
        if empty {
            let fresh = ClassicGroup {
                empty_since: Some(now),
                ..ClassicGroup::default()
            };
            groups.all.insert(group, Group::Classic(Box::new(fresh)));
        }
    }

    /// One turn of a classic group, and then what it has to write.
    fn turn(
        &mut self,
        now: SimTime,
        group: GroupId,
        out: &mut Effects,
        act: impl FnOnce(&mut ClassicGroup, &mut Turn<'_, '_>),
    ) {
        let config = self.config.groups;
        let Some(known) = self.coordinators.groups.classic_mut(group) else {
            return;
        };
        let before = known.generation;
        let mut turn = Turn {
            now,
            config: &config,
            out,
            writes: Vec::new(),
        };
        act(known, &mut turn);
        let writes = turn.writes;
        if known.generation != before && known.state == State::Completing {
            note_generation(group, known.generation, known.members.keys(), out);
        }
        for write in writes {
            let then = match write {
                Write::State => Then::Nothing,
                Write::Returned(member) => {
                    Then::Group(Box::new(GroupThen::Returned(group, member)))
                }
            };
            self.write_group(now, group, None, then, out);
        }
        self.standings_have_news(now);
    }

    /// Writes a group as it is, or with what its leader has shared out.
    fn write_group(
        &mut self,
        now: SimTime,
        group: GroupId,
        shares: Option<&Shares>,
        then: Then,
        out: &mut Effects,
    ) {
        let value = match self.coordinators.groups.all.get(&group) {
            Some(Group::Classic(known)) => {
                let mut value = known.value();
                for (id, member) in &mut value.members {
                    if let Some(shares) = shares {
                        let mine = shares.iter().find(|(of, _)| of == id);
                        member.assignment = mine.map(|(_, p)| p.clone()).unwrap_or_default();
                    }
                }
                Some(Box::new(GroupValue::Classic(value)))
            }
            Some(Group::Modern(known)) => Some(Box::new(GroupValue::Modern(known.0.clone()))),
            None => None,
        };
        let record = StateRecord::Group { group, value };
        if let Err((error, then)) = self.write_state(now, LOG, vec![record], then, out) {
            self.carry_out(now, Err(error), then, out);
        }
    }

    fn on_sync(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        who: &AsMember,
        shares: Shares,
        out: &mut Effects,
    ) {
        if self.coordinators.groups.classic(who.group).is_none() {
            let answer = GroupResponse::SyncGroup(self.sync_modern(now, who));
            return out.reply(reply, Response::Group(Box::new(answer)));
        }
        let mut leads = None;
        self.turn(now, who.group, out, |known, turn| {
            leads = known.sync(reply, who, shares, turn);
        });
        if let Some(shares) = leads {
            let then = GroupThen::ShareOut(who.group, who.generation, shares.clone());
            let then = Then::Group(Box::new(then));
            self.write_group(now, who.group, Some(&shares), then, out);
        }
    }

    /// A change of a group is committed, or will not be.
    pub(in super::super) fn group_written(
        &mut self,
        now: SimTime,
        fate: Result<(), ErrorCode>,
        then: GroupThen,
        out: &mut Effects,
    ) {
        match then {
            GroupThen::ShareOut(group, generation, shares) => {
                self.turn(now, group, out, |known, turn| {
                    if known.state != State::Completing || known.generation != generation {
                        return;
                    }
                    known.share_out(fate.map(|()| shares), turn);
                    match fate {
                        Ok(()) => known.state = State::Stable,
                        Err(_) => known.prepare(turn),
                    }
                });
            }
            GroupThen::Returned(group, member) => {
                self.turn(now, group, out, |known, turn| {
                    known.answer_returned(member, turn);
                });
            }
            GroupThen::Committed {
                reply,
                group,
                client,
                offsets,
            } => {
                let error = fate.err().unwrap_or_default();
                let told = offsets.iter().map(|(p, _)| (*p, error)).collect();
                let answer = GroupResponse::OffsetCommit(told);
                out.reply(reply, Response::Group(Box::new(answer)));
                if fate.is_ok() {
                    out.note(GroupFact::OffsetsCommitted {
                        group,
                        client,
                        offsets: offsets.iter().map(|(p, c)| (*p, c.offset)).collect(),
                    });
                }
            }
        }
        self.arm_groups(now, out);
    }

    /// Sessions and phases that are over, old offsets, heartbeats that have something to bring.
    pub(in super::super) fn groups_look(&mut self, now: SimTime, out: &mut Effects) {
        let ids: Vec<_> = self.coordinators.groups.all.keys().copied().collect();
        for group in ids {
            let mut silent = Vec::new();
            self.turn(now, group, out, |known, turn| {
                silent = known.expire(turn);
            });
            for member in silent {
                note_left(group, member, LeftBecause::Silent, out);
            }
            self.expire_modern(now, group, out);
        }
        self.answer_standing(now, out);
        self.forget_old_offsets(now, out);
        self.arm_groups(now, out);
    }

    /// Sets the clock of the groups.
    fn arm_groups(&mut self, now: SimTime, out: &mut Effects) {
        let expiry = self.next_expiry(now);
        self.coordinators.groups.expiry = expiry;
        let groups = &self.coordinators.groups;
        let deadline = |group: &Group| match group {
            Group::Classic(known) => known.next_deadline(),
            Group::Modern(known) => known.1.next_deadline(),
        };
        let deadlines = groups.all.values().filter_map(deadline);
        let news = groups.standing.iter().filter_map(|standing| standing.due);
        let first = deadlines.chain(news).chain(expiry).min();
        let first = first.filter(|at| *at < membership::NEVER);
        self.alarms.set(Timer::Groups, first, out);
    }

    /// This broker has come to coordinate groups, or does so no longer.
    pub(in super::super) fn reload_groups(&mut self, now: SimTime, out: &mut Effects) {
        let config = self.config.groups;
        let old = std::mem::take(&mut self.coordinators.groups.all);
        for (_, group) in old {
            if let Group::Classic(mut known) = group {
                let mut turn = Turn {
                    now,
                    config: &config,
                    out: &mut *out,
                    writes: Vec::new(),
                };
                known.unload(ErrorCode::NotCoordinator, &mut turn);
            }
        }
        let replica = self.replicas.get(&LOG);
        if let Some(replica) = replica.filter(|replica| replica.leading().is_some()) {
            for (_, record) in replica.log.states_from(Offset(0)) {
                let StateRecord::Group { group, value } = record else {
                    continue;
                };
                let groups = &mut self.coordinators.groups.all;
                match value.as_deref() {
                    Some(GroupValue::Classic(value)) => {
                        let known = ClassicGroup::load(now, value);
                        groups.insert(*group, Group::Classic(Box::new(known)));
                    }
                    Some(GroupValue::Modern(value)) => {
                        let sessions = Sessions::load(now, value, &config);
                        let known = Box::new((value.clone(), sessions));
                        groups.insert(*group, Group::Modern(known));
                    }
                    None => {
                        groups.remove(group);
                    }
                }
            }
        }
        self.standings_have_news(now);
        self.arm_groups(now, out);
    }
}

impl Groups {
    fn classic(&self, group: GroupId) -> Option<&ClassicGroup> {
        match self.all.get(&group) {
            Some(Group::Classic(known)) => Some(known),
            Some(Group::Modern(_)) | None => None,
        }
    }

    fn classic_mut(&mut self, group: GroupId) -> Option<&mut ClassicGroup> {
        match self.all.get_mut(&group) {
            Some(Group::Classic(known)) => Some(known),
            Some(Group::Modern(_)) | None => None,
        }
    }

    /// Somebody is in a group of the newer protocol of that name.
    fn is_modern_in_use(&self, group: GroupId) -> bool {
        let known = self.modern(group);
        known.is_some_and(|known| !known.0.members.is_empty())
    }

    fn modern_mut(&mut self, group: GroupId) -> Option<&mut (ModernGroup, Sessions)> {
        match self.all.get_mut(&group) {
            Some(Group::Modern(known)) => Some(known),
            Some(Group::Classic(_)) | None => None,
        }
    }

    fn modern(&self, group: GroupId) -> Option<&(ModernGroup, Sessions)> {
        match self.all.get(&group) {
            Some(Group::Modern(known)) => Some(known),
            Some(Group::Classic(_)) | None => None,
        }
    }
}

/// What a broker says that does not coordinate the group.
fn not_coordinator(request: &GroupRequest, error: ErrorCode) -> GroupResponse {
    match request {
        GroupRequest::JoinGroup(asked) => GroupResponse::JoinGroup(refused(error, asked.member)),
        GroupRequest::SyncGroup(..) => GroupResponse::SyncGroup(Err(error)),
        GroupRequest::Heartbeat(..) => GroupResponse::Heartbeat(error),
        GroupRequest::LeaveGroup(_) => GroupResponse::LeaveGroup(error),
        GroupRequest::OffsetCommit(asked) => {
            let told = asked.offsets.iter().map(|(p, _)| (*p, error)).collect();
            GroupResponse::OffsetCommit(told)
        }
        GroupRequest::OffsetFetch(_) => GroupResponse::OffsetFetch(Err(error)),
        GroupRequest::ConsumerGroupHeartbeat(_) => {
            GroupResponse::ConsumerGroupHeartbeat(modern::refusal(error))
        }
    }
}

fn note_left(group: GroupId, member: MemberId, because: LeftBecause, out: &mut Effects) {
    out.note(GroupFact::MemberLeft {
        group,
        member: member.client,
        because,
    });
}

fn note_generation<'a>(
    group: GroupId,
    generation: i32,
    members: impl Iterator<Item = &'a MemberId>,
    out: &mut Effects,
) {
    out.note(GroupFact::GenerationBegan {
        group,
        generation,
        members: members.map(|member| member.client).collect(),
    });
}
