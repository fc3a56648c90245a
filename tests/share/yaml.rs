//! The scenario as YAML.

use super::arbitrary;
use ackscope::model::scenario::{Act, Scenario};
use ackscope::share::{MOST_ACTS, MOST_REMARKS, Remark, text};
use proptest::prelude::*;
use std::path::Path;

/// `place: says` of each remark.
pub fn said(remarks: &[Remark]) -> Vec<String> {
    remarks
        .iter()
        .map(|remark| format!("{}: {}", remark.place, remark.says))
        .collect()
}

proptest! {
    #[test]
    fn what_is_written_is_read(scenario in arbitrary::scenario()) {
        let written = text::write(&scenario);
        prop_assert_eq!(&text::read(&written).scenario, &scenario, "{}", written);
    }
}

const HAND_WRITTEN: &str = "\
ackscope: 1
title: The response is lost; the retry makes a second copy
seed: 7
brokers: {broker.session.timeout.ms: \"3000\"}
steps:
- {do: topic, name: t, replicas: [[1, 2, 3]], config: {min.insync.replicas: \"2\"}}
- {do: producer, id: p1, config: {acks: all, enable.idempotence: \"false\"}}
- {do: send, by: p1, values: [m1, m2], wait: each, gap_ms: 5}
- {do: fault, from: \"1\", to: p1, api: Produce, phase: response, nth: 1, then: reset}
- {do: wait, leader: 2, log_end: {\"2\": 1}}
- {do: cut, links: [1->2, 2<->3]}
- {do: crash, broker: 1}
- {do: start, brokers: [1, 2]}
- {do: await}
faults:
- {when: {from: p1, to: \"1\", api: Produce, phase: request, nth: 3}, then: lose}
- {when: {at: 9s}, then: {crash: 2}}
";

#[test]
fn short_and_readable() {
    let reading = text::read(HAND_WRITTEN);
    assert_eq!(said(&reading.remarks), [""; 0]);
    assert_eq!(reading.scenario.steps.len(), 9);
    assert_eq!(reading.scenario.faults.len(), 2);
    assert_eq!(text::write(&reading.scenario), HAND_WRITTEN);
}

#[test]
fn one_bad_piece_costs_nothing_but_itself() {
    let reading = text::read(
        "
title: [a, list]
seed: many
colour: red
brokers: {replica.lag.time.max.ms: 1, nonsense: 2, list: [1], unset: }
steps:
- {do: topic, name: t, replicas: [[1, 2, 3]], config: {min.insync.replicas: 2, acks: 1, deep: {a: 1}}}
- {do: producer, id: p1, config: {acks: [1], linger.ms: 0, ssl.protocol: TLS}}
- {do: jump}
- {do: configs, by: c1}
- {name: nobody}
- just words
- {do: send, by: p1, values: m1}
- {do: send, by: p1, values: [m1], colour: red}
- {do: send, by: p2, topic: u, partition: 3, values: [m2]}
- {do: sleep, ms: soon}
faults:
- {when: {at: 9s}, then: lose}
- {when: {at: noon}, then: lose}
- {when: {api: Produce, phase: request, from: p9, to: 7, nth: 0}, then: {crash: 9}}
- {then: lose}
- {when: {at: 9s}, then: {explode: 1}}
",
    );
    assert_eq!(
        said(&reading.remarks),
        [
            "title: A word or a number belongs here; left out.",
            "seed: “many” is no seed; a whole number from 0 on is.",
            "brokers: The value of “list” is not a word; it stays unset.",
            "brokers: “unset” has no value; it stays unset.",
            "steps[0].config: The value of “deep” is not a word; it stays unset.",
            "steps[1].config: The value of “acks” is not a word; it stays unset.",
            "steps[2]: Left out: there is no act “jump”.",
            "steps[3]: Left out: the model does not play the act “configs” yet.",
            "steps[4]: Left out: it does not say what to do, as `do: send` would.",
            "steps[5]: Left out: fields belong here, such as {do: heal}.",
            "steps[6]: Left out: invalid type: string \"m1\", expected a sequence.",
            "steps[7]: The field “colour” is not known here; it was ignored.",
            "steps[9]: Left out: “soon” is not a number that fits here.",
            "faults[1]: Left out: “noon” is not a time such as 40ms, 4.25ms or 9s.",
            "faults[3]: Left out: it does not say when.",
            "faults[4]: Left out: unknown variant `explode`, expected one of `crash`, `start`, `lose`.",
            "colour: “colour” is no part of a scenario; left out.",
            "brokers: Kafka has no broker setting “nonsense”.",
            "steps[0]: Kafka has no topic setting “acks”: it is a producer setting.",
            "steps[1]: “ssl.protocol” has no effect here: it is about encryption, which loses no record.",
            "steps[8]: There is no producer called “p2” at this point.",
            "steps[8]: There is no topic called “u” at this point.",
            "faults[0]: Only a message can be lost: name one, not an instant.",
            "faults[2]: Nobody here is called “p9”.",
            "faults[2]: Nobody here is called “7”.",
            "faults[2]: Messages are counted from 1; this fault never comes.",
            "faults[2]: There is no broker 9.",
        ]
    );
    assert_eq!(reading.scenario.steps.len(), 4);
    assert_eq!(reading.scenario.faults.len(), 2);
    assert_eq!(
        reading
            .scenario
            .producer("p1")
            .and_then(|s| s.get("linger.ms")),
        Some("0")
    );
}

#[test]
fn names_of_nobody_are_named() {
    let reading = text::read(
        "
steps:
- {do: send, by: p1, values: [m1]}
- {do: topic, name: t, replicas: [[1, 100], [2, 2], []]}
- {do: topic, name: t, replicas: [[1]]}
- {do: producer, id: p1}
- {do: producer, id: p1}
- {do: send, by: p1, partition: 3, values: [m1]}
- {do: crash}
- {do: crash, broker: 100}
- {do: wait, leader: 4, not_leader: -1, isr: [1, 5], log_end: {6: 1}, fenced: 7, unfenced: 1}
- {do: wait, topic: u, leader: -1}
- {do: cut, links: [1-2, 1<->9, p1->2]}
- {do: reset, links: [p1<->1]}
- {do: fault, from: p1, to: 11, api: Produce, phase: request, then: hold, name: h}
- {do: release, name: h}
- {do: fired, name: g}
",
    );
    assert_eq!(
        said(&reading.remarks),
        [
            "steps[0]: There is no producer called “p1” at this point.",
            "steps[0]: There is no topic at this point.",
            "steps[1]: 100 is the controller; it keeps no replica.",
            "steps[1]: A broker cannot keep two replicas of one partition.",
            "steps[1]: A partition without replicas keeps nothing.",
            "steps[2]: There is a topic called “t” already.",
            "steps[4]: There is a producer called “p1” already.",
            "steps[5]: The topic has no partition 3.",
            "steps[6]: It names no broker.",
            "steps[7]: There is no broker 100.",
            "steps[8]: There is no broker 4.",
            "steps[8]: There is no broker 5.",
            "steps[8]: There is no broker 7.",
            "steps[8]: There is no broker 6.",
            "steps[9]: There is no topic called “u” at this point.",
            "steps[10]: “1-2” is no link such as 1->2 or 1<->2.",
            "steps[10]: Nobody here is called “9”.",
            "steps[11]: Nobody here is called “p1<”.",
            "steps[12]: Nobody here is called “11”.",
            "steps[14]: No fault before it is called “g”.",
        ]
    );
}

#[test]
fn a_newer_version_is_said() {
    for (text, says) in [
        (
            "ackscope: 2",
            "The text is of version 2, this page reads version 1: some of it may be missing or mean something else.",
        ),
        (
            "ackscope: one",
            "“one” is no version; this page reads version 1.",
        ),
        (
            "ackscope: [1]",
            "“” is no version; this page reads version 1.",
        ),
    ] {
        assert_eq!(
            said(&text::read(text).remarks),
            [format!("ackscope: {says}")]
        );
    }
}

#[test]
fn what_was_read_before_an_error_is_kept() {
    let reading = text::read(
        "title: t\nsteps:\n- {do: heal}\n- {do: crash, broker: 1\n- {do: await}\nseed: 3\n",
    );
    assert_eq!(reading.scenario.title, "t");
    assert_eq!(reading.scenario.steps, [Act::Heal { links: vec![] }]);
    assert_eq!(reading.remarks.len(), 1, "{:?}", reading.remarks);
    assert!(
        reading.remarks[0]
            .says
            .ends_with("what follows is not read.")
    );
    assert!(
        reading.remarks[0].place.starts_with("line "),
        "{:?}",
        reading.remarks
    );
}

#[test]
fn every_recorded_scenario_can_be_read() {
    let mut read = 0;
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ground-truth")];
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(&folder).expect("a folder") {
            let path = file.expect("a file").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            if path.ends_with("transaction-produce-response-lost.json")
                || path.ends_with("transaction-commit-response-lost.json")
            {
                continue; // Their fault has no sender; transactions are not played anyway.
            }
            let reading = text::read(&std::fs::read_to_string(&path).expect("a text"));
            for remark in said(&reading.remarks) {
                let known = [
                    "does not play the act",
                    "missing field `from`", // a fault between anybody and somebody
                    "invalid type: map, expected a word", // a record with a key
                    "There is no",
                    "The topic has no partition", // sent to on purpose
                    "Nobody here is called “*”",
                    "Kafka has no producer setting", // librdkafka has it
                    "is not a number that fits here", // deletes up to the high watermark, which is -1
                    "is not known here",
                    "has no effect here",
                    "is the controller",
                ];
                assert!(
                    known.iter().any(|part| remark.contains(part)),
                    "{}: {remark}",
                    path.display()
                );
            }
            assert!(!reading.scenario.title.is_empty(), "{}", path.display());
            read += 1;
        }
    }
    assert!(read > 60, "{read}");
}

#[test]
fn a_text_has_bounds() {
    let many = "- {do: heal}\n".repeat(MOST_ACTS + 5);
    let reading = text::read(&format!("steps:\n{many}"));
    assert_eq!(reading.scenario.steps.len(), MOST_ACTS);
    assert_eq!(
        said(&reading.remarks),
        [": A scenario has 1000 acts at most; 5 more were left out."]
    );
    let wrong = "- {do: jump}\n".repeat(MOST_REMARKS + 9);
    let reading = text::read(&format!("steps:\n{wrong}"));
    assert_eq!(reading.remarks.len(), MOST_REMARKS + 1);
    assert_eq!(reading.remarks[MOST_REMARKS].says, "And 9 more like these.");
    for (act, says) in [
        (
            "{do: topic, name: t, replicas: [[1,2,3,4,5,6,7,8,9,10,11,12,13]]}",
            "steps[0]: Left out: it needs more than 12 brokers.",
        ),
        (
            &format!("{{do: topic, name: t, replicas: [{}]}}", "[1],".repeat(25)),
            "steps[0]: Left out: it has more than 24 partitions, or more than 12 replicas of one.",
        ),
        (
            &format!("{{do: send, by: p, values: [{}]}}", "m,".repeat(2001)),
            "steps[0]: Left out: the scenario would have more than 2000 records.",
        ),
    ] {
        let reading = text::read(&format!("steps:\n- {act}\n"));
        assert_eq!(said(&reading.remarks), [says]);
        assert_eq!(reading.scenario, Scenario::default());
    }
}

#[test]
fn a_scalar_is_what_was_written() {
    let reading = text::read(
        "title: 007\nsteps:\n- {do: send, by: yes, values: [1e3, 0x1F, null, ~, on, 1_000, '', \"a\"]}\n",
    );
    assert_eq!(reading.scenario.title, "007");
    let Some(Act::Send { by, values, .. }) = reading.scenario.steps.first() else {
        panic!("{reading:?}");
    };
    assert_eq!(by.0, "yes");
    let values: Vec<&str> = values.iter().map(|own| own.value.as_str()).collect();
    assert_eq!(values, ["1e3", "0x1F", "null", "~", "on", "1_000", "", "a"]);
}

#[test]
fn a_record_is_a_word_or_a_key_with_a_value() {
    let reading = text::read(
        "steps:\n- {do: topic, name: t, replicas: [[1], [2]]}\n- {do: producer, id: p, family: librdkafka}\n\
         - {do: send, by: p, key: all, timestamp: 5, values: [m1, {k: a, v: 1}, {v: m, k: ''}]}\n",
    );
    assert!(reading.remarks.is_empty(), "{:?}", reading.remarks);
    let cast = ackscope::model::cast::Cast::of(&reading.scenario);
    let sent: Vec<_> = cast
        .sends
        .iter()
        .map(|call| {
            (
                call.value.as_str(),
                call.key.as_ref().map(|key| key.as_str()),
            )
        })
        .collect();
    assert_eq!(
        sent,
        [("m1", Some("all")), ("1", Some("a")), ("m", Some(""))]
    );
    assert!(
        cast.sends
            .iter()
            .all(|call| call.timestamp == Some(5) && call.partition.is_none())
    );
    for (values, says) in [
        ("[{k: a}]", "a record without v, its value"),
        (
            "[{v: a, x: 1}]",
            "“x” is no part of a record; it has k, its key, and v, its value",
        ),
    ] {
        let reading = text::read(&format!(
            "steps:\n- {{do: send, by: p, values: {values}}}\n"
        ));
        let said = reading
            .remarks
            .iter()
            .any(|remark| remark.says.contains(says));
        assert!(
            said && reading.scenario.steps.is_empty(),
            "{values}: {:?}",
            reading.remarks
        );
    }
}
