//! The judge: told against written. It reads observations and the final board, nothing that an actor knows.

use super::{Fate, Ledger, Row, Told};
use crate::model::board::{Board, Liveness};
use crate::model::cast::{Cast, SendCall};
use crate::model::ids::{BrokerId, MessageId, Offset, RecordId, TopicPartition};
use crate::model::observation::Observation;
use crate::model::scenario::{Api, Phase};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use std::collections::{BTreeMap, BTreeSet};

/// What is gathered of one record while the run goes by.
#[derive(Clone, Debug, Default)]
struct Life {
    told: Option<Told>,
    told_at: Option<SimTime>,
    appends: Vec<SimTime>,
    holders: BTreeSet<BrokerId>,
    /// Since then no leader had it, as far as known.
    gone_at: Option<SimTime>,
    /// A Produce request with it never arrived, or was refused.
    missed_at: Option<SimTime>,
}

impl Life {
    /// True if no replica has it, running or not.
    fn is_nowhere(&self) -> bool {
        self.holders.is_empty()
    }
}

pub(super) fn judge(trace: &Trace) -> Ledger {
    let cast = Cast::of(trace.scenario());
    let Gathering { lives, homes, .. } = Gathering::of(trace, &cast);
    let board = trace.last_board();
    let logs = final_logs(&board);
    let firsts = first_offsets(&homes, &logs);
    let rows = cast.sends.iter().zip(lives).map(|(send, life)| {
        let home = home_of(&homes, send.record);
        let there = home.is_none_or(|home| board.partitions.contains_key(&home));
        row(send, life, there, &logs, &firsts, (&cast, &homes))
    });
    Ledger {
        rows: rows.collect(),
    }
}

struct Gathering {
    lives: Vec<Life>,
    produced: BTreeMap<MessageId, Vec<RecordId>>,
    /// The partition of each record.
    homes: Vec<Option<TopicPartition>>,
}

impl Gathering {
    fn of(trace: &Trace, cast: &Cast) -> Self {
        let mut gathering = Self {
            lives: vec![Life::default(); cast.sends.len()],
            produced: BTreeMap::new(),
            homes: cast.destinations(trace.steps().iter().flat_map(|step| step.observations)),
        };
        for step in trace.steps() {
            for observation in step.observations {
                gathering.take(step.at, observation);
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
                self.each(&[*record], |life| life.told = Some(Told::Nothing))
            }
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
                broker, records, ..
            } => self.each(records, |life| {
                life.appends.push(at);
                life.holders.insert(*broker);
                life.gone_at = None;
            }),
            Observation::RecordsReplicated {
                broker, records, ..
            } => self.each(records, |life| {
                life.holders.insert(*broker);
            }),
            Observation::LogTruncated {
                broker, records, ..
            }
            | Observation::UnflushedLost {
                broker, records, ..
            } => self.each(records, |life| {
                life.holders.remove(broker);
            }),
            Observation::LeaderElected {
                partition,
                leader: Some(leader),
                ..
            } => self.elect(at, *partition, *leader),
            _ => {}
        }
    }

    fn tell(&mut self, at: SimTime, record: RecordId, told: Told) {
        self.each(&[record], |life| {
            life.told = Some(told);
            life.told_at = Some(at);
        });
    }

    /// A new leader: what it has is there, what it does not have is gone, unless a later leader has it.
    fn elect(&mut self, at: SimTime, partition: TopicPartition, leader: BrokerId) {
        for (life, home) in self.lives.iter_mut().zip(&self.homes) {
            if *home == Some(partition) && !life.appends.is_empty() {
                life.gone_at = if life.holders.contains(&leader) {
                    None
                } else {
                    life.gone_at.or(Some(at))
                };
            }
        }
    }
}

/// The log that counts at the end: of each partition whose leader runs.
struct FinalLog {
    records: Vec<(Offset, RecordId)>,
    log_start: Offset,
    high_watermark: Offset,
}

fn final_logs(board: &Board) -> BTreeMap<TopicPartition, FinalLog> {
    let mut logs = BTreeMap::new();
    for (id, partition) in &board.partitions {
        let Some(broker) = partition
            .leader
            .and_then(|leader| board.brokers.get(&leader))
        else {
            continue;
        };
        let Some(replica) = broker
            .replicas
            .get(id)
            .filter(|_| broker.liveness == Liveness::Running)
        else {
            continue;
        };
        let records = replica
            .cells
            .iter()
            .filter_map(|cell| Some((cell.offset, cell.record()?)))
            .collect();
        logs.insert(
            *id,
            FinalLog {
                records,
                log_start: replica.log_start,
                high_watermark: replica.high_watermark,
            },
        );
    }
    logs
}

