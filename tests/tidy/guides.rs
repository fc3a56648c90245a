//! The guides are short, and what they point at is there.

use super::assert_none;
use super::code::project;
use std::fs;

/// Guides, and the most lines that each may have.
const GUIDES: &[(&str, usize)] = &[
    ("README.md", 120),
    ("ARCHITECTURE.md", 200),
    ("CONTRIBUTING.md", 120),
    ("docs/model.md", 400),
    ("docs/judging.md", 200),
];

/// Files and folders that a guide points at: targets of links, and code that looks like a path of the project.
fn pointed_at(text: &str) -> Vec<String> {
    let links = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains(':') && !link.starts_with('#'));
    let code = text.split('`').skip(1).step_by(2);
    let starts = [
        "src/", "tests/", "xtask/", "benches/", "docs/", ".ci/", "style/",
    ];
    let code = code
        .filter(|word| starts.iter().any(|start| word.starts_with(start)) && !word.contains(' '));
    links
        .chain(code)
        .map(|path| path.split('#').next().unwrap_or(path).to_owned())
        .collect()
}

fn broken(guide: &str, text: &str, most: usize) -> Vec<String> {
    let folder = project().join(guide);
    let folder = folder.parent().unwrap_or(project());
    let mut found: Vec<String> = pointed_at(text)
        .into_iter()
        .filter(|path| !folder.join(path).exists() && !project().join(path).exists())
        .map(|path| format!("{guide}: {path} is not there"))
        .collect();
    if text.lines().count() > most {
        found.push(format!("{guide}: more than {most} lines"));
    }
    found
}

#[test]
fn guides_are_short_and_point_at_what_is_there() {
    let mut breaches = Vec::new();
    for (guide, most) in GUIDES {
        match fs::read_to_string(project().join(guide)) {
            Ok(text) => breaches.extend(broken(guide, &text, *most)),
            Err(error) => breaches.push(format!("{guide}: {error}")),
        }
    }
    assert_none(&breaches);
}

#[test]
fn both_commands_are_in_the_readme() {
    let text = fs::read_to_string(project().join("README.md")).expect("README.md is there");
    for command in ["cargo xtask serve", "cargo xtask test"] {
        assert!(
            text.lines().any(|line| line.starts_with(command)),
            "{command}"
        );
    }
}

#[test]
fn a_broken_pointer_would_be_seen() {
    let text = "See [a](docs/nowhere.md), [b](https://elsewhere/x), `src/nowhere.rs` and `src/lib.rs`; `cargo t`.";
    assert_eq!(broken("README.md", text, 0).len(), 3);
}
