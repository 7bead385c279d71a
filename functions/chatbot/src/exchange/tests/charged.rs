//! What an answer costs that nobody heard to its end.

use super::*;

/// Asks "hello" in five bytes, has the model send `pieces`, and leaves after the
/// last of its text.
async fn left_after(pieces: &[String], text: &str) -> u64 {
    let setup = Setup::with(&[]).await;
    let mut asked = setup.ask(question("hello"), Delivery::Pieces).await.unwrap();
    let mut call = setup.model.call().await.begin("text/event-stream").await;
    for piece in pieces {
        call.send(piece.as_bytes()).await;
    }
    let mut heard = String::new();
    while heard != text {
        match asked.steps.next().await {
            Some(Step::Text(more)) => heard.push_str(&more),
            step => panic!("{step:?} after {heard}"),
        }
    }
    drop(asked);
    call.closed().await;
    setup.service.tasks.ended().await;
    setup.used().await
}

#[tokio::test]
async fn whoever_leaves_early_pays_for_what_was_thought_and_said_until_then() {
    let thought = |bytes| piece(&json!({"reasoning_content": "x".repeat(bytes)}));
    assert_eq!(left_after(&[said("abc")], "abc").await, 5 + 3);
    assert_eq!(left_after(&[thought(40), said("abc")], "abc").await, 5 + 43);
    // An answer has a hundred tokens at most, however long they are.
    assert_eq!(left_after(&[thought(400), said("abc")], "abc").await, 5 + 100);
    // Before anything is said, nobody knows what was thought.
    assert_eq!(left_after(&[], "").await, 5 + 100);
}

#[tokio::test]
async fn what_the_model_has_counted_by_then_is_what_it_costs() {
    let usage = |input, output| {
        let usage = json!({"prompt_tokens": input, "completion_tokens": output});
        format!("data: {}\n\n", json!({"choices": [], "usage": usage}))
    };
    assert_eq!(left_after(&[usage(7, 9), said("abc")], "abc").await, 7 + 9);
    assert_eq!(left_after(&[usage(7, 0), said("abc")], "abc").await, 7 + 3);
    assert_eq!(left_after(&[usage(0, 0), said("abc")], "abc").await, 5 + 3);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_costs_what_was_set_aside() {
    for delivery in [Delivery::Whole, Delivery::Pieces] {
        let setup = Setup::with(&[]).await;
        let asked = ask(&setup.service, ada(), question("hello"), delivery, Instant::now()).await.unwrap();
        assert_eq!(asked.steps.whole().await, Err(Refusal::ModelTimeout));
        assert_eq!(setup.used().await, 5 + 100, "{delivery:?}");
    }
}

#[tokio::test]
async fn whoever_leaves_before_a_whole_answer_pays_what_was_set_aside() {
    let setup = Setup::with(&[]).await;
    let asked = setup.ask(question("hello"), Delivery::Whole).await.unwrap();
    let call = setup.model.call().await;
    drop(asked);
    call.closed().await;
    setup.service.tasks.ended().await;
    assert_eq!(setup.used().await, 5 + 100);
}

#[tokio::test]
async fn a_model_that_breaks_off_is_paid_about_what_it_wrote() {
    let setup = Setup::with(&[]).await;
    setup.broken(question("hello"), "Half of it").await;
    assert_eq!(setup.used().await, 2 + 3);
    setup.told(question("hello"), 401, &json!({})).await;
    assert_eq!(setup.used().await, 2 + 3, "and nothing where it wrote nothing");
}
