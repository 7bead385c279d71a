//! From the text in a secret store to keys.
//!
//! The value is a bare string, a JSON object with one field, or a key ring. How
//! a string becomes bytes is a setting and never a guess: many a raw string is
//! valid base64 too.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use crate::{
    AlgorithmSet, Key, KeyError, KeyRing,
    json_object::{JsonObject, Member},
    key_ring::MAX_KEYS,
};

const PADDING_AS_IT_COMES: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PADDING_AS_IT_COMES);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, PADDING_AS_IT_COMES);

/// How a bare string or field becomes key bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretEncoding {
    Utf8,
    Base64,
    Base64Url,
    Hex,
}

/// How to read the value of a secret.
#[derive(Debug, Clone)]
pub struct SecretForm {
    /// The member that holds the secret where the value is a JSON object.
    pub field: String,
    pub encoding: SecretEncoding,
    /// What a plain secret may sign; a key of a ring names its own.
    pub algorithms: AlgorithmSet,
}

/// What a value turned out to be.
#[derive(Debug)]
pub enum SecretValue {
    /// A plain secret: one key, whose predecessor may still be good.
    Plain(Key),
    Ring(KeyRing),
}

/// Why a value holds no usable key. Names lengths and places, never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("the secret is empty")]
    Empty,
    #[error("the secret is not valid {0}")]
    Encoding(&'static str),
    #[error("the secret is a JSON object without \"keys\" and without a string \"{0}\"")]
    Field(String),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the key ring is not a JSON object {{\"keys\":[…]}} of keys with kty, kid and k")]
    Ring,
    #[error("key {number} of the ring: {reason}")]
    RingKey { number: usize, reason: String },
    #[error("the key ring holds no key")]
    NoKeys,
    #[error("the key ring holds {0} keys, at most {MAX_KEYS} are allowed")]
    TooManyKeys(usize),
    #[error("two keys of the ring have the same kid")]
    DuplicateKid,
    #[error("the new key is one of those that it has to replace")]
    ReusedKey,
}

impl SecretValue {
    /// Reads `text`, the value of a secret whose version is `version` where its
    /// store has versions.
    ///
    /// # Errors
    ///
    /// Any of [`SecretError`], none of which quotes the value.
    pub fn parse(text: &str, version: Option<&str>, form: &SecretForm) -> Result<Self, SecretError> {
        // Editors and `echo` end a file with a newline that nobody means.
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let Ok(object) = JsonObject::parse(text.as_bytes(), [&form.field]) else {
            return Self::plain(text, version, form);
        };
        let is_ring = object.has_other("keys");
        let [field] = object.members;
        if is_ring || (form.field == "keys" && field.is_some()) {
            return KeyRing::from_json(text).map(Self::Ring);
        }
        match Member::text(field) {
            Ok(Some(secret)) => Self::plain(&secret, version, form),
            _ => Err(SecretError::Field(form.field.clone())),
        }
    }

    fn plain(secret: &str, version: Option<&str>, form: &SecretForm) -> Result<Self, SecretError> {
        let bytes = form.encoding.decode(secret)?;
        if bytes.is_empty() {
            return Err(SecretError::Empty);
        }
        Ok(Self::Plain(Key::new(version.map(str::to_owned), form.algorithms, &bytes)?))
    }
}

impl From<SecretValue> for KeyRing {
    /// The ring of this value alone; what was before a plain secret is not in it.
    fn from(value: SecretValue) -> Self {
        match value {
            SecretValue::Plain(key) => Self::plain(key, None),
            SecretValue::Ring(ring) => ring,
        }
    }
}

impl SecretEncoding {
    /// Each encoding by the word that settings use.
    pub const NAMES: [(&str, Self); 4] =
        [("utf8", Self::Utf8), ("base64", Self::Base64), ("base64url", Self::Base64Url), ("hex", Self::Hex)];

