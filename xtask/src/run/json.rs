//! A report as data. Names and words here are an interface: they never change their meaning.

use super::{Report, Said};
use ackscope::model::trace::End;
use ackscope::verdict::outcome::Outcome;
use ackscope::verdict::{Row, Told, words};
use serde_json::{Value, json};

/// One object, indented.
pub fn of(report: &Report) -> String {
    let rows: Vec<Value> = report
        .ledger
        .rows
        .iter()
        .map(|row| entry(report, row))
        .collect();
    let steps: Vec<Value> = report
        .steps
        .iter()
        .map(|(at, says)| json!({ "at_us": at.0, "says": says }))
        .collect();
    let remarks: Vec<Value> = report
        .remarks
        .iter()
        .map(|remark| json!({ "place": remark.place, "says": remark.says }))
        .collect();
    let all = json!({
        "end": end(&report.end),
        "ends_at_us": report.ends_at.0,
        "ledger": rows,
        "steps": steps,
        "promises": report.verdicts.iter().map(|said| promise(report, said)).collect::<Vec<_>>(),
        "verdict": { "headline": report.headline, "promise": report.promise, "observed": report.observed },
        "remarks": remarks,
    });
    format!("{all:#}\n")
}

/// A promise, and what was seen of it.
fn promise(report: &Report, said: &Said) -> Value {
    let promise = &said.verdict.promise;
    let conditions = promise.conditions.iter();
    let conditions: Vec<String> = conditions.map(|one| words::condition(*one)).collect();
    let mut entry = json!({
        "guarantee": promise.guarantee.word(),
        "to": said.to,
        "promise": words::rule(promise),
        "while": conditions,
        "source": promise.rule.source(),
        "says": said.outcome,
    });
    match &said.verdict.outcome {
        Outcome::Holds { despite } => {
            entry["outcome"] = json!("holds");
            entry["tested"] = json!(despite.is_some());
        }
        Outcome::Undecided { record } => {
            entry["outcome"] = json!("undecided");
            entry["record"] = json!(report.cast.value(*record));
        }
        Outcome::Broken { witness, outside } => {
            entry["outcome"] = json!("broken");
            entry["witness"] = json!({
                "record": report.cast.value(witness.record),
                "fate": witness.fate.word(),
                "at_us": witness.at.map(|at| at.0),
                "step": witness.step.map(|step| step.0),
            });
            entry["covered"] = json!(outside.is_none());
            if let Some((condition, since)) = outside {
                entry["not_met"] = json!(words::condition(*condition));
                entry["since_step"] = json!(since.0);
            }
        }
    }
    entry
}

fn end(end: &End) -> &'static str {
    match end {
        End::Quiescent => "quiescent",
        End::Stuck { .. } => "stuck",
        End::StepLimit => "step-limit",
        End::TimeLimit => "time-limit",
        End::Stopped => "stopped",
    }
}

fn entry(report: &Report, row: &Row) -> Value {
    let fates: Vec<&str> = row.fates.iter().map(|fate| fate.word()).collect();
    let mut entry = json!({
        "record": report.cast.value(row.record),
        "told": told(row.told),
        "copies": row.offsets.len(),
        "offsets": row.offsets.iter().map(|offset| offset.0).collect::<Vec<_>>(),
        "visible": {
            "read_uncommitted": row.visible.uncommitted,
            "read_committed": row.visible.committed,
        },
        "groups": groups(report, row),
        "fates": fates,
    });
    match row.told {
        Told::Acknowledged(Some(offset)) => entry["offset"] = json!(offset.0),
        Told::Failed(error) => entry["error"] = json!(error.exception()),
        _ => {}
    }
    entry
}

/// By the name of the group.
fn groups(report: &Report, row: &Row) -> Value {
    let all = row.groups.iter().map(|got| {
        let name = report.cast.groups.get(usize::from(got.group.0));
        let mut entry = json!({ "delivered": got.delivered, "passed": got.passed });
        if let Some(effects) = got.effects {
            entry["effects"] = json!(effects);
        }
        (name.cloned().unwrap_or_default(), entry)
    });
    Value::Object(all.collect())
}

fn told(told: Told) -> &'static str {
    match told {
        Told::Acknowledged(_) => "acked",
        Told::Failed(_) => "failed",
        Told::Nothing => "nothing",
        Told::NeverSent => "never-sent",
    }
}
