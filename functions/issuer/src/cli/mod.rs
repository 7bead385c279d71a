//! The command line: what can be asked for, and how a command ends.
//!
//! Exit codes: 0 done; 1 refused or failed; 2 wrong settings or arguments, or
//! the question could not be answered.

mod arguments;
mod audit;
mod backup;
mod clients;
mod completions;
mod consumer_token;
mod consumers;
mod doctor;
mod events;
mod keys;
mod output;
mod revoke;
mod serve;
mod sessions;
mod terminal;
mod times;
mod tokens;
mod users;
mod world;

use std::{
    ffi::OsString,
    io::{IsTerminal, Read, Write},
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context as _;
use aws_config::SdkConfig;
use clap::Parser;
use token::{Environment, Faults, Moment};

pub(crate) use self::world::{Terminals, World};
use self::{
    arguments::{Arguments, Command, TokenCommand},
    output::Output,
};
use crate::{
    ids::NoRandomness,
    issuer::Clock,
    store::{DatabaseUrl, Store},
};

/// What a command works with, the arguments aside.
struct Context<'c> {
    environment: Environment<'c>,
    clock: Clock,
    input: &'c mut dyn Read,
    output: Output<'c>,
    /// For what is said besides: questions, progress.
    errors: &'c mut dyn Write,
    terminals: Terminals,
    given_aws: Option<SdkConfig>,
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
enum Failure {
    Settings(Faults),
    /// Arguments that do not go together.
    Arguments(&'static str),
    /// A token was refused, for the reason of that name.
    Refused(&'static str),
    /// It could not be told.
    Unavailable(anyhow::Error),
    Failed(anyhow::Error),
}

/// Runs the program: `arguments` begin with its name, `environment` looks
/// settings up, `clock` reads both clocks.
///
/// Prints to standard output and standard error, reads passwords and tokens
/// from standard input, and returns 0 when done, 1 when refused or failed, 2
/// for wrong settings or arguments and where the question stayed open.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<String>,
    clock: impl Fn() -> Moment + Clone + Send + Sync + 'static,
) -> ExitCode {
    let terminals =
        Terminals { input: std::io::stdin().is_terminal(), errors: std::io::stderr().is_terminal() };
    let world = World {
        environment: &environment,
        clock: Arc::new(clock),
        input: &mut std::io::stdin(),
        output: &mut std::io::stdout(),
        errors: &mut std::io::stderr(),
        terminals,
        aws: None,
    };
    ExitCode::from(run_with(arguments, world))
}

/// Runs the program in any world.
pub(crate) fn run_with(arguments: impl IntoIterator<Item = OsString>, world: World<'_>) -> u8 {
    let World { environment, clock, input, output, errors, terminals, aws } = world;
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help goes to standard output, a mistake to standard error. Where
            // that is gone, nothing is left to do.
            let text = error.render();
            drop(if error.use_stderr() { write!(errors, "{text}") } else { write!(output, "{text}") });
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    let output = Output::new(output, arguments.json);
    let context =
        Context { environment, clock, input, output, errors: &mut *errors, terminals, given_aws: aws };
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(error.into()))
        .and_then(|runtime| runtime.block_on(context.carry_out(arguments.command)));
    match done {
        Ok(()) => 0,
        Err(failure) => {
            // Nothing is left to do where standard error is gone.
            drop(writeln!(errors, "{failure}"));
            failure.exit_code()
        }
    }
}

impl Context<'_> {
    async fn carry_out(mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Serve => self.serve().await,
            Command::Migrate => self.migrate().await,
            Command::Setup(wanted) => self.setup(wanted).await,
            Command::Session(command) => self.sessions(command).await,
            Command::Audit(command) => self.audit_events(command).await,
            Command::User(command) => self.users(command).await,
            Command::Consumer(command) => self.consumers(command).await,
            Command::Key(command) => self.keys(command).await,
            Command::Doctor(wanted) => self.examine(wanted).await,
            Command::Backup { file } => self.back_up(&file).await,
            Command::Completions { shell } => self.completions(shell),
            Command::Client(command) => self.clients(command).await,
            Command::Revoke(command) => self.revoke(command).await,
            Command::Token(TokenCommand::Mint(wanted)) => self.mint(wanted).await,
            Command::Token(TokenCommand::Inspect { token }) => self.inspect(token),
            Command::Token(TokenCommand::Verify { token }) => self.verify(token).await,
        }
    }
}

impl Context<'_> {
    /// Opens the database that the settings name.
    async fn open_store(&self) -> Result<Store, Failure> {
        let url = DatabaseUrl::read(self.environment)?;
        Ok(Store::open(&url).await.context("could not open the database")?)
    }

    /// How AWS is reached: as the SDK's own variables say, unless this world
    /// says it.
    async fn aws(&self) -> SdkConfig {
        match &self.given_aws {
            Some(aws) => aws.clone(),
            None => ::keys::aws_config().await,
        }
    }
}

impl Failure {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Failed(_) => 1,
            Self::Settings(_) | Self::Arguments(_) | Self::Unavailable(_) => 2,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings(faults) => write!(f, "{faults}"),
            Self::Arguments(what) => write!(f, "wrong arguments: {what}"),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
            Self::Unavailable(error) => write!(f, "unavailable: {error:#}"),
            Self::Failed(error) => write!(f, "failed: {error:#}"),
        }
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Settings(faults)
    }
}

impl From<NoRandomness> for Failure {
    fn from(error: NoRandomness) -> Self {
        Self::Failed(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}
