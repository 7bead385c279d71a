//! An issuer as a process of its own, which can be killed and started again.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicUsize, Ordering},
};

use argon2::{Argon2, PasswordHasher};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
};

pub(crate) const PASSWORD: &str = "a horse, a battery and a staple";

static COUNT: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Issuer {
    folder: PathBuf,
    database_url: String,
    process: Option<Child>,
    /// Where it listens now; `None` while it does not.
    address: watch::Sender<Option<String>>,
}

impl Issuer {
    /// Starts an issuer with that many users, `user-0` and so on.
    pub(crate) async fn start(database_url: Option<&str>, users: usize) -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("races-{number}"));
        let _absent = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let file = format!("sqlite://{}", folder.join("issuer.db").display());
        let database_url = database_url.map_or(file, str::to_owned);
        let mut issuer = Self { folder, database_url, process: None, address: watch::Sender::new(None) };
        issuer.import(users).await;
        issuer.start_again().await;
        issuer
    }

    /// Tells where the issuer listens, each time it changes.
    pub(crate) fn addresses(&self) -> watch::Receiver<Option<String>> {
        self.address.subscribe()
    }

    pub(crate) async fn start_again(&mut self) {
        let mut process = self.command(&["serve"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next_line().await.unwrap().expect("the issuer says where it listens");
            let line: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = line["address"].as_str().filter(|_| line["message"] == "listening") {
                break address.to_owned();
            }
        };
        // Nobody reads the rest, and a full pipe would stop the issuer.
        tokio::spawn(async move { while lines.next_line().await.is_ok_and(|line| line.is_some()) {} });
        self.process = Some(process);
        self.address.send_replace(Some(address));
    }

    /// Ends it as SIGKILL does: at once, whatever it is doing.
    pub(crate) async fn kill(&mut self) {
        self.address.send_replace(None);
        self.process.take().unwrap().kill().await.unwrap();
    }

    async fn import(&self, users: usize) {
        let hash = Argon2::default().hash_password(PASSWORD.as_bytes()).unwrap().to_string();
        let line = |number| {
            let user = json!({"username": format!("user-{number}"), "role": "USER", "password_hash": hash});
            format!("{user}\n")
        };
        let file = self.folder.join("users.jsonl");
        fs::write(&file, (0..users).map(line).collect::<String>()).unwrap();
        let import = ["user", "import", file.to_str().unwrap()];
        let done = self.command(&import).output().await.unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_system"));
        command
            .args(["part", "issuer"])
            .args(arguments)
            .env_clear()
            .env("JWT_SECRET", "0123456789abcdef0123456789abcdef")
            .env("JWT_ISSUER", "https://auth.example.com")
            .env("JWT_AUDIENCE", "chatbot")
            .env("ISSUER_LISTEN", "127.0.0.1:0")
            .env("DATABASE_URL", &self.database_url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}
