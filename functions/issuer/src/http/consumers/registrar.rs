//! An administrator who asks for something about consumers, and how the
//! registry is asked for it.
//!
//! A write goes on when its client has gone, or has waited long enough, and so
//! does its audit: whatever was written is in the audit, and what may have been
//! is there as that.

use std::{sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};
use registry::{ConsumerError, Consumers};
use token::Timestamp;

use super::fault::RequestFault;
use crate::{
    audit::{Action, Actor, AuditEvent, OUTCOME_UNKNOWN},
    http::{administrator::Administrator, error::ApiError},
    issuer::Issuer,
    origin::Origin,
};

/// How long a client waits for the registry.
const PATIENCE: Duration = Duration::from_secs(4);

pub(crate) struct Registrar {
    pub(super) issuer: Arc<Issuer>,
    pub(super) consumers: Consumers,
    pub(super) now: Timestamp,
    actor: Actor,
    origin: Origin,
}

impl FromRequestParts<Arc<Issuer>> for Registrar {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, issuer: &Arc<Issuer>) -> Result<Self, ApiError> {
        let administrator = Administrator::from_request_parts(parts, issuer).await?;
        let Ok(origin) = Origin::from_request_parts(parts, issuer).await;
        let consumers = issuer.consumers.clone().ok_or(ApiError::RegistryNotConfigured)?;
        let (issuer, now) = (Arc::clone(issuer), issuer.now());
        Ok(Self { issuer, consumers, now, actor: administrator.actor(), origin })
    }
}

impl Registrar {
    /// Waits for an answer as long as a client may.
    pub(super) async fn read<T>(
        &self,
        call: impl Future<Output = Result<T, ConsumerError>>,
    ) -> Result<T, RequestFault> {
        match tokio::time::timeout(PATIENCE, call).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(too_late()),
        }
    }

    /// Asks for something that there may not be.
    pub(super) async fn find<T>(
        &self,
        call: impl Future<Output = Result<T, ConsumerError>>,
    ) -> Result<Option<T>, RequestFault> {
        match self.read(call).await {
            Ok(found) => Ok(Some(found)),
            Err(RequestFault::Api(ApiError::NoSuch(_))) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Writes, and keeps in the audit that `action` was done to `subject`.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        action: Action,
        subject: &str,
        call: impl Future<Output = Result<T, ConsumerError>> + Send + 'static,
    ) -> Result<T, RequestFault> {
        let issuer = Arc::clone(&self.issuer);
        let event = self.event(action, subject);
        let change = tokio::spawn(async move {
            let done = call.await;
            let event = match &done {
                Ok(_) => event,
                Err(ConsumerError::Unavailable(_)) => event.because(OUTCOME_UNKNOWN),
                Err(ConsumerError::Refused(_)) => return done,
            };
            if let Err(error) = issuer.record(event).await {
                // It was done: whoever asked must learn that, and a secret that
                // is shown once. The log has the event.
                tracing::error!(%error, "could not keep an event in the audit");
            }
            done
        });
        match tokio::time::timeout(PATIENCE, change).await {
            Ok(Ok(done)) => Ok(done?),
            Ok(Err(_)) => Err(ApiError::Internal.into()),
            Err(_) => Err(too_late()),
        }
    }

    pub(super) fn event(&self, action: Action, subject: &str) -> AuditEvent {
        AuditEvent::new(action, self.actor.clone(), &self.origin).about(subject)
    }
}

fn too_late() -> RequestFault {
    tracing::error!("the registry takes too long to answer");
    ApiError::RegistryUnavailable.into()
}
