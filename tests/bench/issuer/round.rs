//! Everything that is wanted, once.

use crate::{
    Effort,
    closed_loop::{self, ASKING, Clients, LOGGING_IN},
    figures::Figures,
    limit, mix,
    people::People,
};

/// What is measured of each issuer, in the order of the even rounds.
const ALL: [&str; 6] = [
    "logins",
    "refreshes",
    "refreshes while logins run",
    "introspections",
    "introspections while logins run",
    "mix",
];

pub(crate) async fn run(
    number: usize,
    effort: Effort,
    wanted: &[String],
    issuers: &mut [People],
    figures: &mut Figures,
) {
    figures.syncs.push(limit::syncs_per_second(effort.window / 5));
    let mut all: Vec<_> =
        ALL.iter().flat_map(|what| (0..issuers.len()).map(move |whose| (*what, whose))).collect();
    if number % 2 == 1 {
        all.reverse();
    }
    for (what, whose) in all {
        let people = &mut issuers[whose];
        let database = people.database;
        if !wanted.iter().all(|word| what.contains(word.as_str()) || database == word) {
            continue;
        }
        let idle = Clients::default();
        let (logging_in, refreshing, introspecting) = (LOGGING_IN, ASKING, ASKING);
        let clients = match what {
            "logins" => {
                // On both sides of it: a machine that others use has moods.
                let before = limit::verifications_per_second(effort.window / 2);
                let clients = Clients { logging_in, ..idle };
                let done = closed_loop::run(people, clients, effort.window).await;
                let after = limit::verifications_per_second(effort.window / 2);
                figures.add_logins(database, what, done, f64::midpoint(before, after));
                continue;
            }
            "mix" => {
                let times = mix::run(people, effort.window).await;
                figures.add_times(database, times);
                continue;
            }
            "refreshes" => Clients { refreshing, ..idle },
            "refreshes while logins run" => Clients { logging_in, refreshing, ..idle },
            "introspections" => Clients { introspecting, ..idle },
            _ => Clients { logging_in, introspecting, ..idle },
        };
        let done = closed_loop::run(people, clients, effort.window).await;
        figures.add(database, what, done);
    }
}
