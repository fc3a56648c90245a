//! The judge: told against written. It reads observations and the final board, nothing that an actor knows.

use super::final_log::{FinalLog, Logs, Standing, Written, final_logs};
use super::groups::{End, Readers, count};
use super::{Fate, Ledger, Row, Told, Visible};
use crate::model::cast::{Cast, SendCall};
use crate::model::ids::{BrokerId, ClientId, MessageId, Offset, RecordId, TopicPartition};
use crate::model::observation::{Observation, TransactionFact};
use crate::model::scenario::{Act, Api, Phase};
use crate::model::small::{Map, Set};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::model::transaction::TransactionCall;

/// What is gathered of one record while the run goes by.
#[derive(Clone, Debug, Default)]
struct Life {
    told: Option<Told>,
    told_at: Option<SimTime>,
    appends: Vec<SimTime>,
    /// Where leaders appended it.
    places: Vec<Offset>,
    /// How many copies each broker's log has, deleted ones among them.
    holders: Map<BrokerId, u32>,
    /// A copy of it was deleted from the beginning of a log.
    deleted: bool,
    /// Since then no leader had it, as far as known.
    gone_at: Option<SimTime>,
    /// A Produce request with it never arrived, or was refused.
    missed_at: Option<SimTime>,
    /// The application aborted the transaction that it was sent in.
    aborted_at: Option<SimTime>,
    /// It was sent in a transaction that the application has not asked to commit.
    uncommitted: bool,
    /// The application was told that the transaction is committed that it was sent in.
    committed: bool,
}

impl Life {
    /// True if no replica has it, running or not.
    fn is_nowhere(&self) -> bool {
        self.holders.is_empty()
    }

    /// True if the application knows that it must not count.
    fn is_unwanted(&self) -> bool {
        self.uncommitted || self.aborted_at.is_some()
    }

    fn held_by(&mut self, broker: BrokerId) {
        *self.holders.entry(broker).or_default() += 1;
    }

    fn cut_from(&mut self, broker: BrokerId) {
        if let Some(copies) = self.holders.get_mut(&broker) {
            *copies = copies.saturating_sub(1);
        }
        self.holders.retain(|_, copies| *copies > 0);
    }
}

pub(super) fn judge(trace: &Trace) -> Ledger {
    let cast = Cast::of(trace.scenario());
    let Gathering {
        lives,
        homes,
        markers,
        mut readers,
        ..
    } = Gathering::of(trace, &cast);
    let board = trace.last_board();
    let logs = final_logs(&board);
    let end = End::of(&board, &logs, &cast);
    readers.look_back(&logs);
    let firsts = first_offsets(&homes, &logs);
    let rows = cast.sends.iter().zip(lives).map(|(send, life)| {
        let home = home_of(&homes, send.record);
        let there = home.is_none_or(|home| board.partitions.contains_key(&home));
        let mut row = row(send, &life, there, &logs, &firsts, (&cast, &homes));
        if row.fate() == Fate::HiddenByAbort {
            let marker = marker_of(&row, &logs).and_then(|marker| markers.get(&marker).copied());
            row.decided_at = marker.or(life.aborted_at);
        }
        readers.complete(&mut row, life.deleted, &end);
        row
    });
    Ledger {
        rows: rows.collect(),
    }
}

struct Gathering {
    lives: Vec<Life>,
    produced: Map<MessageId, Vec<RecordId>>,
    /// The partition of each record.
    homes: Vec<Option<TopicPartition>>,
    /// When the marker at this place was written, for the last time.
    markers: Map<(TopicPartition, Offset), SimTime>,
    /// Who sends each record.
    senders: Vec<ClientId>,
    /// How many producers the script itself has: the first ones.
    own_producers: usize,
    /// What producers have sent since their transactions began.
    within: Map<ClientId, Vec<RecordId>>,
    /// The reading side.
    readers: Readers,
}

impl Gathering {
    fn of(trace: &Trace, cast: &Cast) -> Self {
        let mut gathering = Self {
            lives: vec![Life::default(); cast.sends.len()],
            produced: Map::new(),
            markers: Map::new(),
            senders: cast.sends.iter().map(|send| send.producer).collect(),
            own_producers: trace.scenario().producer_names().count(),
            within: Map::new(),
            readers: Readers::of(trace.scenario(), cast),
            homes: cast.destinations(trace.steps().iter().flat_map(|step| step.observations)),
        };
        for step in trace.steps() {
            for observation in step.observations {
                if let Observation::ActBegan { act } = observation {
                    gathering.begin(trace.scenario().steps.get(*act as usize), cast);
                }
                gathering.take(step.at, observation);
                gathering.readers.take(step.at, observation, cast);
            }
        }
        gathering
    }

