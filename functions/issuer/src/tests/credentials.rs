//! Credentials of consumers over HTTP: each case that Kong tests of its admin
//! API for them, and ours.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    app::Answer,
    consumers::Office,
    database::on_each_database,
    table::{at, sign},
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "fedcba9876543210fedcba9876543210";

const WHICH: &str = "is not HS256, HS384 or HS512: no others are served";
const NO_USE: &str = "has no use: only HS256, HS384 and HS512 are served";
const NEEDED: &str = "is needed: an object with id or username";

impl Office {
    /// Who a verifier takes a token of this key and secret for.
    async fn verified(&self, key: &str, secret: &str, secs: u64) -> Result<String, String> {
        let principal = self.table.verify(&sign(key, secret.as_bytes(), 0), at(secs)).await?;
        Ok(format!("{} {}", principal.id(), principal.role()))
    }

    /// Makes a credential of the consumer with this key.
    async fn credential(&self, consumer: &str, key: &str) -> Answer {
        let path = format!("/consumers/{consumer}/jwt");
        let made = self.post(&path, json!({"key": key, "secret": SECRET})).await;
        assert_eq!(made.status, 201, "{}", made.text);
        made
    }
}

fn is_alphanumeric(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

// What Kong's suite has of POST.

async fn a_credential_is_made_for_its_consumer() {
    let office = Office::open().await;
    let id = office.consumer("shop").await;
    let made = office.post("/consumers/shop/jwt", json!({})).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["consumer"], json!({"id": id}));
    let (key, secret) = (made.field("key"), made.field("secret"));
    assert!(is_alphanumeric(&key, 32) && is_alphanumeric(&secret, 32));
    assert_eq!(office.verified(&key, &secret, 1).await, Ok("consumer:shop USER".into()));
    let ours = made.json();
    assert_eq!(
        (
            &ours["enabled"],
            &ours["role"],
            &ours["max_lifetime_seconds"],
            &ours["not_before"],
            &ours["secret_is_base64"]
        ),
        (&json!(true), &json!("USER"), &json!(31_536_000), &Value::Null, &json!(false))
    );
    // A client that says nothing at all.
    assert_eq!(office.app.send(office.request(Method::POST, "/consumers/shop/jwt")).await.status, 201);
    office.post("/consumers/nobody/jwt", json!({})).await.is_error(404, "not_found");
}

async fn tags_stay_in_their_order() {
    let office = Office::open().await;
    office.consumer("shop").await;
    let made = office.post("/consumers/shop/jwt", json!({"tags": ["z", "a", "m"]})).await;
    assert_eq!((made.status.as_u16(), &made.json()["tags"]), (201, &json!(["z", "a", "m"])));
    let read = office.get(&format!("/jwts/{}", made.field("key"))).await;
    assert_eq!(read.json()["tags"], json!(["z", "a", "m"]));
}

async fn a_short_secret_is_refused_with_the_length_that_is_needed() {
    let office = Office::open().await;
    office.consumer("shop").await;
    let short = office.post("/consumers/shop/jwt", json!({"key": "bob3", "secret": "tooshort"})).await;
    short.faults(400, &json!({"secret": "has 8 bytes, HS256 needs at least 32"}));
    assert!(!short.text.contains("tooshort"));
    let longer = json!({"secret": SECRET, "algorithm": "HS512"});
    let longer = office.post("/consumers/shop/jwt", longer).await;
    longer.faults(400, &json!({"secret": "has 32 bytes, HS512 needs at least 64"}));
    let base64 = json!({"secret": SECRET, "secret_is_base64": true});
    let base64 = office.post("/consumers/shop/jwt", base64).await;
    base64.faults(400, &json!({"secret": "has 24 bytes, HS256 needs at least 32"}));
    let none = office.post("/consumers/shop/jwt", json!({"secret": "!!", "secret_is_base64": true})).await;
    none.faults(400, &json!({"secret": "is not valid base64"}));
    let long = office.post("/consumers/shop/jwt", json!({"secret": "x".repeat(4097)})).await;
    long.faults(400, &json!({"secret": "has more than 4096 bytes"}));
    let made = office.post("/consumers/shop/jwt", json!({"key": "bob3", "secret": SECRET})).await;
    assert_eq!(
        (made.status.as_u16(), made.field("key"), made.field("secret")),
        (201, "bob3".into(), SECRET.into())
    );
}

