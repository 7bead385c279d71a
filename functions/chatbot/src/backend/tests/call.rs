//! One HTTP call as a model sees it, answered by hand: byte by byte where a test
//! wants that, and in HTTP/1.1 written out, so that no library's idea of it is
//! tested against itself.

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A request that has come, and the connection to answer on.
pub(crate) struct Call<S> {
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    socket: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Call<S> {
    pub(crate) async fn read(mut socket: S) -> Self {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await.expect("a whole head"));
        }
        let head = String::from_utf8(head).unwrap();
        let mut call = Self { head, body: Vec::new(), socket };
        let length = call.header("content-length").expect("a length").parse().unwrap();
        call.body.resize(length, 0);
        call.socket.read_exact(&mut call.body).await.unwrap();
        call
    }

    pub(crate) fn request_line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Sends a whole answer. `headers` are lines, each with its end.
    pub(crate) async fn answer(mut self, status: u16, headers: &str, body: &str) {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
        );
        self.write(head.as_bytes()).await;
        self.write(body.as_bytes()).await;
    }

    /// Begins an answer that comes in pieces, after which the connection is closed.
    pub(crate) async fn begin(self, content_type: &str) -> Self {
        self.begin_with("connection: close\r\n", content_type).await
    }

    /// Begins an answer that comes in pieces, after which another may come.
    pub(crate) async fn begin_kept(self, content_type: &str) -> Self {
        self.begin_with("", content_type).await
    }

    async fn begin_with(mut self, headers: &str, content_type: &str) -> Self {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n{headers}\r\n"
        );
        self.write(head.as_bytes()).await;
        self
    }

    /// Sends one piece.
    pub(crate) async fn send(&mut self, piece: &[u8]) {
        self.write(format!("{:x}\r\n", piece.len()).as_bytes()).await;
        self.write(piece).await;
        self.write(b"\r\n").await;
    }

    /// Ends an answer in pieces as it should end. Dropping the call instead
    /// closes the connection in the middle.
    pub(crate) async fn finish(mut self) {
        self.write(b"0\r\n\r\n").await;
    }

    /// As [`Self::finish`]; returns the connection, for the next call.
    pub(crate) async fn finish_and_keep(mut self) -> S {
        self.write(b"0\r\n\r\n").await;
        self.socket
    }

    /// Waits until the caller has closed the connection.
    pub(crate) async fn closed(mut self) {
        // A connection that is closed with bytes unread is reset.
        let read = self.socket.read(&mut [0]).await.unwrap_or(0);
        assert_eq!(read, 0, "the caller goes on");
    }

    async fn write(&mut self, bytes: &[u8]) {
        // A caller that has gone already is what a test may be about.
        let _gone = self.socket.write_all(bytes).await;
        let _gone = self.socket.flush().await;
    }
}
