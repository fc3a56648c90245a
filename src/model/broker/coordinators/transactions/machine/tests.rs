//! The tables of `TransactionCoordinator`, cell by cell.

use super::super::super::super::super::ids::{TopicId, TransactionalId};
use super::*;

const FRESH: ProducerId = ProducerId(99);
const NOW: SimTime = SimTime(1_000);
const MINUTE: SimDuration = SimDuration::from_ms(60_000);
const P0: TopicPartition = TopicPartition {
    topic: TopicId(0),
    partition: 0,
};

fn writer(epoch: u16) -> Writer {
    Writer {
        id: TransactionalId(0),
        producer: ProducerId(7),
        epoch: ProducerEpoch(epoch),
    }
}

/// Producer 7 in epoch 3.
fn known(state: TransactionState) -> Known {
    let mut known = Known::fresh(ProducerId(7), MINUTE);
    known.is.epoch = Some(ProducerEpoch(3));
    known.is.state = state;
    known.is.protocol = Protocol::V2;
    if state == TransactionState::Ongoing {
        known.is.partitions.push(P0);
        known.is.started = Some(SimTime::ZERO);
    }
    known
}

const COMMITTED: TransactionState = TransactionState::Complete(Outcome::Commit);
const ABORTED: TransactionState = TransactionState::Complete(Outcome::Abort);

#[test]
fn who_may_end_a_transaction_by_the_newer_protocol() {
    use ErrorCode as E;
    // State, wish, epoch asked with; then the error, or the epoch that is answered or written.
    let (commit, abort) = (Outcome::Commit, Outcome::Abort);
    for (state, outcome, epoch, expected) in [
        (TransactionState::Ongoing, commit, 3, Ok(4)),
        (TransactionState::Ongoing, abort, 3, Ok(4)),
        (TransactionState::Ongoing, abort, 2, Err(E::ProducerFenced)),
        (TransactionState::Empty, abort, 2, Err(E::ProducerFenced)),
        (TransactionState::Empty, abort, 3, Ok(4)),
        (TransactionState::Empty, commit, 2, Err(E::ProducerFenced)),
        (TransactionState::Empty, commit, 3, Err(E::InvalidTxnState)),
        (ABORTED, abort, 2, Ok(3)),
        (ABORTED, abort, 3, Ok(4)),
        (ABORTED, commit, 2, Err(E::InvalidTxnState)),
        (ABORTED, commit, 3, Err(E::InvalidTxnState)),
        (COMMITTED, abort, 2, Err(E::InvalidTxnState)),
        (COMMITTED, abort, 3, Ok(4)),
        (COMMITTED, commit, 2, Ok(3)),
        (COMMITTED, commit, 3, Err(E::InvalidTxnState)),
        (COMMITTED, commit, 1, Err(E::ProducerFenced)),
        (
            TransactionState::Prepare(commit),
            commit,
            2,
            Err(E::ConcurrentTransactions),
        ),
        (
            TransactionState::Prepare(commit),
            abort,
            2,
            Err(E::InvalidTxnState),
        ),
        (
            TransactionState::Prepare(commit),
            commit,
            3,
            Err(E::ProducerFenced),
        ),
    ] {
        let end = End {
            writer: writer(epoch),
            outcome,
            protocol: Protocol::V2,
        };
        let told = known(state).end(NOW, end, FRESH);
        let epoch_of = |ended: Ended| match ended {
            Ended::Already(_, epoch) => epoch,
            Ended::Write(next) => {
                assert_eq!(next.state, TransactionState::Prepare(outcome));
                next.epoch
            }
        };
        let told = told.map(|ended| epoch_of(ended).map_or(0, |epoch| epoch.0));
        assert_eq!(told, expected, "{state:?} {outcome:?} {epoch}");
    }
}

#[test]
fn who_may_end_a_transaction_by_the_older_protocol() {
    use ErrorCode as E;
    let (commit, abort) = (Outcome::Commit, Outcome::Abort);
    for (state, outcome, epoch, expected) in [
        (TransactionState::Ongoing, commit, 3, Ok(true)),
        (TransactionState::Ongoing, commit, 2, Err(E::ProducerFenced)),
        (TransactionState::Empty, abort, 3, Err(E::InvalidTxnState)),
        (ABORTED, abort, 3, Ok(false)),
        (ABORTED, commit, 3, Err(E::InvalidTxnState)),
        (COMMITTED, commit, 3, Ok(false)),
        (COMMITTED, abort, 3, Err(E::InvalidTxnState)),
        (
            TransactionState::Prepare(abort),
            abort,
            3,
            Err(E::ConcurrentTransactions),
        ),
    ] {
        let end = End {
            writer: writer(epoch),
            outcome,
            protocol: Protocol::V1,
        };
        let told = known(state).end(NOW, end, FRESH);
        let writes = told.map(|ended| match ended {
            Ended::Already(_, epoch) => epoch.is_some(),
            Ended::Write(next) => next.epoch == Some(ProducerEpoch(3)),
        });
        assert_eq!(writes, expected, "{state:?} {outcome:?} {epoch}");
    }
}

