//! Commits (`ConsumerCoordinator`: `commitOffsetsSync`, `commitOffsetsAsync`, automatic ones), and the question how far the group
//! is (`fetchCommittedOffsets`).

use super::super::super::effects::Effects;
use super::super::super::ids::{Offset, TopicPartition};
use super::super::super::observation::GroupFact;
use super::super::super::state_record::CommittedOffset;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::{ErrorCode, GroupRequest, OffsetCommit, ReadError};
use super::super::Reader;
use super::super::places::Place;
use super::State;
use super::coordinator::{Asked, Sent};

/// What is committed: the next offset of each partition.
pub(in crate::reader) type Offsets = Vec<(TopicPartition, CommittedOffset)>;

/// Why a commit failed: may it be tried again?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Failure {
    Passing,
    Final(ReadError),
}

/// For whom a commit is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum For {
    /// A call waits.
    Call,
    /// A callback, of the `commitAsync()` of that act.
    Callback(u32),
    /// An automatic one.
    Auto,
    /// An automatic one before the next JoinGroup.
    Prepare,
}

/// A commit that has not come to its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Open {
    id: u32,
    of: For,
    /// It waits for a coordinator to be found; else it is under way.
    pub(super) unsent: Option<Offsets>,
}

/// A call that commits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::reader) struct CommitCall {
    offsets: Offsets,
    /// The commit under way.
    id: Option<u32>,
    attempts: u32,
    not_before: SimTime,
}

impl CommitCall {
    pub(in crate::reader) fn new(offsets: Offsets) -> Self {
        Self {
            offsets,
            id: None,
            attempts: 0,
            not_before: SimTime::ZERO,
        }
    }
}

/// All commits of a consumer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Commits {
    next: u32,
    pub(super) open: Vec<Open>,
    /// What the calls that wait are told.
    pub(super) ended: Vec<(u32, Result<(), Failure>)>,
    /// Callbacks that the next call makes, in order.
    callbacks: Vec<(For, Result<(), Failure>)>,
    pub(super) interval: Option<SimDuration>,
    /// The next automatic one.
    pub(super) auto_at: SimTime,
    /// The one before a JoinGroup: under way, or when it is tried again, and until when.
    pub(super) prepare: Option<(Option<u32>, SimTime, SimTime)>,
    /// The one of `close()`.
    pub(super) last: Option<CommitCall>,
    /// The coordinator is not asked how far the group is before then.
    pub(super) ask_at: SimTime,
}

impl Commits {
    pub(super) fn new(now: SimTime, interval: Option<SimDuration>) -> Self {
        Self {
            interval,
            auto_at: now + interval.unwrap_or_default(),
            ..Self::default()
        }
    }

    /// A new assignment: the interval begins.
    pub(super) fn begin_interval(&mut self, now: SimTime) {
        self.auto_at = now + self.interval.unwrap_or_default();
    }

    pub(super) fn next_at(&self, now: SimTime) -> Option<SimTime> {
        let auto = self.interval.map(|_| self.auto_at);
        let prepare = self
            .prepare
            .map(|(_, at, until)| if at > now { at } else { until });
        let last = self.last.as_ref().map(|call| call.not_before);
        let all = auto
            .into_iter()
            .chain(prepare)
            .chain(last)
            .chain([self.ask_at]);
        all.filter(|at| *at > now).min()
    }
}

/// What an error of the coordinator means to a commit (`OffsetCommitResponseHandler`).
fn failure_of(error: ErrorCode) -> Result<(), Failure> {
    match error {
        ErrorCode::None => Ok(()),
        ErrorCode::UnknownTopicOrPartition
        | ErrorCode::CoordinatorNotAvailable
        | ErrorCode::NotCoordinator
        | ErrorCode::RequestTimedOut => Err(Failure::Passing),
        ErrorCode::FencedInstanceId => Err(Failure::Final(ReadError::Broker(error))),
        ErrorCode::RebalanceInProgress => Err(Failure::Final(ReadError::RebalanceInProgress)),
        ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration | ErrorCode::StaleMemberEpoch => {
            Err(Failure::Final(ReadError::CommitFailed))
        }
        _ => Err(Failure::Final(ReadError::Kafka)),
    }
}

impl Reader {
    /// Where it is everywhere: the next offset that it would return (`SubscriptionState.allConsumed`).
    pub(in crate::reader) fn consumed(&self, now: SimTime) -> Offsets {
        let consumed = |(id, place): (&TopicPartition, &Place)| {
            let position = place.reads()?;
            let far = CommittedOffset {
                offset: position.offset,
                leader_epoch: position.epoch,
                at: now,
            };
            Some((*id, far))
        };
        let stored = |id: &TopicPartition| match &self.group {
            Some(group) if group.config.librdkafka => group.stored.contains(id),
            _ => true,
        };
        let own = self.places.iter().filter(|(id, _)| stored(id));
        own.filter_map(consumed).collect()
    }