    fn each(&mut self, records: &[RecordId], change: impl Fn(&mut Life)) {
        for record in records {
            if let Some(life) = self.lives.get_mut(record.0 as usize) {
                change(life);
            }
        }
    }

    fn take(&mut self, at: SimTime, observation: &Observation) {
        match observation {
            Observation::RecordSent { record, .. } => {
                self.each(&[*record], |life| {
                    life.told = Some(Told::Nothing);
                    life.aborted_at = None;
                });
                self.send_within(*record);
            }
            Observation::Transaction(TransactionFact::MarkerWritten {
                partition, offset, ..
            }) => {
                self.markers.insert((*partition, *offset), at);
            }
            Observation::Transaction(TransactionFact::TransactionCallReturned {
                producer,
                call,
                thrown: None,
            }) => self.transact(at, *producer, *call),
            Observation::RecordAcknowledged { record, offset } => {
                self.tell(at, *record, Told::Acknowledged(*offset));
            }
            Observation::RecordFailed { record, error } => {
                self.tell(at, *record, Told::Failed(*error))
            }
            Observation::MessageSent(sent)
                if sent.api == Api::Produce && sent.phase == Phase::Request =>
            {
                self.produced.insert(sent.message, sent.records.to_vec());
            }
            Observation::MessageLost { message, .. } => {
                let records = self.produced.get(message).cloned().unwrap_or_default();
                self.each(&records, |life| life.missed_at = Some(at));
            }
            Observation::BatchRefused { records, .. } => {
                self.each(records, |life| life.missed_at = Some(at))
            }
            Observation::BatchAppended {
                broker,
                base_offset,
                records,
                ..
            } => {
                for (offset, record) in (base_offset.0..).zip(records) {
                    self.each(&[*record], |life| {
                        life.appends.push(at);
                        life.places.push(Offset(offset));
                        life.held_by(*broker);
                        life.gone_at = None;
                    });
                }
            }
            Observation::RecordsReplicated {
                broker, records, ..
            } => self.each(records, |life| life.held_by(*broker)),
            Observation::LogTruncated {
                broker, records, ..
            }
            | Observation::UnflushedLost {
                broker, records, ..
            } => self.each(records, |life| life.cut_from(*broker)),
            Observation::LogStartMoved {
                broker,
                partition,
                to,
            } => self.delete(*broker, *partition, *to),
            Observation::LeaderElected {
                partition,
                leader: Some(leader),
                ..
            } => self.elect(at, *partition, *leader),
            _ => {}
        }
    }

    /// Whoever asks for a commit wants all of the transaction.
    fn begin(&mut self, act: Option<&Act>, cast: &Cast) {
        if let Some(Act::CommitTxn { by }) = act {
            let producer = cast.producer(&by.0);
            let records = producer.and_then(|producer| self.within.get(&producer));
            let records = records.cloned().unwrap_or_default();
            self.each(&records, |life| life.uncommitted = false);
        }
    }

    fn send_within(&mut self, record: RecordId) {
        let sender = self.senders.get(record.0 as usize);
        if let Some(records) = sender.and_then(|sender| self.within.get_mut(sender)) {
            records.push(record);
            // What applications commit is no act of the script.
            let asks = sender.is_some_and(|sender| usize::from(sender.0) < self.own_producers);
            self.each(&[record], |life| life.uncommitted = asks);
        }
    }

    fn transact(&mut self, at: SimTime, producer: ClientId, call: TransactionCall) {
        match call {
            TransactionCall::Begin => {
                self.within.insert(producer, Vec::new());
            }
            TransactionCall::Commit => {
                let records = self.within.remove(&producer).unwrap_or_default();
                self.each(&records, |life| life.committed = true);
            }
            TransactionCall::Abort => {
                let records = self.within.remove(&producer).unwrap_or_default();
                self.each(&records, |life| life.aborted_at = Some(at));
            }
            TransactionCall::Init | TransactionCall::SendOffsets => {}
        }
    }

    fn tell(&mut self, at: SimTime, record: RecordId, told: Told) {
        self.each(&[record], |life| {
            // Of two workers that sent the same row one may be told that it could not.
            let fails = matches!(told, Told::Failed(_));
            if fails && matches!(life.told, Some(Told::Acknowledged(_))) {
                return;
            }
            life.told = Some(told);
            life.told_at = Some(at);
        });
    }

    /// What a log has below its new beginning is deleted.
    fn delete(&mut self, broker: BrokerId, partition: TopicPartition, to: Offset) {
        for (life, home) in self.lives.iter_mut().zip(&self.homes) {
            let below = *home == Some(partition) && life.places.iter().any(|place| *place < to);
            life.deleted |= below && life.holders.contains_key(&broker);
        }
    }

