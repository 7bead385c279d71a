//! The event of one rotation step (Secrets Manager User Guide, "Lambda rotation
//! functions").

use serde::Deserialize;
use serde_json::Value;

use crate::RotationError;

/// What Secrets Manager asks for, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Step {
    #[serde(rename = "createSecret", alias = "create_secret")]
    Create,
    #[serde(rename = "setSecret", alias = "set_secret")]
    Set,
    #[serde(rename = "testSecret", alias = "test_secret")]
    Test,
    #[serde(rename = "finishSecret", alias = "finish_secret")]
    Finish,
}

/// One call of the rotation function; further members are left alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RotationEvent {
    #[serde(rename = "Step")]
    pub(crate) step: Step,
    #[serde(rename = "SecretId")]
    pub(crate) secret_id: String,
    /// The id of the version that this rotation makes.
    #[serde(rename = "ClientRequestToken")]
    pub(crate) version: String,
}

impl RotationEvent {
    pub(crate) fn read(event: Value) -> Result<Self, RotationError> {
        serde_json::from_value(event).map_err(|_| RotationError::Event)
    }
}
