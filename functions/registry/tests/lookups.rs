//! The registry against a table that counts: what is asked, how often, and what
//! comes of answers that are late, partial or make no sense.
//!
//! Time is an argument, so a cache runs out by naming a later moment.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test is meant to panic")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_config::Region;
use axum::{Json, Router, extract::State, http::HeaderMap};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use registry::{Registry, Revocation, Standing};
use serde_json::{Value, json};
use token::{
    Algorithm, AlgorithmSet, Audience, IssuerRule, Key, KeyClaim, KeyRing, Moment, Policy, Principal,
    Timestamp, TokenPath, Verifier,
};

const TABLE: &str = "auth";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOON: i64 = 1_750_000_000;

/// A DynamoDB of one table.
#[derive(Default)]
struct Table {
    items: BTreeMap<String, Value>,
    /// The keys of each request to read, in order.
    asked: Vec<Vec<String>>,
    /// The bodies of the requests to write.
    written: Vec<(String, Value)>,
    /// How many keys of the next requests to leave unprocessed.
    unprocessed: Vec<usize>,
}

type Shared = Arc<Mutex<Table>>;

async fn answer(State(table): State<Shared>, headers: HeaderMap, body: String) -> Json<Value> {
    let operation = headers["x-amz-target"].to_str().unwrap().rsplit('.').next().unwrap().to_owned();
    let body: Value = serde_json::from_str(&body).unwrap();
    let mut table = table.lock().unwrap();
    if operation != "BatchGetItem" {
        table.written.push((operation, body));
        return Json(json!({}));
    }
    let wanted = body["RequestItems"][TABLE]["Keys"].as_array().unwrap();
    let mut keys: Vec<String> =
        wanted.iter().map(|key| key["pk"]["S"].as_str().unwrap().to_owned()).collect();
    table.asked.push(keys.clone());
    let leave = if table.unprocessed.is_empty() { 0 } else { table.unprocessed.remove(0) };
    let left = keys.split_off(keys.len().saturating_sub(leave));
    let found: Vec<_> = keys.iter().filter_map(|key| table.items.get(key).cloned()).collect();
    let left: Vec<_> = left.iter().map(|key| json!({"pk": {"S": key}})).collect();
    let unprocessed = if left.is_empty() { json!({}) } else { json!({TABLE: {"Keys": left}}) };
    Json(json!({"Responses": {TABLE: found}, "UnprocessedKeys": unprocessed}))
}

struct Setup {
    table: Shared,
    registry: Registry,
}

impl Setup {
    async fn start(cache_secs: u64) -> Self {
        let table = Shared::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&table));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let aws = keys::aws_loader()
            .region(Region::new("us-east-1"))
            .test_credentials()
            .endpoint_url(format!("http://{address}"))
            .load()
            .await;
        let setup = Self { table, registry: Registry::new(&aws, TABLE.into(), cache_secs) };
        setup.put("CRED#shop-key", &credential());
        setup
    }

    fn put(&self, key: &str, item: &Value) {
        let mut item = item.clone();
        item["pk"] = json!({"S": key});
        self.table.lock().unwrap().items.insert(key.to_owned(), item);
    }

    /// What was asked since the last call, one text for each request.
    fn asked(&self) -> Vec<String> {
        self.table.lock().unwrap().asked.drain(..).map(|keys| keys.join(" ")).collect()
    }

    /// Looks a consumer's token up as an authorizer does, at a moment.
    async fn look_up(&self, jti: &str, secs: u64) -> Option<Standing> {
        let token = token_of("shop-key", jti);
        let credential = self.registry.credential(&claim(&token), at(secs)).await.unwrap()?;
        let principal = verifier().verify_consumer(&token, &credential, at(secs).wall).unwrap();
        Some(self.registry.check(&principal, at(secs)).await.unwrap())
    }
}

fn credential() -> Value {
    json!({"consumer": {"S": "shop"}, "role": {"S": "USER"},
           "secrets": {"L": [{"M": {"value": {"S": SECRET}}}]}})
}

