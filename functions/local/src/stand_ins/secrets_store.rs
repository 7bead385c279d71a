//! Secrets Manager's operations, without HTTP.
//!
//! The rules of versions and labels are in `staging`; this is what a caller may
//! ask for and what is refused.

use std::time::SystemTime;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    parameters::Parameters,
    refusal::Refusal,
    secret::{Rotation, Secret},
    staging::{CURRENT, PENDING, Versions},
};

#[derive(Debug, Default)]
pub(super) struct SecretsStore(Vec<Secret>);

/// The rotation that `RotateSecret` sets off.
#[derive(Debug)]
pub(super) struct RotationOrder {
    pub(super) function_arn: String,
    pub(super) secret_arn: String,
    pub(super) version_id: String,
}

/// What `RotateSecret` answers, and what it sets off even when it refuses.
pub(super) struct RotationStart {
    pub(super) answer: Result<Value, Refusal>,
    pub(super) order: Option<RotationOrder>,
}

impl SecretsStore {
    pub(super) fn create(&mut self, parameters: Parameters<'_>, now: SystemTime) -> Result<Value, Refusal> {
        let name = parameters.text("Name").ok_or_else(|| Refusal::parameter("You must specify Name."))?;
        if self.0.iter().any(|secret| secret.name == name) {
            let message = format!("The operation failed because the secret {name} already exists.");
            return Err(Refusal::new("ResourceExistsException", message));
        }
        let suffix: String = Uuid::new_v4().simple().to_string().chars().take(6).collect();
        let arn =
            format!("arn:aws:secretsmanager:{}:{}:secret:{name}-{suffix}", crate::REGION, crate::ACCOUNT_ID);
        let mut secret = Secret {
            arn,
            name: name.to_owned(),
            description: parameters.text("Description").map(str::to_owned),
            created: now,
            changed: now,
            deleted: None,
            versions: Versions::default(),
            rotation: Rotation::default(),
        };
        let version_id = match parameters.body()? {
            Some(body) => {
                let version_id = parameters.version_id();
                secret.versions.put(&version_id, body, &[CURRENT.to_owned()], now)?;
                Some(version_id)
            }
            None => None,
        };
        let answer = secret.identity(version_id.as_deref());
        self.0.push(secret);
        Ok(answer)
    }

    pub(super) fn value(&self, parameters: Parameters<'_>) -> Result<Value, Refusal> {
        let secret = self.usable(parameters)?;
        Ok(secret.value(parameters.text("VersionId"), parameters.text("VersionStage"))?)
    }

    pub(super) fn describe(&self, parameters: Parameters<'_>) -> Result<Value, Refusal> {
        self.find(parameters).map(Secret::description)
    }

    pub(super) fn list(&self) -> Value {
        let secrets: Vec<Value> =
            self.0.iter().filter(|secret| secret.deleted.is_none()).map(Secret::description).collect();
        json!({"SecretList": secrets})
    }

    pub(super) fn list_versions(&self, parameters: Parameters<'_>) -> Result<Value, Refusal> {
        let secret = self.find(parameters)?;
        Ok(secret.version_list(parameters.flag("IncludeDeprecated") == Some(true)))
    }

    pub(super) fn put(&mut self, parameters: Parameters<'_>, now: SystemTime) -> Result<Value, Refusal> {
        let secret = self.usable_mut(parameters)?;
        let body = parameters.body()?;
        let body =
            body.ok_or_else(|| Refusal::parameter("You must provide SecretString or SecretBinary."))?;
        let version_id = parameters.version_id();
        secret.versions.put(&version_id, body, &parameters.labels(), now)?;
        secret.changed = now;
        let mut answer = secret.identity(Some(&version_id));
        let labels = secret.versions.get(&version_id).map(|version| json!(version.labels));
        if let (Some(members), Some(labels)) = (answer.as_object_mut(), labels) {
            members.insert("VersionStages".to_owned(), labels);
        }
        Ok(answer)
    }

    pub(super) fn update(&mut self, parameters: Parameters<'_>, now: SystemTime) -> Result<Value, Refusal> {
        let secret = self.usable_mut(parameters)?;
        if let Some(description) = parameters.text("Description") {
            secret.description = Some(description.to_owned());
        }
        secret.changed = now;
        let Some(body) = parameters.body()? else { return Ok(secret.identity(None)) };
        let version_id = parameters.version_id();
        secret.versions.put(&version_id, body, &[CURRENT.to_owned()], now)?;
        Ok(secret.identity(Some(&version_id)))
    }

