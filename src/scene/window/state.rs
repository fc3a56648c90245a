//! What the window shows, as facts: the board at an instant, read with the tape.

use super::consumers::ReadView;
use crate::model::board::{Board, BrokerBoard, Cell, Liveness, ReplicaBoard, SendState};
use crate::model::ids::{
    BrokerId, ClientId, LeaderEpoch, NodeId, Offset, RecordId, TopicPartition,
};
use crate::model::record::Content;
use crate::model::small::Map;
use crate::model::time::SimTime;
use crate::scene::tape::{Life, MarkKind, Tape};
use crate::scene::words;
use crate::verdict::Fate;

/// What became of a record in one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellState {
    /// Below the high watermark.
    Committed,
    /// In the log, above the high watermark.
    Above,
    /// On a broker that is down.
    OutOfReach,
    /// There, and no leader has it.
    Lost,
    /// Cut off: it was there.
    Truncated,
    /// It was there, and was deleted.
    Deleted,
    /// On its way here.
    Landing,
}

/// One record in one log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellView {
    /// Where.
    pub offset: Offset,
    /// What.
    pub content: Content,
    /// How it is.
    pub state: CellState,
    /// A copy of it is there already.
    pub second: bool,
    /// It was sent later than a record that lies behind it.
    pub overtook: bool,
}

/// A log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogView {
    /// Of which partition.
    pub partition: TopicPartition,
    /// Its records, with what is on its way.
    pub cells: Vec<CellView>,
}

/// A broker's ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// Whose.
    pub broker: BrokerId,
    /// It believes that it leads.
    pub leads: bool,
    /// The controller counts it among the in-sync replicas.
    pub in_sync: bool,
    /// Its process.
    pub liveness: Liveness,
}

/// A `send()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendView {
    /// Of which record.
    pub record: RecordId,
    /// What the application knows.
    pub state: SendState,
    /// True if nobody has the record any more, and nobody will.
    pub gone: bool,
}

/// A row of the window.
#[derive(Clone, Debug, PartialEq)]
pub enum RowView {
    /// A producer's sends in order, and two lines.
    Producer(Vec<SendView>, [String; 2]),
    /// What the controller last did, or does not know.
    Controller(String),
    /// A broker's ring, its logs, and two lines.
    Broker(Station, Vec<LogView>, [String; 2]),
    /// What a consumer was given and where it reads next, and two lines.
    Consumer(Vec<ReadView>, [String; 2]),
}

/// The state at an instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Rows by lane.
    pub rows: Map<NodeId, RowView>,
    /// The partition whose in-sync replicas and high watermark are drawn; none if there are several.
    pub partition: Option<TopicPartition>,
    /// Its high watermark.
    pub high_watermark: Offset,
    /// Its in-sync replicas.
    pub in_sync: Vec<BrokerId>,
    /// Where the longest log ends, with what is on its way.
    pub longest: Offset,
}

/// At most so many logs in a row.
const LOGS: usize = 3;

impl Window {
    /// The state at an instant.
    #[must_use]
    pub fn of(tape: &Tape, board: &Board, now: SimTime) -> Self {
        let shown = shown_partitions(tape, board);
        let partition = if let [only] = shown.as_slice() {
            Some(*only)
        } else {
            None
        };
        let registered = partition.and_then(|partition| board.partitions.get(&partition));
        let reading = Reading { tape, board, now };
        let mut rows: Map<NodeId, RowView> = Map::new();
        for (id, producer) in &board.producers {
            rows.insert(NodeId::Client(*id), reading.producer(&producer.sends));
        }
        rows.insert(
            NodeId::Controller,
            RowView::Controller(reading.controller(partition)),
        );
        for (id, broker) in &board.brokers {
            rows.insert(NodeId::Broker(*id), reading.broker(*id, broker, &shown));
        }
        let producers = tape.cast.producers.len();
        let consumers = (producers..tape.cast.clients()).filter_map(|id| u16::try_from(id).ok());
        for id in consumers.map(ClientId) {
            if let Some(row) = reading.consumer(id, &shown) {
                rows.insert(NodeId::Client(id), row);
            }
        }
        let longest = rows.values().map(log_end).max().unwrap_or_default();
        Self {
            rows,
            partition,
            high_watermark: partition
                .map_or(Offset(0), |partition| reading.high_watermark(partition)),
            in_sync: registered.map_or(Vec::new(), |registered| {
                registered.isr.iter().copied().collect()
            }),
            longest,
        }
    }
}

