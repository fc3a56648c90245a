//! Stepping and captions agree: where the player stops, the page has something to say.

use ackscope::model::cast::Cast;
use ackscope::model::trace::Trace;
use ackscope::player::stops;
use ackscope::scene::captions::caption;
use ackscope::share::scenes::SCENES;

#[test]
fn whatever_is_stepped_to_has_a_sentence() {
    let mut stops_seen = 0;
    for scene in SCENES {
        let trace = Trace::of(&scene.scenario());
        let cast = Cast::of(trace.scenario());
        for step in trace.steps() {
            for observation in step
                .observations
                .iter()
                .filter(|seen| stops::is_notable(seen))
            {
                stops_seen += 1;
                assert!(
                    caption(&cast, observation).is_some(),
                    "{}: {observation:?}",
                    scene.id
                );
            }
        }
    }
    assert!(stops_seen > 50);
}
