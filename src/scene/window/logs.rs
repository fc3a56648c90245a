//! Logs of the window: each cell with what became of its record there.

use super::state::{CellState, CellView, LogView, Reading};
use crate::model::board::{BrokerBoard, Cell, Liveness, ReplicaBoard};
use crate::model::ids::{BrokerId, NodeId, Offset, RecordId, TopicPartition};
use crate::model::record::Content;
use crate::scene::tape::Message;

impl Reading<'_> {
    /// The leader's high watermark as it knows it; while no leader runs, what the last one had committed.
    pub(super) fn high_watermark(&self, partition: TopicPartition) -> Offset {
        let leader = self
            .board
            .partitions
            .get(&partition)
            .and_then(|known| known.leader);
        let broker = leader
            .and_then(|leader| self.board.brokers.get(&leader))
            .filter(|broker| broker.liveness == Liveness::Running);
        broker
            .and_then(|broker| broker.replicas.get(&partition))
            .map_or_else(
                || self.tape.committed_by(partition, self.now),
                |replica| replica.high_watermark,
            )
    }

    /// How far records are committed: a new leader has all that was, before it knows.
    fn committed(&self, partition: TopicPartition) -> Offset {
        self.high_watermark(partition)
            .max(self.tape.committed_by(partition, self.now))
    }

    /// One log of a broker.
    pub(super) fn log(
        &self,
        id: BrokerId,
        broker: &BrokerBoard,
        partition: TopicPartition,
    ) -> LogView {
        let committed = self.committed(partition);
        let empty = ReplicaBoard::default();
        let replica = broker.replicas.get(&partition).unwrap_or(&empty);
        let mut cells = self.deleted(id, partition, replica.log_start);
        for (index, cell) in replica.cells.iter().enumerate() {
            let before = &replica.cells[..index];
            let again = |other: &Cell| other.record().is_some() && other.content == cell.content;
            let second = before.iter().any(again);
            let state = match () {
                () if cell.record().is_some_and(|record| self.is_lost(record)) => CellState::Lost,
                () if broker.liveness == Liveness::Down => CellState::OutOfReach,
                () if cell.offset < committed => CellState::Committed,
                () => CellState::Above,
            };
            let behind = replica.cells[index..].iter().filter_map(Cell::record);
            let overtook =
                |record| self.overtook(record, behind, before.iter().filter_map(Cell::record));
            cells.push(CellView {
                offset: cell.offset,
                content: cell.content,
                state,
                second,
                overtook: !second && cell.record().is_some_and(overtook),
            });
        }
        let end = replica.log_end();
        cells.extend(self.cut_off(id, partition, end));
        for landing in self.landing(id, partition, end) {
            cells.retain(|cell| cell.offset != landing.offset);
            cells.push(landing);
        }
        LogView { partition, cells }
    }

    /// True if a record that the same producer sent earlier lies behind this one, and not before it.
    fn overtook(
        &self,
        record: RecordId,
        mut behind: impl Iterator<Item = RecordId>,
        before: impl Iterator<Item = RecordId> + Clone,
    ) -> bool {
        let sender = |record: RecordId| {
            self.tape
                .cast
                .sends
                .get(record.0 as usize)
                .map(|send| send.producer)
        };
        behind.any(|other| {
            other < record
                && sender(other) == sender(record)
                && !before.clone().any(|first| first == other)
        })
    }

    fn cut_off(&self, id: BrokerId, partition: TopicPartition, end: Offset) -> Vec<CellView> {
        let last = self
            .tape
            .truncations
            .iter()
            .rev()
            .find(|cut| cut.broker == id && cut.partition == partition && cut.at <= self.now);
        let Some(cut) = last else {
            return Vec::new();
        };
        (cut.to.0..)
            .zip(&cut.records)
            .filter(|(offset, _)| *offset >= end.0)
            .map(|(offset, record)| plain(Offset(offset), *record, CellState::Truncated))
            .collect()
    }

    /// What was deleted below the beginning of a log.
    fn deleted(&self, id: BrokerId, partition: TopicPartition, start: Offset) -> Vec<CellView> {
        let gone = self.tape.deletions.iter().filter(|one| {
            one.broker == id
                && one.partition == partition
                && one.at <= self.now
                && one.offset < start
        });
        gone.map(|one| plain(one.offset, one.record, CellState::Deleted))
            .collect()
    }

    fn landing(&self, id: BrokerId, partition: TopicPartition, end: Offset) -> Vec<CellView> {
        let here =
            |message: &&Message| message.to == NodeId::Broker(id) && message.in_flight(self.now);
        let mut cells = Vec::new();
        for message in self.tape.messages.iter().filter(here) {
            if let Some(landing) = message
                .landing
                .filter(|landing| landing.partition == partition)
            {
                let slots = (landing.base_offset.0..).zip(&message.records);
                let free = slots.filter(|(offset, _)| *offset >= end.0);
                cells.extend(
                    free.map(|(offset, record)| plain(Offset(offset), *record, CellState::Landing)),
                );
            }
        }
        cells
    }
}

fn plain(offset: Offset, record: RecordId, state: CellState) -> CellView {
    CellView {
        offset,
        content: Content::Record(record),
        state,
        second: false,
        overtook: false,
    }
}
