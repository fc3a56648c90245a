//! What cannot work in acts of applications and of share groups.

use super::Check;
use crate::model::config::Owner;
use crate::model::scenario::Act;

impl<'a> Check<'a> {
    pub(super) fn application(&mut self, act: &'a Act) {
        match act {
            Act::Connect(worker) => {
                self.make(Owner::Consumer, &worker.id.0);
                let topic = worker.topic.as_ref().map(|word| word.0.as_str());
                self.made(Owner::Topic, topic);
                if worker.is_source() {
                    self.made(Owner::Topic, Some(worker.positions()));
                } else if let Some(dead) = worker.dead_letters() {
                    self.made(Owner::Topic, Some(dead));
                }
            }
            Act::Streams(streams) => {
                self.make(Owner::Consumer, &streams.id.0);
                let topic = streams.topic.as_ref().map(|word| word.0.as_str());
                self.made(Owner::Topic, topic);
                self.made(Owner::Topic, Some(streams.out()));
                if let Some(changelog) = &streams.changelog {
                    self.made(Owner::Topic, Some(&changelog.0));
                }
            }
            Act::Process(process) => {
                self.make(Owner::Consumer, &process.id.0);
                let topic = process.topic.as_ref().map(|word| word.0.as_str());
                self.made(Owner::Topic, topic);
                for target in process.targets() {
                    self.made(Owner::Topic, Some(target));
                }
            }
            Act::ConnectStatus { by } | Act::KillConnect { by } | Act::StopConnect { by } => {
                self.made(Owner::Consumer, Some(&by.0));
            }
            _ => {}
        }
    }

    pub(super) fn sharing(&mut self, act: &'a Act) {
        match act {
            Act::ShareGroup(group) => self.settings(Owner::Group, &group.config),
            Act::ShareConsumer(consumer) => {
                self.make(Owner::Consumer, &consumer.id.0);
                let mut settings = consumer.config.clone();
                settings.0.retain(|key, _| !key.starts_with("share."));
                self.settings(Owner::Consumer, &settings);
                let topic = consumer.topic.as_ref().map(|word| word.0.as_str());
                self.made(Owner::Topic, topic);
                consumer.bootstrap.iter().for_each(|id| self.broker(*id));
            }
            Act::SharePoll(poll) => self.made(Owner::Consumer, Some(&poll.by.0)),
            Act::ShareAck(said) => self.made(Owner::Consumer, Some(&said.by.0)),
            Act::ShareCommit { by } => self.made(Owner::Consumer, Some(&by.0)),
            _ => {}
        }
    }
}
