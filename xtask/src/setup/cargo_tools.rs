//! Trunk and the wasm-bindgen CLI, built by `cargo install` at a pinned version into a folder of their own.

use super::{NETWORK, lock};
use crate::place;
use crate::shell::{self, OrTrouble, Outcome, Trouble};
use std::fs;
use std::path::PathBuf;

/// The version of Trunk that this project is built with; later ones want a later Rust.
const TRUNK_VERSION: &str = "0.21.14";

/// The folder with `trunk`.
pub fn trunk() -> Outcome<PathBuf> {
    install("trunk", "trunk", TRUNK_VERSION, "rustls")
}

/// The folder with `wasm-bindgen`, of exactly the version in Cargo.lock: any other refuses the page's wasm.
pub fn wasm_bindgen() -> Outcome<PathBuf> {
    let name = place::project().join("Cargo.lock");
    let text = fs::read_to_string(&name).or_trouble(
        format!("{} cannot be read", name.display()),
        "restore it from version control",
    )?;
    let version = locked_version(&text, "wasm-bindgen").ok_or_else(|| {
        Trouble::new(
            "Cargo.lock does not name wasm-bindgen",
            "restore it from version control",
        )
    })?;
    install("wasm-bindgen-cli", "wasm-bindgen", &version, "rustls-tls")
}

/// The version of a package in the text of a lock file.
pub fn locked_version(lock: &str, package: &str) -> Option<String> {
    let wanted = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == wanted)?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    version.strip_suffix('"').map(str::to_owned)
}

fn install(package: &str, program: &str, version: &str, features: &str) -> Outcome<PathBuf> {
    let root = place::tools().join(format!("{package}-{version}"));
    let folder = root.join("bin");
    let file = folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX));
    if file.is_file() {
        return Ok(folder);
    }
    let _lock = lock()?;
    if file.is_file() {
        return Ok(folder);
    }
    let mut command = shell::cargo(&place::tools());
    command
        .args(["install", "--locked", package, "--version", version])
        .args(["--no-default-features", "--features", features])
        .arg("--root")
        .arg(&root)
        .env_remove("CARGO_TARGET_DIR");
    // Built once and run for seconds: the time to compile it is what counts.
    for (name, value) in [
        ("LTO", "off"),
        ("CODEGEN_UNITS", "16"),
        ("OPT_LEVEL", "1"),
        ("DEBUG", "0"),
    ] {
        command.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    shell::step(
        &format!(
            "Installing {package} {version} (once per machine; it is compiled, which takes minutes)"
        ),
        NETWORK,
        &mut command,
    )?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(
            locked_version(lock, "wasm-bindgen").as_deref(),
            Some("0.2.129")
        );
        assert_eq!(locked_version(lock, "wasm"), None);
    }
}
