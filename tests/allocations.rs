//! In the steady state an event costs no memory of its own: rows of history, logs and queues grow now and then, and that is all.
//! (What brings many records at once, a batch of more than four or a fetch of more than one, takes memory for them.)

use ackscope::model::cluster::World;
use ackscope::model::history::History;
use ackscope::share::text;

/// Steps until everybody is connected and every row has some room.
const WARM_UP: u32 = 600;

fn steps(world: &mut World, history: &mut History, most: u32) -> u32 {
    let mut done = 0;
    while done < most && world.step(history).is_some() {
        done += 1;
    }
    done
}

#[test]
fn an_event_costs_no_memory_of_its_own() {
    for (what, config) in [
        ("one record after the other", "acks: all"),
        ("no acknowledgement of others", "acks: '1', linger.ms: '0'"),
    ] {
        let values: Vec<String> = (0..600).map(|number| format!("m{number}")).collect();
        let text = format!(
            "ackscope: 1\nsteps:\n- {{do: topic, name: t, replicas: [[1, 2, 3]]}}\n- {{do: producer, id: p1, config: {{{config}}}}}\n\
             - {{do: send, by: p1, wait: each, values: [{}]}}\n",
            values.join(", ")
        );
        let mut world = World::new(&text::read(&text).scenario);
        let mut history = History::default();
        assert_eq!(steps(&mut world, &mut history, WARM_UP), WARM_UP, "{what}");
        let mut measured = 0;
        let info = allocation_counter::measure(|| {
            measured = steps(&mut world, &mut history, 1200);
        });
        assert_eq!(measured, 1200, "{what}");
        assert!(
            info.count_total * 50 < u64::from(measured),
            "{what}: {} allocations in {measured} steps",
            info.count_total
        );
    }
}
