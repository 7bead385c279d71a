//! What a command finds around it: everything that is not in its arguments.
//!
//! The program finds the process it runs in; a test finds what it put there.

use std::io::{Read, Write};

use aws_config::SdkConfig;
use token::Environment;

use crate::issuer::Clock;

pub(crate) struct World<'w> {
    /// Looks settings up.
    pub(crate) environment: Environment<'w>,
    pub(crate) clock: Clock,
    pub(crate) input: &'w mut dyn Read,
    pub(crate) output: &'w mut dyn Write,
    pub(crate) errors: &'w mut dyn Write,
    pub(crate) terminals: Terminals,
    /// How AWS is reached; `None`: as the SDK's own variables say.
    pub(crate) aws: Option<SdkConfig>,
}

/// Which of the three somebody sits at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terminals {
    pub(crate) input: bool,
    pub(crate) errors: bool,
}