fn log_end(row: &RowView) -> Offset {
    let RowView::Broker(_, logs, _) = row else {
        return Offset(0);
    };
    let cells = logs.iter().flat_map(|log| &log.cells);
    Offset(cells.map(|cell| cell.offset.0 + 1).max().unwrap_or(0))
}

/// Partitions that are drawn: those that are sent to, else all, and not more than rows can hold.
fn shown_partitions(tape: &Tape, board: &Board) -> Vec<TopicPartition> {
    let mut shown = tape.partitions.clone();
    if shown.is_empty() {
        shown.extend(board.partitions.keys());
    }
    shown.truncate(LOGS);
    shown
}

/// A tape and a board of the same run, read together.
pub(super) struct Reading<'a> {
    pub(super) tape: &'a Tape,
    pub(super) board: &'a Board,
    pub(super) now: SimTime,
}

impl Reading<'_> {
    fn producer(&self, sends: &[(RecordId, SendState)]) -> RowView {
        let view = |(record, state): &(RecordId, SendState)| SendView {
            record: *record,
            state: *state,
            gone: self.is_lost(*record) && self.holders(*record).next().is_none(),
        };
        let count = |wanted: fn(&SendState) -> bool| {
            sends.iter().filter(|(_, state)| wanted(state)).count()
        };
        let acked = count(|state| matches!(state, SendState::Acknowledged(Some(_))));
        let unasked = count(|state| matches!(state, SendState::Acknowledged(None)));
        let open = count(|state| *state == SendState::Open);
        let failed = count(|state| matches!(state, SendState::Failed(_)));
        let mut words = Vec::new();
        for (number, what) in [
            (acked, "acked"),
            (unasked, "sent, no ack"),
            (failed, "failed"),
            (open, "waiting"),
        ] {
            if number > 0 {
                words.push(format!("{number} {what}"));
            }
        }
        let mut words = words.into_iter();
        let first = words.next().unwrap_or_default();
        let rest: Vec<String> = words.collect();
        RowView::Producer(sends.iter().map(view).collect(), [first, rest.join(", ")])
    }

    fn controller(&self, partition: Option<TopicPartition>) -> String {
        let unnoticed = self.board.brokers.iter().find_map(|(id, broker)| {
            let what = match broker.liveness {
                Liveness::Down => "is down",
                Liveness::Paused => "stands still",
                Liveness::Running | Liveness::Starting => return None,
            };
            (!broker.fenced).then_some((id, what))
        });
        if let Some((id, what)) = unnoticed {
            return format!("does not know yet that broker {id} {what}");
        }
        let decided = self
            .tape
            .marks
            .iter()
            .rev()
            .find(|mark| mark.kind == MarkKind::Decides && mark.at <= self.now);
        if let Some(mark) = decided {
            return in_the_past(&mark.words, mark.at);
        }
        let leader = partition.and_then(|partition| self.board.partitions.get(&partition)?.leader);
        leader.map_or(String::new(), |leader| format!("broker {leader} leads"))
    }

    fn broker(&self, id: BrokerId, broker: &BrokerBoard, shown: &[TopicPartition]) -> RowView {
        let registered = |partition: &TopicPartition| self.board.partitions.get(partition);
        let in_sync = |partition: &TopicPartition| {
            registered(partition).is_some_and(|known| known.isr.contains(&id))
        };
        let station = Station {
            broker: id,
            leads: broker.liveness == Liveness::Running
                && broker.replicas.values().any(|replica| replica.leads),
            in_sync: shown.iter().any(in_sync),
            liveness: broker.liveness,
        };
        let logs: Vec<LogView> = shown
            .iter()
            .filter(|partition| {
                registered(partition).is_some_and(|known| known.replicas.contains(&id))
            })
            .map(|partition| self.log(id, broker, *partition))
            .collect();
        let text = self.broker_text(id, broker, station, shown);
        RowView::Broker(station, logs, text)
    }

    fn broker_text(
        &self,
        id: BrokerId,
        broker: &BrokerBoard,
        station: Station,
        shown: &[TopicPartition],
    ) -> [String; 2] {
        let replica = shown
            .first()
            .and_then(|partition| broker.replicas.get(partition));
        let epoch = replica.map_or(LeaderEpoch(0), |replica| replica.leader_epoch);
        let leader = shown
            .first()
            .and_then(|partition| self.board.partitions.get(partition)?.leader);
        let has_one = shown.is_empty()
            || shown.iter().any(|partition| {
                let known = self.board.partitions.get(partition);
                known.is_none_or(|known| known.replicas.contains(&id))
            });
        let first = match (broker.liveness, station.leads, shown.len()) {
            (Liveness::Down, ..) if self.tape.life_at(id, self.now) == Some(Life::Stopped) => {
                "stopped".to_owned()
            }
            (Liveness::Down, ..) => "down".to_owned(),
            (Liveness::Starting, ..) => "starting".to_owned(),
            (Liveness::Paused, ..) => "paused".to_owned(),
            (_, true, 1) if leader != Some(id) => format!("still leads, epoch {epoch}"),
            (_, true, 1) => format!("leader, epoch {epoch}"),
            (_, true, _) => self.leads_which(broker),
            _ if !has_one => "no replica".to_owned(),
            _ if !station.in_sync => "out of sync".to_owned(),
            _ => "follower".to_owned(),
        };
        let alone = self.only_here(id, broker);
        let second = if broker.liveness == Liveness::Down && !alone.is_empty() {
            format!("{} only here", self.tape.names(&alone))
        } else if has_one {
            log_ends(broker, shown)
        } else {
            String::new()
        };
        [first, second]
    }

    fn leads_which(&self, broker: &BrokerBoard) -> String {
        let led = broker.replicas.iter().filter(|(_, replica)| replica.leads);
        let names: Vec<String> = led
            .map(|(partition, _)| self.tape.log_name(*partition))
            .collect();
        format!("leads {}", names.join(", "))
    }

    /// Records that no other broker has.
    fn only_here(&self, id: BrokerId, broker: &BrokerBoard) -> Vec<RecordId> {
        let own = broker
            .replicas
            .values()
            .flat_map(|replica| replica.cells.iter().filter_map(Cell::record));
        own.filter(|record| self.holders(*record).all(|holder| holder == id))
            .collect()
    }

    /// Brokers whose logs have a record.
    fn holders(&self, record: RecordId) -> impl Iterator<Item = BrokerId> + '_ {
        let has = move |broker: &BrokerBoard| {
            broker.replicas.values().any(|replica| {
                replica
                    .cells
                    .iter()
                    .any(|cell| cell.record() == Some(record))
            })
        };
        self.board
            .brokers
            .iter()
            .filter(move |(_, broker)| has(broker))
            .map(|(id, _)| *id)
    }

    pub(super) fn is_lost(&self, record: RecordId) -> bool {
        matches!(
            self.tape.fate_at(record, self.now),
            Some(Fate::LostAfterAck | Fate::LostSilently)
        )
    }
}

