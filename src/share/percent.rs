//! Percent-encoding of one parameter, with as few signs encoded as a query allows, so that a person can read it.

use std::fmt::Write;

/// Signs that stay as they are.
const KEPT: &str = "-_.~():,!*/@$";

/// A name or a value of a query.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || KEPT.contains(c) {
            out.push(c);
        } else if c == ' ' {
            out.push('+');
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// The text of a name or a value; a `%` without two hexadecimal digits stays as it is. None if the bytes are no text.
pub(super) fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match after {
                [high, low, after @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                    bytes.push(hex(*high)? << 4 | hex(*low)?);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_common_stays_readable() {
        for (text, encoded) in [
            ("send(by:p1,values:(m1,m2))", "send(by:p1,values:(m1,m2))"),
            ("acks=1, the leader dies", "acks%3D1,+the+leader+dies"),
            ("1<->2", "1%3C-%3E2"),
            ("a+b & c#d?", "a%2Bb+%26+c%23d%3F"),
            ("naïve “x”", "na%C3%AFve+%E2%80%9Cx%E2%80%9D"),
        ] {
            assert_eq!(encode(text), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
    }

    #[test]
    fn garbage_is_taken_as_it_is_or_refused() {
        for (encoded, text) in [
            ("%", Some("%")),
            ("%4", Some("%4")),
            ("%zz%41", Some("%zzA")),
            ("%é1", Some("%é1")),
            ("%ff", None),
            ("%c3%28", None),
        ] {
            assert_eq!(decode(encoded).as_deref(), text, "{encoded}");
        }
    }
}
