//! What must be true after every step (`kafka-facts.md` 9.0, KIP-966, and the invariants of the TLA+ models in 11), watched
//! from outside: by the board and by what is noted.

use ackscope::model::board::{Board, Liveness, PartitionBoard, ReplicaBoard};
use ackscope::model::cluster::World;
use ackscope::model::history::Step;
use ackscope::model::ids::{LeaderEpoch, Offset, RecordId, TopicPartition};
use ackscope::model::observation::Observation;
use ackscope::model::record::Content;
use std::collections::{BTreeMap, BTreeSet};

/// A record and the epoch in which it was appended.
type Written = (Content, LeaderEpoch);

/// What is known of one partition.
#[derive(Default)]
struct Known {
    /// The log of leaders below the highest high watermark of any of them.
    committed: Vec<Written>,
    /// A leader was elected that may lack some of it. From then on nothing is promised for what was committed before.
    unclean: bool,
    leader_epoch: LeaderEpoch,
}

/// Watches a run.
#[derive(Default)]
pub struct Watcher {
    partitions: BTreeMap<TopicPartition, Known>,
    /// `min.insync.replicas` of the topic.
    min_insync_replicas: usize,
    /// Without ELR a disk that lost something may lead again (last replica standing).
    elr: bool,
    /// Records that were sent with `acks=all`.
    pub acks_all: BTreeSet<RecordId>,
    /// Some disk has lost something that was not flushed.
    unflushed_lost: bool,
    /// Where each record was appended.
    written_to: BTreeMap<RecordId, TopicPartition>,
    /// How often each kind of thing was seen.
    pub seen: BTreeMap<&'static str, u64>,
}

impl Watcher {
    /// Of a run with these settings, in which these records are sent with `acks=all`.
    pub fn new(min_insync_replicas: usize, elr: bool, acks_all: BTreeSet<RecordId>) -> Self {
        Self {
            min_insync_replicas,
            elr,
            acks_all,
            ..Self::default()
        }
    }

    /// May the partition have lost what was committed?
    pub fn may_have_lost(&self, partition: TopicPartition) -> bool {
        let unclean = self
            .partitions
            .get(&partition)
            .is_some_and(|known| known.unclean);
        unclean || (!self.elr && self.unflushed_lost)
    }

    /// May a record that was acknowledged have been lost?
    pub fn may_have_lost_record(&self, record: RecordId) -> bool {
        let partition = self.written_to.get(&record);
        partition.is_some_and(|partition| self.may_have_lost(*partition))
    }

    /// Looks at a step, and at the world after it if the step can have changed what is promised.
    pub fn after(&mut self, world: &World, step: &Step) {
        let mut matters = false;
        for fact in step.observations {
            matters |= self.learn(fact);
        }
        if !matters {
            return;
        }
        let board = world.board();
        for (id, partition) in &board.partitions {
            let may_have_lost = self.may_have_lost(*id);
            let known = self.partitions.entry(*id).or_default();
            registration_is_sound(partition, self.min_insync_replicas, self.elr);
            assert!(
                partition.leader_epoch >= known.leader_epoch,
                "the leader epoch went back"
            );
            known.leader_epoch = partition.leader_epoch;
            if may_have_lost {
                continue;
            }
            known.learn_committed(&board, *id);
            known.candidates_are_complete(&board, *id, partition);
            logs_match(&board, *id);
        }
        self.acknowledged_is_committed(step);
    }

    /// Takes in a fact; true if it can have changed what the invariants speak of.
    fn learn(&mut self, fact: &Observation) -> bool {
        let name = match fact {
            Observation::LeaderElected {
                partition, unclean, ..
            } => {
                self.partitions.entry(*partition).or_default().unclean |= unclean;
                if *unclean {
                    "unclean elections"
                } else {
                    "elections"
                }
            }
            Observation::LogTruncated { .. } => "truncations",
            Observation::DuplicateRecognised { .. } => "duplicates",
            Observation::UnflushedLost { .. } => {
                self.unflushed_lost = true;
                "power cuts"
            }
            Observation::InSyncReplicasChanged { .. } => "changes of the ISR",
            Observation::BatchAppended {
                partition, records, ..
            } => {
                self.written_to
                    .extend(records.iter().map(|record| (*record, *partition)));
                return true;
            }
            Observation::RecordsReplicated { .. }
            | Observation::HighWatermarkAdvanced { .. }
            | Observation::BecameLeader { .. }
            | Observation::RecordAcknowledged { .. }
            | Observation::BrokerUnfenced { .. } => return true,
            _ => return false,
        };
        *self.seen.entry(name).or_default() += 1;
        true
    }

