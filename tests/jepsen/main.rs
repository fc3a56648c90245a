//! The client-side judge on tiny histories: one for each anomaly, and one for each false alarm.

mod judge;
mod text;

use judge::Kind;
use std::collections::BTreeSet;

/// A history, and what is to be found: what is in brackets is found, and is no anomaly.
struct Case {
    name: &'static str,
    history: &'static str,
    found: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        name: "all is well",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  c1 assign x
                  c1 ok poll x a@0 b@1",
        found: &[],
    },
    Case {
        name: "two acknowledgements name one offset",
        history: "p1 ok send x a@0
                  p2 ok send x b@0
                  c1 assign x
                  c1 ok poll x b@0",
        found: &[
            "inconsistent-offsets x a b 0",
            "lost-write x a",
            "unseen x a",
        ],
    },
    Case {
        name: "a phantom: what was read is another record later",
        history: "p1 info send x a
                  c1 assign x
                  c1 ok poll x a@0
                  p2 ok send x b@0
                  c2 assign x
                  c2 ok poll x b@0",
        found: &["inconsistent-offsets x a b 0"],
    },
    Case {
        name: "a retry was written, too",
        history: "p1 ok send x a@0
                  c1 assign x
                  c1 ok poll x a@0 a@1",
        found: &["duplicate x a 0 1"],
    },
    Case {
        name: "an acknowledgement names the second copy",
        history: "p1 ok send x a@1
                  c1 assign x
                  c1 ok poll x a@0",
        found: &["duplicate x a 0 1"],
    },
    Case {
        name: "the same place read twice is no copy",
        history: "p1 ok send x a@0
                  c1 assign x
                  c1 ok poll x a@0
                  c2 assign x
                  c2 ok poll x a@0",
        found: &[],
    },
    Case {
        name: "something behind it was read",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  c1 assign x
                  c1 ok poll x b@1",
        found: &["lost-write x a", "unseen x a"],
    },
    Case {
        name: "nothing behind it was read: that is not yet a loss",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  c1 assign x
                  c1 ok poll x a@0",
        found: &["unseen x b"],
    },
    Case {
        name: "acknowledged without an offset: its place is not known",
        history: "p1 ok send x a
                  p1 ok send x b@1
                  c1 assign x
                  c1 ok poll x b@1",
        found: &["unseen x a"],
    },
    Case {
        name: "one copy of what was read lies far ahead: the bound is its first place",
        history: "p1 ok send x a@5
                  p2 ok send x b@3
                  c1 assign x
                  c1 ok poll x a@0",
        found: &["duplicate x a 0 5", "unseen x b", "(G0 x)"],
    },
    Case {
        name: "a copy of what nobody read lies behind all that was read: it may be there",
        history: "p1 ok send x a@7
                  p2 ok send x b@1
                  c1 assign x
                  c1 ok poll x b@1
                  c1 fail poll x a@0",
        found: &["duplicate x a 0 7", "(G0 x)"],
    },
    Case {
        name: "a torn transaction: one record of it was read, so it was committed",
        history: "p1 info send x a@0, send y b@0
                  p2 ok send y c@1
                  c1 assign x y
                  c1 ok poll x a@0, poll y c@1",
        found: &["lost-write y b"],
    },
    Case {
        name: "nothing of an undecided transaction was read: it need not be there",
        history: "p1 info send x a@0, send y b@0
                  p2 ok send y c@1
                  c1 assign x y
                  c1 ok poll y c@1",
        found: &[],
    },
    Case {
        name: "a write without an answer that shows up is no error",
        history: "p1 info send x a
                  c1 assign x
                  c1 ok poll x a@0",
        found: &[],
    },
    Case {
        name: "what was aborted is read",
        history: "p1 fail send x a@0
                  c1 assign x
                  c1 ok poll x a@0",
        found: &["G1a x a c1"],
    },
    Case {
        name: "what was aborted is read in a transaction that is aborted itself: that counts for nothing",
        history: "p1 fail send x a@0
                  c1 assign x
                  c1 fail poll x a@0",
        found: &[],
    },
    Case {
        name: "a transaction reads what it has written",
        history: "p1 assign x
                  p1 ok send x a@0, poll x a@0",
        found: &["precommitted-read x a p1"],
    },
    Case {
        name: "an assigned reader leaves something out",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  p1 ok send x c@2
                  c1 assign x
                  c1 ok poll x a@0
                  c1 ok poll x c@2
                  c2 assign x
                  c2 ok poll x a@0 b@1 c@2",
        found: &["poll-skip x b 0 2 c1"],
    },
    Case {
        name: "a group took the key in between: that may leave something to another",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  p1 ok send x c@2
                  c1 subscribe
                  c1 ok poll x a@0
                  c1 ok poll x c@2
                  c2 subscribe
                  c2 ok poll x b@1",
        found: &["(poll-skip x b 0 2 c1)"],
    },
    Case {
        name: "offsets that nobody ever saw with a value are no hole: control records, aborted records",
        history: "p1 ok send x a@0
                  p2 fail send x n@2
                  p1 ok send x b@5
                  c1 assign x
                  c1 ok poll x a@0
                  c1 ok poll x b@5",
        found: &[],
    },
    Case {
        name: "assigned anew: it goes on where it likes",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  p1 ok send x c@2
                  c1 assign x
                  c1 ok poll x a@0
                  c1 assign y
                  c1 assign x
                  c1 ok poll x c@2
                  c1 seek x
                  c1 ok poll x b@1",
        found: &[],
    },
    Case {
        name: "an assignment that keeps the key goes on",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  p1 ok send x c@2
                  c1 assign x
                  c1 ok poll x a@0
                  c1 assign x y
                  c1 ok poll x c@2
                  c2 assign x
                  c2 ok poll x b@1",
        found: &["poll-skip x b 0 2 c1"],
    },
    Case {
        name: "an assigned reader goes back",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  c1 assign x
                  c1 ok poll x a@0 b@1
                  c1 ok poll x a@0",
        found: &["nonmonotonic-poll x b a 1 0 c1"],
    },
    Case {
        name: "it reads the same again",
        history: "p1 ok send x a@0
                  c1 assign x
                  c1 ok poll x a@0
                  c1 ok poll x a@0",
        found: &["nonmonotonic-poll x a a 0 0 c1"],
    },
    Case {
        name: "a member of a group reads again what was not committed: at least once",
        history: "p1 ok send x a@0
                  c1 subscribe
                  c1 ok poll x a@0
                  c1 ok poll x a@0",
        found: &["(nonmonotonic-poll x a a 0 0 c1)"],
    },
    Case {
        name: "another process begins where it must",
        history: "p1 ok send x a@0
                  c1 subscribe
                  c1 ok poll x a@0
                  c2 subscribe
                  c2 ok poll x a@0",
        found: &[],
    },
    Case {
        name: "a transaction that failed does not count as the poll before",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  c1 assign x
                  c1 fail poll x a@0
                  c1 ok poll x a@0 b@1",
        found: &[],
    },
    Case {
        name: "a poll leaves something out",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  p1 ok send x c@2
                  c1 subscribe
                  c1 ok poll x a@0 c@2
                  c2 assign x
                  c2 ok poll x b@1",
        found: &["int-poll-skip x b 0 2 c1"],
    },
    Case {
        name: "the group moved the key within the transaction",
        history: "p1 ok send x a@0
                  p1 ok send x b@1
                  p1 ok send x c@2
                  c1 subscribe
                  c1 ok poll x a@0, rebalance x, poll x c@2, poll x b@1",
        found: &[],
    },
    Case {
        name: "a transaction reads the same twice",
        history: "p1 ok send x a@0
                  c1 subscribe
                  c1 info poll x a@0, poll x a@0",
        found: &["int-nonmonotonic-poll x a a 0 0 c1"],
    },
    Case {
        name: "what was sent later lies first",
        history: "p1 ok send x a@1
                  p1 ok send x b@0
                  c1 assign x
                  c1 ok poll x b@0 a@1",
        found: &["nonmonotonic-send x a b p1"],
    },
    Case {
        name: "of two that were sent nobody knows where the first is",
        history: "p1 info send x a
                  p1 ok send x b@0
                  c1 assign x
                  c1 ok poll x b@0",
        found: &[],
    },
    Case {
        name: "two producers have no order",
        history: "p1 ok send x a@1
                  p2 ok send x b@0
                  c1 assign x
                  c1 ok poll x b@0 a@1",
        found: &[],
    },
    Case {
        name: "within a transaction what was sent later lies first",
        history: "p1 ok send x a@1, send x b@0
                  c1 assign x
                  c1 ok poll x b@0 a@1",
        found: &["int-nonmonotonic-send x a b p1"],
    },
    Case {
        name: "transactions interleave",
        history: "p1 ok send x a@0, send x b@2
                  p2 ok send x c@1
                  c1 assign x
                  c1 ok poll x a@0 c@1 b@2",
        found: &["(int-send-skip x c p1)", "(G0 x)"],
    },
    Case {
        name: "one transaction is first here, the other there",
        history: "p1 ok send x a@0, send y b@1
                  p2 ok send x c@1, send y d@0
                  c1 assign x y
                  c1 ok poll x a@0 c@1, poll y d@0 b@1",
        found: &["(G0 x)"],
    },
];