    /// Begins a commit. Without a coordinator it fails, or waits if it is asynchronous and one is being looked for.
    pub(super) fn begin_commit(
        &mut self,
        now: SimTime,
        of: For,
        offsets: Offsets,
        out: &mut Effects,
    ) -> u32 {
        let Some(group) = &mut self.group else {
            return 0;
        };
        let id = group.commits.next;
        group.commits.next += 1;
        group.commits.open.push(Open {
            id,
            of,
            unsent: None,
        });
        if offsets.is_empty() {
            self.end_commit(id, Ok(()), now);
            return id;
        }
        for (partition, _) in &offsets {
            group.stored.remove(partition);
        }
        if group.coordinator.is_none() && of != For::Call {
            self.ensure_coordinator(now, out);
            let Some(group) = &mut self.group else {
                return id;
            };
            if !group.looking {
                self.end_commit(id, Err(Failure::Passing), now);
            } else if let Some(open) = group.commits.open.iter_mut().find(|open| open.id == id) {
                open.unsent = Some(offsets);
            }
            return id;
        }
        self.send_commit(now, id, offsets, out);
        id
    }

    /// `sendOffsetCommitRequest`: a member speaks for its generation; out of it there is nothing to be said.
    fn send_commit(&mut self, now: SimTime, id: u32, offsets: Offsets, out: &mut Effects) {
        let Some(group) = &self.group else { return };
        let newer = group.newer.is_some();
        let member = if newer {
            group.newer_member()
        } else {
            group.stable_member()
        };
        if group.is_classic_member() && member.is_none() && !group.config.librdkafka {
            let rebalancing = matches!(group.state, State::Preparing | State::Completing);
            let error = match rebalancing {
                true => ReadError::RebalanceInProgress,
                false => ReadError::CommitFailed,
            };
            return self.end_commit(id, Err(Failure::Final(error)), now);
        }
        let request = OffsetCommit {
            group: group.setup.group,
            client: self.id,
            member,
            offsets,
        };
        let asked = Asked::Commit(id, group.sent());
        self.send_to_coordinator(now, GroupRequest::OffsetCommit(request), asked, out);
    }

    /// FindCoordinator came to an end: commits that waited for it go, or fail.
    pub(super) fn on_lookup_over(&mut self, now: SimTime, found: bool, out: &mut Effects) {
        let Some(group) = &mut self.group else { return };
        let mut waiting = Vec::new();
        for open in &mut group.commits.open {
            if let Some(offsets) = open.unsent.take() {
                waiting.push((open.id, offsets));
            }
        }
        for (id, offsets) in waiting {
            if found {
                self.send_commit(now, id, offsets, out);
            } else {
                self.end_commit(id, Err(Failure::Passing), now);
            }
        }
    }

    /// The answer to OffsetCommit.
    pub(super) fn on_committed(
        &mut self,
        now: SimTime,
        id: u32,
        sent: Sent,
        error: ErrorCode,
        out: &mut Effects,
    ) {
        let mut result = failure_of(error);
        if self.config.membership.librdkafka && matches!(result, Err(Failure::Final(_))) {
            result = Err(Failure::Final(ReadError::Broker(error)));
        }
        if error == ErrorCode::RequestTimedOut {
            self.lose_coordinator(now, out);
        }
        let Some(group) = &mut self.group else { return };
        if group.is_classic_member() {
            let same = group.sent() == sent;
            match error {
                ErrorCode::RebalanceInProgress => group.rejoin = true,
                ErrorCode::UnknownMemberId | ErrorCode::IllegalGeneration => {
                    if !same && group.state == State::Preparing {
                        result = Err(Failure::Final(ReadError::RebalanceInProgress));
                    } else {
                        group.fall_out(error == ErrorCode::UnknownMemberId);
                    }
                }
                ErrorCode::FencedInstanceId if !same => {
                    let rebalancing = group.state == State::Preparing;
                    result = Err(Failure::Final(match rebalancing {
                        true => ReadError::RebalanceInProgress,
                        false => ReadError::CommitFailed,
                    }));
                }
                _ => {}
            }
        }
        self.end_commit(id, result, now);
    }

    pub(super) fn on_commit_lost(&mut self, now: SimTime, id: u32) {
        self.end_commit(id, Err(Failure::Passing), now);
    }

