//! A report as data. Names and words here are an interface: they never change their meaning.

use super::answers::part;
use super::{Report, Said};
use ackscope::model::trace::End;
use ackscope::verdict::answer::Answer;
use ackscope::verdict::divergence::Divergence;
use ackscope::verdict::outcome::Outcome;
use ackscope::verdict::what_if::Idle;
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
        "why": report.answers.iter().map(|(row, answer)| why(report, row, answer)).collect::<Vec<_>>(),
        "saved": report.answers.iter().flat_map(|(row, answer)| saved(report, row, answer)).collect::<Vec<_>>(),
        "idle": report.idle.iter().map(idle).collect::<Vec<_>>(),
        "divergence": report.divergence.as_ref().map(|one| divergence(report, one)),
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

/// The chain of moments that led to a fate, and the decisive step.
fn why(report: &Report, row: &Row, answer: &Answer) -> Value {
    let chain = answer.chain.iter().map(|moment| {
        json!({
            "at_us": moment.link.at.0,
            "step": moment.link.step.0,
            "part": part(moment.link.part),
            "says": moment.says,
            "setting": moment.setting,
            "source": moment.source,
        })
    });
    let decisive = answer.decisive.as_ref().map(|(step, says)| {
        json!({
            "at_us": step.at.0,
            "step": step.step.0,
            "without": step.fate.word(),
            "says": says,
        })
    });
    json!({
        "record": report.cast.value(row.record),
        "fate": row.fate().word(),
        "chain": chain.collect::<Vec<_>>(),
        "decisive": decisive,
    })
}

/// What would have saved a record.
fn saved(report: &Report, row: &Row, answer: &Answer) -> Vec<Value> {
    let all = answer.saved.iter().map(|(saving, says)| {
        let changes = saving.changes.iter().map(|change| {
            json!({ "place": change.place.name(), "key": change.key, "value": change.value })
        });
        let worse = saving.worse.map(
            |(record, fate)| json!({ "record": report.cast.value(record), "fate": fate.word() }),
        );
        json!({
            "record": report.cast.value(row.record),
            "changes": changes.collect::<Vec<_>>(),
            "fate": saving.fate.word(),
            "worse": worse,
            "cost": {
                "latency_us": saving.cost.latency_us,
                "refused": saving.cost.refused,
                "unavailable_us": saving.cost.unavailable_us,
            },
            "says": says,
        })
    });
    all.collect()
}

/// A setting that made no difference.
fn idle((idle, says): &(Idle, String)) -> Value {
    json!({
        "place": idle.place.name(),
        "key": idle.key,
        "value": idle.value,
        "same_run": idle.same_run,
        "says": says,
    })
}

/// Where two runs part.
fn divergence(report: &Report, (parting, says): &(Divergence, String)) -> Value {
    let fate = parting.fate.map(|other| {
        json!({
            "record": report.cast.value(other.record),
            "here": other.here.word(),
            "there": other.there.word(),
            "at_us": other.at.map(|at| at.0),
        })
    });
    json!({
        "step": parting.step.map(|(step, _)| step.0),
        "at_us": parting.step.map(|(_, at)| at.0),
        "fate": fate,
        "says": says,
    })
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
