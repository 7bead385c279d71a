//! Ids of conversations and messages, which sort by time.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use token::Timestamp;
use uuid::Uuid;

/// A UUID of version 7 (RFC 9562 section 5.7): as text it sorts as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(Uuid);

/// Makes ids, each of which sorts after all that this process made before.
///
/// The clock counts whole seconds, so ids of one second are told apart by the
/// milliseconds, which are counted on.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    last_millis: Mutex<u64>,
}

/// The operating system gave no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no random numbers")]
pub(crate) struct NoRandomness;

impl Id {
    /// Parses the text of an id, in the one form in which ids are written.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        (uuid.get_version_num() == 7 && uuid.to_string() == text).then_some(Self(uuid))
    }

    fn millis(self) -> u64 {
        let (high, _) = self.0.as_u64_pair();
        high >> 16
    }
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Ids {
    /// Returns a new id.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub(crate) fn next(&self, now: Timestamp) -> Result<Id, NoRandomness> {
        let now = u64::try_from(now.as_unix_secs()).unwrap_or(0).saturating_mul(1000);
        let mut last = self.last_millis.lock().unwrap_or_else(PoisonError::into_inner);
        *last = now.max(last.saturating_add(1));
        let millis = *last;
        drop(last);
        new_id(millis)
    }

    /// Returns a new id that sorts after `earlier` too, which another process
    /// may have made.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub(crate) fn next_after(&self, earlier: Option<Id>, now: Timestamp) -> Result<Id, NoRandomness> {
        let next = self.next(now)?;
        match earlier {
            Some(earlier) if earlier >= next => new_id(earlier.millis().saturating_add(1)),
            _ => Ok(next),
        }
    }
}

fn new_id(millis: u64) -> Result<Id, NoRandomness> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|_| NoRandomness)?;
    Ok(Id(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

    #[test]
    fn ids_of_one_second_sort_as_they_were_made() {
        let ids = Ids::default();
        let made: Vec<_> = (0..2000).map(|_| ids.next(NOON).unwrap()).collect();
        assert!(made.is_sorted());
        assert!(made.iter().map(Id::to_string).is_sorted());
    }

    #[test]
    fn an_answer_sorts_after_its_question_whoever_made_that() {
        let ahead = Ids::default().next(NOON.plus(5)).unwrap();
        let after = Ids::default().next_after(Some(ahead), NOON).unwrap();
        assert!(after > ahead);
    }

    #[test]
    fn an_id_is_read_in_the_form_it_is_written_in_and_in_no_other() {
        let id = Ids::default().next(NOON).unwrap();
        assert_eq!(Id::parse(&id.to_string()), Some(id));
        for text in [
            id.to_string().to_uppercase(),
            id.0.simple().to_string(),
            id.0.braced().to_string(),
            "67e55044-10b1-426f-9247-bb680e5fe0c8".into(),
            "../x".into(),
            String::new(),
        ] {
            assert_eq!(Id::parse(&text), None, "{text}");
        }
    }
}
