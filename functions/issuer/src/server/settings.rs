//! The settings of the listener, its address aside.

use token::SettingsReader;

use super::TlsFiles;

/// How many connections there are at once where nothing else is set. Each may
/// fill the buffers named in `connection`: some hundred KiB at worst.
const DEFAULT_MAX_CONNECTIONS: u64 = 1024;

/// How the listener treats its connections.
#[derive(Debug, Clone)]
pub(crate) struct ServerSettings {
    pub(crate) max_connections: usize,
    /// `None` where the listener speaks plain HTTP.
    pub(crate) tls: Option<TlsFiles>,
}

impl ServerSettings {
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let max = reader.number("ISSUER_MAX_CONNECTIONS", DEFAULT_MAX_CONNECTIONS, 1..=65_536);
        Self { max_connections: usize::try_from(max).unwrap_or(usize::MAX), tls: TlsFiles::read(reader) }
    }
}
