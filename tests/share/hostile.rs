//! Anything at all, and a lot of it.

use super::arbitrary;
use ackscope::model::scenario::Scenario;
use ackscope::share::scenes::scene;
use ackscope::share::{LONGEST_BYTES, MOST_REMARKS, Reading, paste, query, text};
use proptest::prelude::*;
use std::time::Duration;

fn base() -> Scenario {
    scene("acks-1").expect("a scene").scenario()
}

fn is_bounded(reading: &Reading) -> bool {
    reading.remarks.len() <= MOST_REMARKS + 1
        && reading
            .remarks
            .iter()
            .all(|remark| remark.says.len() < 2000)
}

/// A text with some of its characters exchanged, dropped or doubled.
fn damaged(text: String) -> impl Strategy<Value = String> {
    let at = 0..text.chars().count().max(1);
    proptest::collection::vec((at, any::<char>(), 0..4u8), 1..6).prop_map(move |changes| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, c, how) in changes {
            if at < chars.len() {
                match how {
                    0 => chars[at] = c,
                    1 => _ = chars.remove(at),
                    2 => chars.insert(at, chars[at]),
                    _ => chars.truncate(at),
                }
            }
        }
        chars.into_iter().collect()
    })
}

fn almost<F: Fn(&Scenario) -> String + Copy>(write: F) -> impl Strategy<Value = String> {
    arbitrary::scenario().prop_flat_map(move |scenario| damaged(write(&scenario)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let bytes = String::from_utf8_lossy(&bytes);
        let text = text::read(&bytes);
        prop_assert!(is_bounded(&text));
        prop_assert!(text.scenario != Scenario::default() || !text.remarks.is_empty());
        prop_assert!(query::read(&bytes).is_none_or(|reading| is_bounded(&reading)));
        let pasted = paste::apply(&bytes, &base());
        prop_assert!(is_bounded(&pasted));
        prop_assert_eq!(pasted.scenario.steps.len(), base().steps.len());
    }

    #[test]
    fn words_never_panic(words in arbitrary::text()) {
        prop_assert!(is_bounded(&text::read(&words)));
        prop_assert!(query::read(&words).is_none_or(|reading| is_bounded(&reading)));
        prop_assert!(is_bounded(&paste::apply(&words, &base())));
    }

    #[test]
    fn a_damaged_text_never_panics(text in almost(text::write)) {
        let reading = text::read(&text);
        prop_assert!(is_bounded(&reading));
        // What came out is a scenario like any other.
        let again = text::read(&text::write(&reading.scenario));
        prop_assert_eq!(again.scenario, reading.scenario);
    }

    #[test]
    fn a_damaged_link_never_panics(link in almost(query::write)) {
        if let Some(reading) = query::read(&link) {
            prop_assert!(is_bounded(&reading));
            let again = query::read(&query::write(&reading.scenario)).map(|again| again.scenario);
            prop_assert_eq!(again, Some(reading.scenario));
        }
    }
}

/// Texts of a megabyte, each of them made to hurt.
fn bombs() -> Vec<String> {
    let pieces = [
        "[",
        "{",
        "(",
        "((a:",
        "- ",
        "? ",
        "a: ",
        "{a: [",
        "&a ",
        "*a ",
        "%",
        "%2",
        "%25",
        "&do=",
        "&do=x(a:",
        "&a=1",
        "&fault=(",
        "!",
        "!-",
        "'",
        "\"",
        "\\",
        "\\u",
        "\\\n",
        "a=\\\n",
        "a=1\n",
        "acks=9\n",
        "acks=1\n",
        "=",
        ":",
        " ",
        "\n",
        "\r",
        "\t",
        "#",
        "|",
        "> ",
        "- {do: heal}\n",
        "- {do: jump}\n",
        "- {do: send, by: p, values: [m,m,m,m]}\n",
        "---\n",
        "é",
        "\u{feff}",
        "\u{0}",
        "do=",
        "v=1&",
        "a.",
        "brokers.",
        "spring.kafka.producer.",
        "m,",
        "a:\n",
        "<<: ",
    ];
    let long = |piece: &str| piece.repeat(LONGEST_BYTES / piece.len());
    let mut bombs: Vec<String> = pieces.iter().map(|piece| long(piece)).collect();
    for start in [
        "steps:\n",
        "steps: ",
        "?v=1&do=send(by:p,values:(",
        "?do=",
        "?title=",
        "acks=",
        "title: ",
    ] {
        for piece in ["(", "[", "m,", "%", "- {do: jump}\n", "x", "\\"] {
            let rest = (LONGEST_BYTES - start.len()) / piece.len();
            bombs.push(format!("{start}{}", piece.repeat(rest)));
        }
    }
    let mut aliases = "a0: &a0 [x]\n".to_owned();
    for n in 1..60 {
        let all = format!("*a{},", n - 1).repeat(20);
        aliases.push_str(&format!("a{n}: &a{n} [{all}]\n"));
    }
    bombs.push(aliases);
    let deep: String = (0..1000)
        .map(|n| format!("{}a:\n", " ".repeat(n)))
        .collect();
    bombs.push(deep);
    bombs
}

/// The longest that a megabyte may take without optimisation.
const PATIENCE: Duration = Duration::from_secs(2);

fn in_time<T>(name: &str, bomb: &str, read: impl FnOnce() -> T) -> T {
    #[allow(clippy::disallowed_types, reason = "a test may look at a clock")]
    let began = std::time::Instant::now();
    let done = read();
    let start: String = bomb.chars().take(30).collect();
    assert!(
        began.elapsed() < PATIENCE,
        "{name} {start:?} took {:?}",
        began.elapsed()
    );
    done
}

#[test]
fn a_megabyte_is_read_in_time() {
    for bomb in bombs() {
        assert!(bomb.len() <= LONGEST_BYTES, "{}", bomb.len());
        let reading = in_time("text", &bomb, || text::read(&bomb));
        assert!(is_bounded(&reading));
        let reading = in_time("link", &bomb, || query::read(&bomb));
        assert!(reading.is_none_or(|reading| is_bounded(&reading)));
        let reading = in_time("paste", &bomb, || paste::apply(&bomb, &base()));
        assert!(is_bounded(&reading));
    }
}

#[test]
fn more_than_a_megabyte_is_not_read() {
    let long = "a".repeat(LONGEST_BYTES + 1);
    assert_eq!(
        text::read(&long).remarks[0].says,
        "The text is longer than 1 MB; it was not read."
    );
    let link = query::read(&long).expect("an answer");
    assert_eq!(
        link.remarks[0].says,
        "The link is longer than 1 MB; it was not read."
    );
    let pasted = paste::apply(&long, &base());
    assert_eq!(
        pasted.remarks[0].says,
        "The text is longer than 1 MB; it was not read."
    );
    assert_eq!(pasted.scenario, base());
}
