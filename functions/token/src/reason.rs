//! Why a request was refused: one closed list, for logs and metrics only.

use std::fmt;

/// Why a request was refused or could not be decided.
///
/// The list is closed, so that a metric dimension made of it stays small. The
/// client learns none of it beyond `invalid_token` (RFC 6750 section 3.1): a
/// more exact answer would tell a forger which guess was right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    NoToken,
    MultipleTokens,
    TooLarge,
    Malformed,
    Algorithm,
    UnknownKey,
    BadSignature,
    Expired,
    NotYetValid,
    IssuedInFuture,
    Issuer,
    Audience,
    TokenType,
    Lifetime,
    Role,
    Subject,
    Revoked,
    UnknownConsumer,
    ConsumerDisabled,
    ForbiddenRoute,
    KeysUnavailable,
    RegistryUnavailable,
}

impl Reason {
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::MultipleTokens => "multiple_tokens",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::TokenType => "token_type",
            Self::Lifetime => "lifetime",
            Self::Role => "role",
            Self::Subject => "subject",
            Self::Revoked => "revoked",
            Self::UnknownConsumer => "unknown_consumer",
            Self::ConsumerDisabled => "consumer_disabled",
            Self::ForbiddenRoute => "forbidden_route",
            Self::KeysUnavailable => "keys_unavailable",
            Self::RegistryUnavailable => "registry_unavailable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
