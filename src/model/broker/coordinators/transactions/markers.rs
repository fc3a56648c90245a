//! Control records on their way from the coordinator to the leaders (`TransactionMarkerChannelManager`): they are tried for
//! ever, wherever the leader is.

use super::super::super::super::effects::{Effects, Purpose};
use super::super::super::super::ids::{BrokerId, LeaderEpoch, TopicPartition, TransactionalId};
use super::super::super::super::time::{SimDuration, SimTime};
use super::super::super::super::transaction::{
    Marker, TransactionRequest, TransactionResponse, TransactionState,
};
use super::super::super::super::wire::{ErrorCode, Request};
use super::super::super::Broker;
use super::courier::Courier;

/// The pause before a marker that a leader did not take is tried again. Kafka tries at once, and again as often as the
/// answers come.
const PAUSE: SimDuration = SimDuration::from_ms(50);

/// A marker for one partition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    id: TransactionalId,
    marker: Marker,
}

impl Wanted {
    fn partition(&self) -> Option<TopicPartition> {
        self.marker.partitions.first().copied()
    }
}

/// Markers that are to be written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Markers {
    courier: Courier<Wanted>,
    /// Not on their way: nobody leads there, or it is too early to try again.
    resting: Vec<(SimTime, Wanted)>,
    /// All markers of these are written, and the coordinator's log did not take that: it is tried again then.
    unfinished: Vec<(SimTime, TransactionalId)>,
}

impl Default for Markers {
    fn default() -> Self {
        Self {
            courier: Courier::new(Purpose::Markers),
            resting: Vec::new(),
            unfinished: Vec::new(),
        }
    }
}

impl Markers {
    pub(super) fn next_alarm(&self, now: SimTime) -> Option<SimTime> {
        let resting = self.resting.iter().map(|(at, _)| *at);
        let unfinished = self.unfinished.iter().map(|(at, _)| *at);
        resting
            .chain(unfinished)
            .filter(|at| *at > now)
            .chain(self.courier.next_alarm())
            .min()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.resting.is_empty() && self.courier.is_idle()
    }

    /// That a transaction is complete is to be written later.
    pub(super) fn complete_later(&mut self, now: SimTime, id: TransactionalId) {
        self.unfinished.push((now + PAUSE, id));
    }

    /// What is to be written now.
    pub(super) fn due_to_complete(&mut self, now: SimTime) -> Vec<TransactionalId> {
        let due = self.unfinished.extract_if(.., |(at, _)| *at <= now);
        due.map(|(_, id)| id).collect()
    }

    pub(super) fn opened(&mut self, id: BrokerId) {
        self.courier.opened(id);
    }

    fn rest(&mut self, until: SimTime, wanted: impl IntoIterator<Item = Wanted>) {
        self.resting
            .extend(wanted.into_iter().map(|wanted| (until, wanted)));
    }

    pub(super) fn closed(&mut self, now: SimTime, id: BrokerId) {
        let back = self.courier.closed(now, id);
        self.rest(now + PAUSE, back);
    }

    pub(super) fn give_up(&mut self, now: SimTime, out: &mut Effects) {
        let back = self.courier.give_up(now, out);
        self.rest(now + PAUSE, back);
    }
}

fn request(wanted: &[Wanted]) -> Request {
    let mut markers: Vec<Marker> = Vec::new();
    for Wanted { marker, .. } in wanted {
        let same =
            |known: &&mut Marker| known.producer == marker.producer && known.epoch == marker.epoch;
        match markers.iter_mut().find(same) {
            Some(known) => known.partitions.extend(&marker.partitions),
            None => markers.push(marker.clone()),
        }
    }
    Request::Transaction(Box::new(TransactionRequest::WriteTxnMarkers(markers)))
}

