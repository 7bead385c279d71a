//! The authorizer against stores that misbehave, over real connections.
//!
//! Whatever Secrets Manager and DynamoDB do, the authorizer answers in time, and
//! a question that they left open is an error of its own: never `Unauthorized`,
//! never an allow. A copy of the keys bridges what passes and nothing else.

mod keys;
mod parameter;
mod reply;
mod setup;
mod stand_in;
mod table;
