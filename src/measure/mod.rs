//! What the benchmarks measure, the same natively and in the browser. The clock is the caller's: this layer has none.
//!
//! The unit of comparison is a bare event loop: the cheapest thing that could be called a simulation, run in the same minute on
//! the same machine. How many of its events one event of the model costs says more than any time.

use crate::model::config::Owner;
use crate::model::scenario::Scenario;
use crate::model::trace::Trace;
use crate::player::{Command, Key, Player};
use crate::share::{scenes, text};
use crate::verdict::Ledger;
use crate::verdict::outcome::verdicts;
use std::collections::BTreeMap;

/// Records of the long run.
const RECORDS: u32 = 500;
/// Events of one round of the bare loop.
const BARE_EVENTS: u64 = 200_000;
/// Edits of one round.
const EDITS: u32 = 10;

/// What was measured; times are the best of all rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measured {
    /// Steps of the long run.
    pub model_events: u64,
    /// How long it took, in milliseconds.
    pub model_ms: f64,
    /// Events of the bare loop.
    pub bare_events: u64,
    /// How long they took, in milliseconds.
    pub bare_ms: f64,
    /// How long the judge takes for the ledger of the long run, and for what was promised, in milliseconds.
    pub judge_ms: f64,
    /// Steps of the scene that is edited.
    pub scene_events: u64,
    /// From one edit of it to its new run, ledger and chapters, in milliseconds.
    pub edit_ms: f64,
}

impl Measured {
    /// One line of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        format!(
            "{{\"model_events\":{},\"model_ms\":{:.4},\"judge_ms\":{:.4},\"bare_events\":{},\"bare_ms\":{:.4},\"scene_events\":{},\"edit_ms\":{:.5}}}",
            self.model_events,
            self.model_ms,
            self.judge_ms,
            self.bare_events,
            self.bare_ms,
            self.scene_events,
            self.edit_ms
        )
    }
}

/// A run of nearly everything that the model can do.
const STORM: &str = include_str!("storm.yaml");
/// Seeds with which it is compared.
const STORM_SEEDS: u64 = 6;

/// Of every built-in scene, and of a storm with several seeds, the number of steps and the digest of the last world, as JSON:
/// the same everywhere.
#[must_use]
pub fn digests() -> String {
    let scenes = scenes::SCENES
        .iter()
        .map(|scene| (scene.id.to_owned(), scene.scenario()));
    let storms = (0..STORM_SEEDS).map(|seed| {
        let mut storm = text::read(STORM).scenario;
        storm.seed = seed;
        (format!("storm-{seed}"), storm)
    });
    let digest = |(id, scenario): (String, Scenario)| {
        let trace = Trace::of(&scenario);
        let (steps, digest) = (trace.steps().len(), trace.last_world().digest());
        format!("\"{id}\":\"{steps} steps, {digest:016x}\"")
    };
    let all: Vec<_> = scenes.chain(storms).map(digest).collect();
    format!("{{{}}}", all.join(","))
}

/// Measures so many rounds; all three take turns in each, so that a busy machine is unfair to none of them.
pub fn measure(rounds: u32, now_ms: &impl Fn() -> f64) -> Measured {
    let long = text::read(&long_run()).scenario;
    let mut player = Player::new(&edited_scene(), Vec::new(), |_| ());
    let mut best = Measured {
        model_ms: f64::INFINITY,
        judge_ms: f64::INFINITY,
        bare_ms: f64::INFINITY,
        edit_ms: f64::INFINITY,
        bare_events: BARE_EVENTS,
        ..Measured::default()
    };
    for _ in 0..rounds.max(1) {
        let (events, took) = timed(now_ms, || Trace::of(&long).steps().len() as u64);
        best.model_events = events;
        best.model_ms = best.model_ms.min(took);
        let trace = Trace::of(&long);
        let (_, took) = timed(now_ms, || judge(&trace));
        best.judge_ms = best.judge_ms.min(took);
        let (_, took) = timed(now_ms, || bare_loop(BARE_EVENTS));
        best.bare_ms = best.bare_ms.min(took);
        let (events, took) = timed(now_ms, || edits(&mut player));
        best.scene_events = events;
        best.edit_ms = best.edit_ms.min(took / f64::from(EDITS));
    }
    best
}

