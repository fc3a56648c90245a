//! The player as a whole.

use super::*;
use crate::model::config::Owner;
use crate::model::scenario::{Act, Fault, FaultKind, Trigger};
use crate::model::text::{Settings, Whole};
use crate::model::time::SimDuration;
use crate::share::Remark;

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
