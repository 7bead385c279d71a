//! Credentials as the registry's table has them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(crate) const SECRET: &str = "the-shop-signs-with-this-secret-0123456789";
pub(crate) const NEXT: &str = "the-shop-will-sign-with-this-one-0123456789";
pub(crate) const OTHER: &str = "another-consumer-has-this-secret-0123456789";
pub(crate) const LONG: &str = "a-secret-that-is-long-enough-for-any-hash-there-is-here-0123456789abcdef";

/// Bytes whose base64 differs between the two alphabets.
pub(crate) const BYTES: [u8; 33] = [0xfb; 33];
pub(crate) const BYTES_STANDARD: &str = "+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7";
pub(crate) const BYTES_URL: &str = "-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7";

/// By key. Rows that change a credential have one of their own.
pub(crate) type Credentials = BTreeMap<&'static str, Value>;

/// One item without its key.
pub(crate) fn item(consumer: &str, secrets: &[Value]) -> Value {
    json!({"consumer": {"S": consumer}, "role": {"S": "USER"}, "secrets": {"L": secrets}})
}

pub(crate) fn plain(value: &str) -> Value {
    json!({"M": {"value": {"S": value}}})
}

pub(crate) fn base64(value: &str) -> Value {
    json!({"M": {"value": {"S": value}, "base64": {"BOOL": true}}})
}

pub(crate) fn until(value: &str, not_after: i64) -> Value {
    json!({"M": {"value": {"S": value}, "not_after": {"N": not_after.to_string()}}})
}

/// Adds or replaces an attribute.
pub(crate) fn with(mut item: Value, name: &str, value: Value) -> Value {
    item[name] = value;
    item
}

/// The credentials that no row changes.
pub(crate) fn standing() -> Credentials {
    let shop = || item("shop", &[plain(SECRET)]);
    let number = |secs: i64| json!({"N": secs.to_string()});
    BTreeMap::from([
        ("shop-key", with(shop(), "custom_id", json!({"S": "c-7"}))),
        ("other-key", with(item("other", &[plain(OTHER)]), "role", json!({"S": "ADMIN"}))),
        ("hs384-key", with(item("shop", &[plain(LONG)]), "algorithm", json!({"S": "HS384"}))),
        ("hs512-key", with(item("shop", &[plain(LONG)]), "algorithm", json!({"S": "HS512"}))),
        ("rsa-key", with(item("shop", &[]), "algorithm", json!({"S": "RS256"}))),
        ("capped-key", with(shop(), "max_lifetime_secs", number(300))),
        ("negative-cap-key", with(shop(), "max_lifetime_secs", number(-1))),
        ("base64-key", item("shop", &[base64(BYTES_STANDARD)])),
        ("base64url-key", item("shop", &[base64(BYTES_URL)])),
        ("plain-base64-key", item("shop", &[plain(BYTES_STANDARD)])),
        ("junk-base64-key", item("shop", &[base64("this is no base64, but it is long enough")])),
        ("short-base64-key", item("shop", &[base64("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ==")])),
        ("tagged-key", with(shop(), "tags", json!({"L": [{"S": "one"}, {"S": "two"}]}))),
        ("short-key", item("shop", &[plain("tooshort")])),
        ("empty-key", item("shop", &[plain("")])),
        ("no-secret-key", item("shop", &[])),
        ("twin-key", item("other", &[plain(SECRET)])),
        ("disabled-key", with(shop(), "enabled", json!({"BOOL": false}))),
        ("roleless-key", with(shop(), "role", json!({"S": "ROOT"}))),
        ("issued-before-key", with(shop(), "not_before", number(4_102_444_800))),
        ("over-key", with(shop(), "ttl", number(1_750_000_000))),
        (crate::signing::ISSUER, item("impostor", &[plain(SECRET)])),
        ("j1", item("jack", &[plain(OTHER)])),
    ])
}
