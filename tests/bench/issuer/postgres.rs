//! A PostgreSQL of the benchmark's own, until this is dropped.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::issuer::Database;

pub(crate) struct Postgres {
    url: String,
    process: Child,
}

impl Postgres {
    /// `None` where none is installed.
    pub(crate) fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/postgres/serve");
        let mut process =
            Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a server");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut url).expect("a line");
        if url.is_empty() {
            assert_eq!(process.wait().expect("an end").code(), Some(3), "PostgreSQL did not start");
            return None;
        }
        Some(Self { url: url.trim_end().to_owned(), process })
    }

    pub(crate) fn database(&self) -> Database {
        Database::at(&self.url)
    }
}

impl Drop for Postgres {
    /// It ends with its input, and removes what it made.
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        drop(self.process.wait());
    }
}
