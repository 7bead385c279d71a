//! How many files this process may have open.
//!
//! A connection is one of them, and so is the database: connections must not
//! take the last.

use std::fs;

/// Kept free for everything else: the database, the secret, other endpoints.
const RESERVED: usize = 128;

/// Returns how many connections there may be where `wanted` are allowed.
pub(crate) fn connections(wanted: usize, files_per_connection: usize) -> usize {
    let limit = fs::read_to_string("/proc/self/limits").ok().and_then(|text| open_files(&text));
    let most = limit.map(|limit| most(limit, files_per_connection));
    match most {
        Some(most) if most < wanted => {
            tracing::warn!(
                wanted,
                most,
                "this process may open too few files; there are fewer connections than the settings allow"
            );
            most
        }
        _ => wanted,
    }
}

/// At least one: a limit that leaves none at all would be a server that never serves.
fn most(limit: usize, files_per_connection: usize) -> usize {
    (limit.saturating_sub(RESERVED) / files_per_connection.max(1)).max(1)
}

/// Reads the limit that holds (the soft one); `None` where there is none, or
/// another system than Linux.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_files_are_left_for_everything_else() {
        assert_eq!(most(1024, 1), 896);
        assert_eq!(most(1024, 2), 448);
        assert_eq!(most(64, 1), 1);
    }

    #[test]
    fn the_soft_limit_is_read() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max open files            1024                 524288               files     \n";
        assert_eq!(open_files(text), Some(1024));
        assert_eq!(open_files("Max open files            unlimited            unlimited  files"), None);
        assert_eq!(open_files(""), None);
    }
}
