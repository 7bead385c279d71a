//! What a case of the contract works with.

use std::{
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
};

use local::{ADMIN_USER, DEMO_PASSWORD, DEMO_USER, Kind, System, demo};
use serde_json::{Value, json};

use crate::{client::Client, door::Door};

/// One door, with two callers that do not know each other.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) door: Door,
    /// John Doe, a USER.
    pub(crate) john: Client,
    /// Ada Admin, an ADMIN: that makes nobody else's conversations hers.
    pub(crate) ada: Client,
    /// A caller without a token.
    pub(crate) nobody: Client,
    /// Which opens nothing but a session.
    pub(crate) refresh_token: String,
}

/// The tokens of one sign-in each.
#[derive(Clone)]
pub(crate) struct Tokens {
    john: demo::TokenPair,
    ada: demo::TokenPair,
}

/// A promise of the chatbot, checked through one door.
pub(crate) type Case = fn(Scene) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Names cases by their functions.
macro_rules! cases {
    ($($case:path),* $(,)?) => {
        &[$((stringify!($case), {
            fn boxed(scene: Scene) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
                Box::pin($case(scene))
            }
            boxed
        })),*]
    };
}
pub(crate) use cases;

pub(crate) async fn sign_in(system: &System, username: &str) -> demo::TokenPair {
    let issuer = demo::Client::of(system, Kind::RestToken);
    issuer.log_in(username, DEMO_PASSWORD).await.unwrap().expect(200).unwrap().token_pair().unwrap()
}

impl Tokens {
    pub(crate) async fn of(system: &System) -> Self {
        Self { john: sign_in(system, DEMO_USER).await, ada: sign_in(system, ADMIN_USER).await }
    }
}

impl Scene {
    pub(crate) fn at(door: Door, system: &System, tokens: &Tokens) -> Self {
        let nobody = Client::new(door.url(system), None);
        Self {
            door,
            john: nobody.with(Some(&tokens.john.access)),
            ada: nobody.with(Some(&tokens.ada.access)),
            nobody,
            refresh_token: tokens.john.refresh.clone(),
        }
    }

    /// Begins a conversation of John's; returns its id.
    pub(crate) async fn conversation(&self, message: &str) -> String {
        id(&self.john.chat(&json!({"message": message})).await)
    }
}

/// The conversation that an answer belongs to.
pub(crate) fn id(answer: &Value) -> String {
    answer["conversation_id"].as_str().unwrap().to_owned()
}

/// A text that nobody has used before.
pub(crate) fn unique(what: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{what}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}
