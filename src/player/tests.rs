//! The player as a whole.

use super::*;
use crate::model::board::Liveness;
use crate::model::config::Owner;
use crate::model::ids::BrokerId;
use crate::model::observation::{LostBecause, Observation};
use crate::model::scenario::{Act, Api, Family, Fault, FaultKind, Phase, Trigger};
use crate::model::text::{Settings, Whole};
use crate::model::time::SimDuration;
use crate::share::{Remark, scenes};

fn no_hook(_: &Scenario) {}

fn scenario() -> Scenario {
    Scenario {
        title: "a test".to_owned(),
        steps: vec![
            Act::Topic {
                name: "t".into(),
                replicas: vec![vec![Whole(1), Whole(2), Whole(3)]],
                config: Settings::default(),
            },
            Act::Producer {
                id: "p1".into(),
                family: Family::Java,
                bootstrap: Vec::new(),
                config: Settings::from([("acks", "1")]),
                warm: false,
            },
        ],
        ..Scenario::default()
    }
}

fn player() -> Player {
    Player::new(&scenario(), Vec::new(), no_hook)
}

fn key(owner: Owner, name: &str, key: &str) -> Key {
    Key {
        owner,
        name: name.to_owned(),
        key: key.to_owned(),
    }
}

fn set(player: &mut Player, of: &Key, value: Option<&str>, committed: bool) -> Edit {
    player
        .apply(Command::SetSetting {
            key: of.clone(),
            value: value.map(str::to_owned),
            committed,
        })
        .scenario
}

#[test]
fn a_setting_is_written_unset_and_brought_back() {
    let mut player = player();
    let acks = key(Owner::Producer, "p1", "acks");
    assert_eq!(set(&mut player, &acks, Some("all"), true), Edit::Begun);
    assert_eq!(set(&mut player, &acks, Some("all"), true), Edit::None);
    assert_eq!(set(&mut player, &acks, None, true), Edit::Begun);
    let now = |player: &Player| {
        player
            .scenario()
            .producer("p1")
            .and_then(|p1| p1.get("acks").map(str::to_owned))
    };
    assert_eq!(now(&player), None);
    player.apply(Command::Undo);
    assert_eq!(now(&player).as_deref(), Some("all"));
    player.apply(Command::Undo);
    assert_eq!(now(&player).as_deref(), Some("1"));
    assert!(!player.can_undo());
    player.apply(Command::Redo);
    player.apply(Command::Redo);
    assert_eq!(now(&player), None);
    assert!(!player.can_redo());
}

#[test]
fn what_is_typed_is_one_edit() {
    let mut player = player();
    let timeout = key(Owner::Broker, "", "broker.session.timeout.ms");
    assert_eq!(set(&mut player, &timeout, Some("1"), false), Edit::Begun);
    assert_eq!(
        set(&mut player, &timeout, Some("15"), false),
        Edit::Continued
    );
    assert_eq!(
        set(&mut player, &timeout, Some("1500"), false),
        Edit::Continued
    );
    assert_eq!(set(&mut player, &timeout, Some("1500"), true), Edit::None);
    assert_eq!(set(&mut player, &timeout, Some("2"), false), Edit::Begun);
    player.apply(Command::Undo);
    player.apply(Command::Undo);
    assert_eq!(*player.scenario(), scenario());
    assert!(!player.can_undo());
}

#[test]
fn an_edit_of_nobody_is_refused_with_a_sentence() {
    let mut player = player();
    let nobody = key(Owner::Topic, "payments", "min.insync.replicas");
    assert_eq!(set(&mut player, &nobody, Some("2"), true), Edit::None);
    assert_eq!(player.reply(), Some("This scenario has no “payments”."));
    assert!(
        player.apply(Command::Pause).reply,
        "the next command clears it"
    );
    assert_eq!(player.reply(), None);
}

#[test]
fn the_same_fault_twice_is_one_and_can_be_removed() {
    let mut player = player();
    let fault = Fault {
        when: Trigger::At {
            at: SimDuration::from_ms(5),
        },
        then: FaultKind::Crash(Whole(2)),
    };
    assert_eq!(
        player.apply(Command::AddFault(fault.clone())).scenario,
        Edit::Begun
    );
    assert_eq!(player.apply(Command::AddFault(fault)).scenario, Edit::None);
    assert_eq!(player.scenario().faults.len(), 1);
    assert_eq!(
        player.apply(Command::Remove(Place::Fault(7))).scenario,
        Edit::None
    );
    assert_eq!(
        player.apply(Command::Remove(Place::Fault(0))).scenario,
        Edit::Begun
    );
    assert!(player.scenario().faults.is_empty());
}

