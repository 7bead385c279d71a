//! Events with tokens, and what they are checked with.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::path::Path;

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const AUDIENCE: &str = "chatbot";

/// Keys of a ring, by their place in it.
pub(crate) fn secret(number: u8) -> [u8; 32] {
    std::array::from_fn(|index| number.wrapping_mul(31).wrapping_add(u8::try_from(index).unwrap_or(0)))
}

/// The JSON of a ring of so many keys, all of them live.
pub(crate) fn ring(keys: u8) -> String {
    let keys: Vec<Value> = (0..keys)
        .map(|number| {
            let k = BASE64_URL_SAFE_NO_PAD.encode(secret(number));
            json!({"kty": "oct", "kid": format!("key-{number}"), "alg": "HS256", "k": k})
        })
        .collect();
    json!({ "keys": keys }).to_string()
}

/// The claims of the sample events, issued now.
pub(crate) fn claims(now: i64) -> Value {
    json!({
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "123456",
        "username": "johndoe",
        "name": "John Doe",
        "email": "john@example.com",
        "type": "access",
        "role": "USER",
        "sid": "0192f0c1-7e4a-7c3b-9a55-0f2d6c1b8e01",
        "jti": "0192f0c1-7e4a-7c3b-9a55-0f2d6c1b8e02",
        "iat": now,
        "exp": now + 1800,
    })
}

/// The part of a token that is signed, made with a key of a ring; with or without
/// its name in the header.
pub(crate) fn signing_input(key: Option<u8>, now: i64) -> String {
    let header = match key {
        Some(number) => json!({"alg": "HS256", "typ": "JWT", "kid": format!("key-{number}")}),
        None => json!({"alg": "HS256", "typ": "JWT"}),
    };
    [header, claims(now)].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string())).join(".")
}

pub(crate) fn sign(signing_input: &str, secret: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
    let tag = mac.chain_update(signing_input).finalize().into_bytes();
    format!("{signing_input}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag))
}

/// A sample event as it arrives, with `token` in place of the one it has.
pub(crate) fn event(name: &str, token: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events").join(format!("{name}.json"));
    let text = std::fs::read_to_string(path).expect("a sample event");
    let mut event: Value = serde_json::from_str(&text).expect("JSON");
    put(&mut event, &format!("Bearer {token}"));
    event.to_string().into_bytes()
}

fn put(value: &mut Value, credentials: &str) {
    match value {
        Value::String(text) if text.starts_with("Bearer ") => credentials.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, credentials)),
        Value::Object(members) => members.values_mut().for_each(|member| put(member, credentials)),
        _ => {}
    }
}