    /// I4: what is acknowledged with acks=all is committed at that moment.
    fn acknowledged_is_committed(&self, step: &Step) {
        for fact in step.observations {
            let Observation::RecordAcknowledged {
                record,
                offset: Some(offset),
            } = fact
            else {
                continue;
            };
            let Some(partition) = self.written_to.get(record).copied() else {
                panic!("{record} was acknowledged and never appended");
            };
            if !self.acks_all.contains(record) || self.may_have_lost(partition) {
                continue;
            }
            let at = usize::try_from(offset.0).unwrap_or(usize::MAX);
            let there = self
                .partitions
                .get(&partition)
                .and_then(|known| known.committed.get(at));
            assert_eq!(
                there.map(|(record, _)| *record),
                Some(Content::Record(*record)),
                "acknowledged, not committed"
            );
        }
    }
}

impl Known {
    /// A leader that does not know yet that it was replaced may still commit: all of its ISR has it, and so has whoever
    /// was elected out of it.
    fn learn_committed(&mut self, board: &Board, id: TopicPartition) {
        let replicas = board
            .brokers
            .values()
            .filter_map(|broker| broker.replicas.get(&id));
        for replica in replicas.filter(|replica| replica.leads) {
            let below = prefix(replica, replica.high_watermark);
            assert!(
                self.committed.starts_with(&below) || below.starts_with(&self.committed),
                "what was committed has changed: {:?}, then {below:?}",
                self.committed
            );
            if below.len() > self.committed.len() {
                self.committed = below;
            }
        }
    }

    /// I1: whoever may be elected and runs has everything that is committed. I2 follows for the leader.
    fn candidates_are_complete(
        &self,
        board: &Board,
        id: TopicPartition,
        partition: &PartitionBoard,
    ) {
        let end = Offset(self.committed.len() as u64);
        for candidate in partition.isr.union(&partition.elr) {
            let broker = board.brokers.get(candidate);
            let Some(broker) = broker.filter(|b| b.liveness == Liveness::Running && !b.fenced)
            else {
                continue;
            };
            let Some(replica) = broker.replicas.get(&id) else {
                continue;
            };
            // A replica that has not yet truncated what parts from the leader is longer, never shorter.
            assert!(
                replica.log_end() >= end,
                "broker {candidate} lacks committed records"
            );
            assert_eq!(
                prefix(replica, end),
                self.committed,
                "broker {candidate} has other records"
            );
        }
    }
}

/// ISR and ELR are replicas, nobody is in both, a leader is in the ISR, and a large enough ISR needs no ELR.
fn registration_is_sound(partition: &PartitionBoard, min_insync_replicas: usize, elr: bool) {
    let replicas: ackscope::model::small::Set<_> = partition.replicas.iter().copied().collect();
    assert!(partition.isr.is_subset(&replicas) && partition.elr.is_subset(&replicas));
    assert!(
        partition.isr.is_disjoint(&partition.elr),
        "in sync and merely eligible"
    );
    if let Some(leader) = partition.leader {
        assert!(partition.isr.contains(&leader), "the leader is not in sync");
    }
    let enough = partition.isr.len() >= min_insync_replicas.min(replicas.len());
    assert!(
        partition.elr.is_empty() || (elr && !enough),
        "an ELR that nobody needs: {partition:?}"
    );
}

/// I3: two logs agree below both high watermarks.
fn logs_match(board: &Board, id: TopicPartition) {
    let running = board
        .brokers
        .values()
        .filter(|broker| broker.liveness == Liveness::Running);
    let replicas: Vec<_> = running
        .filter_map(|broker| broker.replicas.get(&id))
        .collect();
    for (at, one) in replicas.iter().enumerate() {
        for other in &replicas[at + 1..] {
            let end = one.high_watermark.min(other.high_watermark);
            assert!(
                one.cells
                    .iter()
                    .zip(&other.cells)
                    .take_while(|(cell, _)| cell.offset < end)
                    .all(|(one, other)| (one.content, one.leader_epoch)
                        == (other.content, other.leader_epoch)),
                "two logs differ below both high watermarks"
            );
        }
    }
}

fn prefix(replica: &ReplicaBoard, end: Offset) -> Vec<Written> {
    let below = replica.cells.iter().filter(|cell| cell.offset < end);
    below
        .map(|cell| (cell.content, cell.leader_epoch))
        .collect()
}
