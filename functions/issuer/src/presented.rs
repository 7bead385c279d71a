//! What is it that somebody presents as a token?
//!
//! Only what its signature vouches for is recognised as anything. Whether it is
//! still good is another question, for those who ask about it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use token::{KeyClaim, Principal, RefreshGrant, TokenPath};

use crate::issuer::{Fault, Issuer};

/// A token, by what it turned out to be.
#[derive(Debug)]
pub(crate) enum Presented {
    /// A refresh token of this issuer, not expired.
    Refresh(RefreshGrant, Claims),
    /// An access token that a verifier would take, revocation aside: a user's,
    /// or a consumer's.
    Access(Box<Principal>, Claims),
    Nothing,
}

/// What a token says beyond who it speaks for. Read after its signature held.
#[derive(Debug, Default)]
pub(crate) struct Claims(Map<String, Value>);

impl Issuer {
    /// Returns what `unverified_token` is.
    pub(crate) async fn recognise(&self, unverified_token: &str) -> Result<Presented, Fault> {
        let now = self.now();
        let issuer = &self.pairs.minter.issuer;
        if let Ok(grant) = self.pairs.refresh_key.verify(unverified_token, issuer, now) {
            return Ok(Presented::Refresh(grant, Claims::of(unverified_token)));
        }
        let principal = match self.verifier.path(unverified_token) {
            Ok(TokenPath::User) => self.principal_of(unverified_token).await?.ok(),
            Ok(TokenPath::Consumer(claim) | TokenPath::UserUnlessCredential(claim)) => {
                self.consumer_of(&claim, unverified_token).await?
            }
            Err(_) => None,
        };
        Ok(principal.map_or(Presented::Nothing, |principal| {
            Presented::Access(Box::new(principal), Claims::of(unverified_token))
        }))
    }

    async fn consumer_of(
        &self,
        claim: &KeyClaim,
        unverified_token: &str,
    ) -> Result<Option<Principal>, Fault> {
        let Some(lookup) = &self.lookup else {
            return Ok(None);
        };
        let moment = self.moment();
        let credential = lookup.credential(claim, moment).await?;
        Ok(credential.and_then(|credential| {
            self.verifier.verify_consumer(unverified_token, &credential, moment.wall).ok()
        }))
    }
}

impl Claims {
    fn of(verified_token: &str) -> Self {
        let payload = verified_token.split('.').nth(1).unwrap_or_default();
        let json = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        Self(serde_json::from_slice(&json).unwrap_or_default())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        self.0.get(name).filter(|value| !value.is_null()).cloned()
    }
}
