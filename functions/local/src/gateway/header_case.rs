//! Header names as the client wrote them.
//!
//! A REST API hands names on in the client's case, and an authorizer that looks
//! for `authorization` only works for some clients. The HTTP library knows names
//! in lower case only, so each connection keeps what it read last.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use http::HeaderMap;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// More than the longest request head that is served.
const MAX_RECORDED_BYTES: usize = 64 * 1024;

pub(super) struct RecordingListener(pub(super) TcpListener);

pub(super) struct RecordingStream {
    stream: TcpStream,
    head: Head,
}

/// The bytes that came in since the last request was answered.
#[derive(Debug, Clone, Default)]
struct Head(Arc<Mutex<Vec<u8>>>);

/// What a handler learns about its connection.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    head: Head,
}

impl Connection {
    /// Returns the headers of the request just read, in the client's case where
    /// that is known.
    pub(super) fn headers(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let mut names = names(&self.head.lock());
        let as_sent = |name: &str, names: &mut Vec<String>| {
            let position = names.iter().position(|sent| sent.eq_ignore_ascii_case(name));
            position.map_or_else(|| name.to_owned(), |position| names.remove(position))
        };
        headers
            .iter()
            .map(|(name, value)| {
                (as_sent(name.as_str(), &mut names), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect()
    }

    /// Called once the body has been read: what comes next is another request.
    pub(super) fn request_ended(&self) {
        self.head.lock().clear();
    }
}

/// Reads the header names of a request head; empty when it is not one, for
/// example because two requests came at once.
fn names(head: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let is_request = lines.next().is_some_and(|line| line.contains(" HTTP/1."));
    if !is_request {
        return Vec::new();
    }
    let headers = lines.take_while(|line| !line.is_empty());
    headers.filter_map(|line| line.split_once(':')).map(|(name, _)| name.to_owned()).collect()
}

impl Head {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, bytes: &[u8]) {
        let mut recorded = self.lock();
        let room = MAX_RECORDED_BYTES.saturating_sub(recorded.len());
        recorded.extend(bytes.iter().take(room));
    }
}

impl Listener for RecordingListener {
    type Io = RecordingStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        (RecordingStream { stream, head: Head::default() }, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, RecordingListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, RecordingListener>) -> Self {
        Self { peer: *stream.remote_addr(), head: stream.io().head.clone() }
    }
}

impl AsyncRead for RecordingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Some(read) = buffer.filled().get(before..) {
            self.head.record(read);
        }
        outcome
    }
}

impl AsyncWrite for RecordingStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_case() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nAUTHorization: b: c\r\n\r\nBody: no\r\n";
        assert_eq!(names(head), ["Host", "AUTHorization"]);
        assert!(names(b"leftover\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").is_empty());
    }
}
