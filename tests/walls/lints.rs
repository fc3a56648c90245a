//! The bans of clippy.toml and of `[lints]` in Cargo.toml: each is broken in a crate with these very files.

use super::fixture::{Refusal, folder, of_project, refusals, sections, write};

/// One module of the fixture, what it does, which lint must refuse it, and a word of the reason.
const BREACHES: &[(&str, &str, &str, &str)] = &[
    (
        "hash_map",
        "pub fn f() -> usize { std::collections::HashMap::<u8, u8>::new().len() }",
        "clippy::disallowed_types",
        "order",
    ),
    (
        "hash_set",
        "use std::collections::HashSet;\npub fn f(x: &HashSet<u8>) -> usize { x.len() }",
        "clippy::disallowed_types",
        "order",
    ),
    (
        "instant",
        "pub fn f() -> bool { std::time::Instant::now().elapsed().is_zero() }",
        "clippy::disallowed_types",
        "no clock",
    ),
    (
        "system_time",
        "pub fn f(x: std::time::SystemTime) -> bool { x.elapsed().is_ok() }",
        "clippy::disallowed_types",
        "no clock",
    ),
    (
        "shared",
        "pub fn f() -> u8 { *std::rc::Rc::new(1) }",
        "clippy::disallowed_types",
        "plain data",
    ),
    (
        "cell",
        "pub fn f() -> u8 { std::cell::RefCell::new(1).take() }",
        "clippy::disallowed_types",
        "one owner",
    ),
    (
        "thread",
        "pub fn f() { std::thread::spawn(|| ()); }",
        "clippy::disallowed_methods",
        "no threads",
    ),
    (
        "environment",
        "pub fn f() -> bool { std::env::var(\"X\").is_ok() }",
        "clippy::disallowed_methods",
        "scenario",
    ),
    (
        "pointer",
        "pub fn f(x: *const u8) -> u8 { unsafe { *x } }",
        "unsafe_code",
        "unsafe",
    ),
    (
        "unfinished",
        "pub fn f() -> u8 { todo!() }",
        "clippy::todo",
        "todo",
    ),
    (
        "debugging",
        "pub fn f() -> u8 { dbg!(1) }",
        "clippy::dbg_macro",
        "dbg",
    ),
    (
        "undocumented",
        "pub struct S;",
        "missing_docs",
        "documentation",
    ),
    (
        "unreasoned",
        "#[allow(dead_code)]\nfn f() {}",
        "clippy::allow_attributes_without_reason",
        "reason",
    ),
];

/// The crate's root: every breach in a module of its own, a module with the model's own attributes, one with the page's.
fn root() -> String {
    let mut root = String::from("//! A crate that breaks every rule once.\n");
    let modules = BREACHES.iter().map(|(name, ..)| *name);
    for name in modules.chain(["model", "ui", "long", "fine"]) {
        let hidden = if name == "undocumented" {
            "/// x\n"
        } else {
            "#[allow(missing_docs, reason = \"a fixture\")]\n"
        };
        root.push_str(&format!("{hidden}pub mod {name};\n"));
    }
    root
}

/// The `#![…]` lines of a file of the project, also those of several lines.
fn attributes(path: &str) -> String {
    let text = of_project(path);
    let mut found = String::new();
    let mut inside = false;
    for line in text.lines() {
        inside |= line.starts_with("#![");
        if inside {
            found.push_str(line);
            found.push('\n');
        }
        inside &= !line.ends_with(']');
    }
    found
}

fn fixture() -> Vec<Refusal> {
    let folder = folder("wall-of-lints");
    let package = "[package]\nname = \"wall-of-lints\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
    let lints = sections(&of_project("Cargo.toml"), |section| {
        section.starts_with("[workspace.lints")
    });
    write(
        &folder.join("Cargo.toml"),
        &format!("{package}[lints]\nworkspace = true\n{lints}"),
    );
    write(&folder.join("clippy.toml"), &of_project("clippy.toml"));
    let source = |name: &str| folder.join("src").join(format!("{name}.rs"));
    write(&source("lib"), &root());
    for (name, text, ..) in BREACHES {
        write(&source(name), &format!("{text}\n"));
    }
    let float = "pub fn f(x: f64) -> f64 { x * 1.5 }\n";
    write(
        &source("model"),
        &format!("{}{float}", attributes("src/model/lib.rs")),
    );
    let page = "pub fn f() -> bool { std::rc::Rc::new(std::cell::RefCell::new(1)).take() == 1 }\n";
    write(
        &source("ui"),
        &format!("{}{page}", attributes("src/ui/mod.rs")),
    );
    let long = format!(
        "pub fn f(mut x: u8) -> u8 {{\n{}    x\n}}\n",
        "    x = x.wrapping_mul(3);\n".repeat(70)
    );
    write(&source("long"), &long);
    let short = "pub fn f(x: &std::collections::BTreeMap<u8, u8>) -> usize { x.len() }\n";
    write(&source("fine"), short);
    refusals(&folder, &["clippy", "--lib"], &["-D", "warnings"])
}

#[test]
fn every_ban_bites() {
    let found = fixture();
    let in_file = |name: &str| -> Vec<&Refusal> {
        let file = format!("src/{name}.rs");
        found
            .iter()
            .filter(|refusal| refusal.file == file)
            .collect()
    };
    let others = [
        ("model", "", "clippy::float_arithmetic", "floating"),
        ("long", "", "clippy::too_many_lines", "/70"),
    ];
    for (name, _, code, reason) in BREACHES.iter().chain(&others) {
        let refused = in_file(name);
        let hit = refused
            .iter()
            .any(|refusal| refusal.code == *code && refusal.says.contains(reason));
        assert!(hit, "{code} did not refuse {name}: {refused:#?}");
    }
    for allowed in ["ui", "fine"] {
        assert!(
            in_file(allowed).is_empty(),
            "{allowed} is refused: {:#?}",
            in_file(allowed)
        );
    }
}
