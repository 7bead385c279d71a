//! Why a request about consumers was not carried out: as any other, or with a
//! word about each field.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use registry::ConsumerError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    consumers::{FieldFault, Told},
    http::error::{ApiError, Body},
    ids::NoRandomness,
    issuer::Fault,
};

pub(crate) enum RequestFault {
    Api(ApiError),
    /// What was given cannot be.
    Invalid(FieldFaults),
    /// What was given belongs to another.
    Conflict(FieldFaults),
}

/// What is wrong with each field, by its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldFaults(BTreeMap<String, String>);

/// An error with a word about each field.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldError)]
pub(crate) struct FieldErrorBody {
    #[serde(flatten)]
    error: Body,
    /// What is wrong with each field; not there where that is not the error
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    fields: BTreeMap<String, String>,
}

impl FieldFaults {
    pub(super) fn of(field: &str, what: impl Into<String>) -> Self {
        Self(BTreeMap::from([(field.to_owned(), what.into())]))
    }

    /// The first word about a field stays.
    pub(super) fn add(&mut self, field: &str, what: impl Into<String>) {
        self.0.entry(field.to_owned()).or_insert_with(|| what.into());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl RequestFault {
    pub(super) fn invalid(field: &str, what: impl Into<String>) -> Self {
        Self::Invalid(FieldFaults::of(field, what))
    }
}

impl IntoResponse for RequestFault {
    fn into_response(self) -> Response {
        match self {
            Self::Api(error) => error.into_response(),
            Self::Invalid(FieldFaults(fields)) => {
                let error = Body::new("invalid_request", "some fields are wrong");
                (StatusCode::BAD_REQUEST, Json(FieldErrorBody { error, fields })).into_response()
            }
            Self::Conflict(FieldFaults(fields)) => {
                let error = Body::new("conflict", "some fields belong to another");
                (StatusCode::CONFLICT, Json(FieldErrorBody { error, fields })).into_response()
            }
        }
    }
}

impl From<ApiError> for RequestFault {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<Fault> for RequestFault {
    fn from(fault: Fault) -> Self {
        Self::Api(fault.into())
    }
}

impl From<NoRandomness> for RequestFault {
    fn from(error: NoRandomness) -> Self {
        Fault::from(error).into()
    }
}

impl From<ConsumerError> for RequestFault {
    fn from(error: ConsumerError) -> Self {
        let of = |fault: FieldFault| FieldFaults::of(fault.field, fault.what);
        match error {
            ConsumerError::Unavailable(unavailable) => {
                tracing::error!(error = %unavailable, "could not answer");
                Self::Api(ApiError::RegistryUnavailable)
            }
            ConsumerError::Refused(refusal) => match Told::from(&refusal) {
                Told::NotFound(what) => Self::Api(ApiError::NoSuch(what)),
                Told::Taken(fault) => Self::Conflict(of(fault)),
                Told::Invalid(fault) => Self::Invalid(of(fault)),
            },
        }
    }
}
