//! The port to the versions of a secret, and Secrets Manager behind it.

use std::collections::HashMap;

use aws_sdk_secretsmanager::{
    Client,
    error::SdkError,
    operation::{describe_secret::DescribeSecretOutput, get_secret_value::GetSecretValueError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use zeroize::Zeroizing;

use crate::RotationError;

pub(crate) const CURRENT: &str = "AWSCURRENT";
pub(crate) const PREVIOUS: &str = "AWSPREVIOUS";
pub(crate) const PENDING: &str = "AWSPENDING";

/// What is known of a secret without its values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Description {
    pub(crate) rotation_enabled: bool,
    /// The stages of each version.
    pub(crate) stages: HashMap<String, Vec<String>>,
}

/// One version with its value.
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) value: Zeroizing<String>,
}

/// The versions of secrets.
pub(crate) trait SecretVersions: Sync {
    fn describe(&self, secret_id: &str) -> impl Future<Output = Result<Description, RotationError>> + Send;

    /// `None` where no version with a value bears `stage`, or `id` where given.
    fn get(
        &self,
        secret_id: &str,
        stage: &str,
        id: Option<&str>,
    ) -> impl Future<Output = Result<Option<Version>, RotationError>> + Send;

    /// Writes a version with the stage `AWSPENDING`.
    fn put_pending(
        &self,
        secret_id: &str,
        id: &str,
        value: &str,
    ) -> impl Future<Output = Result<(), RotationError>> + Send;

    /// Moves `stage` from one version to another, either of which may be none.
    fn move_stage(
        &self,
        secret_id: &str,
        stage: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> impl Future<Output = Result<(), RotationError>> + Send;
}

impl Description {
    pub(crate) fn has_stage(&self, id: &str, stage: &str) -> bool {
        self.stages.get(id).is_some_and(|stages| stages.iter().any(|candidate| candidate == stage))
    }
}

impl From<DescribeSecretOutput> for Description {
    fn from(output: DescribeSecretOutput) -> Self {
        Self {
            // Absent is not switched off: it may be so while rotation is set up for the
            // first time, when Secrets Manager tries this function (not seen on AWS).
            rotation_enabled: output.rotation_enabled != Some(false),
            stages: output.version_ids_to_stages.unwrap_or_default(),
        }
    }
}

impl SecretVersions for Client {
    async fn describe(&self, secret_id: &str) -> Result<Description, RotationError> {
        let output = self.describe_secret().secret_id(secret_id).send().await;
        output.map(Description::from).map_err(|error| told(&error))
    }

    async fn get(
        &self,
        secret_id: &str,
        stage: &str,
        id: Option<&str>,
    ) -> Result<Option<Version>, RotationError> {
        let request = self.get_secret_value().secret_id(secret_id).version_stage(stage);
        match request.set_version_id(id.map(str::to_owned)).send().await {
            Ok(output) => {
                let value = output.secret_string.map(Zeroizing::new);
                Ok(output.version_id.zip(value).map(|(id, value)| Version { id, value }))
            }
            Err(error) => match error.as_service_error() {
                Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
                _ => Err(told(&error)),
            },
        }
    }

    async fn put_pending(&self, secret_id: &str, id: &str, value: &str) -> Result<(), RotationError> {
        let request = self.put_secret_value().secret_id(secret_id).client_request_token(id);
        let request = request.secret_string(value).version_stages(PENDING);
        request.send().await.map(|_| ()).map_err(|error| told(&error))
    }

    async fn move_stage(
        &self,
        secret_id: &str,
        stage: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<(), RotationError> {
        let request = self.update_secret_version_stage().secret_id(secret_id).version_stage(stage);
        let request = request.set_remove_from_version_id(from.map(str::to_owned));
        let request = request.set_move_to_version_id(to.map(str::to_owned));
        request.send().await.map(|_| ()).map_err(|error| told(&error))
    }
}

/// Tells the kind of failure and nothing of the request.
fn told<E, R>(error: &SdkError<E, R>) -> RotationError
where
    SdkError<E, R>: ProvideErrorMetadata + std::fmt::Display,
{
    RotationError::SecretsManager(error.code().map_or_else(|| error.to_string(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_rotation_that_is_switched_off_is_switched_off() {
        for (told, expected) in [(None, true), (Some(true), true), (Some(false), false)] {
            let output = DescribeSecretOutput::builder().set_rotation_enabled(told).build();
            assert_eq!(Description::from(output).rotation_enabled, expected, "{told:?}");
        }
    }
}
