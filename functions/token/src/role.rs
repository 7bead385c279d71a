//! What a user may be: three roles in one line, each including the ones below.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A user's role. The order is the hierarchy: a higher role may do all that a
/// lower one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    User,
    Supervisor,
    Admin,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::User, Self::Supervisor, Self::Admin];

    /// Returns the role of that name, without regard to case: issuers in the
    /// wild write `user` as well as `USER`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name().eq_ignore_ascii_case(name))
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Supervisor => "SUPERVISOR",
            Self::Admin => "ADMIN",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| D::Error::custom("a role is ADMIN, SUPERVISOR or USER"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_ordered_and_read_without_regard_to_case() {
        assert!(Role::Admin > Role::Supervisor && Role::Supervisor > Role::User);
        assert_eq!(Role::from_name("admin"), Some(Role::Admin));
        assert_eq!(Role::from_name("Supervisor"), Some(Role::Supervisor));
        assert_eq!(Role::from_name("root"), None);
        assert_eq!(Role::from_name(""), None);
    }
}
