//! Acts of share groups: settings, consumers, and what applications do with these.

use super::super::effects::{Effects, Timer};
use super::super::ids::{BrokerId, ClientId, NodeId, Offset};
use super::super::observation::Observation;
use super::super::scenario::{
    AcknowledgeAs, Act, ShareAckAct, ShareConsumerAct, ShareGroupAct, SharePollAct,
};
use super::super::share_consumer::ShareConsumer;
use super::super::text::{Whole, Word};
use super::super::time::{SimDuration, SimTime};
use super::super::wire::Acknowledgement;
use super::World;

/// How long the recorder waits after it has changed a group's settings.
const AFTER_SETTINGS: SimDuration = SimDuration::from_ms(300);
/// How long one `poll()` of the recorder waits.
const ONE_CALL: SimDuration = SimDuration::from_ms(200);
/// How long it polls where a step does not say, in ms.
const POLLS_FOR: u32 = 20_000;
/// How long its `commitSync()` waits.
const COMMIT_WAIT: SimDuration = SimDuration::from_ms(10_000);

/// A `share_poll` act under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Sharing {
    calling: bool,
    began: SimTime,
    /// When records were last returned.
    last: SimTime,
    records: u32,
}

impl World {
    pub(super) fn begin_sharing(&mut self, act: &Act) {
        match act {
            Act::ShareGroup(group) => self.configure_group(group),
            Act::ShareConsumer(consumer) => self.create_share_consumer(consumer),
            Act::SharePoll(_) => {
                self.director.sharing = Sharing {
                    began: self.medium.now,
                    last: self.medium.now,
                    ..Sharing::default()
                };
            }
            Act::ShareAck(said) => self.acknowledge(said),
            Act::ShareCommit { by } => {
                self.ask_share_consumer(by, |consumer, now, out| {
                    consumer.commit(now, COMMIT_WAIT, out);
                });
            }
            _ => {}
        }
    }

    fn configure_group(&mut self, act: &ShareGroupAct) {
        if let Some(group) = self.setup.cast.group(&act.group.0) {
            let config = self.setup.brokers.share.of_group(&act.config);
            let out = &mut self.medium.effects(NodeId::Controller);
            self.controller.configure_group(group, config, out);
        }
        self.pause_script(AFTER_SETTINGS);
    }

    fn create_share_consumer(&mut self, act: &ShareConsumerAct) {
        let setup = self.setup.clone();
        let (Some(id), Some(group)) = (
            setup.cast.consumer(&act.id.0),
            setup.cast.group(&act.group.0),
        ) else {
            return;
        };
        let Some(config) = setup.share_consumer(id) else {
            return self.note(Observation::ClientRefused { client: id });
        };
        let topic = act.topic.as_ref().map(|word| word.0.as_str());
        let topic = setup.cast.topic(topic).unwrap_or_default();
        let named: Vec<BrokerId> = act.bootstrap.iter().map(|id| BrokerId(id.0)).collect();
        let bootstrap = if named.is_empty() {
            setup.bootstrap()
        } else {
            &named
        };
        let consumer = ShareConsumer::new((id, group, topic), config, setup.seed, bootstrap);
        self.share_consumers.insert(id, consumer);
    }

