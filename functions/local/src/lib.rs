//! The whole of Latchkey on one machine: `cargo run -p local`.
//!
//! Stand-ins for the AWS services on loopback, the parts as separate processes
//! over the real protocols, and doors in front that do what API Gateway, a load
//! balancer and a function URL do. Nothing here is part of a deployed binary.
//!
//! In reading order: the command line, what can be chosen, the system as a
//! whole, what it is made of, and the story that shows it working.

mod clock;
mod command;
mod interruption;
mod options;
mod part;

mod addresses;
mod banner;
mod launcher;
mod listeners;
mod part_environment;
mod server_process;
mod stop;
mod system;
mod users;

mod gateway;
mod lambda;
mod stand_ins;

pub mod demo;
mod events;

pub use clock::{Clock, Now};
pub use command::run;
pub use gateway::{Direct, Kind};
pub use options::{Options, PartVariable, Ports};
pub use stand_ins::secrets_manager;
pub use system::System;
pub use users::{ADMIN_USER, DEMO_PASSWORD, DEMO_USER};

/// The account that AWS uses in its documentation.
pub(crate) const ACCOUNT_ID: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";
