//! The scenario texts of the tests, played.

use ackscope::model::trace::Trace;
use ackscope::share::text::read;
use ackscope::verdict::{Ledger, Row};
use std::path::{Path, PathBuf};

/// A text and its run.
pub struct Played {
    /// Its path below the folder, without its ending.
    pub name: String,
    pub trace: Trace,
    pub ledger: Ledger,
}

impl Played {
    fn of(root: &Path, path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a text");
        let trace = Trace::of(&read(&text).scenario);
        let ledger = Ledger::of(&trace);
        let name = path.strip_prefix(root).expect("below the root");
        Self {
            name: name.with_extension("").display().to_string(),
            trace,
            ledger,
        }
    }

    /// The first record that fares badly: the gravest.
    pub fn troubled(&self) -> Option<&Row> {
        self.ledger.gravest()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn paths(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            paths(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// All of them.
pub fn all() -> Vec<Played> {
    let mut found = Vec::new();
    paths(&root(), &mut found);
    found.sort();
    found.iter().map(|path| Played::of(&root(), path)).collect()
}

/// The one of that name.
pub fn one(name: &str) -> Played {
    Played::of(&root(), &root().join(format!("{name}.yaml")))
}

/// Compares with what is written down in `tests/golden`, or writes it down anew.
pub fn golden(file: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(file);
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(&path, said).expect("it can be written");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = known
        .lines()
        .zip(said.lines())
        .find(|(one, other)| one != other);
    assert!(
        known == said,
        "tests/golden/{file} says otherwise, first here: {differs:#?}\nIf this is right: RENEW=1 cargo test --test answers"
    );
}
