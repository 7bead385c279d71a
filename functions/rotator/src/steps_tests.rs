//! Whole rotations over versions in memory, with crashes and delays between.

use std::{collections::HashMap, sync::Mutex};

use token::{KeyRing, SecretValue};

use super::*;
use crate::versions::Description;

const SECRET: &str = "jwt/shared-secret-test";
const PLAIN: &str = "0123456789abcdef0123456789abcdef";
const NOW: Timestamp = Timestamp::from_unix_secs(1_750_000_000);

#[derive(Default)]
struct Memory {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    switched_off: bool,
    values: HashMap<String, String>,
    stages: HashMap<String, Vec<String>>,
}

impl Memory {
    fn with_current(value: &str) -> Self {
        let memory = Self::default();
        memory.state.lock().unwrap().values.insert("v1".into(), value.into());
        memory.stage("v1", CURRENT);
        memory
    }

    fn stage(&self, id: &str, stage: &str) {
        let mut state = self.state.lock().unwrap();
        for stages in state.stages.values_mut() {
            stages.retain(|candidate| candidate != stage);
        }
        state.stages.entry(id.into()).or_default().push(stage.into());
    }

    fn holder(&self, stage: &str) -> Option<String> {
        let state = self.state.lock().unwrap();
        let mut found = state.stages.iter().filter(|(_, stages)| stages.iter().any(|each| each == stage));
        found.next().map(|(id, _)| id.clone())
    }

    /// The version that keeps another rotation from starting.
    fn unfinished(&self) -> Option<String> {
        self.holder(PENDING).filter(|pending| self.holder(CURRENT).as_ref() != Some(pending))
    }

    fn current_ring(&self) -> KeyRing {
        let id = self.holder(CURRENT).unwrap();
        let value = self.state.lock().unwrap().values[&id].clone();
        match SecretValue::parse(&value, Some(&id), &settings().form).unwrap() {
            SecretValue::Ring(ring) => ring,
            SecretValue::Plain(_) => panic!("still a plain secret"),
        }
    }
}

impl SecretVersions for Memory {
    async fn describe(&self, _: &str) -> Result<Description, RotationError> {
        let state = self.state.lock().unwrap();
        Ok(Description { rotation_enabled: !state.switched_off, stages: state.stages.clone() })
    }

    async fn get(&self, _: &str, stage: &str, id: Option<&str>) -> Result<Option<Version>, RotationError> {
        let holder = self.holder(stage).filter(|holder| id.is_none_or(|id| id == holder));
        let state = self.state.lock().unwrap();
        Ok(holder.and_then(|id| Some(Version { value: state.values.get(&id)?.clone().into(), id })))
    }

    async fn put_pending(&self, _: &str, id: &str, value: &str) -> Result<(), RotationError> {
        let mut state = self.state.lock().unwrap();
        if state.values.get(id).is_some_and(|known| known != value) {
            return Err(RotationError::SecretsManager("ResourceExistsException".into()));
        }
        state.values.insert(id.into(), value.into());
        drop(state);
        self.stage(id, PENDING);
        Ok(())
    }

    async fn move_stage(
        &self,
        _: &str,
        stage: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<(), RotationError> {
        assert_eq!(self.holder(stage).as_deref(), from, "Secrets Manager refuses any other");
        if let Some(id) = to {
            self.stage(id, stage);
        } else {
            let mut state = self.state.lock().unwrap();
            for stages in state.stages.values_mut() {
                stages.retain(|candidate| candidate != stage);
            }
        }
        Ok(())
    }
}

fn settings() -> Settings {
    Settings::read(&|_| None).unwrap()
}

async fn run(memory: &Memory, step: Step, version: &str, now: Timestamp) -> Result<(), String> {
    let event = RotationEvent { step, secret_id: SECRET.into(), version: version.into() };
    let rotation = Rotation { versions: memory, settings: &settings(), event: &event, now };
    rotation.run().await.map_err(|error| error.to_string())
}

const STEPS: [Step; 4] = [Step::Create, Step::Set, Step::Test, Step::Finish];

fn ids(ring: &KeyRing) -> Vec<&str> {
    ring.keys().iter().filter_map(token::Key::id).collect()
}

#[tokio::test]
async fn a_plain_secret_becomes_a_ring_and_a_ring_grows() {
    let memory = Memory::with_current(PLAIN);
    for (version, now) in [("v2", NOW), ("v3", NOW.plus(86_400))] {
        memory.stage(version, PENDING);
        for step in STEPS {
            run(&memory, step, version, now).await.unwrap();
        }
        assert_eq!(memory.holder(CURRENT).as_deref(), Some(version));
        assert_eq!(memory.unfinished(), None, "nothing is left pending");
    }
    assert_eq!(ids(&memory.current_ring()), ["v2", "v3"], "the first key is over everywhere after a day");
}

#[tokio::test]
async fn what_was_put_before_a_plain_secret_verifies_until_its_last_token_has_expired() {
    let memory = Memory::with_current(PLAIN);
    memory.state.lock().unwrap().values.insert("v0".into(), PLAIN.replace('0', "9"));
    memory.stage("v0", PREVIOUS);
    memory.stage("v2", PENDING);
    for step in STEPS {
        run(&memory, step, "v2", NOW).await.unwrap();
    }
    let ring = memory.current_ring();
    assert_eq!(ids(&ring), ["v0", "v1", "v2"]);
    assert_eq!(ring.signing_key(NOW).and_then(token::Key::id), Some("v1"));
}

#[tokio::test]
async fn every_step_can_be_run_again_and_after_a_crash_anywhere() {
    let memory = Memory::with_current(PLAIN);
    memory.stage("v2", PENDING);
    for done in 1..=STEPS.len() {
        for step in &STEPS[..done] {
            run(&memory, *step, "v2", NOW.plus(60)).await.unwrap();
        }
    }
    assert_eq!((memory.holder(CURRENT).as_deref(), memory.unfinished()), (Some("v2"), None));
    assert_eq!(ids(&memory.current_ring()), ["v1", "v2"]);
}

/// Where a rotation stands, told by the steps that were called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    Empty,
    Made,
    Finished,
    GivenUp,
}

