//! The background thread of a classic member (`AbstractCoordinator.HeartbeatThread`, `Heartbeat`): it shows that the member lives,
//! and leaves the group where the application polls too rarely.

use super::super::super::config::MembershipConfig;
use super::super::super::effects::{Effects, Timer};
use super::super::super::time::SimTime;
use super::super::super::wire::{ErrorCode, GroupRequest, ReadError};
use super::super::Reader;
use super::State;
use super::coordinator::{Asked, Sent};

/// Its clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Heartbeat {
    /// The next one.
    due: SimTime,
    /// Without an answer by then the coordinator is given up.
    session_until: SimTime,
    /// Without a call of `poll()` by then the member leaves.
    pub(super) poll_until: SimTime,
    failures: u32,
    /// One is under way that stands for those that would follow it; what it was sent as.
    pub(super) stands: bool,
    pub(super) stood_as: Sent,
}

impl Heartbeat {
    /// `resetTimeouts`.
    pub(super) fn begin(&mut self, now: SimTime, config: &MembershipConfig) {
        self.due = now + config.heartbeat_interval;
        self.poll_until = now + config.max_poll_interval;
        self.session_from(now, config);
    }

    pub(super) fn session_from(&mut self, now: SimTime, config: &MembershipConfig) {
        self.session_until = now + config.session_timeout;
    }
}

impl Reader {
    /// `pollHeartbeat`: the application polls; what the background thread died of is thrown.
    pub(super) fn show_that_it_polls(&mut self, now: SimTime) -> Result<(), ReadError> {
        let Some(group) = &mut self.group else {
            return Ok(());
        };
        if let Some(error) = group.fenced.take() {
            return Err(error);
        }
        if !group.config.librdkafka {
            group.heartbeat.poll_until = now + group.config.max_poll_interval;
        }
        Ok(())
    }

    /// A look of the background thread.
    pub(in crate::reader) fn look_after_membership(&mut self, now: SimTime, out: &mut Effects) {
        if self
            .group
            .as_ref()
            .is_some_and(|group| group.newer.is_some())
        {
            return self.work_in_background(now, out);
        }
        if !self.has_joined() {
            if self.config.membership.librdkafka {
                self.work_by_itself(now, out);
            }
            return;
        }
        let Some(group) = &mut self.group else { return };
        let (config, stands) = (group.config, group.heartbeat.stands);
        if group.coordinator.is_none() {
            self.ensure_coordinator(now, out);
        } else if !stands && now >= group.heartbeat.session_until {
            self.lose_coordinator(now, out);
            self.ensure_coordinator(now, out);
        } else if now >= group.heartbeat.poll_until {
            if config.librdkafka {
                self.exceed_poll_interval(now, out);
            } else {
                self.leave_group(now, out);
            }
        } else if !stands && now >= group.heartbeat.due {
            group.heartbeat.due = now + config.heartbeat_interval;
            let (Some(who), sent) = (group.any_member(), group.sent()) else {
                return;
            };
            let folds = group.setup.folds && group.state == State::Stable;
            let interval = folds.then_some(config.heartbeat_interval);
            if folds {
                group.heartbeat.stands = true;
                group.heartbeat.stood_as = sent;
            }
            let asked = Asked::Heartbeat(sent);
            self.send_heartbeat(
                now,
                GroupRequest::Heartbeat(who, interval),
                asked,
                folds,
                out,
            );
        }
        if config.librdkafka {
            return self.work_by_itself(now, out);
        }
        let idle = self.group.as_ref().is_some_and(|group| {
            let nobody_to_ask = !group.looking && group.look_at <= now;
            group.coordinator.is_none() && (nobody_to_ask || group.heartbeat.poll_until <= now)
        });
        if idle {
            // Without a coordinator nothing else can be done now: the thread waits a while (`HeartbeatThread.run`).
            return out.arm(Timer::Member, now + self.config.retry_backoff);
        }
        self.arm_member(now, out);
    }

    /// Sets the clock of the background thread.
    pub(in crate::reader) fn arm_member(&mut self, now: SimTime, out: &mut Effects) {
        let Some(group) = &self.group else { return };
        if let Some(newer) = &group.newer {
            // What is due and cannot be done yet waits for a connection, and is tried again after a while.
            let soon = now + self.config.retry_backoff;
            let later = |at: SimTime| if at > now { at } else { soon };
            let look = (group.coordinator.is_none() && !group.looking).then_some(group.look_at);
            let metadata = self.net.metadata_at();
            let first = newer.next_at().into_iter().chain(look).chain(metadata);
            return match first.map(later).min() {
                Some(at) => out.arm(Timer::Member, at),
                None => out.disarm(Timer::Member),
            };
        }
        let own = group
            .config
            .librdkafka
            .then(|| self.next_alarm(now))
            .flatten();
        if !self.has_joined() {
            return match own {
                Some(at) => out.arm(Timer::Member, at),
                None => out.disarm(Timer::Member),
            };
        }
        let heartbeat = &group.heartbeat;
        let at = if group.coordinator.is_none() {
            let look = if group.looking {
                now + self.config.retry_backoff
            } else {
                group.look_at
            };
            look.min(heartbeat.poll_until)
        } else if heartbeat.stands {
            heartbeat.poll_until
        } else {
            let beat = heartbeat.due.min(heartbeat.session_until);
            beat.min(heartbeat.poll_until)
        };
        let at = own.map_or(at, |own| own.min(at));
        out.arm(
            Timer::Member,
            at.max(now + super::super::super::time::SimDuration::from_us(1)),
        );
    }

    /// The answer to a heartbeat.
    pub(super) fn on_heartbeat(
        &mut self,
        now: SimTime,
        sent: Sent,
        error: ErrorCode,
        _out: &mut Effects,
    ) {
        let Some(group) = &mut self.group else { return };
        let same = group.sent() == sent;
        match error {
            ErrorCode::RebalanceInProgress if group.state == State::Stable => group.rejoin = true,
            ErrorCode::None | ErrorCode::RebalanceInProgress => {}
            ErrorCode::IllegalGeneration | ErrorCode::UnknownMemberId if same => {
                group.fall_out(error == ErrorCode::UnknownMemberId);
                return self.fail_heartbeat(now);
            }
            ErrorCode::FencedInstanceId if same => {
                group.fall_out(true);
                group.fenced = Some(ReadError::Broker(error));
                return;
            }
            ErrorCode::IllegalGeneration
            | ErrorCode::UnknownMemberId
            | ErrorCode::FencedInstanceId => {}
            _ => return self.fail_heartbeat(now),
        }
        group.heartbeat.failures = 0;
        group.heartbeat.session_until = now + group.config.session_timeout;
        if group.heartbeat.due < now {
            // It stood for others: the next one follows at its interval.
            group.heartbeat.due = now + group.config.heartbeat_interval;
        }
    }

    pub(super) fn fail_heartbeat(&mut self, now: SimTime) {
        let wait = self.backoff(
            self.group
                .as_ref()
                .map_or(0, |group| group.heartbeat.failures),
        );
        if let Some(group) = &mut self.group {
            group.heartbeat.failures += 1;
            group.heartbeat.due = now + wait;
        }
    }
}
