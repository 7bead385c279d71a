//! `issuer completions SHELL`: what a shell needs to complete commands.

use anyhow::Context as _;
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use serde_json::json;

use super::{Context, Failure, arguments::Arguments};

impl Context<'_> {
    pub(super) fn completions(&mut self, shell: Shell) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(shell, &mut Arguments::command(), "issuer", &mut script);
        let script = String::from_utf8(script).context("the script is not text")?;
        Ok(self.output.print(script.trim_end(), &json!({"shell": shell.to_string(), "script": script}))?)
    }
}
