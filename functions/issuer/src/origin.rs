//! Where a request came from, for the audit and for its user's list of sessions.

use std::net::IpAddr;

/// What is known about whoever asks. Nothing of it is proof of anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Of the client, not of a proxy in front. `None` on the command line.
    pub(crate) address: Option<IpAddr>,
    pub(crate) user_agent: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl Origin {
    /// Of a command, typed on the machine itself.
    pub(crate) fn command_line() -> Self {
        Self::default()
    }

    pub(crate) fn address_text(&self) -> Option<String> {
        // An IPv4 address is one, however it arrived.
        self.address.map(|address| address.to_canonical().to_string())
    }
}
