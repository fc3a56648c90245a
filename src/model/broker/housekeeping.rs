//! What a broker does to its logs from time to time: it forces them to disk, deletes old files, forgets deleted topics.

use super::super::effects::{Effects, Timer};
use super::super::ids::{BrokerId, Offset, TopicPartition};
use super::super::observation::Observation;
use super::super::time::{SimDuration, SimTime};
use super::super::wire::ErrorCode;
use super::Broker;

/// A broker's first look at its logs (`LogManager.InitialTaskDelayMs`).
const FIRST_LOOK: SimDuration = SimDuration::from_ms(30_000);

/// Housekeeping that is due later than so much after the last thing that happened is not waited for.
const HORIZON: SimDuration = SimDuration::from_ms(60_000);

impl Broker {
    /// The first look of a periodic task at or after an instant.
    fn look_at(&self, due: SimTime, every: SimDuration) -> SimTime {
        let first = match self.started_at {
            // It has run for ever.
            SimTime::ZERO => SimTime::ZERO,
            started_at => started_at + FIRST_LOOK,
        };
        let every = every.0.max(1);
        first + SimDuration(due.since(first).0.div_ceil(every).saturating_mul(every))
    }

    /// Sets the clocks of what has to be done to some log soon.
    pub(super) fn arm_housekeeping(&mut self, now: SimTime, out: &mut Effects) {
        // No look at every log where none can be due: this is asked whenever something happens to a broker.
        let soon = SimDuration(now.0) + HORIZON;
        let every = self.config.flush_scheduler_interval;
        if every <= soon {
            let dirty = self.replicas.values().filter(|replica| replica.is_dirty());
            let flush = dirty.map(|replica| replica.flushed_at + replica.config.flush);
            let flush = flush.min();
            self.arm_soon(now, Timer::FlushLogs, flush, every, out);
        }
        let kept = self.replicas.values().filter_map(|replica| {
            let retention = replica.config.retention.filter(|kept| *kept <= soon)?;
            Some((replica, retention))
        });
        let old = kept.filter_map(|(replica, retention)| {
            let expires = replica.log.oldest_file_expires(retention)?;
            (expires > now || replica.log.start() < replica.high_watermark).then_some(expires)
        });
        let much = self.replicas.values().filter_map(|replica| {
            let most = replica.config.retention_bytes?;
            let committed = replica.log.oldest_file_ends() <= replica.high_watermark;
            (committed && replica.log.oldest_file_is_too_much(most)).then_some(now)
        });
        let mut old = old.chain(much);
        if let Some(first) = old.next() {
            let due = old.fold(first, SimTime::min);
            let every = self.config.retention_check_interval;
            self.arm_soon(now, Timer::Retention, Some(due), every, out);
        }
    }

    fn arm_soon(
        &mut self,
        now: SimTime,
        timer: Timer,
        due: Option<SimTime>,
        every: SimDuration,
        out: &mut Effects,
    ) {
        let at = due.map(|due| self.look_at(due.max(now + SimDuration::from_us(1)), every));
        self.alarms
            .set(timer, at.filter(|at| *at <= now + HORIZON), out);
    }

    /// `LogManager.flushDirtyLogs`: those that were not forced to disk for `flush.ms`.
    pub(super) fn flush_logs(&mut self, now: SimTime, out: &mut Effects) {
        for (_, replica) in self.replicas.iter_mut() {
            if replica.is_dirty() && now.since(replica.flushed_at) >= replica.config.flush {
                replica.flush(now);
            }
        }
        self.settle(now, out);
    }

    /// `LogManager.cleanupLogs`: whole files, the oldest first.
    pub(super) fn delete_old_files(&mut self, now: SimTime, out: &mut Effects) {
        let broker = self.id;
        for (partition, replica) in &mut self.replicas {
            if let Some(to) = replica.delete_old_files(now) {
                out.note(Observation::LogStartMoved {
                    broker,
                    partition: *partition,
                    to,
                });
            }
        }
        self.settle(now, out);
    }

    /// A client wants the records below an offset deleted, or below the high watermark (`Partition.deleteRecordsOnLeader`). The
    /// answer is the offset.
    ///
    /// # Errors
    /// If it does not lead, or the offset is beyond the high watermark.
    pub(crate) fn delete_records(
        &mut self,
        now: SimTime,
        partition: TopicPartition,
        before: Option<Offset>,
        out: &mut Effects,
    ) -> Result<Offset, ErrorCode> {
        let broker = self.id;
        let replica = self.replicas.get_mut(&partition);
        let replica = replica.filter(|replica| replica.leading().is_some());
        let replica = replica.ok_or(ErrorCode::NotLeaderOrFollower)?;
        let before = before.unwrap_or(replica.high_watermark);
        if before > replica.high_watermark {
            return Err(ErrorCode::OffsetOutOfRange);
        }
        if replica.raise_log_start(now, before) {
            let to = before;
            out.note(Observation::LogStartMoved {
                broker,
                partition,
                to,
            });
        }
        self.settle(now, out);
        Ok(before)
    }

    /// Replicas that the metadata log does not know any more are gone.
    pub(super) fn forget_deleted(&mut self, now: SimTime, out: &mut Effects) {
        let image = &self.image;
        let gone = |partition: &TopicPartition| !image.partitions.contains_key(partition);
        let gone: Vec<_> = self.replicas.keys().copied().filter(gone).collect();
        for partition in gone {
            self.replicas.remove(&partition);
            self.end_epoch(now, partition, out);
        }
    }

    /// From now on, or no longer, each empty fetch of that follower is a frame of its own.
    pub(crate) fn unfold(
        &mut self,
        now: SimTime,
        follower: BrokerId,
        unfolded: bool,
        out: &mut Effects,
    ) {
        if unfolded {
            self.unfolded.insert(follower);
        } else {
            self.unfolded.remove(&follower);
        }
        self.arm_fetch_wait(now, out);
    }
}
