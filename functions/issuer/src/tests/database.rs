//! The database of a test: a file of its own, or a schema of its own on a
//! PostgreSQL that all tests of a run share.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use sqlx::{Connection, PgConnection, Row};

use crate::ids::random_bytes;

/// Makes a test of each function: on SQLite and on PostgreSQL. Functions that
/// are not async begin with `sync:`.
macro_rules! on_each_database {
    (sync: $($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $test() { $crate::tests::database::Kind::Sqlite.run_sync(super::$test) })+
        }
        mod on_postgres {
            $(#[test] fn $test() { $crate::tests::database::Kind::Postgres.run_sync(super::$test) })+
        }
    };
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $test() {
                $crate::tests::database::Kind::Sqlite.run(super::$test()).await
            })+
        }
        mod on_postgres {
            $(#[tokio::test] async fn $test() {
                $crate::tests::database::Kind::Postgres.run(super::$test()).await
            })+
        }
    };
}
pub(super) use on_each_database;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

tokio::task_local! {
    static KIND: Kind;
}

/// A database that goes with the test, and a folder for whatever else it needs.
pub(super) struct TestDatabase {
    pub(super) folder: PathBuf,
    schema: Option<String>,
}

/// A PostgreSQL for all tests of this process.
enum Server {
    Given(String),
    /// It stops when this process has gone and closed its input.
    Started {
        url: String,
        _process: Child,
    },
    None,
}

impl Kind {
    pub(crate) async fn run(self, test: impl Future<Output = ()>) {
        if self.is_there() {
            KIND.scope(self, test).await;
        }
    }

    pub(crate) fn run_sync(self, test: fn()) {
        if self.is_there() {
            KIND.sync_scope(self, test);
        }
    }

    /// Runs `work` on another thread of a test as on its own.
    pub(super) fn run_sync_with<R>(self, work: impl FnOnce() -> R) -> R {
        KIND.sync_scope(self, work)
    }

    /// Of the test that asks.
    pub(super) fn current() -> Self {
        KIND.try_with(|kind| *kind).unwrap_or(Self::Sqlite)
    }

    /// A machine without PostgreSQL runs the tests on SQLite only; the gate must
    /// have both.
    fn is_there(self) -> bool {
        let there = self == Self::Sqlite || server().is_some();
        assert!(there || variable("CI").is_none(), "no PostgreSQL here: install it or set TEST_DATABASE_URL");
        if !there {
            eprintln!("not run: no PostgreSQL here, and TEST_DATABASE_URL is not set");
        }
        there
    }
}

impl TestDatabase {
    pub(super) fn new() -> Self {
        let random: [u8; 8] = random_bytes().unwrap();
        let name = format!("issuer_test_{:016x}", u64::from_be_bytes(random));
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir(&folder).unwrap();
        let schema = (Kind::current() == Kind::Postgres).then_some(name);
        if let Some(schema) = &schema {
            execute(format!("CREATE SCHEMA {schema}"));
        }
        Self { folder, schema }
    }

    pub(super) fn url(&self) -> String {
        match &self.schema {
            None => format!("sqlite://{}", self.folder.join("issuer.db").display()),
            Some(schema) => {
                let url = server().unwrap();
                let separator = if url.contains('?') { '&' } else { '?' };
                format!("{url}{separator}options[search_path]={schema}")
            }
        }
    }

    /// All that it holds: the bytes of its files, or its rows as text.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let Some(schema) = self.schema.clone() else {
            let files = std::fs::read_dir(&self.folder).unwrap();
            return files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect();
        };
        on_server(async move |connection| {
            let mut rows = String::new();
            let tables = format!("SELECT tablename FROM pg_tables WHERE schemaname = '{schema}'");
            for table in sqlx::query(sqlx::AssertSqlSafe(tables)).fetch_all(&mut *connection).await.unwrap() {
                let table: String = table.get(0);
                let all = format!("SELECT t::text FROM {schema}.{table} t");
                for row in sqlx::query(sqlx::AssertSqlSafe(all)).fetch_all(&mut *connection).await.unwrap() {
                    rows.push_str(row.get(0));
                    rows.push('\n');
                }
            }
            rows.into_bytes()
        })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
        if let (Some(schema), Server::Given(_)) = (&self.schema, the_server()) {
            execute(format!("DROP SCHEMA {schema} CASCADE"));
        }
    }
}

fn execute(sql: String) {
    on_server(async |connection| {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(connection).await.unwrap();
    });
}

/// On a thread of its own, because tests come with a runtime or without.
fn on_server<R: Send>(work: impl AsyncFnOnce(&mut PgConnection) -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect(server().unwrap()).await.unwrap();
                let result = work(&mut connection).await;
                connection.close().await.unwrap();
                result
            })
        });
        thread.join().unwrap()
    })
}

fn server() -> Option<&'static str> {
    match the_server() {
        Server::Given(url) | Server::Started { url, .. } => Some(url),
        Server::None => None,
    }
}

fn the_server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| variable("TEST_DATABASE_URL").map_or_else(start, Server::Given))
}

fn start() -> Server {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/postgres/serve");
    let mut process =
        Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a POSIX shell");
    let mut url = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
    if url.is_empty() {
        assert_eq!(process.wait().unwrap().code(), Some(3), "PostgreSQL did not start");
        return Server::None;
    }
    Server::Started { url: url.trim_end().to_owned(), _process: process }
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where a database is")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
