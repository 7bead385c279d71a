//! How much memory a process has.

use std::fs;

/// Returns a line of `/proc/<id>/status`, in KiB.
pub(crate) fn memory(id: u32, line: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
