//! Running programs: each says what it is for and how long it took, and a failed one says what to do.

use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What went wrong, and what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What went wrong.
    pub what: String,
    /// What to do.
    pub advice: String,
}

/// The usual result here.
pub type Outcome<T = ()> = Result<T, Trouble>;

impl Trouble {
    /// Both at once.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "It did not work: {}\nWhat to do: {}",
            self.what, self.advice
        )
    }
}

/// Adds what to do to an error of the file system.
pub trait OrTrouble<T> {
    /// `what` could not be done; `advice` says what to do.
    fn or_trouble(self, what: impl fmt::Display, advice: &str) -> Outcome<T>;
}

impl<T> OrTrouble<T> for io::Result<T> {
    fn or_trouble(self, what: impl fmt::Display, advice: &str) -> Outcome<T> {
        self.map_err(|error| Trouble::new(format!("{what}: {error}"), advice))
    }
}

/// Seconds as a person reads them: `0.3 s`, `12 s`, `3 min 20 s`.
pub fn seconds(took: Duration) -> String {
    let tenths = took.as_millis() / 100;
    match tenths {
        0..100 => format!("{}.{} s", tenths / 10, tenths % 10),
        100..1200 => format!("{} s", tenths / 10),
        _ => format!("{} min {} s", tenths / 600, tenths % 600 / 10),
    }
}

/// A program of Rust's own, in the project's folder, free of what cargo told this process about itself.
pub fn cargo(dir: &Path) -> Command {
    let mut command = tool("cargo", dir);
    if let Some(cargo) = std::env::var_os("CARGO") {
        command = tool(cargo, dir);
    }
    command
}

/// Any program, in a folder, free of what cargo told this process about itself.
pub fn tool(program: impl AsRef<std::ffi::OsStr>, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let of_this_process = [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
            "CARGO_PRIMARY_",
        ];
        if of_this_process.iter().any(|start| name.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Does one step: says what, runs it, says how long it took. Fails with advice.
pub fn step(what: &str, advice: &str, command: &mut Command) -> Outcome {
    println!("• {what}");
    let began = Instant::now();
    let status = command.status().or_trouble(
        format!("{what} ({})", command.get_program().display()),
        advice,
    )?;
    if !status.success() {
        return Err(Trouble::new(format!("{what} ({status})"), advice));
    }
    println!("  done in {}", seconds(began.elapsed()));
    Ok(())
}

/// What a program prints, if it can be run and succeeds.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program, shows its standard output as it comes, and keeps it. The flag is true if it succeeded.
pub fn shown(command: &mut Command) -> io::Result<(bool, String)> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut kept = String::new();
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            io::stdout().write_all(&line)?;
            kept.push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    }
    Ok((child.wait()?.success(), kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        for (ms, text) in [
            (340, "0.3 s"),
            (9_990, "9.9 s"),
            (12_345, "12 s"),
            (119_900, "119 s"),
            (200_000, "3 min 20 s"),
        ] {
            assert_eq!(seconds(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn a_failed_step_says_what_to_do() {
        let mut missing = Command::new("no-such-program-anywhere");
        let trouble = step("Trying", "install it", &mut missing).expect_err("it does not exist");
        assert!(trouble.to_string().contains("What to do: install it"));
    }
}