async fn two_consumers_may_have_one_secret() {
    let office = Office::open().await;
    for name in ["bob", "alice"] {
        office.consumer(name).await;
        office.credential(name, &format!("key-of-{name}")).await;
        let told = office.verified(&format!("key-of-{name}"), SECRET, 1).await;
        assert_eq!(told, Ok(format!("consumer:{name} USER")));
    }
}

async fn what_is_no_hmac_is_refused_in_either_form() {
    let office = Office::open().await;
    office.consumer("shop").await;
    for algorithm in ["RS256", "ES384", "PS512", "EdDSA", "none", "hs256"] {
        let json = json!({"algorithm": algorithm, "rsa_public_key": "-----BEGIN PUBLIC KEY-----"});
        let told = office.post("/consumers/shop/jwt", json).await;
        told.faults(400, &json!({"algorithm": WHICH, "rsa_public_key": NO_USE}));
        let form = format!("algorithm={algorithm}&rsa_public_key=-----BEGIN+PUBLIC+KEY-----");
        let told = office.form(Method::POST, "/consumers/shop/jwt", &form).await;
        told.faults(400, &json!({"algorithm": WHICH, "rsa_public_key": NO_USE}));
        // Without a public key, and with junk for one.
        let told = office.post("/consumers/shop/jwt", json!({"algorithm": algorithm})).await;
        told.faults(400, &json!({"algorithm": WHICH}));
    }
    let null = office.post("/consumers/shop/jwt", json!({"rsa_public_key": null})).await;
    assert_eq!(null.status, 201);
}

async fn a_secret_is_made_up_for_any_algorithm() {
    let office = Office::open().await;
    office.consumer("shop").await;
    for (algorithm, length, base64_length) in [("HS256", 32, 44), ("HS384", 48, 64), ("HS512", 64, 88)] {
        let made = office.post("/consumers/shop/jwt", json!({"algorithm": algorithm})).await;
        assert_eq!((made.status.as_u16(), made.field("algorithm")), (201, algorithm.into()));
        assert!(is_alphanumeric(&made.field("secret"), length));
        let base64 = json!({"algorithm": algorithm, "secret_is_base64": true});
        let made = office.post("/consumers/shop/jwt", base64).await;
        assert!(is_alphanumeric(&made.field("secret"), base64_length));
    }
}

// GET.

async fn credentials_of_a_consumer_are_listed_and_read_by_id_and_key() {
    let office = Office::open().await;
    let (bob, _) = (office.consumer("bob").await, office.consumer("alice").await);
    let made = office.credential("bob", "a").await;
    office.credential("bob", "b").await;
    office.credential("alice", "c").await;
    for consumer in ["bob", &bob] {
        for slash in ["", "/"] {
            let list = office.get(&format!("/consumers/{consumer}/jwt{slash}")).await;
            let keys: Vec<_> =
                list.json()["data"].as_array().unwrap().iter().map(|one| one["key"].clone()).collect();
            assert_eq!((list.status.as_u16(), keys), (200, vec![json!("a"), json!("b")]));
        }
        for name in [made.field("id"), "a".into()] {
            let read = office.get(&format!("/consumers/{consumer}/jwt/{name}")).await;
            assert_eq!((read.status.as_u16(), read.field("key")), (200, "a".into()));
            assert_eq!(read.json().get("secret"), None, "a secret is shown once");
        }
    }
    office.get("/consumers/bob/jwt/c").await.is_error(404, "not_found");
    office.get("/consumers/nobody/jwt").await.is_error(404, "not_found");
    office
        .get("/consumers/bob/jwt?custom_id=7")
        .await
        .faults(400, &json!({"custom_id": "is not something that this list can be asked by"}));
}

// PUT.

