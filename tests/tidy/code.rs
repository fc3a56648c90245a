//! The project's sources, and a reading of Rust that is just good enough: comments and literals blanked out, paths resolved.

use std::fs;
use std::path::{Path, PathBuf};

/// One source file.
pub struct Source {
    /// From the project's folder, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
}

/// The project's folder.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below the folders, in the order of their names.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let mut files = Vec::new();
    for folder in folders {
        collect(&project().join(folder), &mut files);
    }
    files.sort();
    let found: Vec<Source> = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|end| end == "rs"))
        .map(|file| Source {
            text: fs::read_to_string(&file).expect("sources are text"),
            path: relative(&file),
        })
        .collect();
    assert!(!found.is_empty(), "no sources in {folders:?}");
    found
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn relative(file: &Path) -> String {
    let inside = file.strip_prefix(project()).unwrap_or(file);
    inside.to_string_lossy().replace('\\', "/")
}

/// The part before the tests of the file; nothing for a file of tests.
pub fn before_tests(source: &Source) -> &str {
    if source.path.ends_with("/tests.rs") || source.path.contains("/tests/") {
        return "";
    }
    source.text.split("#[cfg(test)]").next().unwrap_or("")
}

/// The text with comments and the insides of literals blanked out; lines stay where they are.
pub fn masked(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let length = literal(&bytes[at..], at.checked_sub(1).map(|before| bytes[before]));
        if length == 0 {
            out.push(char::from(bytes[at]));
            at += 1;
        } else {
            let blank = bytes[at..at + length].iter();
            out.extend(blank.map(|byte| if *byte == b'\n' { '\n' } else { ' ' }));
            at += length;
        }
    }
    out
}

/// Length of the comment or literal that begins here; 0 if none does.
fn literal(rest: &[u8], before: Option<u8>) -> usize {
    let in_word = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    match rest {
        [b'/', b'/', ..] => rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => quoted(rest, b'"'),
        [b'r', b'"' | b'#', ..] if !in_word => raw(rest),
        [b'b', b'r', b'"' | b'#', ..] if !in_word => 1 + raw(&rest[1..]),
        [b'\'', b'\\', ..] => quoted(rest, b'\''),
        [b'\'', _, b'\'', ..] => 3,
        // A character of several bytes; a lifetime has no quote after it.
        [b'\'', first, ..] if !first.is_ascii() => quoted(rest, b'\''),
        _ => 0,
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at + 1 < rest.len() {
        match &rest[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    if rest.get(1 + hashes) != Some(&b'"') {
        return 0;
    }
    let mut end = vec![b'"'];
    end.extend(std::iter::repeat_n(b'#', hashes));
    let body = 2 + hashes;
    rest[body..]
        .windows(end.len())
        .position(|window| window == end)
        .map_or(rest.len(), |at| body + at + end.len())
}

/// A path as it is written: its words, and the line where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// From 1.
    pub line: usize,
    /// Words between `::`.
    pub words: Vec<String>,
    /// How many modules of the file itself are open around it.
    pub nested: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Colons,
    Sign(char),
}

/// All paths of two words and more in a text, those in braces written out: `a::{b, c::d}` is `a::b` and `a::c::d`.
pub fn paths(text: &str) -> Vec<Written> {
    let code = masked(text);
    let tokens = tokens(&code);
    let mut found = Vec::new();
    let mut modules: Vec<usize> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].1 {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') => {
                depth -= 1;
                modules.retain(|opened| *opened < depth + 1);
            }
            Token::Word("mod") if matches!(tokens.get(at + 2), Some((_, Token::Sign('{')))) => {
                modules.push(depth + 1);
            }
            Token::Word(_)
                if tokens
                    .get(at + 1)
                    .is_some_and(|next| next.1 == Token::Colons) =>
            {
                let line = tokens[at].0;
                let mut leaves = Vec::new();
                at = path(&tokens, at, &mut Vec::new(), &mut leaves);
                found.extend(leaves.into_iter().map(|words| Written {
                    line,
                    words,
                    nested: modules.len(),
                }));
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads one path from a word on; gives the place after it.
fn path(
    tokens: &[(usize, Token)],
    mut at: usize,
    before: &mut Vec<String>,
    leaves: &mut Vec<Vec<String>>,
) -> usize {
    let start = before.len();
    loop {
        match tokens.get(at).map(|token| token.1) {
            Some(Token::Word(word)) => {
                before.push(word.to_owned());
                at += 1;
            }
            Some(Token::Sign('{')) if before.len() > start || start > 0 => {
                at += 1;
                while let Some((_, token)) = tokens.get(at) {
                    match token {
                        Token::Sign('}') => break,
                        Token::Word(_) => at = path(tokens, at, before, leaves),
                        _ => at += 1,
                    }
                }
                before.truncate(start);
                return at + 1;
            }
            _ => break,
        }
        if tokens.get(at).is_none_or(|token| token.1 != Token::Colons) {
            break;
        }
        at += 1;
    }
    leaves.push(before.clone());
    before.truncate(start);
    at
}

fn tokens(code: &str) -> Vec<(usize, Token<'_>)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(code.lines()) {
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let word = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            let (token, length) = if word > 0 {
                (Some(Token::Word(&rest[..word])), word)
            } else if rest.starts_with("::") {
                (Some(Token::Colons), 2)
            } else {
                let shown = !first.is_whitespace();
                (shown.then_some(Token::Sign(first)), first.len_utf8())
            };
            found.extend(token.map(|token| (number, token)));
            rest = &rest[length..];
        }
    }
    found
}

#[test]
fn comments_and_literals_are_blanked() {
    let text =
        "a // b\nc /* d /* e */ */ f \"g\\\"\" h 'i' j '\\'' k<'l> r#\"m\"n\"# o br\"p\" q 'é' r";
    let kept: String = masked(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(kept, "a c f h j k<'l> o q r");
    assert_eq!(masked(text).lines().count(), 2);
}

#[test]
fn paths_are_written_out() {
    let text = "use crate::{model::ids, verdict::{Row, words::{x}}};\nmod tests { use super::*; fn f() { a::b::<c::D>() } }\nuse super::z;";
    let found: Vec<(usize, String, usize)> = paths(text)
        .into_iter()
        .map(|path| (path.line, path.words.join("::"), path.nested))
        .collect();
    let wanted = [
        (1, "crate::model::ids", 0),
        (1, "crate::verdict::Row", 0),
        (1, "crate::verdict::words::x", 0),
        (2, "super", 1),
        (2, "a::b", 1),
        (2, "c::D", 1),
        (3, "super::z", 0),
    ];
    assert_eq!(
        found,
        wanted.map(|(line, path, nested)| (line, path.to_owned(), nested))
    );
}
