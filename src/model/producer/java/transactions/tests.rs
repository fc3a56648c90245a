//! What may be called when, and what it throws.

use super::*;

const WRITTEN: TopicPartition = TopicPartition {
    topic: super::super::super::super::ids::TopicId(0),
    partition: 0,
};

fn manager(state: State) -> Manager {
    let second = SimDuration::from_ms(1_000);
    let mut manager = Manager::new(TransactionalId(0), second, second, Protocol::V2);
    manager.state = state;
    manager
}

const STATES: [State; 8] = [
    State::Uninitialized,
    State::Initializing,
    State::Ready,
    State::InTransaction,
    State::Committing,
    State::Aborting,
    State::Abortable,
    State::Fatal,
];

#[test]
fn each_call_has_its_states() {
    use State as S;
    let illegal = Some("IllegalStateException");
    let broken = Some("KafkaException");
    // Init, begin, commit, abort, send.
    let rows: [[Option<&str>; 5]; 8] = [
        [None, illegal, illegal, illegal, illegal],
        [illegal, illegal, illegal, illegal, illegal],
        [illegal, None, illegal, illegal, illegal],
        [illegal, illegal, None, None, None],
        [None, illegal, illegal, illegal, illegal],
        [None, illegal, illegal, illegal, illegal],
        [broken, broken, broken, None, broken],
        [broken, broken, broken, broken, broken],
    ];
    for (state, row) in STATES.into_iter().zip(rows) {
        let with = || {
            let mut manager = manager(state);
            if matches!(state, S::Abortable | S::Fatal) {
                manager.error = Some(thrown(ClientError::RecordTooLarge));
            }
            manager
        };
        let says = |end: Result<(), Thrown>| end.err().map(|thrown| thrown.error.exception());
        let end = |outcome| {
            let ended = with().complete(outcome, None, Thread::Application);
            says(ended.map(|_| ()))
        };
        let told = [
            says(with().initialize().map(|_| ())),
            says(with().begin()),
            end(Outcome::Commit),
            end(Outcome::Abort),
            says(with().add_partition(WRITTEN, true)),
        ];
        assert_eq!(told, row, "{state:?}");
    }
}

#[test]
fn the_last_error_is_thrown_as_its_kind() {
    let code = ClientError::Broker;
    for (last, error, cause) in [
        (
            code(ErrorCode::ProducerFenced),
            "ProducerFencedException",
            None,
        ),
        (
            code(ErrorCode::InvalidProducerEpoch),
            "InvalidProducerEpochException",
            None,
        ),
        (
            ClientError::IllegalState,
            "IllegalStateException",
            Some("IllegalStateException"),
        ),
        (
            code(ErrorCode::TransactionAbortable),
            "KafkaException",
            Some("TransactionAbortableException"),
        ),
    ] {
        let mut manager = manager(State::Abortable);
        manager.error = Some(thrown(last));
        let told = manager.begin().expect_err("it is in an error state");
        let shown = (
            told.error.exception(),
            told.cause.map(ClientError::exception),
        );
        assert_eq!(shown, (error, cause));
    }
}

#[test]
fn only_the_same_call_goes_on_after_a_timeout() {
    let mut manager = manager(State::InTransaction);
    let first = manager.complete(Outcome::Commit, None, Thread::Application);
    let illegal = Err(thrown(ClientError::IllegalState));
    assert_eq!(manager.begin(), illegal);
    assert_eq!(manager.add_partition(WRITTEN, true), illegal);
    let abort = manager.complete(Outcome::Abort, None, Thread::Application);
    assert_eq!(abort.map(|_| ()), illegal);
    let again = manager.complete(Outcome::Commit, None, Thread::Application);
    assert_eq!(again, first, "the same result");
    // Once it is told, the state alone decides.
    let number = first.expect("it was begun");
    manager.end_result(number, Ok(()));
    manager.told(number);
    manager.state = State::Ready;
    assert_eq!(manager.begin(), Ok(()));
}

#[test]
fn what_must_not_be_ends_everything_when_the_sender_does_it() {
    for (thread, state) in [
        (Thread::Application, State::Ready),
        (Thread::Sender, State::Fatal),
    ] {
        let mut manager = manager(State::Ready);
        let error = Some(thrown(ClientError::Timeout));
        assert!(
            manager
                .become_state(State::Abortable, error, thread)
                .is_err()
        );
        assert_eq!(manager.state, state, "{thread:?}");
    }
}
