//! A server that takes calls one by one and leaves the rest to the test.

use tokio::net::{TcpListener, TcpStream};

use super::Call;

/// Listens on a port of its own.
pub(crate) struct StandIn {
    listener: TcpListener,
    /// The same port, for a look that waits for nothing.
    look: std::net::TcpListener,
}

impl StandIn {
    pub(crate) fn start() -> Self {
        let look = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        look.set_nonblocking(true).unwrap();
        Self { listener: TcpListener::from_std(look.try_clone().unwrap()).unwrap(), look }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.look.local_addr().unwrap())
    }

    pub(crate) async fn connection(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }

    /// Waits for the next call, and reads it.
    pub(crate) async fn call(&self) -> Call<TcpStream> {
        Call::read(self.connection().await).await
    }

    /// Whether nobody has called whom no test waited for.
    pub(crate) fn is_quiet(&self) -> bool {
        self.look.accept().is_err()
    }
}
