//! Whole answers of Bedrock.

use super::*;
use crate::backend::{
    Answer, BackendError, Finish,
    answer::MAX_ANSWER_BYTES,
    retry::Backoff,
    tests::{answer, end, later, prompt},
};
use std::time::Duration;

/// Asks once, and gets `reply`.
async fn ask(reply: &Value) -> Result<Answer, BackendError> {
    let setup = Setup::start().await;
    let model = async { setup.model.call().await.answer(200, "", &reply.to_string()).await };
    let (answer, ()) = answer(&setup.backend, model).await;
    assert!(setup.model.is_quiet(), "it was asked again");
    answer
}

#[tokio::test]
async fn the_text_is_all_blocks_of_text_and_nothing_else() {
    let mut reply = converse("", "end_turn");
    reply["output"]["message"]["content"] = json!([
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "x"}}},
        {"text": "one "},
        {"somethingNew": {"a": 1}},
        {"text": "two"}
    ]);
    reply["usage"]["cacheReadInputTokens"] = json!(4);
    let expected = Answer { text: "one two".into(), end: end(Finish::Stop, 15, 5) };
    assert_eq!(ask(&reply).await, Ok(expected));
}

#[tokio::test]
async fn every_reason_to_stop_has_a_meaning() {
    for (reason, expected) in [
        ("end_turn", Ok(Finish::Stop)),
        ("stop_sequence", Ok(Finish::Stop)),
        ("max_tokens", Ok(Finish::Length)),
        ("model_context_window_exceeded", Ok(Finish::Length)),
        ("guardrail_intervened", Ok(Finish::ContentFilter)),
        ("content_filtered", Ok(Finish::ContentFilter)),
        ("something_new", Ok(Finish::Stop)),
        ("malformed_model_output", Err(BackendError::Failed)),
    ] {
        let finish = ask(&converse("x", reason)).await.map(|answer| answer.end.finish);
        assert_eq!(finish, expected, "{reason}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_cut() {
    let text = "x".repeat(MAX_ANSWER_BYTES + 1);
    let answer = ask(&converse(&text, "end_turn")).await.unwrap();
    assert_eq!((answer.text.len(), answer.end), (MAX_ANSWER_BYTES, end(Finish::Length, 11, 5)));
}

#[tokio::test]
async fn an_answer_without_text_is_empty_and_its_cost_estimated() {
    let message = json!({"role": "assistant", "content": []});
    let reply = json!({"output": {"message": message}, "stopReason": "guardrail_intervened"});
    let answer = ask(&reply).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.end), ("", end(Finish::ContentFilter, 8, 0)));
}

#[tokio::test]
async fn errors_that_last_are_told_at_once() {
    for (status, code, message, expected) in [
        (400, "ValidationException", "Input is too long for requested model.", BackendError::Refused),
        (400, "ValidationException", "The provided model identifier is invalid.", BackendError::Denied),
        (
            400,
            "ValidationException",
            "Invocation of model ID x with on-demand throughput isn\u{2019}t supported.",
            BackendError::Denied,
        ),
        (403, "AccessDeniedException", "no", BackendError::Denied),
        (403, "UnrecognizedClientException", "no", BackendError::Denied),
        (404, "ResourceNotFoundException", "no", BackendError::Denied),
        (408, "ModelTimeoutException", "no", BackendError::TooLate),
        (424, "ModelErrorException", "no", BackendError::Failed),
        (418, "TeapotException", "no", BackendError::Failed),
    ] {
        let setup = Setup::start().await;
        let model = async { refuse(setup.model.call().await, status, code, message).await };
        let (answer, ()) = answer(&setup.backend, model).await;
        assert_eq!(answer, Err(expected), "{code}: {message}");
        assert!(setup.model.is_quiet(), "{code}: it was asked again");
    }
}

#[tokio::test]
async fn a_busy_model_is_asked_again() {
    for (status, code) in [
        (429, "ThrottlingException"),
        (429, "ModelNotReadyException"),
        (400, "ServiceQuotaExceededException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
    ] {
        let setup = Setup::start().await;
        let model = async {
            for _ in 0..2 {
                refuse(setup.model.call().await, status, code, "later").await;
            }
            setup.model.call().await.answer(200, "", &converse("here", "end_turn").to_string()).await;
        };
        let (answer, ()) = answer(&setup.backend, model).await;
        assert_eq!(answer.unwrap().text, "here", "{code}");
    }
}

#[tokio::test]
async fn a_model_that_stays_busy_is_given_up() {
    for (status, code, calls, expected) in [
        (429, "ThrottlingException", 8, BackendError::Busy { retry_after_secs: None }),
        (503, "ServiceUnavailableException", 3, BackendError::Failed),
    ] {
        let setup = Setup::start().await;
        let model = async {
            for _ in 0..calls {
                refuse(setup.model.call().await, status, code, "later").await;
            }
        };
        let (answer, ()) = answer(&setup.backend, model).await;
        assert_eq!(answer, Err(expected), "{code}");
        assert!(setup.model.is_quiet(), "{code}: it was asked again");
    }
}

#[tokio::test]
async fn no_attempt_begins_after_the_deadline() {
    let mut setup = Setup::start().await;
    let hours = Duration::from_hours(4);
    setup.backend.backoff = Backoff { first: hours, longest: hours };
    let model = async { refuse(setup.model.call().await, 429, "ThrottlingException", "later").await };
    let (answer, ()) = answer(&setup.backend, model).await;
    assert_eq!(answer, Err(BackendError::Busy { retry_after_secs: None }));
}

#[tokio::test]
async fn what_is_no_answer_is_not_asked_for_again() {
    for body in ["", "{}", "junk", "{\"output\":", "{\"output\":{}}", "[]"] {
        let setup = Setup::start().await;
        let model = async { setup.model.call().await.answer(200, "", body).await };
        let (answer, ()) = answer(&setup.backend, model).await;
        assert_eq!(answer, Err(BackendError::Failed), "{body}");
        assert!(setup.model.is_quiet(), "{body}: it was asked again");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_is_tried_again() {
    let setup = Setup::start().await;
    let model = async {
        drop(setup.model.connection().await);
        drop(setup.model.call().await);
        setup.model.call().await.answer(200, "", &converse("here", "end_turn").to_string()).await;
    };
    let (answer, ()) = answer(&setup.backend, model).await;
    assert_eq!(answer.unwrap().text, "here");
}

#[tokio::test]
async fn nobody_there_is_a_failure() {
    let setup = Setup::start().await;
    let Setup { model, backend } = setup;
    drop(model);
    assert_eq!(backend.answer(&prompt(), later()).await, Err(BackendError::Failed));
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_waited_for() {
    let setup = Setup::start().await;
    let model = async {
        let call = setup.model.call().await;
        // From here on only the deadline is left to wait for, an hour away.
        tokio::time::pause();
        call.closed().await;
        tokio::time::resume();
    };
    let prompt = prompt();
    let (answer, ()) = tokio::join!(setup.backend.answer(&prompt, later()), model);
    assert_eq!(answer, Err(BackendError::TooLate));
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_call() {
    let setup = Setup::start().await;
    let prompt = prompt();
    let mut asking = Box::pin(setup.backend.answer(&prompt, later()));
    let call = tokio::select! {
        _ = &mut asking => unreachable!("nobody answered"),
        call = setup.model.call() => call,
    };
    drop(asking);
    call.closed().await;
}
