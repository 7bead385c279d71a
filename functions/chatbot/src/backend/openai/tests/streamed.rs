//! Answers of an endpoint as they come.

use super::*;
use crate::backend::{
    BackendError, End, Finish, Piece,
    answer::MAX_ANSWER_BYTES,
    tests::{end, later, prompt, rest, stream},
};

/// Gets all of an answer that is sent in one go and ended as it should end.
async fn ask(sent: &str) -> (Vec<String>, Result<Option<End>, BackendError>) {
    let setup = Setup::start();
    let (stream, ()) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(sent.as_bytes()).await;
        call.finish().await;
    })
    .await;
    rest(&mut stream.unwrap()).await
}

fn pieces(texts: &[&str], end: End) -> (Vec<String>, Result<Option<End>, BackendError>) {
    (texts.iter().map(|text| (*text).to_owned()).collect(), Ok(Some(end)))
}

#[tokio::test]
async fn an_answer_comes_piece_by_piece() {
    let setup = Setup::start();
    let (stream, mut call) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(
            event(&json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}))
                .as_bytes(),
        )
        .await;
        call.send(text("one ").as_bytes()).await;
        call
    })
    .await;
    // Each piece is here before the next one is sent.
    let mut stream = stream.unwrap();
    assert_eq!(stream.next().await, Ok(Some(Piece::Text("one ".into()))));
    call.send(text("two").as_bytes()).await;
    assert_eq!(stream.next().await, Ok(Some(Piece::Text("two".into()))));
    call.send(stop("stop").as_bytes()).await;
    call.send(usage().as_bytes()).await;
    assert_eq!(stream.next().await, Ok(Some(Piece::End(end(Finish::Stop, 11, 5)))));
    assert_eq!(stream.next().await, Ok(None));
    call.closed().await;
}

#[tokio::test]
async fn the_next_question_comes_on_the_same_connection() {
    let setup = Setup::start();
    let whole = [text("ab"), stop("stop"), usage()].concat();
    let expected = pieces(&["ab"], end(Finish::Stop, 11, 5));
    let (answered, mut call) = stream(&setup.backend, async {
        let mut call = setup.model.call().await.begin_kept("text/event-stream").await;
        call.send(whole.as_bytes()).await;
        call
    })
    .await;
    assert_eq!(rest(&mut answered.unwrap()).await, expected);
    // The caller knows all by now, and the connection is not free yet.
    call.send(DONE.as_bytes()).await;
    let connection = call.finish_and_keep().await;
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let (answered, ()) = stream(&setup.backend, async {
        let mut call = Call::read(connection).await.begin("text/event-stream").await;
        call.send(whole.as_bytes()).await;
        call.finish().await;
    })
    .await;
    assert_eq!(rest(&mut answered.unwrap()).await, expected);
    assert!(setup.model.is_quiet());
}

#[tokio::test]
async fn the_borders_of_pieces_do_not_matter() {
    let whole = [&text("one "), &text("zwölf 😀"), &stop("length"), &usage(), DONE].concat();
    let whole = whole.replace('\n', "\r\n");
    for size in [1, 2, 7, 64, whole.len()] {
        let setup = Setup::start();
        let (stream, ()) = stream(&setup.backend, async {
            let mut call = setup.events().await;
            for piece in whole.as_bytes().chunks(size) {
                call.send(piece).await;
            }
            call.finish().await;
        })
        .await;
        let expected = pieces(&["one ", "zwölf 😀"], end(Finish::Length, 11, 5));
        assert_eq!(rest(&mut stream.unwrap()).await, expected, "{size}");
    }
}

