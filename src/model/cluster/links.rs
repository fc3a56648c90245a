//! What the script does to the network: links are cut and healed, connections broken, single frames stopped.

use super::super::ids::{ANYBODY, BrokerId, ClientId, NodeId};
use super::super::observation::LostBecause;
use super::super::scenario::{Act, Api, FrameFate, Phase};
use super::super::text::Word;
use super::super::time::SimDuration;
use super::faults::FrameFault;
use super::{Site, World};

impl World {
    /// `a->b` or `a<->b`, as ways; `*` is everybody.
    fn ways(&self, links: &[Word]) -> Vec<(NodeId, NodeId)> {
        let mut ways = Vec::new();
        for Word(link) in links {
            let (a, b, both) = match (link.split_once("<->"), link.split_once("->")) {
                (Some((a, b)), _) => (a, b, true),
                (None, Some((a, b))) => (a, b, false),
                (None, None) => continue,
            };
            let (from, to) = (self.nodes(a.trim()), self.nodes(b.trim()));
            let pairs = from.iter().flat_map(|a| to.iter().map(|b| (*a, *b)));
            for (a, b) in pairs.filter(|(a, b)| a != b) {
                ways.push((a, b));
                if both {
                    ways.push((b, a));
                }
            }
        }
        ways
    }

    fn nodes(&self, name: &str) -> Vec<NodeId> {
        if name != ANYBODY {
            let cast = &self.setup.cast;
            let named = cast.node(name);
            let of_it = |(_, owner): &&(ClientId, ClientId)| named == Some(NodeId::Client(*owner));
            let owned = cast.owners.iter().filter(of_it);
            let owned = owned.map(|(producer, _)| NodeId::Client(*producer));
            return named.into_iter().chain(owned).collect();
        }
        let cast = &self.setup.cast;
        let clients = (0..).map(ClientId).take(cast.clients());
        let brokers = cast.brokers.iter().copied().map(NodeId::Broker);
        let nodes = brokers.chain([NodeId::Controller]);
        nodes.chain(clients.map(NodeId::Client)).collect()
    }

