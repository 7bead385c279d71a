//! The answer to AppSync, which alone can say how long it is good for.

use serde::Serialize;
use token::Timestamp;

use super::Context;
use decision::Decision;

/// The longest time that AppSync keeps an answer of ours, in seconds.
const MAX_TTL_SECS: u64 = 300;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'d> {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolver_context: Option<Context<'d>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_override: Option<u64>,
}

impl<'d> Answer<'d> {
    pub(super) fn of(decision: &'d Decision, now: Timestamp) -> Self {
        match decision {
            Decision::Allow(principal) => Self {
                is_authorized: true,
                resolver_context: Some(Context(principal)),
                // An answer must not outlive its token.
                ttl_override: Some(principal.exp().secs_since(now).min(MAX_TTL_SECS)),
            },
            Decision::Forbidden(_) | Decision::Unauthenticated(_) => {
                Self { is_authorized: false, resolver_context: None, ttl_override: None }
            }
        }
    }
}
