//! What a coordinator appended, and what is to be done when it is committed.

use super::super::super::effects::{Effects, ReplyTo, Timer};
use super::super::super::ids::{LeaderEpoch, Offset, TopicPartition};
use super::super::super::record::{Content, Entry};
use super::super::super::state_record::StateRecord;
use super::super::super::time::{SimDuration, SimTime};
use super::super::super::wire::{ErrorCode, Response};
use super::super::Broker;
use super::groups::GroupThen;
use super::transactions::Written;

/// `offsets.commit.timeout.ms`, by default.
const COMMIT_TIMEOUT: SimDuration = SimDuration::from_ms(5_000);

/// What to do when a change is committed, or will not be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum Then {
    /// Nothing.
    Nothing,
    /// Answer with the first; or, if it was not committed, with the second.
    Reply(ReplyTo, Box<(Response, Response)>),
    /// Something of a group goes on.
    Group(Box<GroupThen>),
    /// A transactional id changes its state.
    Transaction(Box<Written>),
}

impl Then {
    /// How long the log may take.
    fn patience(&self) -> SimDuration {
        match self {
            Self::Transaction(written) => written.patience(),
            Self::Nothing | Self::Reply(..) | Self::Group(_) => COMMIT_TIMEOUT,
        }
    }
}

/// Records that a coordinator appended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct WaitingState {
    partition: TopicPartition,
    /// The high watermark must reach this.
    required: Offset,
    /// In this epoch.
    leader_epoch: LeaderEpoch,
    deadline: SimTime,
    then: Then,
}

impl Broker {
    /// Appends changes to the coordinator's log as one batch, takes them in, and goes on with `then` once they are committed.
    /// Like a write with `acks=all` it is refused under `min.insync.replicas` (`CoordinatorPartitionWriter.append`).
    ///
    /// # Errors
    /// If this broker does not lead the partition, or too few replicas are in sync; `then` is given back.
    pub(in super::super) fn write_state(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        records: Vec<StateRecord>,
        then: Then,
        out: &mut Effects,
    ) -> Result<(), (ErrorCode, Then)> {
        let replica = self.replicas.get_mut(&partition);
        let Some(replica) = replica.filter(|replica| replica.leading().is_some()) else {
            return Err((ErrorCode::NotCoordinator, then));
        };
        if replica.is_under_min_isr() {
            return Err((ErrorCode::CoordinatorNotAvailable, then));
        }
        let leader_epoch = replica.leader_epoch;
        let entries = (0..records.len()).map(|index| Entry {
            content: Content::State,
            transactional: false,
            leader_epoch,
            producer: None,
            at: now,
            begins_batch: index == 0,
            batch_bytes: 0,
        });
        replica.before_append(now, now, 0);
        let base = replica.log.append_own(entries, leader_epoch);
        for record in &records {
            // What a transaction is counts only when it is committed.
            if !matches!(record, StateRecord::Transaction { value: Some(_), .. }) {
                self.coordinators.learn(record);
            }
        }
        let offsets = (base.0..).map(Offset);
        replica.log.append_states(offsets.zip(records));
        replica.after_append(now);
        self.coordinators.waiting.push(WaitingState {
            partition,
            required: replica.log.end(),
            leader_epoch,
            deadline: now + then.patience(),
            then,
        });
        self.settle(now, out);
        Ok(())
    }

    /// Goes on with what has been committed, and with what never will be.
    pub(in super::super) fn carry_out_waiting(&mut self, now: SimTime, out: &mut Effects) {
        if self.coordinators.waiting.is_empty() {
            return;
        }
        for waiting in std::mem::take(&mut self.coordinators.waiting) {
            match self.fate_of(now, &waiting) {
                Some(fate) => self.carry_out(now, fate, waiting.then, out),
                None => self.coordinators.waiting.push(waiting),
            }
        }
        let deadlines = self.coordinators.waiting.iter().map(|one| one.deadline);
        let first = deadlines.min();
        self.alarms.set(Timer::StateWait, first, out);
    }

    fn fate_of(&self, now: SimTime, waiting: &WaitingState) -> Option<Result<(), ErrorCode>> {
        let replica = self.replicas.get(&waiting.partition);
        let leads = |r: &&super::super::Replica| {
            r.leading().is_some() && r.leader_epoch == waiting.leader_epoch
        };
        match replica.filter(leads) {
            None => Some(Err(ErrorCode::NotCoordinator)),
            Some(replica) if replica.high_watermark >= waiting.required => Some(Ok(())),
            Some(_) if waiting.deadline <= now => Some(Err(ErrorCode::CoordinatorNotAvailable)),
            Some(_) => None,
        }
    }

    /// Goes on with what waited.
    pub(super) fn carry_out(
        &mut self,
        now: SimTime,
        fate: Result<(), ErrorCode>,
        then: Then,
        out: &mut Effects,
    ) {
        match then {
            Then::Nothing => {}
            Then::Transaction(written) => self.on_transaction_written(now, *written, fate, out),
            Then::Reply(reply, answers) => {
                let (done, failed) = *answers;
                out.reply(reply, if fate.is_ok() { done } else { failed });
            }
            Then::Group(then) => self.group_written(now, fate, *then, out),
        }
    }
}
