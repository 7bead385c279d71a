//! Rotations of fresh secrets by the real function, and what must be true of a
//! secret after them.

use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::Credentials;
use keys::{KeyPlace, KeyStore};
use rotator::{RotationError, Rotator, Settings};
use serde_json::json;
use token::{
    Algorithm, AlgorithmSet, Key, KeyRing, SecretEncoding, SecretForm, SecretValue, SettingsReader, Timestamp,
};

use crate::{
    line::Line,
    service::{Service, holder},
};

pub(crate) const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);
pub(crate) const DAY: u64 = 86_400;
pub(crate) const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];

/// From making a key to signing with it, and on to the end of the key before:
/// the function's own defaults, and what section 3 of the design says.
const SIGN_AFTER_SECS: u64 = 4 * 3600;
const OVERLAP_SECS: u64 = 3600 + 30;
/// How much earlier than its new key's first signature a ring becomes current.
pub(crate) const READING_SECS: u64 = 3600 + 60 + 60;
/// The last moment for that, from the making of the key.
pub(crate) const TIME_TO_FINISH_SECS: u64 = SIGN_AFTER_SECS - READING_SECS;

const PLAIN: &str = "0123456789abcdef0123456789abcdef";
/// The first version of every secret, and the key of one that is a ring.
const FIRST_VERSION: &str = "00000000-0000-7000-8000-000000000000";
const FIRST_KEY: &str = "the-first-key";

/// What a secret is before its first rotation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Start {
    Plain,
    Field,
    Ring,
}

pub(crate) const STARTS: [Start; 3] = [Start::Plain, Start::Field, Start::Ring];

impl Start {
    fn value(self) -> String {
        match self {
            Self::Plain => PLAIN.to_owned(),
            Self::Field => json!({"username": "somebody", "JWT_SECRET": PLAIN}).to_string(),
            Self::Ring => KeyRing::new(vec![first_key()]).unwrap().to_json().to_string(),
        }
    }

    fn key_id(self) -> &'static str {
        match self {
            Self::Plain | Self::Field => FIRST_VERSION,
            Self::Ring => FIRST_KEY,
        }
    }
}

fn first_key() -> Key {
    let algorithms = AlgorithmSet::only(Algorithm::HS256);
    Key::new(Some(FIRST_KEY.into()), algorithms, PLAIN.as_bytes()).unwrap()
}

/// Secrets Manager and the function, with a line between them.
pub(crate) struct Rotations {
    pub(crate) service: Service,
    pub(crate) line: Line,
    aws: aws_config::SdkConfig,
    rotator: Rotator,
}

/// One secret.
pub(crate) struct Secret<'a> {
    pub(crate) with: &'a Rotations,
    pub(crate) name: String,
    start: Start,
    /// The keys that its ring must hold, oldest first, and when each was made.
    keys: Vec<(String, Timestamp)>,
}

impl Rotations {
    /// With as many attempts at each call as said.
    pub(crate) async fn start(attempts: u32) -> Self {
        let service = Service::start().await;
        let line = Line::to(service.address).await;
        let credentials = Credentials::new("AKIDEXAMPLE", "not a secret", None, None, "test");
        let retries = RetryConfig::standard().with_max_attempts(attempts);
        let retries = retries.with_initial_backoff(std::time::Duration::from_millis(1));
        let loader = keys::aws_loader().region("us-east-1").credentials_provider(credentials);
        // A machine under load is no fault.
        let loader = loader.retry_config(retries).timeout_config(TimeoutConfig::disabled());
        let aws = loader.endpoint_url(&line.url).load().await;
        let rotator = Rotator::new(&aws, Settings::read(&|_| None).unwrap());
        Self { service, line, aws, rotator }
    }

    /// Where a call takes long, one start has to do for cases that hardly depend on it.
    pub(crate) fn starts(&self) -> &'static [Start] {
        if self.service.is_slow() { &[Start::Ring] } else { &STARTS }
    }

    pub(crate) async fn secret(&self, start: Start) -> Secret<'_> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("jwt/shared-secret-{}", MADE.fetch_add(1, Ordering::Relaxed));
        self.service.create(&name, FIRST_VERSION, &start.value()).await;
        Secret { with: self, name, start, keys: vec![(start.key_id().to_owned(), NOW)] }
    }
}

/// The id of the `n`th version after the first.
pub(crate) fn version(n: u8) -> String {
    format!("{n:08}-0000-7000-8000-000000000000")
}

