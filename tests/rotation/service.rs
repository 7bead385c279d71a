//! Secrets Manager, over its real protocol: the stand-in of `local`, or moto
//! where `LATCHKEY_SECRETS_MANAGER_URL` says where it listens.
//!
//! Neither calls a rotation function here; the tests do that.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:rotator";

/// A request finds its way to moto by the service in its signature, which neither
/// of them checks.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/secretsmanager/aws4_request, \
                         SignedHeaders=host, Signature=0";

pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    http: reqwest::Client,
    is_moto: bool,
}

/// The versions that bear each label.
pub(crate) type Labels = BTreeMap<String, BTreeSet<String>>;

impl Service {
    pub(crate) async fn start() -> Self {
        match elsewhere() {
            Some(url) => Self { is_moto: true, ..Self::at(&url) },
            None => Self::at(&stand_in().await),
        }
    }

    pub(crate) fn at(url: &str) -> Self {
        let address = url.trim_start_matches("http://").parse().unwrap();
        Self { address, http: reqwest::Client::new(), is_moto: false }
    }

    /// Whether a call takes milliseconds, so that not every case has its turn with
    /// every other.
    pub(crate) fn is_slow(&self) -> bool {
        self.is_moto
    }

    async fn call(&self, operation: &str, parameters: &Value) -> (bool, Value) {
        let request = self.http.post(format!("http://{}/", self.address)).header("authorization", SIGNATURE);
        let request = request.header("x-amz-target", format!("secretsmanager.{operation}"));
        let request = request.header("content-type", "application/x-amz-json-1.1");
        let answer = request.body(parameters.to_string()).send().await.unwrap();
        (answer.status().is_success(), answer.json().await.unwrap())
    }

    async fn obeyed(&self, operation: &str, parameters: &Value) -> Value {
        let (is_success, answer) = self.call(operation, parameters).await;
        assert!(is_success, "{operation} {parameters}: {answer}");
        answer
    }

    pub(crate) async fn create(&self, secret: &str, version: &str, value: &str) {
        let parameters = json!({"Name": secret, "ClientRequestToken": version, "SecretString": value});
        self.obeyed("CreateSecret", &parameters).await;
    }

    /// Begins a rotation, as Secrets Manager does before it calls the function.
    /// Returns the version to be rotated to: `version`, or that of a rotation
    /// before which is not complete.
    pub(crate) async fn begin_rotation(&self, secret: &str, version: &str) -> String {
        if self.is_moto {
            return self.begin_rotation_in_moto(secret, version).await;
        }
        let function = json!({"SecretId": secret, "RotationLambdaARN": FUNCTION, "RotateImmediately": false});
        self.obeyed("RotateSecret", &function).await;
        self.ask_for_rotation(secret, version).await
    }

    /// As an operator does, of a secret that has a rotation function.
    pub(crate) async fn ask_for_rotation(&self, secret: &str, version: &str) -> String {
        let parameters = json!({"SecretId": secret, "ClientRequestToken": version});
        let (is_success, answer) = self.call("RotateSecret", &parameters).await;
        if is_success {
            return version.to_owned();
        }
        assert_eq!(answer["__type"], "InvalidRequestException", "{answer}");
        holder(&self.labels(secret).await, "AWSPENDING").unwrap()
    }

