//! `cargo xtask mutate [--renew] [NAME…]`: breaks one rule of the model after the other in a copy of the tree, runs the tests that
//! judge runs, and compares what fails with what must (`tests/mutations.txt`). By hand: a mutation takes a minute or two. The gate
//! only looks whether each still applies, and whether every fate and every anomaly has one.

mod table;
#[cfg(test)]
mod tests;

use crate::place;
use crate::shell::{self, Outcome, Trouble, seconds};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;
use table::{Mutation, TABLE};

/// The targets whose tests are run: those that play scenario texts. Laws take minutes, and most hold of any model.
const TARGETS: [&str; 3] = ["catalogue", "consumers", "scenarios"];
/// What a copy of the tree is made of.
const TREE: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "benches",
    "clippy.toml",
    "src",
    "tests",
    "xtask",
    "public",
    "style",
];

/// True if every mutation that was asked for does what it must.
pub fn main(args: &[String]) -> Outcome<bool> {
    let project = place::project();
    let trouble = |says: String| Trouble::new(says, format!("mend {TABLE}"));
    let text =
        std::fs::read_to_string(project.join(TABLE)).map_err(|error| trouble(error.to_string()))?;
    let (head, mut all) = table::read(&text);
    let renews = args.iter().any(|arg| arg == "--renew");
    let names: Vec<&String> = args.iter().filter(|arg| *arg != "--renew").collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| !all.iter().any(|one| one.name == ***name))
    {
        return Err(trouble(format!("there is no mutation “{unknown}”")));
    }
    let copy = place::target().join("mutants");
    let tree = copy.join("tree");
    make_copy(&project, &tree).map_err(|error| trouble(error.to_string()))?;
    let mut fine = true;
    for place in 0..all.len() {
        let mutation = &mut all[place];
        if !names.is_empty() && !names.contains(&&mutation.name) {
            continue;
        }
        let began = Instant::now();
        let failed = fails(mutation, &project, &tree, &copy.join("build")).map_err(trouble)?;
        let took = seconds(began.elapsed());
        println!("{} ({took}): {} fail", mutation.name, failed.len());
        let (more, less) = (&failed - &mutation.fails, &mutation.fails - &failed);
        fine &= renews || more.is_empty() && less.is_empty();
        more.iter()
            .for_each(|name| println!("  fails, and should not:     {name}"));
        less.iter()
            .for_each(|name| println!("  does not fail, and should: {name}"));
        if renews {
            mutation.fails = failed;
            let text = table::write(&head, &all);
            std::fs::write(project.join(TABLE), text)
                .map_err(|error| trouble(error.to_string()))?;
        }
    }
    Ok(fine)
}

/// What fails with a rule broken: tests, and the texts that they name.
fn fails(
    mutation: &Mutation,
    project: &Path,
    tree: &Path,
    build: &Path,
) -> Result<BTreeSet<String>, String> {
    let broken = mutation.applied(project)?;
    let put = |file: &str, text: &str| {
        std::fs::write(tree.join(file), text).map_err(|error| error.to_string())
    };
    for (file, text) in &broken {
        put(file, text)?;
    }
    let mut tests = shell::cargo(tree);
    tests.args([
        "test",
        "--no-default-features",
        "--locked",
        "--no-fail-fast",
    ]);
    for target in TARGETS {
        tests.args(["--test", target]);
    }
    tests
        .env("CARGO_TARGET_DIR", build)
        .env("RUST_BACKTRACE", "0");
    let ran = tests.output().map_err(|error| error.to_string());
    for file in broken.keys() {
        let sound = std::fs::read_to_string(project.join(file));
        put(file, &sound.map_err(|error| error.to_string())?)?;
    }
    let ran = ran?;
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    if !out.contains("test result: ") {
        return Err(format!("{}: nothing was tested\n{err}", mutation.name));
    }
    Ok(failed_in(&out, &err))
}

/// From what cargo printed: the failed tests after their targets, and the texts that are named at the beginning of a line.
fn failed_in(out: &str, err: &str) -> BTreeSet<String> {
    let running = err
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Running tests/"));
    let mut targets = running.filter_map(|rest| rest.split(['.', '/']).next());
    let mut failed = BTreeSet::new();
    let mut target = "";
    for line in out.lines() {
        if line.starts_with("running ") {
            target = targets.next().unwrap_or_default();
        }
        if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            failed.insert(format!("{target} {name}"));
        }
        failed.extend(text_in(line).map(|text| format!("text {text}")));
    }
    failed
}

/// The scenario text that a line names first, if it does.
fn text_in(line: &str) -> Option<String> {
    let line = line
        .split_once("tests/scenarios/")
        .map_or(line, |(_, rest)| rest);
    let line = match line.strip_prefix('S') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => {
            line.rsplit(": ").next()?
        }
        _ => line,
    };
    let name = line.split(['.', ',', ':']).next()?;
    let path = place::project()
        .join("tests/scenarios")
        .join(name)
        .with_extension("yaml");
    (name.contains('/') && path.exists()).then(|| name.to_owned())
}

/// The tree as it is now; what has not changed keeps its time, so that little is built again.
fn make_copy(project: &Path, tree: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(tree)?;
    for name in TREE {
        copy_all(&project.join(name), &tree.join(name))?;
    }
    Ok(())
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_dir() {
        std::fs::create_dir_all(to)?;
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(from)? {
            let name = entry?.file_name();
            copy_all(&from.join(&name), &to.join(&name))?;
            names.insert(name);
        }
        for entry in std::fs::read_dir(to)? {
            let entry = entry?;
            if !names.contains(&entry.file_name()) && entry.path().is_file() {
                std::fs::remove_file(entry.path())?;
            }
        }
        return Ok(());
    }
    if !from.exists() {
        return Ok(());
    }
    let (new, old) = (std::fs::read(from)?, std::fs::read(to).ok());
    if old.as_ref() != Some(&new) {
        std::fs::write(to, new)?;
    }
    Ok(())
}
