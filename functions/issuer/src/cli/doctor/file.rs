//! Is the file of the database for its owner alone?

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::finding::Finding;
use crate::store::DatabaseUrl;

const CHECK: &str = "database file";

/// The file and those that SQLite keeps beside it. Servers have none.
pub(super) fn check(url: &DatabaseUrl) -> Option<Finding> {
    let file = url.file()?;
    let beside = ["-wal", "-shm"].map(|suffix| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    });
    let files = [file.to_owned()].into_iter().chain(beside);
    let open: Vec<_> = files.filter(|file| is_open(file).unwrap_or(false)).collect();
    let Some(first) = open.first() else {
        return file.exists().then(|| Finding::good(CHECK, "for its owner alone"));
    };
    let told = format!("{} can be read by others: it holds the issuer's own key", first.display());
    Some(Finding::warning(CHECK, told, format!("chmod 600 {}", first.display())))
}

#[cfg(unix)]
fn is_open(file: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;

    Ok(fs::metadata(file)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> io::Result<bool> {
    Ok(false)
}
