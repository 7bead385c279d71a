//! The four steps. Each may be called again at any time: what is done is left
//! as it is.

use token::{SecretValue, Timestamp};
use zeroize::Zeroizing;

use crate::{
    RotationError, Settings,
    error::UnfitRing,
    event::{RotationEvent, Step},
    plan,
    versions::{CURRENT, PENDING, SecretVersions, Version},
};

/// The bytes of a new key: the size of SHA-256's output (RFC 7518 section 3.2).
const NEW_SECRET_BYTES: usize = 32;

/// One call of the rotation function.
pub(crate) struct Rotation<'a, V> {
    pub(crate) versions: &'a V,
    pub(crate) settings: &'a Settings,
    pub(crate) event: &'a RotationEvent,
    pub(crate) now: Timestamp,
}

impl<V: SecretVersions> Rotation<'_, V> {
    pub(crate) async fn run(&self) -> Result<(), RotationError> {
        let RotationEvent { step, secret_id, version } = self.event;
        let description = self.versions.describe(secret_id).await?;
        let is_pending = description.has_stage(version, PENDING);
        if description.has_stage(version, CURRENT) {
            // This rotation is over; a crash may have left its label behind.
            return if *step == Step::Finish && is_pending { self.drop_pending().await } else { Ok(()) };
        }
        if !description.rotation_enabled {
            return Err(RotationError::NotEnabled);
        }
        if !is_pending {
            return Err(RotationError::NotPending);
        }
        match step {
            Step::Create => self.create().await,
            // The issuer reads the secret by itself; there is nobody to tell.
            Step::Set => Ok(()),
            Step::Test => self.test().await,
            Step::Finish => self.finish().await,
        }
    }

    async fn create(&self) -> Result<(), RotationError> {
        if self.pending().await?.is_some() {
            return Ok(());
        }
        let current = self.parse(&self.current().await?)?;
        let mut secret = Zeroizing::new([0; NEW_SECRET_BYTES]);
        getrandom::fill(secret.as_mut_slice()).map_err(|_| RotationError::Randomness)?;
        let ring = plan::next_ring(current, &self.event.version, secret.as_slice(), self.settings, self.now)?;
        self.versions.put_pending(&self.event.secret_id, &self.event.version, &ring.to_json()).await
    }

    async fn test(&self) -> Result<(), RotationError> {
        let current = self.current().await?;
        let pending = self.pending().await?;
        // Making a rotation schedule runs this step alone, on a version that
        // Secrets Manager made itself: there is nothing of ours to test yet.
        let Some(pending) = pending.filter(|pending| pending.value != current.value) else { return Ok(()) };
        Ok(self.check(&pending, &current)?)
    }

    async fn finish(&self) -> Result<(), RotationError> {
        let current = self.current().await?;
        let fit = match self.pending().await? {
            Some(pending) => self.check(&pending, &current),
            None => Err(UnfitRing::NoRing),
        };
        if let Err(unfit) = fit {
            // The next rotation makes a new key with a new time; with this one
            // still pending it would be taken for one in progress.
            self.drop_pending().await?;
            return Err(unfit.into());
        }
        let (secret_id, version) = (&self.event.secret_id, Some(self.event.version.as_str()));
        self.versions.move_stage(secret_id, CURRENT, Some(&current.id), version).await?;
        self.drop_pending().await
    }

    fn check(&self, pending: &Version, current: &Version) -> Result<(), UnfitRing> {
        let pending = self.parse(pending).map_err(|_| UnfitRing::NoRing)?;
        let current = self.parse(current).map_err(|_| UnfitRing::NoRing)?;
        plan::check(pending, current, &self.event.version, self.settings, self.now)
    }

    async fn current(&self) -> Result<Version, RotationError> {
        let current = self.versions.get(&self.event.secret_id, CURRENT, None).await?;
        current.ok_or(RotationError::NoCurrentValue)
    }

    async fn pending(&self) -> Result<Option<Version>, RotationError> {
        self.versions.get(&self.event.secret_id, PENDING, Some(&self.event.version)).await
    }

    fn parse(&self, version: &Version) -> Result<SecretValue, RotationError> {
        Ok(SecretValue::parse(&version.value, Some(&version.id), &self.settings.form)?)
    }

    async fn drop_pending(&self) -> Result<(), RotationError> {
        self.versions.move_stage(&self.event.secret_id, PENDING, Some(&self.event.version), None).await
    }
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
