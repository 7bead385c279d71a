//! The system as a whole: started, found, stopped.
//!
//! Dropping it stops it too, children included; [`System::stop`] also waits.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    addresses::{Addresses, url},
    gateway::{self, Direct, DirectDoor, Gateway, Kind},
    lambda::{self, Function, Functions, Keeper},
    launcher::{Launcher, Variables},
    listeners::Listeners,
    options::Options,
    part::Part,
    part_environment::{AUTH_TABLE, CHAT_TABLE, DRAIN_LIMIT, PartEnvironment},
    server_process::{Server, ServerProcess},
    stand_ins::{DynamoDb, SecretsManager},
    stop::{Stop, StopSender},
    users,
};

const SECRET_NAME: &str = "jwt/shared-secret-local";

/// A running system.
pub struct System {
    addresses: Addresses,
    data: PathBuf,
    secret_arn: String,
    cache_time: Duration,
    stop: StopSender,
    children: JoinSet<()>,
    /// Held so that they end with the system.
    _servers: JoinSet<()>,
}

impl System {
    /// Starts everything and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Names the port that is in use, or the part that could not start and the
    /// end of its log.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let listeners = Listeners::bind(options.ports).await?;
        let addresses = Addresses::of(&listeners)?;
        let data = prepare_folder(&options.data)?;
        let executable = match &options.executable {
            Some(executable) => executable.clone(),
            None => std::env::current_exe().context("cannot find this binary")?,
        };
        let launcher = Launcher::new(executable, data.join("log"));
        let functions = functions(&options);
        let mut servers = JoinSet::new();
        let (stop, stopping) = Stop::channel();

        let dynamodb = DynamoDb::open(&data.join("dynamodb.db"))?;
        dynamodb.create_auth_table(AUTH_TABLE)?;
        dynamodb.create_chat_table(CHAT_TABLE)?;
        servers.spawn(dynamodb.serve(listeners.dynamodb));
        let secrets_manager = SecretsManager::new(functions.clone(), Arc::clone(&options.clock));
        let rotator_arn = find(&functions, "rotator")?.arn();
        let secret_arn = secrets_manager.create(SECRET_NAME, &new_key_ring()?, &rotator_arn)?;
        servers.spawn(serve(listeners.secrets_manager, secrets_manager.router()));
        servers.spawn(serve(listeners.lambda, functions.router()));

        let environment = PartEnvironment {
            issuer: addresses.issuer,
            plain_chatbot: addresses.plain_chatbot,
            page_origins: addresses.page_origins(),
            dynamodb: addresses.dynamodb,
            secrets_manager: addresses.secrets_manager,
            secret_arn: secret_arn.clone(),
            database_file: data.join("issuer.db"),
            overrides: options.part_variables.clone(),
        };
        let mut children = JoinSet::new();
        for function in functions.iter() {
            let (part, variables) = entry(function.name(), &environment);
            let keeper = Keeper {
                function: Arc::clone(function),
                part,
                launcher: launcher.clone(),
                lambda_address: addresses.lambda.to_string(),
                variables,
            };
            children.spawn(keeper.run(stopping.clone()));
        }

        let (issuer, plain_chatbot, ()) = tokio::try_join!(
            start_issuer(&launcher, &environment),
            start_plain_chatbot(&launcher, &environment),
            all_came_up(&functions, &launcher),
        )?;
        children.spawn(issuer.keep(stopping.clone()));
        children.spawn(plain_chatbot.keep(stopping));

        for (kind, listener) in listeners.gateways {
            let settings = gateway::Settings {
                kind,
                authorizer: find(&functions, kind.authorizer())?,
                integration: find(&functions, "chatbot")?,
                streaming_integration: find(&functions, "chatbot-stream")?,
                cache_time: options.cache_time,
                clock: Arc::clone(&options.clock),
            };
            servers.spawn(Gateway::new(settings).serve(listener));
        }
        for (kind, listener) in listeners.direct {
            let function = find(&functions, kind.function())?;
            servers.spawn(DirectDoor { kind, function, clock: Arc::clone(&options.clock) }.serve(listener));
        }
        let cache_time = options.cache_time;
        Ok(Self { addresses, data, secret_arn, cache_time, stop, children, _servers: servers })
    }

    /// Ends every part and waits until all are gone.
    pub async fn stop(mut self) {
        self.stop.ask();
        while self.children.join_next().await.is_some() {}
    }

    pub fn gateway_url(&self, kind: Kind) -> String {
        let found = self.addresses.gateways.iter().find(|(gateway, _)| *gateway == kind);
        found.map(|(_, address)| url(*address)).unwrap_or_default()
    }

    pub fn direct_url(&self, kind: Direct) -> String {
        let found = self.addresses.direct.iter().find(|(door, _)| *door == kind);
        found.map(|(_, address)| url(*address)).unwrap_or_default()
    }

    /// The chatbot as a server of its own.
    pub fn plain_chatbot_url(&self) -> String {
        url(self.addresses.plain_chatbot)
    }

    pub fn issuer_url(&self) -> String {
        url(self.addresses.issuer)
    }

    /// The endpoint for `POST /2015-03-31/functions/<name>/invocations`.
    pub fn lambda_url(&self) -> String {
        url(self.addresses.lambda)
    }

    pub fn dynamodb_url(&self) -> String {
        url(self.addresses.dynamodb)
    }

    pub fn secrets_manager_url(&self) -> String {
        url(self.addresses.secrets_manager)
    }

    pub fn secret_arn(&self) -> &str {
        &self.secret_arn
    }

    pub fn data(&self) -> &std::path::Path {
        &self.data
    }

    /// How long the gateways cache an authorizer's answer.
    pub fn cache_time(&self) -> Duration {
        self.cache_time
    }
}

