//! How a consumer finds its group's coordinator, and what goes to it (`AbstractCoordinator`: `ensureCoordinatorReady`,
//! `markCoordinatorUnknown`). In Java the coordinator has a connection of its own.

use super::super::super::effects::{Effects, Purpose};
use super::super::super::ids::{BrokerId, NodeId};
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::{
    CoordinatorKey, ErrorCode, GroupRequest, GroupResponse, MemberId, Request, Response,
};
use super::super::Reader;
use super::super::net::InFlight;
use super::joining::JoinFailure;
use super::{Membership, State};

/// The generation and the member that sent a request.
pub(super) type Sent = (i32, Option<MemberId>);

/// A request to the coordinator without an answer yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::reader) enum Asked {
    Join(Sent),
    Sync(Sent),
    Heartbeat(Sent),
    Leave,
    Commit(u32, Sent),
    Offsets,
    Beat,
}

impl Membership {
    pub(super) fn sent(&self) -> Sent {
        (self.generation, self.member)
    }

    fn peer(&self) -> Option<(Purpose, BrokerId)> {
        self.coordinator.map(|id| (Purpose::Coordinator, id))
    }
}

impl Reader {
    /// Is there a coordinator? If not, it is looked for.
    pub(super) fn ensure_coordinator(&mut self, now: SimTime, out: &mut Effects) -> bool {
        let Some(group) = &self.group else {
            return false;
        };
        if group.coordinator.is_some() {
            return true;
        }
        if group.looking || now < group.look_at {
            return false;
        }
        let key = CoordinatorKey::Group(group.setup.group);
        if let Some(id) = self.net.least_loaded(now, out) {
            self.net.put(now, id, InFlight::Coordinator);
            out.send(
                NodeId::Broker(id),
                Purpose::Client,
                Request::FindCoordinator(key),
            );
            if let Some(group) = &mut self.group {
                group.looking = true;
            }
        }
        false
    }

    /// FindCoordinator was answered, or its connection broke.
    pub(in crate::reader) fn on_coordinator_found(
        &mut self,
        now: SimTime,
        found: Result<BrokerId, ErrorCode>,
        out: &mut Effects,
    ) {
        let usable = found.ok().filter(|id| {
            let peer = (Purpose::Coordinator, *id);
            !self.net.backs_off(now, peer)
        });
        let wait = self.backoff(self.group.as_ref().map_or(0, |group| group.looked));
        let Some(group) = &mut self.group else { return };
        group.looking = false;
        group.coordinator = usable;
        match usable {
            Some(id) => {
                group.looked = 0;
                group.heartbeat.session_from(now, &group.config);
                self.net.is_open(now, (Purpose::Coordinator, id), out);
            }
            None => {
                group.looked += 1;
                group.look_at = now + wait;
                self.net.want_metadata();
            }
        }
        self.on_lookup_over(now, usable.is_some(), out);
    }

    /// How long to wait after so many attempts in vain (`ExponentialBackoff`, without its jitter).
    pub(super) fn backoff(&self, attempts: u32) -> SimDuration {
        let (base, most) = (self.config.retry_backoff.0, self.config.retry_backoff_max.0);
        let grown = base.saturating_mul(1 << attempts.min(20));
        SimDuration(grown.min(most.max(base)))
    }

    /// Sends a request to the coordinator as soon as the connection is open; without a coordinator it is lost at once.
    pub(super) fn send_to_coordinator(
        &mut self,
        now: SimTime,
        request: GroupRequest,
        asked: Asked,
        out: &mut Effects,
    ) {
        let Some(peer) = self.group.as_ref().and_then(|group| group.peer()) else {
            return self.on_group_lost(now, asked, out);
        };
        let longest = match (&request, &self.group) {
            // The coordinator may hold a JoinGroup until the slowest member has come.
            (GroupRequest::JoinGroup(join), _) => {
                let waits = join.rebalance_timeout + SimDuration::from_ms(5_000);
                self.config.request_timeout.max(waits)
            }
            _ => self.config.request_timeout,
        };
        let until = now + longest;
        if self.net.is_open(now, peer, out) {
            self.net.await_answer(peer, InFlight::Group(asked), until);
            let request = Request::Group(Box::new(request));
            out.send(NodeId::Broker(peer.1), peer.0, request);
        } else if let Some(group) = &mut self.group {
            group.outbox.push((request, asked, until));
        }
    }

    /// The connection to the coordinator is open: what waited goes.
    pub(in crate::reader) fn flush_group(&mut self, _now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let Some(peer) = group.peer() else { return };
        for (request, asked, until) in std::mem::take(&mut group.outbox) {
            self.net.await_answer(peer, InFlight::Group(asked), until);
            let request = Request::Group(Box::new(request));
            out.send(NodeId::Broker(peer.1), peer.0, request);
        }
    }

