//! What to measure, as the script that starts this program says.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// Measured calls of one candidate in one round.
    pub(crate) calls: usize,
    /// Calls before those: whoever ran in between has taken the caches.
    pub(crate) lead: usize,
    /// Calls before the first round: some candidates compile what runs often.
    pub(crate) warm_up: usize,
    pub(crate) event: String,
    pub(crate) secret: Secret,
    /// AWS's emulator of Lambda.
    pub(crate) emulator: PathBuf,
    /// Where the candidates' standard error goes, a file each.
    pub(crate) logs: PathBuf,
    pub(crate) candidates: Vec<Candidate>,
}

/// Where the secret is, to see what fetching it costs by itself.
#[derive(Deserialize)]
pub(crate) struct Secret {
    pub(crate) address: SocketAddr,
    pub(crate) id: String,
}

#[derive(Deserialize)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) command: Vec<String>,
    /// All of its environment.
    pub(crate) environment: BTreeMap<String, String>,
    /// Another candidate, earlier in the list, whose answer it is to give: it
    /// gets it in `ANSWER`.
    pub(crate) answer_of: Option<String>,
    /// Whether it runs under AWS's emulator too.
    pub(crate) emulated: bool,
}
