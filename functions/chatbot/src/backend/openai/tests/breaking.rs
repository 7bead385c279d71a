//! Answers of an endpoint that break off, or do not even begin.

use super::*;
use crate::backend::{
    BackendError,
    tests::{rest, stream},
};

const BUSY: BackendError = BackendError::Busy { retry_after_secs: None };

/// What is sent in place of a piece, how often before the first one, and what
/// error it is.
fn faults() -> Vec<(String, usize, BackendError)> {
    let error = |code: Value| format!("data: {}\n\n", error(&code));
    vec![
        (error(json!("rate_limit_exceeded")), 8, BUSY),
        (error(json!(429)), 8, BUSY),
        (error(json!("insufficient_quota")), 1, BackendError::Denied),
        (error(json!("context_length_exceeded")), 1, BackendError::Refused),
        (error(Value::Null), 3, BackendError::Failed),
        ("data: {\"error\": \"out of memory\"}\n\n".into(), 3, BackendError::Failed),
        ("data: junk\n\n".into(), 1, BackendError::Failed),
        ("data: {\"choices\": [{\"index\":\n\n".into(), 1, BackendError::Failed),
        (format!("data: {}", "x".repeat(2 * 1024 * 1024)), 1, BackendError::Failed),
        ("data: {\"choices\": []}\n\n".into(), 3, BackendError::Failed),
        (text("cut off").trim_end().into(), 3, BackendError::Failed),
    ]
}

#[tokio::test]
async fn before_the_first_piece_it_is_an_error_of_the_call() {
    for (sent, calls, expected) in faults() {
        let setup = Setup::start();
        let model = async {
            for _ in 0..calls {
                let mut call = setup.events().await;
                call.send(sent.as_bytes()).await;
                call.finish().await;
            }
        };
        let sent = &sent[..sent.len().min(80)];
        assert_eq!(stream(&setup.backend, model).await.0.unwrap_err(), expected, "{sent}");
        assert!(setup.model.is_quiet(), "{sent}: it was asked again");
    }
}

#[tokio::test]
async fn in_the_middle_it_is_an_error_of_the_next_piece() {
    for (sent, _, expected) in faults() {
        let setup = Setup::start();
        let (stream, ()) = stream(&setup.backend, async {
            let mut call = setup.events().await;
            call.send(text("here").as_bytes()).await;
            call.send(sent.as_bytes()).await;
            call.finish().await;
        })
        .await;
        let sent = &sent[..sent.len().min(80)];
        let mut stream = stream.unwrap();
        assert_eq!(rest(&mut stream).await, (vec!["here".to_owned()], Err(expected)), "{sent}");
        assert_eq!(stream.next().await, Err(expected), "{sent}");
        assert!(setup.model.is_quiet(), "{sent}: it was asked again");
    }
}

#[tokio::test]
async fn a_connection_that_closes_in_the_middle_breaks_the_answer_off() {
    for sent in [text("here"), text("here") + "data: {\"cho", text("here") + &usage()] {
        let setup = Setup::start();
        let (stream, ()) = stream(&setup.backend, async {
            let mut call = setup.events().await;
            call.send(sent.as_bytes()).await;
        })
        .await;
        let broken = (vec!["here".to_owned()], Err(BackendError::Failed));
        assert_eq!(rest(&mut stream.unwrap()).await, broken, "{sent}");
    }
}

#[tokio::test]
async fn a_model_that_is_busy_at_first_is_asked_again() {
    let setup = Setup::start();
    let model = async {
        setup.model.call().await.answer(429, "retry-after: 0\r\n", "").await;
        let mut call = setup.events().await;
        call.send(b": wait\n\n").await;
        drop(call);
        let mut call = setup.events().await;
        call.send([&text("here"), &stop("stop"), &usage(), DONE].concat().as_bytes()).await;
        call.finish().await;
    };
    let (stream, ()) = stream(&setup.backend, model).await;
    let (texts, done) = rest(&mut stream.unwrap()).await;
    assert!(texts == ["here"] && done.is_ok(), "{texts:?} {done:?}");
}

#[tokio::test]
async fn a_stream_that_never_says_anything_has_an_end() {
    let setup = Setup::start();
    let comment = format!(": {}\n", "x".repeat(1000 * 1000));
    let model = async {
        let mut call = setup.events().await;
        for _ in 0..70 {
            call.send(comment.as_bytes()).await;
        }
        call.finish().await;
    };
    assert_eq!(stream(&setup.backend, model).await.0.unwrap_err(), BackendError::Failed);
}
