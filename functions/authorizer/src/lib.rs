//! The Lambda authorizer: an event of API Gateway in, a decision out.
//!
//! Reading order: what arrives and where the token is in it (`event`), what is
//! decided (the crate `decision`), what is answered (`answer`), and what the
//! outside sees of a failure (`error`). Its invariant: nothing but an accepted token is ever answered
//! with "allow", and "could not tell" is an error, which no gateway caches.

mod answer;
mod due_line;
mod error;
mod event;
mod explain;
mod handler;
mod settings;
mod snapshot;

use std::{ffi::OsString, io::Write, process::ExitCode, sync::Arc};

use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use token::Moment;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use due_line::LineAfterAnswer;
pub use error::HandlerError;
pub use event::{Payload, UnknownEvent};
pub use handler::Authorizer;
pub use settings::Settings;
use snapshot::Snapshot;

/// Runs the authorizer until its process ends, or explains one event
/// (`explain --event FILE`).
///
/// Wrong settings end it before it asks for an event, with one message on
/// standard error that names them all.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<String>,
    clock: impl Fn() -> Moment + Clone + Send + Sync + 'static,
) -> ExitCode {
    let arguments: Vec<_> =
        arguments.into_iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let event_file = match words.as_slice() {
        [] => None,
        ["explain", "--event", file] => Some(*file),
        _ => return fail(&"usage: authorizer [explain --event FILE]"),
    };
    let settings = match Settings::read(&environment) {
        Ok(settings) => settings,
        Err(faults) => return fail(&faults),
    };
    start_log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match (runtime, event_file) {
        (Ok(runtime), None) => runtime.block_on(serve(settings, clock)),
        (Ok(runtime), Some(file)) => runtime.block_on(explain(settings, file, clock())),
        (Err(error), _) => fail(&error),
    }
}

async fn serve(settings: Settings, clock: impl Fn() -> Moment + Clone + Send + Sync + 'static) -> ExitCode {
    let authorizer = Authorizer::new(settings, write_line).await;
    // A secret that no request could ever be checked with ends the start; a
    // store that is out of reach may be back for the first request.
    if let Err(keys::KeysUnavailable(keys::SourceError::Invalid(error))) = authorizer.warm_up(clock()).await {
        return fail(&format_args!("wrong settings: the shared secret cannot be used: {error}"));
    }
    let snapshot = Snapshot { authorizer: authorizer.clone(), clock: clock.clone() };
    let line_after_answer = LineAfterAnswer(authorizer.clone());
    let handler = move |event: LambdaEvent<Payload>| {
        let (authorizer, now) = (authorizer.clone(), clock());
        // In a box: the runtime hands it on from layer to layer.
        Box::pin(async move {
            let (answer, line) = authorizer.answer(event, now).await;
            if let Some(line) = line {
                line.leave();
            }
            answer
        })
    };
    let runtime = Runtime::new(service_fn(handler)).layer(line_after_answer);
    // In a task: between the tasks of the connection and a future that is blocked
    // on, tokio asks the system for news each time.
    match tokio::spawn(runtime.register_snapstart_resource(Arc::new(snapshot)).run_concurrent()).await {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fail(&error),
        Err(error) => fail(&error),
    }
}

async fn explain(settings: Settings, file: &str, now: Moment) -> ExitCode {
    let event = std::fs::read_to_string(file).map_err(|error| error.to_string());
    let event = event.and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    match event {
        Ok(event) => {
            let told = Authorizer::new(settings, |_| ()).await.explain(&event, now).await;
            write_line(&told);
            ExitCode::SUCCESS
        }
        Err(error) => fail(&format_args!("cannot read the event: {error}")),
    }
}

/// Writes a line that ends in its newline: all of it in one call of the system.
fn write_line(line: &str) {
    // Where nobody reads the log there is nobody to tell.
    let _closed = std::io::stdout().write_all(line.as_bytes());
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