async fn a_credential_is_put_by_key_or_id() {
    let office = Office::open().await;
    office.consumer("shop").await;
    let made =
        office.put("/consumers/shop/jwt/new-key", json!({"algorithm": "HS256", "secret": SECRET})).await;
    assert_eq!(
        (made.status.as_u16(), made.field("key"), made.field("secret")),
        (200, "new-key".into(), SECRET.into())
    );
    let id = made.field("id");
    let replaced = office.put("/consumers/shop/jwt/new-key", json!({"secret": OTHER, "role": "admin"})).await;
    assert_eq!((replaced.status.as_u16(), replaced.field("id")), (200, id.clone()));
    assert_eq!(office.verified("new-key", SECRET, 1).await, Err("bad_signature".into()));
    assert_eq!(office.verified("new-key", OTHER, 1).await, Ok("consumer:shop ADMIN".into()));

    let read = office.get("/consumers/shop/jwt/new-key").await.json();
    let back = office.put("/consumers/shop/jwt/new-key", read.clone()).await;
    assert_eq!((back.status.as_u16(), back.json()), (200, read), "what is read can be put back");
    assert_eq!(office.verified("new-key", OTHER, 1).await, Ok("consumer:shop ADMIN".into()));
    let bare = office.put("/consumers/shop/jwt/new-key", json!({})).await;
    assert_eq!((bare.field("role"), bare.json().get("secret")), ("USER".into(), None), "but for its secret");
    assert_eq!(office.verified("new-key", OTHER, 1).await, Ok("consumer:shop USER".into()));

    let renamed =
        office.put(&format!("/consumers/shop/jwt/{id}"), json!({"key": "renamed", "secret": SECRET})).await;
    assert_eq!((renamed.status.as_u16(), renamed.field("id")), (200, id.clone()));
    office.get("/jwts/new-key").await.is_error(404, "not_found");
    let kept = office.put(&format!("/consumers/shop/jwt/{id}"), json!({"secret": OTHER})).await;
    assert_eq!(kept.field("key"), "renamed");
    let fresh = office.put("/consumers/shop/jwt/1b0d6a5c-0000-4000-8000-000000000007", json!({})).await;
    assert!(is_alphanumeric(&fresh.field("key"), 32) && is_alphanumeric(&fresh.field("secret"), 32));

    let other = office.put("/consumers/shop/jwt/renamed", json!({"key": "else"})).await;
    other.faults(400, &json!({"key": "is another than in the path"}));
    office.consumer("other").await;
    let taken = office.put("/consumers/other/jwt/renamed", json!({"secret": SECRET})).await;
    taken.faults(409, &json!({"key": "is taken"}));
}

// PATCH.

async fn a_new_secret_takes_the_place_of_the_old_one_by_id_and_by_key() {
    let office = Office::open().await;
    office.consumer("shop").await;
    let id = office.credential("shop", "k").await.field("id");
    for (name, secret, old) in [(id.as_str(), OTHER, SECRET), ("k", SECRET, OTHER)] {
        let patched = office.patch(&format!("/consumers/shop/jwt/{name}"), json!({"secret": secret})).await;
        assert_eq!((patched.status.as_u16(), patched.field("secret")), (200, secret.into()));
        assert_eq!(office.verified("k", secret, 1).await, Ok("consumer:shop USER".into()));
        assert_eq!(office.verified("k", old, 1).await, Err("bad_signature".into()));
    }
    let patched =
        office.patch("/jwts/k", json!({"enabled": false, "max_lifetime_seconds": 60, "key": "l"})).await;
    assert_eq!((patched.status.as_u16(), patched.json().get("secret")), (200, None));
    assert_eq!(office.verified("l", SECRET, 1).await, Err("consumer_disabled".into()));
    let enabled = office.form(Method::PATCH, "/jwts/l", "enabled=true&max_lifetime_seconds=7200").await;
    assert_eq!(enabled.json()["max_lifetime_seconds"], 7200);
    assert!(office.verified("l", SECRET, 1).await.is_ok());
    let nothing = office.patch("/jwts/l", json!({})).await;
    assert_eq!((nothing.status.as_u16(), nothing.json()), (200, enabled.json()));
    let odd = json!({"max_lifetime_seconds": -1, "enabled": "maybe", "role": "ROOT", "not_before": "x", "scope": 1});
    office.patch("/jwts/l", odd).await.faults(
        400,
        &json!({
            "max_lifetime_seconds": "is not a whole number",
            "enabled": "is not true or false",
            "role": "is not ADMIN, SUPERVISOR or USER",
            "not_before": "is not a whole number",
            "scope": "is not a field of this",
        }),
    );
    let late = json!({"not_before": 1_750_000_000_000_u64, "max_lifetime_seconds": u64::MAX});
    let late = office.patch("/jwts/l", late).await;
    late.faults(400, &json!({"not_before": "is after the year 9999; it is in seconds"}));
    let ever = office.patch("/jwts/l", json!({"max_lifetime_seconds": u64::MAX})).await;
    ever.faults(400, &json!({"max_lifetime_seconds": "is out of range"}));
    let zero = office.patch("/jwts/l", json!({"max_lifetime_seconds": 0})).await;
    zero.faults(400, &json!({"max_lifetime_seconds": "is zero"}));
    let encoding = office.patch("/jwts/l", json!({"secret_is_base64": true})).await;
    encoding.faults(400, &json!({"secret_is_base64": "changes with the secret only"}));
    office.patch("/consumers/shop/jwt/nothing", json!({})).await.is_error(404, "not_found");
}

