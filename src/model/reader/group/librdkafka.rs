//! A consumer of librdkafka: its main thread joins, fetches and commits by itself; a call hands out what is there, one record a
//! time, and stores its offset for the next commit (`rdkafka_cgrp.c`, `rd_kafka_app_polled`).

use super::super::super::effects::Effects;
use super::super::super::observation::Read;
use super::super::super::time::SimTime;
use super::super::super::wire::ReadError;
use super::super::Reader;

impl Reader {
    /// A round of its main thread.
    pub(in crate::reader) fn work_by_itself(&mut self, now: SimTime, out: &mut Effects) {
        self.time_out_requests(now, out);
        let done = self.work_on_group(now, out).and_then(|progress| {
            if matches!(progress, super::Progress::Ready) {
                self.update_positions(now, out)?;
            }
            Ok(())
        });
        if let Err(error) = done {
            self.trouble = Some(error);
        }
        self.send_fetches(now, out);
        self.ask_for_metadata(now, out);
        self.arm_member(now, out);
    }

    /// It may not have polled for too long: then it leaves, and says so with the next call.
    pub(super) fn exceed_poll_interval(&mut self, now: SimTime, out: &mut Effects) {
        self.leave_group(now, out);
        self.trouble = Some(ReadError::MaxPollExceeded);
        if let Some(group) = &mut self.group {
            group.paused = true;
        }
    }

    /// A call: it polls, and whoever left because nobody did joins again.
    pub(in crate::reader) fn note_poll(&mut self, now: SimTime) {
        if !self.config.membership.librdkafka {
            return self.look_for_news(now);
        }
        if let Some(group) = &mut self.group {
            group.heartbeat.poll_until = now + group.config.max_poll_interval;
            group.paused = false;
            group.listens = true;
        }
    }

    /// The call is over.
    pub(in crate::reader) fn note_end_of_call(&mut self) {
        if let Some(group) = &mut self.group {
            group.listens = false;
        }
    }

    /// A change of what it has cannot be told now.
    pub(super) fn is_deaf(&self) -> bool {
        let group = self.group.as_ref();
        group.is_some_and(|group| group.config.librdkafka && !group.listens)
    }

    /// Records are handed out: their offsets will be committed.
    pub(in crate::reader) fn store_offsets(&mut self, records: &[Read]) {
        if let Some(group) = &mut self.group
            && group.config.librdkafka
            && group.config.stores_offsets
        {
            group
                .stored
                .extend(records.iter().map(|read| read.partition));
        }
    }
}
