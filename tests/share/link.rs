//! The scenario as a link.

use super::arbitrary;
use super::yaml::said;
use ackscope::model::scenario::Scenario;
use ackscope::share::scenes::{FIRST, SCENES, scene};
use ackscope::share::{query, text};
use proptest::prelude::*;

proptest! {
    #[test]
    fn what_is_written_is_read(scenario in arbitrary::scenario()) {
        let written = query::write(&scenario);
        let read = query::read(&written).map(|reading| reading.scenario);
        prop_assert_eq!(read.as_ref(), Some(&scenario), "{}", written);
        prop_assert!(written.bytes().all(|b| b.is_ascii_graphic()), "{}", written);
    }
}

fn read(link: &str) -> (Scenario, Vec<String>) {
    let reading = query::read(link).expect(link);
    (reading.scenario, said(&reading.remarks))
}

#[test]
fn a_person_can_read_it() {
    let scenario = text::read(
        "
title: acks=1, the leader dies
seed: 7
brokers: {broker.session.timeout.ms: 9000, min.insync.replicas: 1}
steps:
- {do: topic, name: t, replicas: [[1, 2, 3]], config: {min.insync.replicas: 2, compression.type: zstd}}
- {do: producer, id: p1, config: {acks: 1}}
- {do: producer, id: p2, config: {acks: all}}
- {do: send, by: p1, values: [m1, m2], wait: each}
- {do: await}
faults:
- {when: {api: Produce, phase: request, from: p1, to: 1, nth: 3}, then: lose}
- {when: {at: 40ms}, then: {crash: 1}}
- {when: {api: Fetch, phase: response, from: 1, to: 2, nth: 3, plus: 4.25ms}, then: {start: 2}}
",
    )
    .scenario;
    let link = "title=acks%3D1,+the+leader+dies&seed=7&t.compression.type=zstd&min.insync.replicas=2&acks=1&p2.acks=all\
                &broker.session.timeout.ms=9000&brokers.min.insync.replicas=1&do=topic(name:t,replicas:((1,2,3)))\
                &do=producer(id:p1)&do=producer(id:p2)&do=send(by:p1,values:(m1,m2),wait:each)&do=await\
                &fault=lose(from:p1,to:1,api:Produce,phase:request,nth:3)&fault=crash(broker:1,at:40ms)\
                &fault=start(broker:2,from:1,to:2,api:Fetch,phase:response,nth:3,plus:4.25ms)&v=1";
    assert_eq!(query::write(&scenario), link);
    assert_eq!(read(&format!("?{link}")), (scenario, Vec::new()));
}

#[test]
fn a_link_without_anything_of_ours_is_none() {
    for link in [
        "",
        "?",
        "&&",
        "=",
        "?utm_source=mail",
        "?id=3&page=2",
        "?%ff=1",
        "?ssl.protocol=TLS",
    ] {
        assert_eq!(query::read(link), None, "{link}");
    }
}

#[test]
fn a_scene_with_other_settings() {
    for scene in SCENES {
        assert_eq!(
            read(&format!("?scene={}", scene.id)),
            (scene.scenario(), Vec::new())
        );
    }
    let (changed, remarks) =
        read("?scene=acks-1&acks=all&title=Mine&payments.min.insync.replicas=2");
    assert_eq!(remarks, [""; 0]);
    assert_eq!(changed.title, "Mine");
    assert_eq!(
        changed.producer("p1").and_then(|s| s.get("acks")),
        Some("all")
    );
    assert_eq!(
        changed
            .topic("payments")
            .and_then(|s| s.get("min.insync.replicas")),
        Some("2")
    );
    assert_eq!(
        changed.steps.len(),
        scene("acks-1").map_or(0, |scene| scene.scenario().steps.len())
    );
}

#[test]
fn settings_alone_play_the_first_scene() {
    let (played, remarks) = read("?acks=0");
    let first = scene(FIRST).expect("a first scene").scenario();
    assert_eq!(played.producer("p1").and_then(|s| s.get("acks")), Some("0"));
    assert_eq!(played.steps.len(), first.steps.len());
    assert_eq!(
        remarks,
        [format!(
            "scene: The link says what, but not what happens: it is played in the scene “{}”.",
            first.title
        )]
    );
    let (played, remarks) = read("?scene=acks-2");
    assert_eq!(played, first);
    assert_eq!(
        remarks,
        [format!(
            "scene: There is no scene “acks-2”; instead of it “{}”.",
            first.title
        )]
    );
}

#[test]
fn one_bad_parameter_costs_nothing_but_itself() {
    let (scenario, remarks) = read(
        "?v=2&utm_source=mail&akcs=1&acks=1&acks=0&do=topic(name:t,replicas:((1)))&do=producer(id:p1)&do=send(by:p1&do=jump\
         &do=send(by:p3,values:(m))&fault=lose(at:9s)&fault=explode&ssl.protocol=TLS&seed=x&p2.acks=1&%ff=1&x=%ff",
    );
    assert_eq!(
        remarks,
        [
            "v: The link is of version 2, this page reads version 1: some of it may be missing or mean something else.",
            "seed: “x” is no seed; a whole number from 0 on is.",
            "do[2]: “send(by:p1” is left out: a closing parenthesis is missing.",
            "do[3]: Left out: there is no act “jump”.",
            "fault[1]: Left out: unknown variant `explode`, expected one of `crash`, `start`, `lose`.",
            "utm_source: “utm_source” is no setting of Kafka's, and no part of a scenario; it was not used.",
            "akcs: “akcs” is no setting of Kafka's, and no part of a scenario; it was not used. Did you mean “acks”?",
            "acks: It is in the link twice; the later one counts.",
            "ssl.protocol: “ssl.protocol” has no effect here: it is about encryption, which loses no record.",
            "p2.acks: “p2.acks” is no setting of Kafka's, and no part of a scenario; it was not used.",
            "“%ff=1”: Its percent signs give no text; left out.",
            "“x=%ff”: Its percent signs give no text; left out.",
            "do[4]: There is no producer called “p3” at this point.",
            "fault[0]: Only a message can be lost: name one, not an instant.",
        ]
    );
    assert_eq!(
        scenario.producer("p1").and_then(|s| s.get("acks")),
        Some("0")
    );
    assert_eq!((scenario.steps.len(), scenario.faults.len()), (3, 1));
}

#[test]
fn a_setting_of_nobody_is_said() {
    let (scenario, remarks) = read("?v=1&acks=1");
    assert_eq!(scenario, Scenario::default());
    assert_eq!(
        remarks,
        ["acks: There is nobody whose setting “acks” could be."]
    );
}

#[test]
fn the_longest_name_owns_a_setting() {
    let (scenario, remarks) = read(
        "?v=1&do=producer(id:a)&do=topic(name:a.b,replicas:((1)))&a.b.retention.ms=5&a.acks=1",
    );
    assert_eq!(remarks, [""; 0]);
    assert_eq!(
        scenario.topic("a.b").and_then(|s| s.get("retention.ms")),
        Some("5")
    );
    assert_eq!(
        scenario.producer("a").and_then(|s| s.get("acks")),
        Some("1")
    );
}
