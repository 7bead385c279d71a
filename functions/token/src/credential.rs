//! A consumer's credential: who signs with it, how, and what it is good for.
//!
//! Everything about a consumer that matters is in here and nothing of it in its
//! tokens, which it signs itself. A credential that makes no sense is an error:
//! whoever reads one from a store must not take it for "there is none".

use std::{collections::HashSet, fmt};

use zeroize::Zeroizing;

use crate::{
    Algorithm, AlgorithmSet, Key, Role, SecretError, Timestamp,
    claims::{MAX_ID_BYTES, is_id},
    secret_value::decode_any_base64,
};

/// The most secrets of one credential: the one in use, the one before, and the
/// one after. A forged token costs one HMAC for each.
pub const MAX_SECRETS: usize = 3;

/// The longest lifetime of a consumer's token where its credential names none.
pub const DEFAULT_CONSUMER_LIFETIME_SECS: u64 = 31_536_000;

/// A credential as its store has it, not yet checked.
pub struct CredentialRecord {
    /// What `iss` or `kid` of a token names.
    pub key: String,
    pub username: String,
    pub custom_id: Option<String>,
    pub role: Role,
    pub enabled: bool,
    pub algorithm: Algorithm,
    pub max_lifetime_secs: u64,
    /// Tokens issued before this are revoked.
    pub not_before: Option<Timestamp>,
    pub secrets: Vec<CredentialSecret>,
}

/// One secret of a credential as its store has it.
pub struct CredentialSecret {
    pub value: Zeroizing<String>,
    /// Whether `value` is base64 (either alphabet, padding as it comes) of the
    /// secret. Never guessed: most plain secrets are valid base64 too.
    pub is_base64: bool,
    /// The last second in which it is good.
    pub not_after: Option<Timestamp>,
}

/// A credential that can verify tokens.
pub struct Credential {
    key: String,
    username: String,
    custom_id: Option<String>,
    role: Role,
    enabled: bool,
    algorithm: Algorithm,
    max_lifetime_secs: u64,
    not_before: Option<Timestamp>,
    secrets: Vec<Key>,
}

/// Why a record is no credential. Names places and lengths, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    #[error("its {0} is not 1 to {MAX_ID_BYTES} bytes of text without control characters")]
    Name(&'static str),
    #[error("its longest lifetime is zero")]
    Lifetime,
    #[error("it has {0} secrets, 1 to {MAX_SECRETS} are allowed")]
    SecretCount(usize),
    #[error("its secret number {number}: {reason}")]
    Secret { number: usize, reason: SecretError },
    #[error("two of its secrets are the same")]
    SameSecret,
}

