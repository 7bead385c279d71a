//! The parameter source against a small stand-in for SSM, over HTTP.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::config::Credentials;
use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use token::{Algorithm, AlgorithmSet, SecretEncoding};

use super::*;

const OLD: &str = "0123456789abcdef0123456789abcdef";
const NEW: &str = "fedcba9876543210fedcba9876543210";

/// What it answers to each name, and what it was asked.
#[derive(Default)]
struct StandIn {
    answers: BTreeMap<String, (u16, String)>,
    asked: Mutex<Vec<(HeaderMap, Value)>>,
}

impl StandIn {
    fn with(answers: impl IntoIterator<Item = (&'static str, (u16, String))>) -> Self {
        let answers = answers.into_iter().map(|(name, answer)| (name.to_owned(), answer));
        Self { answers: answers.collect(), asked: Mutex::default() }
    }

    fn answer(&self, headers: HeaderMap, body: &str) -> (StatusCode, String) {
        let body: Value = serde_json::from_str(body).unwrap();
        let unknown = (400, json!({"__type": "ParameterNotFound"}).to_string());
        let (status, answer) = self.answers.get(body["Name"].as_str().unwrap()).cloned().unwrap_or(unknown);
        self.asked.lock().unwrap().push((headers, body));
        (StatusCode::from_u16(status).unwrap(), answer)
    }

    fn names(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(_, body)| body["Name"].as_str().unwrap().to_owned()).collect()
    }
}

fn parameter(version: u64, value: &str) -> (u16, String) {
    let parameter = json!({"Name": "ignored", "Type": "SecureString", "Value": value, "Version": version,
                           "LastModifiedDate": 1.75e9, "DataType": "text"});
    (200, json!({"Parameter": parameter}).to_string())
}

fn fault(status: u16, code: &str) -> (u16, String) {
    (status, json!({"__type": code, "message": "…"}).to_string())
}

async fn aws(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "not a secret", Some("session".into()), None, "test");
    let loader = crate::aws_loader().region(aws_config::Region::new("eu-central-1"));
    loader.credentials_provider(credentials).endpoint_url(endpoint).load().await
}

/// A port that nobody listens on.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

fn form() -> SecretForm {
    SecretForm {
        field: "JWT_SECRET".into(),
        encoding: SecretEncoding::Utf8,
        algorithms: AlgorithmSet::only(Algorithm::HS256),
    }
}

/// The ids of the keys, or the error.
async fn check(name: &str, stand_in: &Arc<StandIn>, expected: &Expect) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = Arc::clone(stand_in);
    let handler = move |headers: HeaderMap, body: String| async move { served.answer(headers, &body) };
    let server = tokio::spawn(axum::serve(listener, Router::new().route("/", post(handler))).into_future());
    let aws = aws(&format!("http://{address}")).await;
    let answer =
        ParameterSource::new(Some(&aws), name.into(), form()).fetch(Versions::CurrentAndPrevious).await;
    server.abort();
    expected.assert_eq(&told(answer));
}