    /// A new leader: what it has is there, what it does not have is gone, unless a later leader has it.
    fn elect(&mut self, at: SimTime, partition: TopicPartition, leader: BrokerId) {
        for (life, home) in self.lives.iter_mut().zip(&self.homes) {
            if *home == Some(partition) && !life.appends.is_empty() {
                life.gone_at = if life.holders.contains_key(&leader) {
                    None
                } else {
                    life.gone_at.or(Some(at))
                };
            }
        }
    }
}

fn first_offsets(homes: &[Option<TopicPartition>], logs: &Logs) -> Map<RecordId, Offset> {
    let mut firsts = Map::new();
    for (record, home) in (0..).map(RecordId).zip(homes) {
        let found = home.and_then(|home| logs.get(&home)).and_then(|log| {
            let mut own = log.records.iter().filter(|copy| copy.record == record);
            own.find(|copy| !copy.standing.is_aborted())
        });
        if let Some(copy) = found {
            firsts.insert(record, copy.offset);
        }
    }
    firsts
}

fn row(
    send: &SendCall,
    life: &Life,
    there: bool,
    logs: &Logs,
    firsts: &Map<RecordId, Offset>,
    (cast, homes): (&Cast, &[Option<TopicPartition>]),
) -> Row {
    let told = life.told.unwrap_or(Told::NeverSent);
    let partition = home_of(homes, send.record);
    let log = partition.and_then(|home| logs.get(&home));
    let own = |copy: &&Written| copy.record == send.record;
    let copies: Vec<&Written> = log
        .into_iter()
        .flat_map(|log| log.records.iter().filter(own))
        .collect();
    let mut fates = Set::from([fate(told, life, there, log, &copies)]);
    let counts = |copy: &&&Written| copy.standing == Standing::Counts;
    if copies.iter().filter(counts).count() > 1 {
        fates.remove(&Fate::DeliveredOnce);
        fates.insert(Fate::Duplicated);
    }
    if was_overtaken(send, firsts, cast, homes) {
        fates.remove(&Fate::DeliveredOnce);
        fates.insert(Fate::OutOfOrder);
    }
    let fates: Vec<Fate> = fates.into_iter().collect();
    let decided_at = decided_at(fates.first().copied().unwrap_or(Fate::Pending), life);
    Row {
        record: send.record,
        partition,
        told,
        told_at: life.told_at,
        offsets: copies.iter().map(|copy| copy.offset).collect(),
        visible: visible(log, &copies),
        groups: Vec::new(),
        fates,
        decided_at,
    }
}

/// What became of a record, apart from its order and further copies.
fn fate(told: Told, life: &Life, there: bool, log: Option<&FinalLog>, copies: &[&Written]) -> Fate {
    let is_nowhere = copies.is_empty();
    let was_acked = matches!(told, Told::Acknowledged(_));
    let counts = |copy: &&Written| copy.standing == Standing::Counts;
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
        _ if copies.iter().any(counts) && life.is_unwanted() => Fate::WrittenThoughFailed,
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

/// How many copies readers see.
fn visible(log: Option<&FinalLog>, copies: &[&Written]) -> Visible {
    let Some(log) = log else {
        return Visible::default();
    };
    let below = |copy: &&&Written| copy.offset < log.high_watermark;
    let committed =
        |copy: &&&Written| copy.standing == Standing::Counts && copy.offset < log.last_stable;
    Visible {
        uncommitted: count(copies.iter().filter(below).count()),
        committed: count(copies.iter().filter(committed).count()),
    }
}

/// The marker that aborted the last copy of a record.
fn marker_of(row: &Row, logs: &Logs) -> Option<(TopicPartition, Offset)> {
    let home = row.partition?;
    let copies = &logs.get(&home)?.records;
    let last = copies.iter().rfind(|copy| copy.record == row.record)?;
    match last.standing {
        Standing::Aborted(marker) => Some((home, marker)),
        Standing::Counts | Standing::Open => None,
    }
}

fn home_of(homes: &[Option<TopicPartition>], record: RecordId) -> Option<TopicPartition> {
    homes.get(record.0 as usize).copied().flatten()
}

/// Does its first copy lie behind the first copy of something that the same producer sent later?
fn was_overtaken(
    send: &SendCall,
    firsts: &Map<RecordId, Offset>,
    cast: &Cast,
    homes: &[Option<TopicPartition>],
) -> bool {
    let Some(own) = firsts.get(&send.record) else {
        return false;
    };
    let later = cast.sends.iter().filter(|other| {
        other.record > send.record
            && other.producer == send.producer
            && home_of(homes, other.record) == home_of(homes, send.record)
    });
    later
        .filter_map(|other| firsts.get(&other.record))
        .any(|other| other < own)
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
