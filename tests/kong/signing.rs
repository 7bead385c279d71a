//! Tokens signed by hand, so that they can say what no library would write.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::{credential::SECRET, request::Request};

pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const HS256: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// Signs tokens around one moment, the start of the test.
pub(crate) struct Signer {
    now: i64,
}

impl Signer {
    pub(crate) fn new(now: i64) -> Self {
        Self { now }
    }

    pub(crate) fn at(&self, secs: i64) -> i64 {
        self.now + secs
    }

    /// What a client of Kong's says: who it is, and for how long.
    pub(crate) fn claims(&self, key: &str) -> Value {
        json!({"iss": key, "exp": self.at(600)})
    }

    pub(crate) fn with(&self, name: &str, value: impl Into<Value>) -> Value {
        let mut claims = self.claims("shop-key");
        claims[name] = value.into();
        claims
    }

    pub(crate) fn token(&self, key: &str, secret: &str) -> String {
        sign(HS256, &self.claims(key).to_string(), secret.as_bytes())
    }

    /// A request with good claims that the shop has signed under this header.
    pub(crate) fn shop_header(&self, header: &str) -> Request {
        Request::bearer(&sign(header, &self.claims("shop-key").to_string(), SECRET.as_bytes()))
    }

    /// The claims of a good user's token.
    pub(crate) fn users_claims(&self) -> Value {
        json!({"iss": ISSUER, "aud": "chatbot", "sub": "123456", "name": "John Doe", "type": "access",
               "role": "USER", "sid": "s1", "jti": "users-j1", "iat": self.now, "exp": self.at(600)})
    }

    /// A good user's token, signed with the shared secret.
    pub(crate) fn users(&self) -> String {
        sign(HS256, &self.users_claims().to_string(), shared_secret().as_bytes())
    }
}

/// A request with claims that the shop has signed.
pub(crate) fn by_shop(claims: &Value) -> Request {
    shop_text(&claims.to_string())
}

/// A request with a payload that the shop has signed, to the letter.
pub(crate) fn shop_text(payload: &str) -> Request {
    Request::bearer(&sign(HS256, payload, SECRET.as_bytes()))
}

/// The secret that issuer and authorizer share in these tests.
pub(crate) fn shared_secret() -> String {
    let file = crate::running::shared_secret_file();
    std::fs::read_to_string(file).unwrap().trim_end().to_owned()
}

pub(crate) fn sign(header: &str, payload: &str, secret: &[u8]) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    macro_rules! tag {
        ($hash:ty) => {
            encode(
                Hmac::<$hash>::new_from_slice(secret).unwrap().chain_update(&input).finalize().into_bytes(),
            )
        };
    }
    let tag = match header {
        header if header.contains("HS384") => tag!(Sha384),
        header if header.contains("HS512") => tag!(Sha512),
        _ => tag!(Sha256),
    };
    format!("{input}.{tag}")
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