#[tokio::test]
async fn servers_differ() {
    let estimated = |finish| end(finish, 8, 1);
    let full = end(Finish::Stop, 11, 5);
    let two = event(&json!({"choices": [
        {"index": 1, "delta": {"content": "other"}, "finish_reason": "length"},
        {"index": 0, "delta": {"content": "ab"}}
    ]}));
    let all_in_one = event(&json!({
        "choices": [{"index": 0, "delta": {"content": "ab"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5}
    }));
    let odd = [
        ": OPENROUTER PROCESSING\n\n",
        "event: ping\ndata: {\"type\": \"ping\"}\n\n",
        "data: {\"choices\": null}\n\n",
    ];
    for (what, sent, expected) in [
        ("usage at the end", [&text("ab"), &stop("stop"), &usage(), DONE].concat(), full),
        ("no usage", [&text("ab"), &stop("length"), DONE].concat(), estimated(Finish::Length)),
        ("no usage, no end", text("ab") + &stop("length"), estimated(Finish::Length)),
        ("no reason", [&text("ab"), DONE].concat(), estimated(Finish::Stop)),
        ("no reason but a cost", [&text("ab"), &usage(), DONE].concat(), full),
        ("everything at once", all_in_one, full),
        ("another choice", [&two, &stop("stop"), DONE].concat(), estimated(Finish::Stop)),
        ("odd events", [&odd.concat(), &text("ab"), &stop("stop"), DONE].concat(), estimated(Finish::Stop)),
        ("more after the end", [&text("ab"), &stop("stop"), &usage(), &text("never"), DONE].concat(), full),
        (
            "an error after the end",
            [&text("ab"), &stop("stop"), "data: junk\n\n"].concat(),
            estimated(Finish::Stop),
        ),
    ] {
        assert_eq!(ask(&sent).await, pieces(&["ab"], expected), "{what}");
    }
}

#[tokio::test]
async fn reasoning_is_counted_where_the_server_does_not_count() {
    let thought = |delta: Value| event(&json!({"choices": [{"index": 0, "delta": delta}]}));
    let long = "x".repeat(18);
    for reasoning in [
        json!({"reasoning_content": long}),
        json!({"reasoning": long, "content": null}),
        json!({"reasoning": long, "reasoning_content": long, "content": ""}),
    ] {
        let sent = [thought(reasoning.clone()), thought(reasoning), text("here"), stop("stop")].concat();
        assert_eq!(ask(&sent).await, pieces(&["here"], end(Finish::Stop, 8, 10)));
    }
    for nothing in [json!({"reasoning": null}), json!({"reasoning": {"effort": "high"}})] {
        let sent = [thought(nothing), text("here"), stop("stop")].concat();
        assert_eq!(ask(&sent).await, pieces(&["here"], end(Finish::Stop, 8, 1)));
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_ends_and_the_call_with_it() {
    let setup = Setup::start();
    let long = "x".repeat(MAX_ANSWER_BYTES);
    let (stream, call) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(text(&long).as_bytes()).await;
        call.send(text("more").as_bytes()).await;
        call
    })
    .await;
    let (texts, done) = rest(&mut stream.unwrap()).await;
    let length = u64::try_from(MAX_ANSWER_BYTES).unwrap();
    assert_eq!(
        (texts.concat().len(), done),
        (MAX_ANSWER_BYTES, Ok(Some(end(Finish::Length, 8, length / 4))))
    );
    call.closed().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_ends_the_call() {
    // Before the first piece.
    let setup = Setup::start();
    let prompt = prompt();
    let mut asking = Box::pin(setup.backend.stream(&prompt, later()));
    let mut call = tokio::select! {
        _ = &mut asking => unreachable!("nobody answered"),
        call = setup.events() => call,
    };
    call.send(b": wait\n\n").await;
    drop(asking);
    call.closed().await;
    // And after it.
    let (stream, call) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(text("a").as_bytes()).await;
        call
    })
    .await;
    drop(stream.unwrap());
    call.closed().await;
}

#[tokio::test]
async fn an_answer_that_stands_still_ends() {
    let setup = Setup::start();
    let (stream, call) = stream(&setup.backend, async {
        let mut call = setup.events().await;
        call.send(text("a").as_bytes()).await;
        call
    })
    .await;
    let mut stream = stream.unwrap();
    stream.next().await.unwrap();
    tokio::time::pause();
    assert_eq!(stream.next().await, Err(BackendError::TooLate));
    tokio::time::resume();
    call.closed().await;
}
