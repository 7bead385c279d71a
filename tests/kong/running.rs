//! A running system with an authorizer that knows consumers, and its table.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::SystemTime,
};

use aws_config::Region;
use local::{Kind, System, demo::Client};
use registry::Registry;
use reqwest::StatusCode;
use serde_json::{Value, json};
use token::Timestamp;
use tokio::process::Command;

use crate::{credential::Credentials, row::Change, signing::ISSUER};

const TABLE: &str = "latchkey-auth";

pub(crate) struct Running {
    system: System,
    http: reqwest::Client,
    registry: Registry,
    now: i64,
}

pub(crate) fn shared_secret_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("events/development-secret.txt")
}

impl Running {
    /// Starts a system whose authorizer has these variables over its own.
    #[expect(clippy::disallowed_methods, reason = "the clock of a real system is the real one")]
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let secret = shared_secret_file();
        let base =
            [("JWT_SECRET_ARN", ""), ("JWT_SECRET_FILE", secret.to_str().unwrap()), ("JWT_ISSUER", ISSUER)];
        let variables = base.iter().chain(variables).map(|(name, value)| ("authorizer", *name, *value));
        let system = tests::start(tests::place!("kong"), &variables.collect::<Vec<_>>()).await;

        let aws = keys::aws_loader()
            .region(Region::new("us-east-1"))
            .test_credentials()
            .endpoint_url(system.dynamodb_url())
            .load()
            .await;
        let registry = Registry::new(&aws, TABLE.into(), 0);
        let now = Timestamp::from(SystemTime::now()).as_unix_secs();
        Self { system, http: reqwest::Client::new(), registry, now }
    }

    /// The moment of the start, in seconds.
    pub(crate) fn now(&self) -> i64 {
        self.now
    }

    pub(crate) async fn put_all(&self, credentials: &Credentials) {
        for (key, item) in credentials {
            self.put(key, item).await;
        }
    }

    pub(crate) async fn put(&self, key: &str, item: &Value) {
        let mut item = item.clone();
        item["pk"] = json!({"S": format!("CRED#{key}")});
        self.dynamodb("PutItem", &json!({"TableName": TABLE, "Item": item})).await;
    }

    pub(crate) async fn delete(&self, key: &str) {
        let key = json!({"pk": {"S": format!("CRED#{key}")}});
        self.dynamodb("DeleteItem", &json!({"TableName": TABLE, "Key": key})).await;
    }

    /// Whether the table has this credential.
    pub(crate) async fn has(&self, key: &str) -> bool {
        let key = json!({"pk": {"S": format!("CRED#{key}")}});
        let answer = self.dynamodb("GetItem", &json!({"TableName": TABLE, "Key": key})).await;
        answer.get("Item").is_some()
    }

    pub(crate) async fn apply(&self, change: &Change, credentials: &mut Credentials) {
        match change {
            Change::Put(key, item) => {
                self.put(key, item).await;
                credentials.insert(key, item.clone());
            }
            Change::Delete(key) => self.delete(key).await,
            Change::Revoke(revocation) => {
                let until = Timestamp::from_unix_secs(self.now + 3600);
                self.registry.revoke(revocation, until).await.unwrap();
            }
            Change::AcceptedFirst(request) => {
                let answer = self.authorize(&request.http_event()).await;
                assert_eq!(answer["isAuthorized"], true, "before the change: {answer}");
            }
        }
    }

    /// Asks the authorizer itself, as a gateway would.
    pub(crate) async fn authorize(&self, event: &Value) -> Value {
        let url = format!("{}/2015-03-31/functions/authorizer/invocations", self.system.lambda_url());
        self.http.post(url).body(event.to_string()).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn chat(&self, kind: Kind, token: &str) -> (StatusCode, Value) {
        let answer = Client::of(&self.system, kind).chat(Some(token), "Hello").await.unwrap();
        (StatusCode::from_u16(answer.status).unwrap(), answer.body)
    }

    /// Chats until the token is refused. Gives up after far more requests than
    /// the caches can answer.
    pub(crate) async fn until_refused(&self, kind: Kind, token: &str) -> StatusCode {
        for _ in 0..100_000 {
            let (status, _) = self.chat(kind, token).await;
            if status != StatusCode::OK {
                return status;
            }
        }
        panic!("the token still opens the API");
    }

    /// Checks that the parts have written none of these anywhere.
    pub(crate) fn assert_logs_hold_no(&self, secrets: &[&str]) {
        let files = fs::read_dir(self.system.data().join("log")).unwrap();
        let logs: String = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        assert!(logs.contains("\"Outcome\""), "outcomes are told");
        for secret in secrets {
            assert!(!logs.contains(secret), "a log holds a secret");
        }
    }

    pub(crate) async fn stop(self) {
        self.system.stop().await;
    }

    pub(crate) fn data(&self) -> &Path {
        self.system.data()
    }

    /// Runs a command of the issuer that works on the same registry.
    pub(crate) async fn issuer(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_system"))
            .args(["part", "issuer"])
            .args(arguments)
            .env_clear()
            .env("JWT_SECRET_FILE", shared_secret_file())
            .env("JWT_ISSUER", ISSUER)
            .env("JWT_AUDIENCE", "chatbot")
            .env("AUTH_TABLE", TABLE)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_ENDPOINT_URL_DYNAMODB", self.system.dynamodb_url())
            .env("DATABASE_URL", format!("sqlite://{}", self.data().join("command.db").display()))
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap()
    }

    /// Everything in the table, by key.
    pub(crate) async fn all_items(&self) -> BTreeMap<String, Value> {
        let mut items = BTreeMap::new();
        let mut request = json!({"TableName": TABLE});
        loop {
            let answer = self.dynamodb("Scan", &request).await;
            let page = answer["Items"].as_array().unwrap().iter();
            items.extend(page.map(|item| (item["pk"]["S"].as_str().unwrap().to_owned(), item.clone())));
            match answer.get("LastEvaluatedKey") {
                Some(key) => request["ExclusiveStartKey"] = key.clone(),
                None => return items,
            }
        }
    }

    async fn dynamodb(&self, operation: &str, body: &Value) -> Value {
        let request = self
            .http
            .post(self.system.dynamodb_url())
            .header("X-Amz-Target", format!("DynamoDB_20120810.{operation}"))
            .header("Content-Type", "application/x-amz-json-1.0")
            .header("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
            .header("X-Amz-Date", "20260101T000000Z")
            .body(body.to_string());
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{operation}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }
}
