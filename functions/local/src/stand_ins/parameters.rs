//! The parameters of one call to Secrets Manager.

use serde_json::Value;
use uuid::Uuid;

use super::{
    refusal::Refusal,
    staging::{CURRENT, SecretBody},
};

#[derive(Debug, Clone, Copy)]
pub(super) struct Parameters<'a>(pub(super) &'a Value);

impl<'a> Parameters<'a> {
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn flag(self, name: &str) -> Option<bool> {
        self.0.get(name).and_then(Value::as_bool)
    }

    pub(super) fn labels(self) -> Vec<String> {
        let labels = self.0.get("VersionStages").and_then(Value::as_array);
        let labels =
            labels.map(|labels| labels.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        labels.unwrap_or_else(|| vec![CURRENT.to_owned()])
    }

    pub(super) fn body(self) -> Result<Option<SecretBody>, Refusal> {
        match (self.text("SecretString"), self.text("SecretBinary")) {
            (Some(_), Some(_)) => {
                Err(Refusal::parameter("You can't specify both SecretString and SecretBinary."))
            }
            (Some(text), None) => Ok(Some(SecretBody::Text(text.to_owned()))),
            (None, Some(text)) => Ok(Some(SecretBody::Binary(text.to_owned()))),
            (None, None) => Ok(None),
        }
    }

    /// The SDKs always send a token; it becomes the id of the version.
    pub(super) fn version_id(self) -> String {
        self.text("ClientRequestToken").map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
    }
}
