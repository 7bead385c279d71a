//! What a registry remembers, and what it therefore still has to ask.
//!
//! Tokens are looked up before their signature is checked, so a sender chooses
//! what is asked for. Three rules keep that harmless: credentials that are there
//! and keys that name none are kept apart, so that a flood of forged issuers
//! pushes no real credential out; a credential that is known costs a forged
//! token no request; and what is asked for besides a credential rides along in
//! the same request, and only where that credential has been seen before.

use std::sync::Arc;

use token::{Credential, KeyClaim, Moment, Principal};

use crate::{cache::Cache, entry::Entry, revocation};

/// The most revocation answers that are kept: some hundred bytes each.
const ENTRIES: usize = 4096;

/// The most credentials that are kept: about a kilobyte each.
const CREDENTIALS: usize = 1024;

/// The most keys without a credential that are kept.
const UNKNOWN: usize = 1024;

pub(crate) struct Memory {
    entries: Cache<Entry>,
    credentials: Cache<Arc<Credential>>,
    unknown: Cache<()>,
}

/// What is known about a credential.
#[derive(Debug)]
pub(crate) enum Recalled {
    Credential(Arc<Credential>),
    NoCredential,
    /// Ask the table for these keys, in one request.
    Ask(Vec<String>),
}

/// What is known about the revocation of one principal's token.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Revoked {
    Yes,
    /// Not under any key that is known; these are not.
    UnlessUnder(Vec<String>),
}

impl Memory {
    pub(crate) fn new(ttl_secs: u64) -> Self {
        Self {
            entries: Cache::new(ttl_secs, ENTRIES),
            credentials: Cache::new(ttl_secs, CREDENTIALS),
            unknown: Cache::new(ttl_secs, UNKNOWN),
        }
    }

    pub(crate) fn credential(&self, claim: &KeyClaim, now: Moment) -> Recalled {
        let key = revocation::credential_key(claim.key());
        if let Some(credential) = self.credentials.get(&key, now) {
            return Recalled::Credential(credential);
        }
        if self.unknown.get(&key, now).is_some() {
            return Recalled::NoCredential;
        }
        // Whose credential it was is as good as certain, so what `check` will
        // want to know next is asked for now.
        let besides = self.credentials.last(&key).map(|credential| {
            let subject = revocation::consumer_key(credential.username());
            claim.jti().map(revocation::token_key).into_iter().chain([subject])
        });
        let besides = besides.into_iter().flatten().filter(|key| self.entries.get(key, now).is_none());
        let besides: Vec<_> = besides.collect();
        Recalled::Ask(std::iter::once(key).chain(besides).collect())
    }

    pub(crate) fn revoked(&self, principal: &Principal, now: Moment) -> Revoked {
        let mut unknown = Vec::new();
        for key in revocation::keys_of(principal) {
            match self.entries.get(&key, now) {
                Some(entry) if entry.revokes(principal.issued_at(), now.wall) => return Revoked::Yes,
                Some(_) => {}
                None => unknown.push(key),
            }
        }
        Revoked::UnlessUnder(unknown)
    }

    pub(crate) fn keep_entry(&mut self, key: String, entry: Entry, now: Moment) {
        self.entries.put(key, entry, now);
    }

    pub(crate) fn keep_credential(&mut self, key: String, credential: Option<&Arc<Credential>>, now: Moment) {
        if let Some(credential) = credential {
            self.unknown.remove(&key);
            self.credentials.put(key, Arc::clone(credential), now);
        } else {
            self.credentials.remove(&key);
            self.unknown.put(key, (), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use token::{
        Algorithm, AlgorithmSet, Audience, CredentialRecord, CredentialSecret, IssuerRule, Policy, Role,
        TokenPath, Verifier,
    };
    use zeroize::Zeroizing;

    use super::*;
    use crate::cache::tests::at;

    fn credential(username: &str) -> Arc<Credential> {
        let secret =
            CredentialSecret { value: Zeroizing::new("x".repeat(32)), is_base64: false, not_after: None };
        let record = CredentialRecord {
            key: "key-1".into(),
            username: username.into(),
            custom_id: None,
            role: Role::User,
            enabled: true,
            algorithm: Algorithm::HS256,
            max_lifetime_secs: 60,
            not_before: None,
            secrets: vec![secret],
        };
        Arc::new(Credential::new(record).unwrap())
    }

    /// The key claim of a token that nobody has checked.
    fn claim() -> KeyClaim {
        let verifier = Verifier {
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
        };
        // {"alg":"HS256"} {"iss":"key-1","jti":"j"}
        match verifier.path("eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJrZXktMSIsImp0aSI6ImoifQ.AA") {
            Ok(TokenPath::Consumer(claim)) => claim,
            other => panic!("{other:?}"),
        }
    }

    fn asked(memory: &Memory, secs: u64) -> Vec<String> {
        match memory.credential(&claim(), at(secs)) {
            Recalled::Ask(keys) => keys,
            other => panic!("{other:?}"),
        }
    }

    fn username(memory: &Memory, secs: u64) -> Option<String> {
        match memory.credential(&claim(), at(secs)) {
            Recalled::Credential(credential) => Some(credential.username().to_owned()),
            Recalled::NoCredential => None,
            other @ Recalled::Ask(_) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_forged_token_is_asked_for_once_and_only_by_its_credential() {
        let mut memory = Memory::new(5);
        assert_eq!(asked(&memory, 100), ["CRED#key-1"]);
        memory.keep_credential("CRED#key-1".into(), None, at(100));
        assert_eq!(username(&memory, 104), None);
        assert_eq!(asked(&memory, 105), ["CRED#key-1"]);
    }

    #[test]
    fn for_a_credential_seen_before_everything_is_asked_for_at_once() {
        let mut memory = Memory::new(5);
        memory.keep_credential("CRED#key-1".into(), Some(&credential("shop")), at(100));
        assert_eq!(username(&memory, 104).as_deref(), Some("shop"));
        assert_eq!(asked(&memory, 105), ["CRED#key-1", "JTI#j", "SUB#consumer:shop"]);

        memory.keep_entry("SUB#consumer:shop".into(), Entry::Absent, at(103));
        assert_eq!(asked(&memory, 105), ["CRED#key-1", "JTI#j"], "what is known is not asked again");
    }

    #[test]
    fn the_table_has_the_last_word() {
        let mut memory = Memory::new(5);
        memory.keep_credential("CRED#key-1".into(), None, at(100));
        memory.keep_credential("CRED#key-1".into(), Some(&credential("shop")), at(101));
        assert_eq!(username(&memory, 101).as_deref(), Some("shop"), "created");
        memory.keep_credential("CRED#key-1".into(), None, at(102));
        assert_eq!(username(&memory, 102), None, "deleted");
        assert_eq!(asked(&memory, 107), ["CRED#key-1"], "and forgotten");
    }

    #[test]
    fn a_flood_of_forged_issuers_pushes_no_credential_out() {
        let mut memory = Memory::new(5);
        memory.keep_credential("CRED#key-1".into(), Some(&credential("shop")), at(100));
        for n in 0..10_000 {
            memory.keep_credential(format!("CRED#forged-{n}"), None, at(101));
        }
        assert_eq!(username(&memory, 101).as_deref(), Some("shop"));
    }

    #[test]
    fn without_a_cache_nothing_is_remembered_and_nothing_asked_twice() {
        let mut memory = Memory::new(0);
        memory.keep_credential("CRED#key-1".into(), Some(&credential("shop")), at(100));
        assert_eq!(asked(&memory, 100), ["CRED#key-1"]);
    }
}
