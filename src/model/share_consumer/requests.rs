//! What a share consumer asks and hears: fetches and acknowledgements, one at a time to a broker
//! (`ShareConsumeRequestManager`, `ShareSessionHandler`).

use super::super::effects::{Effects, Purpose};
use super::super::ids::{BrokerId, TopicPartition};
use super::super::time::SimTime;
use super::super::wire::{
    AcknowledgedBatch, Acknowledgement, ErrorCode, Request, SessionEpoch, ShareFetch, ShareRequest,
    ShareResponse, SharedPartition,
};
use super::in_hand::{Said, batches};
use super::{Completed, ShareConsumer};

/// A request without an answer yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    Metadata,
    Coordinator,
    Heartbeat,
    /// With what was said on this occasion.
    Fetch(Vec<(TopicPartition, Said)>),
    Acknowledge(Outgoing),
}

impl Asked {
    /// True for what only one at a time of goes to a broker.
    pub(super) fn is_of_shares(&self) -> bool {
        matches!(self, Self::Fetch(_) | Self::Acknowledge(_))
    }
}

/// Why acknowledgements are sent by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Because {
    /// There was no fetch to go with.
    Async,
    /// `commitSync()` waits for them.
    Sync,
    /// The consumer is closed, and with it the session.
    Close,
}

/// Acknowledgements that are sent by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Outgoing {
    pub(super) to: BrokerId,
    pub(super) because: Because,
    pub(super) said: Vec<(TopicPartition, Said)>,
    /// Not before then.
    pub(super) not_before: SimTime,
    /// It is given up then.
    pub(super) until: SimTime,
}

/// A session with a broker (`ShareSessionHandler`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Session {
    /// 0 begins a new one.
    pub(super) epoch: u32,
    pub(super) partitions: Vec<TopicPartition>,
    /// No fetch before then: the last one failed.
    pub(super) no_fetch_before: SimTime,
}

impl Session {
    fn epoch(&self) -> SessionEpoch {
        match self.epoch {
            0 => SessionEpoch::Initial,
            epoch => SessionEpoch::Next(epoch),
        }
    }
}

fn in_request(said: &[(TopicPartition, Said)]) -> Vec<(TopicPartition, AcknowledgedBatch)> {
    let of_one = |(partition, said): &(TopicPartition, Said)| {
        let partition = *partition;
        batches(said)
            .into_iter()
            .map(move |batch| (partition, batch))
    };
    said.iter().flat_map(of_one).collect()
}

impl ShareConsumer {
    /// Acknowledgements first; as long as any are on their way nothing is fetched.
    pub(super) fn work(&mut self, now: SimTime, out: &mut Effects) {
        self.send_acknowledgements(now, out);
        let open = |asked: &Outgoing| asked.because != Because::Close;
        if self.outgoing.iter().any(open) || self.acknowledging > 0 {
            return;
        }
        if self.fetch_more && !self.rests && !self.is_closing() {
            self.send_fetches(now, out);
        }
    }

    fn send_acknowledgements(&mut self, now: SimTime, out: &mut Effects) {
        for outgoing in std::mem::take(&mut self.outgoing) {
            if outgoing.until <= now {
                let because = outgoing.because;
                for (partition, said) in outgoing.said {
                    self.on_told(because, partition, &said, ErrorCode::RequestTimedOut);
                }
                continue;
            }
            if !self.net.is_free(outgoing.to) || outgoing.not_before > now {
                self.outgoing.push(outgoing);
                continue;
            }
            let session = self.sessions.entry(outgoing.to).or_default();
            if session.epoch == 0 {
                // A session cannot begin with acknowledgements.
                for (partition, said) in outgoing.said {
                    let error = ErrorCode::NotLeaderOrFollower;
                    self.on_told(outgoing.because, partition, &said, error);
                }
                continue;
            }
            let epoch = match outgoing.because {
                Because::Close => SessionEpoch::Final,
                Because::Async | Because::Sync => session.epoch(),
            };
            let request = ShareRequest::Acknowledge {
                group: self.group,
                member: self.id,
                epoch,
                acknowledged: in_request(&outgoing.said),
            };
            let to = (outgoing.to, Purpose::Client);
            self.acknowledging += 1;
            let request = Request::Share(Box::new(request));
            let asked = Asked::Acknowledge(outgoing);
            if let Some(failed) = self.net.ask(now, to, request, asked, out) {
                self.on_failed(now, to.0, failed);
            }
        }
    }

