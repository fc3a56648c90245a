//! What a leader answers readers: records below the high watermark, where a log begins and ends for them, where an epoch ends.

use super::super::effects::{Effects, ReplyTo, Timer};
use super::super::ids::{ConnectionId, LeaderEpoch, Offset};
use super::super::scenario::Isolation;
use super::super::small::Few;
use super::super::time::{SimDuration, SimTime};
use super::super::transaction::Aborted;
use super::super::wire::{Asked, ErrorCode, OffsetSpec, ReadRecords, Response, Told};
use super::{Broker, Replica};
use smallvec::SmallVec;

/// A reader's fetch with nothing to answer yet (`DelayedFetch`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct WaitingRead {
    reply: ReplyTo,
    deadline: SimTime,
    partitions: Few<Asked<Offset>>,
    isolation: Isolation,
}

impl Broker {
    /// Answers now, if there is something to read or to complain of, or waits.
    pub(super) fn on_read(
        &mut self,
        now: SimTime,
        reply: ReplyTo,
        max_wait_ms: u32,
        (partitions, isolation): (Few<Asked<Offset>>, Isolation),
        out: &mut Effects,
    ) {
        if max_wait_ms == 0 || partitions.is_empty() || self.has_news(&partitions, isolation) {
            return self.answer_read(reply, &partitions, isolation, out);
        }
        self.reads.push(WaitingRead {
            reply,
            deadline: now + SimDuration::from_ms(u64::from(max_wait_ms)),
            partitions,
            isolation,
        });
        self.arm_read_wait(out);
    }

    fn has_news(&self, partitions: &[Asked<Offset>], isolation: Isolation) -> bool {
        partitions.iter().any(|asked| match self.readable(asked) {
            Ok(replica) => {
                let outside = asked.what < replica.log.start() || asked.what > replica.log.end();
                outside || asked.what < visible_end(replica, isolation)
            }
            Err(_) => true,
        })
    }

    /// The replica that may answer a reader (`Partition.checkCurrentLeaderEpoch`, then the role).
    fn readable<T>(&self, asked: &Asked<T>) -> Result<&Replica, ErrorCode> {
        let replica = self
            .replicas
            .get(&asked.partition)
            .ok_or(ErrorCode::UnknownTopicOrPartition)?;
        match asked.current_leader_epoch {
            Some(epoch) if epoch < replica.leader_epoch => Err(ErrorCode::FencedLeaderEpoch),
            Some(epoch) if epoch > replica.leader_epoch => Err(ErrorCode::UnknownLeaderEpoch),
            _ if replica.leading().is_none() => Err(ErrorCode::NotLeaderOrFollower),
            _ => Ok(replica),
        }
    }

    fn answer_read(
        &self,
        reply: ReplyTo,
        partitions: &[Asked<Offset>],
        isolation: Isolation,
        out: &mut Effects,
    ) {
        let told = partitions.iter().map(|asked| self.read(asked, isolation));
        let told = told.collect();
        out.reply(reply, Response::Read(told));
    }

    /// `UnifiedLog.read`: below the high watermark, or the last stable offset; between it and the log end there is nothing;
    /// beyond is an error.
    fn read(&self, asked: &Asked<Offset>, isolation: Isolation) -> Told<ReadRecords> {
        let mut told = Told {
            partition: asked.partition,
            error: ErrorCode::None,
            what: ReadRecords {
                offset: asked.what,
                entries: SmallVec::new(),
                high_watermark: Offset(0),
                aborted: None,
                current_leader: None,
            },
        };
        match self.readable(asked) {
            Err(error) => {
                told.error = error;
                let moved = matches!(
                    error,
                    ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch
                );
                told.what.current_leader = self.known_leader(asked.partition).filter(|_| moved);
            }
            Ok(replica) => {
                told.what.high_watermark = replica.high_watermark;
                if asked.what < replica.log.start() || asked.what > replica.log.end() {
                    told.error = ErrorCode::OffsetOutOfRange;
                }
                let end = visible_end(replica, isolation);
                let visible = end.0.saturating_sub(asked.what.0);
                let visible = usize::try_from(visible).unwrap_or(usize::MAX);
                if told.error == ErrorCode::None && visible > 0 {
                    let entries = replica.log.from(asked.what);
                    let seen = entries
                        .get(..visible.min(entries.len()))
                        .unwrap_or_default();
                    told.what.entries = SmallVec::from_slice(seen);
                    if isolation == Isolation::ReadCommitted {
                        told.what.aborted = aborted_between(replica, asked.what, end);
                    }
                }
            }
        }
        told
    }

