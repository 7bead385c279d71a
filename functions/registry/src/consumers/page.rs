//! Lists, page by page.
//!
//! A page costs a bounded number of requests, so it may hold fewer than were
//! asked for and still not be the last: only the absence of [`Page::next`] says
//! that it is.

use std::fmt;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// The largest page there is.
const MAX_PAGE_SIZE: u16 = 1000;

/// The longest key in an offset: the longest that DynamoDB has.
const MAX_KEY_BYTES: usize = 2048;

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    pub size: PageSize,
    /// Where the page before ended; `None`: from the start.
    pub after: Option<Offset>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub entries: Vec<T>,
    /// Where the next page begins; `None`: there is none.
    pub next: Option<Offset>,
}

/// How many entries a page has at most: 1 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

impl PageSize {
    /// Returns `None` for 0 and for more than 1000.
    pub fn new(size: u16) -> Option<Self> {
        (1..=MAX_PAGE_SIZE).contains(&size).then_some(Self(size))
    }

    pub(super) fn get(self) -> usize {
        self.0.into()
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(100)
    }
}

/// A place in a list, opaque to whoever holds it.
///
/// It is the key of the last entry before that place, which need not be there
/// any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offset {
    pub(super) pk: String,
    pub(super) consumer: String,
}

impl Offset {
    /// Reads what [`ToString`] wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 4 * MAX_KEY_BYTES {
            return None;
        }
        let (pk, consumer) = text.split_once('.')?;
        let key = |part: &str| {
            let key = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
            // DynamoDB would refuse these, which would look like a fault of its own.
            (1..=MAX_KEY_BYTES).contains(&key.len()).then_some(key)
        };
        Some(Self { pk: key(pk)?, consumer: key(consumer)? })
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encode = |key: &str| BASE64_URL_SAFE_NO_PAD.encode(key);
        write!(f, "{}.{}", encode(&self.pk), encode(&self.consumer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_back_whatever_the_key() {
        for key in ["CRED#a", "CRED#a.b\nc", "CONSUMER#ü", &"x".repeat(2048)] {
            let offset = Offset { pk: key.into(), consumer: "shop".into() };
            assert_eq!(Offset::parse(&offset.to_string()), Some(offset));
        }
    }

    #[test]
    fn what_is_no_offset_is_told_before_the_table_is_asked() {
        let empty = Offset { pk: String::new(), consumer: "shop".into() }.to_string();
        let long = Offset { pk: "x".repeat(2049), consumer: "shop".into() }.to_string();
        let huge = "QQ".repeat(100_000);
        for text in ["", ".", "QQ", "QQ.", ".QQ", "QQ.!!", "QQ.QQ.QQ", "_w.QQ", &empty, &long, &huge] {
            assert_eq!(Offset::parse(text), None, "{text:.20}");
        }
    }

    #[test]
    fn a_page_has_one_to_a_thousand_entries() {
        assert_eq!(PageSize::new(0), None);
        assert_eq!(PageSize::new(1).unwrap().get(), 1);
        assert_eq!(PageSize::new(1000).unwrap().get(), 1000);
        assert_eq!(PageSize::new(1001), None);
    }
}
