//! Answers of Bedrock that break off, or do not even begin.

use super::frame::{begin, event, exception, frame, metadata, stop, text};
use super::*;
use crate::backend::{
    BackendError, Finish,
    tests::{end, rest, stream},
};

const BUSY: BackendError = BackendError::Busy { retry_after_secs: None };

/// Sends `bytes` and ends the answer as it should end.
async fn send(setup: &Setup, bytes: &[u8]) {
    let mut call = setup.events().await;
    call.send(bytes).await;
    call.finish().await;
}

/// Frames that nobody can read.
fn spoilt() -> [(&'static str, Vec<u8>); 7] {
    let whole = text("never seen");
    let with = |index: usize| {
        let mut frame = whole.clone();
        frame[index] ^= 1;
        frame
    };
    [
        ("cut in the lengths", whole[..9].to_vec()),
        ("cut in the headers", whole[..20].to_vec()),
        ("cut at the last byte", whole[..whole.len() - 1].to_vec()),
        ("wrong CRC of the lengths", with(8)),
        ("wrong payload", with(whole.len() - 10)),
        ("wrong CRC of all", with(whole.len() - 1)),
        ("junk", b"HTTP/1.1 200 OK, this is no event at all".to_vec()),
    ]
}

#[tokio::test]
async fn errors_before_the_first_event_are_errors_of_the_call() {
    for (status, code, expected) in [
        (400, "ValidationException", BackendError::Refused),
        (403, "AccessDeniedException", BackendError::Denied),
        (404, "ResourceNotFoundException", BackendError::Denied),
        (408, "ModelTimeoutException", BackendError::TooLate),
    ] {
        let setup = Setup::start().await;
        let model = async { refuse(setup.model.call().await, status, code, "no").await };
        assert_eq!(stream(&setup.backend, model).await.0.unwrap_err(), expected, "{code}");
        assert!(setup.model.is_quiet(), "{code}: it was asked again");
    }
}

#[tokio::test]
async fn exceptions_before_the_first_piece_are_errors_of_the_call() {
    for (kind, calls, expected) in [
        ("throttlingException", 8, BUSY),
        ("validationException", 1, BackendError::Refused),
        ("internalServerException", 3, BackendError::Failed),
        ("modelStreamErrorException", 3, BackendError::Failed),
        ("serviceUnavailableException", 3, BackendError::Failed),
        ("somethingNewException", 1, BackendError::Failed),
    ] {
        let setup = Setup::start().await;
        let model = async {
            for _ in 0..calls {
                send(&setup, &[begin(), exception(kind)].concat()).await;
            }
        };
        assert_eq!(stream(&setup.backend, model).await.0.unwrap_err(), expected, "{kind}");
        assert!(setup.model.is_quiet(), "{kind}: it was asked again");
    }
}

#[tokio::test]
async fn a_model_that_is_busy_at_first_is_asked_again() {
    let setup = Setup::start().await;
    let model = async {
        refuse(setup.model.call().await, 429, "ThrottlingException", "later").await;
        send(&setup, &[begin(), exception("throttlingException")].concat()).await;
        // An answer that is cut off before it said anything.
        send(&setup, &begin()).await;
        send(&setup, &[begin(), text("here"), stop("end_turn"), metadata()].concat()).await;
    };
    let (stream, ()) = stream(&setup.backend, model).await;
    let expected = (vec!["here".to_owned()], Ok(Some(end(Finish::Stop, 11, 5))));
    assert_eq!(rest(&mut stream.unwrap()).await, expected);
}

/// After one piece came what is told, the error is that one, and it stays.
async fn check_broken(what: &str, bytes: &[u8], is_closed: bool, expected: BackendError) {
    let setup = Setup::start().await;
    let (stream, ()) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(&[begin(), text("here")].concat()).await;
        if !bytes.is_empty() {
            call.send(bytes).await;
        }
        if is_closed {
            call.finish().await;
        }
    })
    .await;
    let mut stream = stream.unwrap();
    assert_eq!(rest(&mut stream).await, (vec!["here".to_owned()], Err(expected)), "{what}");
    assert_eq!(stream.next().await, Err(expected), "{what}");
    assert!(setup.model.is_quiet(), "{what}: it was asked again");
}

#[tokio::test]
async fn exceptions_in_the_middle_are_errors_of_the_next_piece() {
    for (kind, expected) in [
        ("throttlingException", BUSY),
        ("validationException", BackendError::Refused),
        ("internalServerException", BackendError::Failed),
        ("modelStreamErrorException", BackendError::Failed),
        ("serviceUnavailableException", BackendError::Failed),
        ("somethingNewException", BackendError::Failed),
    ] {
        check_broken(kind, &exception(kind), true, expected).await;
    }
}

#[tokio::test]
async fn frames_that_cannot_be_read_break_the_answer_off() {
    for (what, bytes) in spoilt() {
        check_broken(what, &bytes, true, BackendError::Failed).await;
    }
    let error = frame(&[(":message-type", "error"), (":error-code", "x"), (":error-message", "y")], "");
    check_broken("an error without a type", &error, true, BackendError::Failed).await;
    let untyped = frame(&[(":message-type", "event")], "{}");
    check_broken("an event without a type", &untyped, true, BackendError::Failed).await;
    let no_json = frame(&[(":message-type", "event"), (":event-type", "contentBlockDelta")], "{");
    check_broken("an event without JSON", &no_json, true, BackendError::Failed).await;
}

#[tokio::test]
async fn an_answer_without_its_end_has_broken_off() {
    check_broken("ended", &[], true, BackendError::Failed).await;
    check_broken("ended with a cost", &metadata(), true, BackendError::Failed).await;
    check_broken("connection closed", &[], false, BackendError::Failed).await;
    check_broken("connection closed in a frame", &text("never seen")[..20], false, BackendError::Failed)
        .await;
    let malformed = stop("malformed_model_output");
    check_broken("malformed", &malformed, true, BackendError::Failed).await;
}

#[tokio::test]
async fn what_goes_wrong_after_the_end_takes_nothing_away() {
    let nothing = Vec::new();
    let without_usage = event("metadata", &json!({"metrics": {"latencyMs": 1}}));
    for (after, is_closed) in [
        (&nothing, true),
        (&nothing, false),
        (&exception("internalServerException"), true),
        (&spoilt()[5].1, true),
        (&without_usage, true),
    ] {
        let setup = Setup::start().await;
        let (stream, ()) = stream(&setup.backend, async {
            let mut call = setup.events().await;
            call.send(&[begin(), text("here"), stop("max_tokens"), after.clone()].concat()).await;
            if is_closed {
                call.finish().await;
            }
        })
        .await;
        // Estimated: the prompt has 32 bytes.
        let expected = (vec!["here".to_owned()], Ok(Some(end(Finish::Length, 8, 1))));
        assert_eq!(rest(&mut stream.unwrap()).await, expected);
    }
}
