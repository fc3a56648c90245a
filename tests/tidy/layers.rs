//! Who may name whom, as data. Layers of the crate, crates from outside, and the finer order inside the model.

use super::assert_none;
use super::code::{Source, Written, paths, project, sources};
use std::fs;

/// One layer: a folder of `src`.
struct Layer {
    name: &'static str,
    may_name: &'static [&'static str],
    crates: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer {
        name: "model",
        may_name: &[],
        crates: &["serde", "smallvec"],
    },
    Layer {
        name: "verdict",
        may_name: &["model"],
        crates: &["serde"],
    },
    Layer {
        name: "share",
        may_name: &["model"],
        crates: &["serde", "serde_json", "saphyr_parser", "javaproperties"],
    },
    Layer {
        name: "player",
        may_name: &["model", "verdict", "share"],
        crates: &[],
    },
    Layer {
        name: "scene",
        may_name: &["model", "verdict", "player"],
        crates: &[],
    },
    Layer {
        name: "measure",
        may_name: &["model", "verdict", "share", "player"],
        crates: &[],
    },
    Layer {
        name: "ui",
        may_name: &["model", "verdict", "share", "player", "scene", "measure"],
        crates: &[
            "leptos",
            "wasm_bindgen",
            "web_sys",
            "js_sys",
            "gloo_timers",
            "console_error_panic_hook",
        ],
    },
    Layer {
        name: "main",
        may_name: &["ui"],
        crates: &[],
    },
    Layer {
        name: "lib",
        may_name: &[
            "model", "verdict", "share", "player", "scene", "measure", "ui",
        ],
        crates: &["ackscope_model"],
    },
];

/// The model from the ground up: a module names only those of its own row and of rows before it. Roles meet only through what
/// goes over the wire, so each of them has a row of its own here, and none is "before" another.
const MODEL: &[&[&str]] = &[
    &["ids", "time", "text", "prng", "small"],
    &[
        "scenario",
        "record",
        "state_record",
        "transaction",
        "wire",
        "cast",
        "board",
        "config",
        "observation",
    ],
    &[
        "assignors",
        "effects",
        "medium",
        "network",
        "open_transactions",
        "partition_log",
        "producer_state",
        "queue",
    ],
    ROLES,
    &["cluster", "history", "trace"],
];

/// The actors. They never name each other.
const ROLES: &[&str] = &[
    "broker",
    "controller",
    "producer",
    "reader",
    "share_consumer",
];

/// What lies between the actors. They know of it only what `effects` lets them do.
const BETWEEN: &[&str] = &["medium", "network", "queue"];

/// What breaks the table in one file.
fn breaches_in(source: &Source, crates: &[String]) -> Vec<String> {
    let inside = source
        .path
        .trim_start_matches("src/")
        .trim_end_matches(".rs");
    let place = place_of(inside);
    let Some(layer) = LAYERS
        .iter()
        .find(|layer| place.first() == Some(&layer.name))
    else {
        return vec![format!(
            "{}: no layer of that name in tests/tidy/layers.rs",
            source.path
        )];
    };
    let mut breaches = Vec::new();
    for path in paths(&source.text) {
        let mut breach =
            |says: String| breaches.push(format!("{}:{}: {says}", source.path, path.line));
        let first = path.words[0].as_str();
        if crates.iter().any(|known| known == first) && !layer.crates.contains(&first) {
            breach(format!("{} may not name the crate {first}", layer.name));
        }
        let Some(named) = absolute(&place, &path) else {
            continue;
        };
        let Some(to) = named.first() else { continue };
        let known = LAYERS.iter().any(|other| other.name == to);
        if known && *to != layer.name && !layer.may_name.contains(&to.as_str()) {
            breach(format!("{} may not name {to}", layer.name));
        }
        if let ["model", from, ..] = place[..]
            && to == "model"
        {
            breaches_in_model(from, named.get(1))
                .into_iter()
                .for_each(breach);
        }
    }
    breaches
}

/// Where a file stands among the modules: `model/lib` and `model/mod` are `model` itself.
fn place_of(inside: &str) -> Vec<&str> {
    let mut place: Vec<&str> = inside.split('/').filter(|part| *part != "mod").collect();
    if place.len() > 1 && place.last() == Some(&"lib") {
        place.pop();
    }
    place
}

fn breaches_in_model(from: &str, to: Option<&String>) -> Option<String> {
    let row = |name: &str| MODEL.iter().position(|row| row.contains(&name));
    let to = to?;
    let Some(mine) = row(from) else {
        return Some(format!("model::{from} has no row in tests/tidy/layers.rs"));
    };
    let theirs = row(to)?;
    let closed = ROLES.contains(&to.as_str()) || BETWEEN.contains(&to.as_str());
    let roles = ROLES.contains(&from) && closed && from != to;
    (theirs > mine || roles).then(|| format!("model::{from} may not name model::{to}"))
}

