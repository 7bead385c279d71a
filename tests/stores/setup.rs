//! An authorizer over a stand-in, and many requests at once to it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use authorizer::{Authorizer, Settings};
use aws_credential_types::Credentials;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, value::RawValue};
use token::{Moment, Timestamp};
use tokio::{task::JoinSet, time::timeout};

use crate::stand_in::StandIn;

pub(crate) const ALLOW: &str = "allow";
pub(crate) const NO_KEYS: &str = "the decision is not available: keys_unavailable";
pub(crate) const NO_REGISTRY: &str = "the decision is not available: registry_unavailable";

/// One request and many: what holds for one must hold under load.
pub(crate) const CROWDS: [usize; 2] = [1, 64];

/// Nothing here may take longer, whatever hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the function keeps of its time to send the answer.
const RESERVE_MILLIS: u64 = 1250;

/// `secs` after the start, by both clocks.
pub(crate) fn at(secs: u64) -> Moment {
    let start = Timestamp::from_unix_secs(1_767_226_200);
    Moment { subsec_millis: 0, wall: start.plus(secs), monotonic: Duration::from_secs(secs) }
}

pub(crate) async fn authorizer(stand_in: &StandIn, variables: &[(&str, &str)]) -> Authorizer {
    let common = [
        ("JWT_ISSUER", "https://auth.example.com"),
        ("JWT_AUDIENCE", "chatbot"),
        // The sample's token is good until 2100.
        ("JWT_MAX_LIFETIME_SECONDS", "0"),
    ];
    let environment = |name: &str| {
        let mut found = variables.iter().chain(&common).filter(|(candidate, _)| *candidate == name);
        found.next().map(|(_, value)| (*value).to_owned())
    };
    let settings = Settings::read(&environment).unwrap();
    let credentials = Credentials::new("AKIDEXAMPLE", "not a secret", None, None, "test");
    let loader = ::keys::aws_loader().region("us-east-1").credentials_provider(credentials);
    let aws = loader.endpoint_url(&stand_in.endpoint).load().await;
    Authorizer::with_aws(settings, Some(&aws), |_| ())
}

fn event() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("events/rest-token.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Sends the sample `crowd` times at once, with `millis` to decide in each, and
/// returns how often each answer came.
pub(crate) async fn ask(
    authorizer: &Authorizer,
    crowd: usize,
    now: Moment,
    millis: u64,
) -> BTreeMap<String, usize> {
    ask_with(&event(), authorizer, crowd, now, millis).await
}

/// The sample with a token that no key of the store has made.
pub(crate) fn forged() -> Value {
    let mut event = event();
    let token = event["authorizationToken"].as_str().unwrap();
    let (signed, _) = token.rsplit_once('.').unwrap();
    event["authorizationToken"] = format!("{signed}.{}", "A".repeat(43)).into();
    event
}

/// As [`ask`], with this event.
pub(crate) async fn ask_with(
    event: &Value,
    authorizer: &Authorizer,
    crowd: usize,
    now: Moment,
    millis: u64,
) -> BTreeMap<String, usize> {
    let mut context = Context::default();
    let now_millis = u64::try_from(now.wall.as_unix_secs()).unwrap() * 1000;
    context.deadline = now_millis + millis + RESERVE_MILLIS;
    let mut requests = JoinSet::new();
    for _ in 0..crowd {
        let (authorizer, event) = (authorizer.clone(), LambdaEvent::new(event.clone(), context.clone()));
        requests.spawn(async move { told(authorizer.handle(event, now).await) });
    }
    let answers = timeout(PATIENCE, requests.join_all()).await.expect("an answer in time");
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer).or_default() += 1;
    }
    counts
}

fn told<E: ToString>(answer: Result<Box<RawValue>, E>) -> String {
    match answer.map(|answer| serde_json::from_str::<Value>(answer.get()).unwrap()) {
        Ok(answer) if answer["policyDocument"]["Statement"][0]["Effect"] == "Allow" => ALLOW.into(),
        Ok(answer) => answer.to_string(),
        Err(error) => error.to_string(),
    }
}

/// What [`ask`] returns where every answer is the same.
pub(crate) fn all(crowd: usize, answer: &str) -> BTreeMap<String, usize> {
    BTreeMap::from([(answer.to_owned(), crowd)])
}