async fn a_revocation_is_never_undone() {
    let office = Office::open().await;
    office.consumer("shop").await;
    office.credential("shop", "k").await;
    let patched = office.patch("/jwts/k", json!({"not_before": 1_750_000_100})).await;
    assert_eq!(patched.json()["not_before"], 1_750_000_100);
    for body in [json!({"not_before": 1}), json!({"not_before": null})] {
        assert_eq!(office.patch("/jwts/k", body).await.json()["not_before"], 1_750_000_100);
    }
    let put = office.put("/consumers/shop/jwt/k", json!({"secret": SECRET})).await;
    assert_eq!(put.json()["not_before"], 1_750_000_100);
    assert_eq!(office.verified("k", SECRET, 100).await, Err("revoked".into()));
}

// DELETE.

async fn a_credential_is_deleted_once() {
    let office = Office::open().await;
    office.consumer("shop").await;
    let id = office.credential("shop", "k").await.field("id");
    office.credential("shop", "l").await;
    assert_eq!(office.delete("/consumers/shop/jwt/k").await.status, 204);
    assert_eq!(office.verified("k", SECRET, 1).await, Err("unknown_consumer".into()));
    for path in
        ["/consumers/shop/jwt/k".to_owned(), format!("/consumers/shop/jwt/{id}"), format!("/jwts/{id}")]
    {
        office.delete(&path).await.is_error(404, "not_found");
    }
    assert_eq!(office.delete("/jwts/l").await.status, 204);
}

// /jwts.

async fn all_credentials_are_listed_with_and_without_a_slash() {
    let office = Office::open().await;
    office.consumer("bob").await;
    office.consumer("alice").await;
    office.credential("bob", "a").await;
    office.credential("alice", "b").await;
    for path in ["/jwts", "/jwts/"] {
        let list = office.get(path).await;
        assert_eq!((list.status.as_u16(), list.json()["data"].as_array().unwrap().len()), (200, 2));
        assert!(!list.text.contains(SECRET) && !list.text.contains("\"secret\""), "{}", list.text);
    }
    let first = office.get("/jwts?size=1").await.json();
    let second =
        office.get(&format!("/jwts?size=1&offset={}", first["offset"].as_str().unwrap())).await.json();
    assert_eq!((first["data"].as_array().unwrap().len(), second["data"].as_array().unwrap().len()), (1, 1));
    assert_ne!(first["data"], second["data"]);
    assert_eq!((second.get("offset"), &second["next"]), (None, &Value::Null));
}

async fn a_credential_is_made_and_put_beside_its_consumer() {
    let office = Office::open().await;
    let id = office.consumer("bob").await;
    office.post("/jwts", json!({})).await.faults(400, &json!({"consumer": NEEDED}));
    office.put("/jwts/k", json!({"secret": SECRET})).await.faults(400, &json!({"consumer": NEEDED}));
    let made = office.post("/jwts", json!({"consumer": {"id": id}})).await;
    assert_eq!((made.status.as_u16(), &made.json()["consumer"]), (201, &json!({"id": id})));
    let put = office.put("/jwts/k", json!({"consumer": {"username": "bob"}, "secret": SECRET})).await;
    assert_eq!((put.status.as_u16(), put.field("key")), (200, "k".into()));
    let form = format!("consumer.id={id}&key=f&secret={SECRET}");
    assert_eq!(office.form(Method::POST, "/jwts", &form).await.status, 201);
    assert_eq!(office.verified("f", SECRET, 1).await, Ok("consumer:bob USER".into()));

    let nobody =
        office.post("/jwts", json!({"consumer": {"id": "1b0d6a5c-0000-4000-8000-000000000001"}})).await;
    nobody.faults(400, &json!({"consumer": "is not there"}));
    let text = office.post("/jwts", json!({"consumer": "bob"})).await;
    text.faults(400, &json!({"consumer": "is not an object with id or username"}));
    office.consumer("alice").await;
    let moved = office.patch("/jwts/k", json!({"consumer": {"username": "alice"}})).await;
    moved.faults(400, &json!({"consumer": "cannot change"}));
    let path = office.post("/consumers/alice/jwt", json!({"consumer": {"id": id}})).await;
    path.faults(400, &json!({"consumer": "is another than in the path"}));
    let again = office.post("/jwts", json!({"consumer": {"id": id}, "key": "k"})).await;
    again.faults(409, &json!({"key": "is taken"}));
}

