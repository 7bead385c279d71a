//! A key ring in Secrets Manager.
//!
//! `PutSecretValue` overwrites whatever is current, so a new version is put
//! under a label of our own first and becomes current in a second call.
//! `UpdateSecretVersionStage` moves AWSCURRENT only from the version that is
//! named in it, which makes the two of them a compare-and-set: of two writers
//! that saw the same version one gets [`StoreError::Conflict`], and so does
//! whoever read a version that lagged behind. What can still race: the console,
//! or anybody who puts a value without such care, overwrites ours; and a
//! rotation that the function has under way is given up by it, because the key
//! made here is missing from its ring.
//!
//! It takes `DescribeSecret`, `GetSecretValue`, `PutSecretValue` and
//! `UpdateSecretVersionStage` on the secret, and `CreateSecret` or
//! `RotateSecret` where those are asked for.

use std::collections::HashMap;

use aws_sdk_secretsmanager::operation::{
    create_secret::CreateSecretError, describe_secret::DescribeSecretError, rotate_secret::RotateSecretError,
    update_secret_version_stage::UpdateSecretVersionStageError,
};
use token::Timestamp;

use super::{Overwrite, RotationRequest, StoreError, Stored};
use crate::{SecretsManagerSource, Versions, aws::source_error};

const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";

/// On a version from its writing until it is the current one. There is one such
/// label, so what a crash leaves behind goes with the next writing.
const WRITTEN: &str = "LATCHKEY-WRITTEN";

pub(super) async fn read(source: &SecretsManagerSource) -> Result<Option<Stored>, StoreError> {
    let Some(current) = source.current().await? else { return Ok(None) };
    let version = current.version_id().map(str::to_owned);
    let changed = current.created_date().map(|date| Timestamp::from_unix_secs(date.secs()));
    let ring = source.ring(current, Versions::CurrentAndPrevious).await?;
    Ok(Some(Stored { ring, version, changed, text: None }))
}

pub(super) async fn create(
    source: &SecretsManagerSource,
    text: &str,
    version_id: &str,
    overwrite: Overwrite,
) -> Result<(), StoreError> {
    let Some(known) = describe(source).await? else {
        return create_secret(source, text, version_id).await;
    };
    match (known.holder(CURRENT), overwrite) {
        (Some(_), Overwrite::Never) => Err(StoreError::Exists),
        (current, _) => put(source, text, version_id, current).await,
    }
}

pub(super) async fn replace(
    source: &SecretsManagerSource,
    seen: &Stored,
    text: &str,
    version_id: &str,
) -> Result<(), StoreError> {
    let seen = seen.version.as_deref().ok_or(StoreError::Conflict)?;
    put(source, text, version_id, Some(seen)).await
}

pub(super) async fn request_rotation(
    source: &SecretsManagerSource,
    version_id: &str,
) -> Result<RotationRequest, StoreError> {
    let not_found = || StoreError::Refused("ResourceNotFoundException".into());
    let known = describe(source).await?.ok_or_else(not_found)?;
    if !known.has_function {
        return Ok(RotationRequest::NoFunction);
    }
    if !known.rotation_enabled {
        return Ok(RotationRequest::SwitchedOff);
    }
    let request = source.client()?.rotate_secret().secret_id(&source.secret_id);
    let Err(error) = request.client_request_token(version_id).send().await else {
        return Ok(RotationRequest::Started);
    };
    // Refused, and the rotation before is tried again all the same.
    let told = source_error(&error);
    match error.as_service_error() {
        Some(RotateSecretError::InvalidRequestException(_))
            if describe(source).await?.is_some_and(|known| known.is_rotating()) =>
        {
            Ok(RotationRequest::Resumed)
        }
        _ => Err(told.into()),
    }
}

/// What is known of a secret without its values.
struct Description {
    has_function: bool,
    rotation_enabled: bool,
    /// The labels of each version that has any.
    labels: HashMap<String, Vec<String>>,
}

impl Description {
    fn holder(&self, label: &str) -> Option<&str> {
        let mut holders = self.labels.iter().filter(|(_, labels)| labels.iter().any(|one| one == label));
        holders.next().map(|(version, _)| version.as_str())
    }