/// The path from the root of the crate; none if it leads elsewhere.
fn absolute(place: &[&str], path: &Written) -> Option<Vec<String>> {
    let ups = path
        .words
        .iter()
        .take_while(|word| *word == "super")
        .count();
    let rest = || path.words.iter().cloned();
    match path.words[0].as_str() {
        // The model is a package of its own.
        "crate" if place.first() == Some(&"model") => of_the_model(rest().skip(1)),
        "ackscope_model" => of_the_model(rest().skip(1)),
        "crate" | "ackscope" => Some(rest().skip(1).collect()),
        "super" => {
            let keep = (place.len() + path.nested).checked_sub(ups)?;
            let base = place.iter().take(keep.min(place.len()));
            Some(
                base.map(|part| (*part).to_owned())
                    .chain(rest().skip(ups))
                    .collect(),
            )
        }
        _ => None,
    }
}

fn of_the_model(rest: impl Iterator<Item = String>) -> Option<Vec<String>> {
    Some(std::iter::once("model".to_owned()).chain(rest).collect())
}

/// The crates that the packages name, as they are written in code.
fn crates() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(project().join(path)).expect("a package");
    let text = read("Cargo.toml") + &read("src/model/Cargo.toml");
    let mut section = "";
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
            found.extend(section.strip_prefix("dependencies."));
        } else if section == "dependencies" {
            found.extend(line.split_once(" =").map(|(name, _)| name));
        }
    }
    found
        .into_iter()
        .map(|name| name.replace('-', "_"))
        .collect()
}

#[test]
fn every_layer_keeps_to_the_table() {
    let crates = crates();
    assert!(
        ["serde", "leptos", "web_sys"]
            .iter()
            .all(|name| crates.iter().any(|known| known == name))
    );
    let breaches: Vec<String> = sources(&["src"])
        .iter()
        .flat_map(|source| breaches_in(source, &crates))
        .collect();
    assert_none(&breaches);
}

/// A path, a text that must not stand there, and what is said of it.
const BREACHES: &[(&str, &str, &str)] = &[
    (
        "src/model/ids.rs",
        "use ackscope::verdict::Row;",
        "model may not name verdict",
    ),
    (
        "src/model/ids.rs",
        "fn f() { ackscope::ui::mount() }",
        "model may not name ui",
    ),
    (
        "src/verdict/mod.rs",
        "use ackscope_model::ids;",
        "verdict may not name the crate ackscope_model",
    ),
    (
        "src/verdict/mod.rs",
        "use super::{model::ids, scene::fold::Fold};",
        "verdict may not name scene",
    ),
    (
        "src/scene/fold.rs",
        "mod tests { use super::super::super::ui; }",
        "scene may not name ui",
    ),
    (
        "src/share/text.rs",
        "use crate::{\n  player::Player,\n};",
        "share may not name player",
    ),
    (
        "src/model/time.rs",
        "use leptos::prelude::*;",
        "model may not name the crate leptos",
    ),
    (
        "src/scene/fold.rs",
        "fn f(e: web_sys::Element) {}",
        "scene may not name the crate web_sys",
    ),
    (
        "src/verdict/mod.rs",
        "use serde_json::Value;",
        "verdict may not name the crate serde_json",
    ),
    (
        "src/main.rs",
        "fn main() { ackscope::model::run() }",
        "main may not name model",
    ),
    (
        "src/model/ids.rs",
        "use super::wire::Request;",
        "model::ids may not name model::wire",
    ),
    (
        "src/model/broker/leader.rs",
        "use crate::controller::X;",
        "model::broker may not name model::controller",
    ),
    (
        "src/model/producer.rs",
        "use super::broker::X;",
        "model::producer may not name model::broker",
    ),
    (
        "src/model/reader/net.rs",
        "use super::super::medium::Medium;",
        "model::reader may not name model::medium",
    ),
    (
        "src/model/new.rs",
        "use super::ids::X;",
        "model::new has no row",
    ),
    ("src/other/mod.rs", "", "no layer of that name"),
];

#[test]
fn every_kind_of_breach_is_seen() {
    let crates = crates();
    for (path, text, says) in BREACHES {
        let source = Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        let breaches = breaches_in(&source, &crates);
        assert!(
            breaches.len() == 1 && breaches[0].contains(says),
            "{path}: {text}: {breaches:?}"
        );
    }
}

#[test]
fn what_is_allowed_is_no_breach() {
    let crates = crates();
    for (path, text) in [
        (
            "src/model/trace.rs",
            "use super::cluster::World; use serde::Serialize; use std::fmt;",
        ),
        (
            "src/model/broker/leader.rs",
            "use super::follower; use super::super::ids::X; mod tests { use super::*; }",
        ),
        (
            "src/ui/app.rs",
            "use crate::{model::ids, scene, player}; use leptos::prelude::*;",
        ),
        (
            "src/model/ids.rs",
            "// use crate::ui;\nconst A: &str = \"crate::ui::x\";",
        ),
        ("src/main.rs", "fn main() { ackscope::ui::mount() }"),
    ] {
        let source = Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        assert_none(&breaches_in(&source, &crates));
    }
}
