//! The page's weight against the committed budget: bytes after brotli, for each kind of file and in all.

use crate::place;
use crate::shell::{self, OrTrouble, Outcome, Trouble};
use std::collections::BTreeMap;
use std::fs;

/// Where the budget is, from the project's folder. One line for each kind: `wasm 200000`.
const BUDGET: &str = "xtask/size-budget.txt";

const PROGRAM: &str = "
const { readdirSync, readFileSync } = require('node:fs');
const { brotliCompressSync, constants } = require('node:zlib');
const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
for (const entry of readdirSync('.', { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const content = readFileSync(`${entry.parentPath ?? entry.path}/${entry.name}`);
  console.log(`${entry.name}\\t${content.length}\\t${brotliCompressSync(content, { params }).length}`);
}";

/// One file of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weight {
    /// Its name, with Trunk's hash.
    pub name: String,
    /// Bytes.
    pub raw: u64,
    /// Bytes after brotli at its best.
    pub brotli: u64,
}

impl Weight {
    /// The end of the name, which tells what it is.
    pub fn kind(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or("")
    }
}

/// All files of the built page.
pub fn weights() -> Outcome<Vec<Weight>> {
    let advice = "build the page with cargo xtask serve, and check that node works";
    let text = shell::output(shell::tool("node", &place::dist()).args(["-e", PROGRAM]))
        .ok_or_else(|| Trouble::new("the page's files cannot be weighed", advice))?;
    let weights: Option<Vec<Weight>> = text.lines().map(weight).collect();
    weights
        .filter(|weights| !weights.is_empty())
        .ok_or_else(|| Trouble::new("the page has no files", advice))
}

fn weight(line: &str) -> Option<Weight> {
    let mut columns = line.split('\t');
    Some(Weight {
        name: columns.next()?.to_owned(),
        raw: columns.next()?.parse().ok()?,
        brotli: columns.next()?.parse().ok()?,
    })
}

/// Prints the table; fails if a kind weighs more than its budget, or has none.
pub fn check() -> Outcome {
    let text = fs::read_to_string(place::project().join(BUDGET)).or_trouble(
        format!("{BUDGET} cannot be read"),
        "restore it from version control",
    )?;
    let over = compare(&totals(&weights()?), &budget(&text));
    if over.is_empty() {
        return Ok(());
    }
    Err(Trouble::new(
        format!("the page is too heavy: {}", over.join(", ")),
        format!(
            "make it lighter; if it is worth it, raise the budget in {BUDGET} and say why in the commit"
        ),
    ))
}

fn totals(weights: &[Weight]) -> BTreeMap<String, u64> {
    let mut totals = BTreeMap::new();
    for weight in weights {
        for kind in [weight.kind(), "all"] {
            *totals.entry(kind.to_owned()).or_default() += weight.brotli;
        }
    }
    totals
}

fn budget(text: &str) -> BTreeMap<String, u64> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(kind, bytes)| Some((kind.to_owned(), bytes.trim().parse().ok()?)))
        .collect()
}

fn compare(totals: &BTreeMap<String, u64>, budget: &BTreeMap<String, u64>) -> Vec<String> {
    println!("{:>8} {:>10} {:>10}", "", "brotli", "budget");
    let mut over = Vec::new();
    for (kind, bytes) in totals {
        let allowed = budget.get(kind).copied().unwrap_or(0);
        println!("{kind:>8} {bytes:>10} {allowed:>10}");
        if *bytes > allowed {
            over.push(format!("{kind} has {bytes} bytes of {allowed}"));
        }
    }
    over
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_much_and_unforeseen_are_named() {
        let file = |name: &str, brotli| Weight {
            name: name.to_owned(),
            raw: brotli * 3,
            brotli,
        };
        let totals = totals(&[file("a-12.wasm", 90), file("a.js", 9), file("b.js", 2)]);
        assert_eq!(totals.get("js"), Some(&11));
        assert_eq!(totals.get("all"), Some(&101));
        let fine = budget("# a remark\nwasm 100\njs 11\nall 101\n");
        assert!(compare(&totals, &fine).is_empty());
        let tight = budget("wasm 89\nall 200\n");
        assert_eq!(
            compare(&totals, &tight),
            ["js has 11 bytes of 0", "wasm has 90 bytes of 89"]
        );
    }
}
