//! What a verifier makes of what was written.

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use registry::{Registry, RegistryUnavailable, Standing};
use serde_json::json;
use token::{
    Algorithm, AlgorithmSet, Audience, Credential, IssuerRule, KeyClaim, Moment, Policy, TokenPath, Verifier,
};

use crate::setup::{NOON, Setup, TABLE};

pub(crate) fn at(secs: u64) -> Moment {
    Moment { subsec_millis: 0, wall: NOON.plus(secs), monotonic: Duration::from_secs(secs) }
}

impl Setup {
    /// The registry as a verifier has it, which remembers for as long.
    pub(crate) fn verifiers_registry(&self, cache_secs: u64) -> Registry {
        Registry::new(&self.aws, TABLE.into(), cache_secs)
    }

    /// What a verifier reads under `key`.
    pub(crate) async fn verifiers_credential(
        &self,
        key: &str,
    ) -> Result<Option<Arc<Credential>>, RegistryUnavailable> {
        self.verifiers_registry(0).credential(&claim(&sign(key, "")), at(0)).await
    }

    /// Who a token of this credential, signed with this secret, speaks for.
    pub(crate) async fn principal(&self, key: &str, secret: &str, secs: u64) -> Result<String, String> {
        let token = sign(key, secret);
        let registry = self.verifiers_registry(0);
        let credential = registry.credential(&claim(&token), at(secs)).await.unwrap().ok_or("unknown")?;
        let principal = verifier().verify_consumer(&token, &credential, at(secs).wall);
        let principal = principal.map_err(|rejection| format!("{:?}", rejection.reason))?;
        match registry.check(&principal, at(secs)).await.unwrap() {
            Standing::Good => Ok(principal.id().to_owned()),
            Standing::Revoked => Err("revoked".into()),
        }
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

/// A token that was issued at noon and is good for a day.
pub(crate) fn sign(key: &str, secret: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let noon = NOON.as_unix_secs();
    let claims = json!({"iss": key, "jti": "j", "iat": noon, "exp": noon + 86_400});
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let input = format!("{}.{}", encode(br#"{"alg":"HS256"}"#), encode(claims.to_string().as_bytes()));
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let tag = mac.chain_update(&input).finalize().into_bytes();
    format!("{input}.{}", encode(&tag))
}

pub(crate) fn claim(token: &str) -> KeyClaim {
    match verifier().path(token).unwrap() {
        TokenPath::Consumer(claim) => claim,
        other => panic!("{other:?}"),
    }
}
