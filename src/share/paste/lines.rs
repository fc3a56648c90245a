//! A `.properties` text as pairs with their lines. The rules of the format (escapes, separators, comments) are the crate's;
//! the text is cut into its logical lines first, so that a bad escape costs one line, and every pair knows its own.

use super::super::{Remark, quoted};

/// Most lines that are read.
const MOST_LINES: usize = 10_000;
/// Longest line that is read, in bytes.
const LONGEST_LINE: usize = 1 << 15;

/// One pair of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// The line in which it begins, from 1.
    pub line: usize,
    pub key: String,
    pub value: String,
}

/// The pairs in order, and what could not be read.
pub(super) fn read(text: &str) -> (Vec<Pair>, Vec<Remark>) {
    let (mut pairs, mut remarks) = (Vec::new(), Vec::new());
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, chunk) in logical(text) {
        if line > MOST_LINES {
            let says = format!("Only the first {MOST_LINES} lines were read.");
            remarks.push(Remark::new("", says));
            break;
        }
        if chunk.len() > LONGEST_LINE {
            let says = format!(
                "{} is too long for a setting; it was not read.",
                quoted(chunk)
            );
            remarks.push(Remark::new(format!("line {line}"), says));
            continue;
        }
        match javaproperties::parse_str(chunk) {
            Ok(read) => pairs.extend(read.into_iter().map(|(key, value)| Pair { line, key, value })),
            Err(_) => remarks.push(Remark::new(
                format!("line {line}"),
                format!(
                    "{} has a \\u without four hexadecimal digits; Java refuses the file, here this line is left out.",
                    quoted(chunk.trim())
                ),
            )),
        }
    }
    (pairs, remarks)
}

/// Each logical line that is neither blank nor a comment, with the number of its first natural line.
fn logical(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text;
    let mut number = 0;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            number += 1;
            let first = number;
            let mut end = line_end(rest);
            let start = rest[..end].trim_start_matches(BLANK);
            if start.is_empty() || start.starts_with(['#', '!', '\r', '\n']) {
                rest = &rest[end..];
                continue;
            }
            while continues(&rest[..end]) && end < rest.len() {
                number += 1;
                end += line_end(&rest[end..]);
            }
            let (line, after) = rest.split_at(end);
            rest = after;
            return Some((first, line));
        }
        None
    })
}

const BLANK: [char; 3] = [' ', '\t', '\u{c}'];

/// The length of the first natural line, with what ends it: `\n`, `\r` or both.
fn line_end(text: &str) -> usize {
    match text.find(['\r', '\n']) {
        None => text.len(),
        Some(at) if text[at..].starts_with("\r\n") => at + 2,
        Some(at) => at + 1,
    }
}

/// True if the next natural line belongs to this one: an odd number of backslashes stands at its end.
fn continues(line: &str) -> bool {
    let line = line.trim_end_matches(['\r', '\n']);
    let slashes = line.len() - line.trim_end_matches('\\').len();
    slashes % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_know_their_lines() {
        let text = "# note\n\nacks = 1\r\n! other\rretries:0\nlinger.ms   5\n  client.id=a\\\n   \\u0062\\\r\n  c\nlone\nk\\:1=v\\\\\nx=y";
        let (pairs, remarks) = read(text);
        let pairs: Vec<(usize, &str, &str)> = pairs
            .iter()
            .map(|pair| (pair.line, pair.key.as_str(), pair.value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                (3, "acks", "1"),
                (5, "retries", "0"),
                (6, "linger.ms", "5"),
                (7, "client.id", "abc"),
                (10, "lone", ""),
                (11, "k:1", "v\\"),
                (12, "x", "y"),
            ]
        );
        assert_eq!(remarks, []);
    }

    #[test]
    fn a_bad_escape_costs_its_line() {
        let (pairs, remarks) = read("a=1\nb=\\u12\nc=3");
        assert_eq!(pairs.len(), 2);
        assert_eq!(remarks[0].place, "line 2");
        assert!(
            remarks[0].says.starts_with("“b=\\u12” has a \\u without"),
            "{remarks:?}"
        );
    }
}
