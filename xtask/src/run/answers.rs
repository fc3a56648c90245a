//! Which records are answered for, and what the parts of an answer are called in data.

use ackscope::model::small::Set;
use ackscope::verdict::why::Part;
use ackscope::verdict::{Ledger, Row};

/// The records that are answered for if nobody names one: the first of each trouble.
pub fn telling(ledger: &Ledger) -> Vec<&Row> {
    let mut fates = Set::new();
    let first = |row: &&Row| row.fate().is_trouble() && fates.insert(row.fate());
    ledger.rows.iter().filter(first).collect()
}

/// What a part is called in data.
pub fn part(part: Part) -> String {
    let name = format!("{part:?}");
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(letter.to_lowercase());
    }
    word
}
