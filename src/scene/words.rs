//! Words of the drawing: how long they are, how times are written, what a record is called where there is little room.

use crate::model::time::SimDuration;
pub use crate::player::words::{ms as instant, ms_bare as bare_instant, thousands};

/// Advance widths of the printable ASCII characters from the space on, in hundredths of the size: Inter, 400.
const REGULAR: [u8; 95] = [
    28, 28, 40, 63, 64, 81, 64, 22, 36, 36, 50, 66, 28, 46, 28, 36, 62, 46, 61, 64, 64, 61, 62, 57,
    62, 62, 28, 28, 66, 66, 66, 51, 94, 68, 65, 73, 72, 60, 59, 74, 74, 26, 54, 65, 56, 89, 75, 76,
    63, 76, 64, 64, 64, 74, 68, 95, 64, 66, 62, 36, 36, 36, 47, 45, 50, 56, 62, 56, 62, 58, 36, 61,
    59, 24, 24, 54, 24, 87, 59, 60, 61, 61, 37, 52, 36, 58, 56, 81, 54, 56, 54, 36, 33, 36, 66,
];
/// The same: Inter, 600.
const SEMIBOLD: [u8; 95] = [
    25, 31, 40, 64, 65, 84, 66, 21, 39, 39, 54, 67, 30, 47, 29, 38, 67, 48, 62, 65, 67, 63, 65, 59,
    65, 65, 29, 30, 67, 67, 67, 54, 100, 72, 66, 74, 72, 61, 59, 75, 74, 27, 56, 68, 57, 91, 74,
    77, 64, 78, 65, 65, 66, 73, 72, 101, 69, 70, 65, 39, 38, 39, 48, 47, 50, 57, 63, 58, 63, 59,
    38, 63, 61, 26, 26, 57, 26, 90, 61, 61, 62, 62, 40, 55, 38, 61, 58, 84, 56, 58, 56, 39, 36, 39,
    67,
];
/// Width of tabular figures, which the drawing sets everywhere.
const FIGURE: u8 = 64;
/// Other fonts of the stack run a little wider than Inter.
const ALLOWANCE: f64 = 1.02;

/// How wide words are, in px: an estimate that needs no browser.
#[must_use]
pub fn width(words: &str, size: f64, bold: bool) -> f64 {
    let table = if bold { &SEMIBOLD } else { &REGULAR };
    let hundredths: u32 = words.chars().map(|c| u32::from(advance(table, c))).sum();
    f64::from(hundredths) / 100.0 * size * ALLOWANCE
}

fn advance(table: &[u8; 95], c: char) -> u8 {
    match c {
        '0'..='9' => FIGURE,
        ' '..='~' => table[c as usize - 32],
        '\u{202f}' => 18,
        '’' => 24,
        '“' | '”' => 40,
        '…' => 84,
        _ => 66,
    }
}

/// A length in whole milliseconds: `8 988 ms`.
#[must_use]
pub fn length(of: SimDuration) -> String {
    format!("{}\u{a0}ms", thousands((of.0 + 500) / 1000))
}

/// How many characters a record's label may have inside its cell.
const LABEL_CHARS: usize = 4;

/// Labels of records where there is little room, one for each value: the value if it is short, else its first letter and its
/// number if that tells all apart, else as much of its end or its beginning as fits.
#[must_use]
pub fn labels(values: &[&str]) -> Vec<String> {
    let short = |value: &str| value.chars().count() <= LABEL_CHARS;
    let numbered: Vec<String> = values
        .iter()
        .map(|value| {
            if short(value) {
                (*value).to_owned()
            } else {
                numbered(value)
            }
        })
        .collect();
    let apart = numbered.iter().enumerate().all(|(index, label)| {
        short(label)
            && numbered
                .iter()
                .zip(values)
                .take(index)
                .all(|(other, value)| other != label || *value == values[index])
    });
    if apart {
        return numbered;
    }
    values
        .iter()
        .map(|value| {
            if short(value) {
                (*value).to_owned()
            } else {
                cut(value, values)
            }
        })
        .collect()
}

/// Its first letter and the number at its end: `o17` for `order-17`. All of it if there is no number.
fn numbered(value: &str) -> String {
    let letters = value.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = &value[letters.len()..];
    match letters.chars().next() {
        Some(first) if !number.is_empty() => format!("{first}{number}"),
        _ => value.to_owned(),
    }
}

/// Its end if another value begins alike, else its beginning.
fn cut(value: &str, all: &[&str]) -> String {
    let kept = LABEL_CHARS - 1;
    let chars: Vec<char> = value.chars().collect();
    let alike = |other: &&str| {
        **other != *value && other.chars().take(kept).eq(chars[..kept].iter().copied())
    };
    if all.iter().any(alike) {
        std::iter::once('…')
            .chain(chars[chars.len() - kept..].iter().copied())
            .collect()
    } else {
        chars[..kept]
            .iter()
            .copied()
            .chain(std::iter::once('…'))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::SimTime;

    #[test]
    fn times_are_written_as_on_the_axis() {
        for (us, text) in [
            (0, "0\u{a0}ms"),
            (9_061_600, "9\u{202f}061.6\u{a0}ms"),
            (31_500, "31.5\u{a0}ms"),
            (12_902_000, "12\u{202f}902\u{a0}ms"),
            (1_234_567_890, "1\u{202f}234\u{202f}567.9\u{a0}ms"),
        ] {
            assert_eq!(instant(SimTime(us)), text);
        }
        assert_eq!(length(SimDuration(8_987_700)), "8\u{202f}988\u{a0}ms");
    }

    #[test]
    fn labels_fit_and_tell_records_apart() {
        for (values, expected) in [
            (vec!["m1", "m2"], vec!["m1", "m2"]),
            (vec!["order-1", "order-2", "paid-1"], vec!["o1", "o2", "p1"]),
            (vec!["order-1", "offer-1"], vec!["ord…", "off…"]),
            (vec!["payment-a", "payment-b"], vec!["…t-a", "…t-b"]),
            (vec!["same-1", "same-1"], vec!["s1", "s1"]),
            (vec!["🦀🦀🦀🦀🦀🦀"], vec!["🦀🦀🦀…"]),
        ] {
            assert_eq!(labels(&values), expected);
        }
    }

    #[test]
    fn bold_and_longer_words_are_wider() {
        assert!(width("crash", 12.0, true) > width("crash", 12.0, false));
        assert!(width("crash", 14.0, false) > width("crash", 12.0, false));
        assert!((width("high watermark 2", 12.0, false) - 97.0).abs() < 4.0);
    }
}
