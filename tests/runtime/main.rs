//! The authorizer's process against a Lambda Runtime API that does what only
//! Lambda does: several invocations at once, and a snapshot with a restore.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path as UrlPath, State},
    http::{Response, StatusCode},
    routing::{get, post},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Barrier, mpsc},
    time::timeout,
};

/// Far more than any of this takes; a hang must not be one for ever.
const PATIENCE: Duration = Duration::from_mins(1);

/// The host: hands out the sample event once `at_once` ask for one.
#[derive(Clone)]
struct Host {
    asking: Arc<Barrier>,
    answers: mpsc::UnboundedSender<(String, Value)>,
    restored: Arc<dyn Fn() + Send + Sync>,
}

fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("events")
}

async fn next(State(host): State<Host>) -> Response<Body> {
    host.asking.wait().await;
    let event = fs::read_to_string(events().join("rest-token.json")).unwrap();
    Response::builder()
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", "4102444800000")
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:authorizer",
        )
        .body(Body::from(event))
        .unwrap()
}

async fn answered(
    State(host): State<Host>,
    UrlPath((_, what)): UrlPath<(String, String)>,
    body: String,
) -> StatusCode {
    // Whoever waits for answers may have what it wants already.
    let _over = host.answers.send((what, serde_json::from_str(&body).unwrap()));
    StatusCode::ACCEPTED
}

async fn restore(State(host): State<Host>) -> StatusCode {
    (host.restored)();
    StatusCode::OK
}

/// Serves the Runtime API; returns its address and the answers.
async fn serve(
    at_once: usize,
    restored: impl Fn() + Send + Sync + 'static,
) -> (SocketAddr, mpsc::UnboundedReceiver<(String, Value)>) {
    let (answers, received) = mpsc::unbounded_channel();
    let host = Host { asking: Arc::new(Barrier::new(at_once)), answers, restored: Arc::new(restored) };
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{what}", post(answered))
        .route("/2018-06-01/runtime/restore/next", get(restore))
        .with_state(host);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, received)
}

fn start(address: SocketAddr, secret_file: &Path, more: &[(&str, &str)]) -> Child {
    let mut variables = BTreeMap::from([
        ("AWS_LAMBDA_RUNTIME_API", address.to_string()),
        ("AWS_LAMBDA_FUNCTION_NAME", "authorizer".into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1".into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256".into()),
        ("JWT_SECRET_FILE", secret_file.to_string_lossy().into_owned()),
        ("JWT_ISSUER", "https://auth.example.com".into()),
        ("JWT_AUDIENCE", "chatbot".into()),
        ("JWT_MAX_LIFETIME_SECONDS", "0".into()),
    ]);
    variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Command::new(env!("CARGO_BIN_EXE_system"))
        .args(["part", "authorizer"])
        .env_clear()
        .envs(variables)
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_invocations_run_at_once_where_the_environment_says_so() {
    // Nobody gets an event before four ask for one.
    let (address, mut answers) = serve(4, || ()).await;
    let secret = events().join("development-secret.txt");
    let _process = start(address, &secret, &[("AWS_LAMBDA_MAX_CONCURRENCY", "4")]);
    for _ in 0..12 {
        let (what, answer) = timeout(PATIENCE, answers.recv()).await.unwrap().unwrap();
        assert_eq!((what.as_str(), &answer["principalId"]), ("response", &Value::from("123456")), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_holds_no_keys() {
    let secret = Path::new(env!("CARGO_TARGET_TMPDIR")).join("snapshot-secret.txt");
    fs::copy(events().join("development-secret.txt"), &secret).unwrap();
    let replaced = secret.clone();
    // The secret is replaced while the snapshot lies in its store.
    let restored = move || fs::write(&replaced, "another-development-secret-after-the-restore").unwrap();
    let (address, mut answers) = serve(1, restored).await;
    let _process = start(address, &secret, &[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")]);
    let (what, answer) = timeout(PATIENCE, answers.recv()).await.unwrap().unwrap();
    assert_eq!((what.as_str(), &answer["errorMessage"]), ("error", &Value::from("Unauthorized")), "{answer}");
}
