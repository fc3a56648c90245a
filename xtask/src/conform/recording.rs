//! One recorded run: a file of `tests/ground-truth`.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// What a file holds, as far as it is compared.
pub struct Recording {
    pub id: String,
    pub title: String,
    /// Broker settings that differ from the base of all recordings.
    pub brokers: BTreeMap<String, String>,
    pub steps: Vec<Map<String, Value>>,
    pub observed: Value,
    /// JSON pointers into `observed` that are not compared.
    pub varies: Vec<String>,
    /// The version of Kafka that was recorded.
    pub kafka: String,
}

impl Recording {
    /// The recorder left brokers down, and so read no final state.
    pub fn leaves_down(&self) -> bool {
        self.observed.get("final").is_none()
    }
}

/// All recordings of a folder and of those in it, by name.
pub fn all(folder: &Path) -> Result<Vec<Recording>, String> {
    let mut found = Vec::new();
    gather(folder, &mut found)?;
    Ok(found)
}

fn gather(folder: &Path, found: &mut Vec<Recording>) -> Result<(), String> {
    let say = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .map_err(say)?
        .collect::<Result<_, _>>()
        .map_err(say)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            gather(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "json") {
            found.push(read(&path)?);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Recording, String> {
    let size = std::fs::metadata(path).map_or(0, |meta| meta.len());
    if size > LARGEST {
        return Err(format!("{}: {size} bytes are too many", path.display()));
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    of(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads a recording's text.
pub fn of(text: &str) -> Result<Recording, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let field = |name: &str| {
        value
            .get(name)
            .cloned()
            .ok_or_else(|| format!("no “{name}”"))
    };
    let typed = |error: serde_json::Error| error.to_string();
    let text_of = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let observed = field("observed")?;
    let varies: Vec<String> = value
        .get("varies")
        .map_or(Ok(Vec::new()), |v| serde_json::from_value(v.clone()))
        .map_err(typed)?;
    Ok(Recording {
        id: text_of("id"),
        title: text_of("title"),
        kafka: text_of("kafka"),
        brokers: value
            .get("brokers")
            .map_or(Ok(BTreeMap::new()), |v| serde_json::from_value(v.clone()))
            .map_err(typed)?,
        steps: serde_json::from_value(field("steps")?).map_err(typed)?,
        varies: varies
            .iter()
            .map(|pointer| in_observed(pointer, &observed))
            .collect(),
        observed,
    })
}

/// A pointer names a step by its number in the scenario; `observed.steps` holds only the steps that had a result.
fn in_observed(pointer: &str, observed: &Value) -> String {
    let place = pointer.strip_prefix("/steps/").and_then(|rest| {
        let (number, rest) = rest.split_once('/')?;
        let number: u64 = number.parse().ok()?;
        let steps = observed.get("steps")?.as_array()?;
        let is_it = |step: &Value| step.get("step").and_then(Value::as_u64) == Some(number);
        Some(format!("/steps/{}/{rest}", steps.iter().position(is_it)?))
    });
    place.unwrap_or_else(|| pointer.to_owned())
}
