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
    versions::{CURRENT, Description, PENDING, PREVIOUS, SecretVersions, Version},
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
        if description.has_stage(version, CURRENT) {
            // This rotation is over. AWSPENDING may still be on the version: on the
            // current one it stands for nothing, and Secrets Manager takes it off.
            return Ok(());
        }
        if !description.rotation_enabled {
            return Err(RotationError::NotEnabled);
        }
        if !description.has_stage(version, PENDING) {
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
        if let Some(pending) = self.pending().await? {
            return self.keep_if_fit(&pending).await;
        }
        let ring = match self.next_ring().await {
            Ok(ring) => ring,
            // It would fail the same way at every repetition, and a version that
            // stays pending keeps other rotations away.
            Err(error @ (RotationError::Secret(_) | RotationError::NoCurrentValue)) => {
                self.drop_pending().await?;
                return Err(error);
            }
            Err(error) => return Err(error),
        };
        let RotationEvent { secret_id, version, .. } = self.event;
        let Err(error) = self.versions.put_pending(secret_id, version, &ring.to_json()).await else {
            return Ok(());
        };
        // Where this step runs twice at once, the other key is as good.
        match self.pending().await? {
            Some(pending) => self.keep_if_fit(&pending).await,
            None => Err(error),
        }
    }

    async fn next_ring(&self) -> Result<KeyRing, RotationError> {
        let current = self.ring(&self.current().await?).await?;
        let mut secret = Zeroizing::new([0; ALGORITHM.min_secret_bytes()]);
        getrandom::fill(secret.as_mut_slice()).map_err(|_| RotationError::Randomness)?;
        let new = NewKey { id: &self.event.version, algorithm: ALGORITHM, secret: secret.as_slice() };
        Ok(rotation::next_ring(&current, new, &self.settings.timing, self.now)?)
    }

    async fn test(&self) -> Result<(), RotationError> {
        let current = self.current().await?;
        let pending = self.pending().await?;
        // Making a rotation schedule runs this step alone, on a version that
        // Secrets Manager made itself: there is nothing of ours to test yet.
        match pending.filter(|pending| pending.value != current.value) {
            Some(pending) => self.require_fit(Some(&pending), &current).await,
            None => Ok(()),
        }
    }

    async fn finish(&self) -> Result<(), RotationError> {
        let RotationEvent { secret_id, version, .. } = self.event;
        let current = self.current().await?;
        if current.id == *version {
            // Another call of this step was faster.
            return Ok(());
        }
        self.require_fit(self.pending().await?.as_ref(), &current).await?;
        let moved = self.versions.move_stage(secret_id, CURRENT, Some(&current.id), Some(version)).await;
        // AWSPENDING is not taken off: on the current version it says that the
        // rotation is complete, and Secrets Manager removes it by itself. Where it
        // has, a call of ours would be refused and fail the step.
        self.settle(moved, |description| description.has_stage(version, CURRENT)).await
    }

    async fn keep_if_fit(&self, pending: &Version) -> Result<(), RotationError> {
        self.require_fit(Some(pending), &self.current().await?).await
    }

    /// Gives a version up that must not become the current one, and fails.
    ///
    /// No step could mend it: a version's value cannot be changed. The next
    /// rotation makes a new key with a new time; with this version still pending
    /// Secrets Manager would only try this rotation again, for ever.
    async fn require_fit(&self, pending: Option<&Version>, current: &Version) -> Result<(), RotationError> {
        let fit = match pending {
            Some(pending) => self.check(pending, current).await?,
            None => Err(UnfitRing::NoRing),
        };
        if let Err(unfit) = fit {
            self.drop_pending().await?;
            return Err(unfit.into());
        }
        Ok(())
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
        let RotationEvent { secret_id, version, .. } = self.event;
        let dropped = self.versions.move_stage(secret_id, PENDING, Some(version), None).await;
        self.settle(dropped, |description| !description.has_stage(version, PENDING)).await
    }

    /// Looks whether what `outcome` calls a failure is done all the same: the
    /// answer to a first attempt may have been lost, and the second been refused
    /// because the label had moved.
    async fn settle(
        &self,
        outcome: Result<(), RotationError>,
        is_done: impl Fn(&Description) -> bool,
    ) -> Result<(), RotationError> {
        let Err(error) = outcome else { return Ok(()) };
        let description = self.versions.describe(&self.event.secret_id).await;
        if description.is_ok_and(|description| is_done(&description)) { Ok(()) } else { Err(error) }
    }
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
