//! Making a consumer's token, as the consumer itself would.
//!
//! For whoever administers a credential and tries it out. In operation nobody
//! but the consumer signs its tokens.

use serde::Serialize;

use crate::{Credential, Timestamp, minter::sign};

/// What a consumer's token says, beside whose it is.
#[derive(Debug, Clone)]
pub struct ConsumerTokenClaims {
    /// Unique per token; the caller brings the randomness.
    pub jti: String,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Serialize)]
struct Payload<'a> {
    iss: &'a str,
    jti: &'a str,
    iat: i64,
    exp: i64,
}

impl Credential {
    /// Returns a token signed with the first secret that is good at `now`, which
    /// is the newest; `None` where none is.
    ///
    /// Whether a verifier accepts it is for a verifier to say.
    pub fn mint(&self, claims: &ConsumerTokenClaims, now: Timestamp) -> Option<String> {
        let payload = Payload {
            iss: self.key(),
            jti: &claims.jti,
            iat: claims.issued_at.as_unix_secs(),
            exp: claims.expires_at.as_unix_secs(),
        };
        sign(&payload, self.live_secrets(now).next()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::{
        Algorithm, AlgorithmSet, Audience, CredentialRecord, CredentialSecret, IssuerRule, Policy, Role,
        Verifier,
    };

    const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

    fn secret(character: &str, not_after: Option<Timestamp>) -> CredentialSecret {
        CredentialSecret { value: Zeroizing::new(character.repeat(64)), is_base64: false, not_after }
    }

    fn credential(algorithm: Algorithm, secrets: Vec<CredentialSecret>) -> Credential {
        let record = CredentialRecord {
            key: "shop-key".into(),
            username: "shop".into(),
            custom_id: None,
            role: Role::User,
            enabled: true,
            algorithm,
            max_lifetime_secs: 600,
            not_before: None,
            secrets,
        };
        Credential::new(record).unwrap()
    }

    fn claims(lifetime_secs: u64) -> ConsumerTokenClaims {
        ConsumerTokenClaims { jti: "t".into(), issued_at: NOW, expires_at: NOW.plus(lifetime_secs) }
    }

    #[test]
    fn what_is_minted_verifies_in_each_algorithm() {
        let verifier = Verifier {
            algorithms: AlgorithmSet::only(Algorithm::HS256),
            policy: Policy {
                issuer: IssuerRule::Exactly("issuer".into()),
                audience: Audience::OneOf(vec!["chatbot".into()]),
                leeway_secs: 0,
                max_lifetime_secs: None,
                default_role: None,
                accept_untyped: false,
            },
            max_token_bytes: 8192,
        };
        for algorithm in Algorithm::ALL {
            let credential = credential(algorithm, vec![secret("n", None), secret("o", Some(NOW))]);
            let token = credential.mint(&claims(600), NOW).unwrap();
            let principal = verifier.verify_consumer(&token, &credential, NOW).unwrap();
            assert_eq!((principal.id(), principal.jti()), ("consumer:shop", Some("t")));
            let long = credential.mint(&claims(601), NOW).unwrap();
            assert!(verifier.verify_consumer(&long, &credential, NOW).is_err());
        }
    }

    #[test]
    fn the_newest_good_secret_signs() {
        let over = NOW.minus(1);
        let by = |secrets| credential(Algorithm::HS256, secrets).mint(&claims(60), NOW);
        assert_eq!(
            by(vec![secret("b", Some(over)), secret("a", None)]),
            by(vec![secret("a", None), secret("c", None)])
        );
        assert_eq!(by(vec![secret("a", Some(over))]), None);
    }
}
