//! Tokens signed by hand, with a key that is in no seed.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The secret of every verifier here.
pub const SECRET: &str = "a secret that the fuzzer is not told, 48 bytes long";

/// When everything here happens.
pub const NOW_SECS: i64 = 1_750_000_000;

/// Signs any header and payload.
pub fn sign(header: &[u8], payload: &[u8]) -> String {
    let encode = |part: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(part);
    let input = format!("{}.{}", encode(header), encode(payload));
    format!("{input}.{}", tag(&input))
}

/// Whether the last part of `token` is what the key makes of the others.
pub fn is_signed(token: &str) -> bool {
    token.rsplit_once('.').is_some_and(|(input, signature)| tag(input) == signature)
}

fn tag(input: &str) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes()).expect("any length is a key");
    BASE64_URL_SAFE_NO_PAD.encode(mac.chain_update(input).finalize().into_bytes())
}
