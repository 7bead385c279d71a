//! Where a page of a list begins.
//!
//! A page ends with the key of its last entry, and the next begins after it: no
//! entry is left out or shown twice for what comes or goes meanwhile.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::{error::ApiError, path::is_id};

const DEFAULT_SIZE: u32 = 100;
const MAX_SIZE: u32 = 1000;

/// Which users to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// How many at most; 100 where it is left out
    #[param(minimum = 1, maximum = 1000)]
    size: Option<u32>,
    /// From the answer before, for what comes after
    offset: Option<String>,
    /// The one user of that name, without regard to case
    pub(super) username: Option<String>,
}

/// Which entries are on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) size: u32,
    /// The id before the first one; empty at the beginning.
    pub(super) after: String,
}

impl ListQuery {
    pub(super) fn page(&self) -> Result<Page, ApiError> {
        let size = self.size.unwrap_or(DEFAULT_SIZE);
        if !(1..=MAX_SIZE).contains(&size) {
            return Err(ApiError::InvalidRequest("size is not a number from 1 to 1000"));
        }
        let after = self.offset.as_deref().map(read_offset).transpose()?;
        Ok(Page { size, after: after.unwrap_or_default() })
    }
}

/// Returns the offset of the page that begins after `id`.
pub(super) fn offset_after(id: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(id)
}

fn read_offset(offset: &str) -> Result<String, ApiError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(offset).ok();
    let id = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|id| is_id(id));
    id.ok_or(ApiError::InvalidRequest("offset is not from an answer of this list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_read_as_it_was_written_and_nothing_else_is_one() {
        for id in ["7", "ä/../%00", &"x".repeat(255)] {
            assert_eq!(read_offset(&offset_after(id)).unwrap(), id);
        }
        for none in ["", "=", "!", "AA", &offset_after(""), &offset_after(&"x".repeat(256)), "gA"] {
            assert!(read_offset(none).is_err(), "{none}");
        }
    }
}
