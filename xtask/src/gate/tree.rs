//! The wall in the dependency graph: without the feature `web`, nothing of Leptos or of the browser is there.

use crate::place;
use crate::shell::{self, Outcome, Trouble};

/// Packages, or the beginnings of their names, that only the page may bring.
const ONLY_IN_THE_PAGE: [&str; 7] = [
    "leptos",
    "web-sys",
    "js-sys",
    "wasm-bindgen",
    "gloo",
    "reactive_graph",
    "console_error_panic_hook",
];

/// Fails if the tree without the page names any of them.
pub fn check() -> Outcome {
    let tree = packages(&["--no-default-features"])?;
    let found = trespassers(&tree);
    if found.is_empty() {
        println!("Nothing of the browser in the tree without the page");
        return Ok(());
    }
    Err(Trouble::new(
        format!(
            "without the feature web, the dependency tree names {}",
            found.join(", ")
        ),
        "make the dependency that brings them optional, behind the feature web (cargo tree --no-default-features -e normal -i NAME)",
    ))
}

fn packages(features: &[&str]) -> Outcome<String> {
    let mut tree = shell::cargo(&place::project());
    tree.args([
        "tree",
        "--package",
        "ackscope",
        "--locked",
        "-e",
        "normal",
        "--prefix",
        "none",
    ])
    .args(["--target", "all", "--format", "{p}"])
    .args(features);
    shell::output(&mut tree).ok_or_else(|| {
        Trouble::new(
            "cargo tree does not work",
            "run cargo tree in the project's folder and read what it says",
        )
    })
}

fn trespassers(tree: &str) -> Vec<&str> {
    let mut found: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .filter(|name| ONLY_IN_THE_PAGE.iter().any(|start| name.starts_with(start)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_holds() {
        assert_eq!(check(), Ok(()));
    }

    /// The same look at the tree with the page finds every one of them: so it would find a breach.
    #[test]
    fn a_breach_would_be_seen() {
        let tree = packages(&["--features", "web"]).expect("cargo tree works");
        let found = trespassers(&tree);
        for start in ONLY_IN_THE_PAGE {
            assert!(
                found.iter().any(|name| name.starts_with(start)),
                "{start} is not in {found:?}"
            );
        }
    }
}
