//! From the ledger to the clients: what a row says, clients must have seen.

use super::super::judge::{Finding, Key, Kind, Offset, Outcome, Value};
use super::laws;
use super::seen::{Reader, key};
use super::{COMMITTED, Compared, UNCOMMITTED};
use ackscope::model::ids::{ClientId, GroupId};
use ackscope::verdict::{Fate, Row, Told};
use std::collections::BTreeSet;

impl Compared<'_> {
    /// All rows of partitions that are read to their end.
    pub(super) fn rows(&mut self) {
        let ledger = self.ledger;
        for row in &ledger.rows {
            let Some(home) = row.partition.map(key) else {
                continue;
            };
            if let Some(start) = self.settled.get(&home).copied() {
                self.places(row, start);
                self.fates(row, home);
                self.groups(row, home);
            }
        }
    }

    /// Where it is, how often it is seen, whether it is gone.
    fn places(&mut self, row: &Row, start: Offset) {
        let value = row.record.0;
        let has = |fate: Fate| row.fates.contains(&fate);
        let there = [UNCOMMITTED, COMMITTED].map(|isolation| self.last(isolation, value));
        let offsets: BTreeSet<Offset> = row.offsets.iter().map(|offset| offset.0).collect();
        self.law(laws::FINAL_POLLS, row, true, there[0] == offsets);
        let counts = [row.visible.uncommitted, row.visible.committed].map(|count| count as usize);
        self.law(
            laws::VISIBLE,
            row,
            true,
            there.each_ref().map(BTreeSet::len) == counts,
        );
        let gone = self
            .polls(value)
            .iter()
            .filter(|(_, offset)| !there[0].contains(offset));
        let gone: Vec<Offset> = gone.map(|(_, offset)| *offset).collect();
        // Of what lies below the first offset clients cannot tell whether it was deleted.
        let certain = gone.iter().any(|offset| *offset >= start);
        let all_told = self.seen.untold.is_empty();
        let known = has(Fate::ReadThenGone);
        self.law(laws::GONE, row, certain, known);
        self.law(laws::GONE, row, all_told && known, !gone.is_empty());
        let twice = there[COMMITTED].len() > 1;
        self.law(
            laws::TWICE,
            row,
            twice || has(Fate::Duplicated),
            twice == has(Fate::Duplicated),
        );
        let found = self.has(COMMITTED, Kind::Duplicate, value);
        self.law(laws::DUPLICATED, row, has(Fate::Duplicated), found);
    }

    fn fates(&mut self, row: &Row, home: Key) {
        let value = row.record.0;
        let has = |fate: Fate| row.fates.contains(&fate);
        let (outcome, certain) = (
            self.outcome(value),
            self.outcome(value) == Some(Outcome::Fail),
        );
        let happened = outcome == Some(Outcome::Ok);
        let there = [UNCOMMITTED, COMMITTED].map(|isolation| self.last(isolation, value));
        if has(Fate::LostAfterAck) || has(Fate::LostSilently) {
            self.lost(row, home, happened);
        }
        let dirty =
            [UNCOMMITTED, COMMITTED].map(|isolation| self.has(isolation, Kind::AbortedRead, value));
        let written = has(Fate::WrittenThoughFailed);
        self.law(
            laws::WRITTEN_DIRTY,
            row,
            written && certain,
            dirty[COMMITTED],
        );
        self.law(
            laws::WRITTEN,
            row,
            written,
            !happened && !there[1].is_empty(),
        );
        let hidden = has(Fate::HiddenByAbort);
        let readable = hidden && certain && !there[0].is_empty();
        self.law(laws::HIDDEN_DIRTY, row, readable, dirty[UNCOMMITTED]);
        self.law(laws::HIDDEN, row, hidden, !happened);
        self.law(
            laws::REFUSED,
            row,
            has(Fate::Refused),
            !happened && there[0].is_empty(),
        );
        let bad = [Kind::LostWrite, Kind::Unseen, Kind::AbortedRead];
        let bad = bad.iter().any(|kind| self.has(COMMITTED, *kind, value));
        let once = row
            .groups
            .iter()
            .all(|got| !self.is_told(got.group) || self.polls_of(got.group, value).len() == 1);
        let fine = !bad && !certain && once && there[1].len() == 1;
        self.law(laws::FINE, row, has(Fate::DeliveredOnce), fine);
        self.law(laws::DELETED, row, has(Fate::Deleted), there[0].is_empty());
        if has(Fate::OutOfOrder) {
            self.overtaken(row, home);
        }
    }

    /// Acknowledged, and in no log, or aborted there: clients see that it was never read, or that it was.
    fn lost(&mut self, row: &Row, home: Key, happened: bool) {
        let value = row.record.0;
        let isolation = match row.offsets.is_empty() {
            true => UNCOMMITTED,
            false => COMMITTED,
        };
        let polled = self.was_polled(isolation, value);
        let gone = row.fates.contains(&Fate::ReadThenGone);
        self.law(laws::LOST_AND_POLLED, row, polled, gone);
        let unseen = self.has(isolation, Kind::Unseen, value);
        self.law(laws::LOST_UNSEEN, row, happened && !polled, unseen);
        let Told::Acknowledged(Some(at)) = row.told else {
            return;
        };
        let ledger = self.ledger;
        let mut others = ledger
            .rows
            .iter()
            .filter(|other| other.partition.map(key) == Some(home));
        let must = others.any(|other| self.was_read_behind(isolation, other, at.0));
        let found = self.has(isolation, Kind::LostWrite, value);
        self.law(laws::LOST_WRITE, row, happened && !polled && must, found);
    }

    /// True if a record was never seen before an offset, and was read behind it.
    fn was_read_behind(&self, isolation: usize, row: &Row, at: Offset) -> bool {
        let value = row.record.0;
        let there = self.last(isolation, value);
        let told = !matches!(row.told, Told::Acknowledged(Some(own)) if own.0 <= at);
        let mut seen = there
            .iter()
            .chain(self.polls(value).iter().map(|(_, offset)| offset));
        !there.is_empty() && told && seen.all(|offset| *offset > at)
    }

    /// What members of a group polled of a value.
    fn polls_of(&self, group: GroupId, value: Value) -> Vec<(ClientId, Offset)> {
        let members = self.members(group);
        let own = self
            .polls(value)
            .iter()
            .filter(|(id, _)| members.contains(id));
        own.copied().collect()
    }

    /// Is it seen what the group was given?
    fn is_told(&self, group: GroupId) -> bool {
        let name = &self.cast.groups[usize::from(group.0)];
        !self.seen.untold.contains(name)
    }

    fn members(&self, group: GroupId) -> Vec<ClientId> {
        let name = &self.cast.groups[usize::from(group.0)];
        let is_member = |reader: &Reader| reader.group.as_ref() == Some(name);
        let all = self
            .seen
            .readers
            .iter()
            .filter(|(_, reader)| is_member(reader));
        all.map(|(id, _)| *id).collect()
    }

    /// What each group got: how often it was polled by its members is what the ledger says.
    fn groups(&mut self, row: &Row, home: Key) {
        let has = |fate: Fate| row.fates.contains(&fate);
        let mut most = 0;
        let mut least = usize::MAX;
        for got in &row.groups {
            if !self.is_told(got.group) {
                return;
            }
            let polls = self.polls_of(got.group, row.record.0);
            (most, least) = (most.max(polls.len()), least.min(polls.len()));
            let asked = !polls.is_empty() || got.delivered > 0;
            self.law(
                laws::DELIVERED,
                row,
                asked,
                polls.len() == got.delivered as usize,
            );
            if let [one] = self.members(got.group).as_slice()
                && self
                    .reader(*one)
                    .is_some_and(|reader| reader.assigned && !reader.wilful)
            {
                self.alone(row, home, *one, &polls);
            }
        }
        let twice = has(Fate::ProcessedTwice);
        self.law(laws::AGAIN, row, twice || most > 1, twice == (most > 1));
        self.law(laws::UNREAD, row, has(Fate::Skipped), least == 0);
        let untold = matches!(row.told, Told::Nothing | Told::NeverSent);
        self.law(laws::PENDING, row, has(Fate::Pending), untold || least == 0);
    }

    /// A reader with partitions of its own, who never went elsewhere of its own will: what it left out and what it read again
    /// is found in its polls.
    fn alone(&mut self, row: &Row, home: Key, reader: ClientId, polls: &[(ClientId, Offset)]) {
        let value = row.record.0;
        let isolation = usize::from(
            self.reader(reader)
                .is_some_and(|reader| reader.committed_only),
        );
        let process = Some(u32::from(reader.0));
        let own = |finding: &&Finding| finding.process == process && finding.key == home;
        let found: Vec<Finding> = self.found[isolation].iter().filter(own).cloned().collect();
        let back = [Kind::NonmonotonicPoll, Kind::IntNonmonotonicPoll];
        let back = found.iter().any(|finding| back.contains(&finding.kind));
        if let [(_, first), .., (_, last)] = polls {
            let copies = first != last && self.has(isolation, Kind::Duplicate, value);
            self.law(laws::READ_AGAIN, row, true, back || copies);
        }
        let seen = self.seen;
        let read = seen
            .polled
            .iter()
            .filter(|(id, read)| *id == reader && key(read.partition) == home);
        let read: Vec<Offset> = read.map(|(_, read)| read.offset.0).collect();
        let there = self.last(isolation, value);
        let around = there.iter().any(|place| {
            read.iter().any(|offset| offset < place) && read.iter().any(|offset| offset > place)
        });
        let skips = [Kind::PollSkip, Kind::IntPollSkip];
        let mut skips = found.iter().filter(|finding| skips.contains(&finding.kind));
        let left_out = skips.any(|finding| finding.values.contains(&value));
        let skipped = row.fates.contains(&Fate::Skipped) && polls.is_empty() && around;
        self.law(laws::SKIPPED, row, skipped, left_out || back);
    }

    /// Out of order: some pair of what its producer sent is found so, unless what clients saw is not what is left.
    fn overtaken(&mut self, row: &Row, home: Key) {
        let (cast, ledger) = (self.cast, self.ledger);
        let producer = cast.sends[row.record.0 as usize].producer;
        let own = |other: &&Row| {
            let by_it = cast.sends[other.record.0 as usize].producer == producer;
            by_it && other.partition.map(key) == Some(home)
        };
        let mut rows = ledger.rows.iter().filter(own);
        let as_seen = rows.all(|row| row.offsets.is_empty() || self.is_as_seen(row));
        let kinds = [Kind::NonmonotonicSend, Kind::IntNonmonotonicSend];
        let process = Some(u32::from(producer.0));
        let found = self.found[COMMITTED].iter().any(|finding| {
            kinds.contains(&finding.kind) && finding.key == home && finding.process == process
        });
        self.law(laws::OUT_OF_ORDER, row, as_seen, found);
    }
}
