//! The built-in scenes, and what becomes of their records.

use super::yaml::said;
use ackscope::model::cast::Cast;
use ackscope::model::ids::BrokerId;
use ackscope::model::observation::Observation;
use ackscope::model::trace::{End, Trace};
use ackscope::scene::captions::caption;
use ackscope::share::scenes::{FIRST, SCENES, scene};
use ackscope::share::{query, text};
use ackscope::verdict::{Fate, Ledger, Told};

/// Records and their fates.
fn fates(id: &str) -> Vec<(String, Fate)> {
    let scenario = scene(id).expect(id).scenario();
    let cast = Cast::of(&scenario);
    let trace = Trace::of(&scenario);
    assert_eq!(trace.end(), &End::Quiescent, "{id}");
    let rows = Ledger::of(&trace).rows;
    rows.iter()
        .map(|row| (cast.value(row.record).to_owned(), row.fate()))
        .collect()
}

fn expect(id: &str, fates_of: &[(&str, Fate)]) {
    let expected: Vec<(String, Fate)> = fates_of
        .iter()
        .map(|(record, fate)| ((*record).to_owned(), *fate))
        .collect();
    assert_eq!(fates(id), expected, "{id}");
}

const ONCE: Fate = Fate::DeliveredOnce;

#[test]
fn without_acknowledgements_a_record_vanishes() {
    expect(
        "acks-0",
        &[
            ("m1", ONCE),
            ("m2", ONCE),
            ("m3", Fate::LostSilently),
            ("m4", ONCE),
            ("m5", ONCE),
        ],
    );
}

#[test]
fn acknowledged_by_the_leader_alone_is_not_safe() {
    expect(
        "acks-1",
        &[
            ("m1", ONCE),
            ("m2", ONCE),
            ("m3", Fate::LostAfterAck),
            ("m4", ONCE),
        ],
    );
}

#[test]
fn acknowledged_by_all_survives() {
    expect(
        "acks-all",
        &[("m1", ONCE), ("m2", ONCE), ("m3", ONCE), ("m4", ONCE)],
    );
}

#[test]
fn the_failover_goes_as_told() {
    let scenario = scene("acks-1").expect("a scene").scenario();
    let trace = Trace::of(&scenario);
    let cast = Cast::of(&scenario);
    let m3 = &Ledger::of(&trace).rows[2];
    assert!(
        matches!(m3.told, Told::Acknowledged(Some(offset)) if offset.0 == 2),
        "{m3:?}"
    );
    let m4 = &Ledger::of(&trace).rows[3];
    assert_eq!(
        m4.offsets.first().map(|offset| offset.0),
        Some(2),
        "m4 takes the place of m3"
    );
    let noted: Vec<&Observation> = trace.steps().facts().iter().collect();
    let elected = noted.iter().any(|o| {
        matches!(
            o,
            Observation::LeaderElected {
                leader: Some(BrokerId(2)),
                unclean: false,
                ..
            }
        )
    });
    assert!(elected, "broker 2 is elected");
    let cut_off = noted.iter().any(|o| {
        matches!(o, Observation::LogTruncated { broker: BrokerId(1), records, .. }
            if records.iter().map(|r| cast.value(*r)).eq(["m3"]))
    });
    assert!(cut_off, "broker 1 truncates m3");
}

#[test]
fn the_failover_in_words() {
    let scenario = scene("acks-1").expect("a scene").scenario();
    let cast = Cast::of(&scenario);
    let trace = Trace::of(&scenario);
    let told = trace.steps().facts().iter();
    let mut told = told.filter_map(|observation| caption(&cast, observation));
    for sentence in [
        "p1 sent m3.",
        "Broker 1 appended m3 at offset 2 in epoch 0.",
        "m3 was acknowledged at offset 2.",
        "Broker 1 crashed.",
        "The controller fenced broker 1.",
        "Broker 2 was elected leader of payments-0, epoch 1.",
        "Broker 2 appended m4 at offset 2 in epoch 1.",
        "Broker 1 was started.",
        "Broker 1 truncated its log to 2: m3 is cut off.",
        "The ISR of payments-0 is 1, 2, 3.",
    ] {
        assert!(told.any(|said| said == sentence), "{sentence}");
    }
}

#[test]
fn under_acks_all_broker_1_has_m3_first_and_does_not_tell() {
    let scenario = scene("acks-all").expect("a scene").scenario();
    let trace = Trace::of(&scenario);
    let noted: Vec<&Observation> = trace.steps().facts().iter().collect();
    let at = |wanted: &dyn Fn(&Observation) -> bool| noted.iter().position(|o| wanted(o));
    let appended = at(
        &|o| matches!(o, Observation::BatchAppended { broker: BrokerId(1), records, .. } if records.iter().any(|r| r.0 == 2)),
    );
    let crashed = at(&|o| {
        matches!(
            o,
            Observation::BrokerCrashed {
                broker: BrokerId(1)
            }
        )
    });
    let told =
        at(&|o| matches!(o, Observation::RecordAcknowledged { record, .. } if record.0 == 2));
    assert!(
        appended.is_some() && appended < crashed && crashed < told,
        "{appended:?} {crashed:?} {told:?}"
    );
}

#[test]
fn every_scene_is_clean_and_fits_a_link() {
    assert!(scene(FIRST).is_some());
    for scene in SCENES {
        let reading = text::read(scene.text);
        assert_eq!(said(&reading.remarks), [""; 0], "{}", scene.id);
        assert!(!reading.scenario.title.contains('.'), "{}", scene.id);
        assert_eq!(
            text::read(&text::write(&reading.scenario)).scenario,
            reading.scenario
        );
        let link = query::write(&reading.scenario);
        assert!(link.len() < 1200, "{}: {link}", scene.id);
        assert_eq!(
            query::read(&link).map(|read| read.scenario),
            Some(reading.scenario)
        );
    }
}
