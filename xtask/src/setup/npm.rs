//! The packages from npm: wasm-opt for the build, Playwright and axe for the browser tests. Pinned by package-lock.json, and
//! installed once per machine for each content of that file; a link brings them to the tests.

use super::{NETWORK, lock};
use crate::digest::Digest;
use crate::place;
use crate::shell::{self, OrTrouble, Outcome, Trouble};
use std::fs;
use std::path::{Path, PathBuf};

const FILES: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
const NODE_OLDEST: u32 = 20;
const ADVICE_FILES: &str =
    "look at the rights and the free space of that folder, or set ACKSCOPE_TOOLS to another one";

/// The `node_modules` folder.
pub fn packages() -> Outcome<PathBuf> {
    node()?;
    let source = place::browser_tests();
    let digest = FILES.iter().fold(Digest::new(), |digest, file| {
        digest.path(&source.join(file))
    });
    let home = place::tools().join(format!("npm-{}", digest.hex()));
    let modules = home.join("node_modules");
    if !modules.is_dir() {
        let _lock = lock()?;
        if !modules.is_dir() {
            install(&source, &home)?;
        }
    }
    link(&modules, &source.join("node_modules"))?;
    Ok(modules)
}

fn node() -> Outcome {
    let advice = format!("install Node.js {NODE_OLDEST} or later, with npm");
    let version = shell::output(shell::tool("node", &place::project()).arg("--version"))
        .ok_or_else(|| Trouble::new("Node.js was not found", &advice))?;
    if major(&version).is_some_and(|major| major >= NODE_OLDEST) {
        return Ok(());
    }
    Err(Trouble::new(
        format!("Node.js {} is too old", version.trim()),
        advice,
    ))
}

fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// Into a folder beside its place first: what has the final name is whole.
fn install(source: &Path, home: &Path) -> Outcome {
    let draft = home.with_extension("draft");
    let _ = fs::remove_dir_all(&draft);
    fs::create_dir_all(&draft)
        .or_trouble(format!("{} cannot be made", draft.display()), ADVICE_FILES)?;
    for file in FILES {
        fs::copy(source.join(file), draft.join(file)).or_trouble(
            format!("{file} cannot be copied to {}", draft.display()),
            ADVICE_FILES,
        )?;
    }
    shell::step(
        "Installing wasm-opt, Playwright and axe from npm (once per machine)",
        NETWORK,
        shell::tool(if cfg!(windows) { "npm.cmd" } else { "npm" }, &draft).args([
            "ci",
            "--ignore-scripts",
            "--no-fund",
            "--no-audit",
            "--loglevel=error",
        ]),
    )?;
    let _ = fs::remove_dir_all(home);
    fs::rename(&draft, home).or_trouble(format!("{} cannot be made", home.display()), ADVICE_FILES)
}

/// The tests find their packages by this link; Node follows it to the one shared copy.
fn link(modules: &Path, at: &Path) -> Outcome {
    if fs::read_link(at).is_ok_and(|target| target == modules) {
        return Ok(());
    }
    if at.is_symlink() || at.is_file() {
        let _ = fs::remove_file(at);
    } else if at.is_dir() {
        let _ = fs::remove_dir_all(at);
    }
    #[cfg(unix)]
    let made = std::os::unix::fs::symlink(modules, at);
    #[cfg(windows)]
    let made = std::os::windows::fs::symlink_dir(modules, at);
    // Two clones never share this link; two commands in one clone may both have made it.
    match made {
        Err(_) if at.is_dir() => Ok(()),
        other => other.or_trouble(
            format!("{} cannot be linked to {}", at.display(), modules.display()),
            "allow symbolic links in the project's folder",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_says_its_version() {
        for (text, wanted) in [
            ("v20.20.2\n", Some(20)),
            ("22.1.0", Some(22)),
            ("none", None),
        ] {
            assert_eq!(major(text), wanted);
        }
    }
}
