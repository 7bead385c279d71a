//! One revocation as a verifier reads it.

use token::Timestamp;

use crate::item::{Item, UnreadableItem};

/// What the table says about revocation under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Nothing, or something whose time is over.
    Absent,
    Revoked {
        until: Timestamp,
    },
    RevokedBefore {
        not_before: Timestamp,
        until: Timestamp,
    },
}

impl Entry {
    pub(crate) fn read(item: &Item) -> Result<Self, UnreadableItem> {
        let until = item.time("ttl")?.ok_or(UnreadableItem("ttl"))?;
        Ok(match item.time("not_before")? {
            Some(not_before) => Self::RevokedBefore { not_before, until },
            None => Self::Revoked { until },
        })
    }

    /// Whether a token issued at `issued_at` is revoked by this entry.
    ///
    /// DynamoDB deletes an item some time after its `ttl`, so expiry is checked
    /// here. A token that does not say when it was issued may be an old one.
    pub(crate) fn revokes(self, issued_at: Option<Timestamp>, now: Timestamp) -> bool {
        match self {
            Self::Absent => false,
            Self::Revoked { until } => now < until,
            Self::RevokedBefore { not_before, until } => {
                now < until && issued_at.is_none_or(|issued_at| issued_at < not_before)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

    fn read(pairs: &[(&str, AttributeValue)]) -> Result<Entry, UnreadableItem> {
        let attributes: HashMap<_, _> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Entry::read(&attributes.into())
    }

    fn number(at: Timestamp) -> AttributeValue {
        AttributeValue::N(at.as_unix_secs().to_string())
    }

    #[test]
    fn an_entry_ends_with_its_ttl_even_where_it_is_still_there() {
        let entry = read(&[("ttl", number(NOON))]).unwrap();
        assert!(entry.revokes(None, NOON.minus(1)));
        assert!(!entry.revokes(None, NOON));
    }

    #[test]
    fn a_subject_is_revoked_up_to_a_moment() {
        let entry = read(&[("ttl", number(NOON.plus(3600))), ("not_before", number(NOON))]).unwrap();
        assert!(entry.revokes(Some(NOON.minus(1)), NOON));
        assert!(!entry.revokes(Some(NOON), NOON), "issued afterwards");
        assert!(entry.revokes(None, NOON), "nobody knows when it was issued");
    }

    #[test]
    fn an_entry_that_makes_no_sense_is_not_taken_for_absence() {
        let unreadable = Err(UnreadableItem("ttl"));
        assert_eq!(read(&[]), unreadable);
        assert_eq!(read(&[("ttl", AttributeValue::S("1".into()))]), unreadable);
        assert_eq!(read(&[("ttl", AttributeValue::N("soon".into()))]), unreadable);
    }
}
