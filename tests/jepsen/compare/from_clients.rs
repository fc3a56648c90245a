//! From the clients to the ledger: what clients can prove, a row must say.

use super::super::judge::{Finding, Kind, Offset};
use super::laws;
use super::seen::key;
use super::{COMMITTED, Compared, UNCOMMITTED};
use ackscope::verdict::{Fate, Row};

impl Compared<'_> {
    /// All that was found in partitions that are read to their end.
    pub(super) fn findings(&mut self) {
        let found = std::mem::take(&mut self.found);
        for (isolation, all) in found.iter().enumerate() {
            for finding in all {
                if let Some(start) = self.settled.get(&finding.key).copied() {
                    self.finding(isolation, finding, start);
                }
            }
        }
        self.found = found;
    }

    fn finding(&mut self, isolation: usize, finding: &Finding, start: Offset) {
        let ledger = self.ledger;
        let rows: Vec<&Row> = finding
            .values
            .iter()
            .map(|value| &ledger.rows[*value as usize])
            .collect();
        match finding.kind {
            Kind::InconsistentOffsets => {
                for row in rows {
                    self.not_there(row, finding.offsets[0], start);
                }
            }
            Kind::Duplicate => {
                let there = self.last(COMMITTED, finding.values[0]);
                let all = finding.offsets.iter().all(|offset| there.contains(offset));
                let known = rows[0].fates.contains(&Fate::Duplicated);
                self.law(laws::DUPLICATE, rows[0], all, known);
            }
            Kind::LostWrite | Kind::Unseen => {
                let lost = [Fate::LostAfterAck, Fate::LostSilently, Fate::Deleted];
                self.one_of(laws::UNSEEN, rows[0], &lost);
            }
            Kind::AbortedRead if isolation == COMMITTED => {
                let bad = [Fate::WrittenThoughFailed, Fate::ReadThenGone, Fate::Deleted];
                self.one_of(laws::ABORTED_READ, rows[0], &bad);
            }
            Kind::AbortedRead => {
                let bad = [
                    Fate::HiddenByAbort,
                    Fate::WrittenThoughFailed,
                    Fate::ReadThenGone,
                    Fate::Deleted,
                ];
                self.one_of(laws::DIRTY_READ, rows[0], &bad);
            }
            Kind::PrecommittedRead => {
                self.law(laws::PRECOMMITTED, rows[0], true, isolation == UNCOMMITTED);
            }
            Kind::PollSkip | Kind::IntPollSkip => {
                for row in rows {
                    self.left_out(isolation, finding, row);
                }
            }
            Kind::NonmonotonicPoll | Kind::IntNonmonotonicPoll => self.went_back(finding, start),
            Kind::NonmonotonicSend | Kind::IntNonmonotonicSend => {
                let as_seen = rows.iter().all(|row| self.is_as_seen(row));
                let known = rows[0].fates.contains(&Fate::OutOfOrder);
                self.law(laws::NONMONOTONIC_SEND, rows[0], as_seen, known);
            }
            Kind::IntSendSkip | Kind::WriteCycle => {}
        }
    }

    fn one_of(&mut self, says: &'static str, row: &Row, fates: &[Fate]) {
        let known = fates.iter().any(|fate| row.fates.contains(fate));
        self.law(says, row, true, known);
    }

    /// One of several values of an offset: unless it is the one that is there, the ledger knows that it is gone.
    fn not_there(&mut self, row: &Row, offset: Offset, start: Offset) {
        let value = row.record.0;
        let gone = offset >= start && !self.last(UNCOMMITTED, value).contains(&offset);
        let polled = self.polls(value).iter().any(|(_, at)| *at == offset);
        let known = match polled {
            true => row.fates.contains(&Fate::ReadThenGone),
            false => {
                let gone = [Fate::LostAfterAck, Fate::HiddenByAbort, Fate::Deleted];
                !row.offsets.is_empty() || gone.iter().any(|fate| row.fates.contains(fate))
            }
        };
        self.law(laws::INCONSISTENT, row, gone, known);
    }

    /// A reader left it out: either it is not there for it, or its group has it otherwise, or it is known as skipped or waits.
    fn left_out(&mut self, isolation: usize, finding: &Finding, row: &Row) {
        let reader = self.reader_of(finding).and_then(|id| self.reader(id));
        let group = reader.and_then(|reader| reader.group.as_ref());
        let group = group.and_then(|name| self.cast.group(name));
        let got = row.groups.iter().find(|got| Some(got.group) == group);
        let there = !self.last(isolation, row.record.0).is_empty();
        if let Some(got) = got.filter(|got| there && got.delivered == 0) {
            let known = row.fates.contains(&Fate::Skipped) || !got.passed;
            let fine = row.fates.as_slice() == [Fate::DeliveredOnce];
            self.law(laws::POLL_SKIP, row, true, known && !fine);
        }
    }

    /// A reader with partitions of its own went back: what it had read is gone, or it got something twice.
    fn went_back(&mut self, finding: &Finding, start: Offset) {
        let reader = self.reader_of(finding).filter(|_| finding.is_bad);
        let reader = reader.filter(|id| {
            self.reader(*id)
                .is_some_and(|reader| reader.group.is_some())
        });
        let Some(reader) = reader else {
            return;
        };
        let [from, to] = [finding.offsets[0], finding.offsets[1]];
        let gone = from < start || !self.last(UNCOMMITTED, finding.values[0]).contains(&from);
        let ledger = self.ledger;
        let row = &ledger.rows[finding.values[1] as usize];
        let twice = row.fates.contains(&Fate::ProcessedTwice);
        let seen = self.seen;
        let own = seen
            .polled
            .iter()
            .filter(|(id, read)| *id == reader && key(read.partition) == finding.key);
        let new = own.filter(|(_, read)| read.offset.0 <= to).count() == 1;
        self.law(laws::WENT_BACK, row, true, gone || twice || new);
    }
}