fn first_offsets(
    homes: &[Option<TopicPartition>],
    logs: &BTreeMap<TopicPartition, FinalLog>,
) -> BTreeMap<RecordId, Offset> {
    let mut firsts = BTreeMap::new();
    for (record, home) in (0..).map(RecordId).zip(homes) {
        let found = home
            .and_then(|home| logs.get(&home))
            .and_then(|log| log.records.iter().find(|(_, id)| *id == record));
        if let Some((offset, _)) = found {
            firsts.insert(record, *offset);
        }
    }
    firsts
}

fn row(
    send: &SendCall,
    life: Life,
    there: bool,
    logs: &BTreeMap<TopicPartition, FinalLog>,
    firsts: &BTreeMap<RecordId, Offset>,
    (cast, homes): (&Cast, &[Option<TopicPartition>]),
) -> Row {
    let told = life.told.unwrap_or(Told::NeverSent);
    let partition = home_of(homes, send.record);
    let log = partition.and_then(|home| logs.get(&home));
    let copies = log
        .into_iter()
        .flat_map(|log| &log.records)
        .filter(|(_, record)| *record == send.record);
    let offsets: Vec<Offset> = copies.map(|(offset, _)| *offset).collect();
    let mut fates = BTreeSet::new();
    match (told, log) {
        (Told::NeverSent, _) => fates.insert(Fate::Pending),
        // With its topic, or below the first offset.
        (Told::Acknowledged(_), None) if !there => fates.insert(Fate::Deleted),
        (Told::Acknowledged(Some(at)), Some(log)) if offsets.is_empty() && at < log.log_start => {
            fates.insert(Fate::Deleted)
        }
        (Told::Failed(_), None) if life.appends.is_empty() => fates.insert(Fate::Refused),
        // No leader, and no disk that one could bring it back from.
        (Told::Acknowledged(Some(_)), None) if life.is_nowhere() => {
            fates.insert(Fate::LostAfterAck)
        }
        (Told::Acknowledged(None), None) if life.is_nowhere() => fates.insert(Fate::LostSilently),
        (_, None) => fates.insert(Fate::Pending),
        (Told::Nothing, _) => fates.insert(Fate::Pending),
        (Told::Failed(_), _) if offsets.is_empty() => fates.insert(Fate::Refused),
        (Told::Failed(_), _) => fates.insert(Fate::WrittenThoughFailed),
        (Told::Acknowledged(Some(_)), _) if offsets.is_empty() => fates.insert(Fate::LostAfterAck),
        (Told::Acknowledged(None), _) if offsets.is_empty() => fates.insert(Fate::LostSilently),
        (Told::Acknowledged(_), Some(log)) => {
            let visible = offsets.iter().all(|offset| *offset < log.high_watermark);
            fates.insert(if visible {
                Fate::DeliveredOnce
            } else {
                Fate::Pending
            })
        }
    };
    if offsets.len() > 1 {
        fates.remove(&Fate::DeliveredOnce);
        fates.insert(Fate::Duplicated);
    }
    if was_overtaken(send, firsts, cast, homes) {
        fates.remove(&Fate::DeliveredOnce);
        fates.insert(Fate::OutOfOrder);
    }
    let fates: Vec<Fate> = fates.into_iter().collect();
    let decided_at = decided_at(fates.first().copied().unwrap_or(Fate::Pending), &life);
    Row {
        record: send.record,
        partition,
        told,
        told_at: life.told_at,
        offsets,
        fates,
        decided_at,
    }
}

fn home_of(homes: &[Option<TopicPartition>], record: RecordId) -> Option<TopicPartition> {
    homes.get(record.0 as usize).copied().flatten()
}

/// Does its first copy lie behind the first copy of something that the same producer sent later?
fn was_overtaken(
    send: &SendCall,
    firsts: &BTreeMap<RecordId, Offset>,
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
        Fate::OutOfOrder => life.appends.first().copied(),
        Fate::WrittenThoughFailed | Fate::Refused | Fate::Deleted | Fate::DeliveredOnce => {
            life.told_at
        }
        Fate::Pending => None,
    }
}