#[test]
fn loading_keeps_the_work_before_it() {
    let mut player = player();
    let acks = key(Owner::Producer, "p1", "acks");
    set(&mut player, &acks, Some("0"), true);
    let mine = player.scenario().clone();
    let remarks = vec![Remark {
        place: "line 3".to_owned(),
        says: "not a setting".to_owned(),
    }];
    let changed = player.apply(Command::Load {
        scenario: Box::default(),
        remarks: remarks.clone(),
        at: LoadAt::Telling,
    });
    assert!(changed.remarks && changed.scenario == Edit::Begun);
    assert_eq!(**player.remarks(), remarks);
    player.apply(Command::Undo);
    assert_eq!(*player.scenario(), mine);
    assert!(player.remarks().is_empty());
}

#[test]
fn undo_is_bounded() {
    let mut player = player();
    let retries = key(Owner::Producer, "p1", "retries");
    for round in 0..UNDO_MOST + 20 {
        set(&mut player, &retries, Some(&round.to_string()), true);
    }
    for _ in 0..UNDO_MOST {
        assert!(player.can_undo());
        player.apply(Command::Undo);
    }
    assert!(!player.can_undo());
}

#[test]
fn a_seek_beyond_the_end_is_refused_and_a_drag_is_not() {
    let mut player = player();
    player.apply(Command::Home);
    let end = player.trace().ends_at();
    let beyond = end + SimDuration::from_ms(1);
    let changed = player.apply(Command::Seek(beyond));
    assert!(!changed.playhead && changed.reply);
    player.apply(Command::SeekClamped(beyond));
    assert_eq!(player.playhead(), end);
}

#[test]
fn speed_is_a_power_of_two_within_bounds() {
    for (power, thousandths) in [
        (0, 4000),
        (1, 8000),
        (-2, 1000),
        (-4, 250),
        (9, 64_000),
        (-9, 250),
    ] {
        assert_eq!(Speed::power(power).thousandths(4), thousandths, "{power}");
    }
}

fn scene(id: &str) -> Player {
    let scene = scenes::scene(id).expect("a scene of that name");
    Player::new(&scene.scenario(), Vec::new(), no_hook)
}

fn liveness(player: &Player, broker: u32) -> Liveness {
    player.trace().board_at(player.playhead()).brokers[&BrokerId(broker)].liveness
}

/// To the middle between two stops, where nothing happens.
fn between_stops(player: &mut Player, stop: usize) -> SimTime {
    let stops = &player.outline().stops;
    let at = SimTime(u64::midpoint(stops[stop].0, stops[stop + 1].0));
    player.apply(Command::Seek(at));
    at
}

#[test]
fn a_broker_is_crashed_started_and_saved_at_the_playhead() {
    let mut player = scene("acks-all");
    let before = player.scenario().clone();
    let at = between_stops(&mut player, 4);
    assert_eq!(
        player.apply(Command::Crash(BrokerId(3))).scenario,
        Edit::Begun
    );
    assert_eq!(player.playhead(), at, "the playhead stays");
    assert_eq!(liveness(&player, 3), Liveness::Down);
    let placed = player
        .outline()
        .incidents
        .iter()
        .find(|one| one.place == Place::Fault(0));
    assert_eq!(
        placed.and_then(|one| one.at),
        Some(at),
        "it happens where the playhead is"
    );
    assert!(matches!(
        player.scenario().faults[0].when,
        Trigger::Message(_)
    ));

    assert_eq!(
        player.apply(Command::Crash(BrokerId(3))).scenario,
        Edit::None
    );
    assert!(
        player
            .reply()
            .is_some_and(|reply| reply.contains("already down"))
    );
    player.apply(Command::StepForward);
    assert_eq!(player.reply(), None);
    assert_eq!(
        player.apply(Command::Start(BrokerId(3))).scenario,
        Edit::Begun
    );
    assert_ne!(liveness(&player, 3), Liveness::Down);
    player.apply(Command::Remove(Place::Fault(1)));
    player.apply(Command::Remove(Place::Fault(0)));
    assert_eq!(*player.scenario(), before);
}

