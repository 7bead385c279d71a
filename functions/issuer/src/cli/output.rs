//! What a command prints: lines for people, or one JSON value for programs.

use std::io::Write;

use anyhow::Context;
use serde_json::Value;

pub(super) struct Output<'o> {
    json: bool,
    to: &'o mut dyn Write,
}

impl<'o> Output<'o> {
    pub(super) fn new(to: &'o mut dyn Write, json: bool) -> Self {
        Self { json, to }
    }

    /// Prints `lines`, or `value` where JSON was asked for.
    pub(super) fn print(&mut self, lines: &str, value: &Value) -> anyhow::Result<()> {
        if self.json { writeln!(self.to, "{value}") } else { writeln!(self.to, "{lines}") }
            .context("could not print")
    }
}

/// Returns the text without characters that a terminal obeys.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}
