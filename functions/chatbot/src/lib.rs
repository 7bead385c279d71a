//! The chatbot: a chat API as one HTTP router, and the page that goes with it.
//!
//! Reading order: how requests come in (`door`), who is calling (`access`), what
//! can be asked (`api`), how a message is answered (`exchange`), by what
//! (`backend`), and where it is kept (`store`, in the terms of `conversation`).
//! The invariant: no route but the page and the health checks answers without a
//! principal, whom an authorizer vouches for or whose token was checked here,
//! and nothing of one principal is ever reached by another.

mod access;
mod api;
mod backend;
mod conversation;
mod digest;
mod door;
mod exchange;
mod page;
mod refusal;
mod service;
mod settings;
mod store;
mod tasks;

use std::{io::Write, process::ExitCode, sync::Arc};

use decision::Gate;
use token::Moment;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use access::Access;
use api::router;
use backend::Backend;
use door::{LambdaDoor, serve_lambda, serve_plain};
use page::Page;
use service::{Clock, Service, Shared};
use settings::DoorSettings;
pub use settings::Settings;
use store::Store;

/// Runs the chatbot until its process ends: as a Lambda function where there is
/// a Runtime API, and else as a plain HTTP server until SIGTERM.
///
/// Wrong settings end it before it takes a request, with one message on
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
    let runtime = match settings.door {
        // A function works on one request at a time.
        DoorSettings::Lambda { .. } => tokio::runtime::Builder::new_current_thread().enable_all().build(),
        DoorSettings::Plain(_) => tokio::runtime::Builder::new_multi_thread().enable_all().build(),
    };
    match runtime {
        Ok(runtime) => runtime.block_on(serve(settings, Arc::new(clock))),
        Err(error) => fail(&error),
    }
}

async fn serve(settings: Settings, clock: Clock) -> ExitCode {
    let door = settings.door;
    if matches!(door, DoorSettings::Lambda { .. }) && !settings.store.needs_aws() {
        tracing::warn!("CHAT_TABLE is not set: history and limits are each process's own, and gone with it");
    }
    let service = build(settings, Arc::clone(&clock)).await;
    if let Some(gate) = &service.access.gate
        && let Err(keys::KeysUnavailable(keys::SourceError::Invalid(error))) = gate.warm_up(clock()).await
    {
        // A secret that no request could ever be checked with ends the start; a
        // store that is out of reach may be back for the first request.
        return fail(&format_args!("wrong settings: the shared secret cannot be used: {error}"));
    }
    let router = router(Arc::clone(&service));
    match door {
        DoorSettings::Lambda { streams } => match serve_lambda(LambdaDoor::new(router, clock, streams)).await
        {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&error),
        },
        DoorSettings::Plain(plain) => match serve_plain(router, plain, &service.tasks).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format_args!("cannot listen: {error}")),
        },
    }
}

/// Builds the clients that the settings ask for.
async fn build(settings: Settings, clock: Clock) -> Shared {
    let aws = if settings.needs_aws() { Some(keys::aws_config().await) } else { None };
    let aws = aws.as_ref();
    let gate = settings.gate.map(|gate| Gate::new(gate, aws));
    Arc::new(Service {
        backend: Backend::new(settings.backend, aws),
        store: Store::new(settings.store, aws),
        limits: settings.limits,
        access: Access { gate, leeway_secs: settings.leeway_secs, write_line },
        page: Page::new(&settings.page),
        readers: settings.readers,
        clock,
        ids: conversation::Ids::default(),
        tasks: tasks::Tasks::default(),
    })
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

fn start_log() {
    let filter = Targets::new()
        .with_default(tracing::Level::WARN)
        .with_target("chatbot", tracing::Level::INFO)
        .with_target("listener", tracing::Level::INFO);
    let lines = tracing_subscriber::fmt::layer().json().without_time().with_writer(std::io::stderr);
    // A second call, in a test, keeps the first subscriber.
    let _already_started = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
