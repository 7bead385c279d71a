//! Log lines: JSON on standard error, one per outcome.
//!
//! No line holds a token, a password, a typed username or a body; every line of
//! a request holds its id.

use tracing::{Level, Subscriber};
use tracing_subscriber::fmt::MakeWriter;

/// Returns what writes log lines to `writer`.
pub(crate) fn subscriber<W>(writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_max_level(Level::INFO)
        .with_writer(writer)
        .finish()
}

/// Sends the lines of this process to standard error. A process that has
/// somewhere else to send them keeps that.
pub(crate) fn start() {
    drop(tracing::subscriber::set_global_default(subscriber(std::io::stderr)));
}
