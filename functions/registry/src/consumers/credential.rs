//! A consumer's credentials, as an administrator sees and changes them.
//!
//! Secrets go in and never come out: what is read says how many there are and
//! until when, and nothing here prints what is given.

use std::fmt;

use token::{Algorithm, CredentialSecret, Role, Timestamp};

use super::change::Change;

/// The longest secret in bytes, as it is given.
pub(super) const MAX_SECRET_BYTES: usize = 4096;

/// A credential, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialView {
    /// A UUID in lower case; the key of one that was written by hand without.
    pub id: String,
    /// What `iss` or `kid` of a token names.
    pub key: String,
    /// `None` where it was written by hand.
    pub consumer_id: Option<String>,
    /// The username of its consumer.
    pub consumer: String,
    pub custom_id: Option<String>,
    pub algorithm: Algorithm,
    pub role: Role,
    pub enabled: bool,
    pub max_lifetime_secs: u64,
    /// Tokens issued before this are revoked.
    pub not_before: Option<Timestamp>,
    /// In the order in which they were given.
    pub tags: Vec<String>,
    /// The newest first.
    pub secrets: Vec<SecretState>,
    /// `None` where it was written by hand.
    pub created_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

/// What may be known about a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretState {
    pub is_base64: bool,
    /// The last second in which it is good.
    pub not_after: Option<Timestamp>,
}

/// A credential to be made, or put in the place of another.
pub struct NewCredential {
    /// A UUID.
    pub id: String,
    pub key: String,
    pub algorithm: Algorithm,
    /// One to three, the newest first.
    pub secrets: Vec<CredentialSecret>,
    pub role: Role,
    pub enabled: bool,
    pub max_lifetime_secs: u64,
    /// A later one that is there already stays: a revocation is never undone.
    pub not_before: Option<Timestamp>,
    pub tags: Vec<String>,
}

/// What to change about a credential.
#[derive(Default)]
pub struct CredentialChange {
    pub key: Change<String>,
    pub algorithm: Change<Algorithm>,
    pub secrets: Change<Vec<CredentialSecret>>,
    pub role: Change<Role>,
    pub enabled: Change<bool>,
    pub max_lifetime_secs: Change<u64>,
    /// A later one that is there already stays.
    pub not_before: Change<Timestamp>,
    pub tags: Change<Vec<String>>,
}

/// Which credential is meant.
#[derive(Debug, Clone, Copy)]
pub struct CredentialPath<'p> {
    /// The id or username of the consumer that it must belong to; `None`: any.
    pub consumer: Option<&'p str>,
    pub id_or_key: &'p str,
}

impl CredentialView {
    /// How many of its secrets are good at `now`.
    pub fn live_secrets(&self, now: Timestamp) -> usize {
        self.secrets.iter().filter(|secret| secret.is_live(now)).count()
    }
}

impl SecretState {
    fn is_live(self, now: Timestamp) -> bool {
        self.not_after.is_none_or(|not_after| now <= not_after)
    }
}

impl fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCredential")
            .field("id", &self.id)
            .field("key", &self.key)
            .field("algorithm", &self.algorithm)
            .field("role", &self.role)
            .field("enabled", &self.enabled)
            .field("secrets", &"redacted")
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CredentialChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialChange")
            .field("key", &self.key)
            .field("algorithm", &self.algorithm)
            .field("role", &self.role)
            .field("enabled", &self.enabled)
            .field("secrets", &"redacted")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn a_secret_cannot_print_itself() {
        let value = Zeroizing::new("0123456789abcdef0123456789abcdef".to_owned());
        let secret = CredentialSecret { value: value.clone(), is_base64: false, not_after: None };
        let new = NewCredential {
            id: "018f4c1e-5a3b-7c2d-9e8f-0123456789ab".into(),
            key: "shop-key".into(),
            algorithm: Algorithm::HS256,
            secrets: vec![secret],
            role: Role::User,
            enabled: true,
            max_lifetime_secs: 60,
            not_before: None,
            tags: Vec::new(),
        };
        expect![[r#"NewCredential { id: "018f4c1e-5a3b-7c2d-9e8f-0123456789ab", key: "shop-key", algorithm: HS256, role: User, enabled: true, secrets: "redacted", .. }"#]]
            .assert_eq(&format!("{new:?}"));
        let change = CredentialChange { secrets: Change::Set(new.secrets), ..CredentialChange::default() };
        expect![[r#"CredentialChange { key: Keep, algorithm: Keep, role: Keep, enabled: Keep, secrets: "redacted", .. }"#]]
            .assert_eq(&format!("{change:?}"));
    }

    #[test]
    fn a_secret_lives_up_to_and_including_its_last_second() {
        let noon = Timestamp::from_unix_secs(1_750_000_000);
        let secret = SecretState { is_base64: false, not_after: Some(noon) };
        assert!(secret.is_live(noon) && !secret.is_live(noon.plus(1)));
    }
}
