//! One table on standard output, and the same as JSON.

use std::{fs, num::NonZero, path::Path, thread};

use serde_json::{Value, json};

use crate::{
    Effort,
    closed_loop::{ASKING, Done, LOGGING_IN},
    figures::{Figures, Row},
    memory::memory,
    mix::{KINDS, RATES},
    people::People,
    statistics::quantile,
};

const LOGINS_AIM: f64 = 0.95;
const REFRESHES_AIM: f64 = 2000.0;

pub(crate) fn print(figures: &Figures, effort: Effort, issuers: &[People]) {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let (limits, secs) = (figures.limits(), effort.window.as_secs_f64());
    println!("One issuer on {cores} cores ({}), its client on the same;", processor());
    println!("median of {} rounds of {secs:.1} s each (least-most).", effort.rounds);
    println!("logins: {LOGGING_IN} clients without a pause, each time another user from another address;");
    println!("refreshes, introspections: {ASKING} clients without a pause, each with a session of its own;");
    println!("\"while logins run\": both at once, so there is a hash to do whenever nothing else is;");
    println!("PostgreSQL runs as in the tests, with fsync off. Cores: those that were busy with each.");
    println!();
    line(&["", "", "per second", "", "aim", "logins/s", "issuer", "client", "others"].map(str::to_owned));
    let limit = ["argon2 on all cores".to_owned(), String::new(), median(&limits), range(&limits)];
    line(&limit);
    let syncs = &figures.syncs;
    line(&["4 KiB to the disk, one at a time".to_owned(), String::new(), median(syncs), range(syncs)]);
    let mut rows = Vec::new();
    for row in &figures.rows {
        rows.push(print_row(row));
    }
    println!();
    println!("Under a mixed load at steady rates; ms from when a request was due to its answer:");
    line(&["", "", "p50", "p99", "longest", "per second"].map(str::to_owned));
    let mut mixed = Vec::new();
    for times in &figures.times {
        for ((kind, times_of_kind), rate) in KINDS.iter().zip(&times.by_kind).zip(RATES) {
            let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|share| quantile(times_of_kind, share));
            let shown = [p50, p99, longest].map(|ms| format!("{ms:.2}"));
            let [p50_text, p99_text, longest_text] = shown;
            let (kind, database) = (*kind, times.database);
            line(&[kind.into(), database.into(), p50_text, p99_text, longest_text, rate.to_string()]);
            mixed.push(json!({
                "request": kind, "database": database, "per_second": rate,
                "answers": times_of_kind.len(),
                "p50_ms": p50, "p99_ms": p99, "longest_ms": longest,
            }));
        }
    }
    println!();
    for people in issuers {
        let mib = memory(people.issuer.id(), "VmHWM").unwrap_or_default() / 1024;
        let turned_away = people.logins.turned_away();
        let database = people.database;
        println!(
            "{database}: memory of the issuer {mib} MiB at most, {turned_away} logins told to come back later"
        );
    }
    let bars: Vec<_> = rows.iter().map(|row| &row["bar"]).filter(|bar| !bar.is_null()).collect();
    let whole = json!({
        "bars": bars, "cores": cores, "processor": processor(), "rounds": effort.rounds, "seconds": secs,
        "argon2_per_second": limits, "syncs_per_second": syncs, "rows": rows, "mixed": mixed,
    });
    write(&whole);
}

fn print_row(row: &Row) -> Value {
    let all = |of: fn(&Done) -> f64| row.rounds.iter().map(of).collect::<Vec<_>>();
    let logins = all(|done| done.logins);
    let is_logins = row.what == "logins";
    let (rate, aim, bar) = if is_logins {
        let ratios: Vec<_> = logins.iter().zip(&row.limits).map(|(logins, limit)| logins / limit).collect();
        let ratio = quantile(&ratios, 0.5);
        (
            logins.clone(),
            format!("{:.1} % of argon2, {}", ratio * 100.0, reached(ratio >= LOGINS_AIM, "95 %")),
            Some(bar(row, "of what argon2 could", ratio, LOGINS_AIM)),
        )
    } else {
        let others = all(|done| done.others);
        let is_aimed_for = row.what == "refreshes while logins run" && row.database == "SQLite";
        let median = quantile(&others, 0.5);
        if is_aimed_for {
            let bar = bar(row, "per second", median, REFRESHES_AIM);
            (others, reached(median >= REFRESHES_AIM, "2000"), Some(bar))
        } else {
            (others, String::new(), None)
        }
    };
    let beside = if is_logins { String::new() } else { format!("{:.1}", quantile(&logins, 0.5)) };
    let busy = [all(|done| done.busy.issuer), all(|done| done.busy.client), all(|done| done.busy.others)];
    let [issuer, client, others] = busy.each_ref().map(|cores| format!("{:.2}", quantile(cores, 0.5)));
    let (what, database) = (row.what, row.database);
    let (median_text, range_text) = (median(&rate), range(&rate));
    line(&[what.into(), database.into(), median_text, range_text, aim, beside, issuer, client, others]);
    json!({
        "what": what, "database": database, "per_second": rate, "logins_per_second": logins,
        "argon2_per_second": row.limits, "bar": bar,
        "cores": {"issuer": busy[0], "client": busy[1], "others": busy[2]},
    })
}

/// As the other benchmarks write them.
fn bar(row: &Row, what: &str, value: f64, limit: f64) -> Value {
    json!({
        "figure": format!("{}, {}", row.what, row.database), "bar": format!("at least {limit} {what}"),
        "value": value, "limit": limit, "met": value >= limit,
    })
}

fn reached(is_reached: bool, aim: &str) -> String {
    format!("{} {aim}", if is_reached { "reaches" } else { "misses" })
}

fn median(values: &[f64]) -> String {
    format!("{:.1}", quantile(values, 0.5))
}

fn range(values: &[f64]) -> String {
    format!("({:.0}-{:.0})", quantile(values, 0.0), quantile(values, 1.0))
}

fn line(columns: &[String]) {
    const WIDTHS: [usize; 9] = [34, 12, 12, 14, 32, 10, 8, 8, 8];
    let texts: Vec<_> = columns.iter().zip(WIDTHS).map(|(text, width)| format!("{text:<width$}")).collect();
    println!("{}", texts.concat().trim_end());
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name"));
    name.and_then(|line| line.split_once(':')).map_or("unknown", |(_, name)| name.trim()).to_owned()
}

/// Beside what the other benchmarks write.
fn write(report: &Value) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../bench");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("issuer.json"), format!("{report:#}\n")).expect("the report");
}
