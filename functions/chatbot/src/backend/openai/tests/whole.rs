//! Whole answers of an endpoint.

use std::time::Duration;

use super::*;
use crate::backend::{
    Answer, BackendError, Finish,
    answer::MAX_ANSWER_BYTES,
    retry::Backoff,
    tests::{answer, end, later, prompt},
};

/// Asks once, and gets `reply`.
async fn ask(reply: &str) -> Result<Answer, BackendError> {
    let setup = Setup::start();
    let model = async { setup.model.call().await.answer(200, "", reply).await };
    let (answer, ()) = answer(&setup.backend, model).await;
    assert!(setup.model.is_quiet(), "it was asked again");
    answer
}

#[tokio::test]
async fn an_answer_is_the_first_choice() {
    let mut reply = completion("one", "stop");
    let second = json!({"index": 1, "message": {"content": "two"}, "finish_reason": "length"});
    reply["choices"].as_array_mut().unwrap().push(second);
    let expected = Answer { text: "one".into(), end: end(Finish::Stop, 11, 5) };
    assert_eq!(ask(&reply.to_string()).await, Ok(expected));
}

#[tokio::test]
async fn every_reason_to_finish_has_a_meaning() {
    for (reason, expected) in [
        ("stop", Finish::Stop),
        ("length", Finish::Length),
        ("content_filter", Finish::ContentFilter),
        ("tool_calls", Finish::Stop),
        ("something_new", Finish::Stop),
    ] {
        let answer = ask(&completion("x", reason).to_string()).await;
        assert_eq!(answer.unwrap().end.finish, expected, "{reason}");
    }
}

