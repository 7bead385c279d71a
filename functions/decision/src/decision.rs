//! The decision on one request: who it is, and whether they may do this.

use token::{AccessRules, Principal, Reason};

/// What was decided. That nothing could be decided is no decision but an error
/// ([`Unavailable`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Allow(Principal),
    /// Nobody we know.
    Unauthenticated(Reason),
    /// Somebody we know, who may not do this.
    Forbidden(Principal),
}

/// The question could not be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable(pub Reason);

impl Decision {
    /// Decides what a known caller may do.
    pub(crate) fn on_route(
        principal: Principal,
        rules: &AccessRules,
        method: &str,
        path: &str,
        is_ambiguous: bool,
    ) -> Self {
        let told = rules.is_empty() || !is_ambiguous;
        if told && rules.allow(principal.role(), method, path) {
            Self::Allow(principal)
        } else {
            Self::Forbidden(principal)
        }
    }

    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Allow(_) => None,
            Self::Unauthenticated(reason) => Some(*reason),
            Self::Forbidden(_) => Some(Reason::ForbiddenRoute),
        }
    }

    pub const fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Allow(principal) | Self::Forbidden(principal) => Some(principal),
            Self::Unauthenticated(_) => None,
        }
    }
}
