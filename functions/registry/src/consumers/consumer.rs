//! Consumers, as an administrator sees and changes them.
//!
//! A principal's id is `consumer:<username>`, so a consumer always has a
//! username; where another system has a `custom_id` only, the caller gives that
//! as the username too.

use token::Timestamp;

use super::{change::Change, refusal::Fault};

/// The longest name in bytes. `token` holds credentials to the same rule.
pub(super) const MAX_NAME_BYTES: usize = 255;

pub(super) const MAX_TAGS: usize = 64;
pub(super) const MAX_TAG_BYTES: usize = 128;

/// A consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// A UUID in lower case.
    pub id: String,
    pub username: String,
    pub custom_id: Option<String>,
    /// In the order in which they were given.
    pub tags: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A consumer to be made, or put in the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConsumer {
    /// A UUID.
    pub id: String,
    pub username: String,
    pub custom_id: Option<String>,
    pub tags: Vec<String>,
}

/// What to change about a consumer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsumerChange {
    pub username: Change<String>,
    pub custom_id: Change<Option<String>>,
    pub tags: Change<Vec<String>>,
}

/// By which of its names something is put in the place of what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutBy {
    Id,
    /// The username of a consumer, the key of a credential. What is there keeps
    /// its id.
    Name,
}

impl Consumer {
    pub(super) fn new(new: NewConsumer, now: Timestamp) -> Result<Self, Fault> {
        let NewConsumer { id, username, custom_id, tags } = new;
        let id = parse_id(&id).ok_or(Fault::Id)?;
        Self { id, username, custom_id, tags, created_at: now, updated_at: now }.checked()
    }

    pub(super) fn changed(self, change: ConsumerChange, now: Timestamp) -> Result<Self, Fault> {
        let changed = Self {
            username: change.username.apply_to(self.username),
            custom_id: change.custom_id.apply_to(self.custom_id),
            tags: change.tags.apply_to(self.tags),
            updated_at: now,
            ..self
        };
        changed.checked()
    }

    /// Whether both say the same, whenever they were written.
    pub(super) fn says_same_as(&self, other: &Self) -> bool {
        self.username == other.username && self.custom_id == other.custom_id && self.tags == other.tags
    }

    fn checked(self) -> Result<Self, Fault> {
        if !is_name(&self.username) {
            return Err(Fault::Name("username"));
        }
        if self.custom_id.as_deref().is_some_and(|custom_id| !is_name(custom_id)) {
            return Err(Fault::Name("custom_id"));
        }
        check_tags(&self.tags)?;
        Ok(self)
    }
}

impl NewConsumer {
    /// The change that makes another consumer say what this one says.
    pub(super) fn into_change(self) -> ConsumerChange {
        ConsumerChange {
            username: Change::Set(self.username),
            custom_id: Change::Set(self.custom_id),
            tags: Change::Set(self.tags),
        }
    }
}

/// Returns the id in lower case, if it is a UUID.
pub(super) fn parse_id(id: &str) -> Option<String> {
    let is_dash = |index| matches!(index, 8 | 13 | 18 | 23);
    let fits =
        |(index, byte): (usize, u8)| if is_dash(index) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    (id.len() == 36 && id.bytes().enumerate().all(fits)).then(|| id.to_ascii_lowercase())
}

/// Whether a verifier would take `name` as the name of a credential's consumer.
pub(super) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control)
}

pub(super) fn check_tags(tags: &[String]) -> Result<(), Fault> {
    let fits = |tag: &String| tag.len() <= MAX_TAG_BYTES && is_name(tag);
    if tags.len() <= MAX_TAGS && tags.iter().all(fits) { Ok(()) } else { Err(Fault::Tags) }
}

#[cfg(test)]
mod tests {
    use token::{Algorithm, Credential, CredentialRecord, CredentialSecret, Role};
    use zeroize::Zeroizing;

    use super::*;

    fn is_taken_by_verifiers(username: &str) -> bool {
        let secret =
            CredentialSecret { value: Zeroizing::new("x".repeat(32)), is_base64: false, not_after: None };
        let record = CredentialRecord {
            key: "key".into(),
            username: username.into(),
            custom_id: None,
            role: Role::User,
            enabled: true,
            algorithm: Algorithm::HS256,
            max_lifetime_secs: 60,
            not_before: None,
            secrets: vec![secret],
        };
        Credential::new(record).is_ok()
    }

    #[test]
    fn a_name_is_what_verifiers_take_for_one() {
        let long = "x".repeat(255);
        let (too_long, too_many_bytes) = ("x".repeat(256), "ü".repeat(128));
        for name in
            ["", "a", " ", "a b", "ü#:/", "a\nb", "\u{7f}", "\u{85}", &long, &too_long, &too_many_bytes]
        {
            assert_eq!(is_name(name), is_taken_by_verifiers(name), "{name:?}");
        }
    }

    #[test]
    fn an_id_is_a_uuid_in_either_case() {
        let lower = "018f4c1e-5a3b-7c2d-9e8f-0123456789ab";
        assert_eq!(parse_id(lower).as_deref(), Some(lower));
        assert_eq!(parse_id(&lower.to_uppercase()).as_deref(), Some(lower));
        for bad in ["", "shop", &lower.replace('-', ""), &lower.replace('e', "g"), &format!("{lower}0")] {
            assert_eq!(parse_id(bad), None, "{bad}");
        }
    }

    #[test]
    fn tags_are_few_and_short() {
        let tags = |count: usize, length: usize| vec!["t".repeat(length); count];
        assert_eq!(check_tags(&tags(64, 128)), Ok(()));
        for bad in [tags(65, 1), tags(1, 129), tags(1, 0), vec!["a\nb".into()]] {
            assert_eq!(check_tags(&bad), Err(Fault::Tags));
        }
    }
}
