//! Files: short, documented, reachable, without leftovers; and what a layer never contains.

use super::assert_none;
use super::code::{Source, before_tests, masked, sources};

/// Longest file, in lines before its tests. "About 400", with air for the last touch.
const LINES_MOST: usize = 450;

/// All Rust of the project.
const EVERYWHERE: &[&str] = &["src", "xtask/src", "tests", "benches"];

/// Words that parts of the project never contain, and why. `except` names files that may.
struct Absent {
    below: &'static [&'static str],
    words: &'static [&'static str],
    except: &'static [&'static str],
    because: &'static str,
}

const ABSENT: &[Absent] = &[
    Absent {
        below: &[
            "src/model/",
            "src/verdict/",
            "src/share/",
            "src/player/",
            "src/scene/",
        ],
        words: &[
            "async",
            "thread_local",
            "OnceLock",
            "LazyLock",
            "Mutex",
            "RwLock",
            "AtomicBool",
            "AtomicU32",
            "AtomicU64",
            "AtomicUsize",
            "println",
            "eprintln",
            "unsafe",
        ],
        except: &[],
        because: "below the page there is no global state, no thread, no waiting and no output",
    },
    Absent {
        below: &["src/model/"],
        words: &["f32", "f64"],
        except: &["src/model/text.rs"],
        because: "the model is the same on every machine: whole numbers only",
    },
    Absent {
        below: &["src/share/", "xtask/src/run/"],
        words: &["unwrap", "panic"],
        except: &[],
        because: "a text from outside never causes a panic; what only our own bug could break is expected with its reason",
    },
];

fn too_long(source: &Source) -> Option<String> {
    let lines = before_tests(source).lines().count();
    (lines > LINES_MOST).then(|| {
        format!(
            "{}: {lines} lines before the tests, {LINES_MOST} at most",
            source.path
        )
    })
}

fn undocumented(source: &Source) -> Option<String> {
    let documented = source.text.starts_with("//! ");
    (!documented).then(|| format!("{}: does not begin with what it is for (//!)", source.path))
}

fn leftovers(source: &Source) -> Vec<String> {
    let markers = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X"],
        ["HA", "CK"],
        ["#[ign", "ore"],
    ]
    .map(|halves| halves.concat());
    (1..)
        .zip(source.text.lines())
        .filter(|(_, line)| markers.iter().any(|marker| line.contains(marker)))
        .map(|(number, line)| format!("{}:{number}: left over: {}", source.path, line.trim()))
        .collect()
}

fn unreasoned(source: &Source) -> Vec<String> {
    let code = masked(&source.text);
    let mut breaches = Vec::new();
    for (at, _) in code
        .match_indices("allow(")
        .chain(code.match_indices("expect(clippy"))
    {
        let attribute = code[..at].trim_end().ends_with(['[', '!'])
            || code[..at].ends_with("#![")
            || code[..at].ends_with("#[");
        if !attribute {
            continue;
        }
        let inside = &code[at..code[at..].find(']').map_or(code.len(), |end| at + end)];
        let line = code[..at].lines().count();
        if !inside.contains("reason") {
            breaches.push(format!(
                "{}:{line}: an allowance without a reason",
                source.path
            ));
        }
        let banned = inside.contains("disallowed_") || inside.contains("float_arithmetic");
        if banned && source.path.starts_with("src/") && source.path != "src/ui/mod.rs" {
            breaches.push(format!(
                "{}:{line}: only src/ui/mod.rs may lift the bans of clippy.toml",
                source.path
            ));
        }
    }
    breaches
}

fn present_though_absent(source: &Source) -> Vec<String> {
    let code = masked(before_tests(source));
    let rules = ABSENT.iter().filter(|rule| {
        rule.below
            .iter()
            .any(|below| source.path.starts_with(below))
            && !rule.except.contains(&source.path.as_str())
    });
    let mut breaches = Vec::new();
    for rule in rules {
        for (number, line) in (1..).zip(code.lines()) {
            let line = line.replace("&'static", "");
            let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let found = words.filter(|word| rule.words.contains(word));
            breaches.extend(
                found.map(|word| format!("{}:{number}: {word}: {}", source.path, rule.because)),
            );
        }
    }
    breaches
}

