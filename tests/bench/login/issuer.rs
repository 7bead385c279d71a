//! The issuer's release binary on a database of its own.

use std::{
    fs, io,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use argon2::{Argon2, PasswordHasher};
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "a horse, a battery and a staple";

pub(crate) struct Issuer {
    process: Child,
    pub(crate) address: String,
}

/// Where the issuer keeps what it keeps.
#[derive(Clone)]
pub(crate) struct Database(String);

/// Who there is.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) disabled: bool,
}

impl Database {
    /// A file in a folder of that name, which is empty first.
    pub(crate) fn file(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _absent = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder to work in");
        Self::at(&format!("sqlite://{}", folder.join("issuer.db").display()))
    }

    pub(crate) fn at(url: &str) -> Self {
        Self(url.to_owned())
    }

    /// The issuer, to be given arguments.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_issuer"));
        command
            .env_clear()
            .env("JWT_SECRET", "0123456789abcdef0123456789abcdef")
            .env("JWT_ISSUER", "https://auth.example.com")
            .env("JWT_AUDIENCE", "chatbot")
            .env("ISSUER_LISTEN", "127.0.0.1:0")
            .env("TRUSTED_PROXIES", "127.0.0.1")
            .env("DATABASE_URL", &self.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        command
    }

    fn import(&self, users: &[User]) {
        let hash = Argon2::default().hash_password(PASSWORD.as_bytes()).expect("a hash").to_string();
        let name = format!("users-{}.jsonl", std::process::id());
        let file: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let mut lines = io::BufWriter::new(fs::File::create(&file).expect("a file"));
        for User { name, disabled } in users {
            let user = json!({"username": name, "role": "USER", "password_hash": hash, "disabled": disabled});
            writeln!(lines, "{user}").expect("a line");
        }
        lines.flush().expect("all lines");
        let done = self.command().args(["user", "import"]).arg(&file).output().expect("an import");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        fs::remove_file(file).expect("the file");
    }
}

impl Issuer {
    /// Starts an issuer that takes this machine for its proxy, so that every
    /// request can come from an address of its own.
    pub(crate) fn start(database: &Database, users: &[User]) -> Self {
        database.import(users);
        let mut process = database.command().arg("serve").stderr(Stdio::piped()).spawn().expect("the issuer");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            let length = log.read_line(&mut line).expect("a line");
            assert!(length > 0, "the issuer says where it listens");
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = line["address"].as_str().filter(|_| line["message"] == "listening") {
                break address.to_owned();
            }
        };
        // A full pipe would stop the issuer.
        std::thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Self { process, address }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
