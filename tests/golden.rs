//! The last world of every built-in scene, as 64 bits. A change of the model's behaviour shows here, and its commit says why.
//! `tests/browser/digest.spec.mjs` asks the page for the same.

use ackscope::measure::digests;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn every_scene_ends_in_the_world_that_it_always_ended_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/scenes.json");
    let golden = std::fs::read_to_string(path).expect("the golden digests");
    let read = |text: &str| serde_json::from_str::<BTreeMap<String, String>>(text).expect("JSON");
    assert_eq!(read(&digests()), read(&golden));
}