async fn the_consumer_of_a_credential_is_read_by_id_and_by_key() {
    let office = Office::open().await;
    let id = office.consumer("bob").await;
    let made = office.credential("bob", "k").await;
    for name in [made.field("id"), "k".into()] {
        let read = office.get(&format!("/jwts/{name}/consumer")).await;
        assert_eq!(
            (read.status.as_u16(), read.field("id"), read.field("username")),
            (200, id.clone(), "bob".into())
        );
    }
    for name in ["1b0d6a5c-0000-4000-8000-000000000001", "nothing"] {
        office.get(&format!("/jwts/{name}/consumer")).await.is_error(404, "not_found");
        office.get(&format!("/jwts/{name}")).await.is_error(404, "not_found");
    }
}

// Ours.

async fn two_secrets_live_until_the_old_one_is_over() {
    let office = Office::open().await;
    office.consumer("shop").await;
    office.credential("shop", "k").await;
    let replaced = office.post("/consumers/shop/jwt/k/secret", json!({})).await;
    let new = replaced.field("secret");
    assert!(replaced.status == 200 && is_alphanumeric(&new, 32));
    assert_eq!(replaced.json()["secrets"][1]["not_after"], 1_750_003_600, "an hour where nothing is said");
    for (secret, secs, good) in [(SECRET, 3500, true), (&new, 3500, true), (SECRET, 3601, false)] {
        let told = office.table.verify(&sign("k", secret.as_bytes(), secs), at(secs)).await;
        assert_eq!(told.is_ok(), good, "{secs}");
    }
    let given = json!({"secret": OTHER, "overlap_seconds": 0});
    let given = office.post("/consumers/shop/jwt/k/secret", given).await;
    assert_eq!((given.field("secret"), given.json()["secrets"].as_array().unwrap().len()), (OTHER.into(), 1));
    assert_eq!(office.verified("k", &new, 1).await, Err("bad_signature".into()));
    assert_eq!(
        office.form(Method::POST, "/consumers/shop/jwt/k/secret", "overlap_seconds=60").await.status,
        200
    );
    assert_eq!(office.post("/consumers/shop/jwt/k/secret", json!({})).await.status, 200);
    let fourth = office.post("/consumers/shop/jwt/k/secret", json!({})).await;
    fourth.faults(400, &json!({"secret": "would be the 4th that is good at once; at most 3 may be"}));
    let long =
        office.post("/consumers/shop/jwt/k/secret", json!({"overlap_seconds": 31_536_001, "x": 1})).await;
    long.faults(400, &json!({"overlap_seconds": "is more than a year", "x": "is not a field of this"}));
    let same = json!({"secret": OTHER, "overlap_seconds": 5});
    let same = office.post("/consumers/shop/jwt/k/secret", same).await;
    assert_eq!(same.status, 400);
    office.post("/consumers/shop/jwt/nothing/secret", json!({})).await.is_error(404, "not_found");
}