#[tokio::test]
async fn servers_leave_out_what_they_like() {
    let usage_is_estimated = end(Finish::Stop, 8, 1);
    for reply in [
        json!({"choices": [{"message": {"content": "abc"}}]}),
        json!({"choices": [{"message": {"content": "abc"}, "finish_reason": null}], "usage": null}),
    ] {
        let expected = Answer { text: "abc".into(), end: usage_is_estimated };
        assert_eq!(ask(&reply.to_string()).await, Ok(expected), "{reply}");
    }
    let thought = json!({"content": "abc", "reasoning_content": "x".repeat(37)});
    let expected = Answer { text: "abc".into(), end: end(Finish::Stop, 8, 10) };
    assert_eq!(ask(&json!({"choices": [{"message": thought}]}).to_string()).await, Ok(expected));
    let reply = json!({"choices": [{"message": {"content": null}, "finish_reason": "content_filter"}]});
    let expected = Answer { text: String::new(), end: end(Finish::ContentFilter, 8, 0) };
    assert_eq!(ask(&reply.to_string()).await, Ok(expected));
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_cut_or_not_read() {
    let text = "\u{1}".repeat(MAX_ANSWER_BYTES + 1);
    let answer = ask(&completion(&text, "stop").to_string()).await.unwrap();
    assert_eq!((answer.text.len(), answer.end), (MAX_ANSWER_BYTES, end(Finish::Length, 11, 5)));
    let text = "x".repeat(super::super::MAX_BODY_BYTES);
    assert_eq!(ask(&completion(&text, "stop").to_string()).await, Err(BackendError::Failed));
}

#[tokio::test]
async fn what_is_no_answer_is_not_asked_for_again() {
    for reply in ["", "junk", "{}", "[]", r#"{"choices":[]}"#, r#"{"choices":[{}]}"#, r#"{"choices":"#] {
        assert_eq!(ask(reply).await, Err(BackendError::Failed), "{reply}");
    }
}

#[tokio::test]
async fn errors_that_last_are_told_at_once() {
    let none = Value::Null;
    for (status, code, expected) in [
        (400, &none, BackendError::Refused),
        (400, &json!("context_length_exceeded"), BackendError::Refused),
        (400, &json!("model_not_found"), BackendError::Denied),
        (413, &none, BackendError::Refused),
        (422, &none, BackendError::Refused),
        (401, &json!("invalid_api_key"), BackendError::Denied),
        (402, &none, BackendError::Denied),
        (403, &none, BackendError::Denied),
        (404, &json!("model_not_found"), BackendError::Denied),
        (429, &json!("insufficient_quota"), BackendError::Denied),
        (408, &none, BackendError::TooLate),
        (504, &none, BackendError::TooLate),
        (405, &none, BackendError::Failed),
        (501, &none, BackendError::Failed),
    ] {
        let setup = Setup::start();
        let model = async { setup.model.call().await.answer(status, "", &error(code)).await };
        let (answer, ()) = answer(&setup.backend, model).await;
        assert_eq!(answer, Err(expected), "{status} {code}");
        assert!(setup.model.is_quiet(), "{status} {code}: it was asked again");
    }
}

#[tokio::test]
async fn errors_of_any_form_are_told_by_their_status() {
    let long = "x".repeat(super::super::MAX_ERROR_BYTES + 1);
    for body in ["", "<html>", r#"{"error":"no"}"#, r#"{"error":{"code":403}}"#, r#"{"detail":[]}"#, &long] {
        let setup = Setup::start();
        let model = async { setup.model.call().await.answer(422, "", body).await };
        assert_eq!(answer(&setup.backend, model).await.0, Err(BackendError::Refused));
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = StandIn::start();
    for status in [301, 302, 303, 307, 308] {
        let setup = Setup::start();
        let location = format!("location: {}/v1/chat/completions\r\n", elsewhere.url());
        let model = async { setup.model.call().await.answer(status, &location, "").await };
        assert_eq!(answer(&setup.backend, model).await.0, Err(BackendError::Failed), "{status}");
        assert!(elsewhere.is_quiet() && setup.model.is_quiet(), "{status}");
    }
}

#[tokio::test]
async fn a_busy_model_is_asked_again() {
    for status in [429, 529, 500, 502, 503] {
        let setup = Setup::start();
        let model = async {
            for _ in 0..2 {
                setup.model.call().await.answer(status, "retry-after: 0\r\n", &error(&Value::Null)).await;
            }
            setup.model.call().await.answer(200, "", &completion("here", "stop").to_string()).await;
        };
        assert_eq!(answer(&setup.backend, model).await.0.unwrap().text, "here", "{status}");
    }
}

#[tokio::test]
async fn a_model_that_stays_busy_is_given_up() {
    let busy = BackendError::Busy { retry_after_secs: None };
    for (status, calls, expected) in [(429, 8, busy), (503, 3, BackendError::Failed)] {
        let setup = Setup::start();
        let model = async {
            for _ in 0..calls {
                setup.model.call().await.answer(status, "", "").await;
            }
        };
        assert_eq!(answer(&setup.backend, model).await.0, Err(expected), "{status}");
        assert!(setup.model.is_quiet(), "{status}: it was asked again");
    }
}

#[tokio::test]
async fn a_wait_that_is_longer_than_the_deadline_is_told_instead() {
    let busy = |secs| BackendError::Busy { retry_after_secs: secs };
    for (status, header, expected) in [
        (429, "retry-after: 7200\r\n", busy(Some(7200))),
        (429, "retry-after: 99999999999999999999\r\n", busy(None)),
        (429, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", busy(None)),
        (503, "retry-after: 7200\r\n", BackendError::Failed),
    ] {
        let mut setup = Setup::start();
        if expected == busy(None) {
            let hours = Duration::from_hours(4);
            setup.backend.backoff = Backoff { first: hours, longest: hours };
        }
        let model = async { setup.model.call().await.answer(status, header, "").await };
        assert_eq!(answer(&setup.backend, model).await.0, Err(expected), "{header}");
        assert!(setup.model.is_quiet(), "{header}: it was asked again");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_tried_again() {
    let setup = Setup::start();
    let model = async {
        drop(setup.model.connection().await);
        drop(setup.model.call().await);
        setup.model.call().await.answer(200, "", &completion("here", "stop").to_string()).await;
    };
    assert_eq!(answer(&setup.backend, model).await.0.unwrap().text, "here");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_asked_for_again() {
    let setup = Setup::start();
    let model = async {
        let mut call = setup.model.call().await.begin("application/json").await;
        call.send(b"{\"choices\":[").await;
    };
    assert_eq!(answer(&setup.backend, model).await.0, Err(BackendError::Failed));
    assert!(setup.model.is_quiet(), "it was asked again");
}

#[tokio::test]
async fn nobody_there_is_a_failure() {
    let Setup { model, backend } = Setup::start();
    drop(model);
    assert_eq!(backend.answer(&prompt(), later()).await, Err(BackendError::Failed));
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_waited_for() {
    let setup = Setup::start();
    let prompt = prompt();
    let (answer, ()) = tokio::join!(setup.backend.answer(&prompt, later()), async {
        let call = setup.model.call().await;
        // From here on only the deadline is left to wait for, an hour away.
        tokio::time::pause();
        call.closed().await;
        tokio::time::resume();
    });
    assert_eq!(answer, Err(BackendError::TooLate));
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_call() {
    let setup = Setup::start();
    let prompt = prompt();
    let mut asking = Box::pin(setup.backend.answer(&prompt, later()));
    let call = tokio::select! {
        _ = &mut asking => unreachable!("nobody answered"),
        call = setup.model.call() => call,
    };
    drop(asking);
    call.closed().await;
}
