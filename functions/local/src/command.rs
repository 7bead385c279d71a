//! The command line of `local`.

use std::{
    ffi::OsString, fs::File, path::PathBuf, process::ExitCode, sync::Arc, sync::Mutex, time::Duration,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::{
    banner,
    clock::{Clock, Now},
    demo, events,
    interruption::Interruption,
    options::{Options, PartVariable, Ports},
    part::Part,
    system::System,
};

/// The whole of Latchkey on this machine.
#[derive(Parser)]
#[command(name = "local")]
struct Command {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Action {
    /// Runs login, chat, refusals, a revocation and a rotation, and ends.
    Demo,
    /// Puts a fresh token of the running system into the sample events.
    Events {
        #[arg(long, default_value = "events")]
        dir: PathBuf,
    },
    /// One part of the system; the supervisor starts these.
    #[command(hide = true)]
    Part {
        part: Part,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

#[derive(Args)]
struct Flags {
    /// Where the databases and logs go.
    #[arg(long, global = true, default_value = ".local")]
    data: PathBuf,
    /// The first of fifteen ports; 0 for any free ones.
    #[arg(long, global = true, default_value_t = 8080)]
    port_base: u16,
    /// How long the gateways cache an authorizer's answer.
    #[arg(long, global = true, default_value_t = 2)]
    cache_seconds: u64,
    /// Processes per function.
    #[arg(long, global = true, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    processes: u8,
    /// Sets a variable of one part, for example `authorizer:ON_INVALID_TOKEN=deny`.
    #[arg(long = "set", global = true, value_name = "PART:NAME=VALUE")]
    part_variables: Vec<PartVariable>,
}

/// Runs what the arguments ask for. `arguments` begins with the program's name.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<String>,
    clock: impl Fn() -> Now + Clone + Send + Sync + 'static,
) -> ExitCode {
    let command = match Command::try_parse_from(arguments) {
        Ok(command) => command,
        Err(error) => {
            // Help is an "error" too, with exit code 0.
            let _ = error.print();
            return u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from);
        }
    };
    let flags = command.flags;
    let outcome = match command.action {
        Some(Action::Part { part, arguments }) => return part.run(arguments, environment, clock),
        Some(Action::Events { dir }) => on_runtime(events::refresh(&dir, flags.port_base)),
        Some(Action::Demo) => {
            let data = flags.data.join("demo");
            let _ = std::fs::remove_dir_all(&data);
            on_runtime(tell_story(flags.options(data, Ports::Ephemeral, Arc::new(clock))))
        }
        None => {
            let (data, ports) = (flags.data.clone(), Ports::from(flags.port_base));
            on_runtime(serve(flags.options(data, ports, Arc::new(clock))))
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("local: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Flags {
    fn options(self, data: PathBuf, ports: Ports, clock: Clock) -> Options {
        Options {
            cache_time: Duration::from_secs(self.cache_seconds),
            processes: self.processes.into(),
            part_variables: self.part_variables,
            ..Options::new(data, ports, clock)
        }
    }
}

fn on_runtime(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(work)
}

async fn serve(options: Options) -> anyhow::Result<()> {
    write_log(&options)?;
    let mut interruption = Interruption::watch()?;
    let system = tokio::select! {
        system = System::start(options) => system?,
        () = interruption.came() => return Ok(()),
    };
    println!("{}", banner::text(&system));
    interruption.came().await;
    println!("Stopping.");
    let data = system.data().to_owned();
    system.stop().await;
    println!("Stopped. What is left is in {}.", data.display());
    Ok(())
}

async fn tell_story(options: Options) -> anyhow::Result<()> {
    write_log(&options)?;
    let mut interruption = Interruption::watch()?;
    let story = async {
        let system = System::start(options).await?;
        let outcome = demo::run(&system).await;
        system.stop().await;
        outcome
    };
    tokio::select! {
        outcome = story => outcome,
        () = interruption.came() => anyhow::bail!("interrupted"),
    }
}

/// What gateways and stand-ins have to say goes to a file; the terminal keeps
/// the addresses in sight.
fn write_log(options: &Options) -> anyhow::Result<()> {
    let file = options.data.join("local.log");
    std::fs::create_dir_all(&options.data)
        .with_context(|| format!("cannot create {}", options.data.display()))?;
    let log = File::create(&file).with_context(|| format!("cannot write {}", file.display()))?;
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Mutex::new(log)).finish();
    // Fails where a caller of this library has set up logging of its own.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
