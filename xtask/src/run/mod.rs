//! `cargo xtask run`: one scenario text without a browser. What happened, the ledger, the verdict; or the same as data.

mod json;
mod words;

use ackscope::model::cast::Cast;
use ackscope::model::time::SimTime;
use ackscope::model::trace::{End, Trace};
use ackscope::scene::captions::caption;
use ackscope::share::{LONGEST_BYTES, Reading, Remark, text};
use ackscope::verdict::outcome::{Verdict, verdicts};
use ackscope::verdict::{Ledger, words as verdict_words};
use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

const CANNOT_READ: u8 = 2;
const USAGE: &str = "write cargo xtask run FILE [--json] [--seed N], with - for standard input";

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    file: String,
    json: bool,
    seed: Option<u64>,
}

/// All that is said about one run.
pub struct Report {
    /// Names behind the ids.
    pub cast: Cast,
    /// What of the text was not understood.
    pub remarks: Vec<Remark>,
    /// The sentences, each with its instant.
    pub steps: Vec<(SimTime, String)>,
    /// How it ended.
    pub end: End,
    /// When it ended.
    pub ends_at: SimTime,
    /// One row for each `send()`.
    pub ledger: Ledger,
    /// The verdict in one sentence.
    pub headline: String,
    /// What the settings promise.
    pub promise: String,
    /// What was observed.
    pub observed: String,
    /// Each promise next to what was seen of it.
    pub verdicts: Vec<Said>,
}

/// A promise next to what was seen of it, with its sentences.
pub struct Said {
    /// As data.
    pub verdict: Verdict,
    /// To whom.
    pub to: String,
    /// What was promised.
    pub promise: String,
    /// What was seen.
    pub outcome: String,
}

/// Runs a scenario. Exit code 0 if it could be read, 2 if not.
pub fn main(args: &[String]) -> ExitCode {
    let told = options(args).and_then(|options| {
        let report = report(&read(&options.file)?, options.seed)?;
        for remark in &report.remarks {
            eprintln!("{}", words::remark(remark));
        }
        Ok(if options.json {
            json::of(&report)
        } else {
            words::of(&report)
        })
    });
    match told {
        Ok(text) => {
            // A reader who has seen enough closes the pipe; that is no trouble.
            let _ = io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(says) => {
            eprintln!("{says}");
            ExitCode::from(CANNOT_READ)
        }
    }
}

fn options(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => options.json = true,
            "--seed" => {
                let seed = args.next().and_then(|seed| seed.parse().ok());
                options.seed = Some(seed.ok_or("--seed needs a whole number, not negative")?);
            }
            file if options.file.is_empty() && (file == "-" || !file.starts_with('-')) => {
                file.clone_into(&mut options.file);
            }
            other => return Err(format!("run does not know “{other}”: {USAGE}")),
        }
    }
    if options.file.is_empty() {
        return Err(format!("run needs a file: {USAGE}"));
    }
    Ok(options)
}

/// The text of a file, or of standard input.
fn read(file: &str) -> Result<String, String> {
    let longest = LONGEST_BYTES as u64;
    let mut bytes = Vec::new();
    let got = if file == "-" {
        io::stdin().take(longest + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|opened| opened.take(longest + 1).read_to_end(&mut bytes))
    };
    got.map_err(|error| format!("{file} cannot be read: {error}"))?;
    if bytes.len() > LONGEST_BYTES {
        return Err(format!(
            "{file} is longer than {LONGEST_BYTES} bytes, the longest that is read"
        ));
    }
    String::from_utf8(bytes).map_err(|error| format!("{file} is not text in UTF-8: {error}"))
}

fn report(written: &str, seed: Option<u64>) -> Result<Report, String> {
    let Reading {
        mut scenario,
        remarks,
    } = text::read(written);
    if scenario.steps.is_empty() {
        let why: Vec<String> = remarks.iter().map(words::remark).collect();
        return Err(
            ["No scenario was found: the text has no steps that can be used.".to_owned()]
                .into_iter()
                .chain(why)
                .collect::<Vec<_>>()
                .join("\n"),
        );
    }
    scenario.seed = seed.unwrap_or(scenario.seed);
    let cast = Cast::of(&scenario);
    let trace = Trace::of(&scenario);
    let ledger = Ledger::of(&trace);
    let steps = trace
        .steps()
        .into_iter()
        .flat_map(|step| step.observations.iter().map(move |noted| (step.at, noted)))
        .filter_map(|(at, noted)| Some((at, caption(&cast, noted)?)))
        .collect();
    Ok(Report {
        remarks,
        steps,
        end: trace.end().clone(),
        ends_at: trace.ends_at(),
        headline: verdict_words::headline(&trace, &ledger),
        promise: verdict_words::promised(&scenario),
        observed: verdict_words::observed(&trace, &ledger),
        verdicts: said(&trace, &cast, &ledger),
        ledger,
        cast,
    })
}

fn said(trace: &Trace, cast: &Cast, ledger: &Ledger) -> Vec<Said> {
    let all = verdicts(trace, cast, ledger)
        .into_iter()
        .map(|verdict| Said {
            to: verdict_words::subject(cast, verdict.promise.subject),
            promise: verdict_words::promise(&verdict.promise),
            outcome: verdict_words::outcome(trace, cast, &verdict),
            verdict,
        });
    all.collect()
}

#[cfg(test)]
mod tests;
