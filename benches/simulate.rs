//! The native side of `cargo xtask bench`: prints what was measured as one line of JSON.
//! Alone: `cargo bench --no-default-features --profile fast --bench simulate`.

#![allow(
    clippy::disallowed_types,
    reason = "a benchmark reads the clock; the model has none"
)]

use std::time::Instant;

const ROUNDS: u32 = 20;

fn main() {
    let began = Instant::now();
    let now_ms = || began.elapsed().as_secs_f64() * 1000.0;
    println!("{}", ackscope::measure::measure(ROUNDS, &now_ms).json());
}
