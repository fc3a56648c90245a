//! What a person may have meant by a key that Kafka does not have.

use crate::model::config::SETTINGS;

/// Longest key for which a likely one is looked up.
const LONGEST: usize = 60;

/// ` Did you mean “acks”?`, or nothing where no key is near.
pub(super) fn hint(key: &str) -> String {
    if key.len() > LONGEST {
        return String::new();
    }
    let most = if key.len() < 6 { 1 } else { 2 };
    SETTINGS
        .iter()
        .filter(|setting| setting.key.len().abs_diff(key.len()) <= most)
        .map(|setting| (distance(key, setting.key), setting))
        .filter(|(distance, _)| (1..=most).contains(distance))
        .min_by_key(|(distance, _)| *distance)
        .map_or_else(String::new, |(_, setting)| {
            format!(" Did you mean “{}”?", setting.key)
        })
}

/// So many bytes have to be typed, dropped, exchanged or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1; other.len() + 1];
        for (j, b) in other.iter().enumerate() {
            let swapped = i > 0 && j > 0 && one[i - 1] == *b && other[j - 1] == *a;
            let exchanged = last[j] + usize::from(a != b);
            let least = exchanged.min(last[j + 1] + 1).min(row[j] + 1);
            row[j + 1] = if swapped {
                least.min(before[j - 1] + 1)
            } else {
                least
            };
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn near_misses_are_recognised() {
        for (key, meant) in [
            ("akcs", "acks"),
            ("ack", "acks"),
            ("min.insync.replica", "min.insync.replicas"),
            ("min.in.sync.replicas", "min.insync.replicas"),
            ("enable.idempotance", "enable.idempotence"),
            ("linger-ms", "linger.ms"),
            ("retries ", "retries"),
        ] {
            assert_eq!(hint(key), format!(" Did you mean “{meant}”?"));
        }
    }

    #[test]
    fn what_is_far_is_not_guessed() {
        for key in [
            "",
            "a",
            "acks",
            "backs off",
            "utm_source",
            "é",
            &"x".repeat(1000),
        ] {
            assert_eq!(hint(key), "", "{key}");
        }
    }
}
