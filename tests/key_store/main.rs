//! Making and rotating keys in Secrets Manager, as an operator does it: by the
//! real client and the real wire format, against an endpoint that keeps versions
//! and labels as AWS does.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use keys::{KeyCache, KeyPlace, KeySettings, KeyStore, Overwrite, RotationRequest, StoreError, Stored};
use serde_json::{Value, json};
use token::{
    Algorithm, AlgorithmSet, KeyRing, KeyState, Moment, SettingsReader, Timestamp,
    rotation::{NewKey, RotationTiming, check, emergency_ring, first_ring, next_ring},
};

const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
const PLAIN: &str = "0123456789abcdef0123456789abcdef";

/// The id of the `n`th version, which is the key's as well.
fn id(n: u8) -> String {
    format!("{n:08}-0000-7000-8000-000000000000")
}

fn timing() -> RotationTiming {
    RotationTiming::read(&mut SettingsReader::new(&|_| None))
}

fn environment(name: &str) -> Option<String> {
    (name == "JWT_SECRET_ARN").then(|| "jwt/shared".to_owned())
}

/// Secrets Manager, and what reads and writes the secret in it.
struct Endpoint {
    url: String,
    aws: aws_config::SdkConfig,
}

impl Endpoint {
    async fn start() -> Self {
        let clock = || local::Now { wall: SystemTime::UNIX_EPOCH, monotonic: Duration::ZERO };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, local::secrets_manager(Arc::new(clock))).into_future());
        let credentials = Credentials::new("AKIDEXAMPLE", "not a secret", None, None, "test");
        let loader = keys::aws_loader().region("us-east-1").credentials_provider(credentials);
        Self { aws: loader.endpoint_url(&url).load().await, url }
    }

    fn store(&self) -> KeyStore {
        let mut reader = SettingsReader::new(&environment);
        let place = KeyPlace::read(&mut reader, AlgorithmSet::only(Algorithm::HS256));
        KeyStore::new(reader.finish(place).unwrap(), Some(&self.aws))
    }

    /// The ring as a verifier gets it that starts now.
    async fn verifiers_ring(&self) -> KeyRing {
        let mut reader = SettingsReader::new(&environment);
        let settings = KeySettings::read(&mut reader, AlgorithmSet::only(Algorithm::HS256));
        let cache = KeyCache::new(reader.finish(settings).unwrap(), Some(&self.aws));
        let ring =
            cache.keys(Moment { subsec_millis: 0, wall: NOW, monotonic: Duration::ZERO }).await.unwrap();
        KeyRing::clone(&ring)
    }

    async fn call(&self, operation: &str, parameters: Value) -> Value {
        let request = reqwest::Client::new().post(&self.url);
        let request = request.header("x-amz-target", format!("secretsmanager.{operation}"));
        request.body(parameters.to_string()).send().await.unwrap().json().await.unwrap()
    }

    /// Each label and the version that bears it.
    async fn labels(&self) -> Vec<(String, String)> {
        let described = self.call("DescribeSecret", json!({"SecretId": "jwt/shared"})).await;
        let versions = described["VersionIdsToStages"].as_object().unwrap();
        let mut labels = Vec::new();
        for (version, stages) in versions {
            for stage in stages.as_array().unwrap() {
                labels.push((stage.as_str().unwrap().to_owned(), version.clone()));
            }
        }
        labels.sort();
        labels
    }
}

fn labels(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(label, version)| ((*label).to_owned(), (*version).to_owned())).collect()
}

fn new_key(id: &str, byte: u8) -> KeyRing {
    let secret = [byte; 32];
    first_ring(NewKey { id, algorithm: Algorithm::HS256, secret: &secret }, &timing(), NOW).unwrap()
}

/// Rotates as the command line does without a function.
async fn rotate(store: &KeyStore, id: &str, byte: u8) -> Result<(), StoreError> {
    let seen = store.read().await?.unwrap();
    store.replace(&seen, &next(&seen, id, byte), id).await
}

fn next(seen: &Stored, id: &str, byte: u8) -> KeyRing {
    let secret = [byte; 32];
    let new = NewKey { id, algorithm: Algorithm::HS256, secret: &secret };
    let next = next_ring(&seen.ring, new, &timing(), NOW).unwrap();
    check(&next, &seen.ring, id, &timing(), NOW).unwrap();
    next
}

fn states(ring: &KeyRing, now: Timestamp) -> Vec<(String, KeyState)> {
    let keys = ring.status(now).keys.into_iter();
    keys.map(|key| (key.id.unwrap_or_default(), key.state)).collect()
}

#[tokio::test]
async fn a_secret_is_made_shown_rotated_and_made_anew_in_an_emergency() {
    let endpoint = Endpoint::start().await;
    let store = endpoint.store();
    let [one, two, three] = [id(1), id(2), id(3)];
    assert!(store.read().await.unwrap().is_none());

    store.create(&new_key(&one, 1), &one, Overwrite::Never).await.unwrap();
    let seen = store.read().await.unwrap().unwrap();
    assert_eq!(seen.version.as_deref(), Some(one.as_str()));
    assert_eq!(seen.changed, Some(Timestamp::from_unix_secs(0)));
    assert_eq!(states(&seen.ring, NOW), [(one.clone(), KeyState::Signing)]);
    assert_eq!(store.place(), "secret jwt/shared in Secrets Manager");

    rotate(&store, &two, 2).await.unwrap();
    assert_eq!(endpoint.labels().await, labels(&[("AWSCURRENT", &two), ("AWSPREVIOUS", &one)]));
    let both = [(one.clone(), KeyState::Signing), (two.clone(), KeyState::Waiting)];
    assert_eq!(states(&endpoint.verifiers_ring().await, NOW), both);

    let seen = store.read().await.unwrap().unwrap();
    let new = NewKey { id: &three, algorithm: Algorithm::HS256, secret: &[3; 32] };
    let ring = emergency_ring(&seen.ring, new, &timing(), NOW).unwrap();
    store.replace(&seen, &ring, &three).await.unwrap();
    assert_eq!(states(&endpoint.verifiers_ring().await, NOW), [(three.clone(), KeyState::Signing)]);
    assert_eq!(endpoint.labels().await, labels(&[("AWSCURRENT", &three), ("AWSPREVIOUS", &two)]));
}

