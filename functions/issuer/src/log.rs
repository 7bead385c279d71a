//! Log lines on standard error: one per outcome, and one per request where the
//! level says so.
//!
//! No line holds a token, a password, a typed username, a body, a query string
//! or the value of a header; every line of a request holds its id.

use std::panic::PanicHookInfo;

use token::SettingsReader;
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
    registry,
};

/// Our own crates, whose lines are written with secrets in mind.
const OURS: [&str; 4] = ["issuer", "keys", "registry", "token"];

/// How much is logged, and for whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogSettings {
    pub(crate) format: Format,
    pub(crate) level: LevelFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Human,
}

impl LogSettings {
    pub(crate) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let levels = [
            ("error", LevelFilter::ERROR),
            ("warn", LevelFilter::WARN),
            ("info", LevelFilter::INFO),
            ("debug", LevelFilter::DEBUG),
        ];
        let formats = [("json", Format::Json), ("human", Format::Human)];
        Self {
            format: reader.choice("LOG_FORMAT", Format::Json, &formats),
            level: reader.choice("LOG_LEVEL", LevelFilter::INFO, &levels),
        }
    }

    /// What others log at `debug` may be anything, requests and answers too.
    fn targets(self) -> Targets {
        let others = self.level.min(LevelFilter::INFO);
        Targets::new().with_default(others).with_targets(OURS.map(|name| (name, self.level)))
    }
}

/// Returns what writes log lines to `writer`.
pub(crate) fn subscriber<W>(settings: LogSettings, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = match settings.format {
        Format::Json => fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(writer)
            .boxed(),
        Format::Human => fmt::layer().compact().with_ansi(false).with_writer(writer).boxed(),
    };
    registry().with(lines.with_filter(settings.targets()))
}

/// Sends the lines of this process to standard error. A process that has
/// somewhere else to send them keeps that.
pub(crate) fn start(settings: LogSettings) {
    drop(tracing::subscriber::set_global_default(subscriber(settings, std::io::stderr)));
    std::panic::set_hook(Box::new(log_panic));
}

/// Says where, and not what the panic says: that may quote a request.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    tracing::error!(location, "panicked");
}
