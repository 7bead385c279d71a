//! The Runtime API, as a function's own process sees it.
//!
//! Every process has a base path of its own (`/.rt/<function>/<slot>`), so that
//! the host knows which process works on what.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde_json::json;

use super::{
    Functions,
    function::{Delivery, Function},
    outcome::{FunctionError, MAX_ANSWER_BYTES},
    stream::{self, MAX_STREAMED_BYTES},
};

pub(super) fn router(functions: Functions) -> Router {
    let runtime = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{id}/response", post(response))
        .route("/invocation/{id}/error", post(error))
        .route("/init/error", post(init_error))
        .layer(DefaultBodyLimit::max(2 * MAX_ANSWER_BYTES))
        .with_state(functions);
    Router::new().nest("/.rt/{function}/{slot}/2018-06-01/runtime", runtime)
}

/// Returns the value of `AWS_LAMBDA_RUNTIME_API` for one process.
pub(crate) fn base(lambda_address: &str, function: &str, slot: usize) -> String {
    // `lambda_runtime` wants the scheme once there is a path.
    format!("http://{lambda_address}/.rt/{function}/{slot}")
}

async fn next(State(functions): State<Functions>, Path((function, slot)): Path<(String, usize)>) -> Response {
    let Some(function) = functions.get(&function) else { return unknown() };
    match function.next(slot).await {
        Some(delivery) => delivered(&function, delivery),
        None => unknown(),
    }
}

fn delivered(function: &Arc<Function>, delivery: Delivery) -> Response {
    let trace = format!("Root=1-{}", delivery.request_id);
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", delivery.request_id),
        ("lambda-runtime-deadline-ms", delivery.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", function.arn()),
        ("lambda-runtime-trace-id", trace),
    ];
    (headers, delivery.payload).into_response()
}

async fn response(
    State(functions): State<Functions>,
    Path((function, slot, id)): Path<(String, usize, String)>,
    request: Request,
) -> Response {
    let Some(function) = functions.get(&function) else { return unknown() };
    let (parts, body) = request.into_parts();
    if header(&parts.headers, "lambda-runtime-function-response-mode") == "streaming" {
        let content_type = header(&parts.headers, CONTENT_TYPE.as_str()).to_owned();
        return streamed(function, slot, id, content_type, body).await;
    }
    match whole(body).await {
        Ok(answer) => {
            if function.finish(slot, &id, answer) {
                accepted()
            } else {
                unknown()
            }
        }
        Err(error) => {
            function.fail(slot, &id, error);
            too_large()
        }
    }
}

async fn whole(body: Body) -> Result<Bytes, FunctionError> {
    // Twice as much is read, so that a function which sends somewhat too much is
    // told so instead of finding its connection closed.
    let answer = axum::body::to_bytes(body, 2 * MAX_ANSWER_BYTES).await;
    let is_short = |answer: &Bytes| answer.len() <= MAX_ANSWER_BYTES;
    answer.ok().filter(is_short).ok_or_else(|| FunctionError::too_large(MAX_ANSWER_BYTES))
}

async fn streamed(
    function: Arc<Function>,
    slot: usize,
    id: String,
    content_type: String,
    body: Body,
) -> Response {
    let Some(pieces) = function.begin_stream(slot, &id, content_type) else { return unknown() };
    // A task of its own: this one ends with the function's connection, and what
    // has begun must be ended even so.
    let ended = tokio::spawn(async move {
        let end = stream::hand_on(body, pieces, MAX_STREAMED_BYTES).await;
        let is_whole = end.is_ok();
        function.end_stream(slot, &id, end) && is_whole
    });
    if ended.await.is_ok_and(|is_whole| is_whole) { accepted() } else { unknown() }
}

async fn error(
    State(functions): State<Functions>,
    Path((function, slot, id)): Path<(String, usize, String)>,
    body: Bytes,
) -> Response {
    let Some(function) = functions.get(&function) else { return unknown() };
    if function.fail(slot, &id, FunctionError::from_body(body)) { accepted() } else { unknown() }
}

async fn init_error(
    State(functions): State<Functions>,
    Path((function, slot)): Path<(String, usize)>,
    body: Bytes,
) -> Response {
    let Some(function) = functions.get(&function) else { return unknown() };
    function.init_failed(slot, FunctionError::from_body(body));
    accepted()
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response()
}

