//! `cargo xtask bench`: the model's speed natively and in the browser, beside a bare event loop, and the page's weight.

mod table;

use crate::gate::size;
use crate::server::Server;
use crate::shell::{self, Outcome, Trouble};
use crate::{page, place, setup};
use serde_json::Value;

const ROUNDS: &str = "20";

/// What one side measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Side {
    /// Events of the bare loop in a second.
    pub bare_per_s: f64,
    /// Events of the model in a second.
    pub model_per_s: f64,
    /// Steps of the default scene.
    pub scene_events: f64,
    /// From an edit of it to the new run, in milliseconds.
    pub edit_ms: f64,
    /// The judge's time, as a share of the run that it judges.
    pub judge_share: f64,
}

/// Measures and prints the table.
pub fn main(args: &[String]) -> Outcome<bool> {
    let native_only = match args {
        [] => false,
        [only] if only == "--native" => true,
        _ => {
            return Err(Trouble::new(
                "bench knows only --native",
                "write cargo xtask bench [--native]",
            ));
        }
    };
    let browser = if native_only {
        None
    } else {
        Some(in_browser()?)
    };
    let native = natively()?;
    println!("\n{}", table::speeds(&native, browser.as_ref()));
    if !native_only {
        println!("{}", table::weights(&size::weights()?));
    }
    Ok(true)
}

fn natively() -> Outcome<Side> {
    println!("• Measuring natively (profile fast)");
    let args = [
        "bench",
        "--quiet",
        "--no-default-features",
        "--profile",
        "fast",
        "--bench",
        "simulate",
    ];
    let line = shell::output(shell::cargo(&place::project()).args(args));
    side(
        line.as_deref(),
        "run cargo bench --no-default-features --profile fast --bench simulate and read what it says",
    )
}

fn in_browser() -> Outcome<Side> {
    let tools = setup::for_page()?;
    page::build(&tools)?;
    let chromium = setup::chromium()?;
    let server = Server::open(place::dist(), Some(0), 0)?;
    let address = server.address();
    server.run_aside();
    println!("• Measuring in the browser ({})", chromium.display());
    let line = shell::output(
        shell::tool("node", &place::browser_tests())
            .args(["bench.mjs", ROUNDS])
            .env("ACKSCOPE_URL", address)
            .env("ACKSCOPE_CHROMIUM", chromium),
    );
    side(
        line.as_deref(),
        "see whether cargo xtask test --browser passes",
    )
}

fn side(line: Option<&str>, advice: &str) -> Outcome<Side> {
    line.and_then(read)
        .ok_or_else(|| Trouble::new("nothing was measured", advice))
}

fn read(line: &str) -> Option<Side> {
    let measured: Value = serde_json::from_str(line.trim()).ok()?;
    let number = |name: &str| measured[name].as_f64().filter(|number| *number > 0.0);
    Some(Side {
        bare_per_s: number("bare_events")? / number("bare_ms")? * 1000.0,
        model_per_s: number("model_events")? / number("model_ms")? * 1000.0,
        scene_events: number("scene_events")?,
        edit_ms: number("edit_ms")?,
        judge_share: number("judge_ms")? / number("model_ms")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read() {
        let line = r#"{"model_events":1000,"model_ms":2.0,"judge_ms":0.1,"bare_events":400,"bare_ms":0.1,"scene_events":90,"edit_ms":0.5}"#;
        let side = read(line).expect("all is there");
        assert!(
            (side.model_per_s - 500_000.0).abs() < 1.0
                && (side.bare_per_s - 4_000_000.0).abs() < 1.0
        );
        assert_eq!(read("{}"), None);
        assert_eq!(read(&line.replace("2.0", "0")), None);
    }
}
