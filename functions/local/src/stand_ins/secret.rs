//! One secret, and what it looks like from outside.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::staging::{CURRENT, SecretBody, Version, Versions};

#[derive(Debug)]
pub(super) struct Secret {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) created: SystemTime,
    pub(super) changed: SystemTime,
    pub(super) deleted: Option<SystemTime>,
    pub(super) versions: Versions,
    pub(super) rotation: Rotation,
}

#[derive(Debug, Default)]
pub(super) struct Rotation {
    pub(super) enabled: Option<bool>,
    pub(super) function_arn: Option<String>,
    pub(super) rules: Option<Value>,
    pub(super) last: Option<SystemTime>,
    /// The four steps are being called just now.
    pub(super) running: bool,
}

/// Why there is no value to return.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoValue {
    #[error("Secrets Manager can't find the specified secret value for staging label: {0}")]
    Label(String),
    #[error("Secrets Manager can't find the specified secret value for VersionId: {0}")]
    Version(String),
    #[error("You provided a VersionStage that is not associated to the provided VersionId.")]
    Mismatch,
}

impl Secret {
    /// Says whether `id` means this secret: its name, its ARN, or its ARN
    /// without the six random characters at the end.
    pub(super) fn is_named(&self, id: &str) -> bool {
        let without_suffix = self.arn.rsplit_once('-').map_or("", |(start, _)| start);
        id == self.name || id == self.arn || id == without_suffix
    }

    pub(super) fn value(&self, id: Option<&str>, label: Option<&str>) -> Result<Value, NoValue> {
        let wanted = label.unwrap_or(CURRENT);
        let id =
            id.or_else(|| self.versions.holder(wanted)).ok_or_else(|| NoValue::Label(wanted.to_owned()))?;
        let version = self.versions.get(id).ok_or_else(|| NoValue::Version(id.to_owned()))?;
        if label.is_some_and(|label| !version.labels.contains(label)) {
            return Err(NoValue::Mismatch);
        }
        let Some(body) = &version.body else {
            return Err(match label {
                Some(label) => NoValue::Label(label.to_owned()),
                None => NoValue::Version(id.to_owned()),
            });
        };
        let (member, text) = match body {
            SecretBody::Text(text) => ("SecretString", text),
            SecretBody::Binary(text) => ("SecretBinary", text),
        };
        Ok(json!({
            "ARN": self.arn,
            "Name": self.name,
            "VersionId": id,
            "VersionStages": version.labels,
            "CreatedDate": unix(version.created),
            member: text,
        }))
    }

    pub(super) fn identity(&self, version_id: Option<&str>) -> Value {
        let mut identity = json!({"ARN": self.arn, "Name": self.name});
        if let (Some(members), Some(id)) = (identity.as_object_mut(), version_id) {
            members.insert("VersionId".to_owned(), id.into());
        }
        identity
    }

    pub(super) fn description(&self) -> Value {
        let mut members = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                members.insert(name.to_owned(), value);
            }
        };
        set("ARN", Some(self.arn.clone().into()));
        set("Name", Some(self.name.clone().into()));
        set("Description", self.description.clone().map(Value::from));
        set("CreatedDate", Some(unix(self.created)));
        set("LastChangedDate", Some(unix(self.changed)));
        set("DeletedDate", self.deleted.map(unix));
        set("RotationEnabled", self.rotation.enabled.map(Value::from));
        set("RotationLambdaARN", self.rotation.function_arn.clone().map(Value::from));
        set("RotationRules", self.rotation.rules.clone());
        set("LastRotatedDate", self.rotation.last.map(unix));
        // A version without a label is deprecated, and left out.
        let labelled: Map<String, Value> = self
            .versions
            .iter()
            .filter(|(_, version)| !version.labels.is_empty())
            .map(|(id, version)| (id.to_owned(), json!(version.labels)))
            .collect();
        set("VersionIdsToStages", (!labelled.is_empty()).then(|| labelled.into()));
        members.into()
    }

    pub(super) fn version_list(&self, with_deprecated: bool) -> Value {
        let entry = |(id, version): (&str, &Version)| json!({"VersionId": id, "VersionStages": version.labels, "CreatedDate": unix(version.created)});
        let listed = |(_, version): &(&str, &Version)| with_deprecated || !version.labels.is_empty();
        let versions: Vec<Value> = self.versions.iter().filter(listed).map(entry).collect();
        json!({"ARN": self.arn, "Name": self.name, "Versions": versions})
    }
}

fn unix(time: SystemTime) -> Value {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().into()
}
