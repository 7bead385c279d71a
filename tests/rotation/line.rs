//! The line between the rotation function and Secrets Manager, which can be cut
//! at any call: before it gets there, or after it was obeyed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What does not arrive of the call at which the line is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lost {
    Request,
    Answer,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Afterwards {
    /// As when the function's process has ended: no later call arrives either.
    Dead,
    Mended,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// Counted from 1, from when the line was cut.
    pub(crate) call: usize,
    pub(crate) lost: Lost,
    pub(crate) afterwards: Afterwards,
}

pub(crate) struct Line {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cut: Option<Cut>,
    calls: usize,
}

/// What becomes of one call.
enum Fate {
    Passes,
    Loses(Lost),
}

impl Line {
    pub(crate) async fn to(service: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(pass(stream, service, Arc::clone(&shared)));
            }
        });
        Self { url, state }
    }

    pub(crate) fn cut(&self, cut: Cut) {
        *self.state.lock().unwrap() = State { cut: Some(cut), calls: 0 };
    }

    /// Says whether the call at which the line was to be cut has been made.
    pub(crate) fn mend(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let cut = state.cut.take();
        cut.is_some_and(|cut| state.calls >= cut.call)
    }
}

impl State {
    fn next_fate(&mut self) -> Fate {
        self.calls += 1;
        let Some(cut) = self.cut else { return Fate::Passes };
        match cut.afterwards {
            _ if self.calls == cut.call => Fate::Loses(cut.lost),
            Afterwards::Dead if self.calls > cut.call => Fate::Loses(Lost::Request),
            Afterwards::Dead | Afterwards::Mended => Fate::Passes,
        }
    }
}

/// Carries one request and its answer. A connection carries no second one, so
/// that no client finds one closed that it meant to use again.
async fn pass(mut client: TcpStream, service: SocketAddr, state: Arc<Mutex<State>>) {
    let Some(request) = read_message(&mut client).await else { return };
    let fate = state.lock().unwrap().next_fate();
    if matches!(fate, Fate::Loses(Lost::Request)) {
        return;
    }
    let mut upstream = TcpStream::connect(service).await.unwrap();
    upstream.write_all(&request).await.unwrap();
    let answer = read_message(&mut upstream).await.unwrap();
    if matches!(fate, Fate::Loses(Lost::Answer)) {
        return;
    }
    let first_line = answer.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2;
    let parts = [&answer[..first_line], b"connection: close\r\n", &answer[first_line..]];
    // The client may have given up.
    let _sent = client.write_all(&parts.concat()).await;
}

/// Reads one HTTP message; `None` where the other side closed before one began.
async fn read_message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let head = loop {
        if let Some(end) = message.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut message).await.ok()? == 0 {
            return None;
        }
    };
    let fields =
        std::str::from_utf8(&message[..head]).unwrap().lines().filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next();
    let body: usize = length.map_or(0, |(_, length)| length.trim().parse().unwrap());
    while message.len() < head + body {
        assert_ne!(stream.read_buf(&mut message).await.unwrap(), 0, "the message ends early");
    }
    Some(message)
}
