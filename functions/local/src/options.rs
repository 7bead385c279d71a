//! What can be chosen about a local system.

use std::{path::PathBuf, str::FromStr, time::Duration};

use crate::clock::Clock;

/// Where the endpoints listen, always on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// This port and the fourteen after it.
    From(u16),
    /// Any free ports.
    Ephemeral,
}

/// A variable to set for one part, over what it gets anyway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartVariable {
    /// `authorizer`, `authorizer-policy`, `chatbot`, `chatbot-stream`,
    /// `chatbot-plain`, `rotator` or `issuer`.
    pub part: String,
    pub name: String,
    pub value: String,
}

#[derive(Clone)]
pub struct Options {
    pub data: PathBuf,
    pub ports: Ports,
    /// The binary that is started as `<executable> part <name>`. `None`: the one
    /// that is running; tests name one whose `main` calls [`crate::run`].
    pub executable: Option<PathBuf>,
    /// How long the gateways cache an authorizer's answer.
    pub cache_time: Duration,
    /// Processes per function.
    pub processes: usize,
    pub part_variables: Vec<PartVariable>,
    pub clock: Clock,
}

impl Options {
    pub fn new(data: PathBuf, ports: Ports, clock: Clock) -> Self {
        Self {
            data,
            ports,
            executable: None,
            cache_time: Duration::from_secs(2),
            processes: 2,
            part_variables: Vec::new(),
            clock,
        }
    }
}

impl From<u16> for Ports {
    fn from(base: u16) -> Self {
        if base == 0 { Self::Ephemeral } else { Self::From(base) }
    }
}

impl FromStr for PartVariable {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let split = text.split_once(':').and_then(|(part, rest)| Some((part, rest.split_once('=')?)));
        let (part, (name, value)) = split.ok_or("expected part:NAME=value")?;
        Ok(Self { part: part.to_owned(), name: name.to_owned(), value: value.to_owned() })
    }
}
