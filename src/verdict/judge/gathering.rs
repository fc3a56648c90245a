//! One pass over a run: what was told of each record, where it was written, who has it.

use crate::model::cast::{Cast, SendCall};
use crate::model::ids::{
    BrokerId, ClientId, MessageId, Offset, RecordId, StepIndex, TopicPartition,
};
use crate::model::observation::{LostBecause, Observation, TransactionFact};
use crate::model::scenario::{Act, Api, Phase};
use crate::model::small::{Few, Map, Several};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::model::transaction::TransactionCall;
use crate::verdict::Told;
use crate::verdict::groups::Readers;

/// What is gathered of one record while the run goes by.
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    pub(super) told: Option<Told>,
    pub(super) told_at: Option<SimTime>,
    pub(super) appends: Few<SimTime>,
    /// Where leaders appended it.
    pub(super) places: Few<Offset>,
    /// Whose logs have copies of it, deleted ones among them: a broker for each copy.
    pub(super) holders: Several<BrokerId>,
    /// A copy of it was deleted from the beginning of a log.
    pub(super) deleted: bool,
    /// Since then no leader had it, as far as known.
    pub(super) gone_at: Option<SimTime>,
    /// A Produce request with it never arrived, or was refused.
    pub(super) missed_at: Option<SimTime>,
    /// The application aborted the transaction that it was sent in.
    pub(super) aborted_at: Option<SimTime>,
    /// It was sent in a transaction that the application has not asked to commit.
    pub(super) uncommitted: bool,
    /// The application was told that the transaction is committed that it was sent in.
    pub(super) committed: bool,
}

impl Life {
    /// True if no replica has it, running or not.
    pub(super) fn is_nowhere(&self) -> bool {
        self.holders.is_empty()
    }

    /// True if the application knows that it must not count.
    pub(super) fn is_unwanted(&self) -> bool {
        self.uncommitted || self.aborted_at.is_some()
    }

    fn append(&mut self, at: SimTime, broker: BrokerId, offset: Offset) {
        self.appends.push(at);
        self.places.push(offset);
        self.held_by(broker);
        self.gone_at = None;
    }

    fn held_by(&mut self, broker: BrokerId) {
        self.holders.push(broker);
    }

    fn cut_from(&mut self, broker: BrokerId) {
        if let Some(copy) = self.holders.iter().position(|own| *own == broker) {
            self.holders.swap_remove(copy);
        }
    }
}

/// What a run came to, record by record.
pub(super) struct Gathering<'a> {
    pub(super) lives: Vec<Life>,
    /// Produce requests with what they carry, the oldest first.
    pub(super) produced: Vec<(MessageId, &'a [RecordId])>,
    /// The partition of each record.
    pub(super) homes: Vec<Option<TopicPartition>>,
    /// When the marker at this place was written, for the last time.
    pub(super) markers: Map<(TopicPartition, Offset), SimTime>,
    /// How many producers the script has itself; what it asks of them is known, what applications ask of theirs is not.
    pub(super) scripted: usize,
    /// What producers have sent since their transactions began.
    pub(super) within: Map<ClientId, Vec<RecordId>>,
    /// The reading side.
    pub(super) readers: Readers,
    pub(super) first_trouble: Option<StepIndex>,
}

impl<'a> Gathering<'a> {
    pub(super) fn of(trace: &'a Trace, cast: &Cast) -> Self {
        let mut gathering = Self {
            lives: cast.sends.iter().map(|_| Life::default()).collect(),
            produced: Vec::with_capacity(cast.sends.len()),
            markers: Map::new(),
            within: Map::new(),
            readers: Readers::of(trace.scenario(), cast),
            homes: cast.sends.iter().map(SendCall::destination).collect(),
            first_trouble: None,
            scripted: trace.scenario().producer_names().count(),
        };
        for step in trace.steps() {
            for observation in step.observations {
                if let Observation::ActBegan { act } = observation {
                    gathering.begin(trace.scenario().steps.get(*act as usize), cast);
                }
                if gathering.first_trouble.is_none() && is_trouble(observation) {
                    gathering.first_trouble = Some(step.index);
                }
                gathering.take(step.at, observation);
                if !cast.consumers.is_empty() {
                    gathering.readers.take(step.at, observation, cast);
                }
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

    fn take(&mut self, at: SimTime, observation: &'a Observation) {
        match observation {
            Observation::RecordSent { record, producer } => {
                self.each(&[*record], |life| {
                    life.told = Some(Told::Nothing);
                    life.aborted_at = None;
                });
                self.send_within(*record, *producer);
            }
            Observation::Transaction(fact) => self.take_of_transaction(at, fact),
            Observation::RecordAssigned { record, partition } => {
                if let Some(home) = self.homes.get_mut(record.0 as usize) {
                    *home = Some(*partition);
                }
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
                self.produced.push((sent.message, &sent.records));
            }
            Observation::MessageLost { message, .. } => {
                let produced = self.produced.iter().rev();
                let lost = { produced }.find(|(own, _)| own == message);
                if let Some((_, records)) = lost.copied() {
                    self.each(records, |life| life.missed_at = Some(at));
                }
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
                    self.each(&[*record], |life| life.append(at, *broker, Offset(offset)));
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

    fn take_of_transaction(&mut self, at: SimTime, fact: &TransactionFact) {
        match fact {
            TransactionFact::MarkerWritten {
                partition, offset, ..
            } => _ = self.markers.insert((*partition, *offset), at),
            TransactionFact::TransactionCallReturned {
                producer,
                call,
                thrown: None,
            } => self.transact(at, *producer, *call),
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

    fn send_within(&mut self, record: RecordId, producer: ClientId) {
        let within = self.within.get_mut(&producer);
        // What applications commit is no act of the script.
        let uncommitted = within.is_some() && usize::from(producer.0) < self.scripted;
        if let Some(records) = within {
            records.push(record);
        }
        self.each(&[record], |life| life.uncommitted = uncommitted);
    }

    fn transact(&mut self, at: SimTime, producer: ClientId, call: TransactionCall) {
        match call {
            TransactionCall::Begin => {
                self.within.insert(producer, Vec::new());
            }
            TransactionCall::Commit => {
                let records = self.within.remove(&producer).unwrap_or_default();
                self.each(&records, |life| {
                    life.committed = true;
                    life.uncommitted = false;
                });
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
            life.deleted |= below && life.holders.contains(&broker);
        }
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

/// True for what a fault or the script makes go wrong.
fn is_trouble(fact: &Observation) -> bool {
    matches!(
        fact,
        Observation::FaultHappened { .. }
            | Observation::BrokerCrashed { .. }
            | Observation::BrokerStopped { .. }
            | Observation::BrokerPaused { .. }
            | Observation::UnflushedLost { .. }
            | Observation::LinkCut { .. }
            | Observation::MessageHeld { .. }
            | Observation::ClientDied { .. }
            | Observation::MessageLost {
                because: LostBecause::Fault,
                ..
            }
    )
}
