//! Writing to Secrets Manager, over HTTP, against answers that the test gives.

use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::config::Credentials;
use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use token::{Algorithm, AlgorithmSet, SettingsReader};

use super::super::{KeyStore, Overwrite, RotationRequest, Stored};
use crate::KeyPlace;

const OLD: &str = "11111111-1111-1111-1111-111111111111";
const NEW: &str = "22222222-2222-2222-2222-222222222222";
const OTHER: &str = "33333333-3333-3333-3333-333333333333";

type Answer = (u16, Value);
/// Operation, its parameters, and how often it was called before.
type Script = fn(&str, &Value, usize) -> Answer;

fn fault(code: &str) -> Answer {
    (400, json!({"__type": code, "Message": "…"}))
}

fn down() -> Answer {
    (500, json!({"__type": "InternalServiceError"}))
}

fn ring_json() -> String {
    json!({"keys": [{"kty": "oct", "kid": "a", "k": "A".repeat(43)}]}).to_string()
}

fn ring() -> token::KeyRing {
    token::KeyRing::from_json(&ring_json()).unwrap()
}

/// A secret whose current version is `current`.
fn describe(current: &str) -> Answer {
    (200, json!({"Name": "jwt", "VersionIdsToStages": {current: ["AWSCURRENT"]}}))
}

/// What all goes well with.
fn well(operation: &str, parameters: &Value, _: usize) -> Answer {
    match operation {
        "DescribeSecret" => describe(OLD),
        "GetSecretValue" => {
            (200, json!({"VersionId": OLD, "SecretString": ring_json(), "CreatedDate": 1_750_000_000.5}))
        }
        "PutSecretValue" => (200, json!({"VersionStages": parameters["VersionStages"]})),
        "UpdateSecretVersionStage" | "CreateSecret" | "RotateSecret" => (200, json!({"Name": "jwt"})),
        _ => fault("UnknownOperationException"),
    }
}

async fn aws(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "not a secret", None, None, "test");
    let loader = crate::aws_loader().region(aws_config::Region::new("eu-central-1"));
    loader.credentials_provider(credentials).endpoint_url(endpoint).load().await
}

/// A store over `script`, and the calls that it sees.
async fn store(secret_id: &'static str, script: Script) -> (KeyStore, Arc<Mutex<Vec<(String, Value)>>>) {
    let calls = Arc::new(Mutex::new(Vec::<(String, Value)>::new()));
    let seen = Arc::clone(&calls);
    let handler = async move |headers: HeaderMap, body: String| {
        let operation = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
        let parameters: Value = serde_json::from_str(&body).unwrap();
        let mut seen = seen.lock().unwrap();
        let before = seen.iter().filter(|(name, _)| *name == operation).count();
        let (status, answer) = script(&operation, &parameters, before);
        seen.push((operation, parameters));
        (StatusCode::from_u16(status).unwrap(), answer.to_string())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, Router::new().route("/", post(handler))).into_future());

    let environment = |name: &str| (name == "JWT_SECRET_ARN").then(|| secret_id.to_owned());
    let mut reader = SettingsReader::new(&environment);
    let place = KeyPlace::read(&mut reader, AlgorithmSet::only(Algorithm::HS256));
    let aws = aws(&format!("http://{address}")).await;
    (KeyStore::new(place, Some(&aws)), calls)
}

fn operations(calls: &Mutex<Vec<(String, Value)>>) -> Vec<String> {
    calls.lock().unwrap().iter().map(|(operation, _)| operation.clone()).collect()
}

async fn seen(store: &KeyStore) -> Stored {
    store.read().await.unwrap().unwrap()
}

/// Replaces what [`seen`] gives, and compares the outcome.
async fn check_replace(script: Script, expected: &Expect) -> Vec<String> {
    let (store, calls) = store("jwt", script).await;
    let outcome = store.replace(&seen(&store).await, &ring(), NEW).await;
    expected.assert_eq(&outcome.map_or_else(|error| error.to_string(), |()| "replaced".into()));
    operations(&calls).split_off(1)
}

#[tokio::test]
async fn a_version_is_put_aside_and_then_takes_the_place_of_the_one_that_was_seen() {
    let (store, calls) = store("jwt", well).await;
    let seen = seen(&store).await;
    assert_eq!(seen.version.as_deref(), Some(OLD));
    assert_eq!(seen.changed.unwrap().as_unix_secs(), 1_750_000_000);
    store.replace(&seen, &ring(), NEW).await.unwrap();

    let calls = calls.lock().unwrap();
    let put = json!({
        "SecretId": "jwt", "ClientRequestToken": NEW, "VersionStages": ["LATCHKEY-WRITTEN"],
        "SecretString": ring().to_json().as_str(),
    });
    assert_eq!(calls[1], ("PutSecretValue".into(), put));
    let moved = json!({
        "SecretId": "jwt", "VersionStage": "AWSCURRENT", "MoveToVersionId": NEW, "RemoveFromVersionId": OLD,
    });
    assert_eq!(calls[2], ("UpdateSecretVersionStage".into(), moved));
    let tidied = json!({"SecretId": "jwt", "VersionStage": "LATCHKEY-WRITTEN", "RemoveFromVersionId": NEW});
    assert_eq!(calls[3], ("UpdateSecretVersionStage".into(), tidied));
    assert_eq!(calls.len(), 4);
}

