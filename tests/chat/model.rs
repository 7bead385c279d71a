//! A model that answers when the test says so.

use std::net::SocketAddr;

use local::System;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// An endpoint of OpenAI's format.
pub(crate) struct Model(TcpListener);

/// A question that waits for its answer.
pub(crate) struct Call {
    stream: TcpStream,
}

impl Model {
    pub(crate) async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// Starts a system in which all chatbots ask it.
    pub(crate) async fn system(&self, place: tests::Place) -> System {
        let variables = self.variables();
        let variables: Vec<_> =
            variables.iter().map(|(part, name, value)| (*part, *name, value.as_str())).collect();
        tests::start(place, &variables).await
    }

    fn variables(&self) -> Vec<(&'static str, &'static str, String)> {
        let address: SocketAddr = self.0.local_addr().unwrap();
        let variables = [
            ("CHAT_BACKEND", "openai".to_owned()),
            ("CHAT_MODEL", "stand-in".to_owned()),
            ("OPENAI_BASE_URL", format!("http://{address}/v1")),
            ("OPENAI_API_KEY", "key-of-the-stand-in".to_owned()),
        ];
        let parts = ["chatbot", "chatbot-stream", "chatbot-plain"];
        let for_part = |part| variables.clone().map(|(name, value)| (part, name, value));
        parts.into_iter().flat_map(for_part).collect()
    }

    /// Waits for the next question.
    pub(crate) async fn asked(&self) -> Call {
        let (mut stream, _) = self.0.accept().await.unwrap();
        let mut read = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            let question = text.split_once("\r\n\r\n").map(|(_, body)| body);
            if question.is_some_and(|body| serde_json::from_str::<Value>(body).is_ok()) {
                return Call { stream };
            }
            assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "the question broke off: {text}");
        }
    }
}

impl Call {
    /// Begins to answer.
    pub(crate) async fn begin(&mut self) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        self.stream.write_all(head.as_bytes()).await.unwrap();
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.chunk(&json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}))
            .await;
    }

    pub(crate) async fn finish(mut self) {
        self.chunk(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})).await;
        let usage = json!({"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7});
        self.chunk(&json!({"choices": [], "usage": usage})).await;
        self.stream.write_all(b"data: [DONE]\n\n").await.unwrap();
        self.stream.shutdown().await.unwrap();
    }

    /// Ends in the middle.
    pub(crate) async fn break_off(mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Turns the question away for good.
    pub(crate) async fn refuse(mut self, status: u16) {
        let head = format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        self.stream.write_all(head.as_bytes()).await.unwrap();
    }

    /// Waits until whoever asked has gone.
    pub(crate) async fn cancelled(&mut self) {
        let mut rest = [0; 64];
        while self.stream.read(&mut rest).await.is_ok_and(|length| length > 0) {}
    }

    async fn chunk(&mut self, chunk: &Value) {
        let mut chunk = chunk.clone();
        for (name, value) in
            [("id", "chatcmpl-1"), ("object", "chat.completion.chunk"), ("model", "stand-in")]
        {
            chunk[name] = value.into();
        }
        chunk["created"] = 0.into();
        self.stream.write_all(format!("data: {chunk}\n\n").as_bytes()).await.unwrap();
    }
}
