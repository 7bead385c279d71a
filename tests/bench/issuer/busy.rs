//! How many cores were busy, and with whom.

use std::{fs, time::Instant};

/// What `/proc` counts in: hundredths of a second, on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Cores, on average over some time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Busy {
    pub(crate) issuer: f64,
    pub(crate) client: f64,
    /// A database server, the system, and whatever else runs on the machine.
    pub(crate) others: f64,
}

/// Where the counts stood.
pub(crate) struct Stand {
    at: Instant,
    issuer: u32,
    ticks: [f64; 3],
}

impl Stand {
    pub(crate) fn now(issuer: u32) -> Self {
        Self { at: Instant::now(), issuer, ticks: ticks(issuer) }
    }

    pub(crate) fn busy_since(&self) -> Busy {
        let took = self.at.elapsed().as_secs_f64() * TICKS_PER_SECOND;
        let now = ticks(self.issuer);
        let [issuer, client, all] = [0, 1, 2].map(|which| (now[which] - self.ticks[which]) / took);
        Busy { issuer, client, others: (all - issuer - client).max(0.0) }
    }
}

fn ticks(issuer: u32) -> [f64; 3] {
    [of_process(issuer), of_process(std::process::id()), of_machine()]
}

/// User and system time: fields 14 and 15, of which the first two may hold anything.
fn of_process(id: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    rest.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum()
}

/// All but idle and waiting for the disk.
fn of_machine() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks = fields.map(|ticks| ticks.parse::<f64>().unwrap_or_default()).take(8).enumerate();
    ticks.filter(|(field, _)| ![3, 4].contains(field)).map(|(_, ticks)| ticks).sum()
}
