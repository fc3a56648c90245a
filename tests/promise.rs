//! What the verdict promises under rules of older times.

use ackscope::share::text::read;
use ackscope::verdict::promise::promise;

#[test]
fn older_rules_are_told_with_the_promise() {
    let script = "steps:\n- {do: topic, name: t, replicas: [[1, 2, 3]], config: {min.insync.replicas: '2'}}\n\
                  - {do: producer, id: p1}\n";
    for (era, ending) in [
        ("", "A retry is not written twice."),
        ("kafka: 3.6.2\n", "can lose it with its power."),
        (
            "rules: [no-eligible-leader-replicas]\n",
            "can lose it with its power.",
        ),
        (
            "rules: [high-watermark-under-min-isr]\n",
            "A retry is not written twice.",
        ),
        ("rules: [no-duplicate-detection]\n", "and can break this."),
    ] {
        let said = promise(&read(&format!("ackscope: 1\n{era}{script}")).scenario);
        assert!(said.ends_with(ending), "{era}{said}");
    }
}
