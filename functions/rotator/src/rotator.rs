//! The rotation function, apart from the Runtime API that calls it.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use serde_json::Value;
use token::Timestamp;

use crate::{RotationError, Settings, event::RotationEvent, steps::Rotation};

/// Rotates secrets in one Secrets Manager.
pub struct Rotator {
    client: Client,
    settings: Settings,
}

impl Rotator {
    pub fn new(aws: &SdkConfig, settings: Settings) -> Self {
        Self { client: Client::new(aws), settings }
    }

    /// Runs the step that `event` asks for.
    ///
    /// # Errors
    ///
    /// The step is not done. Whether another call can do it is not told: Secrets
    /// Manager calls again by itself.
    pub async fn handle(&self, event: Value, now: Timestamp) -> Result<(), RotationError> {
        let event = RotationEvent::read(event)?;
        let rotation = Rotation { versions: &self.client, settings: &self.settings, event: &event, now };
        rotation.run().await?;
        tracing::info!(step = ?event.step, version = event.version, "step done");
        Ok(())
    }
}
