//! What the drawing derives from its inputs: each part is computed again only when what it depends on has changed.

use crate::model::ids::{MessageId, StepIndex};
use crate::model::time::SimTime;
use crate::model::trace::Trace;
use crate::scene::couriers;
use crate::scene::labels::Seen;
use crate::scene::layout::{Layout, View};
use crate::scene::paper::Paper;
use crate::scene::tape::Tape;
use crate::scene::window::{self, Group, Window};
use crate::verdict::Ledger;
use leptos::prelude::*;
use std::sync::Arc;

/// A tape in one size: changes with the run or the width, never with time.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The run.
    pub tape: Arc<Tape>,
    /// Where everything is.
    pub layout: Arc<Layout>,
    /// Its paper.
    pub paper: Arc<Paper>,
}

/// Everything that the drawing's parts read.
#[derive(Clone, Copy)]
pub struct Parts {
    /// The run in this size; none before the size is known.
    pub picture: Memo<Option<Picture>>,
    /// Where the playhead is.
    pub playhead: Signal<SimTime>,
    /// True while playing.
    pub playing: Signal<bool>,
    /// Where the window is.
    pub view: Memo<Option<View>>,
    /// The last instant at or before now at which a mark appears.
    pub mark: Memo<SimTime>,
    /// The last instant whose marks have slid out at the left, if any has.
    pub gone: Memo<Option<SimTime>>,
    /// The labels that are seen.
    pub seen: Memo<Vec<Seen>>,
    /// The state at now.
    pub window: Memo<Option<Arc<Window>>>,
    /// The same as shapes.
    pub groups: Memo<Vec<Group>>,
    /// What is on its way.
    pub flying: Memo<Vec<MessageId>>,
    /// The state in words.
    pub sentence: Memo<String>,
}

impl Parts {
    /// Sets up all that is derived.
    pub fn new(
        trace: Signal<Arc<Trace>>,
        ledger: Signal<Arc<Ledger>>,
        playhead: Signal<SimTime>,
        playing: Signal<bool>,
        width: Signal<f64>,
    ) -> Self {
        let tape = Memo::new(move |_| Arc::new(Tape::of(&trace.read(), &ledger.read())));
        let picture = Memo::new(move |_| {
            let width = width.get();
            (width > 0.0).then(|| {
                let tape = tape.get();
                let layout = Layout::of(&tape, width, None);
                Picture {
                    paper: Arc::new(Paper::of(&tape, &layout)),
                    layout: Arc::new(layout),
                    tape,
                }
            })
        });
        let step: Memo<Option<StepIndex>> =
            Memo::new(move |_| trace.read().step_at(playhead.get()));
        let view = Memo::new(move |_| Some(picture.read().as_ref()?.layout.view(playhead.get())));
        let window = Memo::new(move |_| {
            let tape = tape.get();
            let (trace, now) = (trace.read(), step.get());
            let at = now
                .and_then(|step| trace.steps().get(step.0 as usize))
                .map_or(SimTime::ZERO, |step| step.at);
            let board = now.map_or_else(
                || trace.board_at(SimTime::ZERO),
                |step| trace.world_at(step).board(),
            );
            Some(Arc::new(Window::of(&tape, &board, at)))
        });
        Self {
            picture,
            playhead,
            playing,
            view,
            mark: last_mark(picture, playhead),
            gone: last_gone(picture, view),
            seen: seen(picture, view, playing),
            window,
            groups: groups(picture, window),
            flying: flying(picture, playhead),
            sentence: sentence(picture, window, playhead, playing),
        }
    }
}

fn last_mark(picture: Memo<Option<Picture>>, playhead: Signal<SimTime>) -> Memo<SimTime> {
    Memo::new(move |_| {
        let now = playhead.get();
        let picture = picture.read();
        let stamps = picture.iter().flat_map(|picture| &picture.paper.stamps);
        stamps
            .map(|stamp| stamp.at)
            .filter(|at| *at <= now)
            .max()
            .unwrap_or_default()
    })
}

fn last_gone(picture: Memo<Option<Picture>>, view: Memo<Option<View>>) -> Memo<Option<SimTime>> {
    Memo::new(move |_| {
        let edge = view.get()?.gone_before;
        let picture = picture.read();
        let picture = picture.as_ref()?;
        let stamps = picture.paper.stamps.iter().map(|stamp| stamp.at);
        stamps.filter(|at| picture.layout.x(*at) < edge).max()
    })
}

fn seen(
    picture: Memo<Option<Picture>>,
    view: Memo<Option<View>>,
    playing: Signal<bool>,
) -> Memo<Vec<Seen>> {
    Memo::new(move |_| {
        let picture = picture.read();
        let (Some(picture), Some(view)) = (picture.as_ref(), view.get()) else {
            return Vec::new();
        };
        let reserved = window::shoulders(&picture.layout, &view);
        picture
            .paper
            .labels
            .seen(&picture.layout, &view, playing.get(), &reserved)
    })
}

fn groups(picture: Memo<Option<Picture>>, window: Memo<Option<Arc<Window>>>) -> Memo<Vec<Group>> {
    Memo::new(move |_| {
        let picture = picture.read();
        let (Some(picture), Some(window)) = (picture.as_ref(), window.get()) else {
            return Vec::new();
        };
        window::groups(&picture.tape, &picture.layout, &window)
    })
}

fn flying(picture: Memo<Option<Picture>>, playhead: Signal<SimTime>) -> Memo<Vec<MessageId>> {
    Memo::new(move |_| {
        let now = playhead.get();
        let picture = picture.read();
        let Some(picture) = picture.as_ref() else {
            return Vec::new();
        };
        let drawn = couriers::in_flight(&picture.tape, now)
            .filter(|message| couriers::height(message, &picture.layout, now).is_some());
        drawn.map(|message| message.id).collect()
    })
}

/// The state in words. While playing it follows the steps, not the clock.
fn sentence(
    picture: Memo<Option<Picture>>,
    window: Memo<Option<Arc<Window>>>,
    playhead: Signal<SimTime>,
    playing: Signal<bool>,
) -> Memo<String> {
    Memo::new(move |_| {
        let window = window.get();
        let now = if playing.get() {
            playhead.get_untracked()
        } else {
            playhead.get()
        };
        let picture = picture.read();
        let (Some(picture), Some(window)) = (picture.as_ref(), window) else {
            return "One instant".to_owned();
        };
        window::sentence(&picture.tape, &window, now)
    })
}