    fn send_fetches(&mut self, now: SimTime, out: &mut Effects) {
        let mut wanted: Vec<(BrokerId, Vec<TopicPartition>)> = Vec::new();
        for partition in &self.assignment {
            match self.net.leader_of(*partition) {
                None => self.net.wants_metadata = true,
                Some(leader) => match wanted.iter_mut().find(|(id, _)| *id == leader) {
                    Some((_, list)) => list.push(*partition),
                    None => wanted.push((leader, vec![*partition])),
                },
            }
        }
        for id in self.riding.keys() {
            if !wanted.iter().any(|(known, _)| known == id) {
                wanted.push((*id, Vec::new()));
            }
        }
        for (leader, partitions) in wanted {
            let session = self.sessions.entry(leader).or_default();
            if !self.net.is_free(leader) || session.no_fetch_before > now {
                continue;
            }
            let mut said = self.riding.remove(&leader).unwrap_or_default();
            if partitions.is_empty() && said.is_empty() {
                continue;
            }
            if session.epoch == 0 {
                for (partition, said) in std::mem::take(&mut said) {
                    self.hand.on_said(partition, &said, false);
                }
                if partitions.is_empty() {
                    continue;
                }
            }
            session.partitions.clone_from(&partitions);
            let renews = said
                .iter()
                .any(|(_, said)| said.values().any(|kind| *kind == Acknowledgement::Renew));
            let most = self.config.client.max_poll_records;
            let wait = self.config.client.fetch_max_wait.0 / 1000;
            let fetch = ShareFetch {
                group: self.group,
                member: self.id,
                epoch: session.epoch(),
                partitions,
                acknowledged: in_request(&said),
                max_records: if renews { 0 } else { most },
                record_limit: self.config.record_limit,
                max_wait_ms: if renews {
                    0
                } else {
                    u32::try_from(wait).unwrap_or(u32::MAX)
                },
                renews,
            };
            let request = Request::Share(Box::new(ShareRequest::Fetch(fetch)));
            let to = (leader, Purpose::Client);
            if let Some(failed) = self.net.ask(now, to, request, Asked::Fetch(said), out) {
                self.on_failed(now, leader, failed);
            }
        }
    }

    /// A request will have no answer: its connection is gone.
    pub(super) fn on_failed(&mut self, now: SimTime, to: BrokerId, asked: Asked) {
        let again = now + self.config.client.retry_backoff;
        match asked {
            Asked::Metadata => self.net.asks_metadata = false,
            Asked::Coordinator => self.membership.on_lost(again),
            Asked::Heartbeat => self.membership.on_lost(again),
            Asked::Fetch(said) => {
                let session = self.sessions.entry(to).or_default();
                session.epoch = 0;
                session.no_fetch_before = again;
                for (partition, said) in said {
                    self.hand.on_said(partition, &said, false);
                }
            }
            Asked::Acknowledge(outgoing) => {
                self.acknowledging -= 1;
                self.sessions.entry(to).or_default().epoch = 0;
                for (partition, said) in outgoing.said {
                    let error = ErrorCode::UnknownServerError;
                    self.on_told(outgoing.because, partition, &said, error);
                }
                if outgoing.because == Because::Close {
                    self.sessions.remove(&to);
                }
            }
        }
    }

