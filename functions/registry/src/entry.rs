//! One entry of the table as a verifier reads it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use token::Timestamp;

/// What the table says under one key.
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

/// The entry is there and makes no sense: that is no "not revoked".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnreadableEntry;

impl Entry {
    pub(crate) fn read(item: &HashMap<String, AttributeValue>) -> Result<Self, UnreadableEntry> {
        let until = seconds(item, "ttl")?.ok_or(UnreadableEntry)?;
        Ok(match seconds(item, "not_before")? {
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

fn seconds(item: &HashMap<String, AttributeValue>, name: &str) -> Result<Option<Timestamp>, UnreadableEntry> {
    let Some(value) = item.get(name) else { return Ok(None) };
    let secs = value.as_n().ok().and_then(|number| number.parse().ok()).ok_or(UnreadableEntry)?;
    Ok(Some(Timestamp::from_unix_secs(secs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

    fn item(pairs: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn number(at: Timestamp) -> AttributeValue {
        AttributeValue::N(at.as_unix_secs().to_string())
    }

    #[test]
    fn an_entry_ends_with_its_ttl_even_where_it_is_still_there() {
        let entry = Entry::read(&item(&[("ttl", number(NOON))])).unwrap();
        assert!(entry.revokes(None, NOON.minus(1)));
        assert!(!entry.revokes(None, NOON));
    }

    #[test]
    fn a_subject_is_revoked_up_to_a_moment() {
        let entry =
            Entry::read(&item(&[("ttl", number(NOON.plus(3600))), ("not_before", number(NOON))])).unwrap();
        assert!(entry.revokes(Some(NOON.minus(1)), NOON));
        assert!(!entry.revokes(Some(NOON), NOON), "issued afterwards");
        assert!(entry.revokes(None, NOON), "nobody knows when it was issued");
    }

    #[test]
    fn an_entry_that_makes_no_sense_is_not_taken_for_absence() {
        assert_eq!(Entry::read(&item(&[])), Err(UnreadableEntry));
        assert_eq!(Entry::read(&item(&[("ttl", AttributeValue::S("1".into()))])), Err(UnreadableEntry));
        assert_eq!(Entry::read(&item(&[("ttl", AttributeValue::N("soon".into()))])), Err(UnreadableEntry));
    }
}
