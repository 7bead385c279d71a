//! The chatbot behind the authorizer: a chat API as one HTTP router.
//!
//! `router` serves requests whose caller is known; `gateway` turns the
//! events of API Gateway into such requests. The invariant: no route but
//! `/healthz` answers without a principal that the authorizer vouches for, and
//! whose token has not ended since.

mod backend;
mod chat;
mod gateway;
mod problem;
mod router;
mod settings;

use std::{process::ExitCode, sync::Arc};

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use token::Moment;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

pub use gateway::{Front, UnknownEvent};
pub use router::{Service, router};
pub use settings::Settings;

/// Runs the chatbot as a Lambda function until its process ends.
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
    let lines = tracing_subscriber::fmt::layer().json().without_time().with_writer(std::io::stderr);
    // A second call, in a test, keeps the first subscriber.
    let _already_started = tracing_subscriber::registry().with(LevelFilter::INFO).with(lines).try_init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(serve(settings, clock)),
        Err(error) => fail(&error),
    }
}

async fn serve(settings: Settings, clock: impl Fn() -> Moment + Clone + Send + Sync + 'static) -> ExitCode {
    let service =
        Service { backend: settings.backend, leeway_secs: settings.leeway_secs, clock: Arc::new(clock) };
    let front = Front::new(router(service));
    let handler = move |event: LambdaEvent<Value>| {
        let front = front.clone();
        async move { front.answer(&event.payload).await }
    };
    match lambda_runtime::run_concurrent(service_fn(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