    pub(super) fn update_stage(
        &mut self,
        parameters: Parameters<'_>,
        now: SystemTime,
    ) -> Result<Value, Refusal> {
        let secret = self.usable_mut(parameters)?;
        let label = parameters.text("VersionStage");
        let label = label.ok_or_else(|| Refusal::parameter("You must specify VersionStage."))?;
        let (to, from) = (parameters.text("MoveToVersionId"), parameters.text("RemoveFromVersionId"));
        secret.versions.move_label(label, to, from)?;
        secret.changed = now;
        Ok(secret.identity(None))
    }

    pub(super) fn delete(&mut self, parameters: Parameters<'_>, now: SystemTime) -> Result<Value, Refusal> {
        let secret = self.usable_mut(parameters)?;
        secret.deleted = Some(now);
        let answer = secret.identity(None);
        let arn = secret.arn.clone();
        if parameters.flag("ForceDeleteWithoutRecovery") == Some(true) {
            self.0.retain(|secret| secret.arn != arn);
        }
        Ok(answer)
    }

    pub(super) fn restore(&mut self, parameters: Parameters<'_>) -> Result<Value, Refusal> {
        let secret = self.find_mut(parameters)?;
        secret.deleted = None;
        Ok(secret.identity(None))
    }

    pub(super) fn cancel_rotation(&mut self, parameters: Parameters<'_>) -> Result<Value, Refusal> {
        let secret = self.usable_mut(parameters)?;
        secret.rotation.enabled = Some(false);
        Ok(secret.identity(None))
    }

    pub(super) fn rotate(&mut self, parameters: Parameters<'_>, now: SystemTime) -> RotationStart {
        let secret = match self.usable_mut(parameters) {
            Ok(secret) => secret,
            Err(refusal) => return RotationStart { answer: Err(refusal), order: None },
        };
        if let Some(arn) = parameters.text("RotationLambdaARN") {
            secret.rotation.function_arn = Some(arn.to_owned());
        }
        if let Some(rules) = parameters.0.get("RotationRules") {
            secret.rotation.rules = Some(rules.clone());
        }
        let Some(function_arn) = secret.rotation.function_arn.clone() else {
            let refusal = Refusal::request("No Lambda rotation function ARN is associated with this secret.");
            return RotationStart { answer: Err(refusal), order: None };
        };
        secret.rotation.enabled = Some(true);
        if parameters.flag("RotateImmediately") == Some(false) {
            return RotationStart { answer: Ok(secret.identity(None)), order: None };
        }

        let unfinished = match (secret.versions.holder(PENDING), secret.versions.holder(CURRENT)) {
            (Some(pending), Some(current)) if pending != current => Some(pending.to_owned()),
            (Some(_) | None, _) => None,
        };
        let version_id = unfinished.clone().unwrap_or_else(|| parameters.version_id());
        secret.versions.begin_rotation(&version_id, now);
        let answer = match unfinished {
            Some(_) => Err(Refusal::request(
                "A previous rotation isn't complete. That rotation will be reattempted.",
            )),
            None => Ok(secret.identity(Some(&version_id))),
        };
        let order = RotationOrder { function_arn, secret_arn: secret.arn.clone(), version_id };
        // One rotation of a secret at a time.
        let idle = !std::mem::replace(&mut secret.rotation.running, true);
        RotationStart { answer, order: idle.then_some(order) }
    }

    pub(super) fn rotation_ended(&mut self, secret_arn: &str, completed: Option<SystemTime>) {
        if let Some(secret) = self.0.iter_mut().find(|secret| secret.arn == secret_arn) {
            secret.rotation.running = false;
            secret.rotation.last = completed.or(secret.rotation.last);
            if completed.is_some() {
                secret.versions.end_rotation();
            }
        }
    }

    fn find(&self, parameters: Parameters<'_>) -> Result<&Secret, Refusal> {
        let id =
            parameters.text("SecretId").ok_or_else(|| Refusal::parameter("You must specify SecretId."))?;
        self.0.iter().find(|secret| secret.is_named(id)).ok_or_else(no_such_secret)
    }

    fn find_mut(&mut self, parameters: Parameters<'_>) -> Result<&mut Secret, Refusal> {
        let id =
            parameters.text("SecretId").ok_or_else(|| Refusal::parameter("You must specify SecretId."))?;
        self.0.iter_mut().find(|secret| secret.is_named(id)).ok_or_else(no_such_secret)
    }

    fn usable(&self, parameters: Parameters<'_>) -> Result<&Secret, Refusal> {
        let secret = self.find(parameters)?;
        if secret.deleted.is_some() { Err(marked_deleted()) } else { Ok(secret) }
    }

    fn usable_mut(&mut self, parameters: Parameters<'_>) -> Result<&mut Secret, Refusal> {
        let secret = self.find_mut(parameters)?;
        if secret.deleted.is_some() { Err(marked_deleted()) } else { Ok(secret) }
    }
}