    pub(super) fn cut_links(&mut self, links: &[Word]) {
        for (from, to) in self.ways(links) {
            self.medium.cut(from, to);
            for (one, other) in [(from, to), (to, from)] {
                match (one, other) {
                    (NodeId::Broker(id), NodeId::Broker(peer)) => {
                        if let Some(Site::Up(broker)) = self.brokers.get_mut(&id) {
                            broker.on_link_cut(self.medium.now, peer);
                        }
                    }
                    (NodeId::Broker(id), NodeId::Controller) => {
                        self.unheard(id);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Heals the named links, or all.
    pub(super) fn heal_links(&mut self, links: &[Word]) {
        let ways: Vec<_> = match links.is_empty() {
            true => self.medium.network.cuts.iter().copied().collect(),
            false => self.ways(links),
        };
        for (from, to) in &ways {
            self.medium.heal(*from, *to);
        }
        for (from, to) in ways {
            if let (NodeId::Broker(id), NodeId::Controller)
            | (NodeId::Controller, NodeId::Broker(id)) = (from, to)
            {
                self.heard(id);
            }
        }
    }

    /// Do heartbeats of that broker reach the controller, and answers come back?
    pub(super) fn is_heard(&self, id: BrokerId) -> bool {
        let node = NodeId::Broker(id);
        let cuts = &self.medium.network.cuts;
        let cut = cuts.contains(&(node, NodeId::Controller))
            || cuts.contains(&(NodeId::Controller, node));
        let stopped = self.frame_faults.iter().any(|fault| fault.silences(node));
        !cut && !stopped && !self.is_paused(id)
    }

    pub(super) fn heard(&mut self, id: BrokerId) {
        let epoch = match self.brokers.get(&id) {
            Some(Site::Up(broker)) if self.is_heard(id) => broker.epoch(),
            _ => None,
        };
        if let Some(epoch) = epoch {
            let now = self.medium.now;
            let out = &mut self.medium.effects(NodeId::Controller);
            self.controller.on_heard(now, id, epoch, out);
        }
    }

    /// The controller hears no more of a broker that it counts on.
    pub(super) fn unheard(&mut self, id: BrokerId) {
        if let Some(Site::Up(broker)) = self.brokers.get(&id)
            && broker.serves()
        {
            let heard = broker.last_heartbeat(self.medium.now);
            self.silence(id, heard);
        }
    }

    pub(super) fn reset_links(&mut self, links: &[Word]) {
        for (from, to) in self.ways(links) {
            for id in self.medium.network.opened_by(from, to) {
                self.medium
                    .drop_connection(id, LostBecause::ConnectionBroken, true);
            }
        }
    }

    pub(super) fn add_frame_fault(&mut self, act: &Act) {
        let Act::Fault {
            from,
            to,
            api,
            phase,
            nth,
            then,
            name,
            delay_ms,
        } = act
        else {
            return;
        };
        let node = |name: &Word| match name.0.as_str() {
            ANYBODY => Some(None),
            name => self.setup.cast.node(name).map(Some),
        };
        let (Some(from), Some(to)) = (node(from), node(to)) else {
            return;
        };
        self.frame_faults.push(FrameFault {
            from,
            to,
            api: *api,
            phase: *phase,
            countdown: *nth,
            fate: *then,
            delay: if *then == FrameFate::Delay {
                SimDuration::from_ms(u64::from(*delay_ms))
            } else {
                SimDuration::ZERO
            },
            name: name.as_ref().map(|word| word.0.clone()).unwrap_or_default(),
            fired: false,
            over: false,
        });
        self.unfold_fetches();
        self.stop_heartbeats();
    }

    /// Heartbeats are not frames here: a frame fault that waits for one has acted when the next one would have come.
    fn stop_heartbeats(&mut self) {
        for fault in &mut self.frame_faults {
            fault.fired |= fault.api == Api::BrokerHeartbeat;
        }
        for id in self.setup.cast.brokers.clone() {
            let node = NodeId::Broker(id);
            if self.frame_faults.iter().any(|fault| fault.silences(node)) {
                self.unheard(id);
            }
        }
    }

    fn hear_again(&mut self) {
        for id in self.setup.cast.brokers.clone() {
            self.heard(id);
        }
    }

    /// Where a frame fault waits for a fetch between brokers, every fetch is a frame.
    pub(super) fn unfold_fetches(&mut self) {
        let waits = |fault: &FrameFault, follower: NodeId, leader: NodeId| {
            let (client, server) = match fault.phase {
                Phase::Request => (fault.from, fault.to),
                Phase::Response => (fault.to, fault.from),
            };
            let is = |named: Option<NodeId>, node| named.is_none_or(|named| named == node);
            fault.api == Api::Fetch && !fault.over && is(client, follower) && is(server, leader)
        };
        let ids = self.setup.cast.brokers.clone();
        for (leader, follower) in ids.iter().flat_map(|a| ids.iter().map(|b| (*a, *b))) {
            let (one, other) = (NodeId::Broker(follower), NodeId::Broker(leader));
            let unfolded = self
                .frame_faults
                .iter()
                .any(|fault| waits(fault, one, other));
            if let Some(Site::Up(broker)) = self.brokers.get_mut(&leader) {
                let now = self.medium.now;
                broker.unfold(now, follower, unfolded, &mut self.medium.effects(other));
            }
        }
    }

    /// Lets go of what the fault of that name holds.
    pub(super) fn release_named(&mut self, name: &str) {
        let named: Vec<_> = (0..)
            .zip(&self.frame_faults)
            .filter(|(_, fault)| fault.name == name)
            .map(|(index, _)| index)
            .collect();
        named.into_iter().for_each(|index| self.release(index));
        self.hear_again();
    }

    /// Ends all frame faults, and lets go of what they hold.
    pub(super) fn end_frame_faults(&mut self) {
        for index in 0..u32::try_from(self.frame_faults.len()).unwrap_or(u32::MAX) {
            self.frame_faults[index as usize].over = true;
            self.release(index);
        }
        self.unfold_fetches();
        self.hear_again();
    }
}