    /// What waited for a connection for too long.
    pub(in crate::reader) fn expire_outbox(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let late = |(_, _, until): &(GroupRequest, Asked, SimTime)| *until <= now;
        if !group.outbox.iter().any(late) {
            return;
        }
        let (late, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut group.outbox)
            .into_iter()
            .partition(late);
        group.outbox = rest;
        for (_, asked, _) in late {
            self.on_group_lost(now, asked, out);
        }
    }

    /// The connection to the coordinator broke, or could not be opened.
    pub(in crate::reader) fn on_coordinator_gone(
        &mut self,
        now: SimTime,
        id: BrokerId,
        out: &mut Effects,
    ) {
        let Some(group) = &mut self.group else { return };
        group.heartbeat.stands = false;
        if group.coordinator == Some(id) {
            group.coordinator = None;
            group.look_at = now;
            self.lose_outbox(now, out);
        }
        self.arm_member(now, out);
    }

    fn lose_outbox(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        for (_, asked, _) in std::mem::take(&mut group.outbox) {
            self.on_group_lost(now, asked, out);
        }
    }

    /// `markCoordinatorUnknown`: the connection is closed, with all that is on it.
    pub(super) fn lose_coordinator(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let Some(peer) = group.peer() else { return };
        group.coordinator = None;
        group.heartbeat.stands = false;
        group.look_at = now;
        let lost = self.net.hang_up(peer, out);
        self.forget_requests(now, lost, out);
        self.lose_outbox(now, out);
    }

    /// An answer from the coordinator.
    pub(in crate::reader) fn on_group_answer(
        &mut self,
        now: SimTime,
        asked: Asked,
        answer: GroupResponse,
        out: &mut Effects,
    ) {
        if matches!(
            answer.error(),
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable
        ) && asked != Asked::Leave
        {
            self.lose_coordinator(now, out);
        }
        match (asked, answer) {
            (Asked::Join(sent), GroupResponse::JoinGroup(joined)) => {
                self.on_joined(now, sent, joined, out);
            }
            (Asked::Sync(sent), GroupResponse::SyncGroup(answer)) => {
                self.on_synced(now, sent, answer, out);
            }
            (Asked::Heartbeat(sent), GroupResponse::Heartbeat(error)) => {
                self.on_heartbeat(now, sent, error, out);
            }
            (Asked::Commit(id, sent), GroupResponse::OffsetCommit(answers)) => {
                let error = GroupResponse::OffsetCommit(answers).error();
                self.on_committed(now, id, sent, error, out);
            }
            (Asked::Offsets, GroupResponse::OffsetFetch(answer)) => {
                self.on_offsets_told(now, answer, out);
            }
            (Asked::Beat, GroupResponse::ConsumerGroupHeartbeat(answer)) => {
                self.on_beaten(now, answer, out);
            }
            _ => {}
        }
        self.arm_member(now, out);
    }

    /// A request to the coordinator that will have no answer.
    pub(in crate::reader) fn on_group_lost(
        &mut self,
        now: SimTime,
        asked: Asked,
        out: &mut Effects,
    ) {
        match asked {
            Asked::Join(_) | Asked::Sync(_) => self.fail_join(JoinFailure::Later),
            Asked::Heartbeat(_) => self.fail_heartbeat(now),
            Asked::Commit(id, _) => self.on_commit_lost(now, id),
            Asked::Offsets => {
                let wait = self.config.retry_backoff;
                if let Some(group) = &mut self.group {
                    group.asking_offsets = false;
                    group.look_at = group.look_at.max(now);
                    group.commits.ask_at = now + wait;
                }
            }
            Asked::Beat => self.on_beat_lost(now, out),
            Asked::Leave => {}
        }
    }

    /// True for the answer to a heartbeat that stood for others: other requests went past it.
    pub(in crate::reader) fn is_standing(&self, purpose: Purpose, answer: &Response) -> bool {
        let stands = self
            .group
            .as_ref()
            .is_some_and(|group| group.heartbeat.stands);
        let Response::Group(answer) = answer else {
            return false;
        };
        let beats = matches!(
            **answer,
            GroupResponse::Heartbeat(_) | GroupResponse::ConsumerGroupHeartbeat(_)
        );
        purpose == Purpose::Coordinator && stands && beats
    }

    pub(in crate::reader) fn on_standing(
        &mut self,
        now: SimTime,
        answer: Response,
        out: &mut Effects,
    ) {
        let Response::Group(answer) = answer else {
            return;
        };
        let Some(group) = &mut self.group else { return };
        group.heartbeat.stands = false;
        let asked = match *answer {
            GroupResponse::Heartbeat(_) => Asked::Heartbeat(group.heartbeat.stood_as),
            _ => Asked::Beat,
        };
        self.on_group_answer(now, asked, *answer, out);
    }

    /// It is in the group, or on its way in, so that its background thread is at work.
    pub(in crate::reader) fn has_joined(&self) -> bool {
        self.group
            .as_ref()
            .is_some_and(|group| matches!(group.state, State::Completing | State::Stable))
    }
}
