//! Secrets Manager's endpoint: awsJson 1.1 over HTTP, secrets in memory.
//!
//! Written here rather than taken from a crate: the rotation depends on exactly
//! how labels move between versions and on a pending version without a value.
//! Signatures are not checked; the endpoint listens on loopback only.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{
    parameters::Parameters,
    refusal::Refusal,
    rotation,
    secrets_store::{RotationStart, SecretsStore},
};
use crate::{clock::Clock, lambda::Functions};

/// Returns the endpoint alone, without a secret and without a rotation function
/// that could be called.
pub fn secrets_manager(clock: Clock) -> Router {
    SecretsManager::new(Functions::new([]), clock).router()
}

#[derive(Clone)]
pub(crate) struct SecretsManager {
    pub(super) store: Arc<Mutex<SecretsStore>>,
    pub(super) functions: Functions,
    pub(super) clock: Clock,
}

impl SecretsManager {
    pub(crate) fn new(functions: Functions, clock: Clock) -> Self {
        Self { store: Arc::default(), functions, clock }
    }

    pub(crate) fn router(&self) -> Router {
        Router::new().route("/", post(handle)).with_state(self.clone())
    }

    /// Creates a secret and returns its ARN.
    pub(crate) fn create(
        &self,
        name: &str,
        value: &str,
        rotation_function_arn: &str,
    ) -> anyhow::Result<String> {
        let created = self.call("CreateSecret", &json!({"Name": name, "SecretString": value}));
        let created = created.map_err(|refusal| anyhow::anyhow!(refusal.message))?;
        let rotation = json!({
            "SecretId": name,
            "RotationLambdaARN": rotation_function_arn,
            "RotationRules": {"AutomaticallyAfterDays": 30},
            "RotateImmediately": false,
        });
        self.call("RotateSecret", &rotation).map_err(|refusal| anyhow::anyhow!(refusal.message))?;
        Ok(created.get("ARN").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    fn call(&self, operation: &str, parameters: &Value) -> Result<Value, Refusal> {
        let now = (self.clock)().wall;
        let parameters = Parameters(parameters);
        let mut store = self.lock();
        match operation {
            "CreateSecret" => store.create(parameters, now),
            "GetSecretValue" => store.value(parameters),
            "DescribeSecret" => store.describe(parameters),
            "ListSecrets" => Ok(store.list()),
            "ListSecretVersionIds" => store.list_versions(parameters),
            "PutSecretValue" => store.put(parameters, now),
            "UpdateSecret" => store.update(parameters, now),
            "UpdateSecretVersionStage" => store.update_stage(parameters, now),
            "DeleteSecret" => store.delete(parameters, now),
            "RestoreSecret" => store.restore(parameters),
            "CancelRotateSecret" => store.cancel_rotation(parameters),
            "RotateSecret" => {
                let RotationStart { answer, order } = store.rotate(parameters, now);
                if let Some(order) = order {
                    tokio::spawn(rotation::run(self.clone(), order));
                }
                answer
            }
            _ => {
                Err(Refusal::new("UnknownOperationException", "This stand-in does not know that operation."))
            }
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, SecretsStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn handle(State(secrets): State<SecretsManager>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("secretsmanager.").unwrap_or_default();
    let outcome = match serde_json::from_slice::<Value>(&body) {
        Ok(parameters) => secrets.call(operation, &parameters),
        Err(_) => Err(Refusal::new("SerializationException", "The body is not JSON.")),
    };
    let (status, body) = match outcome {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => {
            (StatusCode::BAD_REQUEST, json!({"__type": refusal.code, "Message": refusal.message}))
        }
    };
    let headers = [
        ("content-type", "application/x-amz-json-1.1".to_owned()),
        ("x-amzn-requestid", uuid::Uuid::new_v4().to_string()),
    ];
    (status, headers, body.to_string()).into_response()
}
