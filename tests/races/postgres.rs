//! A PostgreSQL of the test's own, which can crash and come back.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

pub(crate) struct Postgres {
    pub(crate) url: String,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    _process: Child,
}

impl Postgres {
    /// `None` where none is installed, which the gate does not put up with.
    pub(crate) fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("postgres/serve");
        let mut process = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let commands = process.stdin.take().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let mut url = String::new();
        answers.read_line(&mut url).unwrap();
        if url.is_empty() {
            assert_eq!(process.wait().unwrap().code(), Some(3), "PostgreSQL did not start");
            assert!(in_no_gate(), "no PostgreSQL here: install it");
            eprintln!("not run: no PostgreSQL here");
            return None;
        }
        Some(Self { url: url.trim_end().to_owned(), commands, answers, _process: process })
    }

    /// Ends every process of the server at once, as a crash does.
    pub(crate) fn crash(&mut self) {
        self.obey("crash");
    }

    pub(crate) fn start_again(&mut self) {
        self.obey("start");
    }

    fn obey(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim_end(), command);
    }
}

#[expect(clippy::disallowed_methods, reason = "the gate says so in the environment")]
fn in_no_gate() -> bool {
    std::env::var("CI").is_err()
}
