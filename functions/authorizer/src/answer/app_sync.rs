//! The answer to AppSync, which alone can say how long it is good for.

use serde::Serialize;
use serde_json::{Map, Value};
use token::Timestamp;

use super::context;
use decision::Decision;

/// The longest time that AppSync keeps an answer of ours, in seconds.
const MAX_TTL_SECS: u64 = 300;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    resolver_context: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl_override: Option<u64>,
}

impl Answer {
    pub(super) fn of(decision: &Decision, now: Timestamp) -> Self {
        match decision {
            Decision::Allow(principal) => Self {
                is_authorized: true,
                resolver_context: context(principal),
                // An answer must not outlive its token.
                ttl_override: Some(principal.exp().secs_since(now).min(MAX_TTL_SECS)),
            },
            Decision::Forbidden(_) | Decision::Unauthenticated(_) => {
                Self { is_authorized: false, resolver_context: Map::new(), ttl_override: None }
            }
        }
    }
}
