//! Where things are: the project, its build products, and the tools that all clones on a machine share.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of the project's Cargo.toml.
pub fn project() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or(here.clone(), Path::to_path_buf)
}

/// The built page.
pub fn dist() -> PathBuf {
    project().join("dist")
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| project().join("target"), |dir| project().join(dir))
}

/// Notes of our own about what was built.
pub fn notes() -> PathBuf {
    target().join("xtask")
}

/// The browser tests, which are also the npm project.
pub fn browser_tests() -> PathBuf {
    project().join("tests").join("browser")
}

/// Tools of pinned versions, shared by all clones: `$ACKSCOPE_TOOLS`, or the user's cache.
pub fn tools() -> PathBuf {
    let variable = |name: &str| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable("ACKSCOPE_TOOLS").unwrap_or_else(|| {
        variable("XDG_CACHE_HOME")
            .or_else(|| variable("HOME").map(|home| home.join(".cache")))
            .or_else(|| variable("LOCALAPPDATA"))
            .unwrap_or_else(env::temp_dir)
            .join("ackscope")
            .join("tools")
    })
}

/// A program on the PATH, or at the path that is given.
pub fn program(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    if Path::new(name).is_absolute() {
        return Some(PathBuf::from(name)).filter(|path| path.is_file());
    }
    env::split_paths(&env::var_os("PATH")?)
        .map(|dir| dir.join(&file))
        .find(|path| path.is_file())
}
