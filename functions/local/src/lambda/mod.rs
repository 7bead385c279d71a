//! What Lambda does: functions as separate processes over the real Runtime API,
//! and the Invoke endpoint.
//!
//! A process serves one invocation at a time, and answers it in one piece or as
//! a stream. Whatever goes wrong in it (an error answer, a crash, a start that
//! fails, a missed deadline) reaches the invoker as a function error and never
//! as a missing answer.

mod function;
mod invoke_api;
mod keeper;
mod outcome;
mod runtime_api;
mod slot;
mod stream;

use std::{collections::BTreeMap, sync::Arc};

use axum::Router;

pub(crate) use function::{Function, Settings};
pub(crate) use keeper::Keeper;
pub(crate) use outcome::{FunctionError, Outcome};
pub(crate) use stream::{Begun, Streamed};

/// The functions of this system by name.
#[derive(Debug, Clone)]
pub(crate) struct Functions(Arc<BTreeMap<String, Arc<Function>>>);

impl Functions {
    pub(crate) fn new(functions: impl IntoIterator<Item = Arc<Function>>) -> Self {
        let by_name = functions.into_iter().map(|function| (function.name().to_owned(), function));
        Self(Arc::new(by_name.collect()))
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Function>> {
        self.0.get(name).cloned()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Function>> {
        self.0.values()
    }

    /// The endpoint for both sides: invokers and the functions' own runtimes.
    pub(crate) fn router(&self) -> Router {
        invoke_api::router(self.clone()).merge(runtime_api::router(self.clone()))
    }
}
