//! The settings of what every answer looks like.

use token::SettingsReader;

use super::cors::AllowedOrigins;

/// How browsers are told to treat the answers.
#[derive(Debug, Clone)]
pub(crate) struct HttpSettings {
    pub(crate) origins: AllowedOrigins,
    /// Whether clients reach this over TLS, its own or that of a proxy.
    pub(crate) is_over_tls: bool,
}

impl HttpSettings {
    pub(crate) fn read(reader: &mut SettingsReader<'_>, is_over_tls: bool) -> Self {
        Self { origins: AllowedOrigins::read(reader), is_over_tls }
    }
}
