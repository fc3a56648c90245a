//! How a member goes: it says so, or lets its session end (`AbstractCoordinator.maybeLeaveGroup`, `ConsumerCoordinator.close`).

use super::super::super::effects::{Effects, Purpose, Timer};
use super::super::super::observation::Change;
use super::super::super::time::SimTime;
use super::super::super::wire::{GroupRequest, NO_GENERATION};
use super::super::Reader;
use super::State;
use super::coordinator::Asked;
use crate::small::Set;

/// Where `close()` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::reader) enum Closing {
    /// What was read is being committed.
    Commits,
    /// Answers of the coordinator are waited for.
    Leaves,
}

impl Reader {
    /// It says that it leaves, unless it is static, and is out from now on.
    pub(super) fn leave_group(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let dynamic = group.setup.instance.is_none();
        let known = group.coordinator.is_some() && group.state != State::Unjoined;
        if let Some(who) = group.any_member().filter(|_| dynamic && known) {
            group.heartbeat.stands = false;
            self.send_to_coordinator(now, GroupRequest::LeaveGroup(who), Asked::Leave, out);
        }
        if let Some(group) = &mut self.group {
            group.fall_out(true);
        }
        out.disarm(Timer::Member);
    }

    /// Sends a heartbeat. One that stands for others does not hold up what follows it.
    pub(super) fn send_heartbeat(
        &mut self,
        now: SimTime,
        request: GroupRequest,
        asked: Asked,
        stands: bool,
        out: &mut Effects,
    ) {
        let peer = self.group.as_ref().and_then(|group| group.coordinator);
        let peer = peer.map(|id| (Purpose::Coordinator, id));
        match peer {
            Some(peer) if stands && self.net.is_open(now, peer, out) => {
                let request = super::super::super::wire::Request::Group(Box::new(request));
                let to = super::super::super::ids::NodeId::Broker(peer.1);
                out.send(to, peer.0, request);
            }
            _ => {
                if let Some(group) = &mut self.group {
                    group.heartbeat.stands = false;
                }
                let plain = match request {
                    GroupRequest::Heartbeat(who, _) => GroupRequest::Heartbeat(who, None),
                    GroupRequest::ConsumerGroupHeartbeat(mut asked) => {
                        asked.stands = false;
                        GroupRequest::ConsumerGroupHeartbeat(asked)
                    }
                    other => other,
                };
                self.send_to_coordinator(now, plain, asked, out);
            }
        }
    }

    /// One round of `close()`: true once there is nothing left to wait for.
    pub(in crate::reader) fn go_on_closing(
        &mut self,
        now: SimTime,
        until: SimTime,
        closing: &mut Closing,
        out: &mut Effects,
    ) -> bool {
        let Some(group) = &self.group else {
            return now >= until || !self.awaits_records();
        };
        if group.newer.is_some() {
            return self.go_on_closing_newer(now, until, closing, out);
        }
        if *closing == Closing::Commits {
            if !self.commit_before_closing(now, until, out) {
                return false;
            }
            *closing = Closing::Leaves;
            self.give_up_assignment(out);
            match self.group.as_mut().filter(|group| group.stays) {
                Some(group) => {
                    group.heartbeat.stands = false;
                    group.fall_out(true);
                    out.disarm(Timer::Member);
                }
                None => self.leave_group(now, out),
            }
        }
        if self.config.membership.newer_protocol {
            // Only this consumer calls back what came while it waits here.
            let _ = self.call_back(out);
        }
        now >= until || !(self.awaits_coordinator() || self.awaits_records())
    }

    /// The Java client ends its fetch sessions, and their brokers answer that after the fetches that they hold
    /// (`AbstractFetch.maybeCloseFetchSessions`).
    pub(super) fn awaits_records(&self) -> bool {
        !self.config.membership.librdkafka && self.net.awaits_records()
    }

    /// `onLeavePrepare`.
    fn give_up_assignment(&mut self, out: &mut Effects) {
        let Some(group) = &self.group else { return };
        let had: Vec<_> = self.places.keys().copied().collect();
        if group.setup.topic.is_none() || had.is_empty() {
            return;
        }
        let rebalancing = matches!(group.state, State::Preparing | State::Completing);
        let out_of_it = group.generation == NO_GENERATION || group.member.is_none() || rebalancing;
        let change = if out_of_it {
            Change::Lost
        } else {
            Change::Revoked
        };
        self.tell_change(change, had, out);
        self.set_assignment(&Set::new());
    }

    /// Requests to the coordinator without an answer yet.
    pub(super) fn awaits_coordinator(&self) -> bool {
        let Some(group) = &self.group else {
            return false;
        };
        let Some(id) = group.coordinator else {
            return false;
        };
        let open = self.net.awaited((Purpose::Coordinator, id)) > 0;
        open || !group.outbox.is_empty()
    }
}
