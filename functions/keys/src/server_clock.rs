//! What time it is for AWS, by the `Date` of its answers.
//!
//! Whatever is asked anyway tells it along the way; nothing is asked for it.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{DateTime, date_time::Format};
use token::Timestamp;

/// The latest time that an answer told.
#[derive(Debug, Clone, Default)]
pub struct ServerClock(Arc<Mutex<Option<Timestamp>>>);

impl ServerClock {
    /// Returns `aws`, with answers that set this clock.
    #[must_use]
    pub fn watch(&self, aws: &SdkConfig) -> SdkConfig {
        let mut builder = aws.to_builder();
        let watched = aws.http_client().map(|inner| {
            let client = Watched { inner, clock: self.clone() };
            SharedHttpClient::new(client)
        });
        builder.set_http_client(watched);
        builder.build()
    }

    /// `None` where nobody has told it.
    pub fn time(&self) -> Option<Timestamp> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, date: &str) {
        let Ok(date) = DateTime::from_str(date, Format::HttpDate) else {
            return;
        };
        let time = Timestamp::from_unix_secs(date.secs());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(time);
    }
}

/// A client or a connector whose answers are looked at.
#[derive(Debug)]
struct Watched<I> {
    inner: I,
    clock: ServerClock,
}

impl HttpClient for Watched<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Watched { inner, clock: self.clock.clone() })
    }
}

impl HttpConnector for Watched<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, clock) = (self.inner.call(request), self.clock.clone());
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if let Some(date) = answer.headers().get("date") {
                clock.set(date);
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_time_or_nothing() {
        let clock = ServerClock::default();
        clock.set("Sun, 15 Jun 2025 15:06:40 GMT");
        let noon = Some(Timestamp::from_unix_secs(1_750_000_000));
        assert_eq!(clock.time(), noon);
        clock.set("tomorrow");
        assert_eq!(clock.time(), noon);
    }
}
