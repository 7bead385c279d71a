//! Programs that may ask about tokens and revoke them.
//!
//! A client has an id, which is no secret, and a secret of 256 random bits,
//! which is shown once and kept as a digest. To try one costs a lookup and a
//! fast hash, and nobody guesses it: so wrong ones are not slowed down.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use token::Timestamp;
use zeroize::Zeroizing;

use crate::{
    digest::SecretDigest,
    ids::{NoRandomness, new_id, random_bytes},
    issuer::{Fault, Issuer},
};

/// The longest name in characters.
const MAX_NAME_CHARS: usize = 128;

/// A client as stored, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// For people to recognise it.
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
}

/// What a client proves itself with.
pub(crate) struct ClientSecret(Zeroizing<String>);

/// Why there is no such client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NewClientError {
    #[error("a name has 1 to {MAX_NAME_CHARS} characters, none of them a control character")]
    Name,
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl Client {
    pub(crate) fn new(name: &str, now: Timestamp) -> Result<Self, NewClientError> {
        let name = name.trim();
        let chars = name.chars().take(MAX_NAME_CHARS + 1).count();
        if !(1..=MAX_NAME_CHARS).contains(&chars) || name.chars().any(char::is_control) {
            return Err(NewClientError::Name);
        }
        Ok(Self { id: new_id(now)?, name: name.to_owned(), created_at: now })
    }
}

impl ClientSecret {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(random_bytes()?);
        Ok(Self(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes))))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn digest(&self) -> SecretDigest {
        SecretDigest::of(&self.0)
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(redacted)")
    }
}

impl Issuer {
    /// Returns the client of that id, where the secret is its own.
    pub(crate) async fn authenticate_client(&self, id: &str, secret: &str) -> Result<Option<Client>, Fault> {
        let found = self.store.client(id).await?;
        Ok(found.filter(|(_, digest)| digest.is_of(secret)).map(|(client, _)| client))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_long_differs_each_time_and_cannot_print_itself() {
        let secret = ClientSecret::new().unwrap();
        assert_eq!(secret.as_str().len(), 43);
        assert_ne!(ClientSecret::new().unwrap().as_str(), secret.as_str());
        assert!(secret.digest().is_of(secret.as_str()));
        assert_eq!(format!("{secret:?}"), "ClientSecret(redacted)");
    }

    #[test]
    fn a_name_is_a_line_of_text() {
        let now = Timestamp::from_unix_secs(0);
        assert_eq!(Client::new(" the gateway ", now).unwrap().name, "the gateway");
        for bad in ["", "  ", "a\nb", &"x".repeat(129)] {
            assert_eq!(Client::new(bad, now), Err(NewClientError::Name), "{bad:?}");
        }
    }
}
