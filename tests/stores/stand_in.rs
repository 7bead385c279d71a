//! A server that stands for the stores and behaves as it is told.
//!
//! It speaks just enough HTTP/1.1 to break it off anywhere, and counts the calls
//! and how many of them are under way at once.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet, yield_now},
};

use crate::reply::{Behaviour, Call, Reply};

pub(crate) struct StandIn {
    pub(crate) endpoint: String,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    behaviour: Mutex<Behaviour>,
    calls: AtomicUsize,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
}

impl StandIn {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State {
            behaviour: Mutex::new(behaviour),
            calls: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
        });
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state)));
        Self { endpoint, state, accepting }
    }

    /// Behaves like this from now on, and counts anew.
    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
        self.state.calls.store(0, SeqCst);
        self.state.most_under_way.store(0, SeqCst);
    }

    pub(crate) fn calls(&self) -> usize {
        self.state.calls.load(SeqCst)
    }

    pub(crate) fn most_under_way(&self) -> usize {
        self.state.most_under_way.load(SeqCst)
    }

    /// Closes every connection, and takes no new one.
    pub(crate) async fn stop(&mut self) {
        self.accepting.abort();
        let _aborted = (&mut self.accepting).await;
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    // Dropped with this task, and all conversations with it.
    let mut conversations = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        conversations.spawn(converse(BufReader::new(stream), Arc::clone(&state)));
    }
}

/// Answers calls until either side has enough.
async fn converse(mut stream: BufReader<TcpStream>, state: Arc<State>) -> io::Result<()> {
    while let Some(call) = read_call(&mut stream, &state).await? {
        let _under_way = UnderWay::new(&state);
        // Time for others to begin, if they may.
        for _ in 0..20 {
            yield_now().await;
        }
        let behaviour = *state.behaviour.lock().unwrap();
        match behaviour(&call) {
            Reply::Answer(status, body) => {
                let head = head(status, body.len());
                stream.get_mut().write_all(format!("{head}{body}").as_bytes()).await?;
            }
            Reply::BrokenOff => {
                let head = head(200, 1000);
                stream.get_mut().write_all(format!("{head}{{\"Name\":").as_bytes()).await?;
                return stream.get_mut().shutdown().await;
            }
            Reply::HungUp => return Ok(()),
            Reply::Silence => {
                // Until the caller gives up and closes.
                stream.read_u8().await?;
            }
        }
    }
    Ok(())
}

fn head(status: u16, length: usize) -> String {
    format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {length}\r\n\r\n"
    )
}

async fn read_call(stream: &mut BufReader<TcpStream>, state: &State) -> io::Result<Option<Call>> {
    let (mut length, mut operation) = (0, String::new());
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap();
            }
            Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => {
                operation = value.rsplit('.').next().unwrap().to_owned();
            }
            _ if line == "\r\n" => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let before = state.calls.fetch_add(1, SeqCst);
    Ok(Some(Call { operation, body: serde_json::from_slice(&body).unwrap(), before }))
}

/// A call under way, for as long as this lives.
struct UnderWay<'s>(&'s State);

impl<'s> UnderWay<'s> {
    fn new(state: &'s State) -> Self {
        let now = state.under_way.fetch_add(1, SeqCst) + 1;
        state.most_under_way.fetch_max(now, SeqCst);
        Self(state)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, SeqCst);
    }
}
