//! The issuer's release binary on a database of its own, and raw requests to it.

use std::{
    fs,
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

/// Who there is.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) disabled: bool,
}

impl Issuer {
    /// Starts an issuer that takes this machine for its proxy, so that every
    /// request can come from an address of its own.
    pub(crate) fn start(name: &str, users: &[User]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _absent = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder to work in");
        import(&folder, users);
        let mut process = command(&folder).arg("serve").stderr(Stdio::piped()).spawn().expect("the issuer");
        let lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let mut lines = lines.map_while(Result::ok);
        let address = lines
            .by_ref()
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find(|line| line["message"] == "listening")
            .and_then(|line| line["address"].as_str().map(str::to_owned))
            .expect("the issuer says where it listens");
        // A full pipe would stop the issuer.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// Returns a line of `/proc/<pid>/status`, in KiB.
    pub(crate) fn memory(&self, line: &str) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn import(folder: &Path, users: &[User]) {
    let hash = Argon2::default().hash_password(PASSWORD.as_bytes()).expect("a hash").to_string();
    let file = folder.join("users.jsonl");
    let mut lines = fs::File::create(&file).expect("a file");
    for User { name, disabled } in users {
        let user = json!({"username": name, "role": "USER", "password_hash": hash, "disabled": disabled});
        writeln!(lines, "{user}").expect("a line");
    }
    let done = command(folder).args(["user", "import"]).arg(&file).output().expect("an import");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn command(folder: &Path) -> Command {
    let database: PathBuf = folder.join("issuer.db");
    let mut command = Command::new(env!("CARGO_BIN_EXE_issuer"));
    command
        .env_clear()
        .env("JWT_SECRET", "0123456789abcdef0123456789abcdef")
        .env("JWT_ISSUER", "https://auth.example.com")
        .env("JWT_AUDIENCE", "chatbot")
        .env("ISSUER_LISTEN", "127.0.0.1:0")
        .env("TRUSTED_PROXIES", "127.0.0.1")
        .env("DATABASE_URL", format!("sqlite://{}", database.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}
