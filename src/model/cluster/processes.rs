//! Processes of brokers: they crash, stop, stand still, lose power, and start.

use super::super::effects::{Input, ReplyTo};
use super::super::ids::{BrokerId, ConnectionId, NodeId};
use super::super::network::State;
use super::super::observation::{LostBecause, Observation};
use super::super::prng::Draw;
use super::super::queue::{Direction, Pending};
use super::super::text::Whole;
use super::super::time::SimDuration;
use super::{Broker, Site, World};

/// From the start of a broker's process to its first request to the controller.
const STARTUP: (SimDuration, SimDuration) = (SimDuration::from_ms(900), SimDuration::from_ms(1100));

impl World {
    /// The process is gone; its disk is there. Every connection to it and from it breaks. True if it ran.
    pub(super) fn crash(&mut self, id: BrokerId) -> bool {
        let Some(site) = self.brokers.remove(&id) else {
            return false;
        };
        let (disk, heard, ran) = match site {
            Site::Up(broker) => {
                let heard = broker
                    .serves()
                    .then(|| broker.last_heartbeat(self.medium.now));
                (broker.crash(self.medium.now), heard, true)
            }
            Site::ComingUp(disk, process_up) => {
                self.medium.queue.remove(process_up);
                (disk, None, true)
            }
            Site::Down(disk) => (disk, None, false),
        };
        self.brokers.insert(id, Site::Down(disk));
        if !ran {
            return false;
        }
        self.note(Observation::BrokerCrashed { broker: id });
        self.process_is_gone(id);
        if let Some(heard) = heard {
            self.silence(id, heard);
        }
        true
    }

    /// Its clocks stop, its connections break.
    fn process_is_gone(&mut self, id: BrokerId) {
        let node = NodeId::Broker(id);
        self.medium.queue.disarm_all(node);
        self.medium.paused.remove(&id);
        self.frozen.retain(|(frozen, _)| *frozen != id);
        for connection in self.medium.network.of_node(node) {
            let is_client = self
                .medium
                .network
                .connections
                .get(&connection)
                .is_some_and(|c| c.client == node);
            self.medium
                .drop_connection(connection, LostBecause::ConnectionBroken, !is_client);
        }
    }

    /// Tells one broker after the other to stop, each when the one before is down. True when all are.
    pub(super) fn go_on_stopping(&mut self, ids: &[BrokerId]) -> bool {
        while let Some(id) = ids.get(self.director.next_value as usize) {
            let now = self.medium.now;
            match self.brokers.get_mut(id) {
                Some(Site::Up(broker)) if broker.is_stopping() => return false,
                Some(Site::Up(broker)) => {
                    let out = &mut self.medium.effects(NodeId::Broker(*id));
                    broker.begin_shutdown(now, out);
                }
                Some(Site::ComingUp(..)) => _ = self.crash(*id),
                Some(Site::Down(_)) | None => self.director.next_value += 1,
            }
            self.end_if_it_may(*id);
        }
        true
    }

    /// The process ends by itself, if the controller has let it go.
    pub(super) fn end_if_it_may(&mut self, id: BrokerId) {
        let may = matches!(self.brokers.get(&id), Some(Site::Up(broker)) if broker.may_end());
        if !may {
            return;
        }
        if let Some(Site::Up(broker)) = self.brokers.remove(&id) {
            let heard = broker
                .serves()
                .then(|| broker.last_heartbeat(self.medium.now));
            self.brokers.insert(id, Site::Down(broker.end()));
            self.note(Observation::BrokerStopped { broker: id });
            self.process_is_gone(id);
            if let Some(heard) = heard {
                self.silence(id, heard);
            }
        }
    }

