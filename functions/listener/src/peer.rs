//! Who is at the other end.

use std::net::SocketAddr;

/// The address of the other end of a connection; every request has it among
/// its extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);