async fn a_base64_secret_stays_one_where_nothing_else_is_said() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let office = Office::open().await;
    office.consumer("shop").await;
    let bytes = |byte: u8| BASE64_STANDARD.encode([byte; 33]);
    let made = json!({"key": "k", "secret": bytes(0xfb), "secret_is_base64": true});
    assert_eq!(office.post("/consumers/shop/jwt", made).await.status, 201);
    let by = async |byte: u8| office.table.verify(&sign("k", &[byte; 33], 0), at(1)).await.is_ok();
    assert!(by(0xfb).await);
    let patched = office.patch("/jwts/k", json!({"secret": bytes(0xfc)})).await;
    assert_eq!(patched.json()["secret_is_base64"], true);
    assert!(by(0xfc).await);
    assert_eq!(office.post("/consumers/shop/jwt/k/secret", json!({"secret": bytes(0xfd)})).await.status, 200);
    assert!(by(0xfc).await && by(0xfd).await);
    let plain = office.patch("/jwts/k", json!({"secret": SECRET, "secret_is_base64": false})).await;
    assert_eq!(plain.json()["secret_is_base64"], false);
    assert!(office.verified("k", SECRET, 1).await.is_ok());
}

async fn revoking_ends_the_tokens_before_it() {
    let office = Office::open().await;
    office.consumer("shop").await;
    office.credential("shop", "k").await;
    office.app.clock.advance(60);
    let revoked = office.app.send(office.request(Method::POST, "/consumers/shop/jwt/k/revoke")).await;
    assert_eq!(revoked.status, 204);
    let told = office.app.registry.revoked.lock().unwrap().clone();
    let expected = registry::Revocation::Credential { key: "k".into(), not_before: at(61).wall };
    assert_eq!(told, [(expected, at(60).wall.plus(31_536_000 + 300))]);
    office.app.registry.set_down(true);
    let later = office.app.send(office.request(Method::POST, "/consumers/shop/jwt/k/revoke")).await;
    assert_eq!(later.status, 202);
    let nothing = office.request(Method::POST, "/consumers/shop/jwt/nothing/revoke");
    office.app.send(nothing).await.is_error(404, "not_found");
}

async fn no_credential_stands_in_for_the_issuer() {
    let office = Office::open().await;
    office.consumer("shop").await;
    office.credential("shop", "k").await;
    let own = json!({"key": "https://auth.example.com"});
    let fault = json!({"key": "is the issuer's own name"});
    office.post("/consumers/shop/jwt", own.clone()).await.faults(400, &fault);
    office.patch("/jwts/k", own).await.faults(400, &fault);
    let put = office.put("/consumers/shop/jwt/https%3A%2F%2Fauth.example.com", json!({})).await;
    put.faults(400, &fault);
}

async fn no_secret_is_kept_or_said_where_it_does_not_belong() {
    let office = Office::open().await;
    office.consumer("shop").await;
    let made = office.post("/consumers/shop/jwt", json!({"key": "k"})).await;
    let replaced = office.post("/consumers/shop/jwt/k/secret", json!({})).await;
    let kept = String::from_utf8_lossy(&office.app.database.bytes()).into_owned();
    for secret in [made.field("secret"), replaced.field("secret")] {
        assert!(!kept.contains(&secret));
        for path in ["/jwts", "/jwts/k", "/consumers/shop/jwt", "/consumers/shop/jwt/k"] {
            assert!(!office.get(path).await.text.contains(&secret), "{path}");
        }
    }
    assert_eq!(made.header("cache-control"), "no-store");
    let events = office.events().await;
    let told: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(told, ["consumer_created", "credential_created", "credential_secret_replaced"]);
}

on_each_database! {
    a_credential_is_made_for_its_consumer,
    tags_stay_in_their_order,
    a_short_secret_is_refused_with_the_length_that_is_needed,
    two_consumers_may_have_one_secret,
    what_is_no_hmac_is_refused_in_either_form,
    a_secret_is_made_up_for_any_algorithm,
    credentials_of_a_consumer_are_listed_and_read_by_id_and_key,
    a_credential_is_put_by_key_or_id,
    a_new_secret_takes_the_place_of_the_old_one_by_id_and_by_key,
    a_revocation_is_never_undone,
    a_credential_is_deleted_once,
    all_credentials_are_listed_with_and_without_a_slash,
    a_credential_is_made_and_put_beside_its_consumer,
    the_consumer_of_a_credential_is_read_by_id_and_by_key,
    two_secrets_live_until_the_old_one_is_over,
    a_base64_secret_stays_one_where_nothing_else_is_said,
    revoking_ends_the_tokens_before_it,
    no_credential_stands_in_for_the_issuer,
    no_secret_is_kept_or_said_where_it_does_not_belong,
}
