//! `issuer key generate`: the first key.

use anyhow::{Context as _, anyhow};
use keys::{Overwrite, StoreError};
use serde_json::{Value, json};
use token::{
    KeyRing, SettingsReader,
    rotation::{NewKey, RotationTiming, first_ring},
};

use super::{arguments::GenerateArguments, first_of};
use crate::{
    audit::Action,
    cli::{Context, Failure, audit::event},
    settings::read_algorithms,
};

impl Context<'_> {
    pub(super) async fn generate(&mut self, wanted: GenerateArguments) -> Result<(), Failure> {
        let settings = self.key_settings()?;
        let now = (self.clock)().wall;
        let fresh = self.fresh_key(settings.algorithm)?;
        let key = NewKey { id: &fresh.id, algorithm: settings.algorithm, secret: &fresh.secret };
        let ring = first_ring(key, &settings.timing, now).context("could not make a key")?;

        let audit = self.open_audit().await?;
        let store = self.key_store(settings.place).await;
        let overwrite = if wanted.overwrite { Overwrite::Always } else { Overwrite::Never };
        match store.create(&ring, &fresh.id, overwrite).await {
            Ok(()) => {}
            Err(StoreError::Exists) => {
                return Err(Failure::Failed(anyhow!(
                    "there is a value in the {} already, and nothing was changed: `issuer key rotate` \
                     replaces a key without refusing a token, --overwrite at once",
                    store.place()
                )));
            }
            Err(error) => return Err(error.into()),
        }
        audit.keep(&[event(Action::KeyGenerated, &fresh.id)], now).await?;
        audit.close().await;

        let lines = format!("made the key {}, which signs at once, in the {}", fresh.id, store.place());
        let value = json!({"key": fresh.id, "place": store.place()});
        Ok(self.output.print(&lines, &value)?)
    }

    /// Prints a ring for somebody to put in its place.
    pub(super) fn print_key(&mut self) -> Result<(), Failure> {
        let mut reader = SettingsReader::new(self.environment);
        let algorithm = first_of(read_algorithms(&mut reader));
        let timing = RotationTiming::read(&mut reader);
        reader.finish(())?;
        let fresh = self.fresh_key(algorithm)?;
        let key = NewKey { id: &fresh.id, algorithm, secret: &fresh.secret };
        let ring: KeyRing = first_ring(key, &timing, (self.clock)().wall).context("could not make a key")?;
        let text = ring.to_json();
        let value: Value = serde_json::from_str(&text).context("could not print the key")?;
        Ok(self.output.print(&text, &value)?)
    }
}
