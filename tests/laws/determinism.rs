//! Same scenario, same trace; any moment can be reached again; a fault changes only what it causes.

use super::schedule::scenario;
use super::storm::storm;
use ackscope::model::ids::StepIndex;
use ackscope::model::observation::Observation;
use ackscope::model::scenario::{Anchor, Api, Fault, FaultKind, Phase, Scenario, Trigger};
use ackscope::model::text::Whole;
use ackscope::model::time::{SimDuration, SimTime};
use ackscope::model::trace::{Limits, Trace};
use ackscope::verdict::Ledger;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

const SEEDS: u64 = 1000;

/// Every other run is a storm.
fn random(seed: u64) -> Scenario {
    if seed.is_multiple_of(2) {
        scenario(seed)
    } else {
        storm(seed)
    }
}

fn digests(scenario: &Scenario, limits: Limits) -> (Trace, Vec<u64>) {
    let mut digests = Vec::new();
    let trace = Trace::watched(scenario, limits, &mut |world, _| {
        digests.push(world.digest());
        ControlFlow::Continue(())
    });
    (trace, digests)
}

#[test]
fn two_runs_are_one() {
    for seed in 0..SEEDS {
        let scenario = random(seed);
        let (first, second) = (
            digests(&scenario, Limits::default()),
            digests(&scenario, Limits::default()),
        );
        assert_eq!(first.1, second.1, "seed {seed}");
        assert_eq!(first.0.steps(), second.0.steps(), "seed {seed}");
        assert_eq!(Ledger::of(&first.0), Ledger::of(&second.0), "seed {seed}");
    }
}

#[test]
fn any_step_can_be_reached_again() {
    for seed in 0..40 {
        let (trace, digests) = digests(&random(seed), Limits::default());
        for (index, digest) in (0..).zip(&digests) {
            assert_eq!(
                trace.world_at(StepIndex(index)).digest(),
                *digest,
                "seed {seed}, step {index}"
            );
        }
    }
}

#[test]
fn a_shorter_run_is_the_beginning_of_a_longer_one() {
    for seed in 0..SEEDS {
        let scenario = random(seed);
        let whole = Trace::of(&scenario);
        let steps = u32::try_from(whole.steps().len()).unwrap_or(0) / 2;
        let half = Trace::watched(
            &scenario,
            Limits {
                steps,
                ..Limits::default()
            },
            &mut |_, _| ControlFlow::Continue(()),
        );
        assert_eq!(
            half.steps(),
            whole.steps().until(steps as usize),
            "seed {seed}"
        );
    }
}

#[test]
fn a_fault_that_never_happens_changes_nothing() {
    for seed in 0..SEEDS {
        let plain = scenario(seed);
        let mut armed = plain.clone();
        armed.faults.push(Fault {
            when: Trigger::Message(Anchor {
                api: Api::Produce,
                phase: Phase::Request,
                from: "p1".into(),
                to: "1".into(),
                nth: 9999,
                plus: SimDuration::ZERO,
            }),
            then: FaultKind::Lose,
        });
        assert_eq!(
            Trace::of(&plain).steps(),
            Trace::of(&armed).steps(),
            "seed {seed}"
        );
    }
}

/// Every frame of a run by what it is: when it left, and when it was to arrive.
fn frames(trace: &Trace) -> BTreeMap<String, (SimTime, Option<SimTime>)> {
    let mut frames = BTreeMap::new();
    for step in trace.steps() {
        for observation in step.observations {
            if let Observation::MessageSent(sent) = observation {
                let key = format!(
                    "{:?} {:?} {:?} {:?} {}",
                    sent.from, sent.to, sent.api, sent.phase, sent.nth
                );
                frames.insert(key, (step.at, sent.due));
            }
        }
    }
    frames
}

#[test]
fn a_fault_changes_no_draw_but_only_what_it_causes() {
    let mut compared = 0;
    for seed in 0..SEEDS {
        let mut plain = scenario(seed);
        plain.faults.clear();
        let at = SimTime(5_000 + seed * 10);
        let mut crashed = plain.clone();
        crashed.faults.push(Fault {
            when: Trigger::At {
                at: at.since(SimTime::ZERO),
            },
            then: FaultKind::Crash(Whole(3)),
        });
        let (plain, crashed) = (Trace::of(&plain), Trace::of(&crashed));
        let before = |trace: &Trace| {
            trace
                .steps()
                .into_iter()
                .take_while(|step| step.at < at)
                .map(|step| step.observations.to_vec())
                .collect::<Vec<_>>()
        };
        let (one, other) = (before(&plain), before(&crashed));
        assert_eq!(one, other, "seed {seed}: before the fault");
        let (one, other) = (frames(&plain), frames(&crashed));
        for (key, (sent, due)) in &other {
            if let Some((same, planned)) = one.get(key)
                && same == sent
                && *sent >= at
            {
                compared += 1;
                assert_eq!(planned, due, "seed {seed}: {key}");
            }
        }
    }
    assert!(
        compared > 1000,
        "only {compared} frames after the fault could be compared"
    );
}
