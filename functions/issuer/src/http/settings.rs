//! The settings of what every answer looks like.

use token::SettingsReader;

use super::cors::AllowedOrigins;

/// How browsers are told to treat the answers.
#[derive(Debug, Clone)]
pub(crate) struct HttpSettings {
    pub(crate) origins: AllowedOrigins,
    /// Whether clients reach this over TLS, its own or that of a proxy.
    pub(crate) is_over_tls: bool,
    pub(crate) is_behind_proxy: bool,
    /// Whether `/metrics` tells anything.
    pub(crate) has_metrics: bool,
}

impl HttpSettings {
    pub(crate) fn read(reader: &mut SettingsReader<'_>, is_over_tls: bool, is_behind_proxy: bool) -> Self {
        let has_metrics = reader.choice("METRICS", true, &[("on", true), ("off", false)]);
        Self { origins: AllowedOrigins::read(reader), is_over_tls, is_behind_proxy, has_metrics }
    }
}
