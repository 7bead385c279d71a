//! The beginning of a streamed answer: status and headers as JSON, eight zero
//! bytes, and then the body, which is handed on as it comes.

use bytes::{Bytes, BytesMut};
use serde_json::{Map, Value};

use super::{malformed::Malformed, proxy_response, reply::Reply};
use crate::lambda::Streamed;

const DELIMITER: [u8; 8] = [0; 8];
/// How far into the answer the delimiter may be.
const MAX_METADATA_BYTES: usize = 16 * 1024;

/// Waits for status and headers.
pub(super) async fn open(mut streamed: Streamed) -> Result<Reply, Malformed> {
    let mut read = BytesMut::new();
    let position = loop {
        let found = read.windows(DELIMITER.len()).position(|window| window == DELIMITER);
        if let Some(position) = found.filter(|position| *position <= MAX_METADATA_BYTES) {
            break position;
        }
        if read.len() > MAX_METADATA_BYTES + DELIMITER.len() {
            return Err(Malformed::new("no metadata within the first 16 KB"));
        }
        match streamed.next().await {
            Ok(Some(piece)) => read.extend_from_slice(&piece),
            Ok(None) => return Err(Malformed::new("the answer ended before its metadata")),
            Err(error) => return Err(Malformed::new(error.error_message)),
        }
    };
    let metadata = read.split_to(position);
    let body = read.split_off(DELIMITER.len().min(read.len())).freeze();
    let metadata: Map<String, Value> =
        serde_json::from_slice(&metadata).map_err(|_| Malformed::new("the metadata is not a JSON object"))?;
    reply(&metadata, body, streamed)
}

fn reply(metadata: &Map<String, Value>, body: Bytes, more: Streamed) -> Result<Reply, Malformed> {
    let mut headers = proxy_response::all_headers(metadata)?;
    // The body has no length yet.
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
    headers.extend(proxy_response::cookies(metadata));
    Ok(Reply { status: proxy_response::status(metadata)?, headers, body, more: Some(more) })
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use axum::response::IntoResponse;
    use expect_test::{Expect, expect};
    use http_body_util::BodyExt;

    use super::*;
    use crate::{
        clock::Now,
        lambda::{Begun, Function, FunctionError, Settings},
    };

    /// Says what becomes of a function's answer in `pieces`.
    async fn check(pieces: &[&str], end: Result<(), FunctionError>, expected: &Expect) {
        let now = Now { wall: std::time::SystemTime::UNIX_EPOCH, monotonic: Duration::ZERO };
        let settings = Settings { name: "f".to_owned(), timeout: Duration::from_secs(5), processes: 1 };
        let function = Function::new(settings, Arc::new(move || now));
        let pieces: Vec<Bytes> =
            pieces.iter().map(|piece| Bytes::copy_from_slice(piece.as_bytes())).collect();
        let served = Arc::clone(&function);
        let served = tokio::spawn(async move { served.stream_for_test("x", pieces, end).await });
        let Begun::Streamed(streamed) = function.invoke_streaming("{}".into()).await else {
            panic!("the answer is not streamed")
        };
        let told = match open(streamed).await {
            Err(malformed) => malformed.to_string(),
            Ok(reply) => {
                let head = format!("{} {:?}", reply.status, reply.headers);
                let body = reply.into_response().into_body().collect().await;
                let body = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned());
                format!("{head} {}", body.unwrap_or_else(|_| "and a broken body".to_owned()))
            }
        };
        served.await.unwrap();
        expected.assert_eq(&told);
    }

    #[tokio::test]
    async fn status_and_headers_precede_the_body_however_it_is_cut() {
        let expected = expect![[r#"200 [("a", "b"), ("set-cookie", "c=1")] body"#]];
        let metadata = r#"{"statusCode":200,"headers":{"a":"b","content-length":"9"},"cookies":["c=1"]}"#;
        check(&[metadata, "\0\0\0\0\0\0\0\0", "bo", "dy"], Ok(()), &expected).await;
        check(&[metadata, "\0\0\0", "\0\0\0\0\0bo", "dy"], Ok(()), &expected).await;
        check(&[&format!("{metadata}\0\0\0\0\0\0\0\0body")], Ok(()), &expected).await;
    }

    #[tokio::test]
    async fn what_begins_otherwise_is_malformed() {
        check(&["body"], Ok(()), &expect!["the answer ended before its metadata"]).await;
        check(&["[]\0\0\0\0\0\0\0\0"], Ok(()), &expect!["the metadata is not a JSON object"]).await;
        check(&["{}\0\0\0\0\0\0\0\0"], Ok(()), &expect!["statusCode is not an HTTP status"]).await;
        let list = r#"{"statusCode":200,"headers":{"a":["b","c"]}}"#;
        check(&[list, "\0\0\0\0\0\0\0\0"], Ok(()), &expect!["the header a is not a scalar"]).await;
        let long = " ".repeat(MAX_METADATA_BYTES + 1);
        check(&[&long, "{}\0\0\0\0\0\0\0\0"], Ok(()), &expect!["no metadata within the first 16 KB"]).await;
        let error = FunctionError::new("Error", "the model is gone");
        check(&["{"], Err(error), &expect!["the model is gone"]).await;
    }

    #[tokio::test]
    async fn an_error_in_the_middle_breaks_the_body() {
        let error = FunctionError::new("Error", "the model is gone");
        let metadata = "{\"statusCode\":200}\0\0\0\0\0\0\0\0";
        check(&[metadata, "bo"], Err(error), &expect!["200 [] and a broken body"]).await;
    }
}
