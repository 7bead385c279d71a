//! Which of the two kinds of caller a token is checked as.
//!
//! One token takes one path and never falls back to the other: a token that its
//! credential refuses is not tried as a user's, so nobody gets two chances.

use crate::{IssuerRule, KeyClaim, Reason, UnverifiedToken, Verifier, key_claim::UnverifiedPayload};

/// How a token is to be verified where there are consumers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenPath {
    /// With the shared secret.
    User,
    /// With this credential; it is refused where there is none.
    Consumer(KeyClaim),
    /// With this credential, or the shared secret where there is none.
    UserUnlessCredential(KeyClaim),
}

impl Verifier {
    /// Returns the path that `unverified_token` takes where consumers are
    /// allowed. It decides which key the token must be signed with, and nothing
    /// else: the choice is the sender's.
    ///
    /// # Errors
    ///
    /// Returns why the token can be neither a user's nor a consumer's.
    pub fn path(&self, unverified_token: &str) -> Result<TokenPath, Reason> {
        let token = UnverifiedToken::parse(unverified_token, self.max_token_bytes)?;
        path(&token, &self.policy.issuer)
    }
}

fn path(token: &UnverifiedToken<'_>, rule: &IssuerRule) -> Result<TokenPath, Reason> {
    match rule {
        IssuerRule::Exactly(issuer) => {
            let payload = UnverifiedPayload::read(token)?;
            // Before all else, so that no credential can stand in for the
            // issuer, whatever its key is.
            if payload.iss() == Some(issuer) {
                return Ok(TokenPath::User);
            }
            // A token that names nobody is left to the user path, which refuses
            // it for its issuer like any other.
            Ok(payload.into_key_claim(token.kid())?.map_or(TokenPath::User, TokenPath::Consumer))
        }
        // Any issuer may vouch for users here, so only the registry can tell the
        // two apart. What cannot be looked up names no credential.
        IssuerRule::Any => {
            let claim = token.key_claim().ok().flatten();
            Ok(claim.map_or(TokenPath::User, TokenPath::UserUnlessCredential))
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use expect_test::{Expect, expect};

    use super::*;

    const PLAIN: &str = r#"{"alg":"HS256"}"#;
    const KID: &str = r#"{"alg":"HS256","kid":"k"}"#;

    fn check(header: &str, payload: &str, exactly: &Expect, any: &Expect) {
        let text = [header, payload].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part)).join(".") + ".AA";
        let token = UnverifiedToken::parse(&text, 8192).unwrap();
        for (rule, expected) in
            [(IssuerRule::Exactly("https://auth".into()), exactly), (IssuerRule::Any, any)]
        {
            let told = match path(&token, &rule) {
                Ok(TokenPath::User) => "user".into(),
                Ok(TokenPath::Consumer(claim)) => format!("consumer {}", claim.key()),
                Ok(TokenPath::UserUnlessCredential(claim)) => format!("user unless {}", claim.key()),
                Err(reason) => reason.to_string(),
            };
            expected.assert_eq(&told);
        }
    }

    #[test]
    fn the_issuer_is_the_users_and_everybody_else_a_consumer() {
        check(KID, r#"{"iss":"https://auth"}"#, &expect!["user"], &expect!["user unless https://auth"]);
        check(
            KID,
            r#"{"iss":"https://auth/"}"#,
            &expect!["consumer https://auth/"],
            &expect!["user unless https://auth/"],
        );
        check(PLAIN, r#"{"iss":"shop"}"#, &expect!["consumer shop"], &expect!["user unless shop"]);
    }

    #[test]
    fn without_an_issuer_the_key_id_names_the_credential() {
        check(KID, "{}", &expect!["consumer k"], &expect!["user unless k"]);
        check(PLAIN, "{}", &expect!["user"], &expect!["user"]);
    }

    #[test]
    fn what_names_no_credential_is_refused_or_left_to_the_user_path() {
        check(KID, r#"{"iss":7}"#, &expect!["issuer"], &expect!["user"]);
        check(KID, r#"{"iss":""}"#, &expect!["issuer"], &expect!["user"]);
        check(KID, r#"{"iss":null}"#, &expect!["issuer"], &expect!["user"]);
        check(KID, "[]", &expect!["malformed"], &expect!["user"]);
        check(KID, r#"{"iss":"shop","jti":7}"#, &expect!["malformed"], &expect!["user"]);
    }
}
