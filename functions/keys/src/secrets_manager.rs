//! AWS Secrets Manager.
//!
//! A key ring says itself which keys are good, so `AWSCURRENT` is all of it. A
//! plain secret has no memory: its predecessor is the version `AWSPREVIOUS`,
//! which is accepted beside it so that a plain secret can be rotated too.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{
    Client,
    operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput},
};
use token::{Key, KeyRing, SecretError, SecretForm, SecretValue};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    aws::source_error,
    source::{SecretSource, SourceError, Versions},
};

/// One secret, by name or ARN.
pub struct SecretsManagerSource {
    client: Option<Client>,
    pub(crate) secret_id: String,
    form: SecretForm,
}

impl SecretsManagerSource {
    /// Without `aws` every fetch is refused.
    pub fn new(aws: Option<&SdkConfig>, secret_id: String, form: SecretForm) -> Self {
        Self { client: aws.map(Client::new), secret_id, form }
    }

    pub(crate) fn client(&self) -> Result<&Client, SourceError> {
        let no_client = || SourceError::Refused("no AWS configuration was loaded".into());
        self.client.as_ref().ok_or_else(no_client)
    }

    /// Returns the current version; `Ok(None)` where there is none.
    pub(crate) async fn current(&self) -> Result<Option<GetSecretValueOutput>, SourceError> {
        self.version("AWSCURRENT").await
    }

    /// Returns the keys of the current version, and of the one before it where
    /// that counts and is asked for.
    pub(crate) async fn ring(
        &self,
        current: GetSecretValueOutput,
        versions: Versions,
    ) -> Result<KeyRing, SourceError> {
        match (self.value(current)?, versions) {
            (SecretValue::Ring(ring), _) => Ok(ring),
            (SecretValue::Plain(current), Versions::Current) => Ok(KeyRing::plain(current, None)),
            (SecretValue::Plain(current), Versions::CurrentAndPrevious) => {
                Ok(KeyRing::plain(current, self.previous().await?))
            }
        }
    }

    /// Returns one version; `Ok(None)` where nothing bears that stage.
    async fn version(&self, stage: &str) -> Result<Option<GetSecretValueOutput>, SourceError> {
        let request = self.client()?.get_secret_value().secret_id(&self.secret_id).version_stage(stage);
        match request.send().await {
            Ok(output) => Ok(Some(output)),
            Err(error) => match error.as_service_error() {
                Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
                _ => Err(source_error(&error)),
            },
        }
    }

    /// The key before the current one. A secret that was never rotated has none.
    async fn previous(&self) -> Result<Option<Key>, SourceError> {
        let Some(output) = self.version("AWSPREVIOUS").await? else { return Ok(None) };
        // Whatever else it was, it is no plain secret of today's form: nothing to accept.
        Ok(match self.value(output) {
            Ok(SecretValue::Plain(key)) => Some(key),
            Ok(SecretValue::Ring(_)) | Err(_) => None,
        })
    }

    fn value(&self, mut output: GetSecretValueOutput) -> Result<SecretValue, SecretError> {
        let version = output.version_id.take();
        let text = match (output.secret_string.take(), output.secret_binary.take()) {
            (Some(text), _) => Zeroizing::new(text),
            (None, Some(blob)) => {
                let text = String::from_utf8(blob.into_inner()).map_err(|error| {
                    error.into_bytes().zeroize();
                    SecretError::Encoding("utf8")
                })?;
                Zeroizing::new(text)
            }
            (None, None) => return Err(SecretError::Empty),
        };
        SecretValue::parse(&text, version.as_deref(), &self.form)
    }
}

impl SecretSource for SecretsManagerSource {
    async fn fetch(&self, versions: Versions) -> Result<KeyRing, SourceError> {
        let not_found = || SourceError::Refused("ResourceNotFoundException".into());
        let current = self.current().await?.ok_or_else(not_found)?;
        self.ring(current, versions).await
    }
}
