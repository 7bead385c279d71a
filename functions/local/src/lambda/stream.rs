//! An answer that leaves while the function still makes it.
//!
//! Whatever happens to the function, the answer ends exactly once: whole, or
//! with the error that cut it.

use axum::body::Body;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use tokio::sync::{mpsc, oneshot};

use super::outcome::{FunctionError, MAX_ANSWER_BYTES, Outcome};

/// Lambda's limit for a streamed answer.
pub(super) const MAX_STREAMED_BYTES: usize = 200 * 1024 * 1024;

/// How many pieces may wait for an invoker that reads slowly.
const PIECES: usize = 16;

/// What the content type says of an answer that begins with status and headers.
const HTTP_INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";

pub(super) type End = Result<(), FunctionError>;

/// The first that an invoker hears of an answer.
#[derive(Debug)]
pub(crate) enum Begun {
    /// The function does not stream: this is all.
    Whole(Outcome),
    Streamed(Streamed),
}

/// The invoker's side of a streamed answer. One who drops it stops nothing:
/// Lambda neither ends nor tells a function whose client has gone, and bills it
/// to its end.
#[derive(Debug)]
pub(crate) struct Streamed {
    content_type: String,
    pieces: mpsc::Receiver<Bytes>,
    end: oneshot::Receiver<End>,
}

impl Streamed {
    pub(super) fn channel(content_type: String) -> (mpsc::Sender<Bytes>, oneshot::Sender<End>, Self) {
        let (piece_sender, pieces) = mpsc::channel(PIECES);
        let (end_sender, end) = oneshot::channel();
        (piece_sender, end_sender, Self { content_type, pieces, end })
    }

    /// Whether status and headers come first.
    pub(crate) fn is_http_integration(&self) -> bool {
        self.content_type == HTTP_INTEGRATION
    }

    pub(crate) fn content_type(&self) -> &str {
        &self.content_type
    }

    /// Returns the next piece, and `None` at the end of a whole answer.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, FunctionError> {
        if let Some(piece) = self.pieces.recv().await {
            return Ok(Some(piece));
        }
        if self.end.is_terminated() {
            return Ok(None);
        }
        match (&mut self.end).await {
            Ok(end) => end.map(|()| None),
            Err(_) => Err(FunctionError::new("Runtime.ExitError", "Error: host stopped")),
        }
    }

    /// Waits for the whole answer, as Invoke does: what precedes the body stays
    /// in it.
    pub(super) async fn collected(mut self) -> Outcome {
        let mut whole = BytesMut::new();
        loop {
            match self.next().await {
                Ok(Some(piece)) if whole.len() + piece.len() > MAX_ANSWER_BYTES => {
                    return Outcome::Error(FunctionError::too_large(MAX_ANSWER_BYTES));
                }
                Ok(Some(piece)) => whole.extend_from_slice(&piece),
                Ok(None) => return Outcome::Answer(whole.freeze()),
                Err(error) => return Outcome::Error(error),
            }
        }
    }
}

/// Hands a function's answer on as it comes. Goes on reading where the invoker
/// has gone.
pub(super) async fn hand_on(mut body: Body, pieces: mpsc::Sender<Bytes>, limit: usize) -> End {
    let mut left = limit;
    while let Some(frame) = body.frame().await {
        // The function's connection broke.
        let frame = frame.map_err(|_| FunctionError::truncated())?;
        match frame.into_data() {
            Ok(piece) => {
                left = left.checked_sub(piece.len()).ok_or_else(|| FunctionError::too_large(limit))?;
                let _invoker_gone = pieces.send(piece).await;
            }
            Err(other) => {
                if let Ok(trailers) = other.into_trailers()
                    && let Some(error) = error_in(&trailers)
                {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

/// How a function reports that it failed after it had begun to answer.
fn error_in(trailers: &HeaderMap) -> Option<FunctionError> {
    let error_type = trailers.get("lambda-runtime-function-error-type")?;
    let body = trailers.get("lambda-runtime-function-error-body");
    let body = body.and_then(|body| BASE64_STANDARD.decode(body).ok());
    Some(match body {
        Some(body) => FunctionError::from_body(body.into()),
        None => FunctionError::new(&String::from_utf8_lossy(error_type.as_bytes()), ""),
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use expect_test::{Expect, expect};
    use http_body_util::channel::Channel;
    use serde_json::json;

    use super::*;

    /// Hands on an answer in `pieces`, then `trailers`; says what the invoker gets.
    async fn check(pieces: &[&'static str], trailers: HeaderMap, limit: usize, expected: &Expect) {
        let (mut function, body) = Channel::<Bytes, Infallible>::new(pieces.len() + 1);
        for piece in pieces {
            function.send_data(Bytes::from_static(piece.as_bytes())).await.unwrap();
        }
        function.send_trailers(trailers).await.unwrap();
        drop(function);
        let (piece_sender, end, mut streamed) = Streamed::channel(HTTP_INTEGRATION.to_owned());
        end.send(hand_on(Body::new(body), piece_sender, limit).await).unwrap();
        let mut told = Vec::new();
        loop {
            match streamed.next().await {
                Ok(Some(piece)) => told.push(String::from_utf8_lossy(&piece).into_owned()),
                Ok(None) => break told.push("end".to_owned()),
                Err(error) => break told.push(error.error_message),
            }
        }
        expected.assert_eq(&told.join("|"));
    }

    fn trailers(error_type: &'static str, body: &str) -> HeaderMap {
        let mut trailers = HeaderMap::new();
        trailers.insert("Lambda-Runtime-Function-Error-Type", error_type.parse().unwrap());
        let body = BASE64_STANDARD.encode(body).parse().unwrap();
        trailers.insert("Lambda-Runtime-Function-Error-Body", body);
        trailers
    }

    #[tokio::test]
    async fn pieces_come_one_by_one_and_then_one_end() {
        check(&["a", "b"], HeaderMap::new(), 2, &expect!["a|b|end"]).await;
        check(&[], HeaderMap::new(), 2, &expect!["end"]).await;
    }

    #[tokio::test]
    async fn an_error_in_the_trailers_cuts_the_answer() {
        let error = json!({"errorType": "Model", "errorMessage": "gone"}).to_string();
        check(&["a"], trailers("Model", &error), 2, &expect!["a|gone"]).await;
    }

    #[tokio::test]
    async fn what_is_too_long_is_cut() {
        check(
            &["a", "bc"],
            HeaderMap::new(),
            2,
            &expect!["a|Response payload size exceeded maximum allowed payload size (2 bytes)."],
        )
        .await;
    }

    #[tokio::test]
    async fn an_invoker_that_leaves_stops_no_function() {
        let (mut function, body) = Channel::<Bytes, Infallible>::new(1);
        let (pieces, _end, streamed) = Streamed::channel(String::new());
        drop(streamed);
        let handed_on = tokio::spawn(hand_on(Body::new(body), pieces, 100));
        for _ in 0..2 * PIECES {
            function.send_data(Bytes::from_static(b"x")).await.unwrap();
        }
        drop(function);
        assert!(handed_on.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn a_lost_host_is_an_error() {
        let (pieces, end, mut streamed) = Streamed::channel(String::new());
        drop((pieces, end));
        assert!(streamed.next().await.is_err());
    }
}
