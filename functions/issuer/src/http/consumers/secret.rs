//! `POST /consumers/{consumer}/jwt/{credential}/secret` and `…/revoke`: ours,
//! Kong has nothing of the kind.

use axum::Json;
use registry::{CredentialPath, Revocation};
use token::CredentialSecret;
use zeroize::Zeroizing;

use super::{
    fault::{FieldErrorBody, RequestFault},
    field::Field,
    fields::Fields,
    registrar::Registrar,
    schema::SecretBody,
};
use crate::{
    audit::Action,
    consumers::{CredentialAnswer, DEFAULT_OVERLAP_SECS, MAX_OVERLAP_SECS, fresh_secret, old_secret_until},
    http::{answers::Pending, error::Body, path::TwoIds},
    issuer::Fault,
    logout::{Delivery, taken_over_at},
    session::LONGEST_LEEWAY_SECS,
    store::NewEntry,
};

/// What a body says of a new secret.
struct SecretInput {
    secret: Option<Zeroizing<String>>,
    is_base64: Option<bool>,
    overlap_secs: u64,
}

impl SecretInput {
    fn read(mut fields: Fields) -> Result<Self, RequestFault> {
        let secret = fields.text("secret").value().map(Zeroizing::new);
        let is_base64 = fields.flag("secret_is_base64").value();
        let overlap = fields.whole("overlap_seconds");
        if matches!(overlap, Field::Value(secs) if secs > MAX_OVERLAP_SECS) {
            fields.fault("overlap_seconds", "is more than a year");
        }
        let overlap_secs = overlap.value().unwrap_or(DEFAULT_OVERLAP_SECS);
        fields.finish(Self { secret, is_base64, overlap_secs })
    }
}

/// Gives a credential a new secret, shown this once, and lets the old one live
/// for a while, an hour where nothing is said: so its consumer can change over
/// without a token refused.
#[utoipa::path(
    post,
    path = "/consumers/{consumer}/jwt/{credential}/secret",
    tag = "consumers",
    params(
        ("consumer" = String, Path, description = "Id or username"),
        ("credential" = String, Path, description = "Id or key"),
    ),
    request_body(content(
        (SecretBody = "application/json"),
        (SecretBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "Both secrets are good", body = CredentialAnswer),
        (status = 400, description = "`invalid_request`", body = FieldErrorBody),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn replace(
    registrar: Registrar,
    TwoIds(consumer, credential): TwoIds,
    fields: Fields,
) -> Result<Json<CredentialAnswer>, RequestFault> {
    let input = SecretInput::read(fields)?;
    let present = registrar.credential(&consumer, &credential).await?;
    let before = present.secrets.first().is_some_and(|secret| secret.is_base64);
    let is_base64 = input.is_base64.unwrap_or(before);
    let value = input.secret.map_or_else(|| fresh_secret(present.algorithm, is_base64), Ok)?;
    let shown = value.clone();
    let secret = CredentialSecret { value, is_base64, not_after: None };
    let (consumers, now, id) = (registrar.consumers.clone(), registrar.now, present.id);
    let old_until = old_secret_until(input.overlap_secs, now);
    let replace = async move {
        let path = CredentialPath { consumer: None, id_or_key: &id };
        consumers.replace_secret(path, &secret, old_until, now).await
    };
    let replaced = registrar.change(Action::CredentialSecretReplaced, &present.key, replace).await?;
    Ok(Json(CredentialAnswer::new(replaced, Some(&shown))))
}

/// Revokes the tokens of a credential that were issued before now. Its consumer
/// signs that moment itself: this ends tokens that went astray; a secret that
/// did must be replaced.
#[utoipa::path(
    post,
    path = "/consumers/{consumer}/jwt/{credential}/revoke",
    tag = "consumers",
    params(
        ("consumer" = String, Path, description = "Id or username"),
        ("credential" = String, Path, description = "Id or key"),
    ),
    responses(
        (status = 204, description = "Revoked, and known everywhere"),
        (status = 202, description = "Kept, and not yet known everywhere", body = Pending),
        (status = 404, description = "`not_found`", body = Body),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn revoke(
    registrar: Registrar,
    TwoIds(consumer, credential): TwoIds,
) -> Result<Delivery, RequestFault> {
    let present = registrar.credential(&consumer, &credential).await?;
    let now = registrar.now;
    let event = registrar.event(Action::CredentialRevoked, &present.key);
    let entry = NewEntry {
        // A second on, for the tokens that were made in this one.
        revocation: Revocation::Credential { key: present.key, not_before: now.plus(1) },
        // By then nothing that was issued before now can be valid.
        expires_at: now.plus(present.max_lifetime_secs).plus(LONGEST_LEEWAY_SECS),
        first_attempt_at: taken_over_at(now),
    };
    let issuer = &registrar.issuer;
    let entry = issuer.store.keep_revocation(&entry, &event, now).await.map_err(Fault::from)?;
    event.log(&issuer.metrics);
    Ok(issuer.tell_registry(&[entry]).await)
}