#[tokio::test]
async fn whoever_was_faster_is_not_overwritten() {
    fn faster(operation: &str, parameters: &Value, before: usize) -> Answer {
        match (operation, before) {
            ("UpdateSecretVersionStage", 0) => fault("InvalidParameterException"),
            ("DescribeSecret", _) => describe(OTHER),
            _ => well(operation, parameters, before),
        }
    }
    fn lagging(operation: &str, parameters: &Value, before: usize) -> Answer {
        if operation == "DescribeSecret" { describe(OLD) } else { faster(operation, parameters, before) }
    }

    let conflict = expect!["somebody else has changed it meanwhile; nothing was overwritten"];
    check_replace(faster, &conflict).await;

    // What is read may lag behind what is refused.
    check_replace(lagging, &conflict).await;
}

#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    fn lost(operation: &str, parameters: &Value, before: usize) -> Answer {
        match (operation, before) {
            ("UpdateSecretVersionStage", 0) => down(),
            ("UpdateSecretVersionStage", 1) => fault("InvalidParameterException"),
            ("DescribeSecret", _) => describe(NEW),
            _ => well(operation, parameters, before),
        }
    }

    check_replace(lost, &expect!["replaced"]).await;
}

#[tokio::test]
async fn what_could_not_be_told_is_not_told() {
    fn away(operation: &str, parameters: &Value, before: usize) -> Answer {
        match operation {
            "UpdateSecretVersionStage" | "DescribeSecret" => down(),
            _ => well(operation, parameters, before),
        }
    }
    fn throttled(operation: &str, parameters: &Value, before: usize) -> Answer {
        if operation == "PutSecretValue" {
            fault("ThrottlingException")
        } else {
            well(operation, parameters, before)
        }
    }

    let unavailable = expect!["the secret store could not be reached: InternalServiceError"];
    check_replace(away, &unavailable).await;
    let unavailable = expect!["the secret store could not be reached: ThrottlingException"];
    assert_eq!(check_replace(throttled, &unavailable).await, ["PutSecretValue"; 2]);
}

#[tokio::test]
async fn a_refusal_changes_nothing() {
    fn denied(operation: &str, parameters: &Value, before: usize) -> Answer {
        match operation {
            "PutSecretValue" => fault("AccessDeniedException"),
            _ => well(operation, parameters, before),
        }
    }

    let refused = expect!["the secret store refused: AccessDeniedException"];
    assert_eq!(check_replace(denied, &refused).await, ["PutSecretValue"]);
}

#[tokio::test]
async fn a_label_that_stays_behind_fails_nothing() {
    fn untidy(operation: &str, parameters: &Value, before: usize) -> Answer {
        match (operation, before) {
            ("UpdateSecretVersionStage", 1) => fault("InternalServiceError"),
            _ => well(operation, parameters, before),
        }
    }

    check_replace(untidy, &expect!["replaced"]).await;
}

/// Creates, and returns the outcome and the calls.
async fn create(secret_id: &'static str, script: Script, overwrite: Overwrite) -> (String, Vec<String>) {
    let (store, calls) = store(secret_id, script).await;
    let outcome = store.create(&ring(), NEW, overwrite).await;
    (outcome.map_or_else(|error| error.to_string(), |()| "created".into()), operations(&calls))
}

#[tokio::test]
async fn a_secret_is_created_by_its_name_and_never_by_an_arn() {
    fn none(operation: &str, parameters: &Value, before: usize) -> Answer {
        match operation {
            "DescribeSecret" | "GetSecretValue" => fault("ResourceNotFoundException"),
            _ => well(operation, parameters, before),
        }
    }

    let (outcome, calls) = create("jwt", none, Overwrite::Never).await;
    assert_eq!(
        (outcome.as_str(), &*calls),
        ("created", &["DescribeSecret", "CreateSecret"].map(str::to_owned)[..])
    );
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:jwt-AbCdEf";
    let (outcome, calls) = create(arn, none, Overwrite::Always).await;
    expect![
        "the secret store refused: there is no secret of this ARN; to create one, set JWT_SECRET_ARN to its name"
    ]
    .assert_eq(&outcome);
    assert_eq!(calls, ["DescribeSecret"]);
    let (store, _) = store("jwt", none).await;
    assert!(store.read().await.unwrap().is_none(), "nothing to show is no error");
}