    fn is_rotating(&self) -> bool {
        self.holder(PENDING).is_some_and(|pending| self.holder(CURRENT) != Some(pending))
    }
}

/// `None` where there is no such secret.
async fn describe(source: &SecretsManagerSource) -> Result<Option<Description>, StoreError> {
    match source.client()?.describe_secret().secret_id(&source.secret_id).send().await {
        Ok(output) if output.deleted_date().is_some() => {
            Err(StoreError::Refused("the secret is marked for deletion".into()))
        }
        Ok(output) => Ok(Some(Description {
            has_function: output.rotation_lambda_arn().is_some_and(|arn| !arn.is_empty()),
            rotation_enabled: output.rotation_enabled().unwrap_or_default(),
            labels: output.version_ids_to_stages.unwrap_or_default(),
        })),
        Err(error) => match error.as_service_error() {
            Some(DescribeSecretError::ResourceNotFoundException(_)) => Ok(None),
            _ => Err(source_error(&error).into()),
        },
    }
}

async fn create_secret(
    source: &SecretsManagerSource,
    text: &str,
    version_id: &str,
) -> Result<(), StoreError> {
    // An ARN ends in characters that Secrets Manager makes up.
    if source.secret_id.starts_with("arn:") {
        let told = "there is no secret of this ARN; to create one, set JWT_SECRET_ARN to its name";
        return Err(StoreError::Refused(told.into()));
    }
    let request = source.client()?.create_secret().name(&source.secret_id).secret_string(text);
    let Err(error) = request.client_request_token(version_id).send().await else { return Ok(()) };
    match error.as_service_error() {
        Some(CreateSecretError::ResourceExistsException(_)) => {
            settle(source, version_id, None, StoreError::Conflict).await
        }
        _ => Err(source_error(&error).into()),
    }
}

/// Writes a version and makes it the current one in the place of `seen`.
async fn put(
    source: &SecretsManagerSource,
    text: &str,
    version_id: &str,
    seen: Option<&str>,
) -> Result<(), StoreError> {
    let client = source.client()?;
    let request = client.put_secret_value().secret_id(&source.secret_id).client_request_token(version_id);
    let written = request.secret_string(text).version_stages(WRITTEN).send().await;
    let written = written.map_err(|error| source_error(&error))?;
    // The first value of a secret is the current one at once.
    let is_current = written.version_stages().iter().any(|label| label == CURRENT);
    let outcome = if is_current { Ok(()) } else { make_current(source, version_id, seen).await };
    let request = client.update_secret_version_stage().secret_id(&source.secret_id);
    let tidied = request.version_stage(WRITTEN).remove_from_version_id(version_id).send().await;
    if tidied.is_err() {
        // It does no harm: the next writing takes the label along.
        tracing::warn!(label = WRITTEN, "could not take the label off the new version");
    }
    outcome
}

async fn make_current(
    source: &SecretsManagerSource,
    version_id: &str,
    seen: Option<&str>,
) -> Result<(), StoreError> {
    let request = source.client()?.update_secret_version_stage().secret_id(&source.secret_id);
    let request = request.version_stage(CURRENT).move_to_version_id(version_id);
    let moved = request.set_remove_from_version_id(seen.map(str::to_owned)).send().await;
    let Err(error) = moved else { return Ok(()) };
    let told = match error.as_service_error() {
        // Of the parameters only where the label is now can be wrong.
        Some(UpdateSecretVersionStageError::InvalidParameterException(_)) => StoreError::Conflict,
        _ => source_error(&error).into(),
    };
    settle(source, version_id, seen, told).await
}

/// Looks what became of a change that ended in `error`: the answer to a first
/// attempt may have been lost, and the second one been refused for it.
async fn settle(
    source: &SecretsManagerSource,
    version_id: &str,
    seen: Option<&str>,
    error: StoreError,
) -> Result<(), StoreError> {
    let known = describe(source).await;
    match known.as_ref().ok().and_then(Option::as_ref).and_then(|known| known.holder(CURRENT)) {
        Some(current) if current == version_id => Ok(()),
        Some(current) if Some(current) != seen => Err(StoreError::Conflict),
        Some(_) | None => Err(error),
    }
}

#[cfg(test)]
#[path = "secret_tests.rs"]
mod tests;
