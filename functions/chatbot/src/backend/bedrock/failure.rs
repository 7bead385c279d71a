//! What a failed call of Bedrock means.
//!
//! The code of an error goes to the log; its text does not, since it may quote
//! the prompt.

use aws_sdk_bedrockruntime::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_types::{event_stream::RawMessage, str_bytes::StrBytes};

use crate::backend::{BackendError, retry::Failure};

/// Names of the faults of a deployment among the texts of `ValidationException`,
/// which has one code for these and for a prompt that is too long.
const DEPLOYMENT_FAULTS: [&str; 2] = ["model identifier", "on-demand throughput"];

/// A call that brought no answer.
pub(super) fn of_call<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Failure {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let failure = match error {
        SdkError::ServiceError(context) => of_service(code_of(error), context.err().message(), status),
        SdkError::DispatchFailure(dispatch) if !dispatch.is_user() => Failure::passing(),
        // It never left, for want of credentials or a region. Or the model has done
        // its work already, and once more would cost once more.
        _ => Failure::lasting(BackendError::Failed),
    };
    note(code_of(error), status, failure);
    failure
}

/// An answer that broke off.
pub(super) fn of_stream<E: ProvideErrorMetadata>(error: &SdkError<E, RawMessage>) -> Failure {
    let (code, failure) = match error {
        SdkError::ServiceError(context) => {
            let code = exception_type(context.raw()).unwrap_or("without a code");
            (code, of_service(code, context.err().message(), None))
        }
        error => (code_of(error), Failure::passing()),
    };
    note(code, None, failure);
    failure
}

/// An answer without what makes an answer.
pub(super) fn of_nonsense() -> Failure {
    let failure = Failure::lasting(BackendError::Failed);
    note("answer not understood", None, failure);
    failure
}

fn of_service(code: &str, message: Option<&str>, status: Option<u16>) -> Failure {
    // Exceptions of a stream begin with a small letter.
    let name = code.strip_suffix("Exception").unwrap_or(code).to_ascii_lowercase();
    match name.as_str() {
        "throttling" | "servicequotaexceeded" | "modelnotready" | "toomanyrequests" => Failure::busy(None),
        "validation" if is_fault_of_deployment(message) => Failure::lasting(BackendError::Denied),
        "validation" => Failure::lasting(BackendError::Refused),
        "accessdenied" | "resourcenotfound" => Failure::lasting(BackendError::Denied),
        "modeltimeout" => Failure::lasting(BackendError::TooLate),
        // The model itself fell over this prompt, and would again.
        "modelerror" => Failure::lasting(BackendError::Failed),
        "internalserver" | "serviceunavailable" | "modelstreamerror" => Failure::passing(),
        // Errors of the service in front of the model have codes by the dozen:
        // signatures, clocks, tokens.
        _ => match status {
            Some(401 | 403 | 404) => Failure::lasting(BackendError::Denied),
            Some(429) => Failure::busy(None),
            Some(500..) => Failure::passing(),
            _ => Failure::lasting(BackendError::Failed),
        },
    }
}

/// The SDK looks for the code of an exception in its payload, where Bedrock
/// writes none.
fn exception_type(message: &RawMessage) -> Option<&str> {
    let RawMessage::Decoded(message) = message else {
        return None;
    };
    let header = message.headers().iter().find(|header| header.name().as_str() == ":exception-type")?;
    header.value().as_string().ok().map(StrBytes::as_str)
}

fn is_fault_of_deployment(message: Option<&str>) -> bool {
    message.is_some_and(|message| DEPLOYMENT_FAULTS.iter().any(|fault| message.contains(fault)))
}

fn code_of<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> &str {
    match error {
        SdkError::ServiceError(context) => context.err().code().unwrap_or("without a code"),
        SdkError::ConstructionFailure(_) => "not sent",
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "connection",
        _ => "answer not understood",
    }
}

fn note(code: &str, status: Option<u16>, failure: Failure) {
    tracing::warn!(backend = "bedrock", code, status, failure = ?failure.error, "a call of the model failed");
}