    /// The power of brokers fails: the processes are gone, and what was not forced to disk.
    pub(super) fn power_cut<'a>(
        &mut self,
        ids: impl Iterator<Item = &'a Whole> + Clone,
        synced: bool,
    ) {
        let ids = ids.map(|id| BrokerId(id.0));
        for id in ids.clone() {
            self.crash(id);
        }
        if synced {
            return;
        }
        for broker in ids {
            let Some(Site::Down(disk)) = self.brokers.get_mut(&broker) else {
                continue;
            };
            for (partition, to, records) in disk.lose_unflushed() {
                if !records.is_empty() {
                    self.note(Observation::UnflushedLost {
                        broker,
                        partition,
                        to,
                        records,
                    });
                }
            }
        }
    }

    /// True while a broker's process stands still.
    pub(super) fn is_paused(&self, id: BrokerId) -> bool {
        self.medium.paused.contains(&id)
    }

    /// SIGSTOP: the process does nothing, but its connections stay, and what is sent to it waits in the kernel's buffers.
    pub(super) fn pause(&mut self, id: BrokerId) {
        if matches!(self.brokers.get(&id), Some(Site::Up(_))) && self.medium.paused.insert(id) {
            self.note(Observation::BrokerPaused { broker: id });
            self.unheard(id);
            // It sends no fetches meanwhile.
            for (_, site) in self.brokers.iter_mut().filter(|(other, _)| **other != id) {
                if let Site::Up(leader) = site {
                    leader.on_link_cut(self.medium.now, id);
                }
            }
        }
    }

    /// SIGCONT: whatever came to the process meanwhile reaches it now, in its order.
    pub(super) fn resume_process(&mut self, id: BrokerId) {
        if !self.medium.paused.remove(&id) {
            return;
        }
        self.note(Observation::BrokerResumed { broker: id });
        self.heard(id);
        let cause = Some(self.medium.step);
        let (own, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.frozen)
            .into_iter()
            .partition(|(frozen, _)| *frozen == id);
        self.frozen = others;
        for (_, what) in own {
            match what {
                Pending::Timer(node, timer) => {
                    self.medium.queue.arm(node, timer, self.medium.now, cause)
                }
                other => _ = self.medium.queue.push(self.medium.now, other, cause),
            }
        }
        self.read_buffers(id);
    }

    /// Requests that came while the process stood still: of connections that are open, and of those that were closed meanwhile.
    fn read_buffers(&mut self, id: BrokerId) {
        let server = NodeId::Broker(id);
        let connections = self.medium.network.connections.iter();
        let unread: Vec<_> = connections
            .filter(|(_, c)| c.server == server && !c.waiting.is_empty())
            .map(|(id, c)| (id, c.client, c.state == State::Open))
            .collect();
        for (connection, client, open) in unread {
            if open {
                let cause = Some(self.medium.step);
                self.medium
                    .queue
                    .push(self.medium.now, Pending::Serve(connection), cause);
                continue;
            }
            let closed = self.medium.network.connections.get_mut(&connection);
            let waiting = closed.map(|c| std::mem::take(&mut c.waiting));
            for (message, request) in waiting.unwrap_or_default() {
                let reply = ReplyTo {
                    connection,
                    request: message,
                };
                self.deliver(server, client, &mut Input::Request(reply, request));
            }
        }
    }

    /// It happens when the process goes on. A client that waits for a connection gives up after its `request.timeout.ms`.
    pub(super) fn freeze(&mut self, id: BrokerId, what: Pending) {
        let waits = match what {
            Pending::Opened(connection) => self.medium.network.connections.get(&connection),
            _ => None,
        };
        let client = waits.filter(|c| c.server == NodeId::Broker(id));
        if let Some(NodeId::Client(client)) = client.map(|c| c.client) {
            let frozen = self.frozen.iter().position(|entry| *entry == (id, what));
            if let (Pending::Opened(connection), Some(place)) = (what, frozen) {
                self.frozen.remove(place);
                return self.finish_opening(connection);
            }
            if let Some(config) = self.setup.producer(client) {
                let at = self.medium.now + config.first_answer_timeout();
                self.medium.schedule(at, what);
            }
        }
        self.frozen.push((id, what));
    }

    /// The broker that stands still and would have to do this.
    pub(super) fn frozen_by(&self, what: &Pending) -> Option<BrokerId> {
        let end = |id: &ConnectionId, direction| {
            let connection = self.medium.network.connections.get(id)?;
            Some(connection.ends(direction).1)
        };
        let node = match what {
            Pending::Timer(node, _) => Some(*node),
            Pending::Arrival(id, Direction::Down) => end(id, Direction::Down),
            // Who connects to a process that stands still waits for its first word (ApiVersions).
            Pending::Opened(id) => end(id, Direction::Up)
                .filter(|server| server.broker().is_some_and(|id| self.is_paused(id)))
                .or_else(|| end(id, Direction::Down)),
            Pending::Closed(id, direction) => end(id, *direction),
            Pending::Script
            | Pending::Fault(_)
            | Pending::ProcessUp(_)
            | Pending::Arrival(_, Direction::Up)
            | Pending::Serve(_)
            | Pending::DelayOver(..) => None,
        };
        node.and_then(NodeId::broker)
            .filter(|id| self.is_paused(*id))
    }

    pub(super) fn silence(&mut self, id: BrokerId, heard: super::SimTime) {
        let now = self.medium.now;
        let out = &mut self.medium.effects(NodeId::Controller);
        self.controller.on_silence(now, id, heard, out);
    }

    /// Starts a process; it comes up a little later. True if it was down.
    pub(super) fn start(&mut self, id: BrokerId) -> bool {
        let disk = match self.brokers.remove(&id) {
            Some(Site::Down(disk)) => disk,
            Some(other) => {
                self.brokers.insert(id, other);
                return false;
            }
            None => return false,
        };
        self.note(Observation::BrokerStarted { broker: id });
        let key = [u64::from(id.0), self.medium.now.0];
        let startup = self
            .setup
            .seed
            .between(Draw::Startup, &key, STARTUP.0, STARTUP.1);
        let process_up = self
            .medium
            .schedule(self.medium.now + startup, Pending::ProcessUp(id));
        self.brokers.insert(id, Site::ComingUp(disk, process_up));
        true
    }

    pub(super) fn process_up(&mut self, id: BrokerId) {
        let Some(Site::ComingUp(disk, _)) = self.brokers.remove(&id) else {
            unreachable!("the process of a broker that was killed never comes up");
        };
        let now = self.medium.now;
        let out = &mut self.medium.effects(NodeId::Broker(id));
        let broker = Broker::start(now, id, self.setup.brokers, disk, out);
        self.brokers.insert(id, Site::Up(Box::new(broker)));
    }
}
