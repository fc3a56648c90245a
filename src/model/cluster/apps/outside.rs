//! The outside world: what applications did outside of Kafka.

use super::super::super::ids::{ClientId, RecordId};
use super::super::super::observation::{AppFact, Observation};
use super::super::super::scenario::Act;
use super::super::World;
use super::Work;

/// What the applications have done outside of Kafka.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in super::super) struct Outside {
    /// To which world, on account of which record.
    pub(super) effects: Vec<(u16, RecordId)>,
    /// Rows of outboxes that nobody has marked as written.
    pub(super) outbox: Vec<(u16, RecordId)>,
}

impl World {
    /// An application does something to the outside world.
    pub(super) fn change_outside(&mut self, id: ClientId, record: RecordId) {
        let world = self.world_of_app(id);
        self.outside.effects.push((world, record));
        if let Some(app) = self.apps.get_mut(&id)
            && let Work::Processor(processor) = &mut app.work
            && processor.keeps_an_outbox(record)
        {
            self.outside.outbox.push((world, record));
        }
        self.note(Observation::App(AppFact::EffectDone {
            by: id,
            world,
            record,
        }));
    }

    pub(super) fn world_of_app(&self, id: ClientId) -> u16 {
        let act = self.apps.get(&id).map_or(0, |app| app.act);
        self.world_of(self.setup.script.acts().get(act as usize))
    }

    pub(super) fn world_of(&self, act: Option<&Act>) -> u16 {
        let name = act.and_then(Act::world_name);
        self.setup.cast.world(name.unwrap_or_default())
    }
}
