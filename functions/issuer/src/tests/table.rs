//! The registry's table for a test: DynamoDB over its own protocol, and a
//! verifier that reads it.

use std::{thread::JoinHandle, time::Duration};

use aws_config::{Region, SdkConfig};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use dynoxide::{Database, actions::create_table::CreateTableRequest};
use hmac::{Hmac, KeyInit, Mac};
use registry::{Registry, Standing};
use serde_json::json;
use token::{
    Algorithm, AlgorithmSet, Audience, IssuerRule, KeyClaim, Moment, Policy, Principal, Timestamp, TokenPath,
    Verifier,
};
use tokio::sync::oneshot;

pub(super) const TABLE: &str = "auth";

/// A table that goes with the test.
pub(super) struct Table {
    pub(super) endpoint: Endpoint,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
}

/// Where a table is.
#[derive(Clone)]
pub(super) struct Endpoint(pub(super) String);

impl Endpoint {
    /// How to reach it, with connections of its own: those that are there belong
    /// to the runtime that made them.
    pub(super) fn aws(&self) -> SdkConfig {
        let loader = keys::aws_loader().region(Region::new("us-east-1")).test_credentials();
        let loader = loader.endpoint_url(&self.0);
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(loader.load())
            });
            thread.join().unwrap()
        })
    }
}

impl Table {
    /// On a thread of its own, because tests come with a runtime or without.
    pub(super) fn start() -> Self {
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                let endpoint = format!("http://{}", listener.local_addr().unwrap());
                let database = Database::memory().unwrap();
                database.create_table(definition()).unwrap();
                tell.send(Endpoint(endpoint)).unwrap();
                tokio::select! {
                    () = dynoxide::server::serve_on(listener, database) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { endpoint: told.recv().unwrap(), stop: Some(stop), server: Some(server) }
    }

    /// From now on nobody answers.
    pub(super) fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(server) = self.server.take() {
            server.join().unwrap();
        }
    }

    /// Who a verifier takes `token` for at `secs` after noon.
    pub(super) async fn verify(&self, token: &str, at: Moment) -> Result<Principal, String> {
        let registry = Registry::new(&self.endpoint.aws(), TABLE.into(), 0);
        let claim = claim(token)?;
        let credential = registry.credential(&claim, at).await.unwrap().ok_or("unknown_consumer")?;
        let principal = verifier().verify_consumer(token, &credential, at.wall);
        let principal = principal.map_err(|rejection| rejection.reason.name().to_owned())?;
        match registry.check(&principal, at).await.unwrap() {
            Standing::Good => Ok(principal),
            Standing::Revoked => Err("revoked".into()),
        }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        self.stop();
    }
}

fn verifier() -> Verifier {
    Verifier {
        algorithms: AlgorithmSet::only(Algorithm::HS256),
        policy: Policy {
            issuer: IssuerRule::Exactly("https://auth.example.com".into()),
            audience: Audience::OneOf(vec!["chatbot".into()]),
            leeway_secs: 0,
            max_lifetime_secs: Some(3600),
            default_role: None,
            accept_untyped: false,
        },
        max_token_bytes: 8192,
    }
}

fn claim(token: &str) -> Result<KeyClaim, String> {
    match verifier().path(token).map_err(|reason| reason.name().to_owned())? {
        TokenPath::Consumer(claim) => Ok(claim),
        TokenPath::User | TokenPath::UserUnlessCredential(_) => Err("a user's".into()),
    }
}

pub(super) fn at(secs: u64) -> Moment {
    let wall = Timestamp::from_unix_secs(1_750_000_000).plus(secs);
    Moment { subsec_millis: 0, wall, monotonic: Duration::from_secs(secs) }
}

/// A token as a consumer signs it, an hour long, from `secs` after noon.
pub(super) fn sign(key: &str, secret: &[u8], secs: u64) -> String {
    let issued_at = at(secs).wall.as_unix_secs();
    let claims = json!({"iss": key, "iat": issued_at, "exp": issued_at + 3600});
    let parts = [r#"{"alg":"HS256","typ":"JWT"}"#.to_owned(), claims.to_string()];
    let input = parts.map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".");
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap().chain_update(&input);
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// As the templates define it.
fn definition() -> CreateTableRequest {
    serde_json::from_value(json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "consumer", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by_consumer",
            "KeySchema": [{"AttributeName": "consumer", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
    }))
    .unwrap()
}
