//! Heartbeats that stand for those that would follow them and bring nothing new. Their coordinator answers as soon as one of those
//! would: at the next of their instants after there is something to say.

use super::super::super::super::effects::{Effects, ReplyTo};
use super::super::super::super::ids::{ConnectionId, GroupId};
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::wire::{
    AsMember, ConsumerGroupHeartbeat, ErrorCode, GroupResponse, MemberId, Response,
};
use super::super::super::Broker;
use super::{Group, LOG, membership};

/// A heartbeat that stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Standing {
    pub(super) who: AsMember,
    /// What it says, if it is of the newer protocol.
    pub(super) modern: Option<Box<ConsumerGroupHeartbeat>>,
    reply: ReplyTo,
    since: SimTime,
    interval: SimDuration,
    /// When it will bring something.
    pub(super) due: Option<SimTime>,
}

impl Standing {
    /// The last of the heartbeats that it stands for.
    fn last(&self, now: SimTime) -> SimTime {
        SimTime(now.0 - now.since(self.since).0 % self.interval.0.max(1))
    }
}

impl Broker {
    pub(super) fn on_heartbeat(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        who: AsMember,
        stands: Option<SimDuration>,
        out: &mut Effects,
    ) {
        let error = self.heartbeat(&who);
        if matches!(error, ErrorCode::None | ErrorCode::RebalanceInProgress) {
            match self.coordinators.groups.classic_mut(who.group) {
                Some(known) => known.heard(now, who.member),
                None => self.heard_classic(now, &who, error != ErrorCode::None),
            }
        }
        if let (Some(interval), ErrorCode::None) = (stands, error) {
            return self.stand(now, reply, who, None, interval, out);
        }
        let answer = GroupResponse::Heartbeat(error);
        out.reply(reply, Response::Group(Box::new(answer)));
    }

    fn heartbeat(&self, who: &AsMember) -> ErrorCode {
        if !self.coordinates(LOG) {
            return ErrorCode::NotCoordinator;
        }
        match self.coordinators.groups.all.get(&who.group) {
            Some(Group::Classic(known)) => known.heartbeat(who),
            Some(Group::Modern(known)) => known.0.classic_heartbeat(who),
            None => ErrorCode::UnknownMemberId,
        }
    }

    /// When a member of a group that has gone over to the other protocol is out: never while a heartbeat of it stands.
    pub(super) fn unless_it_stands(&self, group: GroupId, id: MemberId, until: SimTime) -> SimTime {
        let mut standing = self.coordinators.groups.standing.iter();
        match standing.any(|one| (one.who.group, one.who.member) == (group, id)) {
            true => membership::NEVER,
            false => until,
        }
    }

    /// Lets a heartbeat stand: the connection is free for other requests, and the member counts as alive.
    pub(super) fn stand(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        who: AsMember,
        modern: Option<Box<ConsumerGroupHeartbeat>>,
        interval: SimDuration,
        out: &mut Effects,
    ) {
        out.no_reply(reply);
        self.forget_standing(&who);
        self.set_session(&who, membership::NEVER);
        self.coordinators.groups.standing.push(Standing {
            who,
            modern,
            reply,
            since: now,
            interval,
            due: None,
        });
        // The next one may bring what was too soon for this one.
        self.standings_have_news(now);
    }

    /// It is out when nothing is heard of it until then.
    fn set_session(&mut self, who: &AsMember, until: SimTime) {
        match self.coordinators.groups.all.get_mut(&who.group) {
            Some(Group::Classic(known)) => {
                if let Some(member) = known.members.get_mut(&who.member) {
                    member.deadline = until;
                }
            }
            Some(Group::Modern(known)) => known.1.set(who.member, until),
            None => {}
        }
    }

    fn session_timeout(&self, who: &AsMember) -> SimDuration {
        match self.coordinators.groups.all.get(&who.group) {
            Some(Group::Classic(known)) => {
                let member = known.members.get(&who.member);
                member.map_or(SimDuration::ZERO, |member| member.told.session_timeout)
            }
            Some(Group::Modern(known)) => {
                let member = known.0.members.get(&who.member);
                let classic = member.and_then(|member| member.classic.as_deref());
                let own = self.config.groups.consumer_session_timeout;
                classic.map_or(own, |by| by.session_timeout)
            }
            None => self.config.groups.consumer_session_timeout,
        }
    }

    /// The member goes: when it was last heard of, if one of its heartbeats stood.
    pub(super) fn stop_standing(&mut self, now: SimTime, who: &AsMember) -> Option<SimTime> {
        let mut standing = self.coordinators.groups.standing.iter();
        let own = |one: &&Standing| (one.who.group, one.who.member) == (who.group, who.member);
        let heard = standing.find(own).map(|one| one.last(now));
        self.forget_standing(who);
        heard
    }

    /// The member says something else now.
    pub(super) fn forget_standing(&mut self, who: &AsMember) {
        let standing = &mut self.coordinators.groups.standing;
        standing.retain(|one| (one.who.group, one.who.member) != (who.group, who.member));
    }

    /// Something changed: which of the heartbeats that stand bring news?
    pub(super) fn standings_have_news(&mut self, now: SimTime) {
        let mut standing = std::mem::take(&mut self.coordinators.groups.standing);
        for one in &mut standing {
            let news = match &one.modern {
                None => self.heartbeat(&one.who) != ErrorCode::None,
                Some(asked) => self.modern_has_news(now, asked),
            };
            if news {
                let next = one.last(now) + one.interval;
                one.due.get_or_insert(next);
            } else {
                one.due = None;
            }
        }
        self.coordinators.groups.standing = standing;
    }

    /// Heartbeats whose moment has come are answered.
    pub(super) fn answer_standing(&mut self, now: SimTime, out: &mut Effects) {
        let standing = &mut self.coordinators.groups.standing;
        let is_due = |one: &Standing| one.due.is_some_and(|due| due <= now);
        let due: Vec<_> = standing.iter().filter(|one| is_due(one)).cloned().collect();
        standing.retain(|one| !is_due(one));
        for one in due {
            self.set_session(&one.who, now + self.session_timeout(&one.who));
            match one.modern {
                None => self.on_heartbeat(now, one.reply, one.who, None, out),
                Some(mut asked) => {
                    asked.stands = false;
                    self.on_modern_heartbeat(now, one.reply, *asked, out);
                }
            }
        }
    }

    /// A connection is gone: whoever stood there was last heard of at the last of those instants.
    pub(in super::super::super) fn forget_standing_of(
        &mut self,
        now: SimTime,
        connection: ConnectionId,
        out: &mut Effects,
    ) {
        let standing = &mut self.coordinators.groups.standing;
        let gone: Vec<_> = standing
            .iter()
            .filter(|one| one.reply.connection == connection)
            .cloned()
            .collect();
        if gone.is_empty() {
            return;
        }
        standing.retain(|one| one.reply.connection != connection);
        for one in gone {
            let until = one.last(now) + self.session_timeout(&one.who);
            self.set_session(&one.who, until);
        }
        self.arm_groups(now, out);
    }
}