fn too_large() -> Response {
    (StatusCode::PAYLOAD_TOO_LARGE, Json(json!({"errorType": "RequestEntityTooLarge"}))).into_response()
}

fn unknown() -> Response {
    let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use std::{
        net::SocketAddr,
        time::{Duration, SystemTime},
    };

    use base64::{Engine, prelude::BASE64_STANDARD};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;
    use crate::{
        clock::Now,
        lambda::{Begun, Settings, Streamed},
    };

    /// An invocation whose function has begun to stream its answer.
    struct Fixture {
        function: TcpStream,
        streamed: Streamed,
    }

    async fn serve() -> (Arc<Function>, SocketAddr) {
        let now = Now { wall: SystemTime::UNIX_EPOCH, monotonic: Duration::ZERO };
        let settings = Settings { name: "f".to_owned(), timeout: Duration::from_mins(1), processes: 1 };
        let function = Function::new(settings, Arc::new(move || now));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Functions::new([Arc::clone(&function)]).router();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (function, address)
    }

    impl Fixture {
        async fn begin() -> Self {
            let (function, address) = serve().await;
            let invocation = tokio::spawn(async move { function.invoke_streaming("{}".into()).await });
            let base = format!("{}/2018-06-01/runtime/invocation", base(&address.to_string(), "f", 0));
            let work = reqwest::get(format!("{base}/next")).await.unwrap();
            let id = work.headers()["lambda-runtime-aws-request-id"].to_str().unwrap();
            let path = format!("{base}/{id}/response");
            let path = path.strip_prefix(&format!("http://{address}")).unwrap();
            let mut function = TcpStream::connect(address).await.unwrap();
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: host\r\nTransfer-Encoding: chunked\r\n\
                 Content-Type: application/vnd.awslambda.http-integration-response\r\n\
                 Lambda-Runtime-Function-Response-Mode: streaming\r\n\
                 Trailer: Lambda-Runtime-Function-Error-Type\r\n\
                 Trailer: Lambda-Runtime-Function-Error-Body\r\n\r\n"
            );
            function.write_all(head.as_bytes()).await.unwrap();
            let Begun::Streamed(streamed) = invocation.await.unwrap() else { panic!("not a stream") };
            assert!(streamed.is_http_integration());
            Self { function, streamed }
        }

        /// Sends a piece, and waits until the invoker has it.
        async fn pass(&mut self, piece: &str) {
            let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
            self.function.write_all(chunk.as_bytes()).await.unwrap();
            assert_eq!(self.streamed.next().await.unwrap().unwrap(), piece);
        }

        /// Returns what the host answers once the stream has ended.
        async fn end(&mut self, trailers: &str) -> String {
            self.function.write_all(format!("0\r\n{trailers}\r\n").as_bytes()).await.unwrap();
            let mut answer = [0; 1024];
            let length = self.function.read(&mut answer).await.unwrap();
            String::from_utf8_lossy(&answer[..length]).into_owned()
        }
    }

    #[tokio::test]
    async fn each_piece_reaches_the_invoker_before_the_next_is_made() {
        let mut fixture = Fixture::begin().await;
        fixture.pass("one").await;
        fixture.pass("two").await;
        assert!(fixture.end("").await.starts_with("HTTP/1.1 202"));
        assert!(fixture.streamed.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn trailers_tell_of_an_error_in_the_middle() {
        let mut fixture = Fixture::begin().await;
        fixture.pass("one").await;
        let body = BASE64_STANDARD.encode(r#"{"errorType":"Model","errorMessage":"the model is gone"}"#);
        let trailers = format!(
            "Lambda-Runtime-Function-Error-Type: Model\r\nLambda-Runtime-Function-Error-Body: {body}\r\n"
        );
        fixture.end(&trailers).await;
        let error = fixture.streamed.next().await.unwrap_err();
        assert_eq!(error.error_message, "the model is gone");
    }

    #[tokio::test]
    async fn a_function_that_hangs_up_cuts_its_answer() {
        let mut fixture = Fixture::begin().await;
        fixture.pass("one").await;
        drop(fixture.function);
        let error = fixture.streamed.next().await.unwrap_err();
        assert_eq!(error.error_message, "Error: the answer is truncated");
    }
}
