//! Reading an answer while it is made.

use reqwest::Response;
use serde_json::{Value, json};

use crate::client::Client;

/// A stream, as far as it has been read.
pub(crate) struct Reader {
    response: Response,
    pub(crate) read: String,
}

impl Reader {
    /// Reads until it has read `text`.
    pub(crate) async fn until(&mut self, text: &str) {
        while !self.read.contains(text) {
            let chunk = self.response.chunk().await.unwrap();
            let chunk = chunk.unwrap_or_else(|| panic!("no {text} in {}", self.read));
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Reads to the end.
    pub(crate) async fn rest(mut self) -> String {
        while let Some(chunk) = self.response.chunk().await.unwrap() {
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        self.read
    }
}

pub(crate) async fn ask(client: &Client, path: &str, body: &Value) -> Reader {
    Reader { response: client.stream(path, body).await, read: String::new() }
}

pub(crate) fn message(text: &str) -> Value {
    json!({"message": text, "stream": true})
}

/// The answer that is kept, once there is one with that status.
pub(crate) async fn kept(john: &Client, conversation: &str, status: &str) -> Value {
    let path = format!("/api/conversations/{conversation}/messages");
    loop {
        let messages = john.get(&path).await.expect(200).json()["messages"].clone();
        let messages = messages.as_array().unwrap();
        let answer = messages.iter().find(|message| message["role"] == "assistant");
        if let Some(answer) = answer.filter(|answer| answer["status"] == status) {
            return answer.clone();
        }
    }
}