fn told(answer: Result<KeyRing, SourceError>) -> String {
    match answer {
        Ok(ring) => {
            let ids: Vec<_> = ring.keys().iter().map(|key| key.id().unwrap_or("none")).collect();
            format!("{} {}", if ring.kid_decides() { "ring" } else { "plain" }, ids.join(" "))
        }
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_plain_secret_is_named_by_its_version_and_has_its_predecessor_beside_it() {
    let both = Arc::new(StandIn::with([("/jwt", parameter(7, NEW)), ("/jwt:6", parameter(6, OLD))]));
    check("/jwt", &both, &expect!["plain 7 6"]).await;
    assert_eq!(both.names(), ["/jwt", "/jwt:6"]);

    let first = Arc::new(StandIn::with([("/jwt", parameter(1, NEW))]));
    check("/jwt", &first, &expect!["plain 1"]).await;
    assert_eq!(first.names(), ["/jwt"], "nothing was before the first version");

    let (kept, gone) = (("/jwt", parameter(200, NEW)), ("/jwt:199", fault(400, "ParameterVersionNotFound")));
    check("/jwt", &Arc::new(StandIn::with([kept, gone])), &expect!["plain 200"]).await;
    let unlike = ("/jwt:6", parameter(6, "hunter2"));
    check("/jwt", &Arc::new(StandIn::with([("/jwt", parameter(7, NEW)), unlike])), &expect!["plain 7"]).await;
}

#[tokio::test]
async fn whoever_names_a_version_gets_that_one_alone() {
    let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/jwt";
    let pinned = "arn:aws:ssm:eu-central-1:123456789012:parameter/jwt:7";
    for (name, asked) in [("/jwt:7", 1), ("/jwt:live", 1), (pinned, 1), (arn, 2)] {
        let stand_in =
            StandIn { answers: BTreeMap::from([(name.into(), parameter(7, NEW))]), ..StandIn::default() };
        let stand_in = Arc::new(stand_in);
        check(name, &stand_in, &expect!["plain 7"]).await;
        assert_eq!(stand_in.names().len(), asked, "{name}");
    }
}

#[tokio::test]
async fn a_ring_is_read_in_one_call() {
    let ring = json!({"keys": [{"kty": "oct", "kid": "a", "k": "A".repeat(43)}]}).to_string();
    let stand_in = Arc::new(StandIn::with([("/jwt", parameter(7, &ring))]));
    check("/jwt", &stand_in, &expect!["ring a"]).await;
    assert_eq!(stand_in.names(), ["/jwt"]);
}

#[tokio::test]
async fn the_call_is_signed_and_asks_for_the_decrypted_value() {
    let stand_in = Arc::new(StandIn::with([("/jwt", parameter(1, NEW))]));
    check("/jwt", &stand_in, &expect!["plain 1"]).await;
    let asked = stand_in.asked.lock().unwrap();
    let (headers, body) = &asked[0];
    assert_eq!(body, &json!({"Name": "/jwt", "WithDecryption": true}));
    let header = |name: &str| headers[name].to_str().unwrap();
    assert_eq!(header("x-amz-target"), "AmazonSSM.GetParameter");
    assert_eq!(header("content-type"), "application/x-amz-json-1.1");
    assert_eq!(header("x-amz-security-token"), "session");
    let authorization = header("authorization");
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
    assert!(authorization.contains("/eu-central-1/ssm/aws4_request, SignedHeaders="), "{authorization}");
    for signed in ["host", "x-amz-date", "x-amz-target", "x-amz-security-token"] {
        assert!(authorization.contains(signed), "{signed}: {authorization}");
    }
}

#[tokio::test]
async fn a_failure_is_told_by_what_to_do_next() {
    let check_fault = async |answer, expected: Expect, asked: usize| {
        let stand_in = Arc::new(StandIn::with([("/jwt", answer)]));
        check("/jwt", &stand_in, &expected).await;
        assert_eq!(stand_in.names().len(), asked, "{expected:?}");
    };
    let throttled = fault(400, "ThrottlingException");
    check_fault(throttled, expect!["the secret store could not be reached: ThrottlingException"], 2).await;
    let broken = fault(500, "InternalServerError");
    check_fault(broken, expect!["the secret store could not be reached: InternalServerError"], 2).await;
    let page = (503, "<html>busy</html>".into());
    check_fault(page, expect!["the secret store could not be reached: service error"], 2).await;
    let denied = fault(400, "com.amazonaws.ssm#AccessDeniedException:http://internal");
    check_fault(denied, expect!["the secret store refused: AccessDeniedException"], 1).await;
    let unknown = fault(400, "ParameterNotFound");
    check_fault(unknown, expect!["the secret store refused: ParameterNotFound"], 1).await;
    let key = fault(400, "InvalidKeyId");
    check_fault(key, expect!["the secret store refused: InvalidKeyId"], 1).await;
    for junk in ["", "{}", "<html></html>", r#"{"Parameter":{"Value":7,"Version":1}}"#] {
        let answer = (200, junk.into());
        check_fault(answer, expect!["the secret store refused: an answer that is none"], 1).await;
    }
    check_fault(parameter(1, "hunter2"), expect!["the secret has 7 bytes, HS256 needs at least 32"], 1).await;
}

#[tokio::test]
async fn without_aws_or_out_of_reach_there_is_no_answer() {
    let without = ParameterSource::new(None, "/jwt".into(), form()).fetch(Versions::CurrentAndPrevious).await;
    assert_eq!(told(without), "the secret store refused: no AWS configuration was loaded");
    let aws = aws(&nobody().await).await;
    let unreachable =
        ParameterSource::new(Some(&aws), "/jwt".into(), form()).fetch(Versions::CurrentAndPrevious).await;
    assert_eq!(told(unreachable), "the secret store could not be reached: dispatch failure");
}
