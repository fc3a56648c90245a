//! Runs that are harder to draw than the built-in scenes.

/// Runs that are harder to draw than the scenes: many brokers and records, partitions and producers, retries, holds, long names.
pub const HARDER: &[(&str, &str)] = &[
    (
        "five brokers, ten records",
        "steps:
- {do: topic, name: orders, replicas: [[1, 2, 3, 4, 5]], config: {min.insync.replicas: \"2\"}}
- {do: producer, id: p1, config: {acks: all, linger.ms: \"0\"}, warm: true}
- {do: send, by: p1, values: [m1, m2, m3, m4, m5, m6], wait: each, gap_ms: 6}
- {do: crash, broker: 4}
- {do: send, by: p1, values: [m7, m8, m9, m10], wait: each, gap_ms: 6}
- {do: start, broker: 4}
- {do: wait, isr: [1, 2, 3, 4, 5]}",
    ),
    (
        "two partitions, two producers, long names",
        "steps:
- {do: topic, name: orders, replicas: [[1, 2, 3], [2, 3, 1]]}
- {do: producer, id: checkout-service, config: {acks: \"1\"}}
- {do: producer, id: billing, config: {acks: all}}
- {do: send, by: checkout-service, partition: 0, values: [order-one, order-two, order-three], gap_ms: 6}
- {do: send, by: billing, partition: 1, values: [paid-1, paid-2, paid-3], wait: each}
- {do: crash, broker: 1}
- {do: wait, leader: 2}
- {do: send, by: checkout-service, partition: 0, values: [order-four]}",
    ),
    (
        "too few in sync, many retries",
        "steps:
- {do: topic, name: t, replicas: [[1, 2, 3]], config: {min.insync.replicas: \"3\"}}
- {do: producer, id: p1, config: {acks: all, delivery.timeout.ms: \"40000\"}}
- {do: crash, broker: 3}
- {do: wait, isr: [1, 2]}
- {do: send, by: p1, values: [m1, m2]}",
    ),
    (
        "a response is lost, twenty records",
        "steps:
- {do: topic, name: t, replicas: [[1, 2]]}
- {do: producer, id: p1, config: {acks: all, enable.idempotence: \"false\"}}
- {do: send, by: p1, values: [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, b1, b2, b3, b4, b5, b6, b7, b8, b9, b10], gap_ms: 3}
faults:
- {when: {from: \"1\", to: p1, api: Produce, phase: response, nth: 2}, then: lose}",
    ),
    (
        "all brokers die",
        "steps:
- {do: topic, name: t, replicas: [[1, 2, 3]]}
- {do: producer, id: p1, config: {acks: \"1\"}}
- {do: send, by: p1, values: [m1], wait: each}
- {do: crash, brokers: [1, 2, 3]}
- {do: send, by: p1, values: [m2], wait: none}
- {do: sleep, ms: 30000}
- {do: start, brokers: [3, 2, 1]}
- {do: await}",
    ),
    (
        "a reader, which has no row of its own",
        "steps:
- {do: topic, name: t, replicas: [[1, 2, 3]]}
- {do: producer, id: p1, config: {acks: all}}
- {do: consumer, id: c1, assign: [0], config: {auto.offset.reset: earliest}}
- {do: send, by: p1, values: [m1, m2], wait: each}
- {do: poll, by: c1, records: 2}
- {do: crash, broker: 1}
- {do: wait, leader: 2}
- {do: send, by: p1, values: [m3], wait: each}
- {do: poll, by: c1, records: 1}
- {do: seek, by: c1, offset: 9}
- {do: poll, by: c1, idle_ms: 1000}
- {do: positions, by: c1}",
    ),
];