/// A file that no `mod` names is not compiled, and nobody is told.
fn unreachable_files(files: &[Source]) -> Vec<String> {
    let named = |parent: &str, name: &str| {
        files
            .iter()
            .filter(|file| file.path == parent)
            .any(|file| masked(&file.text).contains(&format!("mod {name};")))
    };
    let mut lost = Vec::new();
    for file in files {
        let path = file.path.trim_end_matches(".rs");
        let path = path.trim_end_matches("/mod");
        let Some((folder, name)) = path.rsplit_once('/') else {
            continue;
        };
        let parents = ["/mod.rs", "/lib.rs", "/main.rs", ".rs"].map(|end| format!("{folder}{end}"));
        let root = ["main", "lib"].contains(&name) || folder == "tests" || folder == "benches";
        let by_path = masked_paths(files)
            .iter()
            .any(|named| named.ends_with(&format!("{name}.rs")));
        if !root && !by_path && !parents.iter().any(|parent| named(parent, name)) {
            lost.push(format!("{}: no mod names it", file.path));
        }
    }
    lost
}

/// Files that a `#[path = …]` brings in.
fn masked_paths(files: &[Source]) -> Vec<String> {
    files
        .iter()
        .flat_map(|file| file.text.lines())
        .filter_map(|line| line.trim().strip_prefix("#[path = \""))
        .filter_map(|rest| rest.strip_suffix("\"]"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn files_are_short() {
    let breaches: Vec<String> = sources(EVERYWHERE).iter().filter_map(too_long).collect();
    assert_none(&breaches);
}

#[test]
fn files_say_what_they_are_for() {
    let breaches: Vec<String> = sources(EVERYWHERE)
        .iter()
        .filter_map(undocumented)
        .collect();
    assert_none(&breaches);
}

#[test]
fn nothing_is_left_over() {
    let breaches: Vec<String> = sources(EVERYWHERE).iter().flat_map(leftovers).collect();
    assert_none(&breaches);
}

#[test]
fn allowances_have_reasons_and_their_place() {
    let breaches: Vec<String> = sources(EVERYWHERE).iter().flat_map(unreasoned).collect();
    assert_none(&breaches);
}

#[test]
fn what_must_be_absent_is_absent() {
    let breaches: Vec<String> = sources(&["src", "xtask/src"])
        .iter()
        .flat_map(present_though_absent)
        .collect();
    assert_none(&breaches);
}

#[test]
fn every_file_is_compiled() {
    assert_none(&unreachable_files(&sources(EVERYWHERE)));
}

#[test]
fn every_breach_is_seen() {
    let file = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let long = "//! x\n".repeat(LINES_MOST + 1);
    assert!(too_long(&file("src/model/a.rs", &long)).is_some());
    assert!(
        too_long(&file(
            "src/model/a.rs",
            &format!("//! x\n#[cfg(test)]\n{long}")
        ))
        .is_none()
    );
    assert!(undocumented(&file("src/model/a.rs", "use x;")).is_some());
    assert_eq!(
        leftovers(&file("src/a.rs", &format!("// {}{}: later", "TO", "DO"))).len(),
        1
    );
    assert_eq!(
        unreasoned(&file("src/a.rs", "#[allow(dead_code)]\nfn f() {}")).len(),
        1
    );
    assert_eq!(
        unreasoned(&file("src/a.rs", "#[allow(clippy::x, reason = \"y\")]")).len(),
        0
    );
    let lifted = "#![allow(clippy::disallowed_types, reason = \"y\")]";
    assert_eq!(unreasoned(&file("src/scene/mod.rs", lifted)).len(), 1);
    assert_eq!(unreasoned(&file("src/ui/mod.rs", lifted)).len(), 0);
    for (path, text) in [
        ("src/model/a.rs", "static X: Mutex<u8> = Mutex(0);"),
        ("src/scene/a.rs", "async fn f() {}"),
        ("src/model/a.rs", "fn f(x: f64) {}"),
        ("src/share/a.rs", "fn f() { x.unwrap(); }"),
        ("xtask/src/run/a.rs", "fn f() { panic!() }"),
    ] {
        assert!(
            !present_though_absent(&file(path, text)).is_empty(),
            "{path}: {text}"
        );
    }
    let fine = "fn f(x: &'static str) -> Option<u8> { /* static */ x.unwrap_or(1) }";
    assert_none(&present_though_absent(&file("src/share/a.rs", fine)));
    let files = [
        file("src/lib.rs", "pub mod a;"),
        file("src/a.rs", ""),
        file("src/b.rs", ""),
    ];
    assert_eq!(unreachable_files(&files), ["src/b.rs: no mod names it"]);
}