    /// Answers what waited and has something to read now, or has waited long enough.
    pub(super) fn answer_reads(&mut self, now: SimTime, out: &mut Effects) {
        if self.reads.is_empty() {
            return;
        }
        let reads = std::mem::take(&mut self.reads);
        for waiting in reads {
            if waiting.deadline <= now || self.has_news(&waiting.partitions, waiting.isolation) {
                let (reply, isolation) = (waiting.reply, waiting.isolation);
                self.answer_read(reply, &waiting.partitions, isolation, out);
            } else {
                self.reads.push(waiting);
            }
        }
        self.arm_read_wait(out);
    }

    fn arm_read_wait(&self, out: &mut Effects) {
        match self.reads.iter().map(|waiting| waiting.deadline).min() {
            Some(at) => out.arm(Timer::ReadWait, at),
            None => out.disarm(Timer::ReadWait),
        }
    }

    /// A reader's connection is gone: nobody waits for an answer any more.
    pub(super) fn forget_reads(&mut self, connection: ConnectionId) {
        self.reads
            .retain(|waiting| waiting.reply.connection != connection);
    }

    /// `Partition.fetchOffsetForTimestamp`. A leader whose high watermark has not reached its own epoch cannot tell the end.
    pub(super) fn on_list_offsets(
        &self,
        reply: ReplyTo,
        partitions: &[Asked<OffsetSpec>],
        isolation: Isolation,
        out: &mut Effects,
    ) {
        let tell = |asked: &Asked<OffsetSpec>| {
            let (error, what) = match self.readable(asked).and_then(|replica| {
                let begun = replica.leading().map(|leading| leading.epoch_start);
                let end = visible_end(replica, isolation);
                let behind = begun.is_some_and(|begun| begun > end);
                match asked.what {
                    OffsetSpec::Earliest => Ok(Some(replica.log.start())),
                    OffsetSpec::Latest if behind => Err(ErrorCode::OffsetNotAvailable),
                    OffsetSpec::Latest => Ok(Some(end)),
                    OffsetSpec::Since(_) if behind => Err(ErrorCode::OffsetNotAvailable),
                    OffsetSpec::Since(at) => {
                        Ok(first_since(replica, at).filter(|offset| *offset < end))
                    }
                }
            }) {
                Ok(offset) => (ErrorCode::None, offset),
                Err(error) => (error, None),
            };
            Told {
                partition: asked.partition,
                error,
                what,
            }
        };
        let told = partitions.iter().map(tell).collect();
        out.reply(reply, Response::ListOffsets(told));
    }

    /// `Partition.lastOffsetForLeaderEpoch`, for readers that doubt their position (KIP-320).
    pub(super) fn on_epoch_ends(
        &self,
        reply: ReplyTo,
        partitions: &[Asked<LeaderEpoch>],
        out: &mut Effects,
    ) {
        let tell = |asked: &Asked<LeaderEpoch>| {
            let answer = self
                .readable(asked)
                .map(|replica| replica.log.end_offset_for(asked.what));
            Told {
                partition: asked.partition,
                error: answer.err().unwrap_or_default(),
                what: answer.ok().flatten(),
            }
        };
        let told = partitions.iter().map(tell).collect();
        out.reply(reply, Response::OffsetForLeaderEpoch(told));
    }
}

/// Where readers may read to.
fn visible_end(replica: &Replica, isolation: Isolation) -> Offset {
    match isolation {
        Isolation::ReadUncommitted => replica.high_watermark,
        Isolation::ReadCommitted => replica.last_stable(),
    }
}

/// What a reader of committed records must leave out, if anything.
fn aborted_between(replica: &Replica, from: Offset, to: Offset) -> Option<Box<[Aborted]>> {
    let transactions = replica.producers.transactions()?;
    let all: Vec<_> = transactions.aborted_between(from, to).collect();
    (!all.is_empty()).then(|| all.into())
}

/// The first record that readers may see and that is not older.
pub(super) fn first_since(replica: &Replica, at: SimTime) -> Option<Offset> {
    let start = replica.log.start();
    let index = replica
        .log
        .from(start)
        .iter()
        .position(|entry| entry.at >= at)?;
    let offset = Offset(start.0 + index as u64);
    (offset < replica.high_watermark).then_some(offset)
}
