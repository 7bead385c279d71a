//! Does the registry answer, and does it take a revocation?

use aws_config::SdkConfig;
use registry::{Registry, Revocation};
use serde_json::json;
use token::{Moment, Principal};

use super::finding::{Finding, chain};

const CHECK: &str = "registry";

/// The name of what there is none of.
const NOTHING: &str = "issuer-doctor";

/// How long the entry is kept that is written to see whether one can be.
const KEPT_SECS: u64 = 60;

pub(super) async fn check(
    table: Option<String>,
    aws: Option<&SdkConfig>,
    write: bool,
    now: Moment,
) -> Finding {
    let (Some(table), Some(aws)) = (table, aws) else {
        return Finding::warning(
            CHECK,
            "AUTH_TABLE is not set: what is revoked stays good for verifiers until it expires",
            "set AUTH_TABLE here and at the verifiers, unless that is short enough",
        );
    };
    let registry = Registry::new(aws, table, 0);
    if let Err(error) = read(&registry, now).await {
        let advice =
            "let this role read the table (dynamodb:BatchGetItem), and see whether the name is right";
        return Finding::failed(CHECK, format!("cannot be read: {error}"), advice);
    }
    if !write {
        return Finding::good(CHECK, "can be read; --write sees whether it can be written");
    }
    let nothing = Revocation::Token { jti: NOTHING.to_owned() };
    match registry.revoke(&nothing, now.wall.plus(KEPT_SECS)).await {
        Ok(()) => Finding::good(CHECK, "can be read and written"),
        Err(error) => Finding::failed(
            CHECK,
            format!("cannot be written: {}", chain(&error)),
            "let this role write the table (dynamodb:PutItem, dynamodb:UpdateItem)",
        ),
    }
}

/// Asks about somebody that there is not.
async fn read(registry: &Registry, now: Moment) -> Result<(), String> {
    let context = json!({"sub": NOTHING, "caller": "user", "role": "USER", "jti": NOTHING, "exp": "0"});
    let context = context.as_object().ok_or("no context")?;
    let nobody = Principal::from_context(context).map_err(|error| error.to_string())?;
    registry.check(&nobody, now).await.map(drop).map_err(|error| chain(&error))
}
