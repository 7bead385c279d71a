//! Runs the candidates of a plan (`host PLAN`) and prints what was measured, as
//! JSON, in nanoseconds and bytes.
//!
//! In rounds over all of them, so that whatever else the machine does falls on
//! each alike. In a round, a candidate starts once and gives its first answer;
//! and the process of it that has been running since the beginning answers a
//! number of calls. Whoever starts this pins it to a core, and with it all that
//! it starts.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "it measures with the real clocks, and ends where it cannot go on"
)]

mod emulator;
mod function;
mod plan;
mod runtime_api;
mod secret;
mod wire;

use std::{collections::BTreeMap, error::Error, fs, io, time::Duration};

use emulator::Emulated;
use function::Function;
use plan::{Candidate, Plan};
use serde_json::{Value, json};

/// A candidate, its processes that go on running, and its samples.
struct Lane {
    candidate: Candidate,
    log: std::path::PathBuf,
    running: Function,
    emulated: Option<Emulated>,
    answer_bytes: usize,
    cold_wall: Vec<u64>,
    cold_cpu: Vec<u64>,
    warm_wall: Vec<u64>,
    /// Of all measured calls of a round together, divided by their number.
    warm_cpu: Vec<u64>,
    emulated_wall: Vec<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: host PLAN")?;
    let mut plan: Plan = serde_json::from_slice(&fs::read(path)?)?;
    let candidates = std::mem::take(&mut plan.candidates);

    let mut answers = BTreeMap::new();
    let mut lanes = Vec::new();
    for candidate in candidates {
        let name = candidate.name.clone();
        let lane = Lane::start(candidate, &plan, &mut answers).map_err(|error| format!("{name}: {error}"))?;
        lanes.push(lane);
    }

    let mut fetches = Vec::new();
    for round in 0..plan.rounds {
        for turn in 0..lanes.len() {
            // Nobody is always behind the same other.
            let index = (round + turn) % lanes.len();
            fetches.push(nanos(secret::fetch(&plan.secret)?));
            let lane = &mut lanes[index];
            lane.round(&plan).map_err(|error| format!("{}: {error}", lane.candidate.name))?;
        }
        eprint!("\rround {} of {}", round + 1, plan.rounds);
    }
    eprintln!();

    let told = lanes.iter().map(Lane::told).collect::<io::Result<BTreeMap<_, _>>>()?;
    println!("{}", json!({"candidates": told, "fetch": fetches}));
    Ok(())
}

impl Lane {
    fn start(
        mut candidate: Candidate,
        plan: &Plan,
        answers: &mut BTreeMap<String, String>,
    ) -> Result<Self, Box<dyn Error>> {
        if let Some(other) = &candidate.answer_of {
            let answer = answers.get(other).ok_or("no answer yet of the candidate that it is to repeat")?;
            candidate.environment.insert("ANSWER".to_owned(), answer.clone());
        }
        let log = plan.logs.join(format!("{}.log", candidate.name));
        // Not counted: its files may have to come from the disk.
        let (_, _, answer) = Function::start(&candidate, &log)?.first_answer(&plan.event)?;
        let answer_bytes = answer.len();
        answers.insert(candidate.name.clone(), String::from_utf8(answer)?);

        let mut running = Function::start(&candidate, &log)?;
        running.keep()?;
        for call in 1..=plan.warm_up {
            running.call(&plan.event)?;
            if call % plan.calls == 0 {
                running.settle()?;
            }
        }
        let mut emulated = None;
        if candidate.emulated {
            let started = emulated.insert(Emulated::start(&candidate, &plan.emulator)?);
            for _ in 0..plan.calls {
                started.call(&plan.event)?;
            }
        }
        Ok(Self {
            candidate,
            log,
            running,
            emulated,
            answer_bytes,
            cold_wall: Vec::new(),
            cold_cpu: Vec::new(),
            warm_wall: Vec::new(),
            warm_cpu: Vec::new(),
            emulated_wall: Vec::new(),
        })
    }

    fn round(&mut self, plan: &Plan) -> io::Result<()> {
        let (wall, cpu, _) = Function::start(&self.candidate, &self.log)?.first_answer(&plan.event)?;
        self.cold_wall.push(nanos(wall));
        self.cold_cpu.push(nanos(cpu));

        for _ in 0..plan.lead {
            self.running.call(&plan.event)?;
        }
        self.running.settle()?;
        let before = self.running.cpu()?;
        for _ in 0..plan.calls {
            self.warm_wall.push(nanos(self.running.call(&plan.event)?.wall));
        }
        self.running.settle()?;
        let used = self.running.cpu()?.saturating_sub(before);
        self.warm_cpu.push(nanos(used) / plan.calls as u64);

        if let Some(emulated) = &mut self.emulated {
            for _ in 0..plan.lead {
                emulated.call(&plan.event)?;
            }
            for _ in 0..plan.calls {
                self.emulated_wall.push(nanos(emulated.call(&plan.event)?));
            }
        }
        Ok(())
    }

    fn told(&self) -> io::Result<(String, Value)> {
        let memory = self.running.memory()?;
        let told = json!({
            "answer_bytes": self.answer_bytes,
            "cold_wall": self.cold_wall,
            "cold_cpu": self.cold_cpu,
            "warm_wall": self.warm_wall,
            "warm_cpu": self.warm_cpu,
            "emulated_wall": self.emulated_wall,
            "resident": memory.now,
            "resident_peak": memory.peak,
        });
        Ok((self.candidate.name.clone(), told))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
