//! Making access tokens.

use serde::Serialize;

use crate::{Key, KeyRing, Reason, Role, Timestamp};

/// The longest lifetime of an access token in seconds. A rotation keeps the old
/// key for as long as this, so nothing may live longer.
pub const MAX_LIFETIME_SECS: u64 = 3600;

/// What an access token says about a user.
#[derive(Debug, Clone)]
pub struct AccessClaims {
    pub sub: String,
    pub username: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub role: Role,
    pub sid: Option<String>,
    /// Unique per token; the caller brings the randomness.
    pub jti: String,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Signs access tokens for one issuer and audience.
#[derive(Debug, Clone)]
pub struct Minter {
    pub issuer: String,
    /// At least one.
    pub audience: Vec<String>,
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    aud: OneOrMany<'a>,
    sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(rename = "type")]
    token_type: &'static str,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    jti: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMany<'a> {
    One(&'a str),
    Many(&'a [String]),
}

impl Minter {
    /// Returns a signed token, or `None` where the ring has no key to sign with
    /// at `now`.
    pub fn mint(&self, claims: &AccessClaims, keys: &KeyRing, now: Timestamp) -> Option<String> {
        let payload = Payload {
            iss: &self.issuer,
            aud: match self.audience.as_slice() {
                [one] => OneOrMany::One(one),
                many => OneOrMany::Many(many),
            },
            sub: &claims.sub,
            username: claims.username.as_deref(),
            name: claims.name.as_deref(),
            email: claims.email.as_deref(),
            token_type: "access",
            role: claims.role,
            sid: claims.sid.as_deref(),
            jti: &claims.jti,
            iat: claims.issued_at.as_unix_secs(),
            exp: claims.expires_at.as_unix_secs(),
        };
        sign(&payload, keys.signing_key(now)?).ok()
    }
}

/// Signs any claims with `key`, in its first algorithm, naming it in the header.
pub(crate) fn sign(claims: &impl Serialize, key: &Key) -> Result<String, Reason> {
    let algorithm = key.algorithms().iter().next().ok_or(Reason::Algorithm)?;
    let mut header = jsonwebtoken::Header::new(algorithm.for_jsonwebtoken());
    header.kid = key.id().map(str::to_owned);
    jsonwebtoken::encode(&header, claims, &key.for_signing()).map_err(|_| Reason::Malformed)
}
