//! What the model can name has words: a caption for each observation, a sentence and a source for each setting.

use super::assert_none;
use super::code::{masked, sources};
use ackscope::model::config::registry::Setting;
use ackscope::model::config::{SETTINGS, setting};

/// Names of an enum's variants, read from its source.
fn variants(text: &str, name: &str) -> Vec<String> {
    let code = masked(text);
    let Some((_, body)) = code.split_once(&format!("enum {name} {{")) else {
        return Vec::new();
    };
    let mut depth = 0;
    let mut found = Vec::new();
    for line in body.lines() {
        let word = line
            .trim()
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or("");
        if depth == 0 && word.starts_with(char::is_uppercase) {
            found.push(word.to_owned());
        }
        for sign in line.chars() {
            match sign {
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                _ => {}
            }
        }
        if depth < 0 {
            break;
        }
    }
    found
}

/// Variants that the captions never name, and arms that would swallow a new one.
fn unspoken(variants: &[String], captions: &str) -> Vec<String> {
    let code = masked(captions);
    let words: Vec<&str> = code
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .collect();
    variants
        .iter()
        .filter(|variant| !words.contains(&variant.as_str()))
        .map(|variant| format!("{variant} has no caption and is not named as one without"))
        .collect()
}

fn faults_of(setting: &Setting) -> Vec<String> {
    let rules = [
        (setting.key.is_empty(), "has no key"),
        (!setting.doc.ends_with('.'), "has no sentence"),
        (setting.source.is_empty(), "has no source"),
    ];
    let broken = rules.into_iter().filter(|(broken, _)| *broken);
    broken
        .map(|(_, says)| format!("{} {says}", setting.key))
        .collect()
}

#[test]
fn every_observation_has_a_caption_or_is_named_as_one_without() {
    let all = sources(&["src/model", "src/scene"]);
    let text = |part: &str| -> String {
        let files = all.iter().filter(|source| source.path.contains(part));
        files.map(|source| source.text.as_str()).collect()
    };
    let variants = variants(&text("src/model/observation"), "Observation");
    assert!(variants.len() > 30, "{variants:?}");
    assert_none(&unspoken(&variants, &text("src/scene/captions")));
}

#[test]
fn every_setting_has_words_and_a_source() {
    assert!(!SETTINGS.is_empty());
    let faults: Vec<String> = SETTINGS.iter().flat_map(faults_of).collect();
    assert_none(&faults);
    for one in SETTINGS {
        assert_eq!(
            SETTINGS
                .iter()
                .filter(|other| other.key == one.key && other.owner == one.owner)
                .count(),
            1,
            "{}",
            one.key
        );
        assert!(setting(one.key).is_some(), "{}", one.key);
    }
}

#[test]
fn what_is_unspoken_would_be_seen() {
    let text = "pub enum Observation {\n /// A { doc.\n A {\n B: u8,\n },\n C(D),\n E,\n}\nenum Other { F }";
    let found = variants(text, "Observation");
    assert_eq!(found, ["A", "C", "E"]);
    assert_eq!(
        unspoken(
            &found,
            "match o { Observation::A { .. } => 1, C(_) => 2, _ => 3 } // E"
        ),
        ["E has no caption and is not named as one without"]
    );
}
