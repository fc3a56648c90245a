//! Building the page with Trunk, if anything that it is made of has changed.

use crate::digest::Digest;
use crate::place;
use crate::setup::Tools;
use crate::shell::{self, OrTrouble, Outcome};
use std::fs;
use std::process::Command;

/// All that the page is made of.
const MADE_OF: [&str; 9] = [
    "src",
    "style",
    "public",
    "benches/workload.rs",
    "index.html",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo",
];

const ADVICE: &str =
    "read the compiler's message above; if it is about this project's code, mend that";

/// Builds the page into `dist`, unless it is there and made of the same. True if something was built.
pub fn build(tools: &Tools) -> Outcome<bool> {
    let made_of = sources(tools);
    if noted().is_some_and(|note| note == note_of(made_of))
        && place::dist().join("index.html").is_file()
    {
        println!("• The page is built already, of the same sources");
        return Ok(false);
    }
    let _ = fs::remove_file(note_path());
    shell::step(
        "Building the page (release)",
        ADVICE,
        trunk(tools).args(["build", "--release"]),
    )?;
    fs::create_dir_all(place::notes())
        .and_then(|()| fs::write(note_path(), note_of(made_of)))
        .or_trouble(
            format!("{} cannot be written", note_path().display()),
            "look at the rights and the free space of that folder",
        )?;
    Ok(true)
}

/// Trunk, so that it uses our tools and asks nobody.
pub fn trunk(tools: &Tools) -> Command {
    let mut command = shell::tool("trunk", &place::project());
    command
        .env("PATH", &tools.path)
        .env("TRUNK_OFFLINE", "true")
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // Trunk reads these as true or false, and everybody else as there or not there.
        .env_remove("NO_COLOR");
    command
}

fn sources(tools: &Tools) -> Digest {
    let rust =
        shell::output(shell::tool("rustc", &place::project()).arg("-vV")).unwrap_or_default();
    let start = Digest::new()
        .bytes(tools.path.as_encoded_bytes())
        .bytes(rust.as_bytes());
    MADE_OF.iter().fold(start, |digest, name| {
        digest.path(&place::project().join(name))
    })
}

/// What it was made of, and what came out: somebody else may have built something into `dist` since.
fn note_of(made_of: Digest) -> String {
    format!(
        "{} {}\n",
        made_of.hex(),
        Digest::new().path(&place::dist()).hex()
    )
}

fn note_path() -> std::path::PathBuf {
    place::notes().join("page-release")
}

fn noted() -> Option<String> {
    fs::read_to_string(note_path()).ok()
}
