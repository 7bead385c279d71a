//! Keeping the processes of one function alive.

use std::{process::ExitStatus, sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::{Function, runtime_api};
use crate::{
    launcher::{Launcher, Process, Variables, tail},
    part::Part,
    stop::Stop,
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Starts the processes of a function and starts them again when they end.
pub(crate) struct Keeper {
    pub(crate) function: Arc<Function>,
    pub(crate) part: Part,
    pub(crate) launcher: Launcher,
    pub(crate) lambda_address: String,
    pub(crate) variables: Variables,
}

enum End {
    Died(String),
    /// Killed for missing its deadline; the invoker knows already.
    Late,
    Stopped,
}

impl Keeper {
    /// Runs until it is asked to stop, then ends every process.
    pub(crate) async fn run(self, stop: Stop) {
        let keeper = Arc::new(self);
        let mut slots = JoinSet::new();
        for slot in 0..keeper.function.processes() {
            slots.spawn(Arc::clone(&keeper).keep(slot, stop.clone()));
        }
        while slots.join_next().await.is_some() {}
    }

    async fn keep(self: Arc<Self>, slot: usize, mut stop: Stop) {
        let mut pause = FIRST_PAUSE;
        while !stop.is_asked() {
            let end = match self.start(slot) {
                Ok(process) => self.watch(slot, process, &mut stop).await,
                Err(error) => End::Died(format!("{error:#}")),
            };
            let came_up = match end {
                End::Stopped => return,
                End::Late => self.function.process_ended(slot, "killed at its deadline"),
                End::Died(how) => {
                    let came_up = self.function.process_ended(slot, &how);
                    // A part that cannot start fails over and over; once is enough.
                    if came_up || (slot == 0 && pause == FIRST_PAUSE) {
                        self.report(&how, came_up);
                    }
                    came_up
                }
            };
            if came_up {
                pause = FIRST_PAUSE;
                continue;
            }
            // A part that cannot start would otherwise be started in a hot loop.
            let _ = tokio::time::timeout(pause, stop.asked()).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    fn start(&self, slot: usize) -> anyhow::Result<Process> {
        let name = self.function.name();
        let mut variables = self.variables.clone();
        let mut set = |name: &str, value: String| variables.push((name.to_owned(), value));
        set("AWS_LAMBDA_RUNTIME_API", runtime_api::base(&self.lambda_address, name, slot));
        set("AWS_LAMBDA_FUNCTION_NAME", name.to_owned());
        set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned());
        set("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".to_owned());
        set("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned());
        self.launcher.start(self.part, name, &[], &variables)
    }

    async fn watch(&self, slot: usize, mut process: Process, stop: &mut Stop) -> End {
        tokio::select! {
            status = process.wait() => End::Died(status.map_or_else(|error| error.to_string(), describe)),
            () = self.function.kill_asked(slot) => {
                process.kill().await;
                End::Late
            }
            () = stop.asked() => {
                process.stop().await;
                End::Stopped
            }
        }
    }

    fn report(&self, how: &str, came_up: bool) {
        let name = self.function.name();
        let log_file = self.launcher.log_file(name);
        let when = if came_up { "died" } else { "could not start" };
        eprintln!("{name} {when}: {how}. The end of {}:\n{}", log_file.display(), tail(&log_file));
    }
}

fn describe(status: ExitStatus) -> String {
    status.to_string()
}
