//! Histories as text. A line is an operation (`p1 ok send x a@0, send y b`, `c1 ok poll x a@0 b@2`) or a change of what a process
//! reads (`c1 assign x y`, `c1 subscribe`, `c1 seek x`).

use crate::judge::{Did, Event, Finding, History, Op, Outcome};

/// A history that was read, and the names in it.
#[derive(Default)]
pub struct Reading {
    pub history: History,
    processes: Vec<String>,
    keys: Vec<String>,
    values: Vec<String>,
}

pub fn read(text: &str) -> Reading {
    let mut reading = Reading::default();
    for line in text.lines() {
        let (process, rest) = line
            .trim()
            .split_once(' ')
            .expect("a process and what it did");
        let process = number(&mut reading.processes, process);
        let (first, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let event = match first {
            "assign" => {
                let keys = rest.split_whitespace();
                Event::Assign(
                    process,
                    keys.map(|key| number(&mut reading.keys, key)).collect(),
                )
            }
            "subscribe" => Event::Subscribe(process),
            "seek" => Event::Seek(process, number(&mut reading.keys, rest)),
            outcome => Event::Op(Op {
                process,
                outcome: match outcome {
                    "ok" => Outcome::Ok,
                    "fail" => Outcome::Fail,
                    "info" => Outcome::Info,
                    other => panic!("no outcome: {other}"),
                },
                did: rest.split(", ").map(|piece| reading.piece(piece)).collect(),
            }),
        };
        reading.history.events.push(event);
    }
    reading
}

impl Reading {
    fn piece(&mut self, text: &str) -> Did {
        let mut words = text.split_whitespace();
        let what = words.next().unwrap_or_default();
        let key = number(&mut self.keys, words.next().expect("a key"));
        let mut records = words.map(|word| match word.split_once('@') {
            Some((value, offset)) => (
                number(&mut self.values, value),
                Some(offset.parse().expect("an offset")),
            ),
            None => (number(&mut self.values, word), None),
        });
        match what {
            "send" => {
                let (value, offset) = records.next().expect("a value");
                Did::Send(key, value, offset)
            }
            "poll" => {
                let read = records.map(|(value, offset)| (offset.expect("an offset"), value));
                Did::Poll(key, read.collect())
            }
            "rebalance" => Did::Rebalance(key),
            other => panic!("no piece: {other}"),
        }
    }

    /// A finding as text; in brackets if it is no anomaly.
    pub fn say(&self, finding: &Finding) -> String {
        let mut words = vec![
            finding.kind.word().to_owned(),
            self.keys[finding.key as usize].clone(),
        ];
        words.extend(
            finding
                .values
                .iter()
                .map(|value| self.values[*value as usize].clone()),
        );
        words.extend(finding.offsets.iter().map(ToString::to_string));
        words.extend(
            finding
                .process
                .map(|process| self.processes[process as usize].clone()),
        );
        let says = words.join(" ");
        if finding.is_bad {
            says
        } else {
            format!("({says})")
        }
    }
}

fn number(names: &mut Vec<String>, name: &str) -> u32 {
    let at = names
        .iter()
        .position(|known| known == name)
        .unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
    u32::try_from(at).expect("few names")
}
