//! `cargo xtask run`: one scenario text without a browser. What happened, the ledger, the verdict; or the same as data.

mod answers;
mod json;
mod words;

use ackscope::model::cast::Cast;
use ackscope::model::scenario::Scenario;
use ackscope::model::time::SimTime;
use ackscope::model::trace::{End, Trace};
use ackscope::scene::captions::caption;
use ackscope::share::{LONGEST_BYTES, Reading, Remark, text};
use ackscope::verdict::answer::{Answer, answer};
use ackscope::verdict::divergence::{Divergence, divergence};
use ackscope::verdict::outcome::{Verdict, verdicts};
use ackscope::verdict::what_if::{self, Idle};
use ackscope::verdict::{Ledger, Row, words as verdict_words};
use answers::telling;
use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;

const CANNOT_READ: u8 = 2;
const USAGE: &str = "write cargo xtask run FILE [--json] [--seed N] [--why RECORD]... [--against FILE], with - for standard input";

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    file: String,
    json: bool,
    seed: Option<u64>,
    /// Records that are asked about.
    why: Vec<String>,
    /// Another scenario, to compare with.
    against: Option<String>,
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
    /// Answers for the records that were asked about, else for the first of each trouble.
    pub answers: Vec<(Row, Answer)>,
    /// Written settings that made no difference, with their sentences.
    pub idle: Vec<(Idle, String)>,
    /// Where the run parts from another one, if one was named.
    pub divergence: Option<(Divergence, String)>,
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
        let report = report(&read(&options.file)?, &options)?;
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
            "--why" => {
                let record = args.next().ok_or("--why needs a record, by its value")?;
                options.why.push(record.clone());
            }
            "--against" => {
                let other = args.next().ok_or("--against needs a file")?;
                options.against = Some(other.clone());
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

fn report(written: &str, options: &Options) -> Result<Report, String> {
    let (scenario, remarks) = scenario(written, options.seed)?;
    let cast = Cast::of(&scenario);
    let trace = Trace::of(&scenario);
    let ledger = Ledger::of(&trace);
    let steps = trace
        .steps()
        .into_iter()
        .flat_map(|step| step.observations.iter().map(move |noted| (step.at, noted)))
        .filter_map(|(at, noted)| Some((at, caption(&cast, noted)?)))
        .collect();
    let asked = asked(&cast, &ledger, &options.why)?;
    let answers = asked.into_iter();
    let idle = what_if::idle(&trace, &ledger).into_iter();
    Ok(Report {
        remarks,
        steps,
        end: trace.end().clone(),
        ends_at: trace.ends_at(),
        headline: verdict_words::headline(&trace, &ledger),
        promise: verdict_words::promised(&scenario),
        observed: verdict_words::observed(&trace, &ledger),
        verdicts: said(&trace, &cast, &ledger),
        answers: answers
            .map(|row| (row.clone(), answer(&trace, &ledger, row)))
            .collect(),
        idle: idle
            .map(|idle| {
                let says = verdict_words::idle(&idle);
                (idle, says)
            })
            .collect(),
        divergence: against(&trace, &ledger, &cast, options)?,
        ledger,
        cast,
    })
}

/// The scenario of a text, with what was not understood.
fn scenario(written: &str, seed: Option<u64>) -> Result<(Scenario, Vec<Remark>), String> {
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
    Ok((scenario, remarks))
}

/// The rows that are asked about.
fn asked<'a>(cast: &Cast, ledger: &'a Ledger, named: &[String]) -> Result<Vec<&'a Row>, String> {
    if named.is_empty() {
        return Ok(telling(ledger));
    }
    let find = |name: &String| {
        let mut rows = ledger.rows.iter();
        let found = rows.find(|row| cast.value(row.record) == name);
        found.ok_or_else(|| format!("no record of the scenario has the value “{name}”"))
    };
    named.iter().map(find).collect()
}

/// Where the run parts from that of another scenario.
fn against(
    trace: &Trace,
    ledger: &Ledger,
    cast: &Cast,
    options: &Options,
) -> Result<Option<(Divergence, String)>, String> {
    let Some(file) = &options.against else {
        return Ok(None);
    };
    let (other, _) = scenario(&read(file)?, options.seed)?;
    let there = Trace::of(&other);
    let parting = divergence((trace, ledger), (&there, &Ledger::of(&there)));
    let says = verdict_words::divergence(cast, &parting);
    Ok(Some((parting, says)))
}

fn said(trace: &Trace, cast: &Cast, ledger: &Ledger) -> Vec<Said> {
    let all = verdicts(trace, ledger).into_iter().map(|verdict| Said {
        to: verdict_words::subject(cast, verdict.promise.subject),
        promise: verdict_words::promise(&verdict.promise),
        outcome: verdict_words::outcome(trace, cast, &verdict),
        verdict,
    });
    all.collect()
}

#[cfg(test)]
mod tests;
