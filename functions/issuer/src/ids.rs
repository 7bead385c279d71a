//! Names for users, sessions, tokens and requests: version 7 UUIDs, which sort
//! by the time they were made.
//!
//! None of them is a secret, and nothing is granted for knowing one.

use token::Timestamp;
use uuid::Builder;

/// The operating system gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub(crate) struct NoRandomness;

/// Returns a new id made at `now`.
pub(crate) fn new_id(now: Timestamp) -> Result<String, NoRandomness> {
    random_bytes().map(|random| time_ordered_id(now, random))
}

/// Returns the version 7 UUID (RFC 9562 section 5.7) of that time and those bits.
pub(crate) fn time_ordered_id(at: Timestamp, bits: [u8; 10]) -> String {
    let millis = u64::try_from(at.as_unix_secs()).unwrap_or(0).saturating_mul(1000);
    Builder::from_unix_timestamp_millis(millis, &bits).into_uuid().to_string()
}

pub(crate) fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], NoRandomness> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_from_its_time_and_its_bits() {
        let at = Timestamp::from_unix_secs(1_750_000_000);
        let id = time_ordered_id(at, [7; 10]);
        assert_eq!(id, time_ordered_id(at, [7; 10]));
        assert_eq!(id, "01977420-dc00-7707-8707-070707070707");
        assert!(id < time_ordered_id(at.plus(1), [0; 10]));
        assert_ne!(new_id(at), new_id(at));
    }
}
