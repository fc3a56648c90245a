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
    #![proptest_config(ProptestConfig::with_cases(200))]

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
        "((a:",
        "- ",
        "? ",
        "{a: [",
        "&a ",
        "%",
        "&do=",
        "&a=1",
        "&fault=(",
        "!-",
        "\"",
        "\\",
        "\\\n",
        "acks=9\n",
        "=",
        "\n",
        "\r",
        "- {do: jump}\n",
        "- {do: send, by: p, values: [m,m]}\n",
        "\u{feff}",
        "spring.kafka.properties.",
    ];
    let starts = ["?v=1&do=send(by:p,values:(", "acks=", "title: "];
    let long = |start: &str, piece: &str| {
        let times = (LONGEST_BYTES - start.len()) / piece.len();
        format!("{start}{}", piece.repeat(times))
    };
    let mut bombs: Vec<String> = pieces.iter().map(|piece| long("", piece)).collect();
    for start in starts {
        bombs.extend(["(", "m,", "%", "x"].map(|piece| long(start, piece)));
    }
    let mut aliases = "a0: &a0 [x]\n".to_owned();
    for n in 1..60 {
        let all = format!("*a{},", n - 1).repeat(20);
        aliases.push_str(&format!("a{n}: &a{n} [{all}]\n"));
    }
    bombs.push(aliases);
    bombs.push(
        (0..1000)
            .map(|n| format!("{}a:\n", " ".repeat(n)))
            .collect(),
    );
    bombs
}

/// A megabyte is read in well under a second; longer than this it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads every bomb, and holds the reader to its bounds.
fn defuse(read: impl Fn(&str) -> Option<Reading>) {
    for bomb in bombs() {
        #[allow(clippy::disallowed_types, reason = "a test may look at a clock")]
        let began = std::time::Instant::now();
        let reading = read(&bomb);
        let took = began.elapsed();
        let start: String = bomb.chars().take(30).collect();
        assert!(took < PATIENCE, "{start:?} took {took:?}");
        assert!(
            reading.is_none_or(|reading| is_bounded(&reading)),
            "{start:?}"
        );
    }
}

#[test]
fn a_megabyte_of_text_is_read_in_time() {
    defuse(|bomb| Some(text::read(bomb)));
}

#[test]
fn a_megabyte_of_link_is_read_in_time() {
    defuse(query::read);
}

#[test]
fn a_megabyte_of_settings_is_read_in_time() {
    let base = base();
    defuse(|bomb| Some(paste::apply(bomb, &base)));
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
