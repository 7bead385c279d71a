//! The ports, all taken before anything is started.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::{Context, bail};
use tokio::net::TcpListener;

use crate::{
    gateway::{Direct, Kind},
    options::Ports,
};

pub(crate) struct Listeners {
    pub(crate) gateways: Vec<(Kind, TcpListener)>,
    pub(crate) direct: Vec<(Direct, TcpListener)>,
    pub(crate) lambda: TcpListener,
    pub(crate) dynamodb: TcpListener,
    pub(crate) secrets_manager: TcpListener,
    /// The issuer binds this itself, in its own process.
    pub(crate) issuer: SocketAddr,
    /// Likewise the chatbot as a server of its own.
    pub(crate) plain_chatbot: SocketAddr,
}

impl Listeners {
    pub(crate) async fn bind(ports: Ports) -> anyhow::Result<Self> {
        let mut gateways = Vec::new();
        for (kind, offset) in Kind::ALL.into_iter().zip([0, 2, 3, 4, 13, 14]) {
            gateways.push((kind, bind(ports, offset, kind.title()).await?));
        }
        let mut direct = Vec::new();
        for (kind, offset) in Direct::ALL.into_iter().zip([8, 9, 10, 11]) {
            direct.push((kind, bind(ports, offset, kind.title()).await?));
        }
        // Held together, so that two free ports are two different ones.
        let (issuer, plain) = (bind(ports, 1, "issuer").await?, bind(ports, 12, "plain chatbot").await?);
        Ok(Self {
            gateways,
            direct,
            issuer: issuer.local_addr()?,
            plain_chatbot: plain.local_addr()?,
            lambda: bind(ports, 5, "Lambda").await?,
            dynamodb: bind(ports, 6, "DynamoDB").await?,
            secrets_manager: bind(ports, 7, "Secrets Manager").await?,
        })
    }
}

async fn bind(ports: Ports, offset: u16, purpose: &str) -> anyhow::Result<TcpListener> {
    let port = match ports {
        Ports::Ephemeral => 0,
        Ports::From(base) => base.checked_add(offset).context("the port base is too high")?,
    };
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} ({purpose}) is in use; choose others with --port-base, 0 for any free ones")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on port {port} ({purpose})")),
    }
}
