//! What each broker's process did over time.

use crate::model::cast::Cast;
use crate::model::history::Steps;
use crate::model::ids::{
    BrokerId, ClientId, LeaderEpoch, NodeId, Offset, RecordId, TopicPartition,
};
use crate::model::observation::Observation;
use crate::model::small::{Map, Set};
use crate::model::time::SimTime;

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Runs,
    /// It runs and believes that it leads a partition.
    Leads,
    /// It runs, and the controller does not count on it yet.
    Starts,
    /// It stands still.
    Paused,
    /// It is gone.
    Down,
    /// It ended in good order.
    Stopped,
}

/// A stretch of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spell {
    /// Whose.
    pub lane: NodeId,
    /// From here.
    pub from: SimTime,
    /// To here; none is the end of the paper.
    pub to: Option<SimTime>,
    /// What it did.
    pub life: Life,
}

/// What is known of a broker while the steps go by.
#[derive(Default)]
struct Process {
    gone: Option<Life>,
    paused: bool,
    starting: bool,
    leads: Map<TopicPartition, LeaderEpoch>,
}

impl Process {
    fn gone(how: Life) -> Self {
        Self {
            gone: Some(how),
            ..Self::default()
        }
    }

    fn life(&self) -> Life {
        match (self.gone, self.paused, self.starting) {
            (Some(gone), ..) => gone,
            (None, true, _) => Life::Paused,
            (None, false, true) => Life::Starts,
            (None, false, false) if self.leads.is_empty() => Life::Runs,
            (None, false, false) => Life::Leads,
        }
    }

    /// Takes in a fact of this broker; true if it says anything about its life.
    fn takes(&mut self, fact: &Observation) -> bool {
        match fact {
            Observation::BrokerCrashed { .. } => *self = Self::gone(Life::Down),
            Observation::BrokerStopped { .. } => *self = Self::gone(Life::Stopped),
            Observation::BrokerPaused { .. } => self.paused = true,
            Observation::BrokerResumed { .. } => self.paused = false,
            Observation::BrokerStarted { .. } => {
                self.gone = None;
                self.starting = true;
            }
            Observation::BrokerUnfenced { .. } => self.starting = false,
            Observation::BecameLeader {
                partition,
                leader_epoch,
                ..
            } => {
                self.leads.insert(*partition, *leader_epoch);
            }
            Observation::StoppedLeading { partition, .. } => {
                self.leads.remove(partition);
            }
            _ => return false,
        }
        true
    }
}

/// The broker whose life a fact is about.
fn whose(fact: &Observation) -> Option<BrokerId> {
    match fact {
        Observation::BrokerCrashed { broker }
        | Observation::BrokerStopped { broker }
        | Observation::BrokerPaused { broker }
        | Observation::BrokerResumed { broker }
        | Observation::BrokerStarted { broker }
        | Observation::BrokerUnfenced { broker }
        | Observation::BecameLeader { broker, .. }
        | Observation::StoppedLeading { broker, .. } => Some(*broker),
        _ => None,
    }
}

/// The lanes of all processes, each from the start of the run to the end of the paper.
pub fn spells(cast: &Cast, steps: Steps<'_>) -> Vec<Spell> {
    let mut done = Vec::new();
    let mut open: Map<BrokerId, (SimTime, Process)> = cast
        .brokers
        .iter()
        .map(|id| (*id, (SimTime::ZERO, Process::default())))
        .collect();
    for step in steps {
        let touched: Set<BrokerId> = step.observations.iter().filter_map(whose).collect();
        for id in touched {
            let Some((since, process)) = open.get_mut(&id) else {
                continue;
            };
            let before = process.life();
            for fact in step.observations {
                if whose(fact) == Some(id) {
                    process.takes(fact);
                }
            }
            if process.life() != before {
                if *since < step.at {
                    done.push(spell(id, *since, Some(step.at), before));
                }
                *since = step.at;
            }
        }
    }
    done.extend(
        open.iter()
            .map(|(id, (since, process))| spell(*id, *since, None, process.life())),
    );
    done.push(Spell {
        lane: NodeId::Controller,
        from: SimTime::ZERO,
        to: None,
        life: Life::Runs,
    });
    done.extend(of_clients(cast, steps));
    done
}