    pub(super) fn ask_share_consumer(
        &mut self,
        by: &Word,
        ask: impl FnOnce(&mut ShareConsumer, SimTime, &mut Effects),
    ) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        let now = self.medium.now;
        let out = &mut self.medium.effects(NodeId::Client(id));
        if let Some(consumer) = self.share_consumers.get_mut(&id) {
            ask(consumer, now, out);
        }
    }

    fn share_consumer_called(&mut self, by: &Word) -> Option<(ClientId, &mut ShareConsumer)> {
        let id = self.setup.cast.consumer(&by.0)?;
        let consumer = self.share_consumers.get_mut(&id)?;
        Some((id, consumer))
    }

    /// True while a share consumer's application waits in a call.
    pub(super) fn is_share_consumer_busy(&mut self, by: &Word) -> bool {
        let called = self.share_consumer_called(by);
        called.is_some_and(|(_, consumer)| consumer.is_calling())
    }

    fn acknowledge(&mut self, said: &ShareAckAct) {
        let topic = self.setup.script.acts().iter().find_map(|act| match act {
            Act::ShareConsumer(consumer) if consumer.id == said.by => Some(consumer.topic.as_ref()),
            _ => None,
        });
        let Some(partition) = self.partition_named(topic.flatten(), None) else {
            return;
        };
        let kind = match said.kind {
            AcknowledgeAs::Accept => Acknowledgement::Accept,
            AcknowledgeAs::Release => Acknowledgement::Release,
            AcknowledgeAs::Reject => Acknowledgement::Reject,
            AcknowledgeAs::Renew => Acknowledgement::Renew,
        };
        let offsets = said.offsets.iter().map(|at| Offset(u64::from(at.0)));
        let offsets: Vec<Offset> = offsets.collect();
        self.ask_share_consumer(&said.by, |consumer, _, out| {
            consumer.acknowledge(partition, &offsets, kind, out);
        });
    }

    /// The recorder's loop. True once it was enough, or a call threw.
    pub(super) fn go_on_sharing(&mut self, act: &SharePollAct) -> bool {
        let ms = |given: Option<Whole>, usual: u32| {
            SimDuration::from_ms(u64::from(given.map_or(usual, |given| given.0)))
        };
        loop {
            let calling = self.director.sharing.calling;
            let Some((id, consumer)) = self.share_consumer_called(&act.by) else {
                return true;
            };
            if calling {
                if consumer.is_calling() {
                    return false;
                }
                let returned = consumer.take_returned().unwrap_or_default();
                let sharing = &mut self.director.sharing;
                sharing.calling = false;
                sharing.records += returned.records;
                if returned.records > 0 {
                    sharing.last = self.medium.now;
                }
                if returned.failed {
                    return true;
                }
            }
            let sharing = &mut self.director.sharing;
            let idle = self.medium.now.since(sharing.last);
            if self.medium.now >= sharing.began + ms(act.timeout_ms, POLLS_FOR)
                || sharing.records >= act.records.map_or(u32::MAX, |records| records.0)
                || act.idle_ms.is_some_and(|most| idle >= ms(Some(most), 0))
            {
                return true;
            }
            sharing.calling = true;
            let now = self.medium.now;
            let out = &mut self.medium.effects(NodeId::Client(id));
            if let Some(consumer) = self.share_consumers.get_mut(&id) {
                consumer.poll(now, ONE_CALL, out);
            }
        }
    }

    /// A share consumer's process is gone: its connections are, too.
    pub(super) fn kill_share_consumer(&mut self, by: &Word) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        if self.share_consumers.remove(&id).is_none() {
            return;
        }
        let client = NodeId::Client(id);
        self.note(Observation::ClientDied { client: id });
        self.medium.queue.disarm(client, Timer::ShareConsumer);
        self.medium.break_all(client);
    }

    /// A share consumer that has been closed is gone, and its connections with it.
    pub(super) fn forget_closed_share_consumer(&mut self, by: &Word) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        if self.share_consumers.remove(&id).is_some() {
            let client = NodeId::Client(id);
            self.medium.queue.disarm(client, Timer::ShareConsumer);
            self.medium.close_all(client);
        }
    }

    /// The script is over: nobody calls any more.
    pub(super) fn rest_share_consumers(&mut self) {
        let ids: Vec<ClientId> = self.share_consumers.keys().copied().collect();
        for id in ids {
            let out = &mut self.medium.effects(NodeId::Client(id));
            if let Some(consumer) = self.share_consumers.get_mut(&id) {
                consumer.rest(out);
            }
        }
    }
}
