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
    source::{SecretSource, SourceError},
};

/// One secret, by name or ARN.
pub struct SecretsManagerSource {
    client: Option<Client>,
    secret_id: String,
    form: SecretForm,
}

impl SecretsManagerSource {
    /// Without `aws` every fetch is refused.
    pub fn new(aws: Option<&SdkConfig>, secret_id: String, form: SecretForm) -> Self {
        Self { client: aws.map(Client::new), secret_id, form }
    }

    /// Returns one version; `Ok(None)` where nothing bears that stage.
    async fn version(&self, stage: &str) -> Result<Option<GetSecretValueOutput>, SourceError> {
        let no_client = || SourceError::Refused("no AWS configuration was loaded".into());
        let client = self.client.as_ref().ok_or_else(no_client)?;
        let request = client.get_secret_value().secret_id(&self.secret_id).version_stage(stage);
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
    async fn fetch(&self) -> Result<KeyRing, SourceError> {
        let not_found = || SourceError::Refused("ResourceNotFoundException".into());
        let output = self.version("AWSCURRENT").await?.ok_or_else(not_found)?;
        match self.value(output)? {
            SecretValue::Ring(ring) => Ok(ring),
            SecretValue::Plain(current) => Ok(KeyRing::plain(current, self.previous().await?)),
        }
    }
}
