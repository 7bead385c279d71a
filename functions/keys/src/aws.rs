//! What all AWS clients of this project share: one HTTP client, one TLS stack,
//! and time limits that fit inside a function's own.

use std::{pin::Pin, time::Duration};

use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{SourceError, credentials::Credentials, scheme_client::scheme_client};

/// An authorizer has to answer within its five seconds whatever a store does.
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(1500);
const OPERATION_TIMEOUT: Duration = Duration::from_millis(3500);
const MAX_ATTEMPTS: u32 = 2;

/// Loads region, credentials and endpoints as the SDK's own variables say.
pub fn aws_config() -> impl Future<Output = SdkConfig> + Send {
    // In a box: it is compiled here and not with whoever asks, for whom every
    // instruction counts.
    let config: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(aws_loader().load());
    config
}

/// Returns a loader with the HTTP client and the time limits of this project,
/// for whoever says region, credentials and endpoints in another way.
pub fn aws_loader() -> ConfigLoader {
    let http_client = scheme_client();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(ATTEMPT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    let backoff = Duration::from_millis(100);
    let retries = RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_initial_backoff(backoff);
    aws_config::defaults(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(http_client.clone()))
        .http_client(http_client)
        .timeout_config(timeouts)
        .retry_config(retries)
}

/// Whether a failed call may succeed a moment later: throttled, a fault of the
/// service, or no answer at all.
///
/// Throttling is HTTP 400 in these services, so the status alone does not tell.
pub fn is_transient<E: ProvideErrorMetadata>(error: &E, status: Option<u16>) -> bool {
    const PASSING: [&str; 8] = [
        "ThrottlingException",
        "Throttling",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ProvisionedThroughputExceededException",
        "InternalServiceError",
        "InternalServerError",
        "ServiceUnavailable",
    ];
    match (error.code(), status) {
        (_, None | Some(500..)) => true,
        (Some(code), _) => PASSING.contains(&code),
        (None, _) => false,
    }
}

/// Tells a failed call by what to do next.
pub(crate) fn source_error<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> SourceError
where
    SdkError<E, HttpResponse>: ProvideErrorMetadata + std::fmt::Display,
{
    let status = match error {
        // An answer that broke off: the network failed, whatever its first line said.
        SdkError::ResponseError(_) => None,
        error => error.raw_response().map(|response| response.status().as_u16()),
    };
    // The code names the kind of failure and nothing of the request.
    let told = error.code().map_or_else(|| error.to_string(), str::to_owned);
    if is_transient(error, status) { SourceError::Transient(told) } else { SourceError::Refused(told) }
}
