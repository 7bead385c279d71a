//! What a store says to one call, well or badly.

use serde_json::{Value, json};

/// One call as a store sees it.
#[derive(Debug)]
pub(crate) struct Call {
    /// The operation: what follows the last dot of `X-Amz-Target`.
    pub(crate) operation: String,
    pub(crate) body: Value,
    /// How many calls came before.
    pub(crate) before: usize,
}

#[derive(Debug)]
pub(crate) enum Reply {
    Answer(u16, String),
    /// Keeps the connection and says nothing.
    Silence,
    /// Closes the connection in the middle of the body.
    BrokenOff,
    /// Closes the connection without a word.
    HungUp,
}

/// How a store behaves.
pub(crate) type Behaviour = fn(&Call) -> Reply;

const SECRET: &str = include_str!("../../events/development-secret.txt");

pub(crate) fn fault(status: u16, code: &str) -> Reply {
    Reply::Answer(status, json!({"__type": code, "message": "…"}).to_string())
}

pub(crate) fn text(status: u16, body: &str) -> Reply {
    Reply::Answer(status, body.to_owned())
}

/// A secret that was never rotated, a parameter in its second version, and a
/// table without entries.
pub(crate) fn well(call: &Call) -> Reply {
    let answer = match (call.operation.as_str(), call.body["VersionStage"].as_str()) {
        ("GetSecretValue", Some("AWSCURRENT")) => {
            json!({"Name": "jwt/shared", "VersionId": "v1", "SecretString": SECRET,
                   "VersionStages": ["AWSCURRENT"], "CreatedDate": 1.75e9})
        }
        ("GetSecretValue", _) => return fault(400, "ResourceNotFoundException"),
        ("GetParameter", _) => {
            json!({"Parameter": {"Name": "/jwt", "Type": "SecureString", "Value": SECRET, "Version": 2}})
        }
        ("BatchGetItem", _) => json!({"Responses": {"auth": []}, "UnprocessedKeys": {}}),
        _ => return fault(400, "UnknownOperationException"),
    };
    Reply::Answer(200, answer.to_string())
}