/// The ledger of a run, and each promise next to what was seen of it.
fn judge(trace: &Trace) -> u64 {
    let ledger = Ledger::of(trace);
    let verdicts = verdicts(trace, &ledger);
    (ledger.rows.len() + verdicts.len()) as u64
}

fn timed(now_ms: &impl Fn() -> f64, work: impl FnOnce() -> u64) -> (u64, f64) {
    let began = now_ms();
    let result = std::hint::black_box(work());
    (result, now_ms() - began)
}

/// The scene that a bare address shows.
fn edited_scene() -> Scenario {
    let first = scenes::SCENES
        .iter()
        .find(|scene| scene.id == scenes::FIRST);
    first.map(scenes::Scene::scenario).unwrap_or_default()
}

/// Sets `acks` to and fro, as a user would. Gives the steps of the last run.
fn edits(player: &mut Player) -> u64 {
    let name = player
        .scenario()
        .producer_names()
        .next()
        .unwrap_or_default()
        .to_owned();
    for edit in 0..EDITS {
        let value = if edit % 2 == 0 { "all" } else { "1" };
        player.apply(Command::SetSetting {
            key: Key {
                owner: Owner::Producer,
                name: name.clone(),
                key: "acks".to_owned(),
            },
            value: Some(value.to_owned()),
            committed: true,
        });
    }
    player.trace().steps().len() as u64
}

/// Many records, one after the other, with a failover in the middle.
fn long_run() -> String {
    let send = |from: u32| {
        let values: Vec<String> = (from..from + RECORDS / 2)
            .map(|number| format!("m{number}"))
            .collect();
        format!(
            "  - do: send\n    by: p1\n    wait: each\n    values: [{}]\n",
            values.join(", ")
        )
    };
    format!(
        "ackscope: 1\nsteps:\n  - do: topic\n    name: t\n    replicas: [[1, 2, 3]]\n  - do: producer\n    id: p1\n    \
         config: {{acks: all}}\n{}  - do: crash\n    broker: 1\n{}",
        send(0),
        send(RECORDS / 2)
    )
}

/// A queue ordered by time and number, and nothing else: each event makes the next one.
fn bare_loop(events: u64) -> u64 {
    let mut queue: BTreeMap<(u64, u64), u64> =
        (0..32).map(|number| ((number, number), number)).collect();
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
    let mut sum = 0_u64;
    for number in 32..events + 32 {
        let Some(((at, _), payload)) = queue.pop_first() else {
            break;
        };
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        sum = sum.wrapping_add(payload);
        queue.insert((at + draw % 1000, number), draw);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::trace::End;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn the_long_run_is_long_and_the_edit_is_an_edit() {
        let ticks = AtomicU32::new(0);
        let clock = || f64::from(ticks.fetch_add(1, Ordering::Relaxed));
        let measured = measure(2, &clock);
        assert!(
            measured.model_events > u64::from(RECORDS) * 4,
            "{measured:?}"
        );
        assert!(measured.scene_events > 20, "{measured:?}");
        assert_eq!(measured.model_ms, 1.0);
        assert!(
            measured
                .json()
                .contains("\"bare_events\":200000,\"bare_ms\":1.0000")
        );
    }

    #[test]
    fn the_storm_is_read_as_it_is_written_and_comes_to_an_end() {
        let read = text::read(STORM);
        assert!(read.remarks.is_empty(), "{:?}", read.remarks);
        let trace = Trace::of(&read.scenario);
        assert_eq!(trace.end(), &End::Quiescent);
        assert!(trace.steps().len() > 400, "{}", trace.steps().len());
    }

    #[test]
    fn the_bare_loop_makes_all_its_events() {
        assert_ne!(bare_loop(1000), bare_loop(1001));
    }
}
