//! The judge: told against written. It reads observations and the final board, nothing that an actor knows.

mod gathering;

use super::final_log::{FinalLog, Logs, Standing, Written, final_logs};
use super::groups::{End, count};
use super::{Fate, Ledger, Row, Told, Visible};
use crate::model::cast::{Cast, SendCall};
use crate::model::ids::{ClientId, Offset, RecordId, TopicPartition};
use crate::model::small::{Few, Map, sort};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use gathering::{Gathering, Life};

pub(super) fn judge(trace: &Trace) -> Ledger {
    let cast = trace.last_world().cast();
    let Gathering {
        lives,
        homes,
        markers,
        mut readers,
        first_trouble,
        ..
    } = Gathering::of(trace, cast);
    let board = trace.last_world().board_of_leaders();
    let logs = final_logs(&board);
    let end = End::of(&board, &logs, cast);
    readers.look_back(&logs);
    let copies = copies(cast.sends.len(), &homes, &logs);
    let overtaken = overtaken(cast, &homes, &copies);
    let all = cast.sends.iter().zip(lives).zip(copies).zip(overtaken);
    let rows = all.map(|(((send, life), copies), overtaken)| {
        let home = home_of(&homes, send.record);
        let place = Place {
            home,
            there: home.is_none_or(|home| board.partitions.contains_key(&home)),
            log: home.and_then(|home| logs.get(&home)),
            copies: &copies,
        };
        let mut row = row(send, &life, &place, overtaken);
        if row.fate() == Fate::HiddenByAbort {
            let marker = place.marker().and_then(|marker| markers.get(&marker));
            row.decided_at = marker.copied().or(life.aborted_at);
        }
        readers.complete(&mut row, life.deleted, &end);
        row
    });
    Ledger {
        rows: rows.collect(),
        first_trouble,
    }
}

/// Where a record would be at the end, and what of it is there.
struct Place<'a> {
    home: Option<TopicPartition>,
    /// Its partition still exists, if it ever had one.
    there: bool,
    log: Option<&'a FinalLog>,
    /// Ascending.
    copies: &'a [Written],
}

impl Place<'_> {
    /// The marker that aborted the last copy of a record.
    fn marker(&self) -> Option<(TopicPartition, Offset)> {
        match self.copies.last()?.standing {
            Standing::Aborted(marker) => Some((self.home?, marker)),
            Standing::Counts | Standing::Open => None,
        }
    }
}

/// What the final logs have of each record.
fn copies(sends: usize, homes: &[Option<TopicPartition>], logs: &Logs) -> Vec<Few<Written>> {
    let mut copies: Vec<Few<Written>> = (0..sends).map(|_| Few::new()).collect();
    for (home, log) in logs {
        for written in &log.records {
            let at_home = home_of(homes, written.record) == Some(*home);
            if let Some(own) = copies
                .get_mut(written.record.0 as usize)
                .filter(|_| at_home)
            {
                own.push(*written);
            }
        }
    }
    copies
}

/// Of each record, whether its first copy lies behind the first copy of something that the same producer sent later to the
/// same partition. One pass from the back.
fn overtaken(cast: &Cast, homes: &[Option<TopicPartition>], copies: &[Few<Written>]) -> Vec<bool> {
    let mut firsts: Map<(ClientId, Option<TopicPartition>), Offset> = Map::new();
    let mut overtaken = vec![false; cast.sends.len()];
    for ((send, copies), overtaken) in cast.sends.iter().zip(copies).zip(&mut overtaken).rev() {
        let mut stands = copies.iter().filter(|copy| !copy.standing.is_aborted());
        let Some(own) = stands.next().map(|copy| copy.offset) else {
            continue;
        };
        let key = (send.producer, home_of(homes, send.record));
        let first = firsts.entry(key).or_insert(own);
        *overtaken = *first < own;
        *first = own.min(*first);
    }
    overtaken
}

