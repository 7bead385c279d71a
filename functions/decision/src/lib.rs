//! Deciding on a request: whose token it carries, and whether they may do this.
//!
//! What the authorizer and a backend that checks tokens itself have in common.
//! Reading order: where a token may be (`token_source`), who it speaks for
//! (`authentication`), what they may do (`decision`), all of it together (`gate`),
//! and the line that is left behind (`outcome`). Its invariant: "no" is a [`Decision`], "could not tell" is the
//! error [`Unavailable`], and nothing turns one into the other.

mod authentication;
mod decision;
mod gate;
mod outcome;
mod path;
mod settings;
mod token_source;

pub use decision::{Decision, Unavailable};
pub use gate::{Gate, Measured, Started};
pub use path::is_ambiguous;
pub use settings::{GateSettings, RegistrySettings};
pub use token_source::{Found, RequestParts, TokenSource, find, from_authorization_token};
