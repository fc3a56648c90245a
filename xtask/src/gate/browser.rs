//! The browser tests: Playwright, the machine's Chromium, and the built page served from here.

use super::count::Count;
use crate::place;
use crate::server::Server;
use crate::setup::Tools;
use crate::shell::{self, OrTrouble, Outcome, Trouble};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// Runs the tests of all files, or those that fit the filter.
pub fn run(tools: &Tools, chromium: &Path, filter: &[String]) -> Outcome<Count> {
    let server = Server::open(place::dist(), Some(0), 0)?;
    let address = server.address();
    server.run_aside();
    let report = place::notes().join("browser.json");
    let _ = fs::remove_file(&report);
    let (fine, _) = shell::shown(
        shell::tool("node", &place::browser_tests())
            .arg(tools.node_modules.join("@playwright/test/cli.js"))
            .arg("test")
            .args(filter)
            .env("ACKSCOPE_URL", &address)
            .env("ACKSCOPE_CHROMIUM", chromium)
            .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report)
            .env_remove("NO_COLOR"),
    )
    .or_trouble("Playwright cannot be run", "check that node works")?;
    let text = fs::read_to_string(&report).unwrap_or_default();
    count(&text)
        .map(|count| count.checked(fine))
        .ok_or_else(|| Trouble::new("Playwright left no report", "read its message above"))
}

/// What the report says. A test that passed only at a second try, or was left out, has not passed.
fn count(report: &str) -> Option<Count> {
    let report: Value = serde_json::from_str(report).ok()?;
    let number = |name: &str| {
        report["stats"][name]
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
    };
    Some(Count {
        passed: number("expected")?,
        failed: number("unexpected")? + number("flaky")? + number("skipped")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passed_has_passed() {
        let report =
            r#"{"stats":{"expected":7,"unexpected":1,"flaky":1,"skipped":2,"duration":3.5}}"#;
        assert_eq!(
            count(report),
            Some(Count {
                passed: 7,
                failed: 4
            })
        );
        assert_eq!(count(r#"{"errors":["x"]}"#), None);
        assert_eq!(count(""), None);
    }
}
