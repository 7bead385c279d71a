//! Ids of conversations and messages, which sort by time.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use token::Moment;
use uuid::Uuid;

/// A UUID of version 7 (RFC 9562 section 5.7): as text it sorts as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(Uuid);

/// Makes ids, each of which sorts after all that this process made before.
///
/// Where it makes more than one in a millisecond, it counts on.
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
    pub(crate) fn next(&self, now: Moment) -> Result<Id, NoRandomness> {
        let now = now.unix_millis();
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
    pub(crate) fn next_after(&self, earlier: Option<Id>, now: Moment) -> Result<Id, NoRandomness> {
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
    use std::time::Duration;

    use token::Timestamp;

    use super::*;

    fn noon(secs: u64, subsec_millis: u16) -> Moment {
        let wall = Timestamp::from_unix_secs(1_750_000_000).plus(secs);
        Moment { wall, subsec_millis, monotonic: Duration::ZERO }
    }

    #[test]
    fn ids_of_two_processes_sort_by_the_millisecond() {
        let (one, other) = (Ids::default(), Ids::default());
        let made =
            [one.next(noon(0, 1)), other.next(noon(0, 2)), one.next(noon(0, 3)), other.next(noon(1, 0))];
        assert!(made.map(Result::unwrap).is_sorted());
    }

    #[test]
    fn ids_of_one_moment_sort_as_they_were_made() {
        let ids = Ids::default();
        let made: Vec<_> = (0..2000).map(|_| ids.next(noon(0, 0)).unwrap()).collect();
        assert!(made.is_sorted());
        assert!(made.iter().map(Id::to_string).is_sorted());
    }

    #[test]
    fn an_answer_sorts_after_its_question_whoever_made_that() {
        let ahead = Ids::default().next(noon(5, 0)).unwrap();
        let after = Ids::default().next_after(Some(ahead), noon(0, 0)).unwrap();
        assert!(after > ahead);
    }

    #[test]
    fn an_id_is_read_in_the_form_it_is_written_in_and_in_no_other() {
        let id = Ids::default().next(noon(0, 0)).unwrap();
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
