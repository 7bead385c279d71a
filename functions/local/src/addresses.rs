//! Where everything listens.

use std::net::SocketAddr;

use crate::{
    gateway::{Direct, Kind},
    listeners::Listeners,
};

pub(crate) struct Addresses {
    pub(crate) gateways: Vec<(Kind, SocketAddr)>,
    pub(crate) direct: Vec<(Direct, SocketAddr)>,
    pub(crate) plain_chatbot: SocketAddr,
    pub(crate) issuer: SocketAddr,
    pub(crate) lambda: SocketAddr,
    pub(crate) dynamodb: SocketAddr,
    pub(crate) secrets_manager: SocketAddr,
}

impl Addresses {
    pub(crate) fn of(listeners: &Listeners) -> std::io::Result<Self> {
        let mut gateways = Vec::new();
        for (kind, listener) in &listeners.gateways {
            gateways.push((*kind, listener.local_addr()?));
        }
        let mut direct = Vec::new();
        for (kind, listener) in &listeners.direct {
            direct.push((*kind, listener.local_addr()?));
        }
        Ok(Self {
            gateways,
            direct,
            plain_chatbot: listeners.plain_chatbot,
            issuer: listeners.issuer,
            lambda: listeners.lambda.local_addr()?,
            dynamodb: listeners.dynamodb.local_addr()?,
            secrets_manager: listeners.secrets_manager.local_addr()?,
        })
    }

    /// The origins of the chat page as a browser writes them, under both names
    /// of this machine.
    pub(crate) fn page_origins(&self) -> Vec<String> {
        let gateways = self.gateways.iter().map(|(_, address)| address);
        let doors = gateways.chain(self.direct.iter().map(|(_, address)| address));
        let doors = doors.chain([&self.plain_chatbot]);
        doors.flat_map(|address| [url(*address), format!("http://localhost:{}", address.port())]).collect()
    }
}

pub(crate) fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