impl Broker {
    /// A decision is committed: each partition of the transaction gets a marker (`addTxnMarkersToSend`).
    pub(super) fn want_markers(&mut self, now: SimTime, id: TransactionalId, out: &mut Effects) {
        let epoch = self.coordinator_epoch();
        let Some(known) = self.coordinators.transactions.known.get(&id) else {
            return;
        };
        let TransactionState::Prepare(outcome) = known.is.state else {
            return;
        };
        let is = &known.is;
        let wanted: Vec<_> = is
            .partitions
            .iter()
            .map(|partition| Wanted {
                id,
                marker: Marker {
                    producer: is.producer,
                    epoch: is.epoch.unwrap_or_default(),
                    outcome,
                    protocol: is.protocol,
                    coordinator_epoch: epoch,
                    partitions: vec![*partition],
                },
            })
            .collect();
        self.coordinators.transactions.markers.rest(now, wanted);
        self.send_markers(now, out);
        self.complete_if_done(now, id, out);
    }

    /// Sends what can be sent. A partition that is not there any more needs no marker.
    pub(in super::super::super) fn send_markers(&mut self, now: SimTime, out: &mut Effects) {
        let markers = &mut self.coordinators.transactions.markers;
        if markers.is_idle() {
            return;
        }
        let mut gone = Vec::new();
        for (at, wanted) in std::mem::take(&mut markers.resting) {
            let known = wanted
                .partition()
                .map(|partition| self.image.partitions.get(&partition));
            match known {
                Some(Some(registration)) => match registration.leader.filter(|_| at <= now) {
                    Some(leader) => markers.courier.waiting(leader).push(wanted),
                    None => markers.resting.push((at, wanted)),
                },
                _ => gone.push(wanted),
            }
        }
        markers.courier.go(now, request, out);
        for wanted in gone {
            self.marker_is_written(now, &wanted, out);
        }
    }

    /// `TransactionMarkerRequestCompletionHandler.onComplete`
    pub(super) fn on_markers_written(
        &mut self,
        now: SimTime,
        from: BrokerId,
        answer: &TransactionResponse,
        out: &mut Effects,
    ) {
        let TransactionResponse::WriteTxnMarkers(results) = answer else {
            return;
        };
        for wanted in self
            .coordinators
            .transactions
            .markers
            .courier
            .answered(from)
        {
            let of = |(producer, partition, _): &&(_, _, _)| {
                *producer == wanted.marker.producer && Some(*partition) == wanted.partition()
            };
            let error = results.iter().find(of).map(|(_, _, error)| *error);
            match error {
                Some(ErrorCode::None) => self.marker_is_written(now, &wanted, out),
                // Somebody newer has taken over: the transaction can be forgotten here.
                Some(ErrorCode::InvalidProducerEpoch | ErrorCode::TransactionCoordinatorFenced) => {
                }
                _ => {
                    let markers = &mut self.coordinators.transactions.markers;
                    markers.rest(now + PAUSE, [wanted]);
                }
            }
        }
        self.send_markers(now, out);
    }

    fn marker_is_written(&mut self, now: SimTime, wanted: &Wanted, out: &mut Effects) {
        if wanted.marker.coordinator_epoch != self.coordinator_epoch() {
            return;
        }
        let known = self.coordinators.transactions.known.get_mut(&wanted.id);
        let same = |is: &super::machine::Known| is.is.epoch == Some(wanted.marker.epoch);
        if let (Some(known), Some(partition)) = (known.filter(|k| same(k)), wanted.partition()) {
            known.is.partitions.retain(|own| *own != partition);
            self.complete_if_done(now, wanted.id, out);
        }
    }

    /// The leader epoch in which this broker coordinates transactions.
    pub(super) fn coordinator_epoch(&self) -> LeaderEpoch {
        let partition = super::super::super::super::ids::TopicId::TRANSACTION_STATE;
        let replica = self.replicas.get(&partition.first_partition());
        replica
            .map(|replica| replica.leader_epoch)
            .unwrap_or_default()
    }
}
