//! A Chromium for the browser tests: one that is there, else the system's package where that can be installed.

use super::{NETWORK, lock};
use crate::place;
use crate::shell::{self, Outcome, Trouble};
use std::env;
use std::path::{Path, PathBuf};

const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
];
const APPLICATIONS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const ADVICE: &str = "install Chromium or Chrome, or set CHROME to the path of one";

/// The browser's program.
pub fn chromium() -> Outcome<PathBuf> {
    if let Some(chosen) = env::var("CHROME").ok().filter(|chosen| !chosen.is_empty()) {
        return place::program(&chosen).ok_or_else(|| {
            Trouble::new(format!("CHROME names {chosen}, which is not there"), ADVICE)
        });
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    let _lock = lock()?;
    if find().is_none() {
        install()?;
    }
    find().ok_or_else(|| Trouble::new("No Chromium was found", ADVICE))
}

fn find() -> Option<PathBuf> {
    NAMES
        .iter()
        .chain(&APPLICATIONS)
        .find_map(|name| place::program(name))
}

fn install() -> Outcome {
    let Some(mut before) = Path::new("/etc/debian_version")
        .is_file()
        .then(rights)
        .flatten()
    else {
        return Err(Trouble::new(
            "No Chromium was found, and there is no way to install one from here",
            ADVICE,
        ));
    };
    before.push("apt-get");
    let apt = |args: &[&str]| {
        let mut command = shell::tool(before[0], &place::tools());
        command
            .args(&before[1..])
            .args(args)
            .env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    shell::step(
        "Reading the list of Debian's packages",
        NETWORK,
        &mut apt(&["update", "-qq"]),
    )?;
    shell::step(
        "Installing Chromium from Debian's packages",
        ADVICE,
        &mut apt(&[
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            "chromium",
        ]),
    )
}

/// How to become root here: not at all if we are, by sudo if it asks nothing.
fn rights() -> Option<Vec<&'static str>> {
    let here = place::tools();
    if shell::output(shell::tool("id", &here).arg("-u"))?.trim() == "0" {
        return Some(Vec::new());
    }
    shell::output(shell::tool("sudo", &here).args(["-n", "true"])).map(|_| vec!["sudo", "-n"])
}
