//! What the project must not say: hosts of package registries, paths of somebody's machine, pages that fetch from elsewhere.

use super::assert_none;
use super::code::project;
use std::fs;
use std::process::Command;

/// Files that name the crates' registry by cargo's own rule.
const BY_RULE: &[&str] = &["Cargo.lock"];

/// Files of the page: what they name, a browser would fetch.
const PAGE: &[&str] = &["index.html", "style/", "public/", "src/ui/"];

fn forbidden() -> Vec<String> {
    [
        ["registry.npm", "js"],
        ["crates", ".io"],
        ["py", "pi.org"],
        ["deb.deb", "ian.org"],
        ["security.deb", "ian.org"],
        ["proxy.gol", "ang.org"],
        ["maven", ".org"],
        ["repo.maven.ap", "ache.org"],
        ["/ro", "ot/"],
        ["/ho", "me/"],
        ["/wo", "rk/"],
        ["/Us", "ers/"],
        ["C:\\Us", "ers"],
        ["file:", "//"],
    ]
    .map(|halves| halves.concat())
    .to_vec()
}

fn named(path: &str, text: &str) -> Vec<String> {
    if BY_RULE.contains(&path) {
        return Vec::new();
    }
    let forbidden = forbidden();
    let elsewhere = PAGE.iter().any(|page| path.starts_with(page));
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut named: Vec<&str> = forbidden
            .iter()
            .map(String::as_str)
            .filter(|word| line.contains(word))
            .collect();
        let fetched = [
            "src=\"http",
            "href=\"http",
            "url(http",
            "url(\"http",
            "@import",
            "src=\"//",
            "href=\"//",
        ];
        if elsewhere && !line.contains("<a ") && !line.contains("<a\n") {
            named.extend(fetched.iter().filter(|word| line.contains(**word)));
        }
        found.extend(
            named
                .into_iter()
                .map(|word| format!("{path}:{number}: names {word}")),
        );
    }
    found
}

/// What is in version control, or would be: every file that is not ignored.
fn tracked() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(project())
        .output()
        .expect("git is there");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let files: Vec<String> = text.lines().map(str::to_owned).collect();
    assert!(
        files.iter().any(|file| file == "Cargo.toml"),
        "git lists no files here"
    );
    files
}

#[test]
fn no_registry_and_no_machine_is_named() {
    let mut breaches = Vec::new();
    for file in tracked() {
        // What is no text, or has just been deleted, names nothing.
        if let Ok(text) = fs::read_to_string(project().join(&file)) {
            breaches.extend(named(&file, &text));
        }
    }
    assert_none(&breaches);
}

#[test]
fn each_of_them_would_be_seen() {
    for word in forbidden() {
        assert_eq!(
            named("README.md", &format!("see {word} x")).len(),
            1,
            "{word}"
        );
    }
    assert_eq!(
        named("index.html", "<script src=\"https://elsewhere\"></script>").len(),
        1
    );
    assert_eq!(named("style/base.css", "@import url(other.css);").len(), 1);
    assert!(named("index.html", "<a href=\"https://elsewhere\">there</a>").is_empty());
    assert!(named("Cargo.lock", &forbidden().join("\n")).is_empty());
}
