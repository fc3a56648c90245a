//! A report as text for a terminal.

use super::Report;
use ackscope::model::time::SimTime;
use ackscope::model::trace::End;
use ackscope::share::Remark;
use ackscope::verdict::answer::Answer;
use ackscope::verdict::{Row, Told};

/// One line for each sentence, a table for the ledger, the verdict at the end.
pub fn of(report: &Report) -> String {
    let mut lines: Vec<String> = report
        .steps
        .iter()
        .map(|(at, says)| format!("{:>12}  {says}", milliseconds(*at)))
        .collect();
    lines.push(format!(
        "{:>12}  {}",
        milliseconds(report.ends_at),
        end(&report.end)
    ));
    lines.push(String::new());
    lines.extend(ledger(report));
    lines.push(String::new());
    lines.push(report.headline.clone());
    lines.push(format!("Promised: {}", report.promise));
    lines.push(format!("Observed: {}", report.observed));
    lines.push(String::new());
    for said in &report.verdicts {
        let guarantee = said.verdict.promise.guarantee.word();
        lines.push(format!("{guarantee}, {}: {}", said.to, said.promise));
        lines.push(format!("    {}", said.outcome));
    }
    lines.push(String::new());
    for (row, answer) in &report.answers {
        lines.extend(explained(report, row, answer));
        lines.push(String::new());
    }
    if !report.idle.is_empty() {
        lines.push("What did nothing here".to_owned());
        lines.extend(report.idle.iter().map(|(_, says)| format!("    {says}")));
        lines.push(String::new());
    }
    if let Some((_, says)) = &report.divergence {
        lines.push(says.clone());
        lines.push(String::new());
    }
    lines.join("\n")
}

/// Why a record fared as it did, and what would have saved it.
fn explained(report: &Report, row: &Row, answer: &Answer) -> Vec<String> {
    let who = report.cast.value(row.record);
    let mut lines = vec![format!("Why is {who} {}?", row.fate().word())];
    for moment in &answer.chain {
        let mut line = format!("{:>12}  {}", milliseconds(moment.link.at), moment.says);
        let grounds = [moment.setting.as_deref(), moment.source];
        let grounds: Vec<&str> = grounds.into_iter().flatten().collect();
        if !grounds.is_empty() {
            line.push_str(&format!(" [{}]", grounds.join("; ")));
        }
        lines.push(line);
    }
    match &answer.decisive {
        Some((_, says)) => lines.push(format!("    {says}")),
        None => lines.push("    No single step of the script decides it.".to_owned()),
    }
    if row.fate().is_trouble() {
        let saved = answer.saved.iter().map(|(_, says)| format!("    {says}"));
        lines.push(format!("What would have saved {who}?"));
        lines.extend(saved);
        if answer.saved.is_empty() {
            lines.push("    No setting that was tried.".to_owned());
        }
    }
    lines
}

/// A remark with its place.
pub fn remark(remark: &Remark) -> String {
    if remark.place.is_empty() {
        return remark.says.clone();
    }
    format!("{}: {}", remark.place, remark.says)
}

fn milliseconds(at: SimTime) -> String {
    let tenths = at.tenths_of_ms();
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

fn end(end: &End) -> String {
    match end {
        End::Quiescent => "Nothing more can happen.".to_owned(),
        End::Stuck { act } => format!(
            "Nothing more can happen, and step {} of the script still waits.",
            act + 1
        ),
        End::StepLimit => "The run was ended: more steps than are followed.".to_owned(),
        End::TimeLimit => "The run was ended: more time than is followed.".to_owned(),
        End::Stopped => "The run was ended.".to_owned(),
    }
}

fn ledger(report: &Report) -> Vec<String> {
    let head = ["Record", "Told", "In the log", "Fate"].map(str::to_owned);
    let rows = report.ledger.rows.iter().map(|row| cells(report, row));
    let table: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| {
        table
            .iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    table
        .iter()
        .map(|[record, told, log, fate]| {
            format!(
                "{record:<0$}  {told:<1$}  {log:<2$}  {fate}",
                widths[0], widths[1], widths[2]
            )
        })
        .collect()
}

fn cells(report: &Report, row: &Row) -> [String; 4] {
    let told = match row.told {
        Told::Acknowledged(Some(offset)) => format!("acknowledged at {offset}"),
        Told::Acknowledged(None) => "acknowledged".to_owned(),
        Told::Failed(error) => error.exception().to_owned(),
        Told::Nothing => "nothing".to_owned(),
        Told::NeverSent => "never sent".to_owned(),
    };
    let offsets: Vec<String> = row
        .offsets
        .iter()
        .map(|offset| format!("at {offset}"))
        .collect();
    let log = if offsets.is_empty() {
        "no".to_owned()
    } else {
        offsets.join(", ")
    };
    let fates: Vec<&str> = row.fates.iter().map(|fate| fate.word()).collect();
    [
        report.cast.value(row.record).to_owned(),
        told,
        log,
        fates.join(", "),
    ]
}