#[tokio::test]
async fn a_secret_that_somebody_else_created_meanwhile_is_left_alone() {
    fn raced(operation: &str, parameters: &Value, before: usize) -> Answer {
        match (operation, before) {
            ("DescribeSecret", 0) => fault("ResourceNotFoundException"),
            ("DescribeSecret", _) => describe(OTHER),
            ("CreateSecret", _) => fault("ResourceExistsException"),
            _ => well(operation, parameters, before),
        }
    }
    fn ours(operation: &str, parameters: &Value, before: usize) -> Answer {
        match (operation, before) {
            ("DescribeSecret", 1..) => describe(NEW),
            _ => raced(operation, parameters, before),
        }
    }

    let (outcome, _) = create("jwt", raced, Overwrite::Always).await;
    expect!["somebody else has changed it meanwhile; nothing was overwritten"].assert_eq(&outcome);
    // Unless it was the first attempt of this very call.
    assert_eq!(create("jwt", ours, Overwrite::Always).await.0, "created");
}

#[tokio::test]
async fn a_value_goes_by_force_only_and_whatever_it_is() {
    fn deleted(operation: &str, parameters: &Value, before: usize) -> Answer {
        match operation {
            "DescribeSecret" => (200, json!({"Name": "jwt", "DeletedDate": 1.75e9})),
            _ => well(operation, parameters, before),
        }
    }

    let (outcome, calls) = create("jwt", well, Overwrite::Never).await;
    assert_eq!((outcome.as_str(), &*calls), ("there is a value already", &["DescribeSecret".to_owned()][..]));
    assert_eq!(create("jwt", well, Overwrite::Always).await.0, "created");

    let (outcome, _) = create("jwt", deleted, Overwrite::Always).await;
    assert_eq!(outcome, "the secret store refused: the secret is marked for deletion");
}

#[tokio::test]
async fn a_first_value_is_current_at_once() {
    fn empty(operation: &str, parameters: &Value, before: usize) -> Answer {
        match operation {
            "DescribeSecret" => (200, json!({"Name": "jwt"})),
            "PutSecretValue" => (200, json!({"VersionStages": ["AWSCURRENT", "LATCHKEY-WRITTEN"]})),
            _ => well(operation, parameters, before),
        }
    }

    let (outcome, calls) = create("jwt", empty, Overwrite::Never).await;
    assert_eq!(outcome, "created");
    assert_eq!(
        calls,
        ["DescribeSecret", "PutSecretValue", "UpdateSecretVersionStage"],
        "the last one tidies"
    );
}

/// A secret with a rotation function, whose rotation is switched on or not.
fn rotated(enabled: bool, pending: &str) -> Answer {
    let mut labels = json!({OLD: ["AWSCURRENT"]});
    match labels.get_mut(pending).and_then(Value::as_array_mut) {
        Some(both) => both.push("AWSPENDING".into()),
        None => labels[pending] = json!(["AWSPENDING"]),
    }
    let function = "arn:aws:lambda:eu-central-1:123456789012:function:rotator";
    (200, json!({"RotationEnabled": enabled, "RotationLambdaARN": function, "VersionIdsToStages": labels}))
}

#[tokio::test]
async fn the_function_is_asked_where_there_is_one_that_is_switched_on() {
    fn off(_: &str, _: &Value, _: usize) -> Answer {
        rotated(false, OTHER)
    }
    fn on(operation: &str, parameters: &Value, before: usize) -> Answer {
        if operation == "DescribeSecret" { rotated(true, OTHER) } else { well(operation, parameters, before) }
    }

    let (store_without, calls) = store("jwt", well).await;
    assert_eq!(store_without.request_rotation(NEW).await, Ok(RotationRequest::NoFunction));
    assert_eq!(operations(&calls), ["DescribeSecret"]);

    let (store_off, calls) = store("jwt", off).await;
    assert_eq!(store_off.request_rotation(NEW).await, Ok(RotationRequest::SwitchedOff));
    assert_eq!(operations(&calls), ["DescribeSecret"], "asking would switch it on");

    let (store_on, calls) = store("jwt", on).await;
    assert_eq!(store_on.request_rotation(NEW).await, Ok(RotationRequest::Started));
    let asked = calls.lock().unwrap().pop().unwrap();
    assert_eq!(asked, ("RotateSecret".into(), json!({"SecretId": "jwt", "ClientRequestToken": NEW})));
}

#[tokio::test]
async fn a_rotation_that_is_not_complete_is_taken_up_again() {
    fn incomplete(operation: &str, _: &Value, _: usize) -> Answer {
        if operation == "DescribeSecret" { rotated(true, OTHER) } else { fault("InvalidRequestException") }
    }
    fn complete(operation: &str, _: &Value, _: usize) -> Answer {
        if operation == "DescribeSecret" { rotated(true, OLD) } else { fault("InvalidRequestException") }
    }

    let (store_with, _) = store("jwt", incomplete).await;
    assert_eq!(store_with.request_rotation(NEW).await, Ok(RotationRequest::Resumed));
    // The label may stay on the current version: that one is complete.
    let (store_with, _) = store("jwt", complete).await;
    let refused = store_with.request_rotation(NEW).await.unwrap_err();
    assert_eq!(refused.to_string(), "the secret store refused: InvalidRequestException");
}
