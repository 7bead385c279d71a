//! An HTTP answer before it is on the wire.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::channel::{Channel, Sender};
use serde_json::Value;

use crate::lambda::{FunctionError, Streamed};

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// What the function adds to the body while the client reads already.
    pub(super) more: Option<Streamed>,
}

/// Why a body ends before its time; the client sees its connection close.
#[derive(Debug, thiserror::Error)]
#[error("the function failed while it answered: {}", .0.error_message)]
struct Cut(FunctionError);

impl Reply {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into(), more: None }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(set, _)| set.eq_ignore_ascii_case(name))
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let body = match self.more {
            None => Body::from(self.body),
            Some(more) => {
                let (sender, body) = Channel::new(1);
                tokio::spawn(send(sender, self.body, more));
                Body::new(body)
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_GATEWAY);
        for (name, value) in self.headers {
            // A function may name headers that cannot be sent; they are dropped.
            let parsed = (HeaderName::try_from(name), HeaderValue::try_from(value));
            if let (Ok(name), Ok(value)) = parsed {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// Ends early where the client has gone.
async fn send(mut client: Sender<Bytes, Cut>, first: Bytes, mut more: Streamed) {
    let mut piece = first;
    loop {
        if !piece.is_empty() && client.send_data(piece).await.is_err() {
            return;
        }
        piece = match more.next().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(error = error.error_message, "a streamed answer was cut");
                return client.abort(Cut(error));
            }
        };
    }
}