/// Clients run until they are closed or their process dies.
fn of_clients(cast: &Cast, steps: Steps<'_>) -> Vec<Spell> {
    let clients = (0..cast.clients()).filter_map(|index| u16::try_from(index).ok());
    let runs = |index| Spell {
        lane: NodeId::Client(ClientId(index)),
        from: SimTime::ZERO,
        to: None,
        life: Life::Runs,
    };
    let mut spells: Vec<Spell> = clients.map(runs).collect();
    for step in steps {
        for fact in step.observations {
            let (client, life) = match fact {
                Observation::ClientClosed { client } => (client, Life::Stopped),
                Observation::ClientDied { client } => (client, Life::Down),
                _ => continue,
            };
            let lane = NodeId::Client(*client);
            let open = |spell: &&mut Spell| spell.lane == lane && spell.to.is_none();
            if let Some(spell) = spells.iter_mut().find(open) {
                spell.to = Some(step.at);
                let from = step.at;
                spells.push(Spell {
                    lane,
                    from,
                    to: None,
                    life,
                });
            }
        }
    }
    spells
}

/// Consumers that were made later than at the beginning have no lane before.
pub fn begin_late(spells: &mut [Spell], starts: &Map<ClientId, SimTime>) {
    for spell in spells
        .iter_mut()
        .filter(|spell| spell.from == SimTime::ZERO)
    {
        if let NodeId::Client(client) = spell.lane
            && let Some(at) = starts.get(&client)
        {
            spell.from = *at;
        }
    }
}

fn spell(id: BrokerId, from: SimTime, to: Option<SimTime>, life: Life) -> Spell {
    Spell {
        lane: NodeId::Broker(id),
        from,
        to,
        life,
    }
}

/// A log that was cut back: to the leader's, or by a power cut to what was on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncation {
    /// When.
    pub at: SimTime,
    /// Whose.
    pub broker: BrokerId,
    /// Of which partition.
    pub partition: TopicPartition,
    /// Its new end.
    pub to: Offset,
    /// What was cut off, from there on.
    pub records: Vec<RecordId>,
}

/// All logs that were cut back, in the order of time.
pub fn truncations(steps: Steps<'_>) -> Vec<Truncation> {
    let mut all = Vec::new();
    for step in steps {
        for fact in step.observations {
            if let Observation::LogTruncated {
                broker,
                partition,
                to,
                records,
            }
            | Observation::UnflushedLost {
                broker,
                partition,
                to,
                records,
            } = fact
            {
                all.push(Truncation {
                    at: step.at,
                    broker: *broker,
                    partition: *partition,
                    to: *to,
                    records: records.to_vec(),
                });
            }
        }
    }
    all
}

/// A record that waits in its producer: for `linger.ms`, for metadata, for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub record: RecordId,
    /// In which producer.
    pub producer: ClientId,
    /// Since `send()`.
    pub from: SimTime,
    /// Until it left or was given up; none is the end of the paper.
    pub to: Option<SimTime>,
}

/// All waits in producers.
pub fn waits(steps: Steps<'_>) -> Vec<Waiting> {
    let mut all: Vec<Waiting> = Vec::new();
    for step in steps {
        for fact in step.observations {
            let over: &[RecordId] = match fact {
                Observation::RecordSent { record, producer } => {
                    all.push(Waiting {
                        record: *record,
                        producer: *producer,
                        from: step.at,
                        to: None,
                    });
                    continue;
                }
                Observation::MessageSent(sent) if matches!(sent.from, NodeId::Client(_)) => {
                    &sent.records
                }
                Observation::RecordFailed { record, .. }
                | Observation::RecordAcknowledged { record, .. } => std::slice::from_ref(record),
                _ => continue,
            };
            for wait in all
                .iter_mut()
                .filter(|wait| wait.to.is_none() && over.contains(&wait.record))
            {
                wait.to = Some(step.at);
            }
        }
    }
    all.retain(|wait| wait.to.is_none_or(|to| to > wait.from));
    all
}

/// Every advance of a leader's high watermark, in the order of time.
pub fn committed(steps: Steps<'_>) -> Vec<(SimTime, TopicPartition, Offset)> {
    let mut all: Vec<(SimTime, TopicPartition, Offset)> = Vec::new();
    for step in steps {
        for fact in step.observations {
            if let Observation::HighWatermarkAdvanced { partition, to, .. } = fact {
                all.push((step.at, *partition, *to));
            }
        }
    }
    all
}
