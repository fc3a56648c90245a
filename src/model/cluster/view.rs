//! The world as plain data for eyes.

use super::super::board::{
    Board, BrokerBoard, Cell, ConsumerBoard, Liveness, PartitionBoard, ProducerBoard, ReplicaBoard,
};
use super::super::broker::{Replica, ReplicaDisk};
use super::super::ids::{BrokerId, ClientId, GroupId, Offset, ProducerId, TopicPartition};
use super::super::partition_log::PartitionLog;
use super::super::producer_state::ProducerState;
use super::super::record::{Content, Entry};
use super::super::transaction::Aborted;
use super::{Site, World};
use crate::small::Map;

impl World {
    /// What can be seen now.
    #[must_use]
    pub fn board(&self) -> Board {
        Board {
            producers: self.producer_boards(),
            ..self.board_of(|_, _| true)
        }
    }

    /// What a verdict needs of it: of each partition only what its leader has, and nothing of producers.
    #[must_use]
    pub fn board_of_leaders(&self) -> Board {
        let partitions = &self.controller.image().partitions;
        self.board_of(|broker, id| {
            let known = partitions.get(&id);
            known.is_some_and(|known| known.leader == Some(broker))
        })
    }

    /// What can be seen of the chosen replicas.
    fn board_of(&self, chosen: impl Fn(BrokerId, TopicPartition) -> bool) -> Board {
        let image = self.controller.image();
        let known = image.partitions.iter();
        let known = known.filter(|(id, _)| !id.topic.is_internal());
        let partitions = known.map(|(id, p)| {
            let board = PartitionBoard {
                replicas: p.replicas.clone(),
                leader: p.leader,
                leader_epoch: p.leader_epoch,
                isr: p.isr.clone(),
                elr: p.elr.clone(),
            };
            (*id, board)
        });
        let consumers = self.readers.iter().map(|(id, reader)| {
            let positions = reader.positions().collect();
            (*id, ConsumerBoard { positions })
        });
        Board {
            at: self.medium.now,
            producers: Map::new(),
            brokers: self
                .brokers
                .iter()
                .map(|(id, site)| (*id, self.broker_board(*id, site, &chosen)))
                .collect(),
            consumers: consumers.collect(),
            committed: self.committed(),
            partitions: partitions.collect(),
        }
    }

    /// What producers know.
    fn producer_boards(&self) -> Map<ClientId, ProducerBoard> {
        let producers = self.producers.keys().map(|id| {
            let own = self
                .setup
                .cast
                .sends
                .iter()
                .filter(|send| send.producer == *id);
            let sends = own.filter_map(|send| {
                let state = self
                    .medium
                    .outcomes
                    .get(send.record.0 as usize)
                    .copied()
                    .flatten()?;
                Some((send.record, state))
            });
            (
                *id,
                ProducerBoard {
                    sends: sends.collect(),
                },
            )
        });
        producers.collect()
    }

    /// How far groups are, as their coordinators know it.
    fn committed(&self) -> Map<(GroupId, TopicPartition), Offset> {
        let running = self.brokers.values().filter_map(|site| match site {
            Site::Up(broker) => Some(broker),
            Site::ComingUp(..) | Site::Down(_) => None,
        });
        running.flat_map(|broker| broker.all_committed()).collect()
    }

    fn broker_board(
        &self,
        id: BrokerId,
        site: &Site,
        chosen: &impl Fn(BrokerId, TopicPartition) -> bool,
    ) -> BrokerBoard {
        let is_chosen =
            |partition: &TopicPartition| !partition.topic.is_internal() && chosen(id, *partition);
        let fenced = self
            .controller
            .image()
            .brokers
            .get(&id)
            .is_none_or(|broker| broker.fenced);
        let (liveness, replicas) = match site {
            Site::Up(broker) => {
                let liveness = if self.is_paused(id) {
                    Liveness::Paused
                } else if broker.serves() {
                    Liveness::Running
                } else {
                    Liveness::Starting
                };
                let running = broker
                    .replicas()
                    .iter()
                    .filter(|(id, _)| is_chosen(id))
                    .map(|(id, replica)| (*id, running(replica)));
                (liveness, running.collect())
            }
            Site::ComingUp(disk, _) => (
                Liveness::Starting,
                disk.replicas
                    .iter()
                    .filter(|(id, _)| is_chosen(id))
                    .map(|(id, replica)| (*id, at_rest(replica)))
                    .collect(),
            ),
            Site::Down(disk) => (
                Liveness::Down,
                disk.replicas
                    .iter()
                    .filter(|(id, _)| is_chosen(id))
                    .map(|(id, replica)| (*id, at_rest(replica)))
                    .collect(),
            ),
        };
        BrokerBoard {
            liveness,
            fenced,
            replicas,
        }
    }
}

fn running(replica: &Replica) -> ReplicaBoard {
    let (unreadable, cells) = cells(&replica.log, Some(&replica.producers));
    ReplicaBoard {
        leads: replica.leading().is_some(),
        leader_epoch: replica.leader_epoch,
        high_watermark: replica.high_watermark,
        last_stable: replica.last_stable(),
        log_start: replica.log.start(),
        cells,
        unreadable,
    }
}

fn at_rest(disk: &ReplicaDisk) -> ReplicaBoard {
    let (unreadable, cells) = cells(&disk.log, None);
    ReplicaBoard {
        leads: false,
        leader_epoch: disk.log.latest_epoch().unwrap_or_default(),
        high_watermark: disk.checkpoint,
        last_stable: disk.checkpoint,
        log_start: disk.log.start(),
        cells,
        unreadable,
    }
}

/// What lies before the first offset, and what may be read.
fn cells(log: &PartitionLog, known: Option<&ProducerState>) -> (Vec<Cell>, Vec<Cell>) {
    let transactions = known.and_then(ProducerState::transactions);
    let aborted: Vec<_> = transactions.map_or(Vec::new(), |all| {
        all.aborted_between(log.start(), log.end()).collect()
    });
    let is_aborted = |offset: Offset, entry: &Entry| {
        let producer = entry.producer.map(|(id, ..)| id);
        let within = |own: &Aborted| {
            Some(own.producer) == producer && own.first <= offset && offset <= own.last
        };
        entry.transactional && aborted.iter().any(within)
    };
    let cell = |(index, entry): (u64, &Entry)| Cell {
        offset: Offset(log.first_on_disk().0 + index),
        content: entry.content,
        leader_epoch: entry.leader_epoch,
        producer: entry.producer.map(|(_, epoch, sequence)| (epoch, sequence)),
        transactional: entry.transactional,
        aborted: is_aborted(Offset(log.first_on_disk().0 + index), entry),
        ends: None,
    };
    let mut all: Vec<Cell> = (0..).zip(log.entries()).map(cell).collect();
    set_ends(&mut all, log.entries());
    let readable = all.split_off(all.partition_point(|cell| cell.offset < log.start()));
    (all, readable)
}

/// What belongs to a transaction ends with the next marker of the same producer: one pass from the back.
fn set_ends(cells: &mut [Cell], entries: &[Entry]) {
    let mut markers: Map<ProducerId, Offset> = Map::new();
    for (cell, entry) in cells.iter_mut().zip(entries).rev() {
        let Some((producer, ..)) = entry.producer.filter(|_| entry.transactional) else {
            continue;
        };
        if let Content::Marker(_) = entry.content {
            markers.insert(producer, cell.offset);
        }
        cell.ends = markers.get(&producer).copied();
    }
}
