//! `issuer token mint --consumer`: a token as a consumer would sign it, to try a
//! credential out.

use anyhow::anyhow;
use registry::CredentialPath;
use serde_json::json;
use token::{Algorithm, AlgorithmSet, Audience, ConsumerTokenClaims, IssuerRule, Policy, Verifier};

use super::{Context, Failure};
use crate::{audit::Action, ids::new_id};

/// How long such a token lives where nobody says.
const LIFETIME_SECS: u64 = 1800;

impl Context<'_> {
    pub(super) async fn mint_for_consumer(
        &mut self,
        key: &str,
        lifetime_secs: Option<u64>,
    ) -> Result<(), Failure> {
        let registry = self.registry().await?;
        let path = CredentialPath { consumer: None, id_or_key: key };
        let credential = registry.signing_credential(path);
        let credential = self.audited(Action::ConsumerTokenMinted, key, credential).await?;
        let now = (self.clock)().wall;
        let lifetime_secs =
            lifetime_secs.unwrap_or_else(|| LIFETIME_SECS.min(credential.max_lifetime_secs()));
        let jti = new_id(now)?;
        let claims =
            ConsumerTokenClaims { jti: jti.clone(), issued_at: now, expires_at: now.plus(lifetime_secs) };
        let token = credential
            .mint(&claims, now)
            .ok_or_else(|| Failure::Failed(anyhow!("none of its secrets is good any more")))?;
        // What no verifier accepts is not worth printing.
        verifier()
            .verify_consumer(&token, &credential, now)
            .map_err(|rejection| Failure::Refused(rejection.reason.name()))?;
        let value = json!({"access_token": token, "expires_in": lifetime_secs, "jti": jti});
        Ok(self.output.print(&token, &value)?)
    }
}

/// Checks what every verifier checks of a consumer's token that names no
/// audience.
fn verifier() -> Verifier {
    Verifier {
        algorithms: AlgorithmSet::only(Algorithm::HS256),
        policy: Policy {
            issuer: IssuerRule::Any,
            audience: Audience::Any,
            leeway_secs: 0,
            max_lifetime_secs: None,
            default_role: None,
            accept_untyped: false,
        },
        max_token_bytes: 8192,
    }
}