/// Where the logs of a broker end; of a single one also where it begins, if that is no longer at 0.
fn log_ends(broker: &BrokerBoard, shown: &[TopicPartition]) -> String {
    if let [only] = shown {
        return match broker.replicas.get(only) {
            Some(log) if log.log_start > Offset(0) => {
                format!("log {} to {}", log.log_start, log.log_end())
            }
            log => format!("log end {}", log.map_or(Offset(0), ReplicaBoard::log_end)),
        };
    }
    let here = shown
        .iter()
        .filter_map(|partition| broker.replicas.get(partition));
    let ends: Vec<String> = here.map(|log| log.log_end().to_string()).collect();
    match ends.as_slice() {
        [] => String::new(),
        [only] => format!("log end {only}"),
        several => format!("log ends {}", several.join(", ")),
    }
}

/// What the controller did, told afterwards.
fn in_the_past(said: &str, at: SimTime) -> String {
    let told = [
        ("elects", "elected", "at"),
        ("unfences", "unfenced", "at"),
        ("ISR", "ISR", "since"),
        ("no leader", "no leader", "since"),
    ];
    let (rest, then, when) = told
        .iter()
        .find_map(|(now, then, when)| Some((said.strip_prefix(now)?, *then, *when)))
        .unwrap_or((said, "", "at"));
    format!("{then}{rest} {when} {}", words::instant(at))
}
