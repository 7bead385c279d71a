//! A running system, with what the tests do to it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use local::{
    ADMIN_USER, DEMO_PASSWORD, DEMO_USER, Kind, System,
    demo::{Client, TokenPair},
};
use serde_json::Value;

pub(crate) const KINDS: [Kind; 4] = [Kind::RestToken, Kind::RestRequest, Kind::HttpSimple, Kind::HttpPolicy];

pub(crate) struct Running {
    system: System,
    http: reqwest::Client,
}

pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) event: String,
}

pub(crate) async fn start() -> Running {
    start_with(&[]).await
}

/// Starts a system of its own, with variables for its parts.
pub(crate) async fn start_with(variables: &[(&str, &str, &str)]) -> Running {
    let system = tests::start(tests::place!("story"), variables).await;
    Running { system, http: reqwest::Client::new() }
}

impl Running {
    pub(crate) fn inner(&self) -> &System {
        &self.system
    }

    pub(crate) fn client(&self, kind: Kind) -> Client {
        Client::of(&self.system, kind)
    }

    pub(crate) async fn log_in(&self, client: &Client) -> TokenPair {
        client.log_in(DEMO_USER, DEMO_PASSWORD).await.unwrap().expect(200).unwrap().token_pair().unwrap()
    }

    pub(crate) async fn log_in_as_admin(&self, client: &Client) -> TokenPair {
        client.log_in(ADMIN_USER, DEMO_PASSWORD).await.unwrap().expect(200).unwrap().token_pair().unwrap()
    }

    /// Chats until the token is refused, and returns the status it is refused
    /// with. Gives up after far more requests than the caches can answer.
    pub(crate) async fn until_refused(&self, client: &Client, token: &str) -> u16 {
        for _ in 0..100_000 {
            let status = client.chat(Some(token), "Still here?").await.unwrap().status;
            if status != 200 {
                return status;
            }
        }
        panic!("the token still opens the API");
    }

    /// Returns status and body.
    pub(crate) async fn get(&self, kind: Kind, path: &str, token: &str) -> (u16, String) {
        let url = format!("{}{path}", self.system.gateway_url(kind));
        let answer = self.http.get(url).bearer_auth(token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Invokes a function as a developer does, with an event.
    pub(crate) async fn invoke(&self, function: &str, event: &str) -> Value {
        let url = format!("{}/2015-03-31/functions/{function}/invocations", self.system.lambda_url());
        let answer = self.http.post(url).body(event.to_owned()).send().await.unwrap();
        answer.json().await.unwrap()
    }

    /// All that the parts have written so far.
    pub(crate) fn logs(&self) -> String {
        let files = fs::read_dir(self.system.data().join("log")).unwrap();
        files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    pub(crate) async fn stop(self) {
        self.system.stop().await;
    }
}

pub(crate) fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("events")
}

/// The sample events.
pub(crate) fn samples() -> Vec<Sample> {
    let files = fs::read_dir(events()).unwrap().map(|entry| entry.unwrap().path());
    let samples = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let sample = |path: PathBuf| Sample {
        name: path.file_stem().unwrap().to_string_lossy().into_owned(),
        event: fs::read_to_string(path).unwrap(),
    };
    let samples: Vec<_> = samples.map(sample).collect();
    assert!(!samples.is_empty());
    samples
}
