//! The requests of a transactional producer: one at a time, the most urgent first (`TransactionManager.nextRequest`,
//! `Sender.maybeSendAndPollTransactionalRequest`). While one is out no batch is sent.

use super::super::super::super::effects::{Effects, Purpose};
use super::super::super::super::ids::{
    BrokerId, NodeId, ProducerEpoch, ProducerId, TopicPartition,
};
use super::super::super::super::record::Outcome;
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::transaction::{Protocol, TransactionRequest, Writer};
use super::super::super::super::wire::{ClientError, CoordinatorKey, OffsetCommit, Request};
use super::super::super::peers::Asked;
use super::super::JavaProducer;
use super::{Manager, State};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum What {
    FindCoordinator(CoordinatorKey),
    Init {
        /// To have the epoch raised after an error.
        current: Option<(ProducerId, ProducerEpoch)>,
    },
    AddPartitions,
    /// By the older protocol, before `Offsets`.
    AddOffsets(Box<OffsetCommit>),
    Offsets(Box<OffsetCommit>),
    End {
        writer: Writer,
        outcome: Outcome,
    },
}

/// A request (`TxnRequestHandler`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ask {
    pub(super) what: What,
    pub(super) result: u32,
    /// It was tried before: the sender sleeps first.
    pub(super) again: bool,
    /// Not the usual pause, but this.
    pub(super) pause: Option<SimDuration>,
    pub(super) slept: bool,
}

impl Ask {
    pub(super) fn new(what: What, result: u32) -> Self {
        Self {
            what,
            result,
            again: false,
            pause: None,
            slept: false,
        }
    }

    /// `TransactionManager.Priority`
    fn priority(&self) -> u8 {
        match self.what {
            What::FindCoordinator(_) => 0,
            What::Init { current: None } => 1,
            What::AddPartitions | What::AddOffsets(_) | What::Offsets(_) => 2,
            What::End { .. } => 3,
            What::Init { current: Some(_) } => 4,
        }
    }

    fn is_end(&self) -> bool {
        matches!(self.what, What::End { .. })
    }

    fn needs_coordinator(&self) -> bool {
        !matches!(self.what, What::FindCoordinator(_))
    }
}

impl Manager {
    pub(super) fn enqueue(&mut self, ask: Ask) {
        self.queue.push(ask);
    }

    pub(super) fn enqueue_again(&mut self, ask: Ask) {
        self.queue.push(Ask {
            again: true,
            slept: false,
            ..ask
        });
    }

    /// Whoever coordinates is looked for anew.
    pub(super) fn look_up(&mut self) {
        self.coordinator = None;
        let key = CoordinatorKey::Transaction(self.id);
        let asked = |ask: &Ask| ask.what == What::FindCoordinator(key);
        if !self.queue.iter().any(asked) {
            let result = self.new_result();
            self.enqueue(Ask::new(What::FindCoordinator(key), result));
        }
    }

    /// The same for the group's.
    pub(super) fn look_up_group(&mut self, what: &What) {
        self.group_coordinator = None;
        if let What::Offsets(commit) = what {
            let key = CoordinatorKey::Group(commit.group);
            let asked = |ask: &Ask| ask.what == What::FindCoordinator(key);
            if !self.queue.iter().any(asked) {
                let result = self.new_result();
                self.enqueue(Ask::new(What::FindCoordinator(key), result));
            }
        }
    }

    /// By the older protocol partitions are added before anything is written to them.
    pub(super) fn add_new_partitions(&mut self) {
        if !self.new.is_empty() {
            self.adding.append(&mut self.new);
            let result = self.new_result();
            self.enqueue(Ask::new(What::AddPartitions, result));
        }
    }

    /// True while a request is out or waits to be sent.
    pub(in super::super) fn is_asking(&self) -> bool {
        self.out.is_some() || !self.queue.is_empty()
    }

    /// When the sender wakes up.
    pub(in super::super) fn next_alarm(&self, now: SimTime) -> Option<SimTime> {
        (self.sleeps_until > now).then_some(self.sleeps_until)
    }

    /// The place of the request that goes next. The end waits until nothing is to be written any more; in an error state
    /// nothing goes but what finds the coordinator.
    fn next(&mut self, incomplete: bool) -> Option<usize> {
        self.add_new_partitions();
        loop {
            let urgent = self.queue.iter().map(Ask::priority).min()?;
            let place = self.queue.iter().position(|ask| ask.priority() == urgent)?;
            let ask = &self.queue[place];
            if ask.is_end() && incomplete {
                return None;
            }
            let finds = self.state == State::Abortable && !ask.needs_coordinator();
            if self.has_error() && !finds {
                let ask = self.queue.remove(place);
                if let Some(error) = self.error {
                    self.end_result(ask.result, Err(error));
                }
                continue;
            }
            if ask.is_end() && !self.started {
                let ask = self.queue.remove(place);
                self.end_result(ask.result, Ok(()));
                if self.state != State::Fatal {
                    self.reset();
                }
                continue;
            }
            return Some(place);
        }
    }
}

