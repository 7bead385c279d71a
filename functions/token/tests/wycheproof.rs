//! The HMAC test vectors of Project Wycheproof, against what checks signatures.
//!
//! A vector's message is arbitrary bytes and no signing input of a token, so
//! its tag is checked one layer below the verifier: by `jsonwebtoken` with the
//! backend that `token` installs, in the call that `token` makes. Its key goes
//! through the public constructor, which refuses what is too short.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test is meant to panic")]

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey, crypto};
use token::{
    Algorithm, AlgorithmSet, Audience, IssuerRule, Key, KeyError, KeyRing, Policy, Reason, Timestamp,
    Verifier,
};
use wycheproof::{
    TestResult,
    mac::{Test, TestName, TestSet},
};

/// What became of the vectors of one algorithm.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    vectors: usize,
    /// Full-length tags that the key made.
    accepted: usize,
    /// Tags with bits that the key did not make.
    refused_as_modified: usize,
    /// Tags that are right as far as they go. RFC 7518 section 3.2 knows none.
    refused_as_truncated: usize,
    /// Keys shorter than the hash (RFC 7518 section 3.2).
    keys_refused_for_length: usize,
}

const SETS: [(Algorithm, jsonwebtoken::Algorithm, TestName, usize); 3] = [
    (Algorithm::HS256, jsonwebtoken::Algorithm::HS256, TestName::HmacSha256, 32),
    (Algorithm::HS384, jsonwebtoken::Algorithm::HS384, TestName::HmacSha384, 48),
    (Algorithm::HS512, jsonwebtoken::Algorithm::HS512, TestName::HmacSha512, 64),
];

/// Verifies any token, after which this process has the backend of `token`.
fn install_backend() {
    let verifier = Verifier {
        algorithms: AlgorithmSet::only(Algorithm::HS256),
        policy: Policy {
            issuer: IssuerRule::Any,
            audience: Audience::Any,
            leeway_secs: 0,
            max_lifetime_secs: None,
            default_role: None,
            accept_untyped: false,
        },
        max_token_bytes: 8192,
    };
    let key = Key::new(None, AlgorithmSet::only(Algorithm::HS256), &[1; 32]).unwrap();
    let unsigned = format!("{}.e30.AA", BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#));
    let refused = verifier.verify(&unsigned, &KeyRing::new(vec![key]).unwrap(), Timestamp::from_unix_secs(0));
    assert_eq!(refused.unwrap_err().reason, Reason::BadSignature);
}

fn verifies(test: &Test, tag: &[u8], algorithm: jsonwebtoken::Algorithm) -> bool {
    let key = DecodingKey::from_secret(&test.key);
    crypto::verify(&BASE64_URL_SAFE_NO_PAD.encode(tag), &test.msg, &key, algorithm).unwrap()
}

fn signature(test: &Test, algorithm: jsonwebtoken::Algorithm) -> Vec<u8> {
    let text = crypto::sign(&test.msg, &EncodingKey::from_secret(&test.key), algorithm).unwrap();
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Whether the key is long enough to be one; asserts that the constructor agrees.
fn is_key(test: &Test, algorithm: Algorithm) -> bool {
    let (have, need) = (test.key.len(), algorithm.min_secret_bytes());
    match Key::new(None, AlgorithmSet::only(algorithm), &test.key) {
        Ok(_) => have >= need,
        Err(KeyError::TooShort { algorithm: named, have: counted, need: needed }) => {
            assert_eq!((named, counted, needed), (algorithm, have, need), "test {}", test.tc_id);
            assert!(have < need, "test {}", test.tc_id);
            false
        }
        Err(error) => panic!("test {}: {error}", test.tc_id),
    }
}

fn count(algorithm: Algorithm, backend: jsonwebtoken::Algorithm, name: TestName, tag_bytes: usize) -> Counts {
    let set = TestSet::load(name).unwrap();
    let mut counts = Counts { vectors: set.number_of_tests, ..Counts::default() };
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        counts.keys_refused_for_length += usize::from(!is_key(test, algorithm));
        let (valid, full) = (test.result == TestResult::Valid, test.tag.len() == tag_bytes);
        let accepted = verifies(test, &test.tag, backend);
        assert_eq!(accepted, valid && full, "test {}: {}", test.tc_id, test.comment);
        match (valid, full) {
            (true, true) => counts.accepted += 1,
            (true, false) => counts.refused_as_truncated += 1,
            (false, _) => counts.refused_as_modified += 1,
        }
        let made = signature(test, backend);
        assert_eq!(made.len(), tag_bytes);
        assert_eq!(made.starts_with(&test.tag), valid, "test {}: {}", test.tc_id, test.comment);
        assert!(verifies(test, &made, backend), "test {}", test.tc_id);
    }
    let seen = counts.accepted + counts.refused_as_modified + counts.refused_as_truncated;
    assert_eq!(seen, counts.vectors, "the set says how many there are");
    counts
}

#[test]
fn every_vector_is_decided_as_the_standard_says() {
    install_backend();
    for (algorithm, backend, name, tag_bytes) in SETS {
        let counts = count(algorithm, backend, name, tag_bytes);
        println!("{algorithm}: {counts:?}");
        assert!(counts.accepted > 0 && counts.refused_as_modified > 0, "{counts:?}");
        assert!(counts.refused_as_truncated > 0 && counts.keys_refused_for_length > 0, "{counts:?}");
    }
}

#[test]
fn the_backend_under_test_is_the_one_that_knows_hmac_only() {
    install_backend();
    let key = DecodingKey::from_secret(&[7; 64]);
    for foreign in [jsonwebtoken::Algorithm::RS256, jsonwebtoken::Algorithm::EdDSA] {
        assert!(crypto::verify("AA", b"", &key, foreign).is_err(), "{foreign:?}");
    }
}
