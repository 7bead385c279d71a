//! A connection that is kept, with no more to it than the figures need: a client
//! that costs as much as the issuer would halve them.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

/// The status of an answer, and its body.
pub(crate) struct Answer<'c> {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: &'c [u8],
}

impl Connection {
    pub(crate) async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        Self { stream, received: Vec::with_capacity(8192) }
    }

    /// Sends a whole request and waits for its whole answer.
    pub(crate) async fn send(&mut self, request: &str) -> Answer<'_> {
        self.stream.write_all(request.as_bytes()).await.expect("to send");
        self.received.clear();
        loop {
            let length = self.stream.read_buf(&mut self.received).await.expect("an answer");
            assert!(length > 0, "the issuer closed a connection");
            if let Some((head, body)) = whole_answer(&self.received) {
                let status = head[9..12].parse().expect("a status");
                let retry_after = number(head, "retry-after").map(Duration::from_secs);
                return Answer { status, retry_after, body: &self.received[body..] };
            }
        }
    }
}

impl Answer<'_> {
    /// Returns the text of that name; the answers have no escapes in those that
    /// are asked for.
    pub(crate) fn text(&self, name: &str) -> &str {
        let body = std::str::from_utf8(self.body).expect("text");
        let start = body.find(&format!("\"{name}\":\"")).expect("a field") + name.len() + 4;
        let length = body[start..].find('"').expect("its end");
        &body[start..start + length]
    }

    #[track_caller]
    pub(crate) fn granted(self) -> Self {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(self.body));
        self
    }
}

/// Returns the head and where the body begins, once all of it is there.
fn whole_answer(received: &[u8]) -> Option<(&str, usize)> {
    let end = received.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD)?;
    let head = std::str::from_utf8(&received[..end]).expect("a head");
    let length = number(head, "content-length").expect("an answer says its length");
    let body = end + END_OF_HEAD.len();
    let is_whole = (received.len() - body) as u64 >= length;
    is_whole.then_some((head, body))
}

/// The number that a header says.
fn number(head: &str, name: &str) -> Option<u64> {
    head.lines().find_map(|line| {
        let (candidate, value) = line.split_once(':')?;
        candidate.eq_ignore_ascii_case(name).then(|| value.trim().parse().expect("a number"))
    })
}
