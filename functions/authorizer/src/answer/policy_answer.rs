//! A principal and an IAM policy: REST, HTTP 1.0, WebSocket, and HTTP 2.0 where
//! the settings say so.

use decision::Decision;
use serde::Serialize;

use super::{
    AnswerForm, Context,
    policy::{PolicyDocument, PolicyTooLarge},
};
use crate::event::{AnswerFamily, MethodArn};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer<'d> {
    /// Required by the gateway, for a refusal too.
    principal_id: &'d str,
    policy_document: PolicyDocument<'d>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context<'d>>,
}

impl<'d> Answer<'d> {
    pub(super) fn of(
        form: &'d AnswerForm,
        family: AnswerFamily,
        arn: &MethodArn<'d>,
        decision: &'d Decision,
    ) -> Result<Self, PolicyTooLarge> {
        let Some(principal) = decision.principal() else {
            let policy_document = PolicyDocument::deny_all(arn.stage_arn);
            return Ok(Self { principal_id: "unauthenticated", policy_document, context: None });
        };
        let until = form.policy_leeway_secs.map(|leeway_secs| principal.exp().plus(leeway_secs));
        let policy_document = match (family, decision) {
            // The handshake is decided here: nobody evaluates this policy for
            // any other route.
            (AnswerFamily::ConnectPolicy, Decision::Allow(_)) => {
                PolicyDocument::allow_all(arn.stage_arn, until)
            }
            (AnswerFamily::ConnectPolicy, _) => PolicyDocument::deny_all(arn.stage_arn),
            _ => form.policies.render(principal.role(), arn.stage_arn, until)?,
        };
        Ok(Self { principal_id: principal.id(), policy_document, context: Some(Context(principal)) })
    }
}
