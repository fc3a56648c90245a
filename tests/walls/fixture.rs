//! A crate to breach, in the folder for tests' files, and what cargo says about it.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project.
pub fn of_project(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The sections of a Cargo.toml whose heading is wanted.
pub fn sections(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut on = true;
    let mut found = String::new();
    for line in text.lines() {
        if line.starts_with('[') {
            on = wanted(line);
        }
        if on {
            found.push_str(line);
            found.push('\n');
        }
    }
    found
}

/// A fresh folder for one fixture. The name is always the same, so that what it built before is used again.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(folder.join("src"));
    fs::create_dir_all(folder.join("src")).expect("a folder for a fixture");
    folder
}

/// Writes a file, with the folders above it.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder for a file");
    fs::write(path, text).expect("a file of a fixture");
}

/// Something that the compiler or the linter refuses.
#[derive(Debug)]
pub struct Refusal {
    /// From the fixture's folder.
    pub file: String,
    /// `E0433`, `clippy::disallowed_types`.
    pub code: String,
    /// The whole message, with its notes.
    pub says: String,
}

/// Runs cargo on a fixture, with more for the tool that it runs. Gives all errors; none if it succeeded.
pub fn refusals(folder: &Path, args: &[&str], to_the_tool: &[&str]) -> Vec<Refusal> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the target folder");
    let output = Command::new(env!("CARGO"))
        .args(args)
        .args(["--offline", "--quiet", "--message-format=json"])
        .args(["--target-dir".as_ref(), target.as_os_str()])
        .args(if to_the_tool.is_empty() {
            &[][..]
        } else {
            &["--"]
        })
        .args(to_the_tool)
        .current_dir(folder)
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let found: Vec<Refusal> = text.lines().filter_map(refusal).collect();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        output.status.success(),
        found.is_empty(),
        "{complaint}\n{found:#?}"
    );
    found
}

fn refusal(line: &str) -> Option<Refusal> {
    let value: Value = serde_json::from_str(line).ok()?;
    let message = value.get("message")?;
    let span = message["spans"]
        .as_array()?
        .iter()
        .find(|span| span["is_primary"] == true)?;
    (message["level"] == "error").then(|| Refusal {
        file: span["file_name"].as_str().unwrap_or("").replace('\\', "/"),
        code: message["code"]["code"].as_str().unwrap_or("").to_owned(),
        says: message["rendered"].as_str().unwrap_or("").to_owned(),
    })
}