impl JavaProducer {
    /// One turn of the sender for transactions. True if it has no time for batches.
    pub(in super::super) fn send_transactional(&mut self, now: SimTime, out: &mut Effects) -> bool {
        let Some(manager) = &self.manager else {
            return false;
        };
        let error = manager.error.map(|last| last.error);
        match manager.state {
            State::Fatal => {
                self.abort_batches(error.unwrap_or(ClientError::IllegalState), out);
                self.fail_queue();
                return true;
            }
            _ if manager.out.is_some() => return true,
            State::Abortable => {
                self.abort_undrained(error.unwrap_or(ClientError::IllegalState), out);
            }
            State::Aborting => self.abort_undrained(ClientError::TransactionAborted, out),
            _ => {}
        }
        let incomplete = self.has_incomplete();
        let Some(manager) = &mut self.manager else {
            return false;
        };
        let Some(place) = manager.next(incomplete) else {
            return false;
        };
        let needs = manager.queue[place].needs_coordinator();
        let of_group = matches!(manager.queue[place].what, What::Offsets(_));
        let coordinator = match of_group {
            true => manager.group_coordinator,
            false => manager.coordinator,
        };
        let target = match (needs, coordinator) {
            (true, None) => {
                manager.queue[place].again = true;
                match of_group {
                    true => {
                        let what = manager.queue[place].what.clone();
                        manager.look_up_group(&what);
                    }
                    false => manager.look_up(),
                }
                return self.send_transactional(now, out);
            }
            (true, coordinator) => coordinator,
            (false, _) => self.peers.least_loaded(now, out),
        };
        let Some(target) = target else {
            return true;
        };
        if !self.peers.is_ready(target) {
            if self.peers.usable(now, target) {
                self.peers.connect(now, target, out);
            }
            return true;
        }
        self.send_or_sleep(now, place, target, out);
        true
    }

    /// What was tried before is tried again after a pause, in which the sender sleeps.
    fn send_or_sleep(&mut self, now: SimTime, place: usize, target: BrokerId, out: &mut Effects) {
        let current = self.identity.current.unwrap_or_default();
        let Some(manager) = &mut self.manager else {
            return;
        };
        let ask = &mut manager.queue[place];
        if ask.again && !ask.slept {
            ask.slept = true;
            let usual = manager.retry_backoff;
            manager.sleeps_until = now + ask.pause.map_or(usual, |own| own.min(usual));
        }
        if manager.sleeps_until > now {
            return;
        }
        let ask = manager.queue.remove(place);
        let request = manager.request(&ask.what, current);
        manager.out = Some(ask);
        self.peers.put_in_flight(now, target, Asked::Transaction);
        out.send(NodeId::Broker(target), Purpose::Client, request);
    }

    /// In a fatal state whatever waits fails.
    fn fail_queue(&mut self) {
        if let Some(manager) = &mut self.manager
            && let Some(error) = manager.error
        {
            for ask in std::mem::take(&mut manager.queue) {
                manager.end_result(ask.result, Err(error));
            }
        }
    }
}

impl Manager {
    fn request(&self, what: &What, current: (ProducerId, ProducerEpoch)) -> Request {
        let request = match what {
            What::FindCoordinator(key) => return Request::FindCoordinator(*key),
            What::Init { current } => TransactionRequest::InitProducerId {
                id: self.id,
                timeout: self.timeout,
                current: *current,
            },
            What::AddPartitions => {
                let partitions: Vec<TopicPartition> = self.adding.iter().copied().collect();
                TransactionRequest::AddPartitions {
                    writer: Writer {
                        id: self.id,
                        producer: current.0,
                        epoch: current.1,
                    },
                    partitions,
                    verify_only: false,
                    protocol: Protocol::V1,
                }
            }
            What::AddOffsets(_) => TransactionRequest::AddOffsets(Writer {
                id: self.id,
                producer: current.0,
                epoch: current.1,
            }),
            What::Offsets(commit) => TransactionRequest::TxnOffsetCommit {
                writer: Writer {
                    id: self.id,
                    producer: current.0,
                    epoch: current.1,
                },
                protocol: self.protocol,
                commit: commit.clone(),
            },
            What::End { writer, outcome } => TransactionRequest::EndTxn {
                writer: *writer,
                outcome: *outcome,
                protocol: self.protocol,
            },
        };
        Request::Transaction(Box::new(request))
    }
}