impl Secret<'_> {
    pub(crate) async fn begin_rotation(&self, version: &str) -> String {
        self.with.service.begin_rotation(&self.name, version).await
    }

    /// One call of the function.
    pub(crate) async fn step(&self, step: &str, version: &str, now: Timestamp) -> Result<(), RotationError> {
        let event = json!({
            "Step": step, "SecretId": self.name, "ClientRequestToken": version, "RotationToken": "unused",
        });
        self.with.rotator.handle(event, now).await
    }

    /// The steps in order, each after the one before has succeeded.
    pub(crate) async fn steps(
        &self,
        steps: &[&str],
        version: &str,
        now: Timestamp,
    ) -> Result<(), RotationError> {
        for step in steps {
            self.step(step, version, now).await?;
        }
        Ok(())
    }

    /// A whole rotation. Returns what the function said to the one that was not
    /// complete before, if there was such and it could not be completed.
    pub(crate) async fn rotate(&mut self, wanted: &str, now: Timestamp) -> Option<RotationError> {
        let taken_up = self.begin_rotation(wanted).await;
        let given_up = self.steps(&STEPS, &taken_up, now).await.err();
        match &given_up {
            None => self.completed(&taken_up, now),
            Some(error) => {
                assert_ne!(taken_up, wanted, "{error}");
                assert_eq!(self.begin_rotation(wanted).await, wanted, "after {error}");
                self.steps(&STEPS, wanted, now).await.unwrap();
                self.completed(wanted, now);
            }
        }
        given_up
    }

    /// Notes that the rotation to `version`, begun at `now`, has succeeded.
    pub(crate) fn completed(&mut self, version: &str, now: Timestamp) {
        if self.keys.last().is_none_or(|(key, _)| key != version) {
            self.keys.push((version.to_owned(), now));
        }
        let over_secs = SIGN_AFTER_SECS + OVERLAP_SECS + READING_SECS;
        while self.keys.get(1).is_some_and(|(_, successor)| successor.plus(over_secs) < now) {
            self.keys.remove(0);
        }
    }

    pub(crate) async fn current(&self) -> String {
        holder(&self.with.service.labels(&self.name).await, "AWSCURRENT").expect("a current version")
    }

    /// The version that keeps another rotation from starting.
    pub(crate) async fn unfinished(&self) -> Option<String> {
        let labels = self.with.service.labels(&self.name).await;
        let current = holder(&labels, "AWSCURRENT").expect("a current version");
        holder(&labels, "AWSPENDING").filter(|pending| *pending != current)
    }

    pub(crate) async fn value(&self, label: &str) -> Option<String> {
        self.with.service.value(&self.name, label).await
    }

    async fn parsed(&self) -> SecretValue {
        let form = SecretForm {
            field: "JWT_SECRET".into(),
            encoding: SecretEncoding::Utf8,
            algorithms: AlgorithmSet::only(Algorithm::HS256),
        };
        let (value, version) = (self.value("AWSCURRENT").await.unwrap(), self.current().await);
        SecretValue::parse(&value, Some(&version), &form).unwrap()
    }

    /// The state that Secrets Manager and every verifier need: nothing pending,
    /// and either the first value or a ring of the keys that must be in it, each
    /// with the right end.
    pub(crate) async fn check_is_clean(&self) {
        assert_eq!(self.unfinished().await, None);
        let expected: Vec<_> = self.keys.iter().map(|(key, _)| key.as_str()).collect();
        if expected == [self.start.key_id()] {
            assert_eq!(self.current().await, FIRST_VERSION);
            assert_eq!(self.value("AWSCURRENT").await.unwrap(), self.start.value());
            return;
        }
        let SecretValue::Ring(ring) = self.parsed().await else { panic!("it is no key ring") };
        let ids: Vec<_> = ring.keys().iter().filter_map(Key::id).collect();
        assert_eq!(ids, expected, "the keys of the ring");
        assert_eq!(ids.last().copied(), Some(self.current().await.as_str()));
        for pair in ring.keys().windows(2) {
            let [older, newer] = pair else { unreachable!() };
            let signs_from = newer.sign_from().unwrap();
            assert_eq!(
                older.verify_until(),
                Some(signs_from.plus(OVERLAP_SECS)),
                "the end of {:?}",
                older.id()
            );
            assert_eq!(ring.signing_key(signs_from.minus(1)).and_then(Key::id), older.id());
            assert_eq!(ring.signing_key(signs_from).and_then(Key::id), newer.id());
        }
        let newest = ring.keys().last().unwrap();
        assert_eq!(newest.verify_until(), None);
        if ids.first() == Some(&self.start.key_id()) {
            assert!(ring.keys()[0].has_secret_of(&first_key()), "the first key is not the secret of before");
        }
    }

    /// When the newest key was made.
    pub(crate) async fn made_at(&self) -> Timestamp {
        let SecretValue::Ring(ring) = self.parsed().await else { panic!("it is no key ring") };
        ring.keys().last().unwrap().sign_from().unwrap().minus(SIGN_AFTER_SECS)
    }

    /// Two days later every key but the newest is over, and another rotation works
    /// at once.
    pub(crate) async fn check_next_rotation_works(&mut self) {
        let (next, later) = (version(99), NOW.plus(2 * DAY));
        assert_eq!(self.begin_rotation(&next).await, next);
        self.steps(&STEPS, &next, later).await.unwrap();
        self.completed(&next, later);
        self.check_is_clean().await;
        assert_eq!(self.made_at().await, later);
    }

    /// The same secret as an operator has it.
    pub(crate) fn store(&self) -> KeyStore {
        let environment = |name: &str| (name == "JWT_SECRET_ARN").then(|| self.name.clone());
        let mut reader = SettingsReader::new(&environment);
        let place = KeyPlace::read(&mut reader, AlgorithmSet::only(Algorithm::HS256));
        KeyStore::new(reader.finish(place).unwrap(), Some(&self.with.aws))
    }

    /// Notes that an operator has put another ring in the place of all before.
    pub(crate) fn replaced_by(&mut self, version: &str) {
        self.keys = vec![(version.to_owned(), NOW)];
    }
}