impl Stand {
    /// Where it stands after `step`, and whether that one succeeds.
    fn after(self, step: Step) -> (Self, bool) {
        match (self, step) {
            (Self::GivenUp, _) | (Self::Empty, Step::Finish) => (Self::GivenUp, false),
            (Self::Empty, Step::Create) => (Self::Made, true),
            (Self::Made, Step::Finish) => (Self::Finished, true),
            (stand, _) => (stand, true),
        }
    }
}

#[tokio::test]
async fn steps_in_whatever_order_end_clean() {
    // Every sequence of up to five steps, as the digits of a number.
    for length in 1..=5 {
        for number in 0..4_usize.pow(length) {
            let memory = Memory::with_current(PLAIN);
            memory.stage("v2", PENDING);
            let mut stand = Stand::Empty;
            let mut sequence = Vec::new();
            for digit in 0..length {
                let step = STEPS[number / 4_usize.pow(digit) % 4];
                sequence.push(step);
                let (after, succeeds) = stand.after(step);
                stand = after;
                let outcome = run(&memory, step, "v2", NOW).await;
                assert_eq!(outcome.is_ok(), succeeds, "{sequence:?}: {outcome:?}");
            }
            let current = if stand == Stand::Finished { "v2" } else { "v1" };
            let unfinished = matches!(stand, Stand::Empty | Stand::Made).then_some("v2");
            assert_eq!(memory.holder(CURRENT).as_deref(), Some(current), "{sequence:?}");
            assert_eq!(memory.unfinished().as_deref(), unfinished, "{sequence:?}");
        }
    }
}

#[tokio::test]
async fn a_rotation_that_took_too_long_is_given_up_by_any_step_and_the_next_one_works() {
    let late = NOW.plus(4 * 3600);
    for step in [Step::Create, Step::Test, Step::Finish] {
        let memory = Memory::with_current(PLAIN);
        memory.stage("v2", PENDING);
        run(&memory, Step::Create, "v2", NOW).await.unwrap();
        let error = run(&memory, step, "v2", late).await.unwrap_err();
        assert_eq!(
            error,
            "the pending key ring was given up: it is too late for every verifier to read it before its new \
             key signs"
        );
        assert_eq!((memory.holder(CURRENT).as_deref(), memory.holder(PENDING)), (Some("v1"), None));
        memory.stage("v3", PENDING);
        for step in STEPS {
            run(&memory, step, "v3", late).await.unwrap();
        }
        assert_eq!(ids(&memory.current_ring()), ["v1", "v3"]);
    }
}

#[tokio::test]
async fn a_rotation_that_cannot_be_made_is_given_up() {
    for (value, told) in [
        (Some("short"), "the secret has 5 bytes, HS256 needs at least 32"),
        (None, "the secret has no current value"),
    ] {
        let memory = value.map_or_else(Memory::default, Memory::with_current);
        memory.stage("v2", PENDING);
        assert_eq!(run(&memory, Step::Create, "v2", NOW).await.unwrap_err(), told);
        assert_eq!(memory.holder(PENDING), None);
    }
}

#[tokio::test]
async fn a_secret_that_is_no_longer_rotated_is_left_alone() {
    let memory = Memory::with_current(PLAIN);
    memory.stage("v2", PENDING);
    run(&memory, Step::Create, "v2", NOW).await.unwrap();
    memory.state.lock().unwrap().switched_off = true;
    for step in STEPS {
        assert_eq!(
            run(&memory, step, "v2", NOW).await.unwrap_err(),
            "rotation is not enabled for this secret"
        );
    }
    assert_eq!(memory.holder(CURRENT).as_deref(), Some("v1"));
}

#[tokio::test]
async fn making_a_schedule_tests_a_version_without_a_key_of_ours() {
    let memory = Memory::with_current(PLAIN);
    memory.stage("v2", PENDING);
    run(&memory, Step::Test, "v2", NOW).await.unwrap();
    memory.state.lock().unwrap().values.insert("v2".into(), PLAIN.into());
    run(&memory, Step::Test, "v2", NOW).await.unwrap();
    let refused = run(&memory, Step::Finish, "v2", NOW).await.unwrap_err();
    assert_eq!(refused, "the pending key ring was given up: it is no key ring");
}

#[tokio::test]
async fn a_version_that_nobody_staged_is_refused() {
    let memory = Memory::with_current(PLAIN);
    for step in STEPS {
        let refused = run(&memory, step, "v9", NOW).await.unwrap_err();
        assert_eq!(refused, "the version of this rotation is not staged AWSPENDING");
    }
}
