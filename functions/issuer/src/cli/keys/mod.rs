//! `issuer key …`: making, rotating and looking at the keys that sign access
//! tokens.
//!
//! The ring in the place that the settings name is written to, never over what
//! was not read before. No secret is printed but where that is asked for.

mod arguments;
mod generate;
mod rotate;
mod show;

use anyhow::anyhow;
use getrandom::fill;
use keys::{KeyPlace, KeyStore, StoreError, Stored};
use token::{Algorithm, AlgorithmSet, SettingsReader, rotation::RotationTiming};
use zeroize::Zeroizing;

pub(super) use self::arguments::KeyCommand;
use super::{Context, Failure};
use crate::{
    ids::{NoRandomness, new_id},
    settings::read_algorithms,
};

/// Where the ring is, and what a rotation has to know.
struct KeySettings {
    place: KeyPlace,
    algorithm: Algorithm,
    timing: RotationTiming,
}

/// Bytes for a key that there was never before, and its name.
struct FreshKey {
    /// The key's id, and in Secrets Manager the id of the version with it.
    id: String,
    secret: Zeroizing<Vec<u8>>,
}

impl Context<'_> {
    pub(super) async fn keys(&mut self, command: KeyCommand) -> Result<(), Failure> {
        match command {
            KeyCommand::Generate(wanted) if wanted.print => self.print_key(),
            KeyCommand::Generate(wanted) => self.generate(wanted).await,
            KeyCommand::Rotate(wanted) => self.rotate(wanted).await,
            KeyCommand::Show(wanted) => self.show_keys(wanted).await,
        }
    }

    async fn key_store(&self, place: KeyPlace) -> KeyStore {
        let aws = if place.needs_aws() { Some(self.aws().await) } else { None };
        KeyStore::new(place, aws.as_ref())
    }

    fn key_settings(&self) -> Result<KeySettings, Failure> {
        let mut reader = SettingsReader::new(self.environment);
        let algorithms = read_algorithms(&mut reader);
        let settings = KeySettings {
            place: KeyPlace::read(&mut reader, algorithms),
            algorithm: first_of(algorithms),
            timing: RotationTiming::read(&mut reader),
        };
        Ok(reader.finish(settings)?)
    }

    fn fresh_key(&self, algorithm: Algorithm) -> Result<FreshKey, NoRandomness> {
        let mut secret = Zeroizing::new(vec![0; algorithm.min_secret_bytes()]);
        fill(&mut secret).map_err(|_| NoRandomness)?;
        Ok(FreshKey { id: new_id((self.clock)().wall)?, secret })
    }
}

/// What a new key signs with where verifiers accept several algorithms.
fn first_of(algorithms: AlgorithmSet) -> Algorithm {
    algorithms.iter().next().unwrap_or(Algorithm::HS256)
}

/// Returns what is there, for a command that needs something.
fn present(stored: Option<Stored>, place: &str) -> Result<Stored, Failure> {
    let told = || anyhow!("there is no key in the {place} yet; `issuer key generate` makes the first");
    stored.ok_or_else(|| Failure::Failed(told()))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable(error.into()),
            StoreError::NotWritable(_)
            | StoreError::Exists
            | StoreError::Conflict
            | StoreError::Refused(_)
            | StoreError::Invalid(_) => Self::Failed(error.into()),
        }
    }
}
