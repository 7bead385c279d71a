//! TLS of the listener itself, for whoever has no proxy that speaks it.
//!
//! A renewed certificate is taken up without a restart. Files that cannot be
//! used, half written ones among them, change nothing but the log.

mod expiry;
mod files;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use token::{Moment, Timestamp};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use self::files::Loaded;
pub(crate) use self::files::{TlsFault, TlsFiles};

/// How long a client may take over the handshake.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);

/// How often the files are looked at, at most.
const LOOK_SECS: u64 = 60;

/// The certificate in use, renewed with its files.
pub(crate) struct Certificates {
    files: Arc<TlsFiles>,
    state: Mutex<State>,
}

struct State {
    loaded: Loaded,
    looked_at: Moment,
}

impl Certificates {
    pub(crate) fn open(files: TlsFiles, now: Moment) -> Result<Self, TlsFault> {
        let loaded = files.load()?;
        Ok(Self { files: Arc::new(files), state: Mutex::new(State { loaded, looked_at: now }) })
    }

    /// When the certificate in `files` expires, where it says so.
    pub(crate) fn expiry_of(files: &TlsFiles) -> Result<Option<Timestamp>, TlsFault> {
        Ok(files.load()?.expires_at)
    }

    /// When the certificate in use expires, where it says so.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.state().loaded.expires_at
    }

    /// Begins TLS on `stream`; `None` where the client did not.
    pub(super) async fn shake_hands<S>(&self, stream: S, now: Moment) -> Option<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if self.is_look_due(now) {
            self.look().await;
        }
        let config = Arc::clone(&self.state().loaded.config);
        let handshake = TlsAcceptor::from(config).accept(stream);
        match tokio::time::timeout(HANDSHAKE_PATIENCE, handshake).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                None
            }
            Err(_) => {
                tracing::debug!("a TLS handshake took too long");
                None
            }
        }
    }

    /// Whether the caller is the one to look at the files now.
    fn is_look_due(&self, now: Moment) -> bool {
        let mut state = self.state();
        let is_due = now.age_secs(state.looked_at) >= LOOK_SECS;
        if is_due {
            state.looked_at = now;
        }
        is_due
    }

    /// Takes up what the files hold, where they have changed.
    async fn look(&self) {
        let (files, known) = (Arc::clone(&self.files), self.state().loaded.stamp);
        let looked = tokio::task::spawn_blocking(move || {
            if files.stamp()? == known { Ok(None) } else { files.load().map(Some) }
        });
        match looked.await {
            Ok(Ok(None)) | Err(_) => {}
            Ok(Ok(Some(loaded))) => {
                let expires_at = loaded.expires_at.map(Timestamp::as_unix_secs);
                tracing::info!(expires_at, "took up a renewed certificate");
                self.state().loaded = loaded;
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "the renewed certificate cannot be used; the old one stays");
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock can leave a half-written state behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
