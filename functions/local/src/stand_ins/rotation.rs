//! Calling the rotation function, as Secrets Manager does after `RotateSecret`.
//!
//! Four invocations, in order, each only after the one before succeeded.

use serde_json::json;

use super::{secrets_manager::SecretsManager, secrets_store::RotationOrder};
use crate::lambda::{Function, Outcome};

const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

pub(super) async fn run(secrets: SecretsManager, order: RotationOrder) {
    let name = order.function_arn.rsplit(':').next().unwrap_or_default();
    let completed = if let Some(function) = secrets.functions.get(name) {
        steps(&function, &order).await
    } else {
        tracing::error!(function = name, "no such rotation function");
        false
    };
    let completed = completed.then(|| (secrets.clock)().wall);
    secrets.lock().rotation_ended(&order.secret_arn, completed);
}

async fn steps(function: &Function, order: &RotationOrder) -> bool {
    for step in STEPS {
        let event = json!({
            "Step": step,
            "SecretId": order.secret_arn,
            "ClientRequestToken": order.version_id,
        });
        match function.invoke(event.to_string().into()).await {
            Outcome::Answer(_) => tracing::info!(step, version = order.version_id, "rotation step done"),
            Outcome::Error(error) => {
                tracing::error!(
                    step,
                    version = order.version_id,
                    error = error.error_message,
                    "rotation step failed"
                );
                return false;
            }
        }
    }
    true
}
