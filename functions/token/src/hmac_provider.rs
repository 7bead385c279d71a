//! The cryptography behind `jsonwebtoken`: HMAC, and no way to ask for more.
//!
//! The crate's own backends bring RSA and elliptic curves, which this project
//! never uses and whose presence is what key-confusion attacks need. This one
//! answers every algorithm but the three HMACs with an error. Comparison of
//! signatures is in constant time (`Mac::verify_slice`).

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
};
use sha2::{Sha256, Sha384, Sha512};
use signature::{Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes this module the backend of `jsonwebtoken` in this process.
///
/// Cheap enough for every call. Where another backend was installed first, that
/// one stays: it computes the same HMACs.
pub(crate) fn install() {
    let _already_installed = PROVIDER.install_default();
}

#[derive(Clone)]
enum HmacState {
    HS256(Hmac<Sha256>),
    HS384(Hmac<Sha384>),
    HS512(Hmac<Sha512>),
}

impl HmacState {
    fn new(algorithm: Algorithm, secret: &[u8]) -> Result<Self, Error> {
        let state = match algorithm {
            Algorithm::HS256 => Hmac::new_from_slice(secret).map(Self::HS256),
            Algorithm::HS384 => Hmac::new_from_slice(secret).map(Self::HS384),
            Algorithm::HS512 => Hmac::new_from_slice(secret).map(Self::HS512),
            _ => return Err(ErrorKind::InvalidAlgorithm.into()),
        };
        state.map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }

    fn algorithm(&self) -> Algorithm {
        match self {
            Self::HS256(_) => Algorithm::HS256,
            Self::HS384(_) => Algorithm::HS384,
            Self::HS512(_) => Algorithm::HS512,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is jsonwebtoken's")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let secret = key.as_bytes();
    Ok(Box::new(HmacState::new(*algorithm, secret)?))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is jsonwebtoken's")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let secret = key.try_get_as_bytes()?;
    Ok(Box::new(HmacState::new(*algorithm, secret)?))
}

impl JwtSigner for HmacState {
    fn algorithm(&self) -> Algorithm {
        self.algorithm()
    }
}

impl JwtVerifier for HmacState {
    fn algorithm(&self) -> Algorithm {
        self.algorithm()
    }
}

impl Signer<Vec<u8>> for HmacState {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(match self.clone() {
            Self::HS256(mac) => mac.chain_update(message).finalize().into_bytes().to_vec(),
            Self::HS384(mac) => mac.chain_update(message).finalize().into_bytes().to_vec(),
            Self::HS512(mac) => mac.chain_update(message).finalize().into_bytes().to_vec(),
        })
    }
}

impl Verifier<Vec<u8>> for HmacState {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> Result<(), signature::Error> {
        match self.clone() {
            Self::HS256(mac) => mac.chain_update(message).verify_slice(tag),
            Self::HS384(mac) => mac.chain_update(message).verify_slice(tag),
            Self::HS512(mac) => mac.chain_update(message).verify_slice(tag),
        }
        .map_err(|_| signature::Error::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7515 appendix A.1: key, signing input and signature of the standard.
    #[test]
    fn the_example_of_rfc_7515_verifies() {
        install();
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let tag = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let secret = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, key).unwrap();
        let key = DecodingKey::from_secret(&secret);
        let check = |tag: &str| jsonwebtoken::crypto::verify(tag, input.as_bytes(), &key, Algorithm::HS256);

        assert!(check(tag).unwrap());
        assert!(!check(&tag.replace('d', "e")).unwrap());
        assert!(!check("").unwrap(), "an empty signature is a wrong one");
    }

    #[test]
    fn nothing_but_hmac_can_be_asked_for() {
        let key = DecodingKey::from_secret(&[7; 64]);
        for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA, Algorithm::PS256] {
            assert!(verifier(&algorithm, &key).is_err(), "{algorithm:?}");
        }
    }
}
