//! The line of an invocation, written once its answer is on its way.
//!
//! Whoever asked need not wait for it. It is not lost for that: Lambda freezes a
//! function when it asks for its next event, and that comes after it (Lambda
//! Developer Guide, "Lambda execution environment lifecycle").

use std::{
    cell::Cell,
    pin::Pin,
    task::{Context, Poll},
};

use decision::{Decision, Measured, Unavailable};
use lambda_runtime::{Error, LambdaInvocation, Service, tower::layer::Layer};
use token::Moment;

use crate::Authorizer;

/// What the line of an invocation is made of.
pub(crate) struct DueLine {
    pub(crate) request_id: String,
    pub(crate) now: Moment,
    pub(crate) measured: Measured,
    pub(crate) kind: Option<&'static str>,
    pub(crate) decided: Result<Decision, Option<Unavailable>>,
}

tokio::task_local! {
    /// Of the invocation at hand; others may be at hand at the same time.
    static DUE: Cell<Option<DueLine>>;
}

impl DueLine {
    /// Leaves the line to [`LineAfterAnswer`].
    pub(crate) fn leave(self) {
        DUE.with(|due| due.set(Some(self)));
    }
}

/// Writes the line that a handler left, after its answer was sent.
#[derive(Clone)]
pub(crate) struct LineAfterAnswer(pub(crate) Authorizer);

/// A service with [`LineAfterAnswer`] around it.
#[derive(Clone)]
pub(crate) struct WithLine<S> {
    service: S,
    authorizer: Authorizer,
}

impl<S> Layer<S> for LineAfterAnswer {
    type Service = WithLine<S>;

    fn layer(&self, service: S) -> Self::Service {
        WithLine { service, authorizer: self.0.clone() }
    }
}

impl<S> Service<LambdaInvocation> for WithLine<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let (answered, authorizer) = (self.service.call(invocation), self.authorizer.clone());
        Box::pin(DUE.scope(Cell::default(), async move {
            let sent = answered.await;
            if let Some(line) = DUE.with(Cell::take) {
                authorizer.write_line(&line);
            }
            sent
        }))
    }
}