/// Creates the data folder with empty logs and returns its full name.
fn prepare_folder(data: &std::path::Path) -> anyhow::Result<PathBuf> {
    let logs = data.join("log");
    std::fs::create_dir_all(&logs).with_context(|| format!("cannot create {}", logs.display()))?;
    for entry in std::fs::read_dir(&logs)? {
        std::fs::remove_file(entry?.path())?;
    }
    Ok(data.canonicalize()?)
}

/// The functions, with the timeouts of the templates under `infra/`.
fn functions(options: &Options) -> Functions {
    let timeouts = [
        ("authorizer", 5),
        ("authorizer-policy", 5),
        ("chatbot", 30),
        ("chatbot-stream", 300),
        ("rotator", 60),
    ];
    Functions::new(timeouts.map(|(name, seconds)| {
        let settings = lambda::Settings {
            name: name.to_owned(),
            timeout: Duration::from_secs(seconds),
            processes: options.processes,
        };
        Function::new(settings, Arc::clone(&options.clock))
    }))
}

fn entry(function: &str, environment: &PartEnvironment) -> (Part, Variables) {
    match function {
        "chatbot" => (Part::Chatbot, environment.chatbot(function, "buffered")),
        "chatbot-stream" => (Part::Chatbot, environment.chatbot(function, "stream")),
        "rotator" => (Part::Rotator, environment.rotator(function)),
        "authorizer-policy" => (Part::Authorizer, environment.authorizer(function, "policy")),
        _ => (Part::Authorizer, environment.authorizer(function, "simple")),
    }
}

fn find(functions: &Functions, name: &str) -> anyhow::Result<Arc<Function>> {
    functions.get(name).with_context(|| format!("no function {name}"))
}

async fn start_issuer(launcher: &Launcher, environment: &PartEnvironment) -> anyhow::Result<ServerProcess> {
    let (variables, url) = (environment.issuer(), environment.issuer_url());
    users::add(launcher, &variables).await?;
    let issuer = Server {
        part: Part::Issuer,
        name: "issuer",
        arguments: &["serve"],
        ready_url: format!("{url}/readyz"),
        variables,
        drain: None,
    };
    let issuer = ServerProcess::start(launcher, issuer).await?;
    users::check(&url, launcher).await?;
    Ok(issuer)
}

async fn start_plain_chatbot(
    launcher: &Launcher,
    environment: &PartEnvironment,
) -> anyhow::Result<ServerProcess> {
    let name = "chatbot-plain";
    let chatbot = Server {
        part: Part::Chatbot,
        name,
        arguments: &[],
        ready_url: format!("{}/healthz", environment.plain_chatbot_url()),
        variables: environment.plain_chatbot(name),
        drain: Some(DRAIN_LIMIT),
    };
    ServerProcess::start(launcher, chatbot).await
}

async fn all_came_up(functions: &Functions, launcher: &Launcher) -> anyhow::Result<()> {
    for function in functions.iter() {
        if let Err(error) = function.came_up().await {
            let (name, log_file) = (function.name(), launcher.log_file(function.name()));
            bail!("{name} could not start: {}; see {}", error.error_message, log_file.display())
        }
    }
    Ok(())
}

async fn serve(listener: TcpListener, router: axum::Router) {
    // Runs until its task is aborted.
    let _ = axum::serve(listener, router).await;
}

/// A key ring with one random key, which signs at once.
fn new_key_ring() -> anyhow::Result<String> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let kid = uuid::Uuid::now_v7().to_string();
    let key = json!({"kty": "oct", "kid": kid, "alg": "HS256", "k": BASE64_URL_SAFE_NO_PAD.encode(key)});
    Ok(json!({"keys": [key]}).to_string())
}
