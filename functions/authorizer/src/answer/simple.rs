//! `isAuthorized`: the simple response of an HTTP API with payload format 2.0.

use serde::Serialize;
use serde_json::{Map, Value};

use super::context;
use decision::Decision;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    context: Map<String, Value>,
}

impl Answer {
    pub(super) fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(principal) => Self { is_authorized: true, context: context(principal) },
            Decision::Forbidden(_) | Decision::Unauthenticated(_) => {
                Self { is_authorized: false, context: Map::new() }
            }
        }
    }
}
