//! `isAuthorized`: the simple response of an HTTP API with payload format 2.0.

use serde::Serialize;

use super::Context;
use decision::Decision;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'d> {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context<'d>>,
}

impl<'d> Answer<'d> {
    pub(super) fn of(decision: &'d Decision) -> Self {
        match decision {
            Decision::Allow(principal) => Self { is_authorized: true, context: Some(Context(principal)) },
            Decision::Forbidden(_) | Decision::Unauthenticated(_) => {
                Self { is_authorized: false, context: None }
            }
        }
    }
}
