//! The Lambda authorizer: an event of API Gateway in, a decision out.
//!
//! Reading order: what arrives (`event`), where the token is in it
//! (`token_source`), what is decided (`decision`), what is answered
//! (`answer`, `policy`), and what the outside sees of a failure
//! (`error`). Its invariant: nothing but an accepted token is ever answered
//! with "allow", and "could not tell" is an error, which no gateway caches.

mod answer;
mod arn;
mod decision;
mod error;
mod event;
mod handler;
mod outcome;
mod policy;
mod settings;
mod token_source;

use std::{io::Write, process::ExitCode};

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use token::Moment;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

pub use error::HandlerError;
pub use event::UnknownEvent;
pub use handler::Authorizer;
pub use settings::Settings;

/// Runs the authorizer until its process ends.
///
/// Wrong settings end it before it asks for an event, with one message on
/// standard error that names them all.
pub fn run(
    environment: impl Fn(&str) -> Option<String>,
    clock: impl Fn() -> Moment + Clone + Send + Sync + 'static,
) -> ExitCode {
    let settings = match Settings::read(&environment) {
        Ok(settings) => settings,
        Err(faults) => return fail(&faults),
    };
    start_log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(serve(settings, clock)),
        Err(error) => fail(&error),
    }
}

async fn serve(settings: Settings, clock: impl Fn() -> Moment + Clone + Send + Sync + 'static) -> ExitCode {
    let authorizer = Authorizer::new(settings, write_line).await;
    // A secret that no request could ever be checked with ends the start; a
    // store that is out of reach may be back for the first request.
    if let Err(keys::KeysUnavailable(keys::SourceError::Invalid(error))) = authorizer.warm_up(clock()).await {
        return fail(&format_args!("wrong settings: the shared secret cannot be used: {error}"));
    }
    let handler = move |event: LambdaEvent<Value>| {
        let (authorizer, now) = (authorizer.clone(), clock());
        async move { authorizer.handle(event, now).await }
    };
    match lambda_runtime::run_concurrent(service_fn(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn write_line(line: &str) {
    // Where nobody reads the log there is nobody to tell.
    let _closed = writeln!(std::io::stdout(), "{line}");
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}

/// Writes warnings as JSON lines. The runtime's own lines are left out: it
/// reports every refused token as an error of the handler.
fn start_log() {
    let filter = Targets::new()
        .with_default(tracing::Level::WARN)
        .with_target("lambda_runtime", tracing::Level::ERROR);
    let filter =
        filter.with_target("lambda_runtime::layers::panic", tracing_subscriber::filter::LevelFilter::OFF);
    let lines = tracing_subscriber::fmt::layer().json().without_time().with_writer(std::io::stderr);
    // A second call, in a test, keeps the first subscriber.
    let _already_started = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
