//! Recordings of a real cluster, played through the model.

use std::process::ExitCode;

/// `cargo xtask conform [DIR] [--scene ID]`.
pub fn main(_args: &[String]) -> ExitCode {
    eprintln!("conform is not built yet: this command compares nothing.");
    ExitCode::FAILURE
}