#[test]
fn a_producer_begins() {
    let epoch_of = |told: Result<Option<Transaction>, ErrorCode>| {
        told.map(|next| next.map(|next| (next.producer.0, next.epoch.map_or(0, |e| e.0))))
    };
    let fresh = Known::fresh(ProducerId(7), MINUTE);
    assert_eq!(epoch_of(fresh.init(MINUTE, None, FRESH)), Ok(Some((7, 0))));
    for (state, expected) in [
        (TransactionState::Empty, Ok(Some((7, 4)))),
        (COMMITTED, Ok(Some((7, 4)))),
        (ABORTED, Ok(Some((7, 4)))),
        (TransactionState::Ongoing, Ok(None)),
        (
            TransactionState::Prepare(Outcome::Abort),
            Err(ErrorCode::ConcurrentTransactions),
        ),
    ] {
        let told = known(state).init(MINUTE, None, FRESH);
        assert_eq!(epoch_of(told), expected, "{state:?}");
    }
    let mut pending = known(TransactionState::Empty);
    pending.pending = true;
    let busy = Err(ErrorCode::ConcurrentTransactions);
    assert_eq!(epoch_of(pending.init(MINUTE, None, FRESH)), busy);
    // Who wants its epoch raised must be the present one, or ask again.
    let mut known = known(TransactionState::Empty);
    known.is.last_epoch = Some(ProducerEpoch(2));
    for (producer, epoch, expected) in [
        (7, 3, Ok(Some((7, 4)))),
        (7, 2, Ok(Some((7, 3)))),
        (7, 1, Err(ErrorCode::ProducerFenced)),
        (8, 3, Err(ErrorCode::ProducerFenced)),
    ] {
        let current = Some((ProducerId(producer), ProducerEpoch(epoch)));
        let told = known.init(MINUTE, current, FRESH);
        assert_eq!(epoch_of(told), expected, "{producer} {epoch}");
    }
    // Epochs run out: another producer id.
    known.is.epoch = Some(ProducerEpoch(EXHAUSTED));
    assert_eq!(epoch_of(known.init(MINUTE, None, FRESH)), Ok(Some((99, 0))));
}

#[test]
fn epochs_run_out_at_the_end_of_a_transaction() {
    let mut known = known(TransactionState::Ongoing);
    known.is.epoch = Some(ProducerEpoch(EXHAUSTED));
    let end = End {
        writer: writer(EXHAUSTED),
        outcome: Outcome::Commit,
        protocol: Protocol::V2,
    };
    let Ok(Ended::Write(next)) = known.end(NOW, end, FRESH) else {
        panic!("it may be ended");
    };
    assert_eq!(next.epoch, Some(ProducerEpoch(EXHAUSTED + 1)));
    known.take_over(next);
    assert_eq!(known.after_completion(), Some((FRESH, ProducerEpoch(0))));
    let complete = known.completed().expect("it is decided");
    known.take_over(complete);
    let again = known.end(NOW, end, FRESH);
    let told = Ended::Already(FRESH, Some(ProducerEpoch(0)));
    assert_eq!(again, Ok(told), "the answer was lost");
}

#[test]
fn partitions_are_added_once() {
    let p1 = TopicPartition { partition: 1, ..P0 };
    let ongoing = known(TransactionState::Ongoing);
    assert_eq!(ongoing.add(NOW, writer(3), &[P0], Protocol::V2), Ok(None));
    let more = ongoing.add(NOW, writer(3), &[p1], Protocol::V2);
    let more = more.expect("it may").expect("it is new");
    assert_eq!(
        (more.partitions, more.started),
        (vec![P0, p1], Some(SimTime::ZERO))
    );
    let first = known(COMMITTED).add(NOW, writer(3), &[P0], Protocol::V2);
    let first = first.expect("it may").expect("it is new");
    assert_eq!(
        (first.state, first.started),
        (TransactionState::Ongoing, Some(NOW))
    );
    for (state, epoch, error) in [
        (TransactionState::Ongoing, 2, ErrorCode::ProducerFenced),
        (TransactionState::Ongoing, 4, ErrorCode::ProducerFenced),
        (
            TransactionState::Prepare(Outcome::Commit),
            3,
            ErrorCode::ConcurrentTransactions,
        ),
    ] {
        let told = known(state).add(NOW, writer(epoch), &[P0], Protocol::V2);
        assert_eq!(told, Err(error), "{state:?} {epoch}");
    }
    assert_eq!(ongoing.verify(writer(3), P0), ErrorCode::None);
    assert_eq!(
        ongoing.verify(writer(3), p1),
        ErrorCode::TransactionAbortable
    );
}

#[test]
fn a_fence_raises_the_epoch_once() {
    for (protocol, fails, epoch) in [
        (Protocol::V2, false, 4),
        (Protocol::V2, true, 4),
        (Protocol::V1, false, 4),
        (Protocol::V1, true, 4),
    ] {
        let mut known = known(TransactionState::Ongoing);
        let mut fence = known.fenced(NOW, protocol, FRESH);
        if fails {
            known.fence_failed(&fence);
            fence = known.fenced(NOW, protocol, FRESH);
        }
        assert_eq!(
            fence.epoch,
            Some(ProducerEpoch(epoch)),
            "{protocol:?} {fails}"
        );
        assert_eq!(fence.state, TransactionState::Prepare(Outcome::Abort));
    }
}

#[test]
fn a_transaction_is_overdue_after_its_time() {
    let ongoing = known(TransactionState::Ongoing);
    let end = SimTime::ZERO + MINUTE;
    assert!(!ongoing.is_overdue(end));
    assert!(ongoing.is_overdue(SimTime(end.0 + 1)));
    assert!(!known(TransactionState::Empty).is_overdue(SimTime(u64::MAX)));
}
