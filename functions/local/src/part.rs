//! The deployable parts, entered by name.
//!
//! `cargo run -p local` builds one binary only, so that binary is every part:
//! the supervisor starts itself again as `local part <name>`. This file is the
//! only one that knows how the other crates are entered.

use std::{ffi::OsString, fs::File, io::Read, os::fd::AsFd, process::ExitCode, thread};

use crate::clock::Now;

/// Set for a part that must not outlive the process which started it.
pub(crate) const LIFELINE_VARIABLE: &str = "LATCHKEY_LOCAL_LIFELINE";

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    Authorizer,
    Chatbot,
    Rotator,
    Issuer,
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Authorizer => "authorizer",
            Self::Chatbot => "chatbot",
            Self::Rotator => "rotator",
            Self::Issuer => "issuer",
        }
    }

    pub(crate) fn run(
        self,
        arguments: Vec<OsString>,
        environment: impl Fn(&str) -> Option<String>,
        clock: impl Fn() -> Now + Clone + Send + Sync + 'static,
    ) -> ExitCode {
        if environment(LIFELINE_VARIABLE).is_some() {
            thread::spawn(exit_with_parent);
        }
        let clock = move || {
            let now = clock();
            token::Moment::new(now.wall, now.monotonic)
        };
        match self {
            Self::Authorizer => {
                let arguments = std::iter::once(OsString::from(self.name())).chain(arguments);
                authorizer::run(arguments, environment, clock)
            }
            Self::Chatbot => chatbot::run(environment, clock),
            Self::Rotator => rotator::run(environment, clock),
            Self::Issuer => {
                let arguments = std::iter::once(OsString::from(self.name())).chain(arguments);
                issuer::run(arguments, environment, clock)
            }
        }
    }
}

/// Ends this process once its standard input closes.
///
/// The supervisor holds the other end and never writes. The operating system
/// closes it however the supervisor ends, a kill included, so that no part is
/// ever left behind. A parent-death signal would need unsafe code and Linux.
fn exit_with_parent() {
    // A duplicate, because a part may hold the lock of `stdin()` for good.
    if let Ok(lifeline) = std::io::stdin().as_fd().try_clone_to_owned() {
        let mut lifeline = File::from(lifeline);
        let mut buffer = [0; 64];
        while lifeline.read(&mut buffer).is_ok_and(|length| length > 0) {}
    }
    std::process::exit(0);
}
