//! What API Gateway does around a Lambda authorizer and a Lambda integration,
//! and what stands before functions that let nobody in unasked: a load balancer
//! and a function URL.
//!
//! In reading order: which kind of API, the request and its route, the identity
//! that the authorizer is asked about, the event it gets, the answer it gives,
//! what that answer means for this route, and the integration behind it. What
//! AWS answers with an error is an error here: a wrong policy must fail on this
//! machine and not first after a deployment.

mod kind;

mod header_case;
mod request;
mod route;

mod authorization;
mod authorizer_event;
mod identity_source;
mod maps;
mod request_context;

mod authorizer_output;
mod calendar;
mod condition;
mod malformed;
mod policy;
mod result_cache;
mod wildcard;

mod proxy_event;
mod proxy_response;
mod refusal;
mod reply;
mod streamed_response;

mod server;

mod direct;
mod function_url;
mod load_balancer;

pub use direct::Direct;
pub(crate) use direct::DirectDoor;
pub use kind::Kind;
pub(crate) use server::{Gateway, Settings};
