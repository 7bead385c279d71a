//! AWS Systems Manager's Parameter Store, encrypted (`SecureString`).
//!
//! A parameter has numbered versions. The number names the key of a plain
//! secret, and the version before is accepted beside it, so that a plain secret
//! can be rotated here too; a key ring says itself which keys are good.

use aws_config::SdkConfig;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use token::{Key, KeyRing, SecretError, SecretForm, SecretValue};

use crate::{
    aws::source_error,
    get_parameter::{GetParameter, Parameter},
    source::{SecretSource, SourceError, Versions},
};

/// One parameter, by name or ARN.
pub struct ParameterSource {
    call: Result<GetParameter, &'static str>,
    name: String,
    form: SecretForm,
}

impl ParameterSource {
    /// Without `aws` every fetch is refused.
    pub fn new(aws: Option<&SdkConfig>, name: String, form: SecretForm) -> Self {
        let call = aws.ok_or("no AWS configuration was loaded").and_then(GetParameter::new);
        Self { call, name, form }
    }

    /// Returns the parameter as it is named; `Ok(None)` where there is none.
    pub(crate) async fn current(&self) -> Result<Option<Parameter>, SourceError> {
        self.version(self.name.clone()).await
    }

    /// Returns the keys of the current version, and of the one before it where
    /// that counts and is asked for.
    pub(crate) async fn ring(&self, current: &Parameter, versions: Versions) -> Result<KeyRing, SourceError> {
        match (self.value(current)?, versions) {
            (SecretValue::Ring(ring), _) => Ok(ring),
            (SecretValue::Plain(key), Versions::Current) => Ok(KeyRing::plain(key, None)),
            (SecretValue::Plain(key), Versions::CurrentAndPrevious) => {
                Ok(KeyRing::plain(key, self.previous(current.version).await?))
            }
        }
    }

    /// Returns one version; `Ok(None)` where there is no such one.
    async fn version(&self, name: String) -> Result<Option<Parameter>, SourceError> {
        let call = self.call.as_ref().map_err(|&missing| SourceError::Refused(missing.into()))?;
        match call.call(name).await {
            Ok(parameter) => Ok(Some(parameter)),
            Err(error) => match error.code() {
                Some("ParameterNotFound" | "ParameterVersionNotFound") => Ok(None),
                _ => Err(source_error(&error)),
            },
        }
    }

    /// The key before version `current`. Whoever names one version wants that one.
    async fn previous(&self, current: u64) -> Result<Option<Key>, SourceError> {
        if current < 2 || is_pinned(&self.name) {
            return Ok(None);
        }
        let name = format!("{}:{}", self.name, current - 1);
        let Some(parameter) = self.version(name).await? else { return Ok(None) };
        // Whatever else it was, it is no plain secret of today's form: nothing to accept.
        Ok(match self.value(&parameter) {
            Ok(SecretValue::Plain(key)) => Some(key),
            Ok(SecretValue::Ring(_)) | Err(_) => None,
        })
    }

    fn value(&self, parameter: &Parameter) -> Result<SecretValue, SecretError> {
        SecretValue::parse(&parameter.value, Some(&parameter.version.to_string()), &self.form)
    }
}

impl SecretSource for ParameterSource {
    async fn fetch(&self, versions: Versions) -> Result<KeyRing, SourceError> {
        let not_found = || SourceError::Refused("ParameterNotFound".into());
        let current = self.current().await?.ok_or_else(not_found)?;
        self.ring(&current, versions).await
    }
}

/// Whether the name ends in `:<version>` or `:<label>`. An ARN has colons of its
/// own, all before the word that the name follows.
fn is_pinned(name: &str) -> bool {
    name.rsplit_once(":parameter").map_or(name, |(_, own)| own).contains(':')
}

#[cfg(test)]
#[path = "parameter_store_tests.rs"]
mod tests;
