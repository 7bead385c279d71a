//! What a model will not have does not stand in the way of what comes after it.

use super::*;

/// After a good question comes one that is answered like this, and then another.
/// Returns what the model was shown with the last, and all that is kept.
async fn after(status: u16, body: &Value) -> (Vec<String>, Vec<(String, &'static str)>) {
    let setup = Setup::with(&[]).await;
    let first = setup.told(question("a"), 200, &completion("b", "stop", 1)).await;
    setup.told(next(first.conversation, "bad"), status, body).await;
    let last = setup.told(next(first.conversation, "c"), 200, &completion("d", "stop", 1)).await;
    assert!(last.answer.is_ok(), "{:?}", last.answer);
    (last.shown, setup.kept(first.conversation).await)
}

#[tokio::test]
async fn a_question_that_the_model_refused_is_kept_and_not_shown_to_it_again() {
    for status in [400, 413, 422] {
        let (shown, kept) = after(status, &json!({"error": {"code": "context_length_exceeded"}})).await;
        assert_eq!(shown, ["user: a", "assistant: b", "user: c"], "{status}");
        let kept: Vec<_> = kept.iter().map(|(text, status)| (text.as_str(), *status)).collect();
        let refused = [("bad", "complete"), ("", "refused")];
        assert_eq!(kept[2..4], refused, "{status}");
        assert_eq!((kept.len(), kept[5]), (6, ("d", "complete")), "{status}");
    }
}

#[tokio::test]
async fn what_a_filter_held_back_is_kept_and_not_shown_to_the_model_again() {
    let (shown, kept) = after(200, &completion("I may not say.", "content_filter", 1)).await;
    assert_eq!(shown, ["user: a", "assistant: b", "user: c"]);
    assert_eq!(kept[2..4], [("bad".to_owned(), "complete"), ("I may not say.".to_owned(), "complete")]);
}

#[tokio::test]
async fn a_question_that_the_model_refused_in_the_middle_is_not_shown_to_it_again() {
    let setup = Setup::with(&[]).await;
    let asked = setup.ask(question("bad"), Delivery::Pieces).await.unwrap();
    let mut call = setup.model.call().await.begin("text/event-stream").await;
    call.send(said("Half").as_bytes()).await;
    call.send(b"data: {\"error\": {\"code\": \"invalid_request_error\"}}\n\n").await;
    assert_eq!(asked.steps.whole().await, Err(Refusal::ModelRefused));
    let kept = setup.kept(asked.conversation).await;
    assert_eq!(kept[1], ("Half".to_owned(), "refused"));
    let last = setup.told(next(asked.conversation, "c"), 200, &completion("d", "stop", 1)).await;
    assert_eq!(last.shown, ["user: c"]);
}

#[tokio::test]
async fn a_question_that_the_model_was_not_there_for_is_shown_with_the_next() {
    let (shown, kept) = after(401, &json!({})).await;
    assert_eq!(shown, ["user: a", "assistant: b", "user: bad\n\nc"]);
    assert_eq!(kept[3], (String::new(), "failed"));
}