    /// Where moto differs from AWS, this does what AWS does:
    ///
    /// - A rotation that is not complete is taken up again; moto would begin
    ///   another one.
    /// - AWSPENDING on the current version stands for a rotation that succeeded,
    ///   and AWS takes it off by itself; moto leaves it there, and refuses the
    ///   next rotation for it.
    /// - The new version is pending, and no other label moves; without a function
    ///   to call, moto makes the empty version the current one.
    async fn begin_rotation_in_moto(&self, secret: &str, version: &str) -> String {
        let before = self.labels(secret).await;
        let current = holder(&before, "AWSCURRENT").unwrap();
        match holder(&before, "AWSPENDING") {
            Some(pending) if pending != current => return pending,
            Some(_) => self.clear_pending(secret).await,
            None => {}
        }
        let rules = json!({"AutomaticallyAfterDays": 30});
        let parameters = json!({"SecretId": secret, "ClientRequestToken": version, "RotationRules": rules});
        self.obeyed("RotateSecret", &parameters).await;
        let wanted = [
            ("AWSCURRENT", Some(current)),
            ("AWSPREVIOUS", holder(&before, "AWSPREVIOUS")),
            ("AWSPENDING", Some(version.to_owned())),
        ];
        for (label, wanted) in wanted {
            self.put_label(secret, label, wanted.as_deref()).await;
        }
        version.to_owned()
    }

    /// Sees to it that `label` is on the version that is `wanted` and on no other.
    async fn put_label(&self, secret: &str, label: &str, wanted: Option<&str>) {
        let holders = self.labels(secret).await.remove(label).unwrap_or_default();
        let mut to = wanted.filter(|wanted| !holders.contains(*wanted));
        for wrong in holders.iter().filter(|holder| Some(holder.as_str()) != wanted) {
            self.move_label(secret, label, Some(wrong), to.take()).await;
        }
        if to.is_some() {
            self.move_label(secret, label, None, to).await;
        }
    }

    async fn move_label(&self, secret: &str, label: &str, from: Option<&str>, to: Option<&str>) {
        let mut parameters = json!({"SecretId": secret, "VersionStage": label});
        for (name, version) in [("RemoveFromVersionId", from), ("MoveToVersionId", to)] {
            if let Some(version) = version {
                parameters[name] = version.into();
            }
        }
        self.obeyed("UpdateSecretVersionStage", &parameters).await;
    }

    /// Takes AWSPENDING off, as AWS tells operators to after a rotation that they
    /// cancelled.
    pub(crate) async fn clear_pending(&self, secret: &str) {
        let pending = holder(&self.labels(secret).await, "AWSPENDING");
        if let Some(pending) = pending {
            self.move_label(secret, "AWSPENDING", Some(&pending), None).await;
        }
    }

    pub(crate) async fn labels(&self, secret: &str) -> Labels {
        let described = self.obeyed("DescribeSecret", &json!({"SecretId": secret})).await;
        let mut labels = Labels::new();
        for (version, stages) in described["VersionIdsToStages"].as_object().unwrap() {
            for stage in stages.as_array().unwrap() {
                let stage = stage.as_str().unwrap().to_owned();
                labels.entry(stage).or_default().insert(version.clone());
            }
        }
        labels
    }

    /// The value of the version that bears `label`, if there is one.
    pub(crate) async fn value(&self, secret: &str, label: &str) -> Option<String> {
        // Always by label: moto answers with an old version where none is named.
        let parameters = json!({"SecretId": secret, "VersionStage": label});
        let (is_success, answer) = self.call("GetSecretValue", &parameters).await;
        if !is_success {
            assert_eq!(answer["__type"], "ResourceNotFoundException", "{answer}");
            return None;
        }
        Some(answer["SecretString"].as_str().unwrap().to_owned())
    }
}

/// The one version that bears `label`.
pub(crate) fn holder(labels: &Labels, label: &str) -> Option<String> {
    let holders = labels.get(label)?;
    assert!(holders.len() <= 1, "{label} is on more than one version: {labels:?}");
    holders.first().cloned()
}

async fn stand_in() -> String {
    let clock = || local::Now { wall: SystemTime::UNIX_EPOCH, monotonic: Duration::ZERO };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, local::secrets_manager(Arc::new(clock))).into_future());
    format!("http://{address}")
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says so in the environment")]
fn elsewhere() -> Option<String> {
    std::env::var("LATCHKEY_SECRETS_MANAGER_URL").ok()
}
