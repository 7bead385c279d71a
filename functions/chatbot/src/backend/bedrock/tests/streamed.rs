//! Answers of Bedrock as they come.

use super::frame::{begin, event, metadata, stop, text};
use super::*;
use crate::backend::{
    Finish, Piece,
    tests::{end, later, prompt, rest, stream},
};

#[tokio::test]
async fn an_answer_comes_piece_by_piece() {
    let setup = Setup::start().await;
    let (stream, mut call) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(&begin()).await;
        call.send(&text("one ")).await;
        call
    })
    .await;
    // Each piece is here before the next one is sent.
    let mut stream = stream.unwrap();
    assert_eq!(stream.next().await, Ok(Some(Piece::Text("one ".into()))));
    call.send(&text("two")).await;
    assert_eq!(stream.next().await, Ok(Some(Piece::Text("two".into()))));
    call.send(&event("contentBlockStop", &json!({"contentBlockIndex": 0}))).await;
    call.send(&stop("end_turn")).await;
    call.send(&metadata()).await;
    assert_eq!(stream.next().await, Ok(Some(Piece::End(end(Finish::Stop, 11, 5)))));
    assert_eq!(stream.next().await, Ok(None));
    call.closed().await;
}

#[tokio::test]
async fn the_borders_of_pieces_do_not_matter() {
    let whole = [begin(), text("one "), text("zwölf 😀"), stop("max_tokens"), metadata()].concat();
    let length = whole.len();
    for size in [1, 2, 3, 5, 11, 12, 13, 100, length - 1, length] {
        let setup = Setup::start().await;
        let (stream, ()) = stream(&setup.backend, async {
            let mut call = setup.events().await;
            for piece in whole.chunks(size) {
                call.send(piece).await;
            }
            call.finish().await;
        })
        .await;
        let (texts, done) = rest(&mut stream.unwrap()).await;
        assert_eq!((texts.concat(), done), ("one zwölf 😀".into(), Ok(Some(end(Finish::Length, 11, 5)))));
    }
}

#[tokio::test]
async fn what_is_not_text_is_left_out() {
    let delta = |delta: Value| event("contentBlockDelta", &json!({"contentBlockIndex": 0, "delta": delta}));
    let setup = Setup::start().await;
    let (stream, ()) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        for frame in [
            begin(),
            event(
                "contentBlockStart",
                &json!({"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "t", "name": "n"}}}),
            ),
            delta(json!({"reasoningContent": {"text": "hm"}})),
            delta(json!({"toolUse": {"input": "{}"}})),
            delta(json!({"somethingNew": {"a": 1}})),
            event("somethingNew", &json!({"a": 1})),
            text(""),
            text("here"),
            stop("guardrail_intervened"),
            metadata(),
        ] {
            call.send(&frame).await;
        }
        call.finish().await;
    })
    .await;
    let expected = (vec!["here".to_owned()], Ok(Some(end(Finish::ContentFilter, 11, 5))));
    assert_eq!(rest(&mut stream.unwrap()).await, expected);
}

#[tokio::test]
async fn reasoning_is_counted_where_bedrock_does_not_count() {
    let thought = |reasoning: Value| {
        let delta = json!({"contentBlockIndex": 0, "delta": {"reasoningContent": reasoning}});
        event("contentBlockDelta", &delta)
    };
    let setup = Setup::start().await;
    let (stream, ()) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        for frame in [
            begin(),
            thought(json!({"text": "x".repeat(30)})),
            thought(json!({"redactedContent": "eHh4eHh4"})),
            thought(json!({"signature": "x".repeat(30)})),
            text("here"),
            stop("end_turn"),
        ] {
            call.send(&frame).await;
        }
        call.finish().await;
    })
    .await;
    let expected = (vec!["here".to_owned()], Ok(Some(end(Finish::Stop, 8, 10))));
    assert_eq!(rest(&mut stream.unwrap()).await, expected);
}

#[tokio::test]
async fn a_look_that_is_given_up_loses_nothing() {
    let setup = Setup::start().await;
    let (stream, mut call) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(&text("a")).await;
        call
    })
    .await;
    let mut stream = stream.unwrap();
    assert_eq!(stream.next().await, Ok(Some(Piece::Text("a".into()))));
    let next = text("b");
    for half in next.chunks(next.len().div_ceil(2)) {
        call.send(half).await;
        tokio::select! {
            biased;
            piece = stream.next() => assert_eq!(piece, Ok(Some(Piece::Text("b".into())))),
            () = tokio::task::yield_now() => {}
        }
    }
    call.send(&text("c")).await;
    call.send(&stop("end_turn")).await;
    call.send(&metadata()).await;
    let (texts, done) = rest(&mut stream).await;
    assert!(["bc", "c"].contains(&texts.concat().as_str()) && done.is_ok(), "{texts:?} {done:?}");
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_call() {
    // Before the first piece.
    let setup = Setup::start().await;
    let prompt = prompt();
    let mut asking = Box::pin(setup.backend.stream(&prompt, later()));
    let mut call = tokio::select! {
        _ = &mut asking => unreachable!("nobody answered"),
        call = setup.events() => call,
    };
    call.send(&begin()).await;
    drop(asking);
    call.closed().await;
    // And after it.
    let (stream, call) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(&text("a")).await;
        call
    })
    .await;
    drop(stream.unwrap());
    call.closed().await;
}

#[tokio::test]
async fn an_answer_that_stands_still_ends() {
    let setup = Setup::start().await;
    let (stream, call) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(&text("a")).await;
        call
    })
    .await;
    let mut stream = stream.unwrap();
    stream.next().await.unwrap();
    tokio::time::pause();
    assert_eq!(stream.next().await, Err(crate::backend::BackendError::TooLate));
    tokio::time::resume();
    call.closed().await;
}