fn no_such_secret() -> Refusal {
    Refusal::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

fn marked_deleted() -> Refusal {
    Refusal::request("You can't perform this operation on the secret because it was marked for deletion.")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn store() -> SecretsStore {
        let mut store = SecretsStore::default();
        let secret = json!({"Name": "s", "SecretString": "one", "ClientRequestToken": "v1"});
        store.create(Parameters(&secret), NOW).unwrap();
        store
    }

    fn check_value(store: &SecretsStore, parameters: Value, expected: &Expect) {
        let mut parameters = parameters;
        parameters["SecretId"] = "s".into();
        expected.assert_eq(&match store.value(Parameters(&parameters)) {
            Ok(answer) => {
                format!("{} {} {}", answer["VersionId"], answer["SecretString"], answer["VersionStages"])
            }
            Err(refusal) => refusal.code.to_owned(),
        });
    }

    fn rotate(store: &mut SecretsStore, parameters: &Value) -> String {
        let RotationStart { answer, order } = store.rotate(Parameters(parameters), NOW);
        let answer = match answer {
            Ok(answer) => answer["VersionId"].to_string(),
            Err(refusal) => refusal.message,
        };
        format!("{answer} {:?}", order.map(|order| order.version_id))
    }

    #[test]
    fn a_value_is_found_by_label_and_by_version() {
        let store = store();
        check_value(&store, json!({}), &expect![[r#""v1" "one" ["AWSCURRENT"]"#]]);
        check_value(&store, json!({"VersionId": "v1"}), &expect![[r#""v1" "one" ["AWSCURRENT"]"#]]);
        check_value(&store, json!({"VersionStage": "AWSPREVIOUS"}), &expect!["ResourceNotFoundException"]);
        check_value(&store, json!({"VersionId": "v2"}), &expect!["ResourceNotFoundException"]);
        let both = json!({"VersionId": "v1", "VersionStage": "AWSPENDING"});
        check_value(&store, both, &expect!["InvalidRequestException"]);
    }

    #[test]
    fn a_rotation_begins_with_a_pending_version_without_a_value() {
        let mut store = store();
        let parameters = json!({"SecretId": "s", "ClientRequestToken": "v2"});
        expect!["No Lambda rotation function ARN is associated with this secret. None"]
            .assert_eq(&rotate(&mut store, &parameters));
        let parameters =
            json!({"SecretId": "s", "ClientRequestToken": "v2", "RotationLambdaARN": "arn:rotator"});
        expect![[r#""v2" Some("v2")"#]].assert_eq(&rotate(&mut store, &parameters));

        let pending = json!({"VersionId": "v2", "VersionStage": "AWSPENDING"});
        check_value(&store, pending.clone(), &expect!["ResourceNotFoundException"]);
        let described = store.describe(Parameters(&json!({"SecretId": "s"}))).unwrap();
        expect![[r#"{"v1":["AWSCURRENT"],"v2":["AWSPENDING"]}"#]]
            .assert_eq(&described["VersionIdsToStages"].to_string());

        let put = json!({
            "SecretId": "s", "SecretString": "two", "ClientRequestToken": "v2", "VersionStages": ["AWSPENDING"],
        });
        store.put(Parameters(&put), NOW).unwrap();
        check_value(&store, pending, &expect![[r#""v2" "two" ["AWSPENDING"]"#]]);
        check_value(&store, json!({}), &expect![[r#""v1" "one" ["AWSCURRENT"]"#]]);
    }

    #[test]
    fn an_unfinished_rotation_is_taken_up_again() {
        let mut store = store();
        let parameters =
            json!({"SecretId": "s", "ClientRequestToken": "v2", "RotationLambdaARN": "arn:rotator"});
        rotate(&mut store, &parameters);
        let again = json!({"SecretId": "s", "ClientRequestToken": "v3"});
        expect!["A previous rotation isn't complete. That rotation will be reattempted. None"]
            .assert_eq(&rotate(&mut store, &again));
        let arn = store.describe(Parameters(&again)).unwrap()["ARN"].as_str().unwrap().to_owned();
        store.rotation_ended(&arn, None);
        expect![[r#"A previous rotation isn't complete. That rotation will be reattempted. Some("v2")"#]]
            .assert_eq(&rotate(&mut store, &again));
    }

    #[test]
    fn a_deleted_secret_has_no_value() {
        let mut store = store();
        let parameters = json!({"SecretId": "s"});
        store.delete(Parameters(&parameters), NOW).unwrap();
        check_value(&store, json!({}), &expect!["InvalidRequestException"]);
        store.restore(Parameters(&parameters)).unwrap();
        check_value(&store, json!({}), &expect![[r#""v1" "one" ["AWSCURRENT"]"#]]);
        assert_eq!(
            store.value(Parameters(&json!({"SecretId": "t"}))).unwrap_err().code,
            "ResourceNotFoundException"
        );
    }
}