    fn decode(self, text: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Base64 => BASE64.decode(text).ok(),
            Self::Base64Url => BASE64_URL.decode(text).ok(),
            Self::Hex => decode_hex(text),
        }
        .map(Zeroizing::new)
        .ok_or(SecretError::Encoding(self.name()))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
            Self::Hex => "hex",
        }
    }
}

/// Decodes base64 in either alphabet, with or without padding.
///
/// The alphabet is chosen before decoding, so that no attempt in the wrong one
/// leaves half a secret in memory.
pub(crate) fn decode_any_base64(text: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let alphabet = if text.contains(['-', '_']) { BASE64_URL } else { BASE64 };
    alphabet
        .decode(text)
        .map(Zeroizing::new)
        .map_err(|_| SecretError::Encoding(SecretEncoding::Base64.name()))
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::Algorithm;

    const RAW: &str = "0123456789abcdef0123456789abcdef";

    fn form(encoding: SecretEncoding) -> SecretForm {
        SecretForm { field: "JWT_SECRET".into(), encoding, algorithms: AlgorithmSet::only(Algorithm::HS256) }
    }

    fn check(text: &str, encoding: SecretEncoding, expected: &Expect) {
        let told = match SecretValue::parse(text, Some("v1"), &form(encoding)) {
            Ok(SecretValue::Plain(key)) => {
                format!("plain {:?} of {} bytes", key.id(), key.secret_bytes().len())
            }
            Ok(SecretValue::Ring(ring)) => format!("ring of {}", ring.keys().len()),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&told);
    }

    #[test]
    fn every_form_of_a_secret_is_read() {
        use SecretEncoding::{Base64, Base64Url, Hex, Utf8};
        check(RAW, Utf8, &expect![[r#"plain Some("v1") of 32 bytes"#]]);
        check(&format!("{RAW}\n"), Utf8, &expect![[r#"plain Some("v1") of 32 bytes"#]]);
        check(&format!(r#"{{"JWT_SECRET":"{RAW}"}}"#), Utf8, &expect![[r#"plain Some("v1") of 32 bytes"#]]);
        check(&BASE64.encode(RAW), Base64, &expect![[r#"plain Some("v1") of 32 bytes"#]]);
        check(
            BASE64.encode(RAW).trim_end_matches('='),
            Base64,
            &expect![[r#"plain Some("v1") of 32 bytes"#]],
        );
        check(&BASE64_URL.encode([0xff; 33]), Base64Url, &expect![[r#"plain Some("v1") of 33 bytes"#]]);
        check(&"0f".repeat(32), Hex, &expect![[r#"plain Some("v1") of 32 bytes"#]]);
        check(
            &format!(r#"{{"keys":[{{"kty":"oct","kid":"a","k":"{}"}}]}}"#, BASE64_URL.encode([7; 33])),
            Utf8,
            &expect!["ring of 1"],
        );
        check(
            "{not json, but long enough to be a secret}",
            Utf8,
            &expect![[r#"plain Some("v1") of 42 bytes"#]],
        );
    }

    #[test]
    fn a_value_that_holds_no_key_is_described_without_quoting_it() {
        use SecretEncoding::{Base64, Base64Url, Hex, Utf8};
        check("", Utf8, &expect!["the secret is empty"]);
        check("hunter2", Utf8, &expect!["the secret has 7 bytes, HS256 needs at least 32"]);
        check(
            r#"{"password":"hunter2"}"#,
            Utf8,
            &expect![[r#"the secret is a JSON object without "keys" and without a string "JWT_SECRET""#]],
        );
        check(
            r#"{"JWT_SECRET":12}"#,
            Utf8,
            &expect![[r#"the secret is a JSON object without "keys" and without a string "JWT_SECRET""#]],
        );
        check("!!!!", Base64, &expect!["the secret is not valid base64"]);
        check("ab+/", Base64Url, &expect!["the secret is not valid base64url"]);
        check("abc", Hex, &expect!["the secret is not valid hex"]);
        check("zz", Hex, &expect!["the secret is not valid hex"]);
        check(&BASE64.encode("hunter2"), Base64, &expect!["the secret has 7 bytes, HS256 needs at least 32"]);
    }
}
