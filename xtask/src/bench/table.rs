//! The benchmarks as tables with ratios.

use super::Side;
use crate::gate::size::Weight;

/// One row of the table of speeds: what, and how to read it from a side.
type Row = (&'static str, fn(&Side) -> f64, usize);

const ROWS: &[Row] = &[
    (
        "bare event loop, events a second",
        |side| side.bare_per_s,
        0,
    ),
    ("model, events a second", |side| side.model_per_s, 0),
    (
        "one model event, in bare events",
        |side| side.bare_per_s / side.model_per_s,
        1,
    ),
    ("the judge, share of the run", |side| side.judge_share, 3),
    ("default scene, events", |side| side.scene_events, 0),
    (
        "default scene again after an edit, ms",
        |side| side.edit_ms,
        3,
    ),
    (
        "the same, in 60ths of a second",
        |side| side.edit_ms * 60.0 / 1000.0,
        3,
    ),
];

/// Native, browser, and their ratio.
pub fn speeds(native: &Side, browser: Option<&Side>) -> String {
    let mut lines = vec![format!(
        "{:<40}{:>16}{:>16}{:>10}",
        "", "native", "browser", "ratio"
    )];
    for (what, value, digits) in ROWS {
        let native = value(native);
        let (there, ratio) = browser.map_or((String::from("–"), String::from("–")), |side| {
            (
                number(value(side), *digits),
                number(value(side) / native, 2),
            )
        });
        lines.push(format!(
            "{what:<40}{:>16}{there:>16}{ratio:>10}",
            number(native, *digits)
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Bytes of each file, and of all.
pub fn weights(weights: &[Weight]) -> String {
    let mut lines = vec![format!(
        "{:<40}{:>16}{:>16}{:>10}",
        "the page, bytes", "raw", "brotli", "ratio"
    )];
    let all = Weight {
        name: "all".to_owned(),
        raw: weights.iter().map(|file| file.raw).sum(),
        brotli: weights.iter().map(|file| file.brotli).sum(),
    };
    for file in weights.iter().chain([&all]) {
        let ratio = ratio(file.brotli, file.raw);
        lines.push(format!(
            "{:<40}{:>16}{:>16}{ratio:>10}",
            file.name,
            thousands(file.raw),
            thousands(file.brotli)
        ));
    }
    lines.join("\n")
}

fn ratio(part: u64, whole: u64) -> String {
    let hundredths = part * 100 / whole.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    if part.is_empty() {
        whole
    } else {
        format!("{whole}.{part}")
    }
}

fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_can_be_read() {
        assert_eq!(number(1_234_567.4, 0), "1 234 567");
        assert_eq!(number(0.31, 3), "0.310");
        assert_eq!(thousands(999), "999");
        assert_eq!(ratio(35, 100), "0.35");
    }

    #[test]
    fn ratios_are_browser_to_native() {
        let side = |speed: f64| Side {
            bare_per_s: 10.0 * speed,
            model_per_s: speed,
            scene_events: 90.0,
            edit_ms: 1.0 / speed,
            judge_share: 0.1,
        };
        let text = speeds(&side(2.0), Some(&side(1.0)));
        let ratios: Vec<&str> = text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().last())
            .collect();
        assert_eq!(
            ratios,
            ["0.50", "0.50", "1.00", "1.00", "1.00", "2.00", "2.00"]
        );
        assert!(speeds(&side(2.0), None).contains('–'));
    }
}
