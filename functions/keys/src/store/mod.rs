//! The place of the key ring, for whoever looks after it.
//!
//! Beside the source that verifiers read: the same places, the same client, the
//! same time limits. Two of them can be written to, Secrets Manager and a file.
//! The invariant of all writing: a ring takes the place of what its writer has
//! seen there and of nothing else, and what is written can be read back.

mod error;
mod replace_file;
mod ring_file;
mod secret;
mod stored;

use aws_config::SdkConfig;
use token::KeyRing;
use zeroize::Zeroizing;

use crate::{ConfiguredSource, KeyPlace, Versions, file::MAX_BYTES, source::ring_of};

pub use error::StoreError;
pub use stored::{Overwrite, RotationRequest, Stored};

/// One place, to be shown and written to.
pub struct KeyStore {
    source: ConfiguredSource,
    place: String,
}

impl KeyStore {
    /// `aws` may be `None` where [`KeyPlace::needs_aws`] says so.
    pub fn new(place: KeyPlace, aws: Option<&SdkConfig>) -> Self {
        Self { place: place.to_string(), source: place.into_source(aws) }
    }

    /// Names the place for a reader.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Returns what is there now; `None` where nothing is there yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Invalid`] where there is something that holds no usable key.
    pub async fn read(&self) -> Result<Option<Stored>, StoreError> {
        match &self.source {
            ConfiguredSource::SecretsManager(source) => secret::read(source).await,
            ConfiguredSource::Parameter(source) => {
                let Some(parameter) = source.current().await? else { return Ok(None) };
                let version = Some(parameter.version.to_string());
                let ring = source.ring(&parameter, Versions::CurrentAndPrevious).await?;
                Ok(Some(Stored { ring, version, changed: parameter.changed, text: None }))
            }
            ConfiguredSource::File { path, form } => ring_file::read(path, form),
            ConfiguredSource::Value { value, form } => {
                let ring = ring_of(value, form)?;
                Ok(Some(Stored { ring, version: None, changed: None, text: None }))
            }
        }
    }

    /// Writes a first ring. In Secrets Manager its version is `version_id`, 32 to
    /// 64 characters and never used before, and a secret that does not exist is
    /// created where its name is known.
    ///
    /// # Errors
    ///
    /// [`StoreError::Exists`] where there is a value, usable or not, and
    /// `overwrite` does not say that it may go.
    pub async fn create(
        &self,
        ring: &KeyRing,
        version_id: &str,
        overwrite: Overwrite,
    ) -> Result<(), StoreError> {
        match &self.source {
            ConfiguredSource::SecretsManager(source) => {
                secret::create(source, &text_of(ring)?, version_id, overwrite).await
            }
            ConfiguredSource::File { path, .. } => ring_file::create(path, &text_of(ring)?, overwrite),
            ConfiguredSource::Parameter(_) => Err(StoreError::NotWritable("JWT_SECRET_PARAMETER")),
            ConfiguredSource::Value { .. } => Err(StoreError::NotWritable("JWT_SECRET")),
        }
    }

    /// Puts `ring` in the place of `seen`, at once. In Secrets Manager its version
    /// is `version_id`, 32 to 64 characters and never used before.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] where something else is there by now. After
    /// [`StoreError::Unavailable`] it is not known which ring is there.
    pub async fn replace(&self, seen: &Stored, ring: &KeyRing, version_id: &str) -> Result<(), StoreError> {
        match &self.source {
            ConfiguredSource::SecretsManager(source) => {
                secret::replace(source, seen, &text_of(ring)?, version_id).await
            }
            ConfiguredSource::File { path, .. } => ring_file::replace(path, seen, &text_of(ring)?),
            ConfiguredSource::Parameter(_) => Err(StoreError::NotWritable("JWT_SECRET_PARAMETER")),
            ConfiguredSource::Value { .. } => Err(StoreError::NotWritable("JWT_SECRET")),
        }
    }

    /// Asks Secrets Manager to call the rotation function of the secret, where it
    /// has one that is switched on. The new version will be `version_id`.
    ///
    /// # Errors
    ///
    /// Nobody was asked, or it is not known whether anybody was.
    pub async fn request_rotation(&self, version_id: &str) -> Result<RotationRequest, StoreError> {
        match &self.source {
            ConfiguredSource::SecretsManager(source) => secret::request_rotation(source, version_id).await,
            ConfiguredSource::Parameter(_)
            | ConfiguredSource::File { .. }
            | ConfiguredSource::Value { .. } => Ok(RotationRequest::NoFunction),
        }
    }
}

/// Returns the text to be written, of which it is certain that every reader
/// takes it.
fn text_of(ring: &KeyRing) -> Result<Zeroizing<String>, StoreError> {
    let text = ring.to_json();
    KeyRing::from_json(&text)?;
    if text.len() < MAX_BYTES {
        Ok(text)
    } else {
        Err(StoreError::Refused("the key ring is larger than 64 KiB".into()))
    }
}
