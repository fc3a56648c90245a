//! A tree as YAML in flow style, on one line: how an act is written.

use crate::model::small::sort_by_key;
use serde_json::{Map, Value};
use std::fmt::Write;

/// Fields in the order in which a person names them; all others follow by the alphabet.
const ORDER: &[&str] = &[
    "do",
    "when",
    "id",
    "name",
    "family",
    "bootstrap",
    "by",
    "topic",
    "partition",
    "key",
    "timestamp",
    "k",
    "v",
    "replicas",
    "warm",
    "config",
    "values",
    "wait",
    "gap_ms",
    "broker",
    "brokers",
    "from",
    "to",
    "api",
    "phase",
    "nth",
    "plus",
    "then",
    "delay_ms",
    "before",
    "total",
    "synced",
    "links",
    "leader",
    "not_leader",
];

/// Longer keys need a mark of their own in YAML.
const LONGEST_KEY: usize = 64;

/// The pairs of a map in that order.
pub(super) fn ordered(map: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let place = |key: &str| ORDER.iter().position(|known| *known == key);
    let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
    sort_by_key(&mut pairs, |(key, _)| {
        (place(key).unwrap_or(ORDER.len()), key.as_str())
    });
    pairs
}

/// The tree as YAML.
pub(super) fn write(value: &Value) -> String {
    let mut out = String::new();
    push(&mut out, value);
    out
}

fn push(out: &mut String, value: &Value) {
    match value {
        Value::Array(list) => {
            out.push('[');
            for (at, item) in list.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                push(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (at, (key, item)) in ordered(map).into_iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                out.push_str(if key.len() > LONGEST_KEY { "? " } else { "" });
                out.push_str(&word(key));
                out.push_str(if key.len() > LONGEST_KEY { " : " } else { ": " });
                push(out, item);
            }
            out.push('}');
        }
        Value::String(text) => out.push_str(&word(text)),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Bool(flag) => out.push_str(&flag.to_string()),
        Value::Null => out.push_str("null"),
    }
}

/// A text as a YAML scalar: plain where that means the same to everybody, else in quotation marks.
pub(super) fn word(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printed(c) => out.push(c),
            c if c <= '\u{ffff}' => _ = write!(out, "\\u{:04X}", u32::from(c)),
            c => _ = write!(out, "\\U{:08X}", u32::from(c)),
        }
    }
    out.push('"');
    out
}

/// Printed as it is: no control character, line break, direction mark or byte order mark.
fn is_printed(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        && u32::from(c) & 0xfffe != 0xfffe
}

/// Letters first (or a link, or a time), and nothing that YAML, in any version, takes for syntax, a number or a truth.
fn is_plain(text: &str) -> bool {
    let spoken = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf",
    ];
    let is_time = || {
        let digits = text.trim_end_matches(['u', 'm', 's']);
        digits.len() < text.len() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    let is_link = || text.starts_with(|c: char| c.is_ascii_digit()) && text.contains("->");
    (text.starts_with(|c: char| c.is_ascii_alphabetic()) || is_link() || is_time())
        && !text.ends_with(' ')
        && !text.contains("  ")
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || " _-./=;()<>+*".contains(c))
        && !spoken.contains(&text.to_ascii_lowercase().as_str())
}
