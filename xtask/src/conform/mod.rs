//! Recordings of a real cluster, played through the model and compared.

mod applications;
mod clients;
mod compare;
#[cfg(test)]
mod finals;
#[cfg(test)]
#[path = "../../../tests/jepsen/lib.rs"]
#[allow(dead_code, reason = "random runs use more of it than recordings do")]
mod jepsen;
#[cfg(test)]
mod ledgers;
mod play;
mod readers;
mod recording;
mod shares;
#[cfg(test)]
mod tests;
mod transactions;
#[cfg(test)]
mod witness;

use ackscope::share::text;
use compare::Difference;
use recording::Recording;
use std::path::Path;
use std::process::ExitCode;

/// The project's own copy.
const OWN: &str = "tests/ground-truth";
/// Each recording was made three times; the model, too, is asked with three seeds.
const SEEDS: [u64; 3] = [0, 1, 2];

/// What came of one recording.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With every seed.
    Agrees,
    /// The first difference, and the seed that showed it.
    Differs(u64, Difference),
    /// The model does not speak all of it.
    Unsupported(String),
}

/// `cargo xtask conform [DIR] [--scene ID]`.
pub fn main(args: &[String]) -> ExitCode {
    let mut scene = None;
    let mut folder = None;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--scene" => scene = rest.next(),
            other => folder = Some(other),
        }
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(OWN);
    let folder = folder.map_or(own, |folder| Path::new(folder).to_path_buf());
    let recordings = match recording::all(&folder) {
        Ok(recordings) if !recordings.is_empty() => recordings,
        Ok(_) => return trouble(&format!("There is no recording in {}.", folder.display())),
        Err(trouble_) => return trouble(&trouble_),
    };
    match scene {
        Some(id) => print_scene(&recordings, id),
        None => report(&recordings),
    }
}

fn trouble(says: &str) -> ExitCode {
    eprintln!("{says}");
    ExitCode::from(2)
}

fn print_scene(recordings: &[Recording], id: &str) -> ExitCode {
    let Some(recording) = recordings.iter().find(|recording| recording.id == id) else {
        return trouble(&format!("There is no recording “{id}” there."));
    };
    match play::scenario(recording, 0) {
        Ok(scenario) => {
            print!("{}", text::write(&scenario));
            ExitCode::SUCCESS
        }
        Err(unsupported) => trouble(&format!("{id}: {unsupported}")),
    }
}

fn report(recordings: &[Recording]) -> ExitCode {
    let (mut agree, mut differ, mut unsupported) = (0, 0, 0);
    for recording in recordings {
        match outcome(recording) {
            Outcome::Agrees => {
                agree += 1;
                println!("agrees       {}", recording.id);
            }
            Outcome::Differs(seed, difference) => {
                differ += 1;
                println!("differs      {} (seed {seed}): {difference}", recording.id);
            }
            Outcome::Unsupported(why) => {
                unsupported += 1;
                println!("unsupported  {}: {why}", recording.id);
            }
        }
    }
    println!(
        "{} recordings: {agree} agree, {differ} differ, {unsupported} unsupported",
        recordings.len()
    );
    if differ + unsupported == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Plays a recording and compares.
pub fn outcome(recording: &Recording) -> Outcome {
    for seed in SEEDS {
        match play::observed(recording, seed) {
            Err(unsupported) => return Outcome::Unsupported(unsupported),
            Ok(ours) => {
                if let Some(difference) =
                    compare::first(&recording.observed, &ours, &recording.varies)
                {
                    return Outcome::Differs(seed, difference);
                }
            }
        }
    }
    Outcome::Agrees
}