impl Credential {
    /// # Errors
    ///
    /// The first fault of the record.
    pub fn new(record: CredentialRecord) -> Result<Self, CredentialError> {
        let names = [
            ("key", Some(&record.key)),
            ("consumer", Some(&record.username)),
            ("custom_id", record.custom_id.as_ref()),
        ];
        if let Some((name, _)) = names.iter().find(|(_, text)| text.is_some_and(|text| !is_id(text))) {
            return Err(CredentialError::Name(name));
        }
        if record.max_lifetime_secs == 0 {
            return Err(CredentialError::Lifetime);
        }
        if !(1..=MAX_SECRETS).contains(&record.secrets.len()) {
            return Err(CredentialError::SecretCount(record.secrets.len()));
        }
        let secrets = record.secrets.iter().enumerate().map(|(index, secret)| {
            secret
                .to_key(record.algorithm)
                .map_err(|reason| CredentialError::Secret { number: index + 1, reason })
        });
        let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
        // A rotation to the same secret would be none.
        if secrets.iter().map(Key::secret_bytes).collect::<HashSet<_>>().len() < secrets.len() {
            return Err(CredentialError::SameSecret);
        }
        let CredentialRecord {
            key,
            username,
            custom_id,
            role,
            enabled,
            algorithm,
            max_lifetime_secs,
            not_before,
            ..
        } = record;
        Ok(Self {
            key,
            username,
            custom_id,
            role,
            enabled,
            algorithm,
            max_lifetime_secs,
            not_before,
            secrets,
        })
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// The name of the consumer that this credential belongs to.
    pub fn username(&self) -> &str {
        &self.username
    }

    pub fn custom_id(&self) -> Option<&str> {
        self.custom_id.as_deref()
    }

    pub fn role(&self) -> Role {
        self.role
    }

    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The one algorithm that its tokens are signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub fn max_lifetime_secs(&self) -> u64 {
        self.max_lifetime_secs
    }

    pub fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// The secrets that are good at `now`.
    pub(crate) fn live_secrets(&self, now: Timestamp) -> impl Iterator<Item = &Key> {
        self.secrets.iter().filter(move |secret| secret.verifies_at(now))
    }
}

impl CredentialSecret {
    fn to_key(&self, algorithm: Algorithm) -> Result<Key, SecretError> {
        let algorithms = AlgorithmSet::only(algorithm);
        let key = if self.is_base64 {
            Key::new(None, algorithms, &decode_any_base64(&self.value)?)?
        } else {
            Key::new(None, algorithms, self.value.as_bytes())?
        };
        Ok(key.with_times(None, self.not_after))
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("key", &self.key)
            .field("username", &self.username)
            .field("role", &self.role)
            .field("enabled", &self.enabled)
            .field("secrets", &"redacted")
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const RAW: &str = "0123456789abcdef0123456789abcdef";

    fn secret(value: &str) -> CredentialSecret {
        CredentialSecret { value: Zeroizing::new(value.into()), is_base64: false, not_after: None }
    }

    fn record() -> CredentialRecord {
        CredentialRecord {
            key: "key-1".into(),
            username: "shop".into(),
            custom_id: None,
            role: Role::User,
            enabled: true,
            algorithm: Algorithm::HS256,
            max_lifetime_secs: DEFAULT_CONSUMER_LIFETIME_SECS,
            not_before: None,
            secrets: vec![secret(RAW)],
        }
    }

    fn check(change: impl FnOnce(&mut CredentialRecord), expected: &Expect) {
        let mut record = record();
        change(&mut record);
        let told = match Credential::new(record) {
            Ok(credential) => {
                let lengths = credential.secrets.iter().map(|secret| secret.secret_bytes().len());
                format!("{:?}", lengths.collect::<Vec<_>>())
            }
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&told);
    }

    fn check_base64(value: &str, expected: &Expect) {
        let base64 = CredentialSecret { is_base64: true, ..secret(value) };
        check(|record| record.secrets = vec![base64], expected);
    }

    #[test]
    fn base64_is_read_in_either_alphabet_with_or_without_padding() {
        check(|_| (), &expect!["[32]"]);
        check_base64("+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=", &expect!["[32]"]);
        check_base64("+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8", &expect!["[32]"]);
        check_base64("-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=", &expect!["[32]"]);
        check_base64("-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8", &expect!["[32]"]);
        check_base64(
            "+/+/-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=",
            &expect!["its secret number 1: the secret is not valid base64"],
        );
        check_base64("not base64!", &expect!["its secret number 1: the secret is not valid base64"]);
    }

    #[test]
    fn a_secret_is_measured_after_decoding() {
        check_base64(RAW, &expect!["its secret number 1: the secret has 24 bytes, HS256 needs at least 32"]);
        check_base64("", &expect!["its secret number 1: the secret has 0 bytes, HS256 needs at least 32"]);
        check(
            |record| record.secrets = vec![secret(RAW), secret("tooshort")],
            &expect!["its secret number 2: the secret has 8 bytes, HS256 needs at least 32"],
        );
        check(
            |record| record.algorithm = Algorithm::HS512,
            &expect!["its secret number 1: the secret has 32 bytes, HS512 needs at least 64"],
        );
    }

    #[test]
    fn one_to_three_different_secrets() {
        check(|record| record.secrets = Vec::new(), &expect!["it has 0 secrets, 1 to 3 are allowed"]);
        let some = |count: usize| (0..count).map(|n| secret(&format!("{n}{RAW}"))).collect::<Vec<_>>();
        check(|record| record.secrets = some(3), &expect!["[33, 33, 33]"]);
        check(|record| record.secrets = some(4), &expect!["it has 4 secrets, 1 to 3 are allowed"]);
        check(
            |record| record.secrets = vec![secret(RAW), secret(RAW)],
            &expect!["two of its secrets are the same"],
        );
    }

    #[test]
    fn names_are_short_text_and_a_lifetime_is_something() {
        check(
            |record| record.key = String::new(),
            &expect!["its key is not 1 to 255 bytes of text without control characters"],
        );
        check(
            |record| record.username = "a\nb".into(),
            &expect!["its consumer is not 1 to 255 bytes of text without control characters"],
        );
        check(
            |record| record.custom_id = Some("x".repeat(256)),
            &expect!["its custom_id is not 1 to 255 bytes of text without control characters"],
        );
        check(|record| record.max_lifetime_secs = 0, &expect!["its longest lifetime is zero"]);
    }

    #[test]
    fn a_secret_is_good_up_to_and_including_its_last_second() {
        let at = Timestamp::from_unix_secs;
        let old = CredentialSecret { not_after: Some(at(100)), ..secret(RAW) };
        let new = secret("fedcba9876543210fedcba9876543210");
        let credential = Credential::new(CredentialRecord { secrets: vec![old, new], ..record() }).unwrap();
        assert_eq!(credential.live_secrets(at(100)).count(), 2);
        assert_eq!(credential.live_secrets(at(101)).count(), 1);
    }

    #[test]
    fn a_credential_cannot_print_its_secrets() {
        expect![[
            r#"Credential { key: "key-1", username: "shop", role: User, enabled: true, secrets: "redacted", .. }"#
        ]]
        .assert_eq(&format!("{:?}", Credential::new(record()).unwrap()));
    }
}
