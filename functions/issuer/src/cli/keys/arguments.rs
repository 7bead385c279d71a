//! What can be written after `issuer key`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum KeyCommand {
    /// Make a first key, which signs at once, in the place that the settings name
    Generate(GenerateArguments),
    /// Publish a new key, which signs when every verifier knows it
    Rotate(RotateArguments),
    /// Print the keys and what each is good for, without their secrets
    Show(ShowArguments),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct GenerateArguments {
    /// Replace what is there: tokens of the keys that go are refused
    #[arg(long, conflicts_with = "print")]
    pub(in crate::cli) overwrite: bool,
    /// Print the key ring, with its secret, and write it nowhere
    #[arg(long)]
    pub(in crate::cli) print: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RotateArguments {
    /// Drop every key there is at once, because one leaked: all tokens given out
    /// so far are refused
    #[arg(long)]
    pub(in crate::cli) emergency: bool,
    /// Go on without asking
    #[arg(long, requires = "emergency")]
    pub(in crate::cli) yes: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ShowArguments {
    /// Print the secrets too
    #[arg(long)]
    pub(in crate::cli) reveal: bool,
}
