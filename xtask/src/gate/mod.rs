//! `cargo xtask test`: the whole gate, the pure part first. Every part is tried, whatever became of the others, except what
//! needs the page when there is none. The last line is the count.

mod browser;
mod count;
pub mod size;
mod tree;

use crate::shell::{self, Outcome, Trouble, seconds};
use crate::{page, place, setup};
use count::Count;
use std::process::Command;
use std::time::{Duration, Instant};

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Scope {
    All,
    Quick,
    Browser(Vec<String>),
}

/// Runs the gate. True if nothing failed.
pub fn main(args: &[String]) -> Outcome<bool> {
    let scope = scope(args)?;
    let mut gate = Gate::default();
    match &scope {
        Scope::All => {
            gate.pure();
            gate.page();
        }
        Scope::Quick => gate.pure(),
        Scope::Browser(filter) => gate.browser_alone(filter),
    }
    Ok(gate.closed())
}

fn scope(args: &[String]) -> Outcome<Scope> {
    match args
        .split_first()
        .map(|(first, rest)| (first.as_str(), rest))
    {
        None => Ok(Scope::All),
        Some(("--quick", [])) => Ok(Scope::Quick),
        Some(("--browser", filter)) => Ok(Scope::Browser(filter.to_vec())),
        Some((other, _)) => Err(Trouble::new(
            format!("test does not know “{other}”"),
            "write cargo xtask test [--quick | --browser [FILTER]]",
        )),
    }
}

/// The parts so far.
#[derive(Default)]
struct Gate {
    parts: Vec<(String, Count, Duration)>,
}

impl Gate {
    /// Formatting, lints, tests and the dependency tree, all without the page.
    fn pure(&mut self) {
        self.one("set-up of the linters", setup::for_rust);
        self.one("fmt", || {
            cargo(&["fmt", "--all", "--check"], "run cargo fmt --all")
        });
        self.one("clippy without the page", || {
            let args =
                "clippy --workspace --no-default-features --all-targets --locked -- -D warnings";
            cargo(&words(args), "mend what clippy names above")
        });
        self.part("tests without the page", || {
            let args = "test --workspace --no-default-features --locked --no-fail-fast";
            let mut tests = shell::cargo(&place::project());
            let ran = shell::shown(tests.args(words(args)));
            let (fine, text) =
                ran.map_err(|error| Trouble::new(format!("cargo test: {error}"), "see above"))?;
            Ok(count::of_cargo(&text).checked(fine))
        });
        self.one("the dependency tree without the page", tree::check);
    }

    /// Lints, build, size and browser tests of the page.
    fn page(&mut self) {
        let tools = self.one("set-up for the page", setup::for_page);
        self.one("clippy of the page", || {
            let args =
                "clippy --target wasm32-unknown-unknown --lib --bins --locked -- -D warnings";
            cargo(&words(args), "mend what clippy names above")
        });
        let Some(tools) = tools else { return };
        if self
            .one("the page, built", || page::build(&tools))
            .is_none()
        {
            return;
        }
        self.one("the size of the page", size::check);
        self.browser(&tools, &[]);
    }

    fn browser_alone(&mut self, filter: &[String]) {
        let Some(tools) = self.one("set-up for the page", setup::for_page) else {
            return;
        };
        if self
            .one("the page, built", || page::build(&tools))
            .is_some()
        {
            self.browser(&tools, filter);
        }
    }

    fn browser(&mut self, tools: &setup::Tools, filter: &[String]) {
        if let Some(chromium) = self.one("set-up of a browser", setup::chromium) {
            self.part("the page in a browser", || {
                browser::run(tools, &chromium, filter)
            });
        }
    }

    /// A part that counts as one.
    fn one<T>(&mut self, name: &str, check: impl FnOnce() -> Outcome<T>) -> Option<T> {
        let mut value = None;
        self.part(name, || {
            value = Some(check()?);
            Ok(Count::PASSED)
        });
        value
    }

    fn part(&mut self, name: &str, check: impl FnOnce() -> Outcome<Count>) {
        println!("\n── {name}");
        let began = Instant::now();
        let count = check().unwrap_or_else(|trouble| {
            println!("{trouble}");
            Count::FAILED
        });
        self.parts.push((name.to_owned(), count, began.elapsed()));
    }

    /// Prints the times and the count. True if nothing failed.
    fn closed(&self) -> bool {
        println!("\n── the gate");
        let mut all = Count::default();
        for (name, count, took) in &self.parts {
            let word = if count.failed == 0 {
                "ok    "
            } else {
                "FAILED"
            };
            println!(
                "{word}  {:>11}  {:>5} passed  {name}",
                seconds(*took),
                count.passed
            );
            all = all + *count;
        }
        println!("{} passed, {} failed", all.passed, all.failed);
        all.failed == 0
    }
}

fn words(args: &str) -> Vec<&str> {
    args.split(' ').collect()
}

fn cargo(args: &[&str], advice: &str) -> Outcome {
    let mut command: Command = shell::cargo(&place::project());
    shell::step(
        &format!("cargo {}", args.join(" ")),
        advice,
        command.args(args),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gate_is_as_good_as_its_worst_part() {
        let mut gate = Gate::default();
        gate.one("good", || Ok(()));
        assert!(gate.closed());
        gate.one("bad", || Err::<(), _>(Trouble::new("no", "none")));
        assert!(!gate.closed());
    }

    #[test]
    fn scopes_are_read() {
        let read = |text: &str| {
            scope(
                &text
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(read(""), Ok(Scope::All));
        assert_eq!(read("--quick"), Ok(Scope::Quick));
        assert_eq!(
            read("--browser two"),
            Ok(Scope::Browser(vec!["two".to_owned()]))
        );
        assert!(read("--quick now").is_err());
        assert!(read("all").is_err());
    }
}
