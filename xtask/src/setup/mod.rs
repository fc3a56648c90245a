//! Set-up of what is missing. Tools have pinned versions and are installed once per machine, not once per clone; a lock keeps
//! two set-ups from doing the same work. What is there costs no time.

mod cargo_tools;
mod chromium;
mod npm;

use crate::place;
use crate::shell::{self, OrTrouble, Outcome, Trouble};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;

pub use chromium::chromium;

/// What cannot be reached from here has one cure.
const NETWORK: &str = "see what the tool itself says above; if it is the network, run the command again when the package registry \
                       can be reached. What was installed so far is kept.";

/// What building the page needs.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The PATH with our tools first.
    pub path: OsString,
    /// The folder with npm's packages.
    pub node_modules: PathBuf,
}

/// Everything for building the page: the wasm target, Trunk, the wasm-bindgen CLI, wasm-opt.
pub fn for_page() -> Outcome<Tools> {
    wasm_target()?;
    let trunk = cargo_tools::trunk()?;
    let bindgen = cargo_tools::wasm_bindgen()?;
    let node_modules = npm::packages()?;
    let mut folders = vec![trunk, bindgen, node_modules.join(".bin")];
    folders.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let path = std::env::join_paths(folders).map_err(|error| {
        Trouble::new(
            format!("The PATH cannot be written: {error}"),
            "set ACKSCOPE_TOOLS to a folder whose name has no separator of the PATH in it",
        )
    })?;
    Ok(Tools { path, node_modules })
}

/// The formatter and the linter.
pub fn for_rust() -> Outcome {
    for (component, probe) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let there =
            shell::output(shell::cargo(&place::project()).args([probe, "--version"])).is_some();
        if !there {
            shell::step(
                &format!("Adding {component} to the Rust toolchain"),
                &format!(
                    "install {component} for your Rust (with rustup: rustup component add {component})"
                ),
                shell::tool("rustup", &place::project()).args(["component", "add", component]),
            )?;
        }
    }
    Ok(())
}

fn wasm_target() -> Outcome {
    let folder = shell::output(shell::tool("rustc", &place::project()).args([
        "--print",
        "target-libdir",
        "--target",
        "wasm32-unknown-unknown",
    ]));
    if folder.is_some_and(|folder| PathBuf::from(folder.trim()).is_dir()) {
        return Ok(());
    }
    shell::step(
        "Adding the target wasm32-unknown-unknown to the Rust toolchain",
        "install the target wasm32-unknown-unknown for your Rust (with rustup: rustup target add wasm32-unknown-unknown)",
        shell::tool("rustup", &place::project()).args(["target", "add", "wasm32-unknown-unknown"]),
    )
}

/// Only one set-up at a time writes to the tools; the lock ends with the value, or with the process.
fn lock() -> Outcome<File> {
    let folder = place::tools();
    let advice = "set ACKSCOPE_TOOLS to a folder that can be written to";
    let name = folder.join(".lock");
    let file = fs::create_dir_all(&folder)
        .and_then(|()| File::create(&name))
        .or_trouble(format!("{} cannot be written", name.display()), advice)?;
    if file.try_lock().is_err() {
        println!("• Waiting for another set-up on this machine to end");
        file.lock()
            .or_trouble(format!("{} cannot be locked", name.display()), advice)?;
    }
    Ok(file)
}
