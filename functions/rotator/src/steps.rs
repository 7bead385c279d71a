//! The four steps. Each may be called again at any time: what is done is left
//! as it is.

use token::{
    KeyRing, SecretValue, Timestamp,
    rotation::{self, NewKey, UnfitRing},
};
use zeroize::Zeroizing;

use crate::{
    RotationError, Settings,
    event::{RotationEvent, Step},
    settings::ALGORITHM,
    versions::{CURRENT, PENDING, PREVIOUS, SecretVersions, Version},
};

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
        let current = self.ring(&self.current().await?).await?;
        let mut secret = Zeroizing::new([0; ALGORITHM.min_secret_bytes()]);
        getrandom::fill(secret.as_mut_slice()).map_err(|_| RotationError::Randomness)?;
        let new = NewKey { id: &self.event.version, algorithm: ALGORITHM, secret: secret.as_slice() };
        let ring = rotation::next_ring(&current, new, &self.settings.timing, self.now)?;
        self.versions.put_pending(&self.event.secret_id, &self.event.version, &ring.to_json()).await
    }

    async fn test(&self) -> Result<(), RotationError> {
        let current = self.current().await?;
        let pending = self.pending().await?;
        // Making a rotation schedule runs this step alone, on a version that
        // Secrets Manager made itself: there is nothing of ours to test yet.
        let Some(pending) = pending.filter(|pending| pending.value != current.value) else { return Ok(()) };
        Ok(self.check(&pending, &current).await??)
    }

    async fn finish(&self) -> Result<(), RotationError> {
        let current = self.current().await?;
        let fit = match self.pending().await? {
            Some(pending) => self.check(&pending, &current).await?,
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

    async fn check(
        &self,
        pending: &Version,
        current: &Version,
    ) -> Result<Result<(), UnfitRing>, RotationError> {
        let Ok(pending) = self.parse(pending) else { return Ok(Err(UnfitRing::NoRing)) };
        let Ok(current) = self.parse(current) else { return Ok(Err(UnfitRing::NoRing)) };
        let current = self.with_previous(current).await?;
        let (version, timing) = (&self.event.version, &self.settings.timing);
        Ok(rotation::check(&pending.into(), &current, version, timing, self.now))
    }

    async fn current(&self) -> Result<Version, RotationError> {
        let current = self.versions.get(&self.event.secret_id, CURRENT, None).await?;
        current.ok_or(RotationError::NoCurrentValue)
    }

    async fn pending(&self) -> Result<Option<Version>, RotationError> {
        self.versions.get(&self.event.secret_id, PENDING, Some(&self.event.version)).await
    }

    async fn ring(&self, version: &Version) -> Result<KeyRing, RotationError> {
        self.with_previous(self.parse(version)?).await
    }

    /// The keys that verifiers take: beside a plain secret the one before it, as
    /// long as its label is there.
    async fn with_previous(&self, value: SecretValue) -> Result<KeyRing, RotationError> {
        let SecretValue::Plain(current) = value else { return Ok(value.into()) };
        let previous = self.versions.get(&self.event.secret_id, PREVIOUS, None).await?;
        // Whatever else it was, it is no plain secret: nobody accepts it.
        let previous = match previous.map(|version| self.parse(&version)) {
            Some(Ok(SecretValue::Plain(key))) => Some(key),
            Some(Ok(SecretValue::Ring(_)) | Err(_)) | None => None,
        };
        Ok(KeyRing::plain(current, previous))
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
