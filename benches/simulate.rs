//! Plain harness: model events per second, and the time to re-simulate.
fn main() {}
