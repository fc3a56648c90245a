//! The one place that writes: a [`Player`] and the signals that show it. Components read signals and send commands.

use super::panic_screen;
use crate::model::ids::{BrokerId, MessageId};
use crate::model::scenario::Scenario;
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::player::{Changed, Command, Edit, Outline, Player, Speed};
use crate::scene::fold::Fold;
use crate::share::Remark;
use crate::verdict::Ledger;
use leptos::prelude::*;
use std::sync::Arc;

/// Signals around one player. Copies are the same store.
#[derive(Clone, Copy)]
pub struct Store {
    player: StoredValue<Player>,
    trace: RwSignal<Arc<Trace>>,
    ledger: RwSignal<Arc<Ledger>>,
    outline: RwSignal<Arc<Outline>>,
    fold: RwSignal<Arc<Fold>>,
    playhead: RwSignal<SimTime>,
    playing: RwSignal<bool>,
    speed: RwSignal<Speed>,
    remarks: RwSignal<Arc<Vec<Remark>>>,
    reply: RwSignal<Option<String>>,
    depth: RwSignal<(bool, bool)>,
    on_edit: StoredValue<Option<Callback<Edit>>>,
}

impl Store {
    /// A store of a scenario.
    #[must_use]
    pub fn new(scenario: &Scenario, remarks: Vec<Remark>) -> Self {
        let player = Player::new(scenario, remarks, panic_screen::remember);
        Self {
            trace: RwSignal::new(Arc::clone(player.trace())),
            ledger: RwSignal::new(Arc::clone(player.ledger())),
            outline: RwSignal::new(Arc::clone(player.outline())),
            fold: RwSignal::new(Arc::new(Fold::of(player.trace()))),
            playhead: RwSignal::new(player.playhead()),
            playing: RwSignal::new(player.playing()),
            speed: RwSignal::new(player.speed()),
            remarks: RwSignal::new(Arc::clone(player.remarks())),
            reply: RwSignal::new(None),
            depth: RwSignal::new((false, false)),
            on_edit: StoredValue::new(None),
            player: StoredValue::new(player),
        }
    }

    /// Asks the player, and shows what changed.
    pub fn send(self, command: Command) -> Changed {
        let changed = self
            .player
            .try_update_value(|player| player.apply(command))
            .unwrap_or_default();
        self.player.with_value(|player| self.show(player, changed));
        if changed.scenario != Edit::None
            && let Some(told) = self.on_edit.get_value()
        {
            told.run(changed.scenario);
        }
        changed
    }

    fn show(self, player: &Player, changed: Changed) {
        if changed.scenario != Edit::None {
            self.fold.set(Arc::new(Fold::of(player.trace())));
            self.trace.set(Arc::clone(player.trace()));
            self.ledger.set(Arc::clone(player.ledger()));
            self.outline.set(Arc::clone(player.outline()));
            self.depth.set((player.can_undo(), player.can_redo()));
        }
        if changed.playhead {
            self.playhead.set(player.playhead());
        }
        if changed.playing {
            self.playing.set(player.playing());
        }
        if changed.speed {
            self.speed.set(player.speed());
        }
        if changed.remarks {
            self.remarks.set(Arc::clone(player.remarks()));
        }
        if changed.reply {
            self.reply.set(player.reply().map(str::to_owned));
        }
    }

    /// Who is told, at once, that the scenario was edited.
    pub fn on_edit(self, told: Callback<Edit>) {
        self.on_edit.set_value(Some(told));
    }

    /// The run.
    #[must_use]
    pub fn trace(self) -> Signal<Arc<Trace>> {
        self.trace.into()
    }

    /// Its judgement.
    #[must_use]
    pub fn ledger(self) -> Signal<Arc<Ledger>> {
        self.ledger.into()
    }

    /// Its outline.
    #[must_use]
    pub fn outline(self) -> Signal<Arc<Outline>> {
        self.outline.into()
    }

    /// Simulated time to playing time.
    #[must_use]
    pub fn fold(self) -> Signal<Arc<Fold>> {
        self.fold.into()
    }

    /// The instant that is looked at.
    #[must_use]
    pub fn playhead(self) -> Signal<SimTime> {
        self.playhead.into()
    }

    /// True while it travels.
    #[must_use]
    pub fn playing(self) -> Signal<bool> {
        self.playing.into()
    }

    /// How fast.
    #[must_use]
    pub fn speed(self) -> Signal<Speed> {
        self.speed.into()
    }

    /// What was not understood of the last text.
    #[must_use]
    pub fn remarks(self) -> Signal<Arc<Vec<Remark>>> {
        self.remarks.into()
    }

    /// Why the last command did nothing.
    #[must_use]
    pub fn reply(self) -> Signal<Option<String>> {
        self.reply.into()
    }

    /// Whether there is something to undo, and to redo.
    #[must_use]
    pub fn depth(self) -> Signal<(bool, bool)> {
        self.depth.into()
    }

    /// A callback that crashes a broker.
    #[must_use]
    pub fn crash(self) -> Callback<BrokerId> {
        Callback::new(move |broker| {
            self.send(Command::Crash(broker));
        })
    }

    /// A callback that starts a broker.
    #[must_use]
    pub fn start(self) -> Callback<BrokerId> {
        Callback::new(move |broker| {
            self.send(Command::Start(broker));
        })
    }

    /// A callback that loses a message.
    #[must_use]
    pub fn lose(self) -> Callback<MessageId> {
        Callback::new(move |message| {
            self.send(Command::Lose(message));
        })
    }

    /// Looks at the scenario.
    pub fn with_scenario<T>(self, look: impl FnOnce(&Scenario) -> T) -> T {
        self.trace.with(|trace| look(trace.scenario()))
    }

    /// The same, without listening.
    pub fn with_scenario_untracked<T>(self, look: impl FnOnce(&Scenario) -> T) -> T {
        self.trace.with_untracked(|trace| look(trace.scenario()))
    }
}
