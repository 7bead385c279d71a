//! The rotation of the shared secret: publish, wait, sign, retire.
//!
//! Secrets Manager calls this function once per step. A new key is published
//! hours before any issuer signs with it, and the old one is kept until its
//! last token has expired, so a rotation rejects no valid token. The invariant
//! that carries this: a ring becomes current early enough that every verifier
//! has read it before its new key signs.

mod error;
mod event;
mod rotator;
mod settings;
#[cfg(test)]
mod simulation;
mod steps;
mod versions;

use std::{process::ExitCode, sync::Arc};

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use token::Moment;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

pub use error::RotationError;
pub use rotator::Rotator;
pub use settings::Settings;

/// Runs the rotation function until its process ends.
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
    let rotator = Arc::new(Rotator::new(&keys::aws_config().await, settings));
    let handler = move |event: LambdaEvent<Value>| {
        let (rotator, now) = (Arc::clone(&rotator), clock().wall);
        async move { rotator.handle(event.payload, now).await }
    };
    match lambda_runtime::run(service_fn(handler)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::FAILURE
}