    fn end_commit(&mut self, id: u32, result: Result<(), Failure>, now: SimTime) {
        let wait = self.config.retry_backoff;
        let Some(group) = &mut self.group else { return };
        let commits = &mut group.commits;
        let Some(at) = commits.open.iter().position(|open| open.id == id) else {
            return;
        };
        let open = commits.open.remove(at);
        match open.of {
            For::Call | For::Prepare => commits.ended.push((id, result)),
            For::Auto if result == Err(Failure::Passing) => commits.auto_at = now + wait,
            For::Auto => {}
            For::Callback(_) => commits.callbacks.push((open.of, result)),
        }
    }

    /// Callbacks of asynchronous commits are made by the next call (`invokeCompletedOffsetCommitCallbacks`).
    pub(super) fn call_back(&mut self, out: &mut Effects) -> Result<(), ReadError> {
        let reader = self.id;
        let Some(group) = &mut self.group else {
            return Ok(());
        };
        for (of, result) in std::mem::take(&mut group.commits.callbacks) {
            let For::Callback(act) = of else { continue };
            let error = match result {
                Ok(()) => None,
                Err(Failure::Passing) => Some(ReadError::RetriableCommitFailed),
                Err(Failure::Final(error)) => Some(error),
            };
            if error == Some(ReadError::Broker(ErrorCode::FencedInstanceId)) {
                group.fenced = error;
            }
            out.note(GroupFact::CommitReturned {
                reader,
                act: Some(act),
                error,
            });
        }
        Ok(())
    }

    /// The application calls `commitAsync()`.
    pub(crate) fn commit_async(
        &mut self,
        now: SimTime,
        act: u32,
        given: &[(TopicPartition, Offset)],
        out: &mut Effects,
    ) {
        self.take_in_what_came(now, out);
        let _ = self.call_back(out);
        let offsets = self.given_or_consumed(now, given);
        self.begin_commit(now, For::Callback(act), offsets, out);
        self.arm_member(now, out);
    }

    /// What a producer needs to commit for this consumer (`groupMetadata()`, and where it is unless offsets are given).
    pub(crate) fn for_a_transaction(
        &self,
        now: SimTime,
        given: &[(TopicPartition, Offset)],
    ) -> Option<OffsetCommit> {
        let group = self.group.as_ref()?;
        let offsets = self.given_or_consumed(now, given);
        Some(OffsetCommit {
            group: group.setup.group,
            client: self.id,
            // Also of a member that has been put out since.
            member: group.joined,
            offsets,
        })
    }

    pub(in crate::reader) fn given_or_consumed(
        &self,
        now: SimTime,
        given: &[(TopicPartition, Offset)],
    ) -> Offsets {
        if given.is_empty() {
            return self.consumed(now);
        }
        let far = |(partition, offset): &(TopicPartition, Offset)| {
            let far = CommittedOffset {
                offset: *offset,
                leader_epoch: None,
                at: now,
            };
            (*partition, far)
        };
        given.iter().map(far).collect()
    }

    /// One round of `commitSync()`: how it ended, if it has.
    pub(in crate::reader) fn go_on_committing(
        &mut self,
        now: SimTime,
        call: &mut CommitCall,
        out: &mut Effects,
    ) -> Option<Result<(), ReadError>> {
        let wait = self.backoff(call.attempts);
        if let Err(error) = self.call_back(out) {
            return Some(Err(error));
        }
        if call.offsets.is_empty() {
            let group = self.group.as_ref()?;
            let async_open = |open: &Open| open.of != For::Call;
            return (!group.commits.open.iter().any(async_open)).then_some(Ok(()));
        }
        if let Some(id) = call.id {
            let ended = &mut self.group.as_mut()?.commits.ended;
            let at = ended.iter().position(|(of, _)| *of == id)?;
            let (_, result) = ended.remove(at);
            let _ = self.call_back(out);
            call.id = None;
            match result {
                Ok(()) => return Some(Ok(())),
                Err(Failure::Final(error)) => return Some(Err(error)),
                Err(Failure::Passing) => {
                    call.attempts += 1;
                    call.not_before = now + wait;
                }
            }
        }
        if now < call.not_before || !self.ensure_coordinator(now, out) {
            return None;
        }
        call.id = Some(self.begin_commit(now, For::Call, call.offsets.clone(), out));
        // It may have failed at once.
        let failed = self
            .group
            .as_ref()?
            .commits
            .ended
            .iter()
            .any(|(id, _)| Some(*id) == call.id);
        if failed {
            return self.go_on_committing(now, call, out);
        }
        None
    }

    /// When a commit that a call waits for is tried again.
    pub(in crate::reader) fn retries_at(call: &CommitCall, now: SimTime) -> Option<SimTime> {
        Some(call.not_before).filter(|at| *at > now)
    }
}