    /// The outcome of acknowledgements is known.
    pub(super) fn on_told(
        &mut self,
        because: Because,
        partition: TopicPartition,
        said: &Said,
        error: ErrorCode,
    ) {
        self.hand.on_said(partition, said, error == ErrorCode::None);
        if because == Because::Sync {
            self.committed.push((partition, error));
        }
    }

    pub(super) fn on_share_response(
        &mut self,
        now: SimTime,
        from: BrokerId,
        asked: Asked,
        response: ShareResponse,
    ) {
        match (asked, response) {
            (Asked::Fetch(said), ShareResponse::Fetch { error, partitions }) => {
                self.on_fetched(now, from, said, error, partitions);
            }
            (Asked::Acknowledge(outgoing), ShareResponse::Acknowledge { error, partitions }) => {
                self.acknowledging -= 1;
                self.on_acknowledged(now, outgoing, error, &partitions);
            }
            (
                Asked::Heartbeat,
                ShareResponse::Heartbeat {
                    error,
                    assignment,
                    interval,
                },
            ) => self.on_heartbeat_answer(now, error, assignment, interval),
            _ => {}
        }
    }

    fn on_fetched(
        &mut self,
        now: SimTime,
        from: BrokerId,
        said: Vec<(TopicPartition, Said)>,
        error: ErrorCode,
        partitions: Vec<SharedPartition>,
    ) {
        let again = now + self.config.client.retry_backoff;
        let session = self.sessions.entry(from).or_default();
        if error != ErrorCode::None {
            session.epoch = 0;
            for (partition, said) in said {
                self.hand.on_said(partition, &said, false);
            }
            return;
        }
        session.epoch += 1;
        for (partition, said) in said {
            let told = partitions.iter().find(|told| told.partition == partition);
            let done = told.is_some_and(|told| told.acknowledge_error == ErrorCode::None);
            self.hand.on_said(partition, &said, done);
        }
        for told in partitions {
            if told.error != ErrorCode::None {
                session.no_fetch_before = again;
                self.net.wants_metadata = true;
                if let Some((leader, epoch)) = told.current_leader {
                    self.net.learn_leader(told.partition, Some(leader), epoch);
                }
            }
            if !told.acquired.is_empty() {
                self.fetch_more = false;
                self.completed.push_back(Completed::of(from, told));
            }
        }
    }

    fn on_acknowledged(
        &mut self,
        now: SimTime,
        mut outgoing: Outgoing,
        error: ErrorCode,
        partitions: &[(TopicPartition, ErrorCode)],
    ) {
        let again = now + self.config.client.retry_backoff;
        if outgoing.because == Because::Close {
            self.sessions.remove(&outgoing.to);
            return;
        }
        let session = self.sessions.entry(outgoing.to).or_default();
        match error {
            ErrorCode::None => session.epoch += 1,
            ErrorCode::ShareSessionNotFound | ErrorCode::InvalidShareSessionEpoch => {
                // Tried again, to find that a new session is needed.
                session.epoch = 0;
                outgoing.not_before = again;
                return self.outgoing.push(outgoing);
            }
            other => {
                session.epoch += 1;
                for (partition, said) in outgoing.said {
                    self.on_told(outgoing.because, partition, &said, other);
                }
                return;
            }
        }
        let because = outgoing.because;
        for (partition, said) in std::mem::take(&mut outgoing.said) {
            let told = partitions.iter().find(|(id, _)| *id == partition);
            let error = told.map_or(ErrorCode::InvalidRecordState, |(_, error)| *error);
            match error {
                ErrorCode::CoordinatorNotAvailable | ErrorCode::RequestTimedOut => {
                    outgoing.said.push((partition, said));
                }
                error => self.on_told(because, partition, &said, error),
            }
        }
        if !outgoing.said.is_empty() {
            outgoing.not_before = again;
            self.outgoing.push(outgoing);
        }
    }
}