#[test]
fn what_runs_is_not_started_and_who_is_not_there_is_not_crashed() {
    let mut player = scene("acks-1");
    player.apply(Command::Home);
    for command in [Command::Start(BrokerId(2)), Command::Crash(BrokerId(9))] {
        assert_eq!(player.apply(command).scenario, Edit::None);
        assert!(player.reply().is_some());
    }
}

#[test]
fn a_crash_keeps_its_cause_when_a_setting_changes() {
    let mut player = scene("acks-all");
    between_stops(&mut player, 6);
    player.apply(Command::Crash(BrokerId(2)));
    let fault = player.scenario().faults[0].clone();
    for (name, value) in [("retries", "3"), ("linger.ms", "2"), ("acks", "1")] {
        set(
            &mut player,
            &key(Owner::Producer, "p1", name),
            Some(value),
            true,
        );
        assert_eq!(player.scenario().faults, std::slice::from_ref(&fault));
        let happened = player
            .outline()
            .incidents
            .iter()
            .any(|one| one.place == Place::Fault(0) && one.at.is_some());
        assert!(happened, "{name}={value}");
    }
}

#[test]
fn a_message_is_lost_once() {
    let mut player = scene("acks-1");
    let response = player
        .trace()
        .steps()
        .facts()
        .iter()
        .find_map(|seen| match seen {
            Observation::MessageSent(sent)
                if sent.api == Api::Produce && sent.phase == Phase::Response =>
            {
                Some(sent.message)
            }
            _ => None,
        });
    let message = response.expect("the scene has a Produce response");
    assert_eq!(player.apply(Command::Lose(message)).scenario, Edit::Begun);
    let lost = player.trace().steps().facts().iter().any(|seen| {
        matches!(seen, Observation::MessageLost { message: lost, because: LostBecause::Fault } if *lost == message)
    });
    assert!(lost);
    assert_eq!(player.apply(Command::Lose(message)).scenario, Edit::None);
    assert_eq!(player.reply(), Some("That message never arrives anyway."));
}

#[test]
fn steps_lead_through_every_stop_and_back() {
    for scene_of in scenes::SCENES {
        let mut player = scene(scene_of.id);
        let walk = |player: &mut Player, command: &Command| {
            let mut seen = vec![player.playhead()];
            while player.apply(command.clone()).playhead {
                seen.push(player.playhead());
            }
            seen
        };
        player.apply(Command::Home);
        let forward = walk(&mut player, &Command::StepForward);
        let mut back = walk(&mut player, &Command::StepBack);
        back.reverse();
        assert_eq!(forward, back, "{}", scene_of.id);
        let stops = &player.outline().stops;
        assert!(
            stops.len() > 10 && stops.iter().all(|stop| forward.contains(stop)),
            "{}",
            scene_of.id
        );
    }
}

#[test]
fn a_scene_opens_where_it_tells_most_and_has_chapters() {
    let lossy = scene("acks-1");
    let lost_at = lossy
        .ledger()
        .rows
        .iter()
        .find(|row| row.fate().is_trouble())
        .and_then(|row| row.decided_at);
    assert_eq!(Some(lossy.playhead()), lost_at);
    for scene_of in scenes::SCENES {
        let player = scene(scene_of.id);
        let chapters = &player.outline().chapters;
        assert!(
            (3..=chapters::MOST).contains(&chapters.len()),
            "{}",
            scene_of.id
        );
        assert!(chapters.is_sorted_by(|a, b| a.at < b.at), "{}", scene_of.id);
    }
}

#[test]
fn a_shorter_run_pushes_the_playhead_back_only_for_a_while() {
    let mut player = scene("acks-1");
    player.apply(Command::End);
    let end = player.playhead();
    let other = key(Owner::Producer, "p1", "enable.idempotence");
    let session = key(Owner::Broker, "", "broker.session.timeout.ms");
    set(&mut player, &session, Some("3000"), true);
    assert!(
        player.playhead() < end,
        "with a shorter session the run is shorter"
    );
    set(&mut player, &other, Some("false"), true);
    player.apply(Command::Undo);
    player.apply(Command::Undo);
    assert_eq!(player.playhead(), end);
}

#[test]
fn playing_stops_at_the_end_and_begins_again_from_the_start() {
    let mut player = scene("acks-0");
    player.apply(Command::End);
    let end = player.playhead();
    player.apply(Command::Play);
    assert_eq!((player.playhead(), player.playing()), (SimTime::ZERO, true));
    player.apply(Command::Travel(end + SimDuration::from_ms(5)));
    assert_eq!((player.playhead(), player.playing()), (end, false));
}
