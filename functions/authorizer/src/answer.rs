//! What is answered to each kind of gateway.
//!
//! Written from structs of our own, without a null anywhere: gateways take a
//! null context or condition for a broken authorizer.

use serde::Serialize;
use serde_json::{Map, Value};
use token::{Principal, Timestamp};

use crate::{
    arn::MethodArn,
    decision::Decision,
    error::HandlerError,
    event::EventKind,
    policy::{MAX_ANSWER_BYTES, PolicyDocument, PolicyTemplates},
};

/// The answers that are a matter of configuration, because no event tells.
#[derive(Debug, Clone)]
pub(crate) struct AnswerForm {
    pub(crate) http_api: HttpApiResponse,
    pub(crate) on_invalid_token: OnInvalidToken,
    pub(crate) policies: PolicyTemplates,
    /// How long after `exp` a token is accepted; `None` leaves the condition out.
    pub(crate) policy_leeway_secs: Option<u64>,
}

/// What an HTTP API with payload format 2.0 expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpApiResponse {
    Simple,
    Policy,
}

/// What becomes of a token that is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnInvalidToken {
    /// 401: the function fails with the one word that gateways know.
    Unauthorized,
    /// 403: an answer that denies, which the gateway may keep.
    Deny,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyAnswer {
    principal_id: String,
    policy_document: PolicyDocument,
    #[serde(skip_serializing_if = "Map::is_empty")]
    context: Map<String, Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SimpleAnswer {
    is_authorized: bool,
    #[serde(skip_serializing_if = "Map::is_empty")]
    context: Map<String, Value>,
}

impl AnswerForm {
    pub(crate) fn render(
        &self,
        kind: EventKind,
        arn: &MethodArn<'_>,
        decision: &Decision,
    ) -> Result<Value, HandlerError> {
        if matches!(decision, Decision::Unauthenticated(_))
            && self.on_invalid_token == OnInvalidToken::Unauthorized
        {
            return Err(HandlerError::Unauthorized);
        }
        let answer = match (kind, self.http_api) {
            (EventKind::HttpV2, HttpApiResponse::Simple) => serde_json::to_value(SimpleAnswer::of(decision)),
            (EventKind::HttpV2, HttpApiResponse::Policy)
            | (EventKind::RestToken | EventKind::RestRequest, _) => {
                serde_json::to_value(self.policy(arn, decision)?)
            }
        };
        let answer = answer.map_err(|_| HandlerError::AnswerTooLarge)?;
        if answer.to_string().len() > MAX_ANSWER_BYTES {
            return Err(HandlerError::AnswerTooLarge);
        }
        Ok(answer)
    }

    fn policy(&self, arn: &MethodArn<'_>, decision: &Decision) -> Result<PolicyAnswer, HandlerError> {
        let Some(principal) = decision.principal() else {
            let policy_document = PolicyDocument::deny_all(arn.stage_arn);
            return Ok(PolicyAnswer {
                principal_id: "unauthenticated".into(),
                policy_document,
                context: Map::new(),
            });
        };
        let until = self.policy_leeway_secs.map(|leeway_secs| principal.exp().plus(leeway_secs));
        let until: Option<Timestamp> = until;
        let policy_document = self.policies.render(principal.role(), arn.stage_arn, until)?;
        Ok(PolicyAnswer {
            principal_id: principal.id().to_owned(),
            policy_document,
            context: context(principal),
        })
    }
}

impl SimpleAnswer {
    fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(principal) => Self { is_authorized: true, context: context(principal) },
            Decision::Forbidden(_) | Decision::Unauthenticated(_) => {
                Self { is_authorized: false, context: Map::new() }
            }
        }
    }
}

fn context(principal: &Principal) -> Map<String, Value> {
    principal.to_context().into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
}
