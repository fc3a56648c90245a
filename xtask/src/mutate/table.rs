//! The mutations, as text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Where they are.
pub const TABLE: &str = "tests/mutations.txt";

/// A place in a file, and what stands there instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub file: String,
    /// What is there, exactly once.
    pub from: String,
    /// What is put there.
    pub to: String,
}

/// A rule of the model, broken on purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutation {
    /// Its name.
    pub name: String,
    /// What is so then.
    pub says: String,
    /// Which fates it brings about, or takes away.
    pub fates: Vec<String>,
    /// Which anomalies clients see of it.
    pub anomalies: Vec<String>,
    /// What is replaced: in which file, what, and by what.
    pub changes: Vec<Change>,
    /// What must fail, ascending.
    pub fails: BTreeSet<String>,
}

/// What stands before the first mutation, and all of them.
pub fn read(text: &str) -> (String, Vec<Mutation>) {
    let mut head = String::new();
    let mut all: Vec<Mutation> = Vec::new();
    let mut file = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("= ") {
            let name = name.to_owned();
            all.push(Mutation {
                name,
                ..Mutation::default()
            });
            continue;
        }
        let Some(last) = all.last_mut() else {
            head.push_str(line);
            head.push('\n');
            continue;
        };
        let words = |rest: &str| rest.split_whitespace().map(str::to_owned).collect();
        if line == "<<<" {
            let mut until = |end: &str| {
                let part = lines.by_ref().take_while(|line| *line != end);
                part.map(|line| format!("{line}\n")).collect::<String>()
            };
            let (from, to) = (until("==="), until(">>>"));
            let file = file.clone();
            last.changes.push(Change { file, from, to });
        } else if let Some((key, rest)) = line.split_once(':') {
            let rest = rest.trim();
            match key {
                "says" => last.says = rest.to_owned(),
                "file" => file = rest.to_owned(),
                "fates" => last.fates = words(rest),
                "anomalies" => last.anomalies = words(rest),
                "fails" => _ = last.fails.insert(rest.to_owned()),
                _ => {}
            }
        }
    }
    (head, all)
}

/// The same as text.
pub fn write(head: &str, all: &[Mutation]) -> String {
    let mut text = head.to_owned();
    for (place, mutation) in all.iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        let Mutation { name, says, .. } = mutation;
        text.push_str(&format!("= {name}\nsays: {says}\n"));
        for (key, words) in [
            ("fates", &mutation.fates),
            ("anomalies", &mutation.anomalies),
        ] {
            let line = format!("{key}: {}", words.join(" "));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        let mut before = "";
        for Change { file, from, to } in &mutation.changes {
            if file != before {
                text.push_str(&format!("file: {file}\n"));
            }
            text.push_str(&format!("<<<\n{from}===\n{to}>>>\n"));
            before = file;
        }
        for fails in &mutation.fails {
            text.push_str(&format!("fails: {fails}\n"));
        }
    }
    text
}

impl Mutation {
    /// The files with the rule broken.
    ///
    /// # Errors
    /// If there is no such file, or what is to be replaced is not there exactly once.
    pub fn applied(&self, project: &Path) -> Result<BTreeMap<String, String>, String> {
        let mut broken: BTreeMap<String, String> = BTreeMap::new();
        for Change { file, from, to } in &self.changes {
            let text = match broken.get(file) {
                Some(text) => text.clone(),
                None => std::fs::read_to_string(project.join(file))
                    .map_err(|error| format!("{file}: {error}"))?,
            };
            let times = text.matches(from.as_str()).count();
            if times != 1 {
                let name = &self.name;
                return Err(format!("{name}: {file} has this {times} times:\n{from}"));
            }
            broken.insert(file.clone(), text.replacen(from.as_str(), to, 1));
        }
        Ok(broken)
    }
}