#[tokio::test]
async fn of_two_writers_that_saw_the_same_one_succeeds() {
    let endpoint = Endpoint::start().await;
    let store = endpoint.store();
    let [one, two, three] = [id(1), id(2), id(3)];
    store.create(&new_key(&one, 1), &one, Overwrite::Never).await.unwrap();
    let seen = store.read().await.unwrap().unwrap();
    let (two_ring, three_ring) = (next(&seen, &two, 2), next(&seen, &three, 3));
    let other = endpoint.store();
    let (here, there) =
        tokio::join!(store.replace(&seen, &two_ring, &two), other.replace(&seen, &three_ring, &three));
    let mut outcomes = [here, there];
    outcomes.sort_by_key(Result::is_err);
    assert_eq!(outcomes, [Ok(()), Err(StoreError::Conflict)]);
    // The loser reads again and succeeds, and nobody's key is lost.
    rotate(&store, &id(4), 4).await.unwrap();
    assert_eq!(endpoint.verifiers_ring().await.keys().len(), 3);
}

#[tokio::test]
async fn of_two_first_rings_one_stays() {
    let endpoint = Endpoint::start().await;
    for with_empty_secret in [false, true] {
        if with_empty_secret {
            let forced = json!({"SecretId": "jwt/shared", "ForceDeleteWithoutRecovery": true});
            endpoint.call("DeleteSecret", forced).await;
            endpoint.call("CreateSecret", json!({"Name": "jwt/shared"})).await;
        }
        let (store, other) = (endpoint.store(), endpoint.store());
        let (one, two) = (id(1), id(2));
        let (one_ring, two_ring) = (new_key(&one, 1), new_key(&two, 2));
        let (here, there) = tokio::join!(
            store.create(&one_ring, &one, Overwrite::Never),
            other.create(&two_ring, &two, Overwrite::Never)
        );
        assert_eq!([&here, &there].iter().filter(|outcome| outcome.is_ok()).count(), 1);
        let lost = here.and(there).unwrap_err();
        assert!(matches!(lost, StoreError::Conflict | StoreError::Exists), "{lost}");
        assert_eq!(endpoint.verifiers_ring().await.keys().len(), 1);
        let late = store.create(&one_ring, &id(3), Overwrite::Never).await;
        assert_eq!(late, Err(StoreError::Exists));
    }
}

#[tokio::test]
async fn a_plain_secret_is_rotated_with_the_one_before_it() {
    let endpoint = Endpoint::start().await;
    let (one, two) = (id(1), id(2));
    for (operation, version, value) in [("CreateSecret", &one, PLAIN), ("PutSecretValue", &two, &PLAIN[1..])]
    {
        let parameters = json!({
            "Name": "jwt/shared", "SecretId": "jwt/shared", "ClientRequestToken": version,
            "SecretString": format!("{value}#"),
        });
        endpoint.call(operation, parameters).await;
    }
    rotate(&endpoint.store(), &id(3), 3).await.unwrap();
    let expected = [(one, KeyState::Verifying), (two, KeyState::Signing), (id(3), KeyState::Waiting)];
    assert_eq!(states(&endpoint.verifiers_ring().await, NOW), expected);
}

#[tokio::test]
async fn a_rotation_is_asked_for_where_a_function_is_there_for_it() {
    let endpoint = Endpoint::start().await;
    let store = endpoint.store();
    let (one, two, three) = (id(1), id(2), id(3));
    let missing = store.request_rotation(&two).await.unwrap_err();
    assert_eq!(missing.to_string(), "the secret store refused: ResourceNotFoundException");
    store.create(&new_key(&one, 1), &one, Overwrite::Never).await.unwrap();
    assert_eq!(store.request_rotation(&two).await, Ok(RotationRequest::NoFunction));

    let function = json!({
        "SecretId": "jwt/shared", "RotateImmediately": false,
        "RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:rotator",
    });
    endpoint.call("RotateSecret", function).await;
    endpoint.call("CancelRotateSecret", json!({"SecretId": "jwt/shared"})).await;
    assert_eq!(store.request_rotation(&two).await, Ok(RotationRequest::SwitchedOff));
    endpoint.call("RotateSecret", json!({"SecretId": "jwt/shared", "RotateImmediately": false})).await;

    assert_eq!(store.request_rotation(&two).await, Ok(RotationRequest::Started));
    let pending = labels(&[("AWSCURRENT", &one), ("AWSPENDING", &two)]);
    assert_eq!(endpoint.labels().await, pending, "the id becomes the version's");
    assert_eq!(store.request_rotation(&three).await, Ok(RotationRequest::Resumed));
    assert_eq!(endpoint.labels().await, pending);
}
