//! The settings of the chatbot, read once at start.

use token::{Environment, Faults, SettingsReader};

use crate::backend::Backend;

/// All that a chatbot is told.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(crate) backend: Backend,
    pub(crate) leeway_secs: u64,
}

impl Settings {
    /// # Errors
    ///
    /// Everything that is wrong with the settings, in one message.
    pub fn read(environment: Environment<'_>) -> Result<Self, Faults> {
        let mut reader = SettingsReader::new(environment);
        if reader.optional("AWS_LAMBDA_RUNTIME_API").is_none() {
            reader.fault("AWS_LAMBDA_RUNTIME_API", "is not set: the chatbot runs as a Lambda function");
        }
        let settings = Self {
            backend: reader.choice("CHAT_BACKEND", Backend::Echo, &[("echo", Backend::Echo)]),
            leeway_secs: reader.number("JWT_LEEWAY_SECONDS", 30, 0..=300),
        };
        reader.finish(settings)
    }
}