fn row(send: &SendCall, life: &Life, place: &Place<'_>, overtaken: bool) -> Row {
    let told = life.told.unwrap_or(Told::NeverSent);
    let mut fates = Few::new();
    fates.push(fate(told, life, place));
    let counts = |copy: &&Written| copy.standing == Standing::Counts;
    let twice = place.copies.iter().filter(counts).count() > 1;
    for (so, more) in [(twice, Fate::Duplicated), (overtaken, Fate::OutOfOrder)] {
        if so {
            fates.retain(|known| *known != Fate::DeliveredOnce && *known != more);
            fates.push(more);
            sort(&mut fates);
        }
    }
    let decided_at = decided_at(fates.first().copied().unwrap_or(Fate::Pending), life);
    Row {
        record: send.record,
        partition: place.home,
        told,
        told_at: life.told_at,
        offsets: place.copies.iter().map(|copy| copy.offset).collect(),
        visible: visible(place),
        groups: Vec::new(),
        fates,
        decided_at,
    }
}

/// What became of a record, apart from its order and further copies.
fn fate(told: Told, life: &Life, place: &Place<'_>) -> Fate {
    let Place {
        there, log, copies, ..
    } = *place;
    let is_nowhere = copies.is_empty();
    let was_acked = matches!(told, Told::Acknowledged(_));
    let is_open = copies.iter().any(|copy| copy.standing == Standing::Open);
    match (told, log) {
        (Told::NeverSent, _) => Fate::Pending,
        // With its topic, or below the first offset.
        (Told::Acknowledged(_), None) if !there => Fate::Deleted,
        (Told::Acknowledged(_) | Told::Failed(_), Some(_)) if is_nowhere && life.deleted => {
            Fate::Deleted
        }
        _ if is_nowhere && was_acked && life.aborted_at.is_some() => Fate::HiddenByAbort,
        (Told::Failed(_), None) if life.appends.is_empty() => Fate::Refused,
        // No leader, and no disk that one could bring it back from.
        (Told::Acknowledged(Some(_)), None) if life.is_nowhere() => Fate::LostAfterAck,
        (Told::Acknowledged(None), None) if life.is_nowhere() => Fate::LostSilently,
        (_, None) => Fate::Pending,
        _ if !is_nowhere && copies.iter().all(|copy| copy.standing.is_aborted()) => {
            match was_acked && life.committed {
                true => Fate::LostAfterAck,
                false => Fate::HiddenByAbort,
            }
        }
        _ if counts(copies) && life.is_unwanted() => Fate::WrittenThoughFailed,
        (Told::Nothing, _) => Fate::Pending,
        (Told::Failed(_), _) if is_nowhere => Fate::Refused,
        _ if is_open => Fate::Pending,
        (Told::Failed(_), _) => Fate::WrittenThoughFailed,
        (Told::Acknowledged(Some(_)), _) if is_nowhere => Fate::LostAfterAck,
        (Told::Acknowledged(None), _) if is_nowhere => Fate::LostSilently,
        (Told::Acknowledged(_), Some(log)) => {
            let visible = copies.iter().all(|copy| copy.offset < log.high_watermark);
            if visible {
                Fate::DeliveredOnce
            } else {
                Fate::Pending
            }
        }
    }
}

/// True if some copy counts.
fn counts(copies: &[Written]) -> bool {
    copies.iter().any(|copy| copy.standing == Standing::Counts)
}

/// How many copies readers see.
fn visible(place: &Place<'_>) -> Visible {
    let Some(log) = place.log else {
        return Visible::default();
    };
    let below = |copy: &&Written| copy.offset < log.high_watermark;
    let committed =
        |copy: &&Written| copy.standing == Standing::Counts && copy.offset < log.last_stable;
    Visible {
        uncommitted: count(place.copies.iter().filter(below).count()),
        committed: count(place.copies.iter().filter(committed).count()),
    }
}

fn home_of(homes: &[Option<TopicPartition>], record: RecordId) -> Option<TopicPartition> {
    homes.get(record.0 as usize).copied().flatten()
}

fn decided_at(fate: Fate, life: &Life) -> Option<SimTime> {
    match fate {
        Fate::LostAfterAck | Fate::LostSilently => life.gone_at.or(life.missed_at).or(life.told_at),
        Fate::Duplicated => life.appends.get(1).copied(),
        // The reading side knows better when.
        Fate::ReadThenGone | Fate::ProcessedTwice | Fate::Skipped => life.told_at,
        Fate::OutOfOrder => life.appends.first().copied(),
        Fate::WrittenThoughFailed => life.aborted_at.or(life.told_at),
        Fate::Refused | Fate::Deleted | Fate::DeliveredOnce => life.told_at,
        // What the application aborted; of a marker the judge knows more.
        Fate::HiddenByAbort => life.aborted_at,
        Fate::Pending => None,
    }
}
