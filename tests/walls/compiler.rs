//! What the compiler itself refuses, tried on a copy of these very packages: the browser below the page, the actors
//! outside of the model, the fields of the world.

use super::fixture::{Refusal, folder, of_project, project, refusals, sections, write};
use std::fs;
use std::path::{Path, PathBuf};

const CHECK: &[&str] = &["check", "--lib", "--no-default-features"];

/// A copy of the crate without the page, in which `layer` has one more file.
fn copy(name: &str, layer: &str, breach: &str) -> PathBuf {
    let folder = folder(name);
    // Under names of their own, so that cargo keeps what it builds of them apart from the project's.
    let model = format!("{name}-model");
    let package = sections(&of_project("Cargo.toml"), |section| {
        !["[workspace]", "[[bin]]", "[[bench]]"].contains(&section)
    })
    .replacen("name = \"ackscope\"", &format!("name = \"{name}\""), 1)
    .replacen(
        "path = \"src/model\"",
        &format!("package = \"{model}\", path = \"src/model\""),
        1,
    );
    let package = format!("{package}\n[workspace]\n");
    write(&folder.join("Cargo.toml"), &package);
    write(&folder.join("Cargo.lock"), &of_project("Cargo.lock"));
    copy_all(&project().join("src"), &folder.join("src"));
    let package = of_project("src/model/Cargo.toml");
    let package = package.replacen(
        "name = \"ackscope-model\"",
        &format!("name = \"{model}\""),
        1,
    );
    write(&folder.join("src/model/Cargo.toml"), &package);
    let roots = ["mod.rs", "lib.rs"].map(|root| folder.join("src").join(layer).join(root));
    let parent = roots.into_iter().find(|root| root.exists());
    let parent = parent.expect("a layer has a root");
    let text = fs::read_to_string(&parent).expect("sources are text");
    write(&parent, &format!("{text}\nmod breach;\n"));
    write(&folder.join("src").join(layer).join("breach.rs"), breach);
    folder
}

fn copy_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder of sources").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_all(&from, &to);
        } else {
            write(&to, &fs::read_to_string(&from).expect("sources are text"));
        }
    }
}

/// Refusals with that code. Nothing but the breach is refused: without it, the copy compiles.
fn in_breach<'a>(refused: &'a [Refusal], code: &str) -> Vec<&'a Refusal> {
    let elsewhere = refused
        .iter()
        .filter(|refusal| !refusal.file.ends_with("/breach.rs"));
    assert_eq!(elsewhere.count(), 0, "{refused:#?}");
    refused
        .iter()
        .filter(|refusal| refusal.code == code)
        .collect()
}

#[test]
fn below_the_page_the_browser_cannot_be_named() {
    let crates = ["leptos", "web_sys", "js_sys", "wasm_bindgen", "gloo_timers"];
    let lines: String = crates
        .iter()
        .map(|name| format!("pub use {name} as _;\n"))
        .collect();
    for layer in ["model", "scene"] {
        let found = refusals(&copy("wall-web", layer, &lines), CHECK, &[]);
        let refused = in_breach(&found, "E0432");
        for name in crates {
            assert!(
                refused.iter().any(|refusal| refusal.says.contains(name)),
                "{name} can be named in {layer}: {found:#?}"
            );
        }
    }
}

/// Modules of the model that only the model may name, as `src/model/lib.rs` has them.
fn hidden_modules() -> Vec<String> {
    of_project("src/model/lib.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("pub(crate) mod "))
        .map(|rest| rest.trim_end_matches(';').to_owned())
        .collect()
}

#[test]
fn outside_of_the_model_the_actors_cannot_be_named() {
    let hidden = hidden_modules();
    for actor in ["broker", "controller", "producer", "network"] {
        assert!(
            hidden.iter().any(|name| name == actor),
            "{actor} is not hidden in src/model/lib.rs"
        );
    }
    let lines: String = hidden
        .iter()
        .map(|name| format!("use crate::model::{name} as _;\n"))
        .collect();
    let found = refusals(&copy("wall-actors", "verdict", &lines), CHECK, &[]);
    assert_eq!(in_breach(&found, "E0603").len(), hidden.len(), "{found:#?}");
}

/// Names of the fields of the world, read from its source.
fn fields_of_the_world() -> Vec<String> {
    let text = of_project("src/model/cluster/mod.rs");
    let body = text
        .split_once("pub struct World {")
        .map_or("", |(_, rest)| rest);
    let body = body.split("\n}").next().unwrap_or("");
    body.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//") && !line.starts_with('#'))
        .filter_map(|line| line.split_once(": "))
        .map(|(left, _)| left.rsplit(' ').next().unwrap_or("").to_owned())
        .collect()
}

#[test]
fn outside_of_the_model_the_fields_of_the_world_are_closed() {
    let fields = fields_of_the_world();
    assert!(
        fields.len() > 2,
        "the fields of World were not found: {fields:?}"
    );
    let reads: String = fields
        .iter()
        .map(|field| format!("    let _ = &world.{field};\n"))
        .collect();
    let breach = format!("pub fn peek(world: &crate::model::cluster::World) {{\n{reads}}}\n");
    let found = refusals(&copy("wall-world", "verdict", &breach), CHECK, &[]);
    assert_eq!(in_breach(&found, "E0616").len(), fields.len(), "{found:#?}");
}
