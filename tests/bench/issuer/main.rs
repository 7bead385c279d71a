//! How much one issuer does: logins beside what the machine can hash at most,
//! refreshes and introspections, alone and while others log in, and what each
//! kind of request takes under a mixed load; on SQLite and on PostgreSQL.
//!
//!   cargo bench -p issuer --bench throughput             some minutes
//!   cargo bench -p issuer --bench throughput -- short    shows that it works
//!   cargo bench -p issuer --bench throughput -- refreshes SQLite    of what is named so
//!
//! Everything is measured once per round, in an order that turns around each time,
//! so that what else the machine does falls on all alike. Ratios within one run
//! mean something; figures of different machines do not.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot go on has nothing to say, it measures with the real clock, and it counts no further than a double does"
)]

mod busy;
mod closed_loop;
mod figures;
#[path = "../login/issuer.rs"]
mod issuer;
mod limit;
#[path = "../login/memory.rs"]
mod memory;
mod mix;
mod people;
mod postgres;
mod report;
mod requests;
mod round;
#[path = "../login/statistics.rs"]
mod statistics;
mod wire;

use std::time::Duration;

use figures::Figures;
use issuer::Database;
use people::People;
use postgres::Postgres;

/// How long, and how often.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// Of one thing in one round.
    pub(crate) window: Duration,
}

const WHOLE: Effort = Effort { rounds: 6, window: Duration::from_secs(5) };
const SHORT: Effort = Effort { rounds: 1, window: Duration::from_millis(300) };

fn main() {
    let arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let (short, wanted): (Vec<_>, Vec<_>) = arguments.partition(|argument| argument == "short");
    let is_short = !short.is_empty();
    let effort = if is_short { SHORT } else { WHOLE };
    // One thread: the client is to leave the machine to the issuer.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let postgres = Postgres::start();
        let mut issuers = vec![People::gather("SQLite", &Database::file("issuer-throughput")).await];
        match &postgres {
            Some(postgres) => issuers.push(People::gather("PostgreSQL", &postgres.database()).await),
            None => println!("no PostgreSQL here: only SQLite is measured"),
        }
        let mut figures = Figures::default();
        for number in 0..effort.rounds {
            round::run(number, effort, &wanted, &mut issuers, &mut figures).await;
            eprintln!("round {} of {}", number + 1, effort.rounds);
        }
        report::print(&figures, effort, &issuers);
    });
}
