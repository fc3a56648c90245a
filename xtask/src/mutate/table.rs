//! The mutations, as text.

use std::collections::BTreeSet;
use std::path::Path;

/// Where they are.
pub const TABLE: &str = "tests/mutations.txt";

/// A rule of the model, broken on purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutation {
    /// Its name.
    pub name: String,
    /// What is so then.
    pub says: String,
    /// Where.
    pub file: String,
    /// Which fates it brings about, or takes away.
    pub fates: Vec<String>,
    /// Which anomalies clients see of it.
    pub anomalies: Vec<String>,
    /// What is replaced, and by what.
    pub changes: Vec<(String, String)>,
    /// What must fail, ascending.
    pub fails: BTreeSet<String>,
}

/// What stands before the first mutation, and all of them.
pub fn read(text: &str) -> (String, Vec<Mutation>) {
    let mut head = String::new();
    let mut all: Vec<Mutation> = Vec::new();
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
            let change = (until("==="), until(">>>"));
            last.changes.push(change);
        } else if let Some((key, rest)) = line.split_once(':') {
            let rest = rest.trim();
            match key {
                "says" => last.says = rest.to_owned(),
                "file" => last.file = rest.to_owned(),
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
        let Mutation {
            name, says, file, ..
        } = mutation;
        text.push_str(&format!("= {name}\nsays: {says}\nfile: {file}\n"));
        for (key, words) in [
            ("fates", &mutation.fates),
            ("anomalies", &mutation.anomalies),
        ] {
            let line = format!("{key}: {}", words.join(" "));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for (from, to) in &mutation.changes {
            text.push_str(&format!("<<<\n{from}===\n{to}>>>\n"));
        }
        for fails in &mutation.fails {
            text.push_str(&format!("fails: {fails}\n"));
        }
    }
    text
}

impl Mutation {
    /// The file with the rule broken.
    ///
    /// # Errors
    /// If there is no such file, or what is to be replaced is not there exactly once.
    pub fn applied(&self, project: &Path) -> Result<String, String> {
        let path = project.join(&self.file);
        let mut text =
            std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", self.file))?;
        for (from, to) in &self.changes {
            let times = text.matches(from.as_str()).count();
            if times != 1 {
                return Err(format!(
                    "{}: {} has this {times} times:\n{from}",
                    self.name, self.file
                ));
            }
            text = text.replacen(from.as_str(), to, 1);
        }
        Ok(text)
    }
}