fn at(secs: u64) -> Moment {
    Moment {
        subsec_millis: 0,
        wall: Timestamp::from_unix_secs(NOON).plus(secs),
        monotonic: Duration::from_secs(secs),
    }
}

fn verifier() -> Verifier {
    Verifier {
        algorithms: AlgorithmSet::only(Algorithm::HS256),
        policy: Policy {
            issuer: IssuerRule::Exactly("issuer".into()),
            audience: Audience::Any,
            leeway_secs: 0,
            max_lifetime_secs: None,
            default_role: None,
            accept_untyped: false,
        },
        max_token_bytes: 8192,
    }
}

fn sign(claims: &Value) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let input = format!("{}.{}", encode(br#"{"alg":"HS256"}"#), encode(claims.to_string().as_bytes()));
    let mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let tag = mac.chain_update(&input).finalize().into_bytes();
    format!("{input}.{}", encode(&tag))
}

fn token_of(key: &str, jti: &str) -> String {
    sign(&json!({"iss": key, "jti": jti, "iat": NOON, "exp": NOON + 3600}))
}

fn claim(token: &str) -> KeyClaim {
    match verifier().path(token).unwrap() {
        TokenPath::Consumer(claim) => claim,
        other => panic!("{other:?}"),
    }
}

fn user() -> Principal {
    let claims = json!({"iss": "issuer", "sub": "123456", "type": "access", "role": "USER", "sid": "s",
                        "jti": "j", "iat": NOON, "exp": NOON + 3600});
    let key = Key::new(None, AlgorithmSet::only(Algorithm::HS256), SECRET.as_bytes()).unwrap();
    verifier().verify(&sign(&claims), &KeyRing::plain(key, None), at(0).wall).unwrap()
}

const NOTHING: [&str; 0] = [];

#[tokio::test]
async fn a_consumer_costs_two_requests_at_first_and_one_at_most_from_then_on() {
    let setup = Setup::start(5).await;
    assert_eq!(setup.look_up("a", 0).await, Some(Standing::Good));
    assert_eq!(setup.asked(), ["CRED#shop-key", "JTI#a SUB#consumer:shop"]);
    assert_eq!(setup.look_up("a", 4).await, Some(Standing::Good));
    assert_eq!(setup.asked(), NOTHING);
    assert_eq!(setup.look_up("b", 4).await, Some(Standing::Good));
    assert_eq!(setup.asked(), ["JTI#b"]);
    assert_eq!(setup.look_up("c", 5).await, Some(Standing::Good));
    assert_eq!(setup.asked(), ["CRED#shop-key JTI#c SUB#consumer:shop"]);
}

#[tokio::test]
async fn a_revocation_is_seen_once_the_cache_is_over() {
    let setup = Setup::start(5).await;
    assert_eq!(setup.look_up("a", 0).await, Some(Standing::Good));
    let later = json!({"N": (NOON + 60).to_string()});
    setup.put("SUB#consumer:shop", &json!({"ttl": later, "not_before": later}));
    assert_eq!(setup.look_up("a", 4).await, Some(Standing::Good), "not yet");
    assert_eq!(setup.look_up("a", 5).await, Some(Standing::Revoked));
    assert_eq!(setup.look_up("b", 6).await, Some(Standing::Revoked), "and whatever it signs");
}

#[tokio::test]
async fn forged_tokens_cost_one_request_for_each_key_and_none_for_each_token() {
    let setup = Setup::start(5).await;
    for jti in ["a", "b", "c"] {
        let unknown = setup.registry.credential(&claim(&token_of("forged", jti)), at(0)).await;
        assert!(unknown.unwrap().is_none());
    }
    assert_eq!(setup.asked(), ["CRED#forged"]);
    setup.look_up("a", 0).await;
    setup.asked();
    for jti in ["x", "y", "z"] {
        let known = setup.registry.credential(&claim(&token_of("shop-key", jti)), at(1)).await;
        assert!(known.unwrap().is_some());
    }
    assert_eq!(setup.asked(), NOTHING, "the secret is here to refuse them with");
}

#[tokio::test]
async fn without_a_cache_nothing_is_asked_twice_for_one_token() {
    let setup = Setup::start(0).await;
    for _ in 0..2 {
        assert_eq!(setup.look_up("a", 0).await, Some(Standing::Good));
        assert_eq!(setup.asked(), ["CRED#shop-key", "JTI#a SUB#consumer:shop"]);
    }
}

#[tokio::test]
async fn a_users_token_session_and_subject_are_one_request() {
    let setup = Setup::start(5).await;
    assert_eq!(setup.registry.check(&user(), at(0)).await.unwrap(), Standing::Good);
    assert_eq!(setup.asked(), ["JTI#j SID#s SUB#123456"]);
    setup.put("SID#s", &json!({"ttl": {"N": (NOON + 60).to_string()}}));
    assert_eq!(setup.registry.check(&user(), at(4)).await.unwrap(), Standing::Good);
    assert_eq!(setup.registry.check(&user(), at(5)).await.unwrap(), Standing::Revoked);
}

#[tokio::test]
async fn what_was_left_unprocessed_is_asked_for_again_and_never_taken_for_absent() {
    let setup = Setup::start(5).await;
    setup.table.lock().unwrap().unprocessed = vec![2, 1];
    assert_eq!(setup.registry.check(&user(), at(0)).await.unwrap(), Standing::Good);
    assert_eq!(setup.asked(), ["JTI#j SID#s SUB#123456", "SID#s SUB#123456", "SUB#123456"]);

    setup.table.lock().unwrap().unprocessed = vec![9; 100];
    assert!(setup.registry.check(&user(), at(10)).await.is_err());
    assert!(setup.registry.credential(&claim(&token_of("shop-key", "a")), at(10)).await.is_err());
    assert!(setup.asked().len() <= 8, "and not for ever");
}

#[tokio::test]
async fn an_item_that_makes_no_sense_is_neither_a_credential_nor_an_absence() {
    let setup = Setup::start(5).await;
    let mut broken = credential();
    broken["secrets"] = json!({"L": [{"M": {"value": {"S": "hunter2"}}}]});
    setup.put("CRED#shop-key", &broken);
    for _ in 0..2 {
        let told = setup.registry.credential(&claim(&token_of("shop-key", "a")), at(0)).await.unwrap_err();
        assert_eq!(
            told.to_string(),
            "the registry table is not available: the credential \"shop-key\" cannot be used: its secret \
             number 1: the secret has 7 bytes, HS256 needs at least 32"
        );
    }
    setup.put("JTI#j", &json!({"ttl": {"S": "soon"}}));
    assert!(setup.registry.check(&user(), at(0)).await.is_err());
    setup.put("CRED#shop-key", &credential());
    assert!(setup.look_up("a", 0).await.is_some(), "mended: an error is not kept");
}

#[tokio::test]
async fn many_at_once_see_one_and_the_same() {
    let setup = Arc::new(Setup::start(5).await);
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let setup = Arc::clone(&setup);
            tokio::spawn(async move { setup.look_up(&format!("j{}", n % 5), 0).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Some(Standing::Good));
    }
    setup.asked();
    assert_eq!(setup.look_up("j0", 1).await, Some(Standing::Good));
    assert_eq!(setup.asked(), NOTHING);
}

#[tokio::test]
async fn a_credential_is_revoked_in_its_own_item_and_only_where_there_is_one() {
    let setup = Setup::start(5).await;
    let not_before = at(0).wall;
    let revocation = Revocation::Credential { key: "shop-key".into(), not_before };
    setup.registry.revoke(&revocation, at(60).wall).await.unwrap();
    let written = std::mem::take(&mut setup.table.lock().unwrap().written);
    let [(operation, body)] = written.as_slice() else { panic!("{written:?}") };
    assert_eq!(operation, "UpdateItem");
    assert_eq!(body["Key"], json!({"pk": {"S": "CRED#shop-key"}}));
    assert_eq!(body["UpdateExpression"], "SET not_before = :not_before", "and no ttl");
    assert_eq!(
        body["ConditionExpression"],
        "attribute_exists(pk) AND (attribute_not_exists(not_before) OR not_before < :not_before)"
    );
}