#[test]
fn each_anomaly_is_found_and_each_false_alarm_is_none() {
    let mut wrong = Vec::new();
    let mut bad = BTreeSet::new();
    let mut fine = BTreeSet::new();
    for case in CASES {
        let reading = text::read(case.history);
        let found = judge::judge(&reading.history);
        for finding in &found {
            let all = if finding.is_bad { &mut bad } else { &mut fine };
            all.insert(finding.kind);
        }
        let mut found: Vec<String> = found.iter().map(|finding| reading.say(finding)).collect();
        let mut wanted: Vec<String> = case.found.iter().map(|text| (*text).to_owned()).collect();
        found.sort();
        wanted.sort();
        if found != wanted {
            wrong.push(format!(
                "{}\n  wanted {wanted:?}\n  found  {found:?}",
                case.name
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let never_bad = BTreeSet::from([Kind::IntSendSkip, Kind::WriteCycle]);
    let all: BTreeSet<Kind> = Kind::ALL.into_iter().collect();
    assert_eq!(bad, &all - &never_bad, "every anomaly has a history");
    let false_alarms = BTreeSet::from([Kind::PollSkip, Kind::NonmonotonicPoll]);
    assert_eq!(
        fine,
        &never_bad | &false_alarms,
        "every false alarm has one"
    );
}
