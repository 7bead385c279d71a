//! Ids in a path.
//!
//! Whoever writes a path may put anything into it. What no id can look like is
//! told to be unknown, as any id is that nobody has, and reaches no database.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use super::error::ApiError;

/// The longest user id in bytes; a session id is shorter.
const MAX_ID_BYTES: usize = 255;

/// The one id in a path.
pub(crate) struct Id(pub(crate) String);

/// Both ids in a path.
pub(crate) struct TwoIds(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(id) = Path::from_request_parts(parts, state).await.map_err(|_| UNKNOWN)?;
        Ok(Self(check(id)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TwoIds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path((first, second)) = Path::from_request_parts(parts, state).await.map_err(|_| UNKNOWN)?;
        Ok(Self(check(first)?, check(second)?))
    }
}

const UNKNOWN: ApiError = ApiError::NoSuch("there is nothing of that id");

fn check(id: String) -> Result<String, ApiError> {
    if is_id(&id) { Ok(id) } else { Err(UNKNOWN) }
}

/// Whether a user or a session could have that id.
pub(super) fn is_id(text: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_id_can_look_like_is_unknown() {
        assert!(check("7".to_owned()).is_ok());
        assert!(check("ä/../%00".to_owned()).is_ok(), "odd, and possible");
        for unfit in [String::new(), "a\0b".to_owned(), "x".repeat(256), "ä".repeat(128)] {
            assert_eq!(check(unfit), Err(UNKNOWN));
        }
    }
}
