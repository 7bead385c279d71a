//! The key to an endpoint. It cannot print itself.

use http::HeaderValue;

/// The value of `Authorization` that opens the endpoint.
#[derive(Clone)]
pub(super) struct ApiKey(HeaderValue);

impl ApiKey {
    /// `None` where `text` is nothing that can be sent.
    pub(super) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let mut value = HeaderValue::try_from(format!("Bearer {text}")).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ApiKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trimmed_and_does_not_print_itself() {
        let key = ApiKey::new(" sk-test\n").unwrap();
        assert_eq!(key.header(), "Bearer sk-test");
        assert_eq!(format!("{key:?} {:?}", key.header()), "ApiKey(redacted) Sensitive");
    }

    #[test]
    fn what_cannot_be_sent_is_no_key() {
        for text in ["", " \n", "two words", "two\nlines", "schlüssel", "nul\0"] {
            assert!(ApiKey::new(text).is_none(), "{text:?}");
        }
    }
}
